// What a judged reading, an event or a cause says of an alarm, whatever its origin, and what becomes of the alarm. Part of judgement.hpp
// and rule_judgement.hpp, which say what there is to find.
#pragma once

#include <string>
#include <string_view>

#include "gateway/alarms/judgement.hpp"

namespace gateway::alarms {

struct Finding {
  std::string tenant;
  PatientId patient;
  Origin origin = Origin::limit;
  Coding code;
  std::string identity;
  Reason reason;
  Occurrence occurrence;
  std::string device, contact;
  thresholds::Judged judged;
  bool late = false;
};

AlarmChange unchanged(std::string_view reason);
// A breach: opens an alarm, or is one more occurrence of the open one.
AlarmChange applied(const Alarm* open, Finding, const Judging&);

// One reading about one alarm: its finding breaches, or is `normal` again, or says nothing of it.
struct Heard {
  Finding finding;      // of a breach; with judged.breach false only `judged` and `occurrence` are looked at
  bool normal = false;  // certainly back, so that an open alarm may be told
  std::string said;     // for the log: "SpO2 86 %"
};
inline constexpr std::string_view not_concerned = "not-concerned";  // the reading says nothing of this alarm
// A new version of an observation that is an occurrence of the alarm corrects that occurrence and is not counted again.
AlarmChange hear(const Alarm* open, Heard, const Judging&);

}  // namespace gateway::alarms
