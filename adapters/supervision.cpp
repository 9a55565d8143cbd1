// Each event says what happened by the name of an event kind or by VKP's alert code. Everything but a heartbeat is an
// event, however little of it can be read.
#include "adapters/supervision.hpp"

#include "adapters/members.hpp"
#include "adapters/native_event.hpp"

namespace adapters {
namespace {

using fhir::EventKind;
using fhir::JsonValue;

class SupervisionReader {
 public:
  SupervisionReader(JsonValue object, const Context& context) : object_(object), reader_(object, context) {}

  Item read() {
    if (!object_.is_object()) return held_item(QuarantineReason::undecodable, object_.path() + ": expected an object");
    const auto word = object_["event"].text();
    if (word && native_name(*word) == "heartbeat" && object_["code"].is_null())
      return Ignored{IgnoreReason::heartbeat, member_path(object_, "event") + ": a sign of life"};
    Event event = reader_.read(what(word));
    if (const JsonValue room = object_["room"]; room.is_string() || room.is_number()) {
      const std::string name = printable(room.scalar());
      event.location = event.location.empty() ? name : name + ", " + event.location;
    }
    return event;
  }

 private:
  EventKind what(const std::optional<std::string_view>& word) {
    const EventKind kind = reader_.with_code(word ? fhir::event_named(native_name(*word)) : EventKind::unknown);
    if (kind != EventKind::unknown) return kind;
    reader_.remark(word ? "unknown event " + quoted_word(*word) : member_path(object_, "event") + ": expected a string");
    // ours: what a supervision service sends and we have no word for is still about somebody who is watched over.
    return EventKind::supervision_alarm;
  }

  JsonValue object_;
  NativeEventReader reader_;
};

}  // namespace

fhir::Result<Decoded> decode_supervision(std::string_view payload, const Context& context) {
  const auto events = parse_native_events(payload, context);
  if (!events) return events.error();
  Decoded decoded;
  decoded.items.reserve(events->size());
  for (const JsonValue each : *events) decoded.items.push_back(SupervisionReader(each, context).read());
  return decoded;
}

}  // namespace adapters
