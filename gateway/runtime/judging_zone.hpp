// A named time zone as judging sees it (thresholds/time.hpp).
#pragma once

#include <memory>
#include <string_view>

#include "fhir/result.hpp"
#include "thresholds/time.hpp"

namespace gateway {

// "Europe/Oslo": one instance per name, immutable, shared by threads. Not found as find_zone() says.
fhir::Result<std::shared_ptr<const thresholds::Zone>> find_judging_zone(std::string_view name);

// For what has to have a zone although the one it names is not on this machine: wall time is UTC.
std::shared_ptr<const thresholds::Zone> utc_judging_zone();

}  // namespace gateway
