#include "gateway/timers/self_test.hpp"

#include "tests/support/gate.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using std::chrono::minutes;
using std::chrono::seconds;
using tests::InProcessGateway;
using tests::Json;

namespace {

InProcessGateway::Options tested() {
  InProcessGateway::Options options;
  config::SelfTest test;
  test.source = "sensors";
  test.every = minutes(5);
  test.within = seconds(10);
  options.config.tenants[0].self_test = test;
  return options;
}

struct Tested {
  InProcessGateway gateway{tested()};
  store::Tenant made_up() { return gateway.store().tenant(timers::self_test_tenant("bodo")); }

  std::vector<alarms::Alarm> alarms(store::Tenant tenant, std::optional<bool> open = {}) {
    store::AlarmFilter filter;
    filter.tenant = tenant;
    filter.open = open;
    std::vector<alarms::Alarm> found;
    for (const store::Alarm& row : gateway.reader().alarms(filter)) found.push_back(alarms::alarm_from_stored(row).value());
    return found;
  }
  // Steps, while time stands still, until it is so.
  void until(const std::function<bool()>& done) {
    for (int i = 0; i < 1'000 && !done(); ++i) gateway.step_timers();
    REQUIRE(done());
  }
  // So many made-up alarms were raised and put away by now, and the last test is known to be over.
  void passes(std::size_t count) {
    until([&] { return alarms(made_up(), false).size() == count; });
    for (int i = 0; i < 3; ++i) gateway.step_timers();
  }
  std::vector<std::string> on_stream(store::Tenant tenant) {
    std::vector<std::string> events;
    store::Position reached = 0;
    const auto changes = gateway.feed().after(0, tenant, 1000, reached);
    if (changes) {
      for (const auto& change : *changes) events.push_back(change->event);
    }
    return events;
  }
};

}  // namespace

TEST_CASE("self-test: a made-up reading becomes an alarm on the stream, and is put away again", "[timers]") {
  Tested t;
  t.passes(1);
  CHECK(t.on_stream(t.gateway.bodo()) == std::vector<std::string>{"self-test"});
  CHECK(t.on_stream(t.gateway.oslo()).empty());
  CHECK(t.alarms(t.gateway.bodo()).empty());
  const auto made = t.alarms(t.made_up());
  REQUIRE(made.size() == 1);
  CHECK(made[0].closing == "resolve");
  CHECK(made[0].tenant == "bodo");
  CHECK(made[0].reason.rule == "oxygen-saturation:alert_low");
  t.gateway.pass(minutes(4), seconds(1));
  CHECK(t.alarms(t.made_up()).size() == 1);
  t.gateway.pass(minutes(1), seconds(1));
  t.passes(2);
  CHECK(t.on_stream(t.gateway.bodo()) == std::vector<std::string>{"self-test", "self-test"});
  CHECK(t.gateway.metrics().self_test("bodo").passing.value() == 1);
}

TEST_CASE("self-test: what is made up is seen by nobody who asks, and is marked", "[timers]") {
  Tested t;
  t.passes(1);
  for (const char* target : {"/fhir/Observation?_count=10", "/fhir/Patient?_count=10", "/fhir/DetectedIssue?_count=10"}) {
    const auto found = t.gateway.get(target, "hospital");
    INFO(target << " " << found.body);
    CHECK((found.status == 404 || found.body.find("\"entry\"") == std::string::npos));
  }
  CHECK(Json(t.gateway.get("/alarms?state=open", "centre").body).text("alarms") == "[]");
  CHECK(Json(t.gateway.get("/alarms?state=all", "centre").body).text("alarms") == "[]");
  const auto id = t.alarms(t.made_up()).front().id.text();
  CHECK(t.gateway.get("/alarms/" + id, "centre").status == 404);
  CHECK(t.gateway.reader().open_alarm_count(t.gateway.bodo()) == 0);

  store::ObservationFilter filter;
  filter.tenant = t.made_up();
  const auto rows = t.gateway.reader().search(filter).rows;
  REQUIRE(rows.size() == 1);
  CHECK(Json(rows[0].resource).text("meta", "security", 0, "code") == "HTEST");
  CHECK(Json(rows[0].resource).text("meta", "security", 0, "system") == "http://terminology.hl7.org/CodeSystem/v3-ActReason");
  CHECK(t.gateway.get("/fhir/Observation/" + rows[0].id.text(), "hospital").status == 404);
}

TEST_CASE("self-test: nobody outside can send for a made-up patient", "[timers]") {
  Tested t;
  t.passes(1);
  const auto answer = t.gateway.ingest(
      "sensors", R"({"id":"x","patient":{"system":"urn:hjemport:self-test","value":"sensors"},"time":"2026-11-20T08:59:00Z",)"
                 R"("kind":"oxygen-saturation","value":70,"unit":"%"})");
  CHECK(Json(answer.body).text("results", 0, "reason") == "unknown-subject");
  CHECK(t.alarms(t.made_up()).size() == 1);
}

TEST_CASE("self-test: a source's silence is not hidden by it", "[timers]") {
  InProcessGateway::Options options = tested();
  options.config.sources[0].silent_after = minutes(10);
  InProcessGateway gateway(std::move(options));
  gateway.pass(minutes(12), seconds(1));
  store::AlarmFilter filter;
  filter.tenant = gateway.bodo();
  const auto rows = gateway.reader().alarms(filter);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].identity == "technical|source-silent|sensors");
}

TEST_CASE("self-test: one that fails is an alarm of the centre, and ends with the next that passes", "[timers]") {
  Tested t;
  t.passes(1);
  t.gateway.pass(minutes(4) + seconds(59), seconds(1));
  SECTION("the store takes nothing") {
    t.gateway.memory().fail_commits(1'000);
    t.gateway.pass(seconds(31), seconds(1));
    t.until([&] { return t.gateway.metrics().self_test("bodo").passing.value() == 0; });
    t.gateway.memory().fail_commits(0);
  }
  SECTION("it takes too long") {
    tests::Gate gate(t.gateway.committer());
    t.gateway.clock.advance(seconds(1));
    t.gateway.timer_loop().step();  // begins
    t.gateway.clock.advance(seconds(10));
    t.gateway.timer_loop().step();
    gate.open();
  }
  t.until([&] { return t.alarms(t.gateway.bodo(), true).size() == 1; });
  const alarms::Alarm raised = t.alarms(t.gateway.bodo(), true).front();
  CHECK(raised.identity == "technical|self-test-failed|sensors");
  CHECK(raised.reason.text == "Selvtesten feilet: en prøvemåling fra sensors ble ikke til varsel innen 10 sekunder");
  CHECK(t.gateway.metrics().self_test("bodo").passing.value() == 0);
  t.gateway.pass(minutes(6), seconds(1));
  t.until([&] { return t.alarms(t.gateway.bodo(), true).empty(); });
  CHECK(t.alarms(t.gateway.bodo(), false).front().closing == "restored");
  CHECK(t.gateway.metrics().self_test("bodo").passing.value() == 1);
}

TEST_CASE("self-test: restarts leave at most one made-up alarm, and one patient", "[timers]") {
  Tested t;
  for (std::size_t i = 1; i <= 3; ++i) {
    t.passes(i);
    t.gateway.step_timers();
    t.gateway.clock.advance(seconds(1));
    t.gateway.restart();
  }
  // The last of them is cut off after its alarm: it is still there, and the next test puts it away.
  CHECK(t.alarms(t.made_up(), true).size() <= 1);
  t.passes(4);
  CHECK(t.alarms(t.made_up(), true).empty());
  CHECK(t.gateway.reader().patients(t.made_up(), {}, 10).size() == 1);
}
