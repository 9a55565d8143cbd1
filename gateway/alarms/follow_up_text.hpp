// The text of a follow-up document for people: XHTML in the tenant's language, every value escaped.
#pragma once

#include <string>
#include <string_view>

#include "gateway/alarms/follow_up.hpp"

namespace gateway::alarms {

// "20.11.2026 kl. 08.30", "20 Nov 2026 08:30": in the publisher's zone.
std::string time_text(Time, const Publisher&);
// By name, else by the client's: a person's id may be a national number.
std::string who_text(const Person&);

// Each a whole div. `closed`: the alarm with the log as it was when it was closed; its last line is the closing.
std::string event_description(const Alarm& closed, const Publisher&);
std::string follow_up_description(const Alarm& closed, const Publisher&);
std::string notes(const Alarm& closed, const Publisher&);  // empty: nobody wrote any
std::string timeline(const Alarm& closed, const Publisher&);

struct SectionTitles {
  std::string_view event, follow_up, notes, timeline;
};
SectionTitles section_titles(Language);

}  // namespace gateway::alarms
