// Codes as in two open implementations (caruhome/scaip-gateway, Syntilio/Datahub-Scaip-Proxy); the standards themselves
// are sold and were not used. The words, and which event a pair of device and status becomes, are ours. The rule behind
// it: a status that says what happened decides, else the device does, and what nobody knows calls a person as a safety
// alarm.
#include "adapters/scaip_codes.hpp"

#include <algorithm>
#include <array>

namespace adapters {
namespace {

using enum fhir::EventKind;

struct Device {
  std::string_view code, word;
  fhir::EventKind kind;  // of an alarm of this device
};

constexpr auto devices = std::to_array<Device>({
    {"0002", "alarmenhet", safety_alarm},
    {"0003", "bærbar alarmknapp", safety_alarm},
    {"0004", "fast alarmknapp", safety_alarm},
    {"0005", "fallsensor", fall},
    {"0006", "overfallsalarm", safety_alarm},
    {"0007", "panikknapp", safety_alarm},
    {"0008", "vaktbryter", device_status},
    {"0009", "vaktbryter", device_status},
    {"0010", "aktivitetssensor", inactivity},  // it alarms when there is none
    {"0011", "medisindispenser", medication_alarm},
    {"0012", "sengesensor", bed_exit},
    {"0013", "matte", movement},  // stepped on; where it lies is the location's to say
    {"0014", "dørsensor", door},
    {"0015", "vandringssensor", location},
    {"0016", "fuktsensor i seng", incontinence},
    {"0017", "epilepsisensor", epilepsy},
    {"0018", "tilstedeværelsessensor", absence},
    {"0019", "pulssensor", safety_alarm},
    {"0020", "miljøsensor", supervision_alarm},
    {"0021", "gassvarsler", gas},
    {"0022", "lysovervåking", technical},
    {"0023", "røykvarsler", fire},
    {"0024", "varmeanlegg", technical},
    {"0025", "varmevarsler", fire},
    {"0026", "kullosvarsler", gas},
    {"0027", "knapp mot falske besøkende", safety_alarm},
    {"0028", "innbruddsvarsler", safety_alarm},
    {"0029", "grensesensor", location},
    {"0030", "falldetektor", fall},
    {"0031", "systemovervåking", technical},
    {"0032", "sambandsovervåking", no_contact},
    {"0033", "vannvarsler", water},
    {"0034", "badesensor", safety_alarm},
    {"0035", "nøkkelbryter", device_status},
    {"0036", "områdesensor", safety_alarm},
    {"0037", "sprinkler", fire},
    {"0038", "sabotasjesensor", technical},
    {"0039", "skriver", technical},
    {"0040", "ruter", technical},
    {"0041", "strømforsyning", no_mains},
    {"0043", "adgangskontroll", door_lock},
    {"0044", "stolsensor", rose_from_chair},
    {"0045", "kontrollenhet", safety_alarm},
    {"0046", "heisalarm", safety_alarm},
    {"0047", "brannalarmanlegg", fire},
    {"0048", "alarmapparat", safety_alarm},
    {"0049", "måleutstyr", safety_alarm},
    {"0050", "radioenhet", technical},
    {"0051", "sporingsenhet", location},
});

// How a status bears on the event: it names one, or leaves it to the device.
struct Status {
  std::string_view code, word;
  fhir::EventKind kind = unknown;  // unknown: the device's
};

constexpr auto statuses = std::to_array<Status>({
    {"0002", "avbrutt", alarm_note},
    {"0003", "fraværende", absence},
    {"0004", "godtatt", alarm_note},
    {"0005", "kvittert", alarm_note},
    {"0009", "automatisk alarm"},
    {"0010", "manuell alarm"},
    {"0011", "varsel"},
    {"0014", "batterifeil", low_battery},
    {"0015", "batteri i orden", battery_ok},
    {"0016", "lavt batteri", low_battery},
    {"0019", "annullert", alarm_note},
    {"0020", "ladet", battery_ok},
    {"0021", "lukket", device_status},
    {"0022", "lukket for lenge"},
    {"0023", "mistet IP-forbindelse", no_contact},
    {"0024", "mistet mobilforbindelse", no_contact},
    {"0025", "mistet telefonlinje", no_contact},
    {"0026", "mistet hovedsamband", no_contact},
    {"0027", "mistet reservesamband", no_contact},
    {"0031", "frakoblet", no_contact},
    {"0032", "feilkode 1", technical},
    {"0033", "feilkode 2", technical},
    {"0034", "feilkode 3", technical},
    {"0035", "feilkode 4", technical},
    {"0036", "feilkode 5", technical},
    {"0037", "feilkode 6", technical},
    {"0038", "feilkode 7", technical},
    {"0039", "feilkode 8", technical},
    {"0040", "feilkode 9", technical},
    {"0042", "svikt", technical},
    {"0046", "høyt nivå"},
    {"0048", "i drift", device_status},
    {"0052", "satt seg fast", technical},
    {"0062", "logg", device_status},
    {"0063", "mistet kontakt", no_contact},
    {"0064", "lavt nivå", technical},
    {"0065", "trenger vedlikehold", technical},
    {"0066", "trenger vedlikehold straks", technical},
    {"0067", "feil", technical},
    {"0068", "minne fullt", technical},
    {"0070", "normal tilstand", device_status},
    {"0071", "i bruk", activity},
    {"0072", "av", device_status},
    {"0073", "frakoblet", no_contact},
    {"0074", "på", device_status},
    {"0075", "tilkoblet", contact_restored},
    {"0076", "åpnet"},
    {"0077", "åpen for lenge"},
    {"0078", "ute av drift", technical},
    {"0079", "oversvømmelse", water},
    {"0081", "medisin ikke tatt", medication_missed},
    {"0082", "medisinpåminnelse", medication_reminder},
    {"0083", "medisin tatt", medication_dispensed},
    {"0085", "strømbrudd", no_mains},
    {"0086", "strøm tilbake", mains_restored},
    {"0087", "planlagt tilstedeværelse", alarm_note},
    {"0088", "hjelper til stede etter alarm", alarm_note},
    {"0089", "privatbryter brukt", device_status},
    {"0091", "forbindelse tilbake", contact_restored},
    {"0092", "automatisk tilbakestilt", alarm_note},
    {"0093", "tilbakestilt for hånd", alarm_note},
    {"0094", "gjenopprettet", alarm_note},
    {"0095", "radioforstyrrelse", technical},
    {"0100", "høy temperatur"},
    {"0101", "lav temperatur"},
    {"0102", "testmelding"},
    {"0103", "testmelding"},
    {"0104", "tidsavbrudd"},
    {"0105", "feil", technical},
    {"0106", "uvedkommende", safety_alarm},
    {"0107", "uautorisert adgang", safety_alarm},
    {"0110", "ber om bistand", safety_alarm},
    {"0111", "hjelp gitt", alarm_note},
    {"0112", "IP-forbindelse tilbake", contact_restored},
    {"0113", "mobilforbindelse tilbake", contact_restored},
    {"0114", "telefonlinje tilbake", contact_restored},
    {"0115", "hovedsamband tilbake", contact_restored},
    {"0116", "reservesamband tilbake", contact_restored},
    {"0117", "ligger i sengen", lying_down},
    {"0118", "låst", device_status},
    {"0119", "bevegelse", movement},
    {"0120", "opphold", activity},
    {"0121", "til stede", activity},
    {"0122", "radioforstyrrelse", technical},
    {"0123", "mangler testsignal", no_contact},
    {"0124", "testsignal tilbake", contact_restored},
    {"0125", "sabotasje", technical},
    {"0126", "rask temperaturøkning", fire},
    {"0127", "ulåst", device_status},
});

struct Location {
  std::string_view code, word;
};

constexpr auto locations = std::to_array<Location>({
    {"002", "hjemme"},        {"003", "borte"},        {"004", "innendørs"},   {"005", "utendørs"},
    {"006", "inne"},          {"007", "ute"},          {"008", "område"},      {"009", "sone"},
    {"010", "kjeller"},       {"011", "bad"},          {"012", "soverom"},     {"013", "spisestue"},
    {"014", "etasje"},        {"015", "garasje"},      {"016", "hage"},        {"017", "hage bak"},
    {"018", "hage foran"},    {"019", "geosone"},      {"020", "treningsrom"}, {"021", "kjøkken"},
    {"022", "vaskerom"},      {"023", "hvilerom"},     {"024", "badstue"},     {"025", "trapp"},
    {"026", "arbeidsrom"},    {"027", "verksted"},     {"028", "loft"},        {"029", "bod"},
    {"030", "midlertidig adresse"}, {"031", "sommerhus"}, {"032", "vinterhytte"}, {"033", "mobil"},
    {"034", "posisjon vedlagt"}, {"035", "GPS-posisjon vedlagt"}, {"036", "eiendom"}, {"037", "handikapbad"},
    {"038", "dør"},           {"039", "inngangsdør"},  {"040", "bakdør"},      {"041", "branndør"},
    {"042", "gang"},          {"043", "stue"},         {"044", "leilighet"},   {"045", "bungalow"},
    {"046", "salong"},        {"047", "fellesareal"},  {"048", "kontor"},      {"049", "rom"},
    {"050", "sted"},          {"051", "avdeling"},     {"052", "fløy"},
});

template <class Rows>
auto* row_of(const Rows& rows, std::string_view code) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.code == code; });
  return found == rows.end() ? nullptr : &*found;
}

bool is_test(std::string_view stc) {
  return stc == "0102" || stc == "0103";
}

// VKP has words of its own for a dispenser's faults.
fhir::EventKind of_dispenser(fhir::EventKind kind, std::string_view stc) {
  if (stc == "0014") return dispenser_battery_empty;
  if (stc == "0064") return medication_soon_empty;
  if (stc == "0076" || stc == "0077") return dispenser_open;
  if (stc == "0125") return dispenser_break_in;
  if (kind == low_battery) return dispenser_low_battery;
  if (kind == no_contact) return dispenser_no_contact;
  if (kind == no_mains) return dispenser_no_mains;
  if (kind == technical) return dispenser_fault;
  return kind;
}

fhir::EventKind refined(fhir::EventKind kind, const Device* device, std::string_view stc) {
  const std::string_view dty = device == nullptr ? std::string_view() : device->code;
  if (dty == "0011") return of_dispenser(kind, stc);
  if (dty == "0014" && (stc == "0076" || stc == "0077")) return door_opened;
  if (dty == "0014" && stc == "0021") return door_closed;
  if (dty == "0012" && stc == "0003") return bed_exit;
  if (dty == "0012" && stc == "0071") return lying_down;
  // A smoke detector that is tampered with or broken protects nobody, but nothing burns: technical, as the status says.
  return kind;
}

}  // namespace

std::string_view scaip_device_word(std::string_view dty) {
  const Device* device = row_of(devices, dty);
  return device == nullptr ? std::string_view() : device->word;
}

std::string_view scaip_status_word(std::string_view stc) {
  const Status* status = row_of(statuses, stc);
  return status == nullptr ? std::string_view() : status->word;
}

std::string_view scaip_location_word(std::string_view lco) {
  const Location* location = row_of(locations, lco);
  return location == nullptr ? std::string_view() : location->word;
}

ScaipMeaning scaip_meaning(std::string_view mty, std::string_view dty, std::string_view stc) {
  // A heartbeat feeds supervision and is never a clinical event, whatever else stands in it; nor is a test of the line.
  if (mty == "PI" || is_test(stc)) return {ScaipMeaning::What::heartbeat, unknown, true};
  const Device* device = row_of(devices, dty);
  const Status* status = row_of(statuses, stc);
  if (mty == "RE") {
    // A reset never ends an alarm. Unless its status is one of a device that is well again, it is a word about one.
    const bool restores = status != nullptr && !fhir::ended_by(status->kind).empty();
    return {ScaipMeaning::What::event, restores ? status->kind : alarm_note, true};
  }
  fhir::EventKind kind = status != nullptr ? status->kind : unknown;
  if (kind == unknown && device != nullptr) kind = device->kind;
  // A person pressed, whatever the press came through.
  if (stc == "0010" && !fhir::info(kind).safety) kind = safety_alarm;
  // "Information" of movement is a room in use; of an alarm it is an alarm all the same.
  if (mty == "IN" && kind == movement && stc == "0119") kind = activity;
  if (kind == unknown) return {ScaipMeaning::What::event, safety_alarm, false};
  return {ScaipMeaning::What::event, refined(kind, device, stc), device != nullptr || status != nullptr};
}

}  // namespace adapters
