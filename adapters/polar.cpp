// Polar AccessLink v3: webhooks, which carry no values, and continuous heart rate that somebody pulled (vendors.md C.4;
// the-momentum/open-wearables: polar/data_247.py). The puller adds whose it is as `userid`.
#include "adapters/polar.hpp"

#include "adapters/members.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

// A day of samples: {"date":"2024-05-14","heart_rate_samples":[{"heart_rate":63,"sample_time":"00:02:08"}]}.
class DayReader {
 public:
  DayReader(const std::string& user, const Zone& zone, std::vector<Item>& items)
      : user_(user), zone_(zone), items_(items) {}

  void read(JsonValue day) {
    if (!day.is_object()) return hold(day.path() + ": expected an object");
    const JsonValue samples = day["heart_rate_samples"];
    if (!samples.is_array()) return hold(member_path(day, "heart_rate_samples") + ": expected an array");
    if (samples.size() == 0)
      items_.push_back(ignored_item(IgnoreReason::not_a_reading, member_path(day, "heart_rate_samples") + ": empty"));
    for (const JsonValue sample : samples) read_sample(sample, day);
  }

 private:
  void read_sample(JsonValue sample, JsonValue day) {
    if (!sample.is_object()) return hold(sample.path() + ": expected an object");
    Draft draft;
    draft.reading.kind = fhir::kinds().heart_rate;
    draft.reading.subject.id = user_;
    draft.reading.origin = Origin::automatic;
    // The device's wall clock, without zone.
    read_wall_time(draft, day, "date", sample, "sample_time", zone_);
    read_value(draft, sample, "heart_rate");
    draft.reading.unit = "/min";
    items_.push_back(std::move(draft).item());
  }

  void hold(std::string note) { items_.push_back(held_item(undecodable, std::move(note))); }

  const std::string& user_;
  const Zone& zone_;
  std::vector<Item>& items_;
};

// PING says that the webhook works, and comes without signature; the others name something to pull.
Item webhook_item(std::string_view event) {
  if (event == "PING") return ignored_item(IgnoreReason::heartbeat, "event: PING");
  return ignored_item(IgnoreReason::not_a_reading, "event: a notification, to be pulled");
}

}  // namespace

fhir::Result<Decoded> decode_polar(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  Decoded decoded;
  if (const auto event = root["event"].text()) {
    decoded.items.push_back(webhook_item(*event));
    return decoded;
  }
  const auto user = read_id(root, "userid");
  if (!user) return user.error();
  DayReader reader(*user, context.zone, decoded.items);
  if (!root["heart_rate_samples"].is_null()) {
    if (root["heart_rate_samples"].size() > most_items) return too_many_items();
    reader.read(root);
    return decoded;
  }
  const JsonValue days = root["heart_rates"];
  if (!days.is_array()) return fhir::invalid("the document: expected a webhook or continuous heart rate");
  for (const JsonValue day : days) {
    if (decoded.items.size() + day["heart_rate_samples"].size() > most_items) return too_many_items();
    reader.read(day);
  }
  return decoded;
}

}  // namespace adapters
