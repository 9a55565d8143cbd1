#include "gateway/ingest/sources.hpp"

#include <algorithm>
#include <utility>

#include "gateway/config/source_adapter.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::ingest {

fhir::Result<std::unique_ptr<ConfiguredSource>> Sources::make(const config::Source& configured, const config::Config& config,
                                                             store::Store& store) {
  auto source = std::make_unique<ConfiguredSource>();
  config::SourceAdapter loaded = config::load_adapter(configured);
  if (!loaded.adapter) {
    const auto fault = std::find_if(loaded.problems.begin(), loaded.problems.end(), [](const auto& one) { return !one.warning; });
    return fhir::invalid("source " + configured.id + ": " + config::text(*fault));
  }
  source->adapter = std::move(loaded.adapter);
  source->settings = configured.settings;
  source->configured = configured;
  source->configured.bearer.clear();
  source->configured.auth = {};
  source->configured.pull.reset();
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
  facts.watches_devices = configured.device_silent_after > std::chrono::seconds(0);
  facts.quarantine_items = configured.quarantine_items;
  facts.quarantine_bytes = configured.quarantine_bytes;
  auto tenant = std::find_if(config.tenants.begin(), config.tenants.end(),
                             [&](const config::Tenant& one) { return one.id == configured.tenant; });
  if (tenant != config.tenants.end()) {
    facts.organization = tenant->organization;
    facts.organization_name = tenant->name;
  }
  return source;
}

fhir::Result<Sources> Sources::from(const config::Config& config, store::Store& store) {
  Sources sources;
  for (const config::Source& configured : config.sources) {
    auto source = make(configured, config, store);
    if (!source) return source.error();
    sources.sources_.push_back(std::move(*source));
  }
  return sources;
}

const ConfiguredSource* Sources::find(std::string_view id) const {
  const std::shared_lock lock(*mutex_);
  const auto found =
      std::find_if(sources_.begin(), sources_.end(), [&](const auto& source) { return source->facts.id == id; });
  return found == sources_.end() ? nullptr : found->get();
}

const ConfiguredSource* Sources::find(store::Source number) const {
  const std::shared_lock lock(*mutex_);
  const auto found =
      std::find_if(sources_.begin(), sources_.end(), [&](const auto& source) { return source->facts.source == number; });
  return found == sources_.end() ? nullptr : found->get();
}

std::vector<const ConfiguredSource*> Sources::all() const {
  const std::shared_lock lock(*mutex_);
  std::vector<const ConfiguredSource*> all;
  for (const auto& source : sources_) all.push_back(source.get());
  return all;
}

Sources::Found::iterator Sources::place(std::string_view id) {
  return std::find_if(sources_.begin(), sources_.end(), [&](const auto& source) { return source->facts.id == id; });
}

void Sources::put(std::unique_ptr<ConfiguredSource> source) {
  const std::unique_lock lock(*mutex_);
  const auto known = place(source->facts.id);
  if (known == sources_.end()) {
    sources_.push_back(std::move(source));
    return;
  }
  retired_.push_back(std::exchange(*known, std::move(source)));
}

void Sources::remove(std::string_view id) {
  const std::unique_lock lock(*mutex_);
  const auto known = place(id);
  if (known == sources_.end()) return;
  retired_.push_back(std::move(*known));
  sources_.erase(known);
}

}  // namespace gateway::ingest
