// Any payload against a mapping with every construct: every item is sound, nothing vanishes, the same is given twice.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "adapters/mapping/decode.hpp"
#include "adapters/mapping/mapping_file.hpp"
#include "tests/support/soundness.hpp"
#include "tests/support/zones.hpp"

namespace {

constexpr std::string_view file = R"yaml(version: 1
language: jmespath
tables:
  kinds: {w: body-weight, s: oxygen-saturation, u: urine-protein, c: consciousness, i: inr, default: body-weight}
  units: {w: kg, s: "%"}
ignored:
  - {each: $.list, when: {at: $.t, is: ping}, reason: heartbeat}
  - {when: {at: hello, is: [1, there]}, reason: heartbeat}
defaults:
  subject: {at: $.who, from: root, optional: true}
  device: {id: {at: $.d, optional: true}, model: {jmespath: "join('-', ['m', m])"}}
  patient: {system: urn:x, value: {at: $.p, optional: true}}
  ignore: {cancelled: $.skip, control-solution: {at: $.q, is: control}}
readings:
  - each: $.list
    when: {at: $.t, is: [w, s, u, c, i]}
    id: [{at: $.id, optional: true}, {fixed: a}, $.at]
    time: {at: $.at, zone: {at: $.z, unit: minutes}}
    kind: {at: $.t, table: kinds}
    value: {at: $.v, times: 0.1, power: {at: $.x, optional: true}, decimal: comma}
    unit: {at: $.t, table: units}
    comparator: {at: $.r, table: {LO: "<", HI: ">", default: none}}
    origin: {at: $.o, table: {m: manual, a: automatic}}
    version_stamp: {at: $.mod, optional: true}
    ambiguous: {jmespath: "abs(sure) > `1`"}
    note: [$.n, {jmespath: "sort(l)[0]"}, words]
  - each: [{at: $.groups, as: g}, {at: $.m, members: true}]
    time: {at: $.start, from: g, format: epoch-s, plus_seconds: $.key}
    kind: heart-rate
    value: $.value
    unit: /min
  - each: $.groups
    when: "$.m[?(@.sys > 10 && @.dia)]"
    time: {at: $.start, format: local-epoch-ms, zone: $.z}
    kind: blood-pressure
    unit: {pointer: /unit}
    components: {systolic: "$.m[?(@.sys)].sys", diastolic: "$..dia", mean-arterial-pressure: {value: $.map, unit: kPa}}
  - each: {jmespath: "rows[*].{a: @[0], b: @[1]}"}
    time: {date: $.a, time: $.b, pattern: "d.M.yyyy H:mm:ss.SSSX"}
    kind: inr
    value: $.b
events:
  - each: $.list
    when: {at: $.e, present: true}
    time: {at: $.at, pattern: "M/d/yyyy h:mm a", zone: utc}
    kind: {at: $.e, table: {P: safety-alarm, F: fall}}
    text: [$.e, {at: $, from: root}]
    location: $.pos
    contact: $.call
)yaml";

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

const adapters::mapping::Mapping& rich() {
  static const auto compiled = adapters::mapping::compile(file, "mapping");
  for (const auto& problem : compiled.problems) require(problem.warning, problem.text.c_str());
  return *compiled.mapping;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace adapters;
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  static const test::NorwegianZone zone;
  static fhir::JsonDocument scratch;
  const Context context{zone, fhir::Time{std::chrono::seconds{1'795'165'200}}, scratch};
  const mapping::Budget budget{1'000'000, 50, 8U << 20};
  const auto first = mapping::decode(payload, context, rich(), budget);
  if (!first) {
    require(test::soundness::fault_of(first.error()).empty(), "an error is the sender's and shows nothing");
    return 0;
  }
  // Every entry of the list is an item, or stands in a payload that was ignored as a whole.
  const fhir::JsonValue list = scratch.root()["list"];
  const bool whole = !first->items.empty() && std::holds_alternative<Ignored>(first->items.front());
  require(whole || first->items.size() >= (list.is_array() ? list.size() : 0), "no entry vanishes");
  const bool empty =
      (list.is_array() && list.size() == 0) || scratch.root()["groups"].is_array() || scratch.root()["rows"].is_array();
  require(!first->items.empty() || empty, "a payload is at least one item");
  for (const Item& item : first->items) {
    const std::string fault = test::soundness::fault_of(item);
    require(fault.empty(), fault.c_str());
  }
  const auto again = mapping::decode(payload, context, rich(), budget);
  require(again && again->items.size() == first->items.size(), "the same twice");
  return 0;
}
