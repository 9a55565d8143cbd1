// Readings that did not come, live: each expectation decided once, told apart by cause, ended by a reading.
#include "gateway/timers/missing_watch.hpp"

#include <algorithm>
#include <ostream>
#include <random>
#include <tuple>

#include "gateway/alarms/alarm.hpp"
#include "gateway/registry/judged_plan.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"
#include "thresholds/backtest.hpp"

using namespace gateway;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using tests::InProcessGateway;
using tests::Json;
using tests::reading;

namespace {

// The gateway's clock begins at 2026-11-20T09:00Z, a Friday, 10:00 in Oslo.
struct Watched {
  InProcessGateway gateway;
  PatientId patient;

  explicit Watched(const std::string& missing, InProcessGateway::Options options = {}) : gateway(std::move(options)) {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    patient = gateway.patient(1);
    put(missing);
  }
  void put(const std::string& missing) {
    auto response = gateway.put("/patients/" + patient.text() + "/limits", "clinic",
                                R"({"rules":[{"id":"no-weight","severity":"normal","missing":)" + missing + "}]}");
    INFO(response.body);
    REQUIRE(response.status / 100 == 2);
  }
  void weigh(std::string_view at, std::string_view more = {}) {
    auto response = gateway.ingest("sensors", reading("u", at, "body-weight", "80", "kg", more));
    INFO(response.body);
    REQUIRE(Json(response.body).text("results", 0, "outcome") == "accepted");
  }
  void pass(seconds time) {
    gateway.pass(time);
    gateway.step_timers();
  }
  std::vector<alarms::Alarm> all() {
    store::AlarmFilter filter;
    filter.tenant = gateway.bodo();
    std::vector<alarms::Alarm> found;
    for (const store::Alarm& row : gateway.reader().alarms(filter)) found.push_back(alarms::alarm_from_stored(row).value());
    return found;
  }
  // "normal raised 1: Vekt ikke målt 06:00–10:00"
  std::string told() {
    std::string text;
    for (const alarms::Alarm& alarm : all()) {
      if (alarm.origin != alarms::Origin::missing) continue;
      text.append(text.empty() ? "" : "; ").append(thresholds::name(alarm.machine.severity)).append(" ");
      text.append(alarm.open() ? thresholds::name(alarm.machine.state) : std::string_view(alarm.closing));
      text.append(" ").append(std::to_string(alarm.occurrence_count)).append(": ").append(alarm.reason.text);
    }
    return text;
  }
};

const char* const mornings = R"({"kind":"body-weight","windows":["11:00-12:00"],"timezone":"Europe/Oslo","grace":"1h","escalate":[{"misses":2,"severity":"moderate"}]})";

}  // namespace

TEST_CASE("missing: a window without a reading is an alarm once, worse with each, and ends with a reading", "[timers][missing]") {
  Watched w(mornings);
  w.pass(hours(3) - seconds(1));
  CHECK(w.told().empty());
  w.pass(minutes(2));
  CHECK(w.told() == "normal raised 1: Vekt ikke målt 11:00–12:00");
  const alarms::Alarm alarm = w.all().front();
  CHECK(alarm.code.code == "5.3.2");
  CHECK(alarm.reason.rule == "no-weight");
  w.pass(hours(5));
  CHECK(w.told() == "normal raised 1: Vekt ikke målt 11:00–12:00");
  w.pass(hours(19));
  CHECK(w.told() == "moderate raised 2: Vekt ikke målt 11:00–12:00, 2. gang på rad");
  SECTION("a reading of now") {
    w.weigh("2026-11-21T12:00:00Z");
    CHECK(w.told() == "moderate restored 2: Vekt ikke målt 11:00–12:00, 2. gang på rad");
    w.pass(hours(24));
    CHECK(w.all().size() == 2);
    CHECK(w.told().ends_with("; normal raised 1: Vekt ikke målt 11:00–12:00"));
  }
  SECTION("one of the window that was missed, late") {
    w.weigh("2026-11-21T10:30:00Z");
    CHECK(w.told().find("restored") != std::string::npos);
  }
  SECTION("an older one, or one without a value, ends nothing") {
    w.weigh("2026-11-21T08:00:00Z");
    auto response = w.gateway.ingest("sensors", R"({"subject":"u","time":"2026-11-21T12:01:00Z","kind":"body-weight","absent":"error"})");
    CHECK(response.status == 200);
    CHECK(w.told().find("restored") == std::string::npos);
  }
}

TEST_CASE("missing: what was measured in the window meets it, whenever it comes before it is decided", "[timers][missing]") {
  Watched w(mornings);
  w.pass(hours(2));
  w.weigh("2026-11-20T10:45:00Z");
  w.pass(hours(3));
  CHECK(w.told().empty());
}

TEST_CASE("missing: what ran out while the program stood still is decided at its start, once each", "[timers][missing]") {
  Watched w(mornings);
  w.gateway.stop();
  w.gateway.clock.advance(hours(52));
  w.gateway.restart();
  w.gateway.step_timers();
  w.gateway.step_timers();
  CHECK(w.told() == "moderate raised 3: Vekt ikke målt 11:00–12:00, 3. gang på rad");
  w.gateway.restart();
  w.gateway.step_timers();
  CHECK(w.told() == "moderate raised 3: Vekt ikke målt 11:00–12:00, 3. gang på rad");
}

TEST_CASE("missing: a commit that fails decides nothing, and the next does", "[timers][missing]") {
  Watched w(mornings);
  w.pass(hours(2));
  w.gateway.memory().fail_commits(1000);
  w.gateway.pass(hours(2), minutes(10));
  CHECK(w.told().empty());
  w.gateway.memory().fail_commits(0);
  w.gateway.step_timers();
  w.gateway.step_timers();
  CHECK(w.told() == "normal raised 1: Vekt ikke målt 11:00–12:00");
}

TEST_CASE("missing: a plan that changes begins anew, and ends what it expects no more", "[timers][missing]") {
  Watched w(mornings);
  w.pass(hours(4));
  REQUIRE(w.told().starts_with("normal raised"));
  SECTION("the same again") {
    w.put(mornings);
    CHECK(w.told().starts_with("normal raised"));
  }
  SECTION("another window") {
    w.put(R"({"kind":"body-weight","windows":["18:00-19:00"],"timezone":"Europe/Oslo"})");
    CHECK(w.told().starts_with("normal restored"));
    CHECK(w.gateway.reader().expected(w.patient).size() == 1);
  }
  SECTION("none") {
    auto response = w.gateway.put("/patients/" + w.patient.text() + "/limits", "clinic", R"({"rules":[]})");
    REQUIRE(response.status == 200);
    CHECK(w.told().starts_with("normal restored"));
    CHECK(w.gateway.reader().expected(w.patient).empty());
  }
}

TEST_CASE("missing: every so many hours, from the last reading", "[timers][missing]") {
  Watched w(R"({"kind":"body-weight","every":"8h","grace":"30m"})");
  w.pass(hours(8));
  CHECK(w.told().empty());
  w.pass(minutes(32));
  CHECK(w.told() == "normal raised 1: Vekt ikke målt siste 8 timer");
  w.pass(hours(30));
  CHECK(w.told() == "normal raised 1: Vekt ikke målt siste 8 timer");
  w.weigh("2026-11-21T23:30:00Z");
  CHECK(w.told() == "normal restored 1: Vekt ikke målt siste 8 timer");
  w.pass(hours(9));
  CHECK(w.told().ends_with("normal raised 1: Vekt ikke målt siste 8 timer"));
}

TEST_CASE("missing: behind a silent source nobody is told to have measured nothing", "[timers][missing]") {
  InProcessGateway::Options options;
  options.config.sources[0].silent_after = minutes(30);
  Watched w(mornings, std::move(options));
  w.weigh("2026-11-20T09:00:00Z");
  w.pass(hours(6));
  CHECK(w.told().empty());
  REQUIRE(w.all().size() == 1);
  CHECK(w.all().front().reason.rule == "source-silent");
  SECTION("the backlog has it") {
    w.weigh("2026-11-20T10:30:00Z");
    w.pass(minutes(5));
    CHECK(w.told().empty());
  }
  SECTION("the backlog has it not") {
    w.weigh("2026-11-20T09:30:00Z");
    w.pass(minutes(5));
    CHECK(w.told() == "normal raised 1: Vekt ikke målt 11:00–12:00");
  }
}

TEST_CASE("missing: of any kind, an inactive patient", "[timers][missing]") {
  SECTION("every so often") {
    Watched w(R"({"kind":"any","every":"8h"})");
    w.gateway.pass(hours(5));
    REQUIRE(w.gateway.ingest("sensors", tests::saturation("u", "2026-11-20T13:59:00Z", "95")).status == 200);
    w.pass(hours(7));
    CHECK(w.told().empty());
    w.pass(hours(2));
    CHECK(w.told() == "normal raised 1: Ingen målinger siste 8 timer");
    CHECK(w.all().front().code.code == "5.3");
    CHECK(w.all().front().code.display == "Inaktiv pasient");
    w.weigh("2026-11-20T22:59:00Z");
    CHECK(w.told() == "normal restored 1: Ingen målinger siste 8 timer");
  }
  SECTION("in a window, over a restart") {
    Watched w(R"({"kind":"any","windows":["11:00-12:00"],"timezone":"Europe/Oslo"})");
    w.pass(hours(2) - minutes(1));
    REQUIRE(w.gateway.ingest("sensors", tests::saturation("u", "2026-11-20T10:30:00Z", "95")).status == 200);
    w.gateway.restart();
    w.pass(minutes(5));
    CHECK(w.told().empty());
    w.pass(hours(24));
    CHECK(w.told() == "normal raised 1: Ingen målinger 11:00–12:00");
  }
}

TEST_CASE("missing: what waits in quarantine is named as the cause", "[timers][missing]") {
  Watched w(mornings);
  w.gateway.ingest("sensors", reading("u", "2026-11-20T08:50:00Z", "body-weight", "80", "stone-ish"));
  w.pass(hours(4));
  CHECK(w.told() == "normal raised 1: Vekt ikke målt 11:00–12:00 (en måling ligger i karantene)");
}

namespace {

struct Told {
  fhir::Time at;
  std::string change;
  bool operator==(const Told&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Told& told) { return out << fhir::utc_millis_text(told.at) << ' ' << told.change; }

}  // namespace

TEST_CASE("missing: live and a back-test say the same", "[timers][missing][property]") {
  const std::string schedule = GENERATE(as<std::string>(), R"({"kind":"body-weight","windows":["07:00-09:00","22:30-01:00"],"timezone":"Europe/Oslo","grace":"30m","escalate":[{"misses":3,"severity":"moderate"}]})",
                                        R"({"kind":"body-weight","every":"10h","grace":"1h"})",
                                        R"({"kind":"body-weight","windows":["02:15-02:45"],"timezone":"Europe/Oslo"})");
  const unsigned seed = GENERATE(1U, 2U);
  CAPTURE(schedule, seed);
  Watched w(schedule);
  InProcessGateway& gateway = w.gateway;
  std::mt19937 random(seed);
  const auto number = [&](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
  const registry::JudgedPlan compiled(registry::plan_from(*gateway.reader().plan(w.patient)));
  const thresholds::Vocabulary vocabulary{{"body-weight"}, {{"body-weight", ""}}};
  thresholds::Past past;
  past.values.push_back({0, thresholds::Comparator::none, {80, 0}});
  const auto weighed = [&](fhir::Time measured) {
    w.weigh(fhir::utc_millis_text(measured), "\"id\":\"r" + std::to_string(past.readings.size()) + "\"");
    thresholds::PastReading one;
    one.arrived = gateway.clock.now();
    one.measured = measured;
    one.order = past.readings.size();
    one.value_count = 1;
    past.readings.push_back(one);
  };
  // A back-test's schedules begin with the patient's first input; the plan was written at this very instant.
  weighed(gateway.clock.now());
  for (int i = 0; i < 25; ++i) {
    // Never at a deadline itself: whole minutes are.
    gateway.pass(minutes(number(30, 900)), minutes(1));
    gateway.step_timers();
    const fhir::Time measured = gateway.clock.now() - minutes(number(0, 5) == 0 ? number(60, 2000) : number(0, 10)) - seconds(7);
    weighed(measured);
  }
  gateway.pass(hours(30), minutes(1));
  gateway.step_timers();

  thresholds::BacktestSettings settings;
  settings.until = gateway.clock.now();
  std::vector<Told> tried, live;
  for (const thresholds::BacktestChange& change : thresholds::Backtest(std::span(&compiled.rules, 1), vocabulary, settings).run(past)) {
    // A deadline is told when it is decided, within the loop's next step.
    tried.push_back({std::chrono::floor<hours>(change.at), std::string(thresholds::name(change.change))});
  }
  for (const store::JournalEntry& entry : gateway.reader().journal(0, 100'000, 1U << static_cast<unsigned>(store::Entry::alarm))) {
    const fhir::Time decided = entry.change == "restored" ? entry.at : fhir::DateTime::parse(Json(entry.data).text("measured")).value().utc;
    live.push_back({std::chrono::floor<hours>(decided), entry.change});
  }
  CHECK(tried.size() > 3);
  CHECK(live == tried);
}
