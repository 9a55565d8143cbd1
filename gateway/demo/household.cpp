#include "gateway/demo/household.hpp"

namespace gateway::demo {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t how_many = 20;
constexpr std::uint64_t seed = 1;
constexpr double minutes_per_second = 15;  // somebody's sitting every second or so

}  // namespace

Simulation demo_simulation(const DemoFiles& files, fhir::Time start) {
  Simulation simulation;
  std::vector<Format> formats;
  for (const DemoSource& source : demo_sources) {
    const Format format = *format_named(source.adapter);
    formats.push_back(format);
    simulation.target.sources.push_back({std::string(source.id), files.token(source.id), format});
  }
  simulation.people = make_people(how_many, formats, Scenario::normal, seed, start);
  simulation.seed = seed;
  simulation.speed = minutes_per_second;
  simulation.history = 48h;
  simulation.summary_every = 60s;

  // Half an hour of simulated time is two seconds: ill before a visitor has read the first screen, and watched closely.
  Person& ill = simulation.people[first_to_fall_ill];
  ill.sittings_per_day = 24;
  ill.body.exacerbations.first_onset = start + 15min;
  ill.body.exacerbations.ramp = 3h;

  Person& gaining = simulation.people[gains_weight];
  gaining.sittings_per_day = 24;
  gaining.body.exacerbations.first_onset = start + 30min;
  gaining.body.exacerbations.ramp = 12h;

  // Five simulated days are eight minutes: missed after one of them, and back later.
  Person& forgetful = simulation.people[forgets];
  forgetful.sittings_per_day = 0.2;
  forgetful.expected_every = 1min;

  // The sixth and the fourth use native sources, which have events: a fall, and from time to time another call.
  const std::size_t sources = formats.size();
  Scripted fall;
  fall.after = 30s;
  fall.person = sources;
  simulation.happenings.push_back(fall);
  Scripted press;
  press.after = 3min;
  press.every = 10min;
  press.person = 3;
  press.kind = fhir::EventKind::safety_alarm;
  simulation.happenings.push_back(press);
  return simulation;
}

}  // namespace gateway::demo
