#include "gateway/alarms/alarm_text.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/gateway/alarms/examples.hpp"

using namespace gateway;
using namespace gateway::alarms;
using namespace gateway::alarms::examples;

namespace {

LimitReading of(fhir::Kind kind, fhir::Decimal value, thresholds::Number limit) {
  LimitReading reading;
  reading.kind = kind;
  reading.value = value;
  reading.measured = morning;
  reading.verdict.limit = limit;
  return reading;
}

}  // namespace

TEST_CASE("alarm text: a limit in plain Norwegian", "[gateway][alarms]") {
  const fhir::KnownKinds& kinds = fhir::kinds();
  LimitReading open_ended = of(kinds.blood_glucose, fhir::Decimal(333, 1), {20, 0});
  open_ended.comparator = adapters::Comparator::greater;
  LimitReading diastolic = of(kinds.blood_pressure, fhir::Decimal(112), {110, 0});
  diastolic.component = kinds.diastolic;
  struct Row {
    LimitReading reading;
    std::string expected;
  };
  const std::vector<Row> rows{
      {of(kinds.oxygen_saturation, fhir::Decimal(86), {88, 0}), "SpO2 86 %, grense 88"},
      {of(kinds.body_weight, fhir::Decimal(8240, 2), {800, 1}), "Vekt 82,40 kg, grense 80,0"},
      {of(kinds.heart_rate, fhir::Decimal(131), {130, 0}), "Puls 131 slag/min, grense 130"},
      {of(kinds.respiratory_rate, fhir::Decimal(31), {30, 0}), "Respirasjonsfrekvens 31 per minutt, grense 30"},
      {of(kinds.body_temperature, fhir::Decimal(391, 1), {39, 0}), "Temperatur 39,1 °C, grense 39"},
      {of(kinds.inr, fhir::Decimal(52, 1), {50, 1}), "INR 5,2, grense 5,0"},
      {open_ended, "Blodsukker > 33,3 mmol/L, grense 20"},
      {diastolic, "Diastolisk blodtrykk 112 mmHg, grense 110"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.expected) {
      CHECK(limit_text(row.reading, morning) == row.expected);
    }
  }
}

TEST_CASE("alarm text: every quantity has a Norwegian name", "[gateway][alarms]") {
  for (const fhir::KindInfo& kind : fhir::all_kinds()) {
    if (kind.value != fhir::ValueType::quantity) continue;
    INFO(kind.name);
    CHECK(kind_text(kind.kind) != kind.name);
  }
}

TEST_CASE("alarm text: late is said in a way that stays true", "[gateway][alarms]") {
  struct Row {
    std::chrono::minutes delay;
    std::string expected;
  };
  const std::vector<Row> rows{{0min, "0 minutter"}, {1min, "1 minutt"}, {59min, "59 minutter"}, {60min, "1 time"},
                              {179min, "2 timer"},  {47h, "47 timer"},  {48h, "2 døgn"},        {-5min, "0 minutter"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.delay.count()) {
      SafetyEvent event = press(morning);
      event.late = true;
      CHECK(event_text(event, morning + row.delay) == "Trygghetsalarm, mottatt " + row.expected + " etter hendelsen");
    }
  }
}

TEST_CASE("alarm text: a vendor's words are shown, cut where a character ends", "[gateway][alarms]") {
  SafetyEvent event = press(morning);
  event.text = "Snortrekk";
  event.location = "Bad, 2. etasje";
  CHECK(event_text(event, morning) == "Trygghetsalarm: Snortrekk, sted: Bad, 2. etasje");
  event.location.clear();
  event.text = std::string(199, 'x') + "øx";
  CHECK(event_text(event, morning) == "Trygghetsalarm: " + std::string(199, 'x') + "…");
  event.text = std::string(198, 'x') + "ø";
  CHECK(event_text(event, morning) == "Trygghetsalarm: " + event.text);
}

TEST_CASE("alarm text: a held message says why and never karantene alone", "[gateway][alarms]") {
  HeldReading held;
  held.reason = adapters::QuarantineReason::unknown_kind;
  CHECK(held_text(held) == "Melding i karantene (ukjent målingstype)");
  held.reason = adapters::QuarantineReason::implausible;
  held.kind = fhir::kinds().oxygen_saturation;
  CHECK(held_text(held) == "Melding i karantene (usannsynlig verdi): SpO2");
  held.value = fhir::Decimal(12);
  held.unit = "%";
  held.would_breach = true;
  CHECK(held_text(held) == "Melding i karantene (usannsynlig verdi): SpO2 12 %, ville brutt grensen");
}

TEST_CASE("alarm text: each event has words and a code, VKP's where one fits", "[gateway][alarms]") {
  for (const fhir::EventInfo& event : fhir::all_events()) {
    const fhir::EventKind kind = event.kind;
    if (kind == fhir::EventKind::unknown || (!event.safety && event.vkp_alert_code.empty() && event.technical == fhir::Technical::no))
      continue;
    INFO(event.name);
    Coding code = event_code(kind);
    bool vkp = !event.vkp_alert_code.empty();
    CHECK(code.system == (vkp ? fhir::vkp_alert_code : alarm_code_system));
    CHECK(code.code == (vkp ? event.vkp_alert_code : event.name));
    CHECK_FALSE(code.display.empty());
    SafetyEvent one = press(morning);
    one.kind = kind;
    CHECK(event_text(one, morning) != "Ukjent hendelse");
    CHECK(technical_code(event.name) == code);
  }
  CHECK(technical_code("clock-skew").display == "Teknisk varsel");
  CHECK(missing_code().code == "5.3.2");
}
