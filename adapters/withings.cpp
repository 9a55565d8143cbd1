// A Withings getmeas answer that somebody pulled (developer.withings.com, "Measure - Getmeas"; vendors.md C.1). The
// document says for whom it was pulled in `userid`, put there by the puller; Withings itself leaves it out. Also the
// notification, a form without values: "userid=12345&appli=4&startdate=1715668200&enddate=1715668201".
#include "adapters/withings.hpp"

#include <algorithm>
#include <array>
#include <bitset>

#include "adapters/draft.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;
using namespace std::chrono_literals;

constexpr auto undecodable = QuarantineReason::undecodable;

constexpr std::int64_t diastolic_type = 9;
constexpr std::int64_t systolic_type = 10;

struct MeasureType {
  std::int64_t type;
  fhir::Kind kind;
  std::string_view unit;
};

// 11 is "heart pulse" of a cuff or a scale, a peripheral pulse and no ECG heart rate (codes.md 1.2, 1.3).
// 6 is the share of fat, which is what codes.md calls body fat; 8 is its mass.
const MeasureType* supported(std::int64_t type) {
  const fhir::KnownKinds& known = fhir::kinds();
  static const std::array<MeasureType, 6> types = {{{1, known.body_weight, "kg"},
                                                    {4, known.body_height, "m"},
                                                    {6, known.body_fat, "%"},
                                                    {11, known.pulse_rate, "/min"},
                                                    {54, known.oxygen_saturation, "%"},
                                                    {71, known.body_temperature, "Cel"}}};
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const MeasureType& each) { return each.type == type; });
  return found == types.end() ? nullptr : &*found;
}

// Documented but without a kind here. 12 is "temperature" beside 71 "body temperature" and 73 "skin temperature":
// whatever it is (scales reported the room's), it is not said to be the body's, and as such it could look like
// hypothermia.
bool listed_without_kind(std::int64_t type) {
  static constexpr auto types =
      std::to_array<std::int64_t>({5,   8,   12,  73,  76,  77,  88,  91,  123, 130, 135, 136, 137,
                                   138, 139, 155, 167, 168, 169, 170, 173, 174, 175, 226, 227, 229});
  return std::find(types.begin(), types.end(), type) != types.end();
}

enum class Attribution { sure, ambiguous, manual, unstated };

// 0 and 8: a device, sure; 5: the best of an automatic series (blood pressure); 7: confirmed by the user; 15: taken
// under guided conditions; 2 and 4: typed. 1 is a device that more than one person uses. Any other number (17 occurs)
// says something about whose reading it is that we cannot read, so it is treated like 1. Left out, nothing is said.
Attribution attribution_of(JsonValue group) {
  const JsonValue attrib = group["attrib"];
  if (attrib.is_null()) return Attribution::unstated;
  const auto number = attrib.as_integer();
  switch (number ? *number : -1) {
    case 0:
    case 5:
    case 7:
    case 8:
    case 15:
      return Attribution::sure;
    case 2:
    case 4:
      return Attribution::manual;
    default:
      return Attribution::ambiguous;
  }
}

// `value` * 10^`unit`, exactly.
fhir::Result<fhir::Decimal> read_value(JsonValue measure) {
  const auto value = measure["value"].as_integer();
  if (!value) return fhir::invalid(member_path(measure, "value") + ": expected an integer");
  const auto exponent = measure["unit"].as_integer();
  constexpr std::int64_t widest = 30;  // what fhir::Decimal can hold
  if (!exponent || *exponent < -widest || *exponent > widest)
    return fhir::invalid(member_path(measure, "unit") + ": expected a power of ten");
  const auto scaled = fhir::Decimal::scaled(*value, static_cast<int>(*exponent));
  if (!scaled) return fhir::invalid(member_path(measure, "value") + ": out of range");
  return scaled;
}

class GroupReader {
 public:
  GroupReader(JsonValue group, const std::string& user, const Context& context, std::vector<Item>& items)
      : group_(group), user_(user), context_(context), items_(items) {}

  void read() {
    if (!group_.is_object()) {
      base_.hold(undecodable, group_.path() + ": expected an object");
      return add(base_);
    }
    read_common();
    const JsonValue measures = group_["measures"];
    if (!measures.is_array()) {
      base_.hold(undecodable, member_path(group_, "measures") + ": expected an array");
      return add(base_);
    }
    if (measures.size() == 0)
      items_.push_back(Ignored{IgnoreReason::not_a_reading, member_path(group_, "measures") + ": empty"});
    for (const JsonValue measure : measures) {
      read_measure(measure, measures);
      ++index_;
    }
  }

 private:
  void read_common() {
    Measurement& reading = base_.reading;
    reading.record_id = id_or_held("grpid");
    reading.version = id_or_held("modified");
    reading.correlation = reading.record_id;
    reading.device.id = id_or_held("deviceid");
    if (const auto model = read_text(group_, "model")) reading.device.model = *model;
    reading.subject.id = user_.empty() ? reading.device.id : user_;
    read_time();
    read_category();
    switch (attribution_of(group_)) {
      case Attribution::sure:
        reading.origin = Origin::automatic;
        break;
      case Attribution::manual:
        reading.origin = Origin::manual;
        break;
      case Attribution::ambiguous:
        base_.hold(QuarantineReason::ambiguous_subject,
                   member_path(group_, "attrib") + ": the device does not know who it was");
        break;
      case Attribution::unstated:
        break;
    }
  }

  // The offset shown is that of the source's zone. body.timezone names the account's, which need not be where the
  // patient is either, and adapters resolve one zone; the instant is the same.
  void read_time() {
    const auto date = group_["date"].as_integer();
    const auto utc = date ? time_from_epoch(*date, 1s) : fhir::Result<fhir::Time>(date.error());
    if (!utc) return base_.hold(undecodable, member_path(group_, "date") + ": expected seconds since 1970");
    base_.set_time(fhir::DateTime::from(*utc, context_.zone.offset_at(*utc)));
  }

  void read_category() {
    const JsonValue category = group_["category"];
    if (category.is_null()) return;
    const auto number = category.as_integer();
    goal_ = number && *number == 2;
    if (!number || (*number != 1 && *number != 2))
      base_.hold(undecodable, member_path(group_, "category") + ": expected 1 (measured) or 2 (goal)");
  }

  void read_measure(JsonValue measure, JsonValue measures) {
    const auto type = measure["type"].as_integer();
    const bool pressure = type && (*type == diastolic_type || *type == systolic_type);
    const bool repeated = type && seen(*type);
    // The second half of a blood pressure is part of the item that stands at the first.
    const bool joined = pressure && !repeated && seen(diastolic_type + systolic_type - *type);
    if (type && is_documented_range(*type)) seen_.set(static_cast<std::size_t>(*type));
    if (joined) return;
    if (goal_) {
      items_.push_back(Ignored{IgnoreReason::goal_not_reading, measure.path()});
    } else if (!type) {
      hold(measure, undecodable, member_path(measure, "type") + ": expected an integer");
    } else if (repeated) {
      // The segmental masses do repeat, by position.
      if (listed_without_kind(*type)) return ignore(*type);
      // Two weights in one group share the key and would overwrite each other.
      hold(measure, undecodable, member_path(measure, "type") + ": this type is in the group twice");
    } else if (pressure) {
      read_pressure(measures);
    } else if (const MeasureType* known = supported(*type)) {
      read_supported(*known, measure);
    } else if (listed_without_kind(*type)) {
      ignore(*type);
    } else {
      hold(measure, QuarantineReason::unknown_kind, member_path(measure, "type") + ": not a documented type");
    }
  }

  void read_supported(const MeasureType& type, JsonValue measure) {
    Draft draft = base_;
    draft.reading.kind = type.kind;
    draft.reading.unit = type.unit;
    draft.set_value(read_value(measure));
    add(std::move(draft));
  }

  void read_pressure(JsonValue measures) {
    Draft draft = base_;
    draft.reading.kind = fhir::kinds().blood_pressure;
    add_component(draft, fhir::kinds().systolic, first_of(systolic_type, measures));
    add_component(draft, fhir::kinds().diastolic, first_of(diastolic_type, measures));
    add(std::move(draft));
  }

  // Half a blood pressure is held: the limits on the other half would stay silent and nobody would see why.
  void add_component(Draft& draft, fhir::Kind kind, JsonValue measure) const {
    if (measure.absent()) {
      const std::string missing(fhir::info(kind).name);
      return draft.hold(undecodable, member_path(group_, "measures") + ": a blood pressure without " + missing);
    }
    const auto value = read_value(measure);
    if (!value) return draft.hold(undecodable, value.error().detail);
    draft.reading.components.push_back({kind, *value, "mmHg", Comparator::none});
  }

  static JsonValue first_of(std::int64_t type, JsonValue measures) {
    for (const JsonValue measure : measures) {
      const auto found = measure["type"].as_integer();
      if (found && *found == type) return measure;
    }
    return {};
  }

  // All documented types are below 256; what is beyond is an unknown kind whether it repeats or not.
  static bool is_documented_range(std::int64_t type) { return type >= 0 && type < 256; }
  bool seen(std::int64_t type) const { return is_documented_range(type) && seen_.test(static_cast<std::size_t>(type)); }

  // A measure without a kind of its own: its place in the group keeps several of them apart.
  void hold(JsonValue measure, QuarantineReason reason, std::string note) {
    Draft draft = base_;
    if (!draft.reading.record_id.empty()) draft.reading.record_id += "/" + std::to_string(index_);
    if (const auto value = read_value(measure)) draft.set_value(value);
    draft.hold(reason, std::move(note));
    add(std::move(draft));
  }

  void ignore(std::int64_t type) {
    items_.push_back(Ignored{IgnoreReason::not_a_reading, "type " + std::to_string(type)});
  }

  std::string id_or_held(std::string_view key) {
    const auto id = read_id(group_, key);
    if (id) return *id;
    base_.hold(undecodable, id.error().detail);
    return {};
  }

  void add(Draft draft) { items_.push_back(std::move(draft).item()); }

  JsonValue group_;
  const std::string& user_;
  const Context& context_;
  std::vector<Item>& items_;
  Draft base_;
  bool goal_ = false;
  std::size_t index_ = 0;  // of the measure being read
  std::bitset<256> seen_;
};

// A form has a `userid` field and begins with no JSON. What its fields say besides is not looked at: nothing in it is
// signed, so it is a hint to pull, whatever it claims.
bool is_notification(std::string_view payload) {
  if (payload.empty() || payload.size() > 4096) return false;
  const bool form = std::all_of(payload.begin(), payload.end(), [](char c) { return c > ' ' && c < 127 && c != '{'; });
  return form && (payload.starts_with("userid=") || payload.find("&userid=") != std::string_view::npos);
}

fhir::Result<std::string> read_user(JsonValue root, JsonValue body) {
  auto user = read_id(root, "userid");
  if (!user || !user->empty()) return user;
  return read_id(body, "userid");
}

}  // namespace

fhir::Result<Decoded> decode_withings(std::string_view payload, const Context& context) {
  if (is_notification(payload)) {
    Decoded notified;
    notified.items.push_back(Ignored{IgnoreReason::not_a_reading, "a notification, to be pulled"});
    return notified;
  }
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  if (!root.is_object()) return fhir::invalid("the document: expected a getmeas answer");
  // Withings answers 200 with an error in `status`. A puller that forwards only the body leaves it out.
  if (!root["status"].is_null()) {
    const auto status = root["status"].as_integer();
    if (!status) return status.error();
    if (*status != 0) return fhir::invalid("status: not 0, so this is an error of Withings and no measurements");
  }
  const JsonValue body = root["body"];
  if (!body.is_object()) return fhir::invalid("body: expected an object");
  const JsonValue groups = body["measuregrps"];
  if (!groups.is_array()) return fhir::invalid("body.measuregrps: expected an array");
  const auto user = read_user(root, body);
  if (!user) return user.error();

  Decoded decoded;
  for (const JsonValue group : groups) {
    if (decoded.items.size() + std::max<std::size_t>(group["measures"].size(), 1) > most_items) return too_many_items();
    GroupReader(group, *user, context, decoded.items).read();
  }
  return decoded;
}

}  // namespace adapters
