// Norwegian national identity numbers: fødselsnummer, D-number, FH-number; check digits with the 2032 rule, synthetic months,
// classification (norway.md 1.2, 1.3). Knows numbers, not people: no birth date or sex is ever derived.
#pragma once

#include <optional>
#include <string_view>

namespace fhir {

inline constexpr std::string_view fnr_system = "urn:oid:2.16.578.1.12.4.1.4.1";
inline constexpr std::string_view dnr_system = "urn:oid:2.16.578.1.12.4.1.4.2";
inline constexpr std::string_view fhn_system = "urn:oid:2.16.578.1.12.4.1.4.3";
inline constexpr std::string_view organization_system = "urn:oid:2.16.578.1.12.4.1.4.101";

enum class NationalIdKind { fnr, dnr, fhn };

struct NationalId {
  NationalIdKind kind;
  bool synthetic;            // month +80, +65 or +40 (never a real person)
  bool relaxed;              // valid only by the rule of 2032 (R1 1..3)
  std::string_view system() const;  // by classification, whatever system the sender named
};

// Nothing when the 11 characters are no valid number. The 2032 rule is applied: R1 0..3 and R2 0.
std::optional<NationalId> classify_national_id(std::string_view digits);

// Whether a number may be used where this installation runs: production refuses synthetic ones, test refuses real ones
// (an FH-number says nothing about itself and is allowed in both).
enum class Environment { production, test };
bool allowed_in(const NationalId&, Environment);

// True for the system URIs of fnr, dnr and fhn, published aliases (http://hl7.no/fhir/NamingSystem/FNR ...) included.
bool is_national_id_system(std::string_view system);
// Organisation number, 9 digits mod 11. Published test numbers often fail: callers treat it as a warning in test.
bool valid_organization_number(std::string_view digits);
// True when any run of digits in the text could be a national identity number, also split by one blank or URL-encoded; used by
// log and error redaction, so it errs to true.
bool may_contain_national_id(std::string_view text);

}  // namespace fhir
