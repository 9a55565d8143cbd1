// Google Health API: its notifications, which carry no values, and data points that somebody pulled (vendors.md C.2;
// shapes: DataPoint and ObservationSampleTime of Google's client libraries, health v4; the-momentum/open-wearables:
// google/health_api). The puller adds whose they are as `userid`.
#include "adapters/google_health.hpp"

#include <array>
#include <charconv>

#include "adapters/members.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

// A data point holds one object, named by its type. Daily types are averages, intervals are sums and sessions.
struct SampleType {
  std::string_view key, value;
  fhir::Kind kind;
  std::string_view unit;
};
const std::array<SampleType, 6>& sample_types() {
  const fhir::KnownKinds& known = fhir::kinds();
  static const std::array<SampleType, 6> types = {
      {{"bloodGlucose", "bloodGlucoseMilligramsPerDeciliter", known.blood_glucose, "mg/dL"},
       {"bodyFat", "percentage", known.body_fat, "%"},
       {"coreBodyTemperature", "temperatureCelsius", known.body_temperature, "Cel"},
       {"heartRate", "beatsPerMinute", known.heart_rate, "/min"},
       {"oxygenSaturation", "percentage", known.oxygen_saturation, "%"},
       {"weight", "weightGrams", known.body_weight, "g"}}};
  return types;
}

// A protobuf Duration as JSON has it, "7200s".
std::optional<std::chrono::minutes> stated_offset(JsonValue sample_time) {
  const auto text = sample_time["utcOffset"].text();
  if (!text || !text->ends_with('s')) return std::nullopt;
  const std::string_view digits = text->substr(0, text->size() - 1);
  std::int32_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error != std::errc() || end != digits.data() + digits.size() || seconds % 60 != 0) return std::nullopt;
  return believable_offset(std::chrono::seconds(seconds));
}

// The instant is physicalTime, in UTC; utcOffset is where the person's clock stood.
void read_sample_time(Draft& draft, JsonValue sample, const Zone& zone) {
  const JsonValue sample_time = sample["sampleTime"];
  read_text_time(draft, sample_time, "physicalTime", zone);
  const auto offset = stated_offset(sample_time);
  if (!draft.timed || !offset) return;
  draft.reading.time = fhir::DateTime::from(draft.reading.time.utc, *offset, draft.reading.time.precision);
}

// C: dataSource.recordingMethod in several independent readers of the API; DERIVED and UNKNOWN say neither.
Origin origin_of(JsonValue point) {
  const auto method = point["dataSource"]["recordingMethod"].text();
  if (!method) return Origin::unstated;
  if (*method == "MANUAL") return Origin::manual;
  return *method == "PASSIVELY_MEASURED" || *method == "ACTIVELY_MEASURED" ? Origin::automatic : Origin::unstated;
}

void read_point(JsonValue point, const std::string& user, const Zone& zone, std::vector<Item>& items) {
  if (!point.is_object()) {
    items.push_back(held_item(undecodable, point.path() + ": expected an object"));
    return;
  }
  const std::size_t before = items.size();
  for (const SampleType& type : sample_types()) {
    const JsonValue sample = point[type.key];
    if (sample.is_null()) continue;
    Draft draft;
    draft.reading.kind = type.kind;
    draft.reading.subject.id = user;
    draft.reading.unit = type.unit;
    draft.reading.origin = origin_of(point);
    read_sample_time(draft, sample, zone);
    read_value(draft, sample, type.value);
    items.push_back(std::move(draft).item());
  }
  if (items.size() == before)
    items.push_back(ignored_item(IgnoreReason::not_a_reading, point.path() + ": no sample of a type we read"));
}

Item notification_item(JsonValue notification) {
  if (!notification["data"].is_object())
    return held_item(undecodable, member_path(notification, "data") + ": expected an object");
  return ignored_item(IgnoreReason::not_a_reading, notification.path() + ": a notification, to be pulled");
}

}  // namespace

fhir::Result<Decoded> decode_google_health(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  Decoded decoded;
  if (root.is_array()) {
    if (root.size() > most_items) return too_many_items();
    for (const JsonValue notification : root) decoded.items.push_back(notification_item(notification));
    return decoded;
  }
  if (root["type"].text() == "verification") {
    decoded.items.push_back(ignored_item(IgnoreReason::heartbeat, "type: the verification of a subscription"));
    return decoded;
  }
  const JsonValue points = root["dataPoints"];
  if (!points.is_array()) return fhir::invalid("the document: expected notifications or dataPoints");
  const auto user = read_id(root, "userid");
  if (!user) return user.error();
  for (const JsonValue point : points) {
    read_point(point, *user, context.zone, decoded.items);
    if (decoded.items.size() > most_items) return too_many_items();
  }
  return decoded;
}

}  // namespace adapters
