// Times as vendors write them: with an offset, as wall time of the source's zone, or as a count since 1970. What the
// vendor wrote (offset, precision) is kept; a wall time gets the offset its zone had.
#pragma once

#include "adapters/adapter.hpp"

namespace adapters {

struct VendorTime {
  fhir::DateTime time;
  bool uncertain = false;  // wall time of the doubled hour in autumn: the first of the two is taken
};

// "2026-11-20T08:00:00+01:00", also "+0100" as Java prints it, or without zone "2026-11-20T08:00:00" in `zone`. A date
// alone is an error: a reading has a time of day. The error names the path.
fhir::Result<VendorTime> read_time(fhir::JsonValue object, std::string_view key, const Zone& zone);

// The same for a text that stands in no object; the error is without path.
fhir::Result<VendorTime> time_of(std::string_view text, const Zone& zone);

// An instant of years 1 to 9999 from a count since 1970; the error is without path.
fhir::Result<fhir::Time> time_from_epoch(std::int64_t count, std::chrono::microseconds unit);

}  // namespace adapters
