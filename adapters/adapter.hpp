// The decode signature and the registry of payload formats. Pure: no clock, no store, no log, no network.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

// A vendor's word for a kind, of a source's `aliases`.
struct Alias {
  std::string word;
  fhir::Kind kind{};
};

// What a source's configuration says of its format beyond the zone; each adapter's page says what it uses.
struct Settings {
  std::vector<Alias> aliases;
  std::string transfer_number;  // where a voice alarm's call goes on to (scaip); empty: nowhere
};
inline const Settings no_settings{};

// Told what a decoder did for the item of this index, step by step, and which step failed. For `convert --explain`,
// whose reader may see values; nothing of it is logged. Formats made from files tell, the built-in ones do not.
using Steps = std::function<void(std::size_t item, std::string_view step)>;

// What a decoder may know besides the bytes: facts of the source's configuration.
struct Context {
  const Zone& zone;             // for times without zone
  fhir::Time received;          // when the bytes arrived; only for formats that give no time of their own
  fhir::JsonDocument& scratch;  // re-used parse memory, one per thread
  const Settings& settings = no_settings;
  const Steps* steps = nullptr;  // nobody asks
};

// The error is "undecodable": the bytes as a whole are no payload of this format (category invalid, detail with the
// JSON path). A fault in one item is a Held item instead, and the rest goes through. More than most_items items are
// too_large: a 16 MB body of real readings holds fewer, one of "0,0,0" would hold millions.
using Decode = std::function<fhir::Result<Decoded>(std::string_view payload, const Context&)>;

// How a format that has its own acknowledgement is answered. The body is sent after the commit, never before
// (invariant 1); whoever sends it decides on the HTTP status or the frame.
struct Fate {
  enum class What : std::uint8_t {
    stored,       // every item ended as one of invariant 2's five
    undecodable,  // kept in quarantine; `detail` says where it went wrong
    refused       // nothing is kept, the sender has to send it again: busy, full, too large
  } what{};
  std::string_view detail;  // for stored empty
  std::size_t quarantined = 0;  // of the stored items, how many wait for a person
};
struct Reply {
  std::string content_type, body;
};
using Answer = std::function<Reply(std::string_view payload, const Fate&, fhir::Time now, const Settings&)>;

// A format's own view of the readings it gave: resources merged from single ones, made when they are asked for and never stored.
struct StoredReading {
  std::string_view resource;
  fhir::Time committed{};
};
struct View {
  std::string type, identifier, id, resource;
};
struct Views {
  std::vector<View> resources;
  std::vector<std::string> faults;  // what could not be merged and why; no values, no identifiers
};
enum class Batches : std::uint8_t { each_alone, all_together };
using Hash = std::string (*)(std::string_view);  // lower hex SHA-256
using Project = std::function<Views(std::span<const StoredReading>, Batches, Hash)>;

struct Adapter {
  std::string_view name;
  Decode decode;
  std::span<const std::string_view> content_types;  // accepted media types; anything else is 415
  Answer answer = {};                               // none: the gateway's own JSON (design.md 8.2)
  Project project = {};                             // none: readings are single and nothing else
};

// The built-in formats, by name. Those that are nothing without their files (iomt, mapping) are made per source.
std::span<const Adapter> all_adapters();
const Adapter* adapter_named(std::string_view name);  // null when there is none

}  // namespace adapters
