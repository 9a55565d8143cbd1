// Which rows of a map or list a filter of the store means, for the store in memory.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "gateway/store/store.hpp"

namespace support {

template <class Id, class Row>
std::optional<Row> find_in(const std::map<Id, Row>& rows, Id id) {
  auto found = rows.find(id);
  if (found == rows.end()) return std::nullopt;
  return found->second;
}

// Rows of a map in id order, after `after`, that satisfy `wanted`, at most `limit`.
template <class Id, class Row, class Wanted>
std::vector<Row> select(const std::map<Id, Row>& rows, std::optional<Id> after, std::size_t limit, Wanted wanted) {
  std::vector<Row> out;
  for (auto at = after ? rows.upper_bound(*after) : rows.begin(); at != rows.end() && out.size() < limit; ++at)
    if (wanted(at->second)) out.push_back(at->second);
  return out;
}

template <class T>
bool any_or_none(const std::vector<T>& allowed, const T& value) {
  return allowed.empty() || std::find(allowed.begin(), allowed.end(), value) != allowed.end();
}

inline bool all_satisfied(const std::vector<fhir::DateCondition>& conditions, fhir::Time at) {
  return std::all_of(conditions.begin(), conditions.end(),
                     [at](const fhir::DateCondition& condition) { return fhir::satisfies(condition, at); });
}

inline bool matches(const gateway::store::ObservationFilter& filter, const gateway::store::Observation& row) {
  return row.tenant == filter.tenant && any_or_none(filter.patients, row.patient) &&
         any_or_none(filter.kinds, row.kind) && any_or_none(filter.ids, row.id) && any_or_none(filter.keys, row.key) &&
         all_satisfied(filter.measured, row.measured) && all_satisfied(filter.updated, row.updated);
}

}  // namespace support
