// The files of a demonstration: a configuration as an installation would have it, with two tenants, a source for every
// adapter, clients, the example programmes and secrets of its own. Made in a folder, so that it can be looked at and run again.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fhir/result.hpp"
#include "gateway/demo/payloads.hpp"
#include "gateway/runtime/clock.hpp"

namespace gateway::demo {

struct DemoFiles {
  std::filesystem::path config;
  struct Token {
    std::string name, value;  // of a client or source
  };
  std::vector<Token> tokens;
  const std::string& token(std::string_view name) const;  // one that is there
};

struct DemoPorts {
  unsigned short gateway = 0;  // 0: the kernel chooses
  unsigned short sink = 0;
};

// Writes configuration, rules and secrets; secrets that are there already are kept. An existing file that is no
// demonstration's is not overwritten: conflict.
fhir::Result<DemoFiles> write_demo_files(const std::filesystem::path& config, DemoPorts, Random&);

struct DemoSource {
  std::string_view id, tenant, adapter;
};
inline constexpr DemoSource demo_sources[] = {{"sensors-bodo", "bodo", "hjemport"},
                                              {"opentele-bodo", "bodo", "opentele"},
                                              {"telli-bodo", "bodo", "telli"},
                                              {"sensors-oslo", "oslo", "hjemport"},
                                              {"withings-oslo", "oslo", "withings"}};

// The organisation of client `ward` in bodo, which the centre hands over to.
inline constexpr std::string_view demo_ward = "983974910";

// A folder for one run, mode 0700, gone with everything in it when this is.
class TemporaryFolder {
 public:
  TemporaryFolder();  // throws std::system_error
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace gateway::demo
