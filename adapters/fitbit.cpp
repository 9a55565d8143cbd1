// Fitbit Web API: the notifications of its subscriptions, which carry no values, and body weight logs that somebody
// pulled (vendors.md C.2). The puller adds what Fitbit leaves to the request: whose log it is, as `userid`, and the
// unit its Accept-Language header asked for, as `weightUnit`.
#include "adapters/fitbit.hpp"

#include "adapters/members.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

Item notification_item(JsonValue notification) {
  if (!notification.is_object()) return held_item(undecodable, notification.path() + ": expected an object");
  if (!notification["collectionType"].is_string())
    return held_item(undecodable, member_path(notification, "collectionType") + ": expected a string");
  return ignored_item(IgnoreReason::not_a_reading, notification.path() + ": a notification, to be pulled");
}

class WeightLog {
 public:
  WeightLog(JsonValue root, const std::string& user, std::string unit, const Zone& zone, std::vector<Item>& items)
      : root_(root), user_(user), unit_(std::move(unit)), zone_(zone), items_(items) {}

  void read(JsonValue entry) {
    if (!entry.is_object()) {
      items_.push_back(held_item(undecodable, entry.path() + ": expected an object"));
      return;
    }
    Draft weight = start(entry, fhir::kinds().body_weight);
    read_value(weight, entry, "weight");
    weight.reading.unit = unit_;
    if (unit_.empty())
      weight.hold(QuarantineReason::unknown_unit, member_path(root_, "weightUnit") + ": missing; Fitbit does not say");
    items_.push_back(std::move(weight).item());
    if (entry["bmi"].is_null()) return;
    Draft bmi = start(entry, fhir::kinds().bmi);
    read_value(bmi, entry, "bmi");
    bmi.reading.unit = "kg/m2";
    items_.push_back(std::move(bmi).item());
  }

 private:
  Draft start(JsonValue entry, fhir::Kind kind) const {
    Draft draft;
    draft.reading.kind = kind;
    draft.reading.subject.id = user_;
    draft.reading.record_id = id_or_hold(draft, entry, "logId");
    draft.reading.correlation = draft.reading.record_id;
    // The user's wall clock.
    read_wall_time(draft, entry, "date", entry, "time", zone_);
    return draft;
  }

  JsonValue root_;
  const std::string& user_;
  std::string unit_;
  const Zone& zone_;
  std::vector<Item>& items_;
};

}  // namespace

fhir::Result<Decoded> decode_fitbit(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  Decoded decoded;
  if (root.is_array()) {
    if (root.size() > most_items) return too_many_items();
    for (const JsonValue notification : root) decoded.items.push_back(notification_item(notification));
    return decoded;
  }
  // INFERRED: that the log stands under `weight`; the item's own shape is documented.
  const JsonValue log = root["weight"];
  if (!log.is_array()) return fhir::invalid("the document: expected notifications or a weight log");
  constexpr std::size_t most_per_entry = 2;
  if (log.size() * most_per_entry > most_items) return too_many_items();
  const auto user = read_id(root, "userid");
  if (!user) return user.error();
  auto unit = read_text(root, "weightUnit");
  if (!unit) return unit.error();
  WeightLog reader(root, *user, *std::move(unit), context.zone, decoded.items);
  for (const JsonValue entry : log) reader.read(entry);
  return decoded;
}

}  // namespace adapters
