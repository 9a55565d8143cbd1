#include "gateway/deliver/forwarder.hpp"

#include "tests/gateway/deliver/forwarder_fixture.hpp"
#include "tests/support/scripted_http_client.hpp"

using namespace gateway;
using namespace gateway::deliver;
using namespace std::chrono_literals;
using support::ScriptedHttpClient;

namespace {

std::optional<HttpResponse> always_ok(const HttpRequest&) {
  return support::status(200);
}

std::vector<std::int64_t> numbers(const ScriptedHttpClient& http) {
  std::vector<std::int64_t> out;
  for (const HttpRequest& request : http.requests) out.push_back(ForwarderFixture::number_in(request));
  return out;
}

using Numbers = std::vector<std::int64_t>;

}  // namespace

TEST_CASE_METHOD(ForwarderFixture, "forwarder: what is committed is delivered, and only what is owed",
                 "[deliver][forwarder]") {
  ScriptedHttpClient http(context, always_ok);
  begin(http);
  observe(1, 100);
  raise_alarm(50, 100);
  observe(2, 200, 1, other);  // another tenant's
  REQUIRE(commit([&](journal::Working& working) {
            store::JournalEntry entry;
            entry.kind = store::Entry::self_test;
            entry.tenant = bodo;
            entry.ref = 1;
            working.record(entry);
          }).has_value());
  observe(3, 100);
  REQUIRE(run_until([&] { return counts().delivered == 3; }));
  CHECK(numbers(http) == Numbers{1, 0, 3});
  CHECK(http.requests[1].url ==
        "http://127.0.0.1:1/fhir/DetectedIssue?identifier=urn%3Ahjemport%3Aalarm%7C0000000000000032");
  CHECK(http.requests[1].body.find(R"("resourceType":"DetectedIssue")") != std::string::npos);
  CHECK(end());
  CHECK(all_passed());
}

TEST_CASE_METHOD(ForwarderFixture, "forwarder: `send` decides what a destination is owed", "[deliver][forwarder]") {
  to.observations = false;
  ScriptedHttpClient http(context, always_ok);
  begin(http);
  observe(1, 100);
  raise_alarm(50, 0);
  REQUIRE(run_until([&] { return counts().delivered == 1; }));
  CHECK(numbers(http) == Numbers{0});
}

TEST_CASE_METHOD(ForwarderFixture, "forwarder: the newest version is sent, so that no repeat brings back an older one",
                 "[deliver][forwarder]") {
  bool up = false;
  ScriptedHttpClient http(context,
                          [&](const HttpRequest&) { return up ? support::status(200) : support::unreachable(); });
  begin(http);
  observe(1, 100, 1);
  observe(1, 100, 2);
  REQUIRE(run_until([&] { return !http.requests.empty(); }));
  up = true;
  REQUIRE(run_until([&] { return counts().delivered == 2; }));
  for (std::size_t i = 1; i < http.requests.size(); ++i)
    CHECK(http.requests[i].body.find("version 2") != std::string::npos);
}

TEST_CASE_METHOD(ForwarderFixture, "forwarder: a destination is owed what is committed after it was first configured",
                 "[deliver][forwarder]") {
  ScriptedHttpClient nobody(context, always_ok);
  to.id = "earlier";
  committer = std::make_unique<journal::Committer>(store, system_clock(), 0, journal::Settings());
  committer->start();
  observe(1, 100);
  committer->stop();
  committer.reset();
  to.id = "epj";

  ScriptedHttpClient http(context, always_ok);
  begin(http);
  observe(2, 100);
  REQUIRE(run_until([&] { return counts().delivered == 1; }));
  CHECK(end());
  CHECK(numbers(http) == Numbers{2});

  // Committed while nobody forwards: owed all the same.
  committer = std::make_unique<journal::Committer>(store, system_clock(), 0, journal::Settings());
  committer->start();
  observe(3, 100);
  committer->stop();
  begin(http);
  REQUIRE(run_until([&] { return counts().delivered == 1; }));
  CHECK(numbers(http) == Numbers{2, 3});
}

TEST_CASE_METHOD(ForwarderFixture, "forwarder: stopping and starting again loses and repeats nothing",
                 "[deliver][forwarder]") {
  ScriptedHttpClient http(context, always_ok);
  std::int64_t number = 0;
  for (int life = 0; life < 3; ++life) {
    begin(http);
    for (int i = 0; i < 300; ++i) {
      ++number;
      observe(number, number % 7 + 1);
    }
    std::uint64_t enough = 100;
    REQUIRE(run_until([&] { return counts().delivered >= enough; }));
    CHECK(end());
  }
  begin(http);
  REQUIRE(run_until([&] { return http.requests.size() >= 900; }));
  CHECK(end());
  Numbers all = numbers(http);
  CHECK(all.size() == 900);
  CHECK(std::set<std::int64_t>(all.begin(), all.end()).size() == 900);
}

TEST_CASE_METHOD(ForwarderFixture, "forwarder: after a crash nothing is lost, and only what was sent is repeated",
                 "[deliver][forwarder]") {
  ScriptedHttpClient http(context, always_ok);
  begin(http);
  for (int i = 1; i <= 1'000; ++i) observe(i, i % 13 + 1);
  REQUIRE(run_until([&] { return http.requests.size() >= 500; }));
  crash();
  std::size_t before = http.requests.size();
  REQUIRE(before < 1'000);
  begin(http);
  REQUIRE(run_until([&] { return all_passed(); }));
  Numbers all = numbers(http);
  CHECK(std::set<std::int64_t>(all.begin(), all.end()).size() == 1'000);
  CHECK(all.size() <= 1'000 + before);
}

TEST_CASE_METHOD(ForwarderFixture, "forwarder: a reading moved to the right patient is not wiped out by its withdrawal",
                 "[deliver][forwarder]") {
  ScriptedHttpClient http(context, always_ok);
  begin(http);
  observe(1, 100);
  REQUIRE(run_until([&] { return counts().delivered == 1; }));
  bool own_identifier = GENERATE(false, true);
  REQUIRE(commit([&](journal::Working& working) {
            add(working, 2, 200);
            store::Observation& right = working.changes.observations.back();
            right.key = key(1);
            if (!own_identifier) right.resource = working.reader.observation(ObservationId{1})->resource;
            add(working, 1, 100, 2);
            working.changes.observations.back().status = store::Status::entered_in_error;
          }).has_value());
  REQUIRE(run_until([&] { return counts().delivered == 3; }));
  std::multiset<std::string> urls, bodies;
  for (std::size_t i = 1; i < 3; ++i) {
    urls.insert(http.requests[i].url);
    bodies.insert(http.requests[i].body.find("version 2") != std::string::npos ? "withdrawn" : "right");
  }
  if (own_identifier) {  // two resources at the receiver: one in error, one new
    CHECK(*urls.begin() != *urls.rbegin());
    CHECK(bodies == std::multiset<std::string>{"right", "withdrawn"});
  } else {  // one resource: it ends as the right one whoever comes last
    CHECK(*urls.begin() == *urls.rbegin());
    CHECK(bodies == std::multiset<std::string>{"right", "right"});
  }
}

TEST_CASE_METHOD(ForwarderFixture,
                 "forwarder: a destination that was down gets everything, in order, without rows for it all",
                 "[deliver][forwarder]") {
  bool up = false;
  ScriptedHttpClient http(context,
                          [&](const HttpRequest&) { return up ? support::status(201) : support::unreachable(); });
  begin(http);
  for (int i = 1; i <= 2'000; ++i) observe(i, i % 50 + 1);
  REQUIRE(run_until([&] { return counts().breaker_open && http.requests.size() > 20; }));
  CHECK(rows().size() < 300);
  CHECK(counts().lag_entries >= 200);
  CHECK(counts().oldest_unsent_us > 0);
  CHECK(counts().dead_letters == 0);
  std::size_t before = http.requests.size();
  up = true;
  REQUIRE(run_until([&] { return all_passed(); }));
  std::map<std::int64_t, std::int64_t> last;
  Numbers all = numbers(http);
  std::set<std::int64_t> arrived;
  for (std::size_t i = before; i < all.size(); ++i) {
    arrived.insert(all[i]);
    std::int64_t& newest = last[all[i] % 50];
    CHECK(all[i] >= newest);
    newest = all[i];
  }
  CHECK(arrived.size() == 2'000);
  CHECK_FALSE(counts().breaker_open);
  CHECK(counts().lag_entries == 0);
  CHECK(counts().oldest_unsent_us == 0);
}

TEST_CASE_METHOD(ForwarderFixture, "forwarder: a refused item becomes a dead letter with its reason, and is journaled",
                 "[deliver][forwarder]") {
  ScriptedHttpClient http(context, [](const HttpRequest& request) {
    return number_in(request) == 1 ? support::status(422) : support::status(200);
  });
  begin(http);
  observe(1, 100);
  observe(2, 100);
  REQUIRE(run_until([&] { return counts().delivered == 1; }));
  CHECK(end());
  auto parked = dead_letters(store.own(), "epj", 10);
  REQUIRE(parked.size() == 1);
  CHECK(parked[0].reason == "HTTP 422");
  CHECK(parked[0].patient == PatientId{100});
  auto journal = store.own().journal(0, 100, 1U << static_cast<unsigned>(store::Entry::delivery));
  REQUIRE(journal.size() == 1);
  CHECK(journal[0].change == "parked");
  CHECK(journal[0].ref == parked[0].id.value);
  CHECK(journal[0].data == R"({"destination":"epj","position":1,"reason":"HTTP 422"})");
}

TEST_CASE_METHOD(ForwarderFixture, "forwarder: stopping does not wait for a silent receiver, and asks it again later",
                 "[deliver][forwarder]") {
  ScriptedHttpClient silent(context, [](const HttpRequest&) { return std::nullopt; });
  begin(silent);
  observe(1, 100);
  REQUIRE(run_until([&] { return silent.requests.size() == 1; }));
  CHECK(end(50ms));
  CHECK(silent.cancelled == 1);
  CHECK(rows().empty());

  ScriptedHttpClient http(context, always_ok);
  begin(http);
  REQUIRE(run_until([&] { return counts().delivered == 1; }));
  CHECK(numbers(http) == Numbers{1});
}

TEST_CASE_METHOD(ForwarderFixture, "forwarder: a store that cannot write delays rows and cursors, not deliveries",
                 "[deliver][forwarder]") {
  ScriptedHttpClient http(context, [](const HttpRequest& request) {
    return number_in(request) == 1 ? support::status(400) : support::status(200);
  });
  begin(http);
  observe(1, 100);
  observe(2, 200);
  store.fail_commits(2);
  REQUIRE(run_until([&] { return counts().delivered == 1; }));
  REQUIRE(run_until([&] { return rows(store::DeliveryState::parked).size() == 1; }));
  REQUIRE(run_until([&] { return store.own().cursor("epj") >= 2; }));
  CHECK(http.requests.size() == 2);
}

TEST_CASE_METHOD(ForwarderFixture, "forwarder: what was given up can be taken back or discarded",
                 "[deliver][deadletters]") {
  bool fixed = false;
  ScriptedHttpClient http(context, [&](const HttpRequest& request) {
    return number_in(request) <= 2 && !fixed ? support::status(422) : support::status(200);
  });
  begin(http);
  for (int i = 1; i <= 3; ++i) observe(i, 100);
  REQUIRE(run_until([&] { return counts().delivered == 1 && rows().size() == 2; }));
  auto parked = dead_letters(store.own(), "epj", 10);
  REQUIRE(parked.size() == 2);
  CHECK(counts().dead_letters == 2);

  // AwaitedJob's end is the committer's affair; here only what they decide counts.
  auto decide = [&](std::shared_ptr<journal::Job> act) {
    return commit([act](journal::Working& working) { act->decide(working); });
  };
  SECTION("retried: delivered, and gone from the list") {
    fixed = true;
    CHECK(decide(std::make_shared<RetryDeadLetter>(parked[0].id, bodo, "kari")).has_value());
    REQUIRE(run_until([&] { return counts().delivered == 2 && rows().size() == 1; }));
    CHECK(numbers(http).back() == 1);
    CHECK(counts().dead_letters == 1);
    auto journal = store.own().journal(0, 100, 1U << static_cast<unsigned>(store::Entry::delivery));
    CHECK(journal.back().change == "retried");
    CHECK(journal.back().data == R"({"destination":"epj","position":1,"who":"kari"})");
  }
  SECTION("retried in vain: a dead letter again, the same one") {
    CHECK(decide(std::make_shared<RetryDeadLetter>(parked[0].id, bodo, "kari")).has_value());
    REQUIRE(run_until([&] { return numbers(http).size() == 4 && rows(store::DeliveryState::parked).size() == 2; }));
    CHECK(dead_letters(store.own(), "epj", 10)[0].id == parked[0].id);
  }
  SECTION("discarded: gone, and journaled with the reason") {
    CHECK(decide(std::make_shared<DiscardDeadLetter>(parked[1].id, bodo, "kari", "entered by hand")).has_value());
    REQUIRE(run_until([&] { return counts().dead_letters == 1; }));
    CHECK(rows().size() == 1);
    auto journal = store.own().journal(0, 100, 1U << static_cast<unsigned>(store::Entry::delivery));
    CHECK(journal.back().change == "discarded");
    CHECK(journal.back().data == R"({"destination":"epj","position":2,"who":"kari","reason":"entered by hand"})");
  }
  SECTION("a missing one and another tenant's look the same") {
    for (auto& act : {std::make_shared<RetryDeadLetter>(parked[0].id, other, "kari"),
                      std::make_shared<RetryDeadLetter>(DeliveryId{12345}, bodo, "kari")}) {
      auto result = decide(act);
      REQUIRE_FALSE(result.has_value());
      CHECK(result.error().category == fhir::ErrorCategory::not_found);
      CHECK(result.error().detail == "no such delivery");
    }
  }
  SECTION("two operators at once: one of them") {
    auto retry = std::make_shared<RetryDeadLetter>(parked[0].id, bodo, "kari");
    auto discard = std::make_shared<DiscardDeadLetter>(parked[0].id, bodo, "ola", "");
    auto result = commit([&](journal::Working& working) {
      retry->decide(working);
      discard->decide(working);
    });
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().category == fhir::ErrorCategory::conflict);
  }
}

TEST_CASE_METHOD(ForwarderFixture, "forwarder: dead letters and waiting items are taken up after a restart",
                 "[deliver][forwarder]") {
  bool fixed = false;
  ScriptedHttpClient http(context, [&](const HttpRequest& request) {
    if (number_in(request) == 1) return support::status(422);
    if (number_in(request) == 2 && !fixed) return support::status(500);
    return support::status(200);
  });
  to.attempts = 1'000;
  begin(http);
  observe(1, 100);
  observe(2, 200);
  observe(3, 200);
  REQUIRE(run_until([&] { return rows().size() == 3; }));
  CHECK(end());
  std::size_t before = http.requests.size();
  fixed = true;
  begin(http);
  REQUIRE(run_until([&] { return counts().delivered == 2; }));
  CHECK(counts().dead_letters == 1);
  Numbers all = numbers(http);
  CHECK(Numbers(all.begin() + static_cast<std::ptrdiff_t>(before), all.end()) == Numbers{2, 3});
  REQUIRE(run_until([&] { return rows().size() == 1; }));
}
