// Wall time of a named time zone (tz database) to UTC, for adapters whose payloads carry no offset.
#pragma once

#include <memory>
#include <string_view>

#include "adapters/adapter.hpp"
#include "fhir/result.hpp"
#include "fhir/search.hpp"

namespace gateway {

// "Europe/Oslo". The zone is immutable and may be shared by threads. Not found when the tz database of the machine
// lacks the name. A wall time in the doubled hour of autumn is its first occurrence and marked ambiguous; one in the
// missing hour of spring is moved forward by the length of the gap (02:30 becomes 03:30), as RFC 5545 3.3.5 does.
fhir::Result<std::shared_ptr<const adapters::Zone>> find_zone(std::string_view name);

// The zone as a search takes it. Throws std::invalid_argument for a name the validator of the configuration refuses.
fhir::WallTime wall_time_in(std::string_view zone_name);

}  // namespace gateway
