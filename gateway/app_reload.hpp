// The configuration read again while the gateway runs: sources (with their mappings) and clients change at once, everything else waits
// for a restart and is named. A file with errors changes nothing.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/api/reload.hpp"
#include "gateway/auth/authenticate.hpp"
#include "gateway/config/config.hpp"
#include "gateway/ingest/sources.hpp"
#include "gateway/journal/committer.hpp"

namespace gateway {

class Reload {
 public:
  struct Means {
    ingest::Sources& sources;
    store::Store& store;
    journal::Committer& committer;
    // What a configuration lets in, made ready; calling the result puts it in force. Throws when it cannot be made.
    std::function<std::function<void()>(const config::Config&)> admission;
  };
  Reload(const config::Config& running, Means means);

  // Blocks: files, and a commit when a name is new. Any thread but the committer's and the loops'; one run at a time.
  api::ReloadReport run();

 private:
  api::ReloadReport apply(const config::Loaded&);
  using Made = std::vector<std::unique_ptr<ingest::ConfiguredSource>>;
  fhir::Result<Made> make(const std::vector<const config::Source*>&, const config::Config&);

  std::filesystem::path file_;
  Means means_;
  std::mutex mutex_;
  config::Loaded last_;  // only its texts
};

}  // namespace gateway
