#include "gateway/ingest/sources.hpp"

#include <algorithm>

#include "gateway/config/source_adapter.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::ingest {

fhir::Result<Sources> Sources::from(const config::Config& config, store::Store& store) {
  Sources sources;
  for (const config::Source& configured : config.sources) {
    auto source = std::make_unique<ConfiguredSource>();
    config::SourceAdapter loaded = config::load_adapter(configured);
    if (!loaded.adapter) return fhir::invalid("source " + configured.id + ": " + loaded.problems.front().text);
    source->use(std::move(loaded.adapter));
    source->settings = configured.settings;
    auto zone = find_zone(configured.timezone);
    if (!zone) return zone.error();
    source->zone = *zone;

    SourceFacts& facts = source->facts;
    facts.id = configured.id;
    facts.tenant = configured.tenant;
    facts.tenant_no = store.tenant(configured.tenant);
    facts.source = store.source(configured.tenant, configured.id);
    facts.adapter = configured.adapter;
    facts.create_patients = configured.create_patients;
    facts.quarantine_items = configured.quarantine_items;
    facts.quarantine_bytes = configured.quarantine_bytes;
    auto tenant = std::find_if(config.tenants.begin(), config.tenants.end(),
                               [&](const config::Tenant& one) { return one.id == configured.tenant; });
    if (tenant != config.tenants.end()) {
      facts.organization = tenant->organization;
      facts.organization_name = tenant->name;
    }
    sources.sources_.push_back(std::move(source));
  }
  return sources;
}

const ConfiguredSource* Sources::find(std::string_view id) const {
  auto found = std::find_if(sources_.begin(), sources_.end(), [&](const auto& source) { return source->facts.id == id; });
  return found == sources_.end() ? nullptr : found->get();
}

const ConfiguredSource* Sources::find(store::Source number) const {
  auto found =
      std::find_if(sources_.begin(), sources_.end(), [&](const auto& source) { return source->facts.source == number; });
  return found == sources_.end() ? nullptr : found->get();
}

}  // namespace gateway::ingest
