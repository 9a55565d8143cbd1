// Safety and technical events with the VKP alert code each may be sent under (vkp-alert-code-v090, version 0.9.0;
// displays as published). Codes are strings: "1.10" is not "1.1".
#include <algorithm>
#include <array>
#include <cstddef>

#include "fhir/kinds.hpp"

namespace fhir {
namespace {

// A door event does not say opened (4.15) or closed (4.16), so it goes by the group it belongs to, 4. Battery (1.17),
// contact (1.20) and fault (1.5) exist in VKP for medicine dispensers only; under them a silent safety alarm would read
// as a dispenser, so those have no code. A dispensed dose is no alert but a MedicationDispense.
//
// safety: a missed dose, an open door and a left zone count too. Whoever sends an event asks for a person; what only
// informs is not sent as an event or is switched off at the source, and losing one is worse than one too many.
constexpr std::array<EventInfo, 12> events = {{
    {EventKind::safety_alarm, "safety-alarm", "3", "Trygghetsalarm", true},
    {EventKind::fall, "fall", "4.1", "Fall", true},
    {EventKind::bed_exit, "bed-exit", "4.2", "Forlatt sengen", true},
    {EventKind::inactivity, "inactivity", "4.9", "Inaktivitet", true},
    {EventKind::medication_missed, "medication-missed", "1.1", "Ikke utlevert", true},
    {EventKind::medication_dispensed, "medication-dispensed", "", "", false},
    {EventKind::door, "door", "4", "Digitalt tilsyn", true},
    {EventKind::location, "location", "2", "Lokaliseringsteknologi", true},
    {EventKind::low_battery, "low-battery", "", "", false},
    {EventKind::no_contact, "no-contact", "", "", false},
    {EventKind::technical, "technical", "", "", false},
    {EventKind::unknown, "unknown", "", "", false},
}};

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < events.size(); ++i)
    if (static_cast<std::size_t>(events[i].kind) != i) return false;
  return true;
}
static_assert(in_enum_order());

}  // namespace

EventKind event_named(std::string_view name) {
  const auto found =
      std::find_if(events.begin(), events.end(), [&](const EventInfo& event) { return event.name == name; });
  return found == events.end() ? EventKind::unknown : found->kind;
}

const EventInfo& info(EventKind kind) {
  return events[std::min(static_cast<std::size_t>(kind), events.size() - 1)];
}

}  // namespace fhir
