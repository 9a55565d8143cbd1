// A tenant's service: who watches when, how long the clocks of an alarm are, who is called when one is missed. And what time
// alone does to an alarm: a snooze ends, a clock is missed, the service closes or opens. Pure: time is passed in; when
// somebody looks is timers/'s, and what a change is written with is journal/alarm_writer's.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/alarms/judgement.hpp"
#include "thresholds/clocks.hpp"
#include "thresholds/flood.hpp"

namespace gateway::alarms {

// What happens while the service is closed.
enum class Outside : std::uint8_t {
  hold,      // clocks stand still; what came is called again at opening
  reroute,   // somebody named watches then: is brought in, and clocks go on
  unwatched  // clocks stand still and nobody is called
};

struct Level {
  thresholds::Severity from = thresholds::Severity::normal;  // alarms below it pass this level by
  std::vector<std::string> clients;                          // brought in: they see the alarm, whatever their organisation
  bool call = false;                                         // a webhook is called
  std::optional<std::chrono::seconds> after;  // since the step before; none: as long as the clock that was missed
};

struct Service {
  std::string organization;  // of the tenant: answers for whoever nobody else answers for
  std::shared_ptr<const thresholds::Zone> zone;  // of its wall clock; none: UTC
  thresholds::Clocks clocks;
  std::optional<thresholds::ServiceCalendar> calendar;  // none: always open
  Outside outside = Outside::hold;
  std::string reroute_to;  // a client
  std::vector<Level> levels;
  thresholds::FloodPolicy flood;

  bool open_at(Time at) const { return !calendar || calendar->open_at(at); }
};

// Read-only once everything is put.
class Services {
 public:
  void put(store::Tenant tenant, Service service) { services_.insert_or_assign(tenant, std::move(service)); }
  const Service& of(store::Tenant) const;  // one without anything for a tenant that configured nothing

 private:
  std::map<store::Tenant, Service> services_;
};

// After whatever changed the alarm: starts the clock its state has (another one begins anew, at level 0), and sets the deadline
// shown and when the timers have to look again. A snoozed alarm's deadline is the snooze's end.
void keep_time(Alarm&, const Service&, Time now);

struct Advance {
  AlarmChange change;
  int call_level = 0;  // the level whose webhook is owed a call; 0: none
};
// The one thing that is due first; nothing when nothing is. What else is due comes with the next call.
std::optional<Advance> advance(const Alarm&, const Service&, Time now);

// The next level is called now, for `why` (Norwegian, for the log). Nothing when all were, or the alarm is resolved.
std::optional<Advance> escalate_now(const Alarm&, const Service&, std::string_view why, Time now);
inline constexpr std::string_view nobody_listens = "ingen følger alarmstrømmen";
// A call could not be made: told to whoever listens, and the next level is not waited for.
Advance call_failed(const Alarm&, const Service&, int level, Time now);

// Another organisation answers by the patient's periods from now on. Announced while nobody has acknowledged, and when it ends a snooze;
// an offer to hand over lapses.
AlarmChange apply_responsibility(const Alarm&, std::string_view organization, Time now);

// Whether a client of that organisation deals with it: it answers for it, is offered it, was brought in, or has just handed it
// on. A client without an organisation deals with the whole tenant's.
bool concerns(const Alarm&, const Service&, std::string_view organization, std::string_view client);

}  // namespace gateway::alarms
