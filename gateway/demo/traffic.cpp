#include "gateway/demo/traffic.hpp"

#include <utility>

#include "gateway/demo/noise.hpp"

namespace gateway::demo {
namespace {

constexpr std::chrono::hours day{24};
constexpr std::chrono::hours history_interval{6};
constexpr std::chrono::hours last_online{12};  // late-sync: everybody is back by then

Traffic::Moment part_of(double share, Traffic::Moment whole) {
  return Traffic::Moment(static_cast<std::int64_t>(share * static_cast<double>(whole.count())));
}

}  // namespace

Traffic::Traffic(const std::vector<Person>& people, Scenario scenario, std::uint64_t seed, Moment history)
    : scenario_(scenario), seed_(mix(seed, 5000)) {
  for (std::size_t i = 0; i < people.size(); ++i) {
    Habit habit;
    habit.interval = part_of(1 / people[i].sittings_per_day, day);
    // Spread, so that they do not all measure at the same moment.
    const double place = static_cast<double>(i) / static_cast<double>(people.size());
    habit.next = history.count() > 0 ? -history + part_of(place, history_interval) : part_of(place, habit.interval);
    if (scenario == Scenario::late_sync) habit.online = part_of(even(seed_, i), last_online);
    habits_.push_back(std::move(habit));
  }
}

// A tenth earlier or later than usual: people are no clocks.
Traffic::Moment Traffic::after(Habit& habit, std::size_t person) const {
  const Moment usual = habit.next.count() < 0 ? Moment(history_interval) : habit.interval;
  return habit.next + part_of(between(0.9, 1.1, mix(seed_, person), ++habit.count), usual);
}

bool Traffic::connected(const Habit& habit, Moment now) const {
  if (now < habit.online) return false;
  if (scenario_ != Scenario::outage) return true;
  const Moment time_of_day = now % day;
  return time_of_day < outage_begins || time_of_day >= outage_ends;
}

std::vector<Traffic::Due> Traffic::due(Moment now) {
  std::vector<Due> all;
  for (std::size_t i = 0; i < habits_.size(); ++i) {
    Habit& habit = habits_[i];
    while (habit.next <= now) {
      habit.waiting.push_back(habit.next);
      habit.next = after(habit, i);
    }
    if (!habit.waiting.empty() && connected(habit, now)) all.push_back({i, std::exchange(habit.waiting, {})});
  }
  return all;
}

}  // namespace gateway::demo
