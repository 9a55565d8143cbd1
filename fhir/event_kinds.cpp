// Safety and technical events with the VKP alert code each may be sent under (vkp-alert-code-v090, version 0.9.0;
// displays as published). Codes are strings: "1.10" is not "1.1". This is the one table of alert codes: what a code says
// happened (event_coded) and what an alarm is sent as are both read from it.
#include <algorithm>
#include <array>
#include <cstddef>

#include "fhir/kinds.hpp"

namespace fhir {
namespace {

// Who is called, kind by kind. Whoever sends an event asks for a person, so the rule is: safety. A missed dose, an open
// door and a left zone count too; what only informs is not sent as an event or is switched off at the source, and losing
// one is worse than one too many. The exceptions have their reason in their row. A sender whose own rule asks for a
// person also for what is information here says so with the event (adapters::Event::alarm).
constexpr bool safety = true, not_safety = false;
constexpr auto moderate = Technical::moderate, severe = Technical::severe;

using enum EventKind;

constexpr auto events = std::to_array<EventInfo>({
    {safety_alarm, "safety-alarm", "3", "Trygghetsalarm", safety},
    {fall, "fall", "4.1", "Fall", safety},
    {bed_exit, "bed-exit", "4.2", "Forlatt sengen", safety},
    {inactivity, "inactivity", "4.9", "Inaktivitet", safety},
    {medication_missed, "medication-missed", "1.1", "Ikke utlevert", safety},
    // No alert but a MedicationDispense.
    {medication_dispensed, "medication-dispensed", "", "", not_safety},
    // Does not say opened (4.15) or closed (4.16), so it goes by the group it belongs to.
    {door, "door", "4", "Digitalt tilsyn", safety},
    {location, "location", "2", "Lokaliseringsteknologi", safety},
    // Battery (1.17), contact (1.20) and fault (1.5) exist in VKP for medicine dispensers only; under them a silent
    // safety alarm would read as a dispenser, so these three have no code.
    {low_battery, "low-battery", "", "", not_safety, moderate},
    {no_contact, "no-contact", "", "", not_safety, moderate},
    {technical, "technical", "", "", not_safety, moderate},
    {unknown, "unknown", "", "", not_safety, moderate},

    // A dose was not given, or nobody knows whether it was: the next one may be hours away.
    {medication_alarm, "medication-alarm", "1", "Elektronisk medisineringsstøtte", safety},
    {medication_shortage, "medication-shortage", "1.2", "Utlevering forhindret av medisinmangel", safety},
    {medication_unconfirmed, "medication-unconfirmed", "1.3", "Mangler utleveringsbekreftelse", safety},
    // The dose came out; its message was not confirmed.
    {medication_message_unread, "medication-message-unread", "1.4", "Melding ikke lest", not_safety, moderate},
    // 1.5 to 1.9 stop the dispenser: no dose is given until somebody comes, which is a missed dose in the making.
    {dispenser_fault, "dispenser-fault", "1.5", "Teknisk feil", safety},
    {sachet_unread, "sachet-unread", "1.6", "Pose ikke lest", safety},
    {roll_fault, "roll-fault", "1.7", "Feil ved rull", safety},
    {roll_stuck, "roll-stuck", "1.8", "Rull sitter fast", safety},
    {drawer_full, "drawer-full", "1.9", "Full skuff", safety},
    // Still in time; when it is not taken, 1.1 follows.
    {medication_waiting, "medication-waiting", "1.10", "Medisin venter", not_safety, moderate},
    // Tasks for the next working hours: refill, check the plan, change a battery.
    {medication_insufficient, "medication-insufficient", "1.11", "Mangler tilstrekkelig mengde medisin", not_safety, moderate},
    {medication_soon_empty, "medication-soon-empty", "1.12", "Snart tomt for medisin", not_safety, moderate},
    // No next dose unless somebody acts before it: severe.
    {medication_empty, "medication-empty", "1.13", "Tomt for medisin", not_safety, severe},
    {medication_no_schedule, "medication-no-schedule", "1.14", "Mangler tidsplan", not_safety, severe},
    {medication_plan_check, "medication-plan-check", "1.15", "Endringskontroll av medisinplan", not_safety, moderate},
    {roll_handled, "roll-handled", "1.16", "Rull behandlet", not_safety, moderate},
    {dispenser_low_battery, "dispenser-low-battery", "1.17", "Batteri lavt", not_safety, moderate},
    // Switched off; and a dispenser nobody hears may be one that gives nothing: severe.
    {dispenser_battery_empty, "dispenser-battery-empty", "1.18", "Batteri tomt", not_safety, severe},
    {dispenser_no_mains, "dispenser-no-mains", "1.19", "Ikke tilkoblet strøm", not_safety, moderate},
    {dispenser_no_contact, "dispenser-no-contact", "1.20", "Ingen kontakt", not_safety, severe},
    // All doses within reach: severe when it stands open, a person when it was forced.
    {dispenser_open, "dispenser-open", "1.21", "Dispenser åpen", not_safety, severe},
    {dispenser_break_in, "dispenser-break-in", "1.22", "Innbrudd", safety},
    // The next dose may come out wrong: severe.
    {dosette_misplaced, "dosette-misplaced", "1.23", "Dosett feilplassert", not_safety, severe},

    {supervision_alarm, "supervision-alarm", "4", "Digitalt tilsyn", safety},
    {sat_up, "sat-up", "4.3", "Satt seg opp seng", safety},
    {rose_from_chair, "rose-from-chair", "4.4", "Reist seg fra stol", safety},
    {entered_room, "entered-room", "4.5", "Kommet inn rom", safety},
    {left_room, "left-room", "4.6", "Forlatt rom", safety},
    {unexpected_stay, "unexpected-stay", "4.7", "Uventet langt opphold", safety},
    // What a room's sensor says all day of somebody who is well.
    {activity, "activity", "4.8", "Aktivitet rom", not_safety},
    {noise, "noise", "4.10", "Høyt lydnivå", safety},
    {fire, "fire", "4.11", "Brannalarm", safety},
    {absence, "absence", "4.12", "Fravær", safety},
    {button, "button", "4.13", "Knappetrykk", safety},
    {cord_pull, "cord-pull", "4.14", "Snortrekk", safety},
    {door_opened, "door-opened", "4.15", "Dør åpnet", safety},
    // The end of what 4.15 was about.
    {door_closed, "door-closed", "4.16", "Dør lukket", not_safety},
    {water, "water", "4.17", "Vannalarm", safety},
    {movement, "movement", "4.18", "Bevegelse", safety},
    {no_movement, "no-movement", "4.19", "Manglende bevegelse", safety},
    // Gone to bed, which is where one is expected.
    {lying_down, "lying-down", "4.20", "Lagt seg seng", not_safety},
    {left_home, "left-home", "4.21", "Forlatt bolig", safety},
    {failed_call, "failed-call", "4.22", "Mislykket brukeranrop", safety},
    {bathroom_inactivity, "bathroom-inactivity", "4.23", "Inaktivitet bad", safety},
    {epilepsy, "epilepsy", "4.24", "Epilepsi", safety},
    {event_camera, "event-camera", "4.25", "Hendelsesbasert kameratilsyn", safety},
    // A look the staff planned and made.
    {planned_camera, "planned-camera", "4.26", "Planlagt kameratilsyn", not_safety},

    {door_lock, "door-lock", "6", "Elektronisk dørlås", safety},
    {nurse_call, "nurse-call", "7", "Sykesignalanlegg", safety},
    {incontinence, "incontinence", "7.1", "Inkontinens", safety},
    // Gas and carbon monoxide: VKP has no code, and what is to be done is what is done for a fire. The words say which.
    {gas, "gas", "4.11", "Brannalarm", safety},
    {no_mains, "no-mains", "", "", not_safety, moderate},
    // The cause of a technical alarm is gone: it ends as restored (ended_by).
    {battery_ok, "battery-ok", "", "", not_safety},
    {contact_restored, "contact-restored", "", "", not_safety},
    {mains_restored, "mains-restored", "", "", not_safety},
    // What a device says of an alarm that stands: cancelled, reset, help has come. Written into the log of the open safety
    // alarms it concerns; only a person ends those.
    {alarm_note, "alarm-note", "", "", not_safety},
    {device_status, "device-status", "", "", not_safety},
    // A device reminds its user; if that does not help, medication-missed follows.
    {medication_reminder, "medication-reminder", "", "", not_safety},
});

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < events.size(); ++i)
    if (static_cast<std::size_t>(events[i].kind) != i) return false;
  return true;
}
static_assert(in_enum_order());
static_assert(std::none_of(events.begin(), events.end(),
                           [](const EventInfo& event) { return event.safety && event.technical != Technical::no; }));

// These say more than the code they are sent under: the code alone is read as the other row that has it.
constexpr bool stands_for_its_code(EventKind kind) {
  return kind != door && kind != gas;
}

constexpr auto battery = std::to_array({low_battery, dispenser_low_battery, dispenser_battery_empty});
constexpr auto contact = std::to_array({no_contact, dispenser_no_contact});
constexpr auto mains = std::to_array({no_mains, dispenser_no_mains});

constexpr auto dispense_categories = std::to_array<DispenseCategory>({
    {"1", "medisin utlevert"},
    {"1.1", "medisin utlevert uassistert"},
    {"1.2", "medisin utlevert assistert"},
    {"1.3", "behovsmedisin utlevert"},
    {"2", "medisin utlevert reise"},
    {"2.1", "medisin utlevert reise uassistert"},
    {"2.2", "medisin utlevert reise assistert"},
    {"3", "medisin melding til bruker"},
});

}  // namespace

EventKind event_named(std::string_view name) {
  const auto found =
      std::find_if(events.begin(), events.end(), [&](const EventInfo& event) { return event.name == name; });
  return found == events.end() ? unknown : found->kind;
}

const EventInfo& info(EventKind kind) {
  const auto row = static_cast<std::size_t>(kind);
  return events[row < events.size() ? row : static_cast<std::size_t>(unknown)];
}

std::span<const EventInfo> all_events() {
  return events;
}

EventKind event_coded(std::string_view code) {
  const auto found = std::find_if(events.begin(), events.end(), [&](const EventInfo& event) {
    return !code.empty() && event.vkp_alert_code == code && stands_for_its_code(event.kind);
  });
  return found == events.end() ? unknown : found->kind;
}

std::span<const EventKind> ended_by(EventKind kind) {
  if (kind == battery_ok) return battery;
  if (kind == contact_restored) return contact;
  if (kind == mains_restored) return mains;
  return {};
}

const DispenseCategory* dispense_category(std::string_view code) {
  const auto found = std::find_if(dispense_categories.begin(), dispense_categories.end(),
                                  [&](const DispenseCategory& category) { return category.code == code; });
  return found == dispense_categories.end() ? nullptr : &*found;
}

}  // namespace fhir
