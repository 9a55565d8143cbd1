#include "gateway/demo/traffic.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

using namespace gateway::demo;
using namespace std::chrono_literals;

namespace {

constexpr fhir::Time start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20);
constexpr Traffic::Moment step = 5min;

struct Pushed {
  Traffic::Moment measured, pushed;
  bool operator==(const Pushed&) const = default;
};

// What every person's vendor pushed until `end`.
std::vector<std::vector<Pushed>> run(Scenario scenario, std::uint64_t seed, Traffic::Moment history,
                                     Traffic::Moment end) {
  const std::vector<Person> people = make_people(12, {Format::hjemport, Format::telli}, scenario, seed, start);
  Traffic traffic(people, scenario, seed, history);
  std::vector<std::vector<Pushed>> all(people.size());
  for (Traffic::Moment now{0}; now <= end; now += step)
    for (const Traffic::Due& due : traffic.due(now))
      for (Traffic::Moment at : due.sittings) all[due.person].push_back({at, now});
  return all;
}

std::vector<Traffic::Moment> measured(const std::vector<Pushed>& pushed) {
  std::vector<Traffic::Moment> times;
  for (const Pushed& one : pushed) times.push_back(one.measured);
  return times;
}

}  // namespace

TEST_CASE("traffic: four sittings a day each, pushed at once and in order", "[demo]") {
  for (const auto& person : run(Scenario::normal, 1, 0h, 240h)) {
    CHECK(person.size() >= 38);
    CHECK(person.size() <= 43);
    for (std::size_t i = 0; i < person.size(); ++i) {
      CHECK(person[i].pushed - person[i].measured < step);
      CHECK(person[i].measured <= person[i].pushed);
      if (i > 0) CHECK(person[i - 1].measured < person[i].measured);
    }
  }
}

TEST_CASE("traffic: the same seed gives the same sittings, another one others", "[demo]") {
  CHECK(run(Scenario::normal, 1, 0h, 48h) == run(Scenario::normal, 1, 0h, 48h));
  CHECK(run(Scenario::normal, 1, 0h, 48h) != run(Scenario::normal, 2, 0h, 48h));
}

TEST_CASE("traffic: history comes at the start, oldest first", "[demo]") {
  for (const auto& person : run(Scenario::normal, 1, 48h, 1h)) {
    REQUIRE(person.size() >= 7);
    CHECK(person.front().measured >= -48h);
    CHECK(person.front().pushed == 0h);
    for (std::size_t i = 1; i < person.size(); ++i) CHECK(person[i - 1].measured < person[i].measured);
  }
}

TEST_CASE("traffic: during an outage nothing moves, after it all of it does", "[demo]") {
  const auto quiet = run(Scenario::normal, 1, 0h, 24h), outage = run(Scenario::outage, 1, 0h, 24h);
  std::size_t held_back = 0;
  for (std::size_t i = 0; i < quiet.size(); ++i) {
    CHECK(measured(quiet[i]) == measured(outage[i]));
    for (const Pushed& one : outage[i]) {
      CHECK((one.pushed < outage_begins || one.pushed >= outage_ends));
      if (one.measured > outage_begins && one.measured < outage_ends) {
        CHECK(one.pushed == outage_ends);
        ++held_back;
      }
    }
  }
  CHECK(held_back > quiet.size() / 2);
}

TEST_CASE("traffic: in late-sync everybody brings their past when they find the network", "[demo]") {
  const auto late = run(Scenario::late_sync, 1, 30h, 24h), normal = run(Scenario::normal, 1, 30h, 24h);
  std::vector<Traffic::Moment> first_push;
  for (std::size_t i = 0; i < late.size(); ++i) {
    CHECK(measured(late[i]) == measured(normal[i]));
    REQUIRE_FALSE(late[i].empty());
    CHECK(late[i].front().measured < 0h);
    CHECK(late[i].front().pushed <= 12h + step);
    first_push.push_back(late[i].front().pushed);
  }
  std::sort(first_push.begin(), first_push.end());
  CHECK(first_push.front() < first_push.back());  // not all at the same time
}

TEST_CASE("traffic: a flood is a sitting every five minutes", "[demo]") {
  for (const auto& person : run(Scenario::flood, 1, 0h, 24h)) CHECK(person.size() > 250);
}

TEST_CASE("people: spread over the sources, both conditions in each, known by what the format can say", "[demo]") {
  const std::vector<Format> formats = {Format::hjemport, Format::opentele, Format::telli, Format::withings};
  const std::vector<Person> people = make_people(16, formats, Scenario::normal, 9, start);
  std::set<std::string> subjects, numbers;
  for (std::size_t i = 0; i < people.size(); ++i) {
    CHECK(people[i].source == i % 4);
    subjects.insert(people[i].account.subject);
    numbers.insert(people[i].account.national_number);
    const bool digits = std::all_of(people[i].account.subject.begin(), people[i].account.subject.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
    CHECK(digits == (formats[people[i].source] != Format::hjemport));
  }
  CHECK(subjects.size() == 16);
  CHECK(numbers.size() == 16);
  for (std::size_t source = 0; source < 4; ++source) {
    CHECK(people[source].body.condition != people[source + 4].body.condition);
  }
  CHECK(make_people(16, formats, Scenario::normal, 10, start).front().account.subject !=
        people.front().account.subject);
}
