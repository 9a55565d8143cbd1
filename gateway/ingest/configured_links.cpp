#include "gateway/ingest/configured_links.hpp"

#include <algorithm>

#include "gateway/ingest/link.hpp"
#include "gateway/journal/working.hpp"
#include "gateway/runtime/log.hpp"

namespace gateway::ingest {
namespace {

constexpr std::string_view configuration = "configuration";

// A link of that patient is there already: as configured, or corrected by a person since. Only what the configuration itself made
// follows a change of it.
bool known(journal::Working& working, const SourceFacts& source, const LinkRequest& request) {
  auto patient = working.patients.by_identifier(source.tenant_no, request.patient.system, request.patient.value);
  if (!patient) return false;
  const std::vector<store::Link>& links = working.links.of(source.source, request.subject);
  return std::any_of(links.begin(), links.end(), [&](const store::Link& link) {
    if (link.patient != *patient) return false;
    const bool meets = (!request.to || link.from < *request.to) && (!request.from || !link.to || *request.from < *link.to);
    const bool as_configured = (!request.from || link.from == *request.from) && link.to == request.to;
    return as_configured || (meets && link.who != configuration);
  });
}

}  // namespace

void ensure_links(journal::Committer& committer, const Sources& sources, const config::Config& config) {
  for (const config::Link& configured : config.links) {
    const ConfiguredSource* source = sources.find(configured.source);
    if (source == nullptr) continue;  // the loader has refused that already
    LinkRequest request;
    request.subject = configured.subject;
    request.patient = {configured.patient_system, configured.patient_value};
    if (auto national = fhir::classify_national_id(configured.patient_value);
        national && fhir::is_national_id_system(configured.patient_system)) {
      request.patient.system = national->system();
    }
    if (auto from = fhir::DateTime::parse(configured.from)) request.from = from->utc;
    if (auto to = fhir::DateTime::parse(configured.to)) request.to = to->utc;
    auto decide = [source, request](journal::Working& working) {
      if (!known(working, source->facts, request)) make_link(working, source->facts, request, std::string(configuration));
    };
    auto finished = [id = configured.source](const fhir::Result<void>& result) {
      if (!result) log::warning("configured_link_skipped", {{"source", std::string_view(id)}, {"reason", std::string_view(result.error().detail)}});
    };
    if (!committer.submit(journal::job(decide, finished), store::Lane::bulk)) {
      log::warning("configured_link_skipped", {{"source", std::string_view(configured.source)}, {"reason", "queue full"}});
    }
  }
}

}  // namespace gateway::ingest
