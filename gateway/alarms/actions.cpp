#include "gateway/alarms/actions.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace gateway::alarms {
namespace {

using fhir::JsonValue;

Result<std::string> bounded_text(JsonValue value, std::string_view member, std::size_t limit_bytes) {
  if (value.is_null()) return std::string();
  Result<std::string_view> text = value.as_string();
  if (!text) return fhir::invalid(std::string(member) + ": expected a string");
  if (text->size() > limit_bytes) {
    return fhir::invalid(std::string(member) + ": more than " + std::to_string(limit_bytes) + " bytes");
  }
  return std::string(*text);
}

// Each of these three is what the state machine leaves to the alarm around it.
void keep_owner_in_step(Alarm& alarm, const ActionRequest& request, const Person& who) {
  switch (request.action) {
    case thresholds::Action::take:
      alarm.owner = who;
      break;
    case thresholds::Action::resolve:
      alarm.owner.reset();
      alarm.deadline.reset();
      alarm.closing = thresholds::name(request.action);
      break;
    case thresholds::Action::reopen:
      alarm.closing.clear();
      break;
    default:
      break;
  }
}

}  // namespace

Result<ActionRequest> action_from_json(JsonValue body) {
  if (!body.is_object()) return fhir::invalid("expected an object");
  if (body["action"].is_null()) return fhir::invalid("action: missing");
  Result<std::string_view> named = body["action"].as_string();
  if (!named) return fhir::invalid("action: expected a string");
  std::optional<thresholds::Action> action = thresholds::action_named(*named);
  if (!action) return fhir::invalid("action: unknown");

  JsonValue by = body["by"];
  if (by.is_null()) return fhir::invalid("by: missing");
  if (!by.is_object()) return fhir::invalid("by: expected an object");
  Result<std::string> id = bounded_text(by["id"], "by.id", person_limit_bytes);
  if (!id) return id.error();
  if (id->empty()) return fhir::invalid("by.id: missing");
  Result<std::string> person = bounded_text(by["name"], "by.name", person_limit_bytes);
  if (!person) return person.error();
  Result<std::string> note = bounded_text(body["note"], "note", note_limit_bytes);
  if (!note) return note.error();
  if (*action == thresholds::Action::note && note->empty()) return fhir::invalid("note: missing");
  return ActionRequest{*action, std::move(*note), std::move(*id), std::move(*person)};
}

Result<AlarmChange> apply_action(const Alarm& alarm, const ActionRequest& request, std::string_view client,
                                 bool identity_taken, Time now) {
  auto decided = thresholds::act(alarm.machine, request.action, now);
  if (const thresholds::Refused* refused = std::get_if<thresholds::Refused>(&decided)) {
    return fhir::Error(fhir::ErrorCategory::conflict, refused->reason);
  }
  if (request.action == thresholds::Action::reopen && identity_taken) {
    return fhir::Error(fhir::ErrorCategory::conflict,
                       "reopen is not possible: a new alarm for the same cause is open already");
  }
  if (request.action == thresholds::Action::note && alarm.events.size() >= log_kept) {
    return fhir::Error(fhir::ErrorCategory::conflict, "note is not possible: the alarm's log is full");
  }
  const thresholds::Step& step = std::get<thresholds::Step>(decided);
  Alarm next = alarm;
  ++next.version;
  next.machine = step.next;
  next.announce = step.announce;
  next.updated = now;
  Person who{std::string(client), request.by_id, request.by_name};
  keep_owner_in_step(next, request, who);
  log(next, {now, std::move(who), std::string(thresholds::name(request.action)), request.note});
  return AlarmChange{std::move(next), step.change, step.announce, step.reason};
}

}  // namespace gateway::alarms
