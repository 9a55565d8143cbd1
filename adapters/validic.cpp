// Records of the aggregator Validic Inform, one alone or an array of them; what its stream sends as `data` is one
// (api-evangelist/validic: asyncapi and data-model; vendors.md C.12). A record is an envelope with metrics of
// {type, value, unit, origin}; the unit always comes with the value.
#include "adapters/validic.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "adapters/members.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

struct MetricType {
  std::string_view type;
  fhir::Kind kind;
};

// The words of the vocabulary that are readings of a kind here. It grows; a word not known is held, not guessed.
const MetricType* supported(std::string_view type) {
  const fhir::KnownKinds& known = fhir::kinds();
  static const std::array<MetricType, 4> types = {
      {{"body_weight", known.body_weight}, {"bmi", known.bmi}, {"pulse", known.pulse_rate}, {"steps", known.steps}}};
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const MetricType& each) { return each.type == type; });
  return found == types.end() ? nullptr : &*found;
}

constexpr auto without_kind = std::to_array<std::string_view>({"active_duration",
                                                               "active_energy_burned",
                                                               "avg_heart_rate",
                                                               "awake_count",
                                                               "awake_duration",
                                                               "basal_energy_burned",
                                                               "carbohydrate",
                                                               "deep_sleep",
                                                               "dietary_fiber",
                                                               "distance",
                                                               "energy_burned",
                                                               "energy_consumed",
                                                               "fairly_active_duration",
                                                               "fat",
                                                               "heart_rate_zone_high",
                                                               "heart_rate_zone_low",
                                                               "heart_rate_zone_medium",
                                                               "heart_rate_zone_very_low",
                                                               "light_sleep",
                                                               "lightly_active_duration",
                                                               "protein",
                                                               "rem_sleep",
                                                               "resting_heart_rate",
                                                               "sleep_duration",
                                                               "sodium",
                                                               "time_to_fall_asleep",
                                                               "very_active_duration",
                                                               "water"});

class RecordReader {
 public:
  RecordReader(JsonValue record, const Context& context, std::vector<Item>& items)
      : record_(record), metrics_(record["metrics"]), context_(context), items_(items) {}

  void read() {
    if (!record_.is_object()) return hold_whole(record_.path() + ": expected an object");
    // A record that was deleted comes once more and says so.
    if (!record_["deleted_at"].is_null()) return ignore(member_path(record_, "deleted_at") + ": deleted at Validic");
    if (!metrics_.is_array()) return hold_whole(member_path(record_, "metrics") + ": expected an array");
    if (metrics_.size() == 0) return ignore(member_path(record_, "metrics") + ": empty");
    read_common();
    for (const JsonValue metric : metrics_) {
      read_metric(metric);
      ++index_;
    }
  }

 private:
  void read_common() {
    Measurement& reading = base_.reading;
    reading.subject.id = id_or_hold(base_, record_["user"], "uid");
    reading.record_id = id_or_hold(base_, record_, "id");
    reading.correlation = reading.record_id;
    // `version` is not taken: nothing says whether it counts the record or its format.
    reading.device.model = text_or_hold(base_, record_["source"], "device");
    read_text_time(base_, record_, "start_time", context_.zone);
  }

  void read_metric(JsonValue metric) {
    const auto type = metric["type"].text();
    if (!type) return hold(metric, undecodable, member_path(metric, "type") + ": expected a string");
    if (std::find(without_kind.begin(), without_kind.end(), *type) != without_kind.end())
      return ignore(metric.path() + ": " + std::string(*type));
    const MetricType* known = supported(*type);
    const bool pressure = *type == "systolic" || *type == "diastolic";
    if (!known && !pressure) {
      hold(metric, QuarantineReason::unknown_kind,
           member_path(metric, "type") + ": unknown type " + quoted_word(*type));
    } else if (!seen_.insert(*type).second) {
      // Two values of one type share the key and would overwrite each other.
      hold(metric, undecodable, member_path(metric, "type") + ": this type is in the record twice");
    } else if (known) {
      read_supported(*known, metric);
    } else if (!seen_.contains(*type == "systolic" ? "diastolic" : "systolic")) {
      // The second half of a blood pressure is part of the item that stands at the first.
      read_pressure();
    }
  }

  void read_supported(const MetricType& type, JsonValue metric) {
    Draft draft = base_;
    draft.reading.kind = type.kind;
    draft.reading.origin = origin_of(metric);
    read_value(draft, metric, "value");
    draft.reading.unit = unit_or_hold(draft, metric);
    add(std::move(draft));
  }

  void read_pressure() {
    Draft draft = base_;
    draft.reading.kind = fhir::kinds().blood_pressure;
    add_half(draft, fhir::kinds().systolic, first_of("systolic"));
    add_half(draft, fhir::kinds().diastolic, first_of("diastolic"));
    add(std::move(draft));
  }

  void add_half(Draft& draft, fhir::Kind kind, JsonValue metric) const {
    if (metric.absent())
      return draft.hold(undecodable, member_path(record_, "metrics") + ": a blood pressure without " +
                                         std::string(fhir::info(kind).name));
    draft.reading.origin = origin_of(metric);
    add_component(draft, kind, metric, "value", unit_or_hold(draft, metric));
  }

  static std::string unit_or_hold(Draft& draft, JsonValue metric) {
    std::string unit = text_or_hold(draft, metric, "unit");
    if (unit.empty()) draft.hold(QuarantineReason::unknown_unit, member_path(metric, "unit") + ": missing");
    return unit;
  }

  static Origin origin_of(JsonValue metric) {
    return metric["origin"].text() == "device" ? Origin::automatic : Origin::unstated;
  }

  JsonValue first_of(std::string_view type) const {
    for (const JsonValue metric : metrics_)
      if (metric["type"].text() == type) return metric;
    return {};
  }

  void hold(JsonValue metric, QuarantineReason reason, std::string note) {
    Draft draft = base_;
    if (!draft.reading.record_id.empty()) draft.reading.record_id += "/" + std::to_string(index_);
    draft.hold(reason, std::move(note));
    if (const auto value = required_number(metric, "value")) draft.set_value(value);
    add(std::move(draft));
  }
  void hold_whole(std::string note) { items_.push_back(held_item(undecodable, std::move(note))); }
  void ignore(std::string note) { items_.push_back(ignored_item(IgnoreReason::not_a_reading, std::move(note))); }
  void add(Draft draft) { items_.push_back(std::move(draft).item()); }

  JsonValue record_;
  JsonValue metrics_;
  const Context& context_;
  std::vector<Item>& items_;
  Draft base_;
  std::size_t index_ = 0;  // of the metric being read
  std::set<std::string_view> seen_;
};

bool is_record(JsonValue value) {
  return value.is_object() && (!value["metrics"].absent() || !value["deleted_at"].is_null());
}

}  // namespace

fhir::Result<Decoded> decode_validic(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  Decoded decoded;
  if (is_record(root)) {
    if (root["metrics"].size() > most_items) return too_many_items();
    RecordReader(root, context, decoded.items).read();
    return decoded;
  }
  if (!root.is_array()) return fhir::invalid("the document: expected a record with metrics or an array of records");
  for (const JsonValue record : root) {
    if (decoded.items.size() + std::max<std::size_t>(record["metrics"].size(), 1) > most_items) return too_many_items();
    RecordReader(record, context, decoded.items).read();
  }
  return decoded;
}

}  // namespace adapters
