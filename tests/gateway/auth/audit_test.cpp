#include "gateway/auth/audit.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/memory_store.hpp"

using namespace gateway;

namespace {

constexpr store::Tenant tenant{1};
const fhir::Time start = fhir::DateTime::parse("2026-11-20T08:00:10Z").value().utc;

struct ManualClock final : Clock {
  fhir::Time time = start;
  fhir::Time now() const override { return time; }
  std::chrono::steady_clock::time_point steady_now() const override {
    return std::chrono::steady_clock::time_point(time.time_since_epoch());
  }
};

http::Awaitable<void> record_into(auth::AuditTrail& trail, const auth::Actor& actor, std::string purpose,
                                  std::optional<fhir::Result<void>>& result) {
  fhir::Result<void> recorded = co_await trail.record(actor, "read Observation", PatientId{17}, purpose, "ok");
  result = recorded;
}

struct Trail {
  explicit Trail(std::size_t kept = 100'000, journal::Settings settings = {})
      : settings_(settings), audit(committer, clock, kept) {}
  ~Trail() { committer.stop(); }

  fhir::Result<void> read(std::string purpose = "care") {
    std::optional<fhir::Result<void>> result;
    boost::asio::co_spawn(context, record_into(audit, actor, purpose, result), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
    context.restart();
    // The committer's answer is posted from its thread, so there is work until it came.
    auto work = boost::asio::make_work_guard(context);
    while (!result) context.run_one();
    return *result;
  }

  // What the store holds, oldest first.
  std::vector<store::Audit> rows(store::Tenant whose = tenant) {
    std::vector<store::Audit> found = store.reader()->audits(whose, std::nullopt, 10'000);
    return {found.rbegin(), found.rend()};
  }

  ManualClock clock;
  support::MemoryStore store;
  journal::Settings settings_;
  boost::asio::io_context context{1};  // outlives the committer, which posts to it
  journal::Committer committer{store, clock, 0, settings_};
  auth::AuditTrail audit;
  auth::Actor actor{"hospital", tenant, "bodo", static_cast<http::Roles>(http::Role::hospital), {}};
};

}  // namespace

TEST_CASE("audit: a read waits until its row is committed", "[auth][audit]") {
  Trail trail;
  trail.committer.start();
  REQUIRE(trail.read().has_value());
  std::vector<store::Audit> rows = trail.rows();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].client == "hospital");
  CHECK(rows[0].action == "read Observation");
  CHECK(rows[0].patient == PatientId{17});
  CHECK(rows[0].purpose == "care");
  CHECK(rows[0].outcome == "ok");
  CHECK(rows[0].at == start);
  CHECK(trail.audit.waiting() == 0);
}

TEST_CASE("audit: with a full disk reads go on, their rows wait and are written when it is writable again",
          "[auth][audit]") {
  Trail trail(3);
  trail.committer.start();
  trail.store.fail_commits(1'000);
  for (int i = 0; i < 3; ++i) REQUIRE(trail.read().has_value());
  CHECK(trail.audit.waiting() == 3);

  fhir::Result<void> beyond = trail.read();  // the bound: fail closed
  REQUIRE(beyond.has_error());
  CHECK(beyond.error().category == fhir::ErrorCategory::unavailable);

  trail.audit.flush();
  CHECK_FALSE(trail.audit.finish());  // still full: nothing is lost
  CHECK(trail.audit.waiting() == 3);
  CHECK(trail.rows().empty());

  trail.store.fail_commits(0);
  REQUIRE(trail.audit.finish());
  CHECK(trail.audit.waiting() == 0);
  CHECK(trail.rows().size() == 3);
  REQUIRE(trail.read().has_value());  // and waits for its commit again
  CHECK(trail.rows().size() == 4);
}

TEST_CASE("audit: a full queue refuses a read, but not a response centre's", "[auth][audit]") {
  journal::Settings settings;
  settings.bulk_rows = 1;
  Trail trail(100, settings);
  // The committer does not run yet: one job fills the lane.
  REQUIRE(trail.committer.submit(journal::job([](journal::Working&) {}, [](const fhir::Result<void>&) {}),
                                 store::Lane::bulk));
  fhir::Result<void> care = trail.read("care");
  REQUIRE(care.has_error());
  CHECK(care.error().category == fhir::ErrorCategory::busy);
  CHECK(trail.read("alarm-handling").has_value());
  CHECK(trail.audit.waiting() == 1);
  trail.committer.start();
}

TEST_CASE("audit: a flood of refusals becomes one row a minute", "[auth][audit]") {
  Trail trail;
  trail.committer.start();
  for (int i = 0; i < 5'000; ++i) trail.audit.refused(store::Tenant{2}, "phones", "POST /ingest/{source}", "denied");
  trail.audit.refused(store::Tenant{2}, "phones", "GET /fhir/Observation", "denied");
  trail.audit.flush();  // within the minute: not yet
  CHECK(trail.audit.waiting() == 0);

  trail.clock.time += std::chrono::minutes(1);
  trail.audit.refused(store::Tenant{2}, "phones", "POST /ingest/{source}", "denied");  // of the next minute
  REQUIRE(trail.audit.finish());
  std::vector<std::string> seen;
  for (const store::Audit& row : trail.rows(store::Tenant{2})) seen.push_back(row.action + ": " + row.outcome);
  std::sort(seen.begin(), seen.end());
  CHECK(seen == std::vector<std::string>{"GET /fhir/Observation: denied", "POST /ingest/{source}: denied",
                                         "POST /ingest/{source}: denied, 5000 times in this minute"});
}

TEST_CASE("audit: refusals of many kinds stay within their bound", "[auth][audit]") {
  Trail trail;
  trail.committer.start();
  constexpr std::size_t kinds = auth::AuditTrail::refusals_max * 2;
  for (std::size_t i = 0; i < kinds; ++i) trail.audit.refused(tenant, "x", "action " + std::to_string(i), "denied");
  REQUIRE(trail.audit.finish());
  std::vector<store::Audit> rows = trail.rows();
  CHECK(rows.size() == auth::AuditTrail::refusals_max + 1);
  CHECK(std::count_if(rows.begin(), rows.end(),
                      [](const store::Audit& row) { return row.outcome == "denied, 1000 times in this minute"; }) == 1);
}

TEST_CASE("audit: rows kept in memory are written in several jobs", "[auth][audit]") {
  Trail trail;
  trail.committer.start();
  trail.store.fail_commits(1'000);
  for (std::size_t i = 0; i < auth::AuditTrail::flush_rows * 2 + 1; ++i) REQUIRE(trail.read().has_value());
  CHECK(trail.audit.waiting() == auth::AuditTrail::flush_rows * 2 + 1);
  trail.store.fail_commits(0);
  REQUIRE(trail.audit.finish(std::chrono::seconds(10)));
  CHECK(trail.rows().size() == auth::AuditTrail::flush_rows * 2 + 1);
}
