// Making or correcting a link, in the committer. The same subject and patient with an overlapping period is a correction of that
// link; another patient's overlapping period is a conflict.
#pragma once

#include <optional>
#include <string>

#include "adapters/measurement.hpp"
#include "gateway/ingest/sources.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::ingest {

struct LinkRequest {
  std::string subject;
  adapters::Identifier patient;    // checked: a national identifier is valid, its system classified
  std::optional<fhir::Time> from;  // default: now
  std::optional<fhir::Time> to;
  bool release = false;
};

struct LinkOutcome {
  store::Link link;
  bool created = false;
};

// Throws journal::JobRefused with a conflict.
LinkOutcome make_link(journal::Working&, const SourceFacts&, const LinkRequest&, std::string who);

}  // namespace gateway::ingest
