// Webhooks of the aggregator Terra (docs.tryterra.co; vendors.md C.12). Of its bodies `body` carries readings a home
// monitoring programme follows; sample lists are read, averages and summaries beside them are not.
#include "adapters/terra.hpp"

#include "adapters/members.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

class EntryReader {
 public:
  EntryReader(const std::string& user, const Context& context, std::vector<Item>& items)
      : user_(user), context_(context), items_(items) {}

  // INFERRED: the names of the members, from clients and not from Terra's own schema.
  void read(JsonValue entry) {
    const std::size_t before = items_.size();
    if (!entry.is_object()) {
      items_.push_back(held_item(undecodable, entry.path() + ": expected an object"));
      return;
    }
    samples(entry["blood_pressure_data"], "blood_pressure_samples", &EntryReader::blood_pressure);
    samples(entry["oxygen_data"], "saturation_samples", &EntryReader::oxygen_saturation);
    samples(entry["measurements_data"], "measurements", &EntryReader::body_measurement);
    if (items_.size() == before)
      items_.push_back(ignored_item(IgnoreReason::not_a_reading, entry.path() + ": no samples of a kind we read"));
  }

 private:
  void samples(JsonValue group, std::string_view key, void (EntryReader::*read)(JsonValue)) {
    if (group.is_null()) return;
    const JsonValue list = group[key];
    if (!group.is_object() || (!list.is_null() && !list.is_array())) {
      items_.push_back(held_item(undecodable, member_path(group, key) + ": expected an array"));
      return;
    }
    for (const JsonValue sample : list) {
      if (sample.is_object()) {
        (this->*read)(sample);
      } else {
        items_.push_back(held_item(undecodable, sample.path() + ": expected an object"));
      }
    }
  }

  void blood_pressure(JsonValue sample) {
    Draft draft = start(fhir::kinds().blood_pressure, sample, "timestamp");
    add_component(draft, fhir::kinds().systolic, sample, "systolic_bp", "mmHg");
    add_component(draft, fhir::kinds().diastolic, sample, "diastolic_bp", "mmHg");
    items_.push_back(std::move(draft).item());
  }

  void oxygen_saturation(JsonValue sample) {
    Draft draft = start(fhir::kinds().oxygen_saturation, sample, "timestamp");
    read_value(draft, sample, "percentage");
    draft.reading.unit = "%";
    items_.push_back(std::move(draft).item());
  }

  // A row of measurements has many members, most of them null; only the weight is known by name.
  void body_measurement(JsonValue sample) {
    if (sample["weight_kg"].is_null()) {
      items_.push_back(ignored_item(IgnoreReason::not_a_reading, sample.path() + ": no weight"));
      return;
    }
    Draft draft = start(fhir::kinds().body_weight, sample, "measurement_time");
    read_value(draft, sample, "weight_kg");
    draft.reading.unit = "kg";
    items_.push_back(std::move(draft).item());
  }

  Draft start(fhir::Kind kind, JsonValue sample, std::string_view time) const {
    Draft draft;
    draft.reading.kind = kind;
    draft.reading.subject.id = user_;
    read_text_time(draft, sample, time, context_.zone);
    return draft;
  }

  const std::string& user_;
  const Context& context_;
  std::vector<Item>& items_;
};

// A payload that is there to be fetched, and one of a type nothing is known of.
Item without_samples(std::string_view type) {
  if (type == "s3_payload")
    return ignored_item(IgnoreReason::not_a_reading, "s3_payload: the payload itself has to be fetched");
  return held_item(QuarantineReason::unknown_kind, "type: unknown type " + quoted_word(type));
}

}  // namespace

fhir::Result<Decoded> decode_terra(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  const auto type = root["type"].text();
  if (!type) return fhir::invalid("type: expected a string");
  Decoded decoded;
  if (*type != "body") {
    decoded.items.push_back(without_samples(*type));
    return decoded;
  }
  const JsonValue data = root["data"];
  if (!data.is_array()) return fhir::invalid("data: expected an array");
  // Terra's own id and not reference_id: the latter may be missing, and a subject must not change its name.
  const auto user = read_id(root["user"], "user_id");
  if (!user) return user.error();
  for (const JsonValue entry : data) {
    EntryReader(*user, context, decoded.items).read(entry);
    if (decoded.items.size() > most_items) return too_many_items();
  }
  return decoded;
}

}  // namespace adapters
