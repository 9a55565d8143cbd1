#include "gateway/journal/committer.hpp"
#include <future>
#include <set>
#include <stdexcept>
#include <thread>

#include "gateway/journal/working.hpp"
#include "tests/support/gate.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using journal::Committer;
using journal::Job;
using journal::Working;
using store::Lane;

namespace {

constexpr store::Tenant bodo{1};

// Writes one journal entry and remembers what was decided and answered.
class Entry : public Job {
 public:
  explicit Entry(std::int64_t ref, std::size_t rows = 1) : ref_(ref), rows_(rows) {}
  std::size_t rows() const override { return rows_; }
  void decide(Working& working) override {
    ++decided;
    store::JournalEntry entry;
    entry.kind = store::Entry::event;
    entry.tenant = bodo;
    entry.ref = ref_;
    working.record(std::move(entry));
    if (fault) fault(working);
  }
  void finished(const fhir::Result<void>& result) override { answer.set_value(result); }

  std::function<void(Working&)> fault;  // after it has written
  int decided = 0;
  std::promise<fhir::Result<void>> answer;

 private:
  std::int64_t ref_;
  std::size_t rows_;
};

// Refuses before it has changed anything.
class Refuses : public Job {
 public:
  void decide(Working&) override {
    ++decided;
    throw journal::JobRefused{{fhir::ErrorCategory::stale, "too late"}};
  }
  void finished(const fhir::Result<void>& result) override { answer.set_value(result); }
  int decided = 0;
  std::promise<fhir::Result<void>> answer;
};

struct Fixture {
  support::MemoryStore store;
  support::ManualClock clock;
  journal::Settings settings;
  std::unique_ptr<Committer> committer;

  Committer& make() {
    committer = std::make_unique<Committer>(store, clock, 0, settings);
    return *committer;
  }
  std::vector<std::int64_t> refs() {
    std::vector<std::int64_t> out;
    for (const store::JournalEntry& entry : store.own().journal(0, 10'000)) out.push_back(entry.ref);
    return out;
  }
};

template <class J>
std::shared_ptr<J> submit(Committer& committer, std::shared_ptr<J> job, Lane lane = Lane::bulk) {
  REQUIRE(committer.submit(job, lane));
  return job;
}

template <class J>
fhir::Result<void> answer(const std::shared_ptr<J>& job) {
  auto future = job->answer.get_future();
  REQUIRE(future.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  return future.get();
}

template <class J>
std::string problem(const std::shared_ptr<J>& job) {
  auto result = answer(job);
  return result ? "done" : result.error().detail;
}

}  // namespace

TEST_CASE("committer: what queued during a commit is one group, urgent first", "[journal][committer]") {
  Fixture f;
  f.make().start();
  tests::Gate gate(*f.committer);
  auto bulk = submit(*f.committer, std::make_shared<Entry>(1));
  auto more_bulk = submit(*f.committer, std::make_shared<Entry>(2));
  auto urgent = submit(*f.committer, std::make_shared<Entry>(3), Lane::urgent);
  gate.open();
  CHECK(answer(bulk));
  CHECK(answer(more_bulk));
  CHECK(answer(urgent));
  f.committer->stop();
  CHECK(f.refs() == std::vector<std::int64_t>{3, 1, 2});
  CHECK(f.store.commits() == 1);
}

TEST_CASE("committer: a group is bounded by rows, and one larger job still goes", "[journal][committer]") {
  Fixture f;
  f.settings.group_rows = 10;
  f.make().start();
  tests::Gate gate(*f.committer);
  std::vector<std::shared_ptr<Entry>> jobs;
  for (int i = 0; i < 6; ++i) jobs.push_back(submit(*f.committer, std::make_shared<Entry>(i, i == 5 ? 50 : 4)));
  gate.open();
  for (const auto& job : jobs) CHECK(answer(job));
  f.committer->stop();
  CHECK(f.refs() == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5});
  CHECK(f.store.commits() == 4);  // 4+4, 4+4, 4, 50
}

TEST_CASE("committer: a job that fails leaves its neighbours alone", "[journal][committer]") {
  Fixture f;
  f.make().start();
  auto bad = std::make_shared<Entry>(2);
  std::string expected;
  SECTION("it throws") {
    bad->fault = [](Working&) { throw std::runtime_error("out of range"); };
    expected = "the store cannot be read now";
  }
  SECTION("it throws what is no exception") {
    bad->fault = [](Working&) { throw 42; };
    expected = "the store cannot be read now";
  }
  SECTION("it refuses after it has changed something") {
    bad->fault = [](Working&) { throw journal::JobRefused{fhir::not_found("no such thing")}; };
    expected = "no such thing";
  }
  SECTION("it breaks a uniqueness rule of the store") {
    bad->fault = [](Working& working) {
      for (int i = 0; i < 2; ++i) {
        store::Patient patient;
        patient.id = PatientId{working.next_id()};
        patient.tenant = bodo;
        patient.system = "urn:test";
        patient.value = "same";
        working.changes.patients.push_back(patient);
      }
    };
    expected = "this could not be stored; it is logged";
  }
  tests::Gate gate(*f.committer);
  auto first = submit(*f.committer, std::make_shared<Entry>(1), Lane::urgent);
  submit(*f.committer, bad, Lane::urgent);
  auto third = submit(*f.committer, std::make_shared<Entry>(3), Lane::urgent);
  auto fourth = submit(*f.committer, std::make_shared<Entry>(4));
  gate.open();
  CHECK(answer(first));
  CHECK(answer(third));
  CHECK(answer(fourth));
  CHECK(problem(bad) == expected);
  f.committer->stop();
  CHECK(f.refs() == std::vector<std::int64_t>{1, 3, 4});  // once each, in their order
}

TEST_CASE("committer: refusals without effect cost one decision each", "[journal][committer]") {
  // A source whose quarantine is full sends as fast as it can: with the group decided anew for every refusal, alarms
  // waited behind half a million decisions.
  Fixture f;
  f.make().start();
  tests::Gate gate(*f.committer);
  std::vector<std::shared_ptr<Refuses>> refusing;
  std::vector<std::shared_ptr<Entry>> good;
  for (int i = 0; i < 300; ++i) {
    refusing.push_back(submit(*f.committer, std::make_shared<Refuses>()));
    good.push_back(submit(*f.committer, std::make_shared<Entry>(i)));
  }
  gate.open();
  int decided = 0;
  for (const auto& job : good) CHECK(answer(job));
  for (const auto& job : refusing) CHECK(problem(job) == "too late");
  f.committer->stop();
  for (const auto& job : refusing) decided += job->decided;
  CHECK(decided == 300);
  CHECK(f.refs().size() == 300);
  CHECK(f.store.commits() == 1);
}

TEST_CASE("committer: many jobs that fail with effects are decided a few times each", "[journal][committer]") {
  Fixture f;
  f.make().start();
  tests::Gate gate(*f.committer);
  std::vector<std::shared_ptr<Entry>> jobs;
  for (int i = 0; i < 200; ++i) {
    auto job = std::make_shared<Entry>(i);
    if (i % 2 == 0) job->fault = [](Working&) { throw journal::JobRefused{{fhir::ErrorCategory::busy, "full"}}; };
    jobs.push_back(submit(*f.committer, job));
  }
  gate.open();
  for (int i = 0; i < 200; ++i) CHECK(answer(jobs[i]).has_value() == (i % 2 == 1));
  f.committer->stop();
  int most = 0;
  for (const auto& job : jobs) most = std::max(most, job->decided);
  CHECK(most <= 4);
}

TEST_CASE("committer: a store that takes nothing fails bulk and still admits urgent jobs", "[journal][committer]") {
  // Disk full: the reserve is for the urgent lane alone (invariant 4).
  class Reserve final : public store::Store {
   public:
    store::Tenant tenant(std::string_view name) override { return inner.tenant(name); }
    store::Source source(std::string_view tenant, std::string_view name) override { return inner.source(tenant, name); }
    std::unique_ptr<store::Reader> reader() override { return inner.reader(); }
    store::Reader& own() override { return inner.own(); }
    fhir::Result<store::Position> commit(const store::Changes& changes, Lane lane) override {
      if (lane == Lane::bulk) return fhir::Error(fhir::ErrorCategory::unavailable, "disk full");
      return inner.commit(changes, lane);
    }
    bool upkeep() override { return false; }
    Health health() override { return {}; }
    support::MemoryStore inner;
  } store;
  support::ManualClock clock;
  Committer committer(store, clock, 0, {});
  committer.start();
  tests::Gate gate(committer);
  auto bulk = submit(committer, std::make_shared<Entry>(1));
  auto urgent = submit(committer, std::make_shared<Entry>(2), Lane::urgent);
  gate.open();
  CHECK(answer(urgent));
  CHECK(problem(bulk) == "disk full");
  committer.stop();
  CHECK(store.inner.own().newest() == 1);
  CHECK(committer.counts().failed_groups == 1);
}

TEST_CASE("committer: a full lane refuses, the other one goes on, and an empty lane takes any job",
          "[journal][committer]") {
  Fixture f;
  f.settings.bulk_rows = 10;
  f.settings.urgent_rows = 10;
  f.make().start();
  tests::Gate gate(*f.committer);
  auto large = submit(*f.committer, std::make_shared<Entry>(1, 50));
  CHECK_FALSE(f.committer->submit(std::make_shared<Entry>(2), Lane::bulk));
  auto urgent = submit(*f.committer, std::make_shared<Entry>(3, 10), Lane::urgent);
  CHECK_FALSE(f.committer->submit(std::make_shared<Entry>(4), Lane::urgent));
  CHECK(f.committer->counts().refused == 2);
  CHECK(f.committer->counts().bulk_queued == 50);
  gate.open();
  CHECK(answer(large));
  CHECK(answer(urgent));
  CHECK(f.committer->counts().bulk_queued == 0);
  CHECK(f.committer->counts().urgent_queued == 0);
  auto again = submit(*f.committer, std::make_shared<Entry>(5));
  CHECK(answer(again));
}

TEST_CASE("committer: stop runs what is queued, then takes nothing more", "[journal][committer]") {
  Fixture f;
  f.make().start();
  tests::Gate gate(*f.committer);
  std::vector<std::shared_ptr<Entry>> jobs;
  for (int i = 0; i < 50; ++i) jobs.push_back(submit(*f.committer, std::make_shared<Entry>(i)));
  gate.open();
  f.committer->stop();
  for (const auto& job : jobs) CHECK(answer(job));
  CHECK(f.refs().size() == 50);
  CHECK_FALSE(f.committer->submit(std::make_shared<Entry>(99), Lane::urgent));
  f.committer->stop();  // again does nothing
}

TEST_CASE("committer: observers see every entry once, in order, before its job is answered", "[journal][committer]") {
  Fixture f;
  f.make();
  std::vector<std::int64_t> seen;
  store::Position expected = 1;
  bool in_order = true, before_answer = true;
  std::set<std::int64_t> answered;
  f.committer->observe([&](const store::Changes& changes, store::Position first) {
    in_order = in_order && first == expected;
    for (const store::JournalEntry& entry : changes.journal) {
      before_answer = before_answer && answered.count(entry.ref) == 0;
      seen.push_back(entry.ref);
      ++expected;
    }
  });
  f.committer->start();
  std::promise<void> last;
  for (int i = 0; i < 100; ++i) {
    auto decide = [i](Working& working) {
      store::JournalEntry entry;
      entry.ref = i;
      working.record(std::move(entry));
      if (i % 7 == 3) throw std::runtime_error("fails");
    };
    auto finished = [&, i](const fhir::Result<void>& result) {
      if (result) answered.insert(i);
      if (i == 99) last.set_value();
    };
    REQUIRE(f.committer->submit(journal::job(decide, finished), Lane::bulk));
  }
  last.get_future().wait();
  f.committer->stop();
  CHECK(in_order);
  CHECK(before_answer);
  CHECK(seen == f.refs());
  CHECK(seen.size() == answered.size());
  CHECK(answered.count(3) == 0);
}

TEST_CASE("committer: a job is answered only after its commit", "[journal][committer]") {
  Fixture f;
  f.make().start();
  std::promise<int> commits;
  auto decide = [](Working& working) { working.record({}); };
  auto finished = [&](const fhir::Result<void>&) { commits.set_value(f.store.commits()); };
  REQUIRE(f.committer->submit(journal::job(decide, finished), Lane::bulk));
  CHECK(commits.get_future().get() == 1);
}

TEST_CASE("committer: commit times do not go back with the clock, also over a restart", "[journal][committer]") {
  Fixture f;
  auto write = [&](std::int64_t ref) { CHECK(answer(submit(*f.committer, std::make_shared<Entry>(ref)))); };
  const fhir::Time noon = f.clock.now();
  f.make().start();
  write(1);
  f.clock.set_wall(noon - std::chrono::hours(1));
  write(2);
  f.committer->stop();
  f.make().start();
  write(3);
  f.committer->stop();
  for (const store::JournalEntry& entry : f.store.own().journal(0, 10)) CHECK(entry.at == noon);
}

TEST_CASE("committer: a clock that was far ahead and is set right is believed", "[journal][committer]") {
  // Otherwise one wrong second would make every later reading look years late, and no alarm would be announced.
  Fixture f;
  auto write = [&](std::int64_t ref) { CHECK(answer(submit(*f.committer, std::make_shared<Entry>(ref)))); };
  const fhir::Time right = f.clock.now();
  f.make().start();
  f.clock.set_wall(right + std::chrono::hours(24 * 365));
  write(1);
  SECTION("while it runs") {}
  SECTION("over a restart") {
    f.committer->stop();
    f.make().start();
  }
  f.clock.set_wall(right);
  write(2);
  f.committer->stop();
  CHECK(f.store.own().journal(1, 1).front().at == right);
}

TEST_CASE("committer: ids never repeat, also when the clock was set back over a restart", "[journal][committer]") {
  Fixture f;
  std::set<std::int64_t> ids;
  auto make_ids = [&] {
    for (int i = 0; i < 3; ++i) {
      auto job = std::make_shared<Entry>(i);
      job->fault = [&](Working& working) { ids.insert(working.next_id()); };
      CHECK(answer(submit(*f.committer, job)));
    }
    f.committer->stop();
  };
  f.make().start();
  make_ids();
  f.clock.set_wall(f.clock.now() - std::chrono::hours(24));
  f.make().start();
  make_ids();
  CHECK(ids.size() == 6);
}

TEST_CASE("committer: what a failed commit changed in memory is forgotten", "[journal][committer]") {
  Fixture f;
  f.make().start();
  PatientId id;
  auto create = std::make_shared<Entry>(1);
  create->fault = [&](Working& working) {
    store::Patient patient;
    patient.id = id = PatientId{working.next_id()};
    patient.tenant = bodo;
    patient.system = "urn:test";
    patient.value = "1";
    working.changes.patients.push_back(patient);
    working.patients.add(patient);
  };
  f.store.fail_commits(3);  // together with nobody, alone, and no third time
  CHECK(problem(submit(*f.committer, create)) == "disk full");
  f.store.fail_commits(0);
  auto look = std::make_shared<Entry>(2);
  bool there = true;
  look->fault = [&](Working& working) {
    there = working.patients.find(id) != nullptr || working.patients.by_identifier(bodo, "urn:test", "1").has_value();
  };
  CHECK(answer(submit(*f.committer, look)));
  CHECK_FALSE(there);
}

TEST_CASE("committer: many threads, every accepted job is answered once and its entry is there",
          "[journal][committer][threads]") {
  Fixture f;
  f.settings.bulk_rows = 50;
  f.settings.urgent_rows = 50;
  f.make().start();
  std::atomic<int> accepted{0}, refused{0}, failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 250; ++i) {
        const std::int64_t ref = t * 1000 + i;
        auto decide = [ref](Working& working) {
          store::JournalEntry entry;
          entry.ref = ref;
          working.record(std::move(entry));
          if (ref % 11 == 0) throw journal::JobRefused{fhir::not_found("")};
        };
        auto finished = [&](const fhir::Result<void>& result) { ++(result ? accepted : failed); };
        if (!f.committer->submit(journal::job(decide, finished), i % 3 == 0 ? Lane::urgent : Lane::bulk)) ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  f.committer->stop();
  std::vector<std::int64_t> refs = f.refs();
  CHECK(static_cast<int>(refs.size()) == accepted);
  CHECK(accepted + refused + failed == 1000);
  CHECK(std::set<std::int64_t>(refs.begin(), refs.end()).size() == refs.size());
}
