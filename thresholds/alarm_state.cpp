#include "thresholds/alarm_state.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

namespace thresholds {
namespace {

constexpr std::array<std::string_view, 7> state_names{"raised",   "acknowledged", "in-progress", "dispatched",
                                                      "accepted", "snoozed",      "resolved"};
constexpr std::array<std::string_view, 7> change_names{"none",   "raised",   "repeated", "escalated",
                                                       "normal", "restored", "action"};
constexpr std::array<std::string_view, 9> action_names{
    "acknowledge", "take", "note", "dispatch", "accept-dispatch", "snooze", "hand-over", "resolve", "reopen"};
constexpr std::array<std::string_view, 3> colour_names{"green", "yellow", "red"};
constexpr std::array<Severity, 4> severities{Severity::normal, Severity::moderate, Severity::severe,
                                             Severity::critical};

template <class Enum, std::size_t size>
std::optional<Enum> named(const std::array<std::string_view, size>& names, std::string_view text) {
  auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

bool silenced(State state) {
  return state == State::acknowledged || state == State::snoozed;
}

bool beyond(Direction direction, const Number& value, const Number& than) {
  return direction == Direction::high ? value > than : value < than;
}

bool is_alert(Bound bound) {
  return bound == Bound::alert_low || bound == Bound::alert_high;
}

Time latest_possible(const Judged& judged) {
  return judged.measured + judged.may_be_later;
}

bool time_uncertain(const Judged& judged) {
  return judged.may_be_later > std::chrono::minutes::zero();
}

// An older reading than one that counted already, by the caller's knowledge of the series or by this alarm's own (an
// alarm may be fed by two series: a heart-rate limit also judges pulse-rate). One of uncertain time is old only if it is
// so at its latest.
bool old(const AlarmState& state, const Judged& judged) {
  return judged.superseded || latest_possible(judged) < state.latest_measured;
}

// What later breaches are compared with.
void remember(AlarmState& state, const Judged& judged) {
  state.called = std::max(state.called, judged.severity);
  if (judged.bound && (!state.bound || is_alert(*judged.bound))) state.bound = judged.bound;
  if (judged.value && (!state.worst || beyond(state.direction, *judged.value, *state.worst)))
    state.worst = judged.value;
}

// A breach somebody was called for did not happen as told. What it was compared with may be its wrong value, so nothing
// is kept: at worst a person is called once more, never once less.
void forget(AlarmState& state) {
  state.called = Severity::normal;
  state.bound.reset();
  state.worst.reset();
}

// Why a breach of an open alarm calls a person again, or why not (design.md section 7, "announce").
struct Call {
  bool announce = false;
  std::string_view reason;
};

Call call_for(const AlarmState& state, const Judged& judged, const AlarmPolicy& policy, Time now) {
  // A press is announced in every state and at any age: a safety event always reaches a person (invariant 5).
  if (judged.safety_press) return {true, "safety-press"};
  if (judged.past_horizon) return {false, "past-horizon"};
  if (!state.announced) return {true, "first-announceable"};
  if (state.state == State::raised) return {false, "unacknowledged"};
  // While it is handed over, whoever has it in hand is about to look away: a worsening calls both sides. Not one that is not
  // remembered: the state stays, and it would call again with each resend.
  const bool calls_both = state.handing_over && !old(state, judged) && !time_uncertain(judged);
  if (!silenced(state.state) && !calls_both) return {false, "in-hand"};
  if (judged.bound && (!state.bound || (is_alert(*judged.bound) && !is_alert(*state.bound))))
    return {true, "further-bound"};
  if (judged.severity > state.called) return {true, "worse"};
  if (judged.value && (!state.worst || beyond(state.direction, *judged.value, *state.worst))) return {true, "worse"};
  // Strictly later: of two readings of one instant neither follows the other, so their order of arrival decides
  // nothing.
  if (state.back_to_normal && !old(state, judged) && latest_possible(judged) > state.latest_measured)
    return {true, "after-normal"};
  if (silenced(state.state) && state.acknowledged_at && now - *state.acknowledged_at > policy.reannounce_after)
    return {true, "reannounce-interval"};
  return {false, "not-worse"};
}

// Silence ends: the alarm waits for an acknowledgement again, and keeps its owner.
void call_back(AlarmState& state) {
  state.state = State::raised;
  state.acknowledged_at.reset();
  state.snoozed_until.reset();
}

Step breach_open(const AlarmState& state, const Judged& judged, const AlarmPolicy& policy, Time now) {
  Call call = call_for(state, judged, policy, now);
  Step step{state, Change::repeated, call.announce, call.reason};
  AlarmState& next = step.next;
  next.severity = std::max(next.severity, judged.severity);
  next.announced = next.announced || call.announce;
  if (judged.corrects) forget(next);
  if (!old(state, judged)) {
    if (!judged.past_horizon && !time_uncertain(judged)) remember(next, judged);
    next.back_to_normal = false;
    // Of a span in which the breach may lie, nothing but what is certainly after it can be a return to normal.
    next.latest_measured = std::max(state.latest_measured, latest_possible(judged));
  }
  // OURS: whoever is called again has something to acknowledge again; the owner stays. Design.md section 7 says so of
  // an escalation; with the state left at acknowledged nobody could answer the second call.
  if (call.announce && silenced(state.state)) call_back(next);
  return step;
}

Step normal_open(const AlarmState& state, const Judged& judged) {
  Step step{state, Change::none, false, {}};
  if (judged.corrects) forget(step.next);
  if (old(state, judged)) {
    step.reason = "superseded";
  } else if (time_uncertain(judged)) {
    step.reason = "time-uncertain";
  } else if (state.back_to_normal) {
    step.reason = "still-normal";
  } else if (judged.measured == state.latest_measured && !judged.corrects) {
    // A breach of the same instant stands, whichever of the two arrived first.
    step.reason = "same-instant";
  } else {
    step.change = Change::normal;
    step.reason = "within-limits";
    step.next.back_to_normal = true;
    step.next.latest_measured = judged.measured;
  }
  return step;
}

Refused refuse(Action action, State state, std::string_view allowed) {
  return {std::string(name(action)) + " is not possible while the alarm is " + std::string(name(state)) + "; " +
          std::string(allowed)};
}

Step moved(const AlarmState& state, State to, Action action) {
  Step step{state, Change::action, false, name(action)};
  step.next.state = to;
  return step;
}

void end_snooze(AlarmState& state) {
  if (state.state == State::snoozed) state.state = state.snoozed_from;
  state.snoozed_until.reset();
}

// What a resolved alarm does not wait for any more.
void let_go(AlarmState& state) {
  state.snoozed_until.reset();
  state.handing_over = false;
}

std::variant<Step, Refused> snoozed(const AlarmState& state, Time now, const Terms& terms) {
  constexpr Action action = Action::snooze;
  if (state.handing_over) return Refused{"snooze is not possible while the alarm is being handed over"};
  // Dispatched and accepted are left out: somebody is on the way.
  if (state.state != State::acknowledged && state.state != State::in_progress) {
    return refuse(action, state.state, "only an acknowledged or taken alarm is snoozed");
  }
  if (!terms.until || *terms.until <= now) return Refused{"snooze needs an end that is still to come"};
  Step step = moved(state, State::snoozed, action);
  step.next.snoozed_from = state.state;
  step.next.snoozed_until = terms.until;
  return step;
}

std::variant<Step, Refused> handed_over(const AlarmState& state, Time now, const Terms& terms) {
  constexpr Action action = Action::hand_over;
  if (state.state == State::resolved) return refuse(action, state.state, "there is nothing left to hand over");
  if (!terms.accept) {
    if (state.handing_over) return Refused{"hand-over is not possible: one is offered and waits for its answer"};
    Step step = moved(state, state.state, action);
    end_snooze(step.next);
    step.next.handing_over = true;
    return step;
  }
  if (!state.handing_over) return Refused{"hand-over is not possible: none is offered that could be answered"};
  Step step = moved(state, state.state, action);
  step.reason = *terms.accept ? "hand-over-accepted" : "hand-over-declined";
  step.next.handing_over = false;
  // Whoever accepts owns, as by taking; what is further on its way stays there.
  if (*terms.accept && (state.state == State::raised || state.state == State::acknowledged)) {
    step.next.state = State::in_progress;
    if (!step.next.acknowledged_at) step.next.acknowledged_at = now;
  }
  return step;
}

}  // namespace

std::string_view name(State state) {
  return state_names[static_cast<std::size_t>(state)];
}
std::string_view name(Change change) {
  return change_names[static_cast<std::size_t>(change)];
}
std::string_view name(Action action) {
  return action_names[static_cast<std::size_t>(action)];
}
std::string_view name(Colour colour) {
  return colour_names[static_cast<std::size_t>(colour)];
}

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::normal:
      return "normal";
    case Severity::moderate:
      return "moderate";
    case Severity::severe:
      return "severe";
    case Severity::critical:
      return "critical";
  }
  return "normal";
}

std::optional<State> state_named(std::string_view text) {
  return named<State>(state_names, text);
}
std::optional<Action> action_named(std::string_view text) {
  return named<Action>(action_names, text);
}

std::optional<Severity> severity_named(std::string_view text) {
  for (Severity severity : severities) {
    if (name(severity) == text) return severity;
  }
  return std::nullopt;
}

Colour colour_of(Severity severity) {
  switch (severity) {
    case Severity::normal:
      return Colour::green;
    case Severity::moderate:
      return Colour::yellow;
    case Severity::severe:
    case Severity::critical:
      return Colour::red;
  }
  return Colour::red;
}

Step raise(const Judged& judged) {
  assert(judged.breach || judged.safety_press);
  Step step;
  AlarmState& next = step.next;
  next.severity = judged.severity;
  next.direction = judged.direction;
  next.latest_measured = latest_possible(judged);
  // The age limit is for readings; a press calls a person at any age.
  next.announced = judged.safety_press || !judged.past_horizon;
  if (!judged.superseded && !judged.past_horizon && !time_uncertain(judged)) remember(next, judged);
  step.change = Change::raised;
  step.announce = next.announced;
  step.reason = judged.safety_press ? "safety-press" : judged.past_horizon ? "past-horizon" : "new-breach";
  return step;
}

Step judge_open(const AlarmState& state, const Judged& judged, const AlarmPolicy& policy, Time now) {
  if (state.state == State::resolved) return {state, Change::none, false, "resolved"};
  if (judged.breach || judged.safety_press) return breach_open(state, judged, policy, now);
  return normal_open(state, judged);
}

std::variant<Step, Refused> act(const AlarmState& state, Action action, Time now, const Terms& terms) {
  State from = state.state;
  switch (action) {
    case Action::acknowledge: {
      if (from != State::raised) return refuse(action, from, "only a raised alarm is acknowledged");
      Step step = moved(state, State::acknowledged, action);
      step.next.acknowledged_at = now;
      return step;
    }
    case Action::take: {
      if (from != State::raised && from != State::acknowledged && from != State::snoozed) {
        return refuse(action, from, "only a raised, acknowledged or snoozed alarm is taken");
      }
      // Taking says more than "seen" (clinical.md 5.4, 5), so it stops the first clock too; the log keeps the one act
      // that was done. An earlier acknowledgement keeps its time.
      Step step = moved(state, State::in_progress, action);
      if (!step.next.acknowledged_at) step.next.acknowledged_at = now;
      step.next.snoozed_until.reset();
      return step;
    }
    case Action::note:
      return moved(state, from, action);
    case Action::dispatch:
      if (from != State::in_progress) return refuse(action, from, "only a taken alarm is dispatched");
      return moved(state, State::dispatched, action);
    case Action::accept_dispatch:
      if (from != State::dispatched)
        return refuse(action, from, "only a dispatched alarm is accepted by the responder");
      return moved(state, State::accepted, action);
    case Action::snooze:
      return snoozed(state, now, terms);
    case Action::hand_over:
      return handed_over(state, now, terms);
    case Action::resolve: {
      // From every open state: a person who closes an alarm nobody took has seen it; who did it is in the log.
      if (from == State::resolved) return refuse(action, from, "it was resolved before");
      Step step = moved(state, State::resolved, action);
      let_go(step.next);
      return step;
    }
    case Action::reopen: {
      if (from != State::resolved) return refuse(action, from, "only a resolved alarm is reopened");
      Step step = moved(state, State::raised, action);
      step.next.acknowledged_at.reset();
      return step;
    }
  }
  return Refused{"unknown action"};
}

Step escalate(const AlarmState& state) {
  if (state.state == State::resolved) return {state, Change::none, false, "resolved"};
  Step step{state, Change::escalated, true, "escalation"};
  step.next.announced = true;
  if (silenced(state.state)) call_back(step.next);
  return step;
}

Step restore(const AlarmState& state) {
  if (state.state == State::resolved) return {state, Change::none, false, "resolved"};
  Step step{state, Change::restored, false, "restored"};
  step.next.state = State::resolved;
  let_go(step.next);
  return step;
}

std::chrono::minutes longest_snooze(Severity severity, bool missing) {
  if (colour_of(severity) == Colour::red) return std::chrono::minutes(60);
  if (missing || colour_of(severity) == Colour::green) return std::chrono::hours(24);
  return std::chrono::hours(8);
}

Step wake(const AlarmState& state) {
  if (state.state != State::snoozed) return {state, Change::none, false, "not-snoozed"};
  Step step{state, Change::action, false, "snooze-ended"};
  end_snooze(step.next);
  return step;
}

}  // namespace thresholds
