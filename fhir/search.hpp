// Search parameters to a query value; knows FHIR's grammar (prefixes, partial dates, token forms, _sort, _count, _total), not
// SQL. FHIR R4 "search".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/kinds.hpp"
#include "fhir/result.hpp"
#include "fhir/time.hpp"

namespace fhir {

using Parameters = std::vector<std::pair<std::string, std::string>>;  // decoded, in order

enum class DatePrefix : std::uint8_t { eq, ne, gt, lt, ge, le, sa, eb, ap };
struct DateCondition {
  DatePrefix prefix = DatePrefix::eq;
  Time from{}, to{};  // the written period [from, to)
};
// Whether an instant satisfies the condition, and the half-open range it allows where that is one range.
bool satisfies(const DateCondition&, Time);

struct Token {
  std::optional<std::string> system;  // none: any system; empty: no system
  std::string code;
};

enum class SortKey : std::uint8_t { date, last_updated };
struct Sort {
  SortKey key = SortKey::date;
  bool descending = true;
};
enum class Total : std::uint8_t { none, estimate, accurate };

struct SearchQuery {
  std::string type;                            // "Observation"
  std::vector<std::vector<std::string>> ids;   // _id: AND of ORs
  std::vector<std::vector<std::string>> patients;            // ids from patient=/subject=
  std::vector<std::vector<Token>> patient_identifiers;       // patient.identifier
  std::vector<std::vector<Token>> codes;
  std::vector<std::vector<Token>> categories;
  std::vector<std::vector<Token>> identifiers;
  std::vector<DateCondition> dates;            // date, ANDed
  std::vector<DateCondition> last_updated;
  std::optional<Sort> sort;
  int count = 50;                              // _count, capped at 1000 by the caller
  Total total = Total::none;
  Parameters used;                             // what the self link repeats
  std::vector<std::string> unknown;            // ignored parameters (strict handling makes them an error)
};

// Errors name the parameter, never its value (it may be a national identity number).
Result<SearchQuery> parse_search(std::string_view type, const Parameters&);

}  // namespace fhir
