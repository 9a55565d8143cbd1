// Rules judged live: what is known of the past, how it comes back after a restart, and that a back-test of the same readings says the same.
#include <algorithm>
#include <memory>
#include <ostream>
#include <random>
#include <tuple>

#include "gateway/ingest/judge.hpp"
#include "gateway/registry/judged_plan.hpp"
#include "gateway/runtime/zone.hpp"
#include "gateway/store/sqlite_store.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"
#include "tests/support/temporary_folder.hpp"
#include "thresholds/backtest.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::reading;
using tests::saturation;

namespace {

const char* const january = "2026-01-01T00:00:00Z";

// "2026-11-20T08:59:00Z"
std::string stamp(fhir::Time time) { return fhir::utc_millis_text(time); }

struct Ward {
  std::unique_ptr<InProcessGateway> gateway;
  PatientId patient;
  std::optional<store::Observation> row;

  explicit Ward(const std::string& plan, InProcessGateway::Options options = {}) : gateway(std::make_unique<InProcessGateway>(std::move(options))) {
    gateway->link("sensors", "u", 1, january);
    patient = gateway->patient(1);
    put(plan);
  }
  void put(const std::string& plan) {
    auto response = gateway->put("/patients/" + patient.text() + "/limits", "clinic", plan);
    INFO(response.body);
    REQUIRE(response.status / 100 == 2);
  }
  // "accepted"; keeps the row.
  std::string send(const std::string& item) {
    auto response = gateway->ingest("sensors", item);
    INFO(response.body);
    REQUIRE(response.status == 200);
    Json answer(response.body);
    const std::string reference = answer.text("results", 0, "observation");
    if (reference.starts_with("Observation/")) row = gateway->reader().observation(*ObservationId::parse(reference.substr(12)));
    return answer.text("results", 0, "outcome");
  }
  std::string weight(std::string_view at, std::string_view kilograms, std::string_view more = {}) {
    return send(reading("u", at, "body-weight", kilograms, "kg", more));
  }
  Json judgement() const { return Json(row->judgement); }
  // "severe worsening" of each open alarm.
  std::string open() {
    std::string text;
    for (const store::Alarm& stored : gateway->reader().open_alarms(patient)) {
      const alarms::Alarm alarm = alarms::alarm_from_stored(stored).value();
      text.append(text.empty() ? "" : ", ").append(thresholds::name(alarm.machine.severity)).append(" ").append(alarm.reason.rule);
    }
    return text;
  }
  alarms::Alarm alarm() { return alarms::alarm_from_stored(gateway->reader().open_alarms(patient).at(0)).value(); }
};

const char* const gain = R"({"rules":[{"id":"weight-gain","kind":"body-weight","rise":2,"within":"3d","severity":"moderate"}]})";

}  // namespace

TEST_CASE("judge: a rise within its window, with what it rests on", "[ingest][rules]") {
  Ward ward(gain);
  ward.weight("2026-11-18T07:00:00Z", "80.0");
  CHECK(ward.judgement().text("rules", 0, "why") == "no-earlier-reading");
  const std::string first = ward.row->id.text();
  ward.weight("2026-11-19T07:00:00Z", "81.9");
  CHECK(ward.judgement().text("rules", 0, "outcome") == "within");
  CHECK(ward.open().empty());
  ward.weight("2026-11-20T07:00:00Z", "82.0");
  CHECK(ward.open() == "moderate weight-gain");
  const Json judged = ward.judgement();
  CHECK(judged.text("outcome") == "judged");
  CHECK(judged.text("rules", 0, "rule") == "weight-gain");
  CHECK(judged.text("rules", 0, "outcome") == "breach");
  CHECK(judged.text("rules", 0, "why") == "rose");
  CHECK(judged.text("rules", 0, "change") == "raised");
  CHECK(judged.text("rules", 0, "inputs", 0, "observation") == first);
  CHECK(judged.text("rules", 0, "inputs", 0, "version") == "1");
  const alarms::Alarm alarm = ward.alarm();
  CHECK(alarm.origin == alarms::Origin::rule);
  CHECK(alarm.reason.text == "Vekt steget 2,0 kg på 3 dager, grense 2 kg, mottatt 2 timer etter måling");
  CHECK(alarm.reason.version == 1);
  CHECK(alarms::observations(alarm).size() == 2);
  // Back below: the alarm is told, and stays for a person.
  ward.weight("2026-11-20T08:00:00Z", "80.5");
  CHECK(ward.judgement().text("rules", 0, "change") == "normal");
  CHECK(ward.open() == "moderate weight-gain");
}

TEST_CASE("judge: what was measured before a restart is known after it", "[ingest][rules]") {
  const auto run = [](std::shared_ptr<store::Store> store) {
    InProcessGateway::Options options;
    options.store = std::move(store);
    Ward ward(gain, std::move(options));
    ward.weight("2026-11-18T07:00:00Z", "80.0");
    ward.weight("2026-11-19T07:00:00Z", "81.0");
    ward.gateway->restart();
    ward.weight("2026-11-20T07:00:00Z", "82.0");
    CHECK(ward.open() == "moderate weight-gain");
  };
  SECTION("in memory") { run(nullptr); }
  SECTION("on disk") {
    tests::TemporaryFolder folder;
    store::SqliteOptions options;
    options.path = folder.path() / "rules.db";
    run(store::open_sqlite(options));
  }
}

TEST_CASE("judge: readings of one payload know each other", "[ingest][rules]") {
  Ward ward(gain);
  auto response = ward.gateway->ingest("sensors", reading("u", "2026-11-19T07:00:00Z", "body-weight", "80", "kg") + "," +
                                                      reading("u", "2026-11-20T07:00:00Z", "body-weight", "82.5", "kg"));
  REQUIRE(response.status == 200);
  CHECK(ward.open() == "moderate weight-gain");
}

TEST_CASE("judge: a plan that changes looks at the past anew", "[ingest][rules]") {
  Ward ward(R"({"limits":[{"kind":"body-weight","alert_high":150}]})");
  ward.weight("2026-11-18T07:00:00Z", "80.0");
  ward.put(gain);
  ward.weight("2026-11-20T07:00:00Z", "82.4");
  CHECK(ward.open() == "moderate weight-gain");
  CHECK(ward.judgement().text("plan") == "2");
}

TEST_CASE("judge: a correction is judged as what it says now", "[ingest][rules]") {
  Ward ward(gain);
  ward.weight("2026-11-18T07:00:00Z", "80.0", R"("id":"a")");
  ward.weight("2026-11-20T07:00:00Z", "83.0", R"("id":"b")");
  REQUIRE(ward.open() == "moderate weight-gain");
  SECTION("of the reading that raised") {
    CHECK(ward.weight("2026-11-20T07:00:00Z", "80.3", R"("id":"b")") == "amended");
    const alarms::Alarm alarm = ward.alarm();
    CHECK(alarm.machine.back_to_normal);
    CHECK(alarm.events.back().action == "corrected");
    CHECK(alarm.events.back().note == "83,0 rettet: Vekt 80,3 kg");
  }
  SECTION("of the one it was compared with") {
    CHECK(ward.weight("2026-11-18T07:00:00Z", "82.5", R"("id":"a")") == "amended");
    ward.weight("2026-11-20T08:00:00Z", "83.0");
    CHECK(ward.judgement().text("rules", 0, "outcome") == "within");
    CHECK(ward.judgement().text("rules", 0, "change") == "normal");
  }
}

TEST_CASE("judge: an old reading completes what is true at the newest, and clears nothing", "[ingest][rules]") {
  Ward ward(R"({"rules":[{"id":"low","kind":"oxygen-saturation","below":92,"of":{"readings":3,"last":3},"severity":"severe"}]})");
  ward.send(saturation("u", "2026-11-20T08:58:00Z", "90"));
  ward.send(saturation("u", "2026-11-20T08:56:00Z", "91"));
  CHECK(ward.open().empty());
  ward.send(saturation("u", "2026-11-20T08:57:00Z", "90"));
  CHECK(ward.open() == "severe low");
  CHECK(ward.judgement().text("at_newest", "rules", 0, "change") == "raised");
  ward.send(saturation("u", "2026-11-20T08:57:30Z", "97"));
  CHECK_FALSE(ward.alarm().machine.back_to_normal);
}

TEST_CASE("judge: an old reading has its own past before it, however much came since", "[ingest][rules]") {
  Ward ward(R"({"rules":[{"id":"low","kind":"oxygen-saturation","below":92,"of":{"readings":3,"last":3},"severity":"severe"}]})");
  const fhir::Time night = fhir::DateTime::parse("2026-11-20T02:00:00Z").value().utc;
  for (int minute = 0; minute < 300; ++minute) ward.send(saturation("u", stamp(night + std::chrono::minutes(minute)), "95"));
  for (int second = 10; second <= 30; second += 10) ward.send(saturation("u", stamp(night + std::chrono::minutes(20) + std::chrono::seconds(second)), "85"));
  CHECK(ward.judgement().text("rules", 0, "outcome") == "breach");
  CHECK(ward.open() == "severe low");
  CHECK(ward.alarm().superseded);
  ward.send(saturation("u", "2026-11-20T08:00:00Z", "95"));
  CHECK(ward.judgement().text("rules", 0, "outcome") == "within");
}

TEST_CASE("judge: a combination of kinds, and pulse that stands for heart rate", "[ingest][rules]") {
  Ward ward(
      R"({"rules":[{"id":"worsening","all":[{"kind":"oxygen-saturation","below":92},{"kind":"heart-rate","above":100}],"within":"2h","severity":"severe"}]})");
  ward.send(saturation("u", "2026-11-20T08:00:00Z", "90"));
  CHECK(ward.judgement().text("rules", 0, "outcome") == "incomplete");
  ward.send(reading("u", "2026-11-20T08:30:00Z", "pulse-rate", "112", "/min"));
  CHECK(ward.open() == "severe worsening");
  CHECK(ward.alarm().reason.text == "SpO2 under 92 % og Puls over 100 slag/min");
}

TEST_CASE("judge: a shadow rule is judged and raises nothing", "[ingest][rules]") {
  Ward ward(R"({"rules":[{"id":"try","kind":"body-weight","above":70,"severity":"severe","shadow":true}]})");
  ward.weight("2026-11-20T07:00:00Z", "80");
  CHECK(ward.judgement().text("rules", 0, "outcome") == "breach");
  CHECK(ward.judgement().text("rules", 0, "shadow") == "true");
  CHECK(ward.judgement().text("rules", 0, "change") == "(absent)");
  CHECK(ward.open().empty());
}

TEST_CASE("judge: limits by meal, and a clear bound that keeps an alarm", "[ingest][rules]") {
  Ward ward(R"({"limits":[{"kind":"blood-glucose","warning_high":7,"meal":"before"},{"kind":"blood-glucose","warning_high":10,"meal":"after"},
    {"kind":"oxygen-saturation","warning_low":92,"clear_low":94}]})");
  const auto glucose = [&](std::string_view at, std::string_view value, std::string_view more) {
    ward.send(reading("u", at, "blood-glucose", value, "mmol/L", more));
    return ward.judgement().text("verdicts", 0, "outcome") + " " + ward.judgement().text("verdicts", 1, "outcome");
  };
  CHECK(glucose("2026-11-20T07:00:00Z", "9.1", R"("meal":"after")") == "not-now within");
  CHECK(glucose("2026-11-20T07:10:00Z", "9.1", "") == "not-now not-now");
  CHECK(ward.open().empty());
  CHECK(glucose("2026-11-20T07:20:00Z", "9.1", R"("meal":"before")") == "breach not-now");
  CHECK(ward.open() == "moderate blood-glucose:warning_high");

  ward.send(saturation("u", "2026-11-20T08:00:00Z", "91"));
  ward.send(saturation("u", "2026-11-20T08:10:00Z", "93"));
  CHECK(ward.judgement().text("verdicts", 0, "why") == "inside-clear-bound");
  CHECK(ward.judgement().text("verdicts", 0, "low", "change") == "none");
  ward.send(saturation("u", "2026-11-20T08:20:00Z", "94"));
  CHECK(ward.judgement().text("verdicts", 0, "low", "change") == "normal");
}

TEST_CASE("judge: NEWS2 of the newest readings, by what a clinician said of the person", "[ingest][rules]") {
  const std::string rule = R"("rules":[{"id":"news2-high","score":"news2","at_least":5,"red":true,"max_age":"1h","severity":"severe"}])";
  const auto send_set = [](Ward& ward) {
    ward.send(reading("u", "2026-11-20T08:30:00Z", "respiratory-rate", "18", "/min"));
    ward.send(reading("u", "2026-11-20T08:31:00Z", "heart-rate", "85", "/min"));
    ward.send(reading("u", "2026-11-20T08:32:00Z", "body-temperature", "37.0", "Cel"));
    ward.send(saturation("u", "2026-11-20T08:33:00Z", "90", R"("oxygen":"air")"));
  };
  SECTION("scale 1: 90 % is 3 alone") {
    Ward ward("{" + rule + "}");
    send_set(ward);
    CHECK(ward.open() == "severe news2-high");
    CHECK(ward.judgement().text("rules", 0, "why") == "single-parameter-3");
  }
  SECTION("scale 2: 90 % is what is meant") {
    Ward ward("{" + rule + R"(,"person":{"news2_scale":2,"reason":"hyperkapni, mål 88-92 %"}})");
    send_set(ward);
    CHECK(ward.open().empty());
    CHECK(ward.judgement().text("rules", 0, "outcome") == "incomplete");
  }
  SECTION("not for a child") {
    Ward ward("{" + rule + R"(,"person":{"born":"2015-01-01"}})");
    send_set(ward);
    CHECK(ward.judgement().text("rules", 0, "why") == "refused-under-16");
    CHECK(ward.open().empty());
  }
}

TEST_CASE("judge: a complete NEWS2 is an Observation of its own, with what it is derived from", "[ingest][rules]") {
  Ward ward(R"({"rules":[{"id":"news2-high","score":"news2","at_least":5,"max_age":"1h","severity":"severe"}],
      "limits":[{"kind":"news2","warning_high":4}]})");
  const auto send_set = [&](const char* minute, const char* saturation_value) {
    const std::string hour = std::string("2026-11-20T08:") + minute;
    ward.send(reading("u", hour + ":00Z", "respiratory-rate", "22", "/min"));
    ward.send(reading("u", hour + ":01Z", "heart-rate", "95", "/min"));
    ward.send(reading("u", hour + ":02Z", "body-temperature", "38.5", "Cel"));
    ward.send(tests::pressure("u", hour + ":03Z", "105", "70"));
    ward.send(R"({"subject":"u","time":")" + hour + R"(:04Z","kind":"consciousness","value":"A"})");
    ward.send(saturation("u", hour + ":05Z", saturation_value, R"("id":"s)" + std::string(minute) + R"(","oxygen":"air")"));
  };
  const auto scores = [&] {
    store::Reader::HistoryFilter filter;
    filter.patient = ward.patient;
    filter.kind = fhir::kinds().news2;
    return ward.gateway->reader().history(filter);
  };
  send_set("30", "93");
  REQUIRE(scores().size() == 1);
  const store::Observation score = scores().front();
  CHECK(score.value == fhir::Decimal(7, 0));
  const Json resource(score.resource);
  CHECK(resource.text("valueQuantity", "value") == "7");
  CHECK(resource.at("derivedFrom").size() == 6);
  CHECK(resource.at("component").size() == 7);
  CHECK(resource.text("component", 1, "code", "coding", 0, "code") == "1104311000000102");
  CHECK(resource.text("component", 1, "valueQuantity", "value") == "2");
  CHECK(resource.text("component", 1, "interpretation", 0, "text") == "93 %");
  CHECK(resource.text("component", 2, "interpretation", 0, "text") == "air");
  CHECK(ward.open() == "severe news2-high, moderate news2:warning_high");
  // The same again changes nothing; a corrected input makes a new version.
  ward.send(saturation("u", "2026-11-20T08:30:05Z", "93", R"("id":"s30","oxygen":"air")"));
  CHECK(scores().front().version == 1);
  ward.send(saturation("u", "2026-11-20T08:30:05Z", "96", R"("id":"s30","oxygen":"air")"));
  REQUIRE(scores().size() == 1);
  CHECK(scores().front().version == 2);
  CHECK(scores().front().value == fhir::Decimal(5, 0));
  SECTION("a set with something missing or too old gives none") {
    ward.gateway->clock.advance(std::chrono::hours(2));
    ward.send(reading("u", "2026-11-20T10:59:00Z", "respiratory-rate", "12", "/min"));
    CHECK(scores().size() == 1);
  }
}

TEST_CASE("judge: a recalled reading is left out of later judgements", "[ingest][rules]") {
  Ward ward(gain);
  ward.weight("2026-11-18T07:00:00Z", "80.0", R"("device":{"id":"old-scale"})");
  ward.weight("2026-11-19T07:00:00Z", "81.5", R"("device":{"id":"new-scale"})");
  auto response = ward.gateway->post("/admin/recalls", "operator", R"({"device":"old-scale","source":"sensors","reason":"drifts"})");
  REQUIRE(response.status == 202);
  const std::string place = tests::header(response, "Location");
  REQUIRE(ward.gateway->eventually([&] { return Json(ward.gateway->get(place, "operator").body).text("state") == "done"; }));
  ward.weight("2026-11-20T07:00:00Z", "82.6");
  CHECK(ward.judgement().text("rules", 0, "value") == "1.1");
  CHECK(ward.open().empty());
}

namespace {

// What a back-test tells of an alarm that is resolved as soon as its measurement is back to normal.
struct Told {
  fhir::Time at;
  std::string rule, change;
  bool operator==(const Told&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Told& told) { return out << stamp(told.at) << ' ' << told.rule << ' ' << told.change; }

}  // namespace

TEST_CASE("judge: live and a back-test say the same of random readings", "[ingest][rules][property]") {
  const std::string plan = R"({"limits":[{"kind":"oxygen-saturation","alert_low":88,"warning_low":92,"clear_low":94},
      {"kind":"heart-rate","warning_high":110,"of":{"readings":2,"last":3}}],
    "rules":[{"id":"gain","kind":"body-weight","rise":2,"within":"2d","severity":"moderate"},
      {"id":"low","kind":"oxygen-saturation","below":91,"of":{"readings":3,"last":4},"severity":"severe"},
      {"id":"fast","kind":"heart-rate","above":105,"for":"30m","severity":"moderate"},
      {"id":"mean","kind":"body-weight","average_above":81,"within":"3d","readings":3,"severity":"normal"},
      {"id":"both","all":[{"kind":"oxygen-saturation","below":92},{"kind":"heart-rate","above":100}],"within":"2h","severity":"severe"},
      {"id":"not-both","any":[{"kind":"body-weight","above":83},{"not":{"kind":"heart-rate","below":112}}],"severity":"normal"}]})";
  const unsigned seed = GENERATE(1U, 2U, 3U, 4U);
  CAPTURE(seed);
  Ward ward(plan);
  InProcessGateway& gateway = *ward.gateway;
  std::mt19937 random(seed);
  const auto number = [&](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };

  const store::Plan stored = *gateway.reader().plan(ward.patient);
  const registry::JudgedPlan compiled(registry::plan_from(stored));
  const std::span<const thresholds::RuleSet> sets(&compiled.rules, 1);
  thresholds::Vocabulary vocabulary{{"oxygen-saturation", "heart-rate", "body-weight"},
                                    {{"oxygen-saturation", ""}, {"heart-rate", ""}, {"body-weight", ""}}};
  thresholds::Past past;
  std::vector<Told> live;
  for (int i = 0; i < 150; ++i) {
    gateway.clock.advance(std::chrono::minutes(number(1, 90)));
    const int kind = number(0, 2);
    const fhir::Time arrived = gateway.clock.now();
    const bool late = number(0, 4) == 0;
    const fhir::Time measured = std::chrono::floor<std::chrono::minutes>(arrived) - std::chrono::minutes(late ? number(60, 1200) : number(0, 20));
    static constexpr int low[] = {86, 90, 79}, high[] = {97, 120, 85};
    const int value = number(low[kind], high[kind]);
    static const char* const units[] = {"%", "/min", "kg"};
    const std::string id = "\"id\":\"r" + std::to_string(i) + "\"";
    REQUIRE(ward.send(reading("u", stamp(measured), vocabulary.kinds[static_cast<std::size_t>(kind)], std::to_string(value), units[kind], id)) ==
            "accepted");
    thresholds::PastReading one;
    one.arrived = ward.row->updated;
    one.measured = measured;
    one.order = static_cast<std::uint64_t>(i);
    one.first_value = static_cast<std::uint32_t>(past.values.size());
    one.value_count = 1;
    one.kind = static_cast<std::uint16_t>(kind);
    past.values.push_back({static_cast<std::uint16_t>(kind), thresholds::Comparator::none, {value, 0}});
    past.readings.push_back(one);
    for (const store::JournalEntry& entry :
         gateway.reader().journal(0, 100'000, 1U << static_cast<unsigned>(store::Entry::alarm))) {
      if (entry.at != one.arrived || entry.change == "action") continue;
      const Json alarm(entry.data);
      live.push_back({entry.at, alarm.text("reason", "rule"), entry.change});
    }
    // A person resolves what is back to normal, as the back-test supposes.
    for (const store::Alarm& row : gateway.reader().open_alarms(ward.patient)) {
      const alarms::Alarm alarm = alarms::alarm_from_stored(row).value();
      if (!alarm.machine.back_to_normal) continue;
      const auto done = gateway.post("/alarms/" + alarm.id.text() + "/actions", "centre",
                                     R"({"action":"resolve","note":"sett","by":{"id":"1","name":"Kari"}})",
                                     {{"if-match", "W/\"" + std::to_string(alarm.version) + "\""}, {"idempotency-key", alarm.id.text()}});
      INFO(done.body);
      REQUIRE_FALSE(alarms::alarm_from_stored(*gateway.reader().alarm(alarm.id)).value().open());
    }
  }

  thresholds::BacktestSettings settings;
  settings.until = gateway.clock.now();
  std::vector<Told> tried;
  for (const thresholds::BacktestChange& change : thresholds::Backtest(sets, vocabulary, settings).run(past)) {
    tried.push_back({change.at, change.rule, std::string(thresholds::name(change.change))});
  }
  const auto in_order = [](const Told& a, const Told& b) { return std::tie(a.at, a.rule, a.change) < std::tie(b.at, b.rule, b.change); };
  std::sort(live.begin(), live.end(), in_order);
  std::sort(tried.begin(), tried.end(), in_order);
  REQUIRE(live.size() > 20);
  CHECK(live == tried);
}
