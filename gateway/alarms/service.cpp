#include "gateway/alarms/service.hpp"

#include <algorithm>
#include <utility>

namespace gateway::alarms {
namespace {

using thresholds::Change;
using thresholds::Clock;
using thresholds::State;

thresholds::Watch watch(const Service& service) {
  return {service.calendar ? &*service.calendar : nullptr, service.outside == Outside::reroute};
}

std::optional<std::chrono::seconds> limit_of(const Alarm& alarm, const Service& service) {
  return service.clocks.of(alarm.machine.severity).of(alarm.timing.clock);
}

std::optional<Time> clock_ends(const Alarm& alarm, const Service& service) {
  const auto limit = limit_of(alarm, service);
  if (!limit) return std::nullopt;
  return watch(service).after(alarm.timing.since, *limit);
}

struct Step {
  int number = 0;
  const Level* level = nullptr;  // none: nobody is configured, who listens is called again
};

std::optional<Step> next_step(const Alarm& alarm, const Service& service) {
  for (std::size_t i = static_cast<std::size_t>(alarm.timing.level); i < service.levels.size(); ++i) {
    if (alarm.machine.severity >= service.levels[i].from) return Step{static_cast<int>(i) + 1, &service.levels[i]};
  }
  // OURS: a missed clock is told once even where no level is for it. It cannot pass unseen.
  if (alarm.timing.level == 0) return Step{1, nullptr};
  return std::nullopt;
}

std::optional<Time> step_due(const Alarm& alarm, const Service& service) {
  if (alarm.timing.clock == Clock::none) return std::nullopt;
  if (alarm.timing.level == 0) return clock_ends(alarm, service);
  const std::optional<Step> step = next_step(alarm, service);
  if (!step) return std::nullopt;
  const auto wait = step->level->after ? step->level->after : limit_of(alarm, service);
  if (!wait) return std::nullopt;
  return watch(service).after(alarm.timing.stepped, *wait);
}

bool brought_in(const Alarm& alarm, std::string_view client) {
  return std::find(alarm.called_in.begin(), alarm.called_in.end(), client) != alarm.called_in.end();
}

// When an alarm nobody has acknowledged goes to whoever watches while the service is closed.
std::optional<Time> reroute_due(const Alarm& alarm, const Service& service, Time now) {
  if (service.outside != Outside::reroute || !service.calendar || alarm.timing.clock != Clock::acknowledge) return std::nullopt;
  if (brought_in(alarm, service.reroute_to)) return std::nullopt;
  return service.calendar->open_at(now) ? service.calendar->closes(now) : now;
}

void earlier(std::optional<Time>& due, const std::optional<Time>& other) {
  if (other && (!due || *other < *due)) due = other;
}

std::string_view missed(Clock clock) {
  switch (clock) {
    case Clock::acknowledge:
      return "ikke kvittert innen fristen";
    case Clock::take:
      return "ikke tatt innen fristen";
    case Clock::resolve:
      return "ikke avsluttet innen fristen";
    case Clock::none:
      break;
  }
  return "";
}

AlarmChange told(Alarm next, Change change, std::string_view reason) {
  const bool announce = next.announce;
  return {std::move(next), change, announce, reason};
}

// A line of the gateway's own; `announce` calls a person.
AlarmChange noted(const Alarm& alarm, LogEntry line, bool announce, std::string_view reason) {
  Alarm next = next_version(alarm, {alarm.machine, Change::action, announce, reason}, line.at);
  log(next, std::move(line));
  return told(std::move(next), Change::action, reason);
}

Advance stepped(const Alarm& alarm, const Step& step, std::string_view why, Time now) {
  const thresholds::Step decided = thresholds::escalate(alarm.machine);
  Alarm next = next_version(alarm, decided, now);
  const Clock clock = thresholds::clock_of(next.machine);
  if (clock != next.timing.clock) {
    next.timing.clock = clock;
    next.timing.since = now;
  }
  next.timing.level = step.number;
  next.timing.stepped = now;
  next.timing.call_at_opening.reset();
  if (step.level != nullptr) {
    for (const std::string& client : step.level->clients) {
      if (!brought_in(next, client)) next.called_in.push_back(client);
    }
  }
  LogEntry line{now, std::nullopt, "escalated", "Nivå " + std::to_string(step.number) + ": " + std::string(why)};
  line.level = step.number;
  log(next, std::move(line));
  const bool call = step.level != nullptr && step.level->call;
  return {told(std::move(next), decided.change, decided.reason), call ? step.number : 0};
}

}  // namespace

const Service& Services::of(store::Tenant tenant) const {
  static const Service nothing;
  auto found = services_.find(tenant);
  return found == services_.end() ? nothing : found->second;
}

void keep_time(Alarm& alarm, const Service& service, Time now) {
  Timing& timing = alarm.timing;
  if (const Clock clock = thresholds::clock_of(alarm.machine); clock != timing.clock) {
    timing = {};
    timing.clock = clock;
    timing.since = now;
    const bool held = clock == Clock::acknowledge && service.outside == Outside::hold && !service.open_at(now);
    if (held) timing.call_at_opening = service.calendar->next_open(now);
  }
  if (!alarm.machine.handing_over) alarm.offer.reset();
  if (!alarm.open()) {
    alarm.called_in.clear();
    alarm.responsible_until.reset();
  }
  alarm.deadline = alarm.machine.snoozed_until ? alarm.machine.snoozed_until : clock_ends(alarm, service);
  alarm.due = alarm.machine.snoozed_until;
  earlier(alarm.due, step_due(alarm, service));
  earlier(alarm.due, timing.call_at_opening);
  earlier(alarm.due, reroute_due(alarm, service, now));
  earlier(alarm.due, alarm.responsible_until);
}

std::optional<Advance> advance(const Alarm& alarm, const Service& service, Time now) {
  if (!alarm.open()) return std::nullopt;
  if (alarm.machine.state == State::snoozed) {
    if (!alarm.machine.snoozed_until || *alarm.machine.snoozed_until > now) return std::nullopt;
    const thresholds::Step woken = thresholds::wake(alarm.machine);
    Alarm next = next_version(alarm, woken, now);
    log(next, {now, std::nullopt, "snooze-ended", {}});
    return Advance{told(std::move(next), woken.change, woken.reason)};
  }
  if (const auto due = step_due(alarm, service); due && *due <= now) {
    if (auto step = escalate_now(alarm, service, missed(alarm.timing.clock), now)) return step;
  }
  if (alarm.timing.call_at_opening && *alarm.timing.call_at_opening <= now) {
    Advance opened{noted(alarm, {now, std::nullopt, "opened", "Kom utenfor åpningstiden"}, true, "opened")};
    opened.change.alarm->timing.call_at_opening.reset();
    return opened;
  }
  if (const auto due = reroute_due(alarm, service, now); due && *due <= now) {
    Advance rerouted{noted(alarm, {now, std::nullopt, "rerouted", "Utenfor åpningstiden: til " + service.reroute_to}, true, "rerouted")};
    rerouted.change.alarm->called_in.push_back(service.reroute_to);
    return rerouted;
  }
  return std::nullopt;
}

std::optional<Advance> escalate_now(const Alarm& alarm, const Service& service, std::string_view why, Time now) {
  if (!alarm.open()) return std::nullopt;
  const std::optional<Step> step = next_step(alarm, service);
  if (!step) return std::nullopt;
  return stepped(alarm, *step, why, now);
}

Advance call_failed(const Alarm& alarm, const Service& service, int level, Time now) {
  const std::string why = "varslingen på nivå " + std::to_string(level) + " nådde ikke fram";
  if (auto step = escalate_now(alarm, service, why, now)) return *step;
  LogEntry line{now, std::nullopt, "call-failed", why};
  line.level = level;
  return {noted(alarm, std::move(line), true, "call-failed")};
}

AlarmChange apply_responsibility(const Alarm& alarm, std::string_view organization, Time now) {
  LogEntry line{now, std::nullopt, "responsibility", {}};
  line.organization = organization;
  if (!organization.empty()) line.note = "Ansvar: " + std::string(organization);
  // What one side silenced or offered is not for the other to inherit: a snooze ends, and they hear of it; an offer lapses.
  const bool silent = alarm.machine.state == State::snoozed;
  Alarm before = alarm;
  if (silent) before.machine = thresholds::wake(alarm.machine).next;
  before.machine.handing_over = false;
  before.offer.reset();
  const bool call = silent || alarm.timing.clock == Clock::acknowledge;
  AlarmChange change = noted(before, std::move(line), call, "responsibility");
  change.alarm->former = alarm.responsible;
  change.alarm->responsible = organization;
  return change;
}

bool concerns(const Alarm& alarm, const Service& service, std::string_view organization, std::string_view client) {
  if (organization.empty()) return true;
  auto is_theirs = [&](const std::string& who) { return (who.empty() ? service.organization : who) == organization; };
  if (is_theirs(alarm.responsible) || (alarm.former && is_theirs(*alarm.former))) return true;
  return (alarm.offer && alarm.offer->organization == organization) || brought_in(alarm, client);
}

}  // namespace gateway::alarms
