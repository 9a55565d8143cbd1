// Who is simulated: synthetic people spread over the configured sources, with conditions, habits and the ways they fall
// ill that a scenario asks for. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/demo/patient_model.hpp"
#include "gateway/demo/payloads.hpp"

namespace gateway::demo {

enum class Scenario : std::uint8_t { normal, exacerbation, outage, late_sync, flood };
std::optional<Scenario> scenario_named(std::string_view name);  // "late-sync"

struct Person {
  Body body;
  Account account;
  std::size_t source = 0;  // index of the source whose devices they use
  double sittings_per_day = 4;
  std::chrono::minutes expected_every{0};  // has a rule of its own that asks for a saturation so often; 0: has none
};

// Person i uses source i modulo formats.size(). The same seed gives the same people.
std::vector<Person> make_people(std::size_t count, const std::vector<Format>& formats, Scenario, std::uint64_t seed,
                                fhir::Time start);

}  // namespace gateway::demo
