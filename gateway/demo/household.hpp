// The demonstration's people and what happens to them: about twenty over all sources of both tenants, one falling ill
// while a visitor watches, a fall after half a minute.
#pragma once

#include <string>

#include "gateway/demo/demo_files.hpp"
#include "gateway/demo/simulator.hpp"

namespace gateway::demo {

// Everything but the target's url.
Simulation demo_simulation(const DemoFiles&, fhir::Time start);

// The person whose exacerbation comes first; of sensors-bodo.
inline constexpr std::size_t first_to_fall_ill = 0;
// Who gains weight: a rule on the change tells it before any limit. And who measures too seldom for the rule of its own. Both of sensors-bodo.
inline constexpr std::size_t gains_weight = 15, forgets = 10;

}  // namespace gateway::demo
