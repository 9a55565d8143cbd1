// The life of one alarm as a pure state machine (design.md section 7): what a new judgement or a person's action does
// to it, with a named reason. Knows no store, no clock, no JSON: time is passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "thresholds/limits.hpp"

namespace thresholds {

using Time = std::chrono::sys_time<std::chrono::microseconds>;

enum class State : std::uint8_t { raised, acknowledged, in_progress, dispatched, accepted, snoozed, resolved };
enum class Change : std::uint8_t { none, raised, repeated, escalated, normal, restored, action };
enum class Action : std::uint8_t {
  acknowledge,
  take,
  note,
  dispatch,
  accept_dispatch,
  snooze,
  hand_over,
  resolve,
  reopen
};
enum class Colour : std::uint8_t { green, yellow, red };

std::string_view name(State);  // "in-progress"
std::string_view name(Change);
std::string_view name(Action);  // "accept-dispatch"
std::string_view name(Severity);
std::string_view name(Colour);
std::optional<State> state_named(std::string_view);
std::optional<Action> action_named(std::string_view);
std::optional<Severity> severity_named(std::string_view);
Colour colour_of(Severity);  // moderate yellow, severe and critical red

// What the machine has to remember between judgements; stored with the alarm. `bound`, `worst` and `called` are what a
// new breach is compared with to decide whether a person is called again. Only readings that were the newest of their
// series and recent enough to announce enter them: an old reading must not make a new worsening look known (invariant
// 6, "never masks").
struct AlarmState {
  State state = State::raised;
  Severity severity = Severity::normal;  // the worst so far of this alarm, old readings included; what is shown
  Severity called = Severity::normal;    // the worst so far of the readings described above
  std::optional<Bound> bound;            // the furthest bound they crossed
  std::optional<Number> worst;           // their worst value in the alarm's direction
  Direction direction = Direction::high;
  bool back_to_normal = false;          // the newest reading that counted was within limits
  bool announced = true;                // false while every reading so far was too old to announce
  std::optional<Time> acknowledged_at;  // none while the first clock runs
  Time latest_measured{};               // newest measured time among the readings that changed this alarm
  std::optional<Time> snoozed_until;    // set while snoozed: its end, which wake() brings
  State snoozed_from = State::acknowledged;  // where that end returns to
  bool handing_over = false;            // offered to somebody who has not answered yet

  bool operator==(const AlarmState&) const = default;
};

// One judgement about the alarm's subject.
struct Judged {
  bool breach = false;
  Severity severity = Severity::normal;
  std::optional<Bound> bound;
  Direction direction = Direction::high;
  std::optional<Number> value;
  Time measured{};
  bool superseded = false;  // a later-measured reading of the series is already judged: never clears, masks or re-dates
  // How much later it may have been measured (the hour that autumn has twice): it may open an alarm, and it neither clears nor
  // dates one. What was measured inside that span is not certainly newer, so it clears nothing of it either.
  std::chrono::minutes may_be_later{0};
  bool past_horizon = false;  // older than alarm_horizon: stored, judged, shown, not announced
  bool safety_press = false;  // a safety event with a new vendor id: always calls a person again
  bool corrects = false;      // a new version of a reading that breached: the earlier one no longer counts
};

struct AlarmPolicy {
  // OURS: a red one acknowledged but not acted on comes back after 15 min (clinical.md 5.4).
  std::chrono::minutes reannounce_after{15};
};

// change none: `next` equals the state before and nothing is to be stored; only after a correction it may remember
// less.
struct Step {
  AlarmState next;
  Change change = Change::none;
  bool announce = false;
  // Static text. Why a person is called: "new-breach", "safety-press", "first-announceable", "further-bound", "worse",
  // "after-normal", "reannounce-interval", "escalation". Why not: "past-horizon", "unacknowledged" (the first call
  // stands), "in-hand" (somebody has taken it), "not-worse"; and "within-limits", "still-normal", "superseded",
  // "time-uncertain", "same-instant", "resolved", "restored", "snooze-ended", "hand-over-accepted", "hand-over-declined", or
  // the name of a person's action.
  std::string_view reason;
};

// No alarm is open for this identity and the judgement breaches (asserted).
Step raise(const Judged&);
// An alarm is open (any state but resolved; a resolved one stays as it is).
Step judge_open(const AlarmState&, const Judged&, const AlarmPolicy&, Time now);

// A person acts. The error text says what the state allows. `note` never changes the state.
struct Refused {
  std::string reason;
};
// What snooze and hand-over need to be said besides.
struct Terms {
  std::optional<Time> until;   // snooze: its end, after `now`; how far it may lie is longest_snooze()'s
  std::optional<bool> accept;  // hand-over: the other side's answer; none: it is offered
};
// A hand-over is two acts: until the other side accepts, responsibility stays and a worsening calls whoever has the alarm in
// hand. Offering one ends a snooze: nobody is handed what is silent.
std::variant<Step, Refused> act(const AlarmState&, Action, Time now, const Terms& = {});
// OURS (clinical.md 5.4, 7): red 60 min, yellow 8 h (a shift), green and missing measurements 24 h; red goes before missing.
std::chrono::minutes longest_snooze(Severity, bool missing);
// The end of a snooze has come: back to where it was snoozed from, and nobody is called (the clock of that state starts).
Step wake(const AlarmState&);
// An escalation returns an acknowledged or snoozed alarm to raised; a missing or technical alarm whose cause is gone
// ends. A resolved alarm stays as it is.
Step escalate(const AlarmState&);
Step restore(const AlarmState&);

}  // namespace thresholds
