// Oura API v2: webhooks, which carry no values, and heart-rate documents that somebody pulled (vendors.md C.5;
// api-evangelist/oura: json-schema, PublicHeartRateRow). The puller adds whose they are as `userid`.
#include "adapters/oura.hpp"

#include "adapters/members.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

Item sample_item(JsonValue sample, const std::string& user, const Zone& zone) {
  if (!sample.is_object()) return held_item(undecodable, sample.path() + ": expected an object");
  Draft draft;
  draft.reading.kind = fhir::kinds().heart_rate;
  draft.reading.subject.id = user;
  draft.reading.origin = Origin::automatic;
  read_text_time(draft, sample, "timestamp", zone);
  read_value(draft, sample, "bpm");
  draft.reading.unit = "/min";
  // "rest", "sleep", "workout": a pulse of 150 reads differently in each.
  draft.reading.note = text_or_hold(draft, sample, "source");
  return std::move(draft).item();
}

}  // namespace

fhir::Result<Decoded> decode_oura(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  Decoded decoded;
  if (root["event_type"].is_string() && root["data_type"].is_string()) {
    decoded.items.push_back(ignored_item(IgnoreReason::not_a_reading, "event_type: a notification, to be pulled"));
    return decoded;
  }
  const JsonValue samples = root["data"];
  if (!samples.is_array()) return fhir::invalid("the document: expected a webhook or a heartrate document with data");
  if (samples.size() > most_items) return too_many_items();
  const auto user = read_id(root, "userid");
  if (!user) return user.error();
  for (const JsonValue sample : samples) decoded.items.push_back(sample_item(sample, *user, context.zone));
  return decoded;
}

}  // namespace adapters
