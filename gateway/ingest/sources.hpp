// The configured sources as the ingest path uses them: facts, adapter, zone. Shared by all threads; a reload puts others in their
// place while payloads come in.
#pragma once

#include <memory>
#include <shared_mutex>
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

// Never changes: a reload puts another one in its place.
struct ConfiguredSource {
  SourceFacts facts;
  config::Source configured;  // without its secrets; to try a change of its files
  std::shared_ptr<const adapters::Zone> zone;
  adapters::Settings settings;
  std::shared_ptr<const adapters::Adapter> adapter;  // never null
};

class Sources {
 public:
  // Start-up: names were validated by the configuration's loader; a missing zone is still an error here.
  static fhir::Result<Sources> from(const config::Config&, store::Store&);

  // Null when there is none. What is found stays valid as long as this object, also when a reload takes it out of use; so it is looked
  // up for each payload.
  const ConfiguredSource* find(std::string_view id) const;
  const ConfiguredSource* find(store::Source) const;
  std::vector<const ConfiguredSource*> all() const;

  // -- reload; one thread at a time
  // A source of this configuration, made but not yet found. On the committer's thread when its name may be new (Store::source).
  static fhir::Result<std::unique_ptr<ConfiguredSource>> make(const config::Source&, const config::Config&, store::Store&);
  // Found from now on instead of the one with its id, if there is one.
  void put(std::unique_ptr<ConfiguredSource>);
  void remove(std::string_view id);

 private:
  using Found = std::vector<std::unique_ptr<ConfiguredSource>>;
  Found::iterator place(std::string_view id);  // under the lock

  std::unique_ptr<std::shared_mutex> mutex_ = std::make_unique<std::shared_mutex>();
  Found sources_;
  // Out of use since a reload. Kept: work under way refers to them, and reloads are few.
  Found retired_;
};

}  // namespace gateway::ingest
