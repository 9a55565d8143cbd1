#include "adapters/hl7v2_patient.hpp"

#include <algorithm>
#include <array>

#include "adapters/draft.hpp"
#include "fhir/national_id.hpp"

namespace adapters {
namespace {

constexpr std::size_t most_identifiers = 50;

// One CX: id ^ check digit ^ scheme ^ assigning authority (namespace & universal id & type) ^ identifier type.
struct Identity {
  std::string id, name, oid, type;
};

Identity identity_of(std::string_view raw, const Hl7Separators& separators) {
  const auto component = [&](std::size_t n) { return hl7_part(raw, separators.component, n); };
  const auto authority = [&](std::size_t n) {
    return hl7_text(hl7_part(component(4), separators.subcomponent, n), separators);
  };
  return {hl7_text(component(1), separators), authority(1), authority(2), hl7_text(component(5), separators)};
}

// Empty when it is a local id. By the authority's OID, by the type (0203 has NNNOR for a Norwegian number; FNR, DNR and
// FHN are what Norwegian systems write), and where neither is given by the digits themselves. An id that says it is
// local stays local: about one in a hundred numbers of eleven digits looks like somebody's.
std::string national_system(const Identity& identity) {
  struct Name {
    std::string_view oid, type, system;
  };
  static constexpr std::array<Name, 3> names = {{{"2.16.578.1.12.4.1.4.1", "FNR", fhir::fnr_system},
                                                 {"2.16.578.1.12.4.1.4.2", "DNR", fhir::dnr_system},
                                                 {"2.16.578.1.12.4.1.4.3", "FHN", fhir::fhn_system}}};
  for (const Name& name : names)
    if (identity.oid == name.oid || identity.name == name.oid || identity.type == name.type)
      return std::string(name.system);
  const bool says_nothing = identity.oid.empty() && identity.name.empty() && identity.type.empty();
  if (identity.type == "NNNOR" || identity.type == "FHNR") return std::string(fhir::fnr_system);
  if (says_nothing && fhir::classify_national_id(identity.id)) return std::string(fhir::fnr_system);
  return {};
}

// One person may have an old D-number beside the number that replaced it; two of one sort are two persons.
int rank(std::string_view number) {
  const auto national = fhir::classify_national_id(number);
  if (!national) return 0;
  return national->kind == fhir::NationalIdKind::fnr ? 3 : national->kind == fhir::NationalIdKind::dnr ? 2 : 1;
}

void take_national(Hl7Patient& patient, const std::string& system, const std::string& number, const std::string& place) {
  std::optional<Identifier>& known = patient.subject.patient;
  if (!known) {
    known = Identifier{system, number};
    return;
  }
  if (known->value == number) return;
  const int old_rank = rank(known->value), new_rank = rank(number);
  if (old_rank == new_rank) {
    patient.fault = {QuarantineReason::ambiguous_subject, place + ": two national identity numbers of one sort"};
  } else if (new_rank > old_rank) {
    known = Identifier{system, number};
  }
}

}  // namespace

Hl7Patient hl7_patient(const Hl7Segment& pid, const std::string& place) {
  Hl7Patient patient;
  const std::string_view field = pid.field(3);
  for (std::size_t n = 1; n <= most_identifiers; ++n) {
    const std::string_view raw = hl7_part(field, pid.separators().repetition, n);
    if (raw.empty()) continue;
    const Identity identity = identity_of(raw, pid.separators());
    if (identity.id.empty()) continue;
    if (identity.id.size() > longest_id || printable(identity.id) != identity.id) {
      patient.fault = {QuarantineReason::undecodable, place + ": expected at most 256 bytes and no control characters"};
      continue;
    }
    const std::string system = national_system(identity);
    if (!system.empty()) {
      take_national(patient, system, identity.id, place);
      continue;
    }
    if (patient.subject.id.empty()) patient.subject.id = identity.id;
  }
  return patient;
}

}  // namespace adapters
