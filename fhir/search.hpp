// Search parameters to a query value; knows FHIR's grammar (prefixes, partial dates, token forms, _sort, _count,
// _total), not SQL. FHIR R4 "search".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
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
// Whether an instant satisfies the condition. An observation stands for the first instant of its written time: one
// dated 2026-11-20 is found as that midnight, so resource and parameter are never two overlapping periods. "ap" widens
// the period by its own length on both sides, at least by a day (R4 leaves the width to the server).
bool satisfies(const DateCondition&, Time);

struct Token {
  std::optional<std::string> system;  // none: any system; empty: no system
  std::string code;                   // empty: any code of the system ("http://loinc.org|")
};

enum class SortKey : std::uint8_t { date, last_updated };
struct Sort {
  SortKey key = SortKey::date;
  bool descending = true;
};
enum class Total : std::uint8_t { none, estimate, accurate };

struct SearchQuery {
  std::string type;                                     // "Observation"
  std::vector<std::vector<std::string>> ids;            // _id: AND of ORs
  std::vector<std::vector<std::string>> patients;       // ids from patient=/subject=
  std::vector<std::vector<Token>> patient_identifiers;  // patient.identifier
  std::vector<std::vector<Token>> codes;
  std::vector<std::vector<Token>> categories;
  std::vector<std::vector<Token>> identifiers;
  std::vector<DateCondition> dates;  // date, ANDed
  std::vector<DateCondition> last_updated;
  std::optional<Sort> sort;  // the first key of _sort; ties are the store's
  int count = 50;            // _count, capped at 1000 by the caller
  Total total = Total::none;
  Parameters used;                   // what the self link repeats
  std::vector<std::string> unknown;  // ignored parameters (strict handling makes them an error)
};

// Where a wall time without zone begins; a day, month or year in a search is one of these. Without one it is UTC.
using WallTime = std::function<Time(std::chrono::local_time<std::chrono::microseconds>)>;

// Errors name the parameter, never its value (it may be a national identity number).
Result<SearchQuery> parse_search(std::string_view type, const Parameters&, const WallTime& zone = {});

}  // namespace fhir
