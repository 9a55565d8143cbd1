#include "gateway/alarms/patient_case.hpp"

#include <algorithm>
#include <random>

#include "tests/support/printing.hpp"

using namespace gateway;
using namespace gateway::alarms;
using namespace std::chrono_literals;
using thresholds::Severity;
using thresholds::State;

namespace {

Alarm alarm(std::int64_t id, std::int64_t patient, Origin origin, Severity severity, int raised_minute, std::string text = "x") {
  Alarm one;
  one.id = {id};
  one.tenant = "bodo";
  one.patient = {patient};
  one.origin = origin;
  one.code = {"urn:x", "own", "Own"};
  one.machine.severity = severity;
  one.raised = one.measured = Time(std::chrono::hours(400'000) + std::chrono::minutes(raised_minute));
  one.reason.text = std::move(text);
  return one;
}

std::vector<std::string> ids(const std::vector<PatientCase>& cases) {
  std::vector<std::string> all;
  for (const PatientCase& one : cases) all.push_back(one.id);
  return all;
}

std::string text(std::int64_t id) { return PatientId{id}.text(); }

}  // namespace

TEST_CASE("case: a patient's open alarms are one, worst first, with the one that came first kept", "[alarms][case]") {
  Alarm closed = alarm(9, 100, Origin::limit, Severity::severe, 0);
  closed.machine.state = State::resolved;
  Alarm taken = alarm(3, 100, Origin::rule, Severity::moderate, 2, "Vekt steget 2,4 kg");
  taken.machine.state = State::in_progress;
  taken.owner = Person{"centre", "n-1", "Kari"};
  const auto cases = cases_of({alarm(1, 100, Origin::missing, Severity::normal, 1, "Vekt ikke målt"), taken,
                               alarm(4, 100, Origin::limit, Severity::severe, 5, "SpO2 80 %"),
                               alarm(5, 100, Origin::technical, Severity::moderate, 6, "Utstyr er stille"), closed,
                               alarm(6, 0, Origin::event, Severity::critical, 7, "Fall")});
  REQUIRE(cases.size() == 2);
  CHECK(cases[0].id == AlarmId{6}.text());
  CHECK(cases[0].of == PatientCase::Class::safety);
  CHECK(code(cases[0]).code == "own");
  const PatientCase& one = cases[1];
  CHECK(one.id == text(100));
  CHECK(one.of == PatientCase::Class::clinical);
  CHECK(one.first == AlarmId{1});
  CHECK(summary(one) == "SpO2 80 % · Vekt steget 2,4 kg · Utstyr er stille og 1 til");
  CHECK(code(one).code == "5.1");
  CHECK(state(one) == State::raised);

  const fhir::JsonDocument shown = fhir::JsonDocument::parse(shown_json(one)).value();
  CHECK(shown.root()["severity"].text() == "severe");
  CHECK(shown.root()["colour"].text() == "red");
  CHECK(shown.root()["owner"].is_null());  // not all are owned
  CHECK(shown.root()["owners"].scalar() == "1");
  CHECK(shown.root()["alarms"].size() == 4);
  CHECK(shown.root()["alarms"].at(1)["owner"]["id"].text() == "n-1");
}

TEST_CASE("case: the least handled alarm is the case's state", "[alarms][case]") {
  Alarm a = alarm(1, 100, Origin::limit, Severity::severe, 1), b = alarm(2, 100, Origin::limit, Severity::severe, 2);
  a.machine.state = State::accepted;
  b.machine.state = State::acknowledged;
  CHECK(state(cases_of({a, b}).front()) == State::acknowledged);
  b.machine.state = State::dispatched;
  CHECK(state(cases_of({a, b}).front()) == State::dispatched);
}

TEST_CASE("case: safety on top, then severity, unowned, oldest; technical last", "[alarms][case]") {
  Alarm owned = alarm(4, 104, Origin::limit, Severity::severe, 1);
  owned.owner = Person{"centre", "n-1", ""};
  const std::vector<Alarm> all{alarm(1, 101, Origin::technical, Severity::critical, 0), alarm(2, 102, Origin::limit, Severity::severe, 9),
                               alarm(3, 103, Origin::limit, Severity::severe, 8),       owned,
                               alarm(5, 105, Origin::event, Severity::critical, 99),    alarm(6, 106, Origin::missing, Severity::normal, 2),
                               alarm(7, 107, Origin::rule, Severity::moderate, 3),      alarm(8, 105, Origin::technical, Severity::normal, 1)};
  const std::vector<std::string> expected{text(105), text(103), text(102), text(104), text(107), text(106), text(101)};
  CHECK(ids(cases_of(all)) == expected);
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    std::vector<Alarm> shuffled = all;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    CHECK(ids(cases_of(shuffled)) == expected);
  }
}

TEST_CASE("case property: whatever is open, each alarm is in one case, and no safety alarm stands below another class", "[alarms][case]") {
  std::mt19937 random(11);
  const auto draw = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  for (int round = 0; round < 200; ++round) {
    std::vector<Alarm> all;
    const int count = draw(60);
    for (int i = 1; i <= count; ++i) {
      const std::int64_t patient = draw(9) == 0 ? 0 : 1000 + draw(12);
      all.push_back(alarm(i, patient, static_cast<Origin>(draw(4)), std::array{Severity::normal, Severity::moderate, Severity::severe, Severity::critical}[static_cast<std::size_t>(draw(3))], draw(30)));
    }
    const auto cases = cases_of(all);
    std::size_t kept = 0;
    bool other = false;
    for (const PatientCase& one : cases) {
      kept += one.alarms.size();
      if (one.of != PatientCase::Class::safety) other = true;
      CHECK_FALSE((one.of == PatientCase::Class::safety && other));
      if (one.of == PatientCase::Class::safety) CHECK(one.worst().origin == Origin::event);
      CHECK_FALSE(summary(one).empty());
    }
    CHECK(kept == all.size());
  }
}
