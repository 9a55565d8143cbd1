// What an event is to people: a safety alarm, a technical one, or nothing anybody is called for. Pure; the judge applies it to
// what is open, `convert` shows it.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "gateway/alarms/judgement.hpp"
#include "gateway/ingest/judge.hpp"

namespace gateway::ingest {

using EventFinding = std::variant<std::monostate, alarms::SafetyEvent, alarms::TechnicalCause>;

EventFinding event_finding(const store::Event&, PatientId, const SourceFacts&, fhir::Time now, const JudgeSettings&);

// The thing an event's alarm is about while no patient is known: its subject, named so that two sources do not meet.
std::string thing_of(const store::Event&, const SourceFacts&);
// A member of the event's content; empty when there is none.
std::string content_text(const store::Event&, std::string_view name);
// What happened in words, with the sender's.
std::string event_words(const store::Event&);
// Whether two device ids are one home's: equal, or units of one controller ("4712/00A1", "4712"); no id may be any.
bool same_home(std::string_view device, std::string_view other);

}  // namespace gateway::ingest
