// The decode signature and the registry of payload formats. Pure: no clock, no store, no log, no network.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string_view>

#include "adapters/measurement.hpp"
#include "fhir/json_reader.hpp"
#include "fhir/result.hpp"

namespace adapters {

inline constexpr std::size_t most_items = 200'000;

// Wall time of a zone to UTC. Implemented over the tz database in gateway/runtime; tests use fixed offsets.
class Zone {
 public:
  struct Resolved {
    fhir::Time utc;
    std::chrono::minutes offset;
    bool ambiguous;  // the doubled hour in autumn: `utc` is its first occurrence; a wall time that never was moves
                     // forward
  };
  virtual ~Zone() = default;
  virtual Resolved resolve(std::chrono::local_time<std::chrono::microseconds> wall) const = 0;
  virtual std::chrono::minutes offset_at(fhir::Time utc) const = 0;
};

// What a decoder may know besides the bytes: facts of the source's configuration.
struct Context {
  const Zone& zone;             // for times without zone
  fhir::Time received;          // when the bytes arrived; only for formats that give no time of their own
  fhir::JsonDocument& scratch;  // re-used parse memory, one per thread
};

// The error is "undecodable": the bytes as a whole are no payload of this format (category invalid, detail with the
// JSON path). A fault in one item is a Held item instead, and the rest goes through. More than most_items items are
// too_large: a 16 MB body of real readings holds fewer, one of "0,0,0" would hold millions.
using Decode = fhir::Result<Decoded> (*)(std::string_view payload, const Context&);

struct Adapter {
  std::string_view name;
  Decode decode;
  std::span<const std::string_view> content_types;  // accepted media types; anything else is 415
};

std::span<const Adapter> all_adapters();
const Adapter* adapter_named(std::string_view name);  // null when there is none

}  // namespace adapters
