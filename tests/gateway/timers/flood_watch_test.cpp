// A flood, live: one alarm that tells it, marks on what comes meanwhile, nothing dropped; over restarts and failed commits.
#include "gateway/timers/flood_watch.hpp"

#include <ostream>

#include "gateway/alarms/alarm.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using std::chrono::minutes;
using std::chrono::seconds;
using tests::InProcessGateway;
using tests::Json;

namespace {

struct Town {
  InProcessGateway gateway;
  int people = 0;

  explicit Town(InProcessGateway::Options options = {}) : gateway(std::move(options)) {}
  // One more patient breaches a limit; the alarm's id.
  std::string breach(std::string_view tenant = "bodo") {
    const int n = ++people;
    const std::string subject = "u" + std::to_string(n);
    const bool bodo = tenant == "bodo";
    gateway.link(bodo ? "sensors" : "elsewhere", subject, n, "2026-01-01T00:00:00Z");
    gateway.limits(gateway.patient(n, tenant), R"([{"kind":"oxygen-saturation","alert_low":85}])", bodo ? "clinic" : "clinic-oslo");
    auto response = gateway.ingest(bodo ? "sensors" : "elsewhere", tests::saturation(subject, fhir::utc_millis_text(gateway.clock.now() - seconds(5)), "80"));
    INFO(response.body);
    REQUIRE(response.status == 200);
    return Json(response.body).text("results", 0, "alarms", 0);
  }
  Json alarm(const std::string& id) { return Json(gateway.get("/alarms/" + id, "centre").body); }
  void step() {
    gateway.step_timers();
    gateway.step_timers();
  }
  // States of the tenant's alarms that tell a flood.
  std::vector<std::string> told() {
    store::AlarmFilter filter;
    filter.tenant = gateway.bodo();
    std::vector<std::string> found;
    for (const store::Alarm& row : gateway.reader().alarms(filter)) {
      const alarms::Alarm alarm = alarms::alarm_from_stored(row).value();
      if (alarm.reason.rule != "flood") continue;
      found.push_back((alarm.open() ? std::string("open: ") : alarm.closing + ": ") + alarm.reason.text);
    }
    return found;
  }
};

}  // namespace

TEST_CASE("flood watch: told once, what comes meanwhile is marked and nothing is dropped, and it ends by itself", "[timers][flood]") {
  Town t;
  const std::string before = t.breach();
  for (int i = 0; i < 9; ++i) t.breach();
  t.step();
  CHECK(t.told().empty());
  t.breach();
  t.step();
  REQUIRE(t.told() == std::vector<std::string>{"open: Varselflom: 11 nye varsler på 10 minutter"});
  CHECK(t.alarm(before).text("marks") == "(absent)");
  const std::string marked = t.breach();
  CHECK(t.alarm(marked).text("marks", 0, "code") == "flood");
  CHECK(t.alarm(marked).text("announce") == "true");
  auto fall = t.gateway.ingest("sensors", "", tests::event("u1", fhir::utc_millis_text(t.gateway.clock.now()), "fall"));
  const std::string pressed = Json(fall.body).text("results", 0, "alarms", 0);
  CHECK(t.alarm(pressed).text("marks", 0, "code") == "flood");

  Json cases(t.gateway.get("/cases", "centre").body);
  CHECK(cases.text("cases", 0, "class") == "safety");
  CHECK(cases.text("flood", "text") == "Varselflom: 11 nye varsler på 10 minutter");
  CHECK(cases.text("total") == "13");  // twelve patients and the flood's own
  CHECK(cases.text("complete") == "true");

  SECTION("another tenant is not in it") {
    const std::string other = t.breach("oslo");
    CHECK(Json(t.gateway.get("/alarms/" + other, "centre-oslo").body).text("marks") == "(absent)");
    CHECK(Json(t.gateway.get("/cases", "centre-oslo").body).text("flood") == "null");
  }
  SECTION("it ends") {
    t.gateway.pass(minutes(11));
    t.step();
    CHECK(t.told() == std::vector<std::string>{"restored: Varselflom: 11 nye varsler på 10 minutter"});
    CHECK(t.alarm(t.breach()).text("marks") == "(absent)");
    CHECK(Json(t.gateway.get("/cases", "centre").body).text("flood") == "null");
  }
  SECTION("a restart neither ends it nor tells it again") {
    t.gateway.restart();
    t.step();
    CHECK(t.told().size() == 1);
    CHECK(t.told()[0].find("open") == 0);
    t.gateway.restart();
    t.gateway.pass(minutes(11));
    t.step();
    CHECK(t.told().size() == 1);
    CHECK(t.told()[0].find("restored") == 0);
  }
}

TEST_CASE("flood watch: a commit that fails tells nothing, and the next look does", "[timers][flood]") {
  Town t;
  for (int i = 0; i < 11; ++i) t.breach();
  t.gateway.memory().fail_commits(1000);
  t.step();
  CHECK(t.told().empty());
  t.gateway.memory().fail_commits(0);
  t.step();
  t.step();
  CHECK(t.told().size() == 1);
}

TEST_CASE("flood watch: a centre sets what is a flood for it", "[timers][flood]") {
  InProcessGateway::Options options;
  config::ServiceTimes times;
  times.tenant = "bodo";
  times.flood = {2, 1, minutes(5)};
  options.config.service = {times};
  Town t(std::move(options));
  t.breach();
  t.breach();
  t.step();
  CHECK(t.told().empty());
  t.breach();
  t.step();
  CHECK(t.told() == std::vector<std::string>{"open: Varselflom: 3 nye varsler på 5 minutter"});
  t.gateway.pass(minutes(6));
  t.step();
  CHECK(t.told()[0].find("restored") == 0);
}
