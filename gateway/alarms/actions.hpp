// A person's action on an alarm: the body of POST /alarms/{id}/actions, and what it does. If-Match and Idempotency-Key
// are the handler's; which state allows what is thresholds/alarm_state's.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/alarms/alarm.hpp"
#include "gateway/alarms/judgement.hpp"

namespace gateway::alarms {

struct ActionRequest {
  thresholds::Action action{};
  std::string note;
  std::string by_id, by_name;  // the person; the client comes from the credential
  // snooze: one of the two
  std::optional<Time> until;
  std::chrono::minutes minutes{0};
  // hand-over: to whom, or the other side's answer
  std::string to_organization, to_name;
  std::optional<bool> accept;
  std::optional<Coding> cause, measure;  // resolve
};

inline constexpr std::size_t note_limit_bytes = 4000;  // OURS: a page of text
inline constexpr std::size_t person_limit_bytes = 200;

// {"action":"take","note":"…","by":{"id":"…","name":"…"}}. `note` is required for note and snooze. snooze takes `until` or
// `minutes`, hand-over `to` {organization, name} or `accept`, resolve `cause` and `measure` {system, code, display}; members of
// other actions are not looked at. Errors name the member.
Result<ActionRequest> action_from_json(fhir::JsonValue body);

// Conflict (409) when the state does not allow the action, invalid (400) for a snooze beyond its bound. `identity_taken`: another
// alarm with the same identity is open (asked for reopen only: a breach after resolved has become an alarm of its own).
// `organization` is the client's; empty when it has none and so stands for the whole tenant, whose own is `home`.
Result<AlarmChange> apply_action(const Alarm&, const ActionRequest&, std::string_view client, bool identity_taken,
                                 Time now, std::string_view organization = {}, std::string_view home = {});

}  // namespace gateway::alarms
