// The configured sources as the ingest path uses them: facts, adapter, zone. Immutable after start; shared by all threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/adapter.hpp"
#include "fhir/result.hpp"
#include "gateway/config/config.hpp"
#include "gateway/ingest/prepare.hpp"
#include "gateway/store/store.hpp"

namespace gateway::ingest {

struct ConfiguredSource {
  SourceFacts facts;
  const adapters::Adapter* adapter = nullptr;
  std::shared_ptr<const adapters::Zone> zone;
};

class Sources {
 public:
  // Start-up: names were validated by the configuration's loader; a missing zone is still an error here.
  static fhir::Result<Sources> from(const config::Config&, store::Store&);

  const ConfiguredSource* find(std::string_view id) const;         // null when there is none
  const ConfiguredSource* find(store::Source) const;
  const std::vector<std::unique_ptr<ConfiguredSource>>& all() const { return sources_; }

 private:
  std::vector<std::unique_ptr<ConfiguredSource>> sources_;
};

}  // namespace gateway::ingest
