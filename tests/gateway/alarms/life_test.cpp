// The whole life of one alarm against tests/golden/alarms/life.ndjson, one line per change as the stream shows it. The
// golden file is made up. To change it: UPDATE_GOLDEN=1 gateway_tests "alarm life*", then read the difference.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/gateway/alarms/examples.hpp"
#include "tests/support/golden.hpp"

using namespace gateway;
using namespace gateway::alarms;
using namespace gateway::alarms::examples;
using thresholds::Action;

namespace {

// Keeps the alarm as the store would: every change goes through the stored form.
class Life {
 public:
  void reading(int percent, std::chrono::minutes measured, std::chrono::minutes committed, std::int64_t observation) {
    LimitReading reading = saturation(percent, morning + measured, observation);
    reading.superseded = morning + measured < newest_;
    reading.late = committed - measured > 1h;
    newest_ = std::max(newest_, morning + measured);
    keep(apply_limit(alarm_ ? &*alarm_ : nullptr, thresholds::Direction::low, reading, at(morning + committed)));
  }
  void action(Action action, std::chrono::minutes when, std::string note = {}) {
    auto change = apply_action(*alarm_, by_kari(action, std::move(note)), "centre", false, morning + when);
    REQUIRE(change.has_value());
    keep(std::move(*change));
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  void keep(AlarmChange change) {
    REQUIRE(change.alarm);
    lines_.push_back(std::string(thresholds::name(change.change)) + " " + shown_json(*change.alarm));
    auto stored = alarm_from_stored(row(*change.alarm, store::Tenant{1}));
    REQUIRE(stored.has_value());
    alarm_ = std::move(*stored);
  }

  std::optional<Alarm> alarm_;
  Time newest_{};
  std::vector<std::string> lines_;
};

}  // namespace

TEST_CASE("alarm life: from the first breach to reopened, as the stream shows it", "[gateway][alarms][golden]") {
  Life life;
  life.reading(90, 0min, 0min, 0xB1);      // yellow
  life.action(Action::acknowledge, 2min);  // seen
  life.reading(90, 3min, 3min, 0xB2);      // the same again: no call
  life.reading(86, 5min, 5min, 0xB3);      // red: calls, to be acknowledged again
  life.action(Action::take, 6min);         // Kari owns it
  life.reading(84, 7min, 7min, 0xB4);      // worse while somebody is on it: no call
  life.reading(80, -120min, 8min, 0xB5);   // an old one: counted, dates nothing
  life.reading(94, 9min, 9min, 0xB6);      // back to normal: noted
  life.action(Action::note, 10min, "Ringte, bruker oksygen");
  life.action(Action::resolve, 12min, "Fulgt opp på telefon");
  life.action(Action::reopen, 20min, "Lukket ved en feil");

  const std::string path = std::string(HJEMPORT_TEST_DATA) + "/golden/alarms/life.ndjson";
  std::string actual;
  for (const std::string& line : life.lines()) actual += line + "\n";
  if (std::getenv("UPDATE_GOLDEN")) std::ofstream(path, std::ios::binary) << actual;
  CHECK(actual == test::file_content(path));
}
