#include "adapters/vkp_alerts.hpp"

#include <algorithm>
#include <array>

namespace adapters {
namespace {

using enum fhir::EventKind;

// Displays as published. Which event a code becomes is ours, since there are fewer events than codes: whatever stopped
// a dose from being given is a missed dose; whatever of the remote supervision has no event of its own calls a person
// as a safety alarm and says in words what it was. Of 5.x the readings and answers come by themselves, and what is
// missing our own rules find.
constexpr auto alerts = std::to_array<VkpAlert>({
    {"1", "Elektronisk medisineringsstøtte", medication_missed},
    {"1.1", "Ikke utlevert", medication_missed},
    {"1.2", "Utlevering forhindret av medisinmangel", medication_missed},
    {"1.3", "Mangler utleveringsbekreftelse", medication_missed},
    {"1.4", "Melding ikke lest", technical},
    {"1.5", "Teknisk feil", medication_missed},
    {"1.6", "Pose ikke lest", medication_missed},
    {"1.7", "Feil ved rull", medication_missed},
    {"1.8", "Rull sitter fast", medication_missed},
    {"1.9", "Full skuff", medication_missed},
    {"1.10", "Medisin venter", technical},
    {"1.11", "Mangler tilstrekkelig mengde medisin", technical},
    {"1.12", "Snart tomt for medisin", technical},
    {"1.13", "Tomt for medisin", technical},
    {"1.14", "Mangler tidsplan", technical},
    {"1.15", "Endringskontroll av medisinplan", technical},
    {"1.16", "Rull behandlet", technical},
    {"1.17", "Batteri lavt", low_battery},
    {"1.18", "Batteri tomt", low_battery},
    {"1.19", "Ikke tilkoblet strøm", technical},
    {"1.20", "Ingen kontakt", no_contact},
    {"1.21", "Dispenser åpen", technical},
    {"1.22", "Innbrudd", technical},
    {"1.23", "Dosett feilplassert", technical},
    {"2", "Lokaliseringsteknologi", location},
    {"3", "Trygghetsalarm", safety_alarm},
    {"4", "Digitalt tilsyn", safety_alarm},
    {"4.1", "Fall", fall},
    {"4.2", "Forlatt sengen", bed_exit},
    {"4.3", "Satt seg opp seng", safety_alarm},
    {"4.4", "Reist seg fra stol", safety_alarm},
    {"4.5", "Kommet inn rom", safety_alarm},
    {"4.6", "Forlatt rom", safety_alarm},
    {"4.7", "Uventet langt opphold", inactivity},
    {"4.8", "Aktivitet rom", safety_alarm},
    {"4.9", "Inaktivitet", inactivity},
    {"4.10", "Høyt lydnivå", safety_alarm},
    {"4.11", "Brannalarm", safety_alarm},
    {"4.12", "Fravær", inactivity},
    {"4.13", "Knappetrykk", safety_alarm},
    {"4.14", "Snortrekk", safety_alarm},
    {"4.15", "Dør åpnet", door},
    {"4.16", "Dør lukket", door},
    {"4.17", "Vannalarm", safety_alarm},
    {"4.18", "Bevegelse", safety_alarm},
    {"4.19", "Manglende bevegelse", inactivity},
    {"4.20", "Lagt seg seng", safety_alarm},
    {"4.21", "Forlatt bolig", location},
    {"4.22", "Mislykket brukeranrop", safety_alarm},
    {"4.23", "Inaktivitet bad", inactivity},
    {"4.24", "Epilepsi", safety_alarm},
    {"4.25", "Hendelsesbasert kameratilsyn", safety_alarm},
    {"4.26", "Planlagt kameratilsyn", unknown},
    {"5", "Digital hjemmeoppfølging", unknown},
    {"5.1", "Oppsummerende varsel", unknown},
    {"5.2", "Handling utført", unknown},
    {"5.2.1", "Måledata rapportert", unknown},
    {"5.2.2", "Skjemabesvarelse", unknown},
    {"5.2.3", "Annen handling utført", unknown},
    {"5.3", "Inaktiv pasient", unknown},
    {"5.3.1", "Manglende skjemabesvarelse", unknown},
    {"5.3.2", "Måling ikke rapportert", unknown},
    {"6", "Elektronisk dørlås", door},
    {"7", "Sykesignalanlegg", safety_alarm},
    {"7.1", "Inkontinens", safety_alarm},
});

}  // namespace

const VkpAlert* vkp_alert(std::string_view code) {
  const auto found =
      std::find_if(alerts.begin(), alerts.end(), [&](const VkpAlert& each) { return each.code == code; });
  return found == alerts.end() ? nullptr : &*found;
}

}  // namespace adapters
