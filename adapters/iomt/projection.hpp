// The Observations the original connector would have made of these measurements: grouped by hour, day, correlation id or not at all,
// created, and merged as later measurements came. Here each measurement stays a reading of its own; what this makes is a view of them,
// under the original's identifiers, for whoever read those. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <ratio>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/adapter.hpp"
#include "adapters/iomt/fhir_mapping.hpp"
#include "fhir/json_reader.hpp"
#include "fhir/time.hpp"

namespace adapters::iomt {

// .NET's resolution: the end of an hour is its last 100 nanoseconds.
using Ticks = std::chrono::sys_time<std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>>;
struct Span {
  Ticks start{}, end{};
  bool operator==(const Span&) const = default;
};

// A Measurement of the original, with what its device and patient were resolved to.
struct Projected {
  std::string type;
  fhir::Time time{};
  std::string patient, device, encounter, correlation;
  std::vector<std::pair<std::string, std::string>> values;
  fhir::Time known{};  // when it was stored
};

// How a reading carries its part of a measurement: an extension, "urn:hjemport:iomt-measurement", as a JSON object.
std::string measurement_extension(std::string_view type, std::string_view encounter, std::string_view correlation,
                                  std::span<const std::pair<std::string_view, std::string_view>> values);
// What a stored Observation says of its measurement; nothing when it carries no such extension or has no time.
std::optional<Projected> projected(fhir::JsonValue observation);
// Parts of one measurement (same type, device, patient, encounter, correlation and time) as one, in the order in which they were
// completed. A value that several parts have is the last one's.
std::vector<Projected> whole(std::vector<Projected> parts);

using Series = std::vector<std::pair<Ticks, std::string>>;  // ascending, one of each time

// SampledData.data: slots of `period` from the start while a slot begins within the span; a slot has the last value in it or E.
// Nothing when the span has more than most_slots.
inline constexpr std::int64_t most_slots = 100'000;
std::optional<std::string> sampled(const Series& values, Span span, std::chrono::microseconds period);
// The values of such a text again, each at its slot's beginning, without the empty ones.
Series expanded(std::string_view data, Ticks start, std::chrono::microseconds period);

struct ObservationView {
  const FhirTemplate* made_by = nullptr;
  std::string identifier;  // "{patient}.{device}.{type}.{segment}"
  std::string patient, device, encounter;
  Span effective;
  bool amended = false;
  fhir::Time issued{};  // when the last measurement that changed it became known
  // By the place in the template, 0 its value and n its nth component: the value itself, or the data of sampled ones.
  std::map<std::size_t, std::string> values;
};

inline constexpr std::string_view connector_system = "https://azure.microsoft.com/en-us/services/iomt-fhir-connector/";

class Projection {
 public:
  explicit Projection(const FhirMapping& mapping) : mapping_(mapping) {}

  // Measurements that came together: of two at one time the first counts, and a Quantity, String or CodeableConcept that a group has
  // several values of is a fault of the group. Each group is created, or merged into what earlier batches made.
  void add(std::span<const Projected> batch);

  const std::vector<ObservationView>& observations() const { return observations_; }
  // Groups that the original would have refused: type, value and why; no values, no identifiers.
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  void add_group(const Projected& first, const FhirTemplate& made_by, Span boundary, const std::string& segment,
                 const std::map<std::string, Series, std::less<>>& values);
  const FhirMapping& mapping_;
  std::vector<ObservationView> observations_;
  std::map<std::string, std::size_t, std::less<>> by_identifier_;
  std::vector<std::string> faults_;
};

// The FHIR resource. `id` is the lower hex SHA-256 of connector_system + "_" + identifier.
std::string observation(const ObservationView&, std::string_view id);

// The whole way from stored resources to merged ones, as Adapter::project has it.
Views project(const FhirMapping&, std::span<const StoredReading>, Batches, Hash sha256_hex);

}  // namespace adapters::iomt
