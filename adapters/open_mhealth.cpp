// Open mHealth data points and IEEE 1752.1 records (openmhealth/schemas: schema/omh, test-data; vendors.md D.1): a
// header that says what and whose, a body with the value. IEEE 1752.1 keeps the bodies and calls the header's id `uuid`
// (INFERRED). One data point, or an array of them.
#include "adapters/open_mhealth.hpp"

#include <algorithm>
#include <array>

#include "adapters/draft.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

// Schema name, and the member of the body that holds the value.
struct Schema {
  std::string_view name, member, kind;
};
constexpr auto schemas = std::to_array<Schema>({{"blood-glucose", "blood_glucose", "blood-glucose"},
                                                {"body-fat-percentage", "body_fat_percentage", "body-fat"},
                                                {"body-height", "body_height", "body-height"},
                                                {"body-mass-index", "body_mass_index", "bmi"},
                                                {"body-temperature", "body_temperature", "body-temperature"},
                                                {"body-weight", "body_weight", "body-weight"},
                                                {"heart-rate", "heart_rate", "heart-rate"},
                                                {"oxygen-saturation", "oxygen_saturation", "oxygen-saturation"},
                                                {"respiratory-rate", "respiratory_rate", "respiratory-rate"},
                                                {"step-count", "step_count", "steps"}});

// Documented schemas nothing is done with.
constexpr std::array<std::string_view, 10> not_readings = {
    "sleep-duration",      "sleep-episode", "physical-activity",         "calories-burned",
    "ambient-temperature", "geoposition",   "minutes-moderate-activity", "medication-adherence-percent",
    "survey-answer",       "survey"};

// Remarks of the body worth keeping: they change what a value means.
constexpr std::array<std::string_view, 8> remarks = {"temporal_relationship_to_meal",
                                                     "temporal_relationship_to_sleep",
                                                     "body_posture",
                                                     "measurement_location",
                                                     "supplemental_oxygen_flow_rate",
                                                     "oxygen_therapy_mode_of_administration",
                                                     "temporal_relationship_to_physical_activity",
                                                     "user_notes"};

void add_note(std::string& note, std::string_view remark) {
  if (!note.empty()) note += "; ";
  note.append(remark);
}

class PointReader {
 public:
  PointReader(JsonValue point, const Context& context)
      : point_(point), header_(point["header"]), body_(point["body"]), context_(context) {}

  Item read() {
    if (!point_.is_object()) return fail(point_.path() + ": expected a data point");
    if (!header_.is_object()) return fail(member_path(point_, "header") + ": expected an object");
    read_header();
    if (!body_.is_object()) return fail(member_path(point_, "body") + ": expected an object");
    read_notes();
    read_time_frame();
    const auto name = header_["schema_id"]["name"].text();
    if (!name) return fail(member_path(header_, "schema_id.name") + ": expected a string");
    if (std::find(not_readings.begin(), not_readings.end(), *name) != not_readings.end())
      return Ignored{IgnoreReason::not_a_reading, "schema " + std::string(*name)};
    if (*name == "blood-pressure") {
      read_pressure();
    } else if (const auto schema =
                   std::find_if(schemas.begin(), schemas.end(), [&](const Schema& each) { return each.name == *name; });
               schema != schemas.end()) {
      read_single(*schema);
    } else {
      draft_.hold(QuarantineReason::unknown_kind,
                  member_path(header_, "schema_id.name") + ": unknown schema " + quoted_word(*name));
      return std::move(draft_).item();
    }
    // An average or a maximum of a time is no single reading and must not be judged as one.
    if (!body_["descriptive_statistic"].is_null() && !draft_.held())
      return Ignored{IgnoreReason::not_a_reading, member_path(body_, "descriptive_statistic")};
    return std::move(draft_).item();
  }

 private:
  Item fail(std::string note) {
    draft_.hold(undecodable, std::move(note));
    return std::move(draft_).item();
  }

  void read_header() {
    Measurement& reading = draft_.reading;
    for (const std::string_view key : {"id", "uuid"})
      if (reading.record_id.empty()) reading.record_id = or_held(read_id(header_, key));
    reading.correlation = reading.record_id;
    reading.subject.id = or_held(read_id(header_, "user_id"));
    // 1.x of the header keeps the modality in acquisition_provenance, IEEE 1752.1 in the header itself (INFERRED).
    for (const JsonValue modality : {header_["acquisition_provenance"]["modality"], header_["modality"]}) {
      if (modality.text() == "sensed") reading.origin = Origin::automatic;
      if (modality.text() == "self-reported" || modality.text() == "self_reported") reading.origin = Origin::manual;
    }
  }

  // Open mHealth schema temporal-relationship-to-meal: "fasting", "not fasting", "before meal", "after breakfast" ...
  void read_circumstances() {
    const std::string_view meal = body_["temporal_relationship_to_meal"].text().value_or("");
    if (meal == "fasting") draft_.reading.meal = "fasting";
    if (meal.starts_with("before ")) draft_.reading.meal = "before";
    if (meal.starts_with("after ")) draft_.reading.meal = "after";
    if (draft_.reading.meal.empty() && body_["temporal_relationship_to_sleep"].text() == "before sleeping") draft_.reading.meal = "bedtime";
    // A flow says that oxygen was given; that none is said says nothing.
    const auto flow = body_["supplemental_oxygen_flow_rate"]["value"].as_decimal();
    if (flow) draft_.reading.oxygen = *flow > fhir::Decimal(0, 0) ? "oxygen" : "air";
    draft_.reading.site = printable(body_["measurement_location"].text().value_or(""));
  }

  void read_notes() {
    read_circumstances();
    for (const std::string_view key : remarks) {
      const JsonValue remark = body_[key];
      if (const auto text = remark.text()) {
        add_note(draft_.reading.note, std::string(key) + ": " + printable(*text));
      } else if (remark["value"].is_number()) {
        add_note(draft_.reading.note, std::string(key) + ": " + std::string(remark["value"].scalar()));
      }
    }
  }

  // date_time, or time_interval by its start (start and end, or start and duration), else by its end. A date with a
  // part of the day is no instant.
  void read_time_frame() {
    const JsonValue frame = body_["effective_time_frame"];
    const JsonValue interval = frame["time_interval"];
    if (!frame["date_time"].is_null()) return take_time(frame, "date_time");
    if (!interval["start_date_time"].is_null()) {
      const auto end = interval["end_date_time"].text();
      if (end && fhir::DateTime::parse(*end)) add_note(draft_.reading.note, "until " + std::string(*end));
      return take_time(interval, "start_date_time");
    }
    if (!interval["end_date_time"].is_null()) return take_time(interval, "end_date_time");
    draft_.hold(undecodable, member_path(body_, "effective_time_frame") + ": expected date_time or a time_interval");
  }

  void take_time(JsonValue object, std::string_view key) {
    const auto time = read_time(object, key, context_.zone);
    if (!time) return draft_.hold(undecodable, time.error().detail);
    draft_.set_wall_time(time->time, time->uncertain);
  }

  void read_single(const Schema& schema) {
    Measurement& reading = draft_.reading;
    reading.kind = fhir::kind_named(schema.kind);
    // A sensor under the skin says so; its glucose is another kind than blood's.
    if (schema.name == "blood-glucose" && body_["specimen_source"].text() == "interstitial fluid")
      reading.kind = fhir::kinds().interstitial_glucose;
    // Plasma lies about a tenth above whole blood, and serum and tears are no blood at all.
    for (const std::string_view other : {"plasma", "serum", "tears"})
      if (schema.name == "blood-glucose" && body_["specimen_source"].text() == other)
        draft_.hold(QuarantineReason::unknown_kind, member_path(body_, "specimen_source") + ": not blood");
    const JsonValue value = body_[schema.member];
    // step_count of version 1 is a bare number.
    if (value.is_number() && fhir::info(reading.kind).unit.starts_with('{')) {
      draft_.set_value(value.as_decimal());
      reading.unit = fhir::info(reading.kind).unit;
      return;
    }
    read_quantity(value, member_path(body_, schema.member), draft_);
  }

  static void read_quantity(JsonValue value, const std::string& place, Draft& draft) {
    if (!value.is_object()) return draft.hold(undecodable, place + ": expected a value with unit");
    if (value["value"].is_null()) {
      draft.hold(undecodable, place + ".value: missing");
    } else {
      draft.set_value(value["value"].as_decimal());
    }
    const auto unit = read_text(value, "unit");
    if (!unit) return draft.hold(undecodable, unit.error().detail);
    if (unit->empty()) draft.hold(QuarantineReason::unknown_unit, place + ".unit: missing");
    draft.reading.unit = *unit;
  }

  void read_pressure() {
    draft_.reading.kind = fhir::kinds().blood_pressure;
    for (const auto& [member, kind] : {std::pair{"systolic_blood_pressure", fhir::kinds().systolic},
                                       std::pair{"diastolic_blood_pressure", fhir::kinds().diastolic}}) {
      Draft part;
      part.reading.kind = kind;
      read_quantity(body_[member], member_path(body_, member), part);
      if (part.valued)
        draft_.reading.components.push_back({kind, part.reading.value, part.reading.unit, Comparator::none});
      if (!part.held()) continue;
      const auto held = std::get<Held>(std::move(part).item());
      draft_.hold(held.reason, held.note);
    }
  }

  std::string or_held(const fhir::Result<std::string>& read) {
    if (read) return *read;
    draft_.hold(undecodable, read.error().detail);
    return {};
  }

  JsonValue point_, header_, body_;
  const Context& context_;
  Draft draft_;
};

}  // namespace

fhir::Result<Decoded> decode_open_mhealth(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  const bool one = root.is_object() && (!root["header"].is_null() || !root["body"].is_null());
  if (!one && !root.is_array()) return fhir::invalid("the document: expected a data point with header and body");
  if (root.is_array() && root.size() > most_items) return too_many_items();
  Decoded decoded;
  if (one) decoded.items.push_back(PointReader(root, context).read());
  if (root.is_array())
    for (const JsonValue point : root) decoded.items.push_back(PointReader(point, context).read());
  return decoded;
}

}  // namespace adapters
