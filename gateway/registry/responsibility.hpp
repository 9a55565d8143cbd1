// Which organisation answers for a patient, by period: hospital to municipality and back. Versioned with who and when, as plans
// are. Where no period reaches, the tenant's own organisation answers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fhir/json_reader.hpp"
#include "fhir/time.hpp"
#include "gateway/store/rows.hpp"

namespace gateway::registry {

struct ResponsiblePeriod {
  std::string organization;  // organisation number
  fhir::Time from{};
  std::optional<fhir::Time> to;  // [from, to); none: until further notice
};

struct Responsibility {
  std::uint32_t version = 0;  // 0: nobody ever said anything
  std::vector<ResponsiblePeriod> periods;  // by time, none overlapping

  struct Answering {
    std::string organization;          // empty: the tenant's own
    std::optional<fhir::Time> until;   // when that changes next
  };
  Answering at(fhir::Time) const;
};

inline constexpr std::size_t periods_max = 200;  // OURS: a bound on a patient's record, far beyond any stay

Responsibility responsibility_from(const store::Responsibility&);
std::string periods_json(const std::vector<ResponsiblePeriod>&);
// Body of PUT: {"periods":[{"organization","from","to"}]}, in any order. Organisations are nine digits; overlapping or empty
// periods are errors.
fhir::Result<std::vector<ResponsiblePeriod>> periods_from_json(fhir::JsonValue body);

}  // namespace gateway::registry
