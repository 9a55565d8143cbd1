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

std::optional<fhir::Error> read_snooze(JsonValue body, ActionRequest& request) {
  if (request.note.empty()) return fhir::invalid("note: missing; a snooze has a reason");
  JsonValue until = body["until"], minutes = body["minutes"];
  if (until.is_null() == minutes.is_null()) return fhir::invalid("a snooze ends: until or minutes, one of them");
  if (!minutes.is_null()) {
    Result<std::int64_t> count = minutes.as_integer();
    constexpr std::int64_t day = 24 * 60;
    if (!count || *count < 1 || *count > day) return fhir::invalid("minutes: expected a whole number from 1 to 1440");
    request.minutes = std::chrono::minutes(*count);
    return std::nullopt;
  }
  Result<std::string_view> text = until.as_string();
  Result<fhir::DateTime> time = text ? fhir::DateTime::parse(*text) : Result<fhir::DateTime>(text.error());
  if (!time) return fhir::invalid("until: expected a time with offset, like 2026-11-20T08:00:00+01:00");
  request.until = time->utc;
  return std::nullopt;
}

std::optional<fhir::Error> read_hand_over(JsonValue body, ActionRequest& request) {
  JsonValue to = body["to"], accept = body["accept"];
  if (to.is_null() == accept.is_null()) return fhir::invalid("a hand-over is offered (to) or answered (accept), one of them");
  if (!accept.is_null()) {
    Result<bool> answer = accept.as_boolean();
    if (!answer) return fhir::invalid("accept: expected true or false");
    request.accept = *answer;
    return std::nullopt;
  }
  if (!to.is_object()) return fhir::invalid("to: expected an object");
  Result<std::string> organization = bounded_text(to["organization"], "to.organization", person_limit_bytes);
  if (!organization) return organization.error();
  Result<std::string> name = bounded_text(to["name"], "to.name", person_limit_bytes);
  if (!name) return name.error();
  if (organization->empty() && name->empty()) return fhir::invalid("to: organization or name is missing");
  request.to_organization = std::move(*organization);
  request.to_name = std::move(*name);
  return std::nullopt;
}

Result<std::optional<Coding>> coding(JsonValue value, const std::string& member) {
  if (value.is_null()) return std::optional<Coding>();
  if (!value.is_object()) return fhir::invalid(member + ": expected an object");
  Coding read;
  for (auto [name, out] : {std::pair("system", &read.system), std::pair("code", &read.code), std::pair("display", &read.display)}) {
    Result<std::string> text = bounded_text(value[name], member + "." + name, person_limit_bytes);
    if (!text) return text.error();
    *out = std::move(*text);
  }
  if (read.code.empty() && read.display.empty()) return fhir::invalid(member + ": code or display is missing");
  return std::optional(std::move(read));
}

std::optional<fhir::Error> read_follow_up(JsonValue body, ActionRequest& request) {
  auto cause = coding(body["cause"], "cause");
  if (!cause) return cause.error();
  auto measure = coding(body["measure"], "measure");
  if (!measure) return measure.error();
  request.cause = std::move(*cause);
  request.measure = std::move(*measure);
  return std::nullopt;
}

std::optional<fhir::Error> read_terms(JsonValue body, ActionRequest& request) {
  switch (request.action) {
    case thresholds::Action::note:
      if (request.note.empty()) return fhir::invalid("note: missing");
      return std::nullopt;
    case thresholds::Action::snooze:
      return read_snooze(body, request);
    case thresholds::Action::hand_over:
      return read_hand_over(body, request);
    case thresholds::Action::resolve:
      return read_follow_up(body, request);
    default:
      return std::nullopt;
  }
}

fhir::Error conflict(std::string text) {
  return {fhir::ErrorCategory::conflict, std::move(text)};
}

bool same_person(const Person& one, const Person& other) {
  return one.client == other.client && one.id == other.id;
}

// What the machine cannot know: whose alarm it is, of what kind, and how long a snooze may be.
std::optional<fhir::Error> refusal(const Alarm& alarm, const ActionRequest& request, const Person& who,
                                   const std::optional<Time>& until, std::string_view organization, std::string_view home, Time now) {
  if (request.action == thresholds::Action::snooze) {
    if (alarm.origin == Origin::event) return conflict("snooze is not possible for a safety alarm");
    if (alarm.machine.state == thresholds::State::in_progress && alarm.owner && !same_person(*alarm.owner, who)) {
      return conflict("snooze is not possible: a taken alarm is snoozed by its owner");
    }
    const auto longest = thresholds::longest_snooze(alarm.machine.severity, alarm.origin == Origin::missing);
    if (*until <= now) return fhir::invalid("until: it has passed");
    if (*until > now + longest) {
      return fhir::invalid("a snooze of this alarm lasts at most " + std::to_string(longest.count()) + " minutes");
    }
  }
  if (request.action == thresholds::Action::hand_over && request.accept == true && alarm.offer) {
    if (same_person(alarm.offer->from, who)) return conflict("hand-over is not accepted by whoever offered it");
    const std::string& wanted = alarm.offer->organization;
    if (!wanted.empty() && !organization.empty() && wanted != organization) {
      return conflict("hand-over is offered to another organisation");
    }
    // A client that stands for the whole tenant does not accept for others what it offered them: nobody there would know.
    if (!wanted.empty() && organization.empty() && wanted != home && alarm.offer->from.client == who.client) {
      return conflict("hand-over is accepted by the other organisation, which is not whoever offered it");
    }
  }
  return std::nullopt;
}

void own(Alarm& alarm, const Alarm& before, const ActionRequest& request, const Person& who) {
  if (!request.accept) {
    alarm.offer = Offer{who, request.to_organization, request.to_name};
    return;
  }
  if (!*request.accept) {
    alarm.former = before.offer->organization;  // learns that it was declined, or withdrawn
    return;
  }
  alarm.owner = who;
  if (const std::string& organization = before.offer->organization; !organization.empty()) {
    alarm.former = before.responsible;
    alarm.responsible = organization;
    alarm.responsible_until.reset();
    alarm.handed_over = true;
  }
}

// What the state machine leaves to the alarm around it.
void keep_owner_in_step(Alarm& alarm, const Alarm& before, const ActionRequest& request, const Person& who) {
  switch (request.action) {
    case thresholds::Action::take:
      alarm.owner = who;
      break;
    case thresholds::Action::hand_over:
      own(alarm, before, request, who);
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
  if (!alarm.machine.handing_over) alarm.offer.reset();
}

LogEntry line(const Alarm& before, const ActionRequest& request, std::string_view action, Person who, Time now) {
  LogEntry entry{now, std::move(who), std::string(action), request.note};
  entry.cause = request.cause;
  entry.measure = request.measure;
  if (request.action != thresholds::Action::hand_over) return entry;
  if (request.accept) {
    entry.organization = before.offer->organization;
    return entry;
  }
  // The shown log has no member of its own for the receiver, who has to find the offer.
  entry.organization = request.to_organization;
  std::string to = "Til ";
  to.append(request.to_organization).append(request.to_organization.empty() || request.to_name.empty() ? "" : ", ");
  to.append(request.to_name);
  entry.note = request.note.empty() ? to : to + ": " + request.note;
  return entry;
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
  ActionRequest request{*action, std::move(*note), std::move(*id), std::move(*person)};
  if (auto fault = read_terms(body, request)) return *fault;
  return request;
}

Result<AlarmChange> apply_action(const Alarm& alarm, const ActionRequest& request, std::string_view client,
                                 bool identity_taken, Time now, std::string_view organization, std::string_view home) {
  thresholds::Terms terms;
  terms.accept = request.accept;
  if (request.action == thresholds::Action::snooze) terms.until = request.until ? *request.until : now + request.minutes;
  Person who{std::string(client), request.by_id, request.by_name};
  auto decided = thresholds::act(alarm.machine, request.action, now, terms);
  const thresholds::Refused* refused = std::get_if<thresholds::Refused>(&decided);
  // What is wrong with the request itself is said first.
  if (auto fault = refusal(alarm, request, who, terms.until, organization, home, now)) return *fault;
  if (refused) return conflict(refused->reason);
  if (request.action == thresholds::Action::reopen && identity_taken) {
    return conflict("reopen is not possible: a new alarm for the same cause is open already");
  }
  // What can be repeated without end; the acts that move the alarm on are always possible.
  const bool endless = request.action == thresholds::Action::note || request.action == thresholds::Action::snooze ||
                       (request.action == thresholds::Action::hand_over && !request.accept);
  if (endless && alarm.events.size() >= log_kept) {
    return conflict(std::string(thresholds::name(request.action)) + " is not possible: the alarm's log is full");
  }
  const thresholds::Step& step = std::get<thresholds::Step>(decided);
  Alarm next = next_version(alarm, step, now);
  keep_owner_in_step(next, alarm, request, who);
  log(next, line(alarm, request, step.reason, std::move(who), now));
  return AlarmChange{std::move(next), step.change, step.announce, step.reason};
}

}  // namespace gateway::alarms
