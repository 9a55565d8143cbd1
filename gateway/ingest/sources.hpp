// The configured sources as the ingest path uses them: facts, adapter, zone. Immutable after start but for the adapter, which a reload
// of its mapping replaces; shared by all threads.
#pragma once

#include <memory>
#include <mutex>
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
  std::shared_ptr<const adapters::Zone> zone;
  adapters::Settings settings;

  // Never null. Held for as long as one payload takes: a replacement meanwhile is for the next.
  std::shared_ptr<const adapters::Adapter> adapter() const {
    const std::lock_guard lock(mutex_);
    return adapter_;
  }
  void use(std::shared_ptr<const adapters::Adapter> adapter) {
    const std::lock_guard lock(mutex_);
    adapter_ = std::move(adapter);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const adapters::Adapter> adapter_;
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
