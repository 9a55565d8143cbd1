// A small configuration, the secrets it names, and what loading says of a changed one.
#pragma once

#include <stdlib.h>

#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tests::config_files {

using gateway::config::Loaded;

inline const char* const minimal = R"(listen:
  - {address: 127.0.0.1, port: 0}
tenants:
  - {id: bodo, name: Bodø kommune, organization: "972418013"}
  - {id: oslo, name: Oslo kommune, organization: "958935420"}
sources:
  - {id: oth, tenant: bodo, adapter: opentele, auth: {bearer: "env:HJEMPORT_TEST_A"}}
clients:
  - {id: centre, tenant: bodo, roles: [response-centre], auth: {bearer: "env:HJEMPORT_TEST_B"}}
)";

struct Secrets {
  Secrets() {
    setenv("HJEMPORT_TEST_A", "a-secret-of-enough-characters", 1);
    setenv("HJEMPORT_TEST_B", "b-secret-of-enough-characters", 1);
    setenv("HJEMPORT_TEST_C", "c-secret-of-enough-characters", 1);
    setenv("HJEMPORT_TEST_SHORT", "short", 1);
    setenv("HJEMPORT_TEST_BLANK", "with a blank in between", 1);
    unsetenv("HJEMPORT_TEST_MISSING");
  }
};

// "12: text" of each problem, without the file.
inline std::vector<std::string> problems(const Loaded& loaded) {
  std::vector<std::string> lines;
  for (const auto& problem : loaded.problems) {
    lines.push_back(std::to_string(problem.line) + ": " + (problem.warning ? "warning: " : "") + problem.text);
  }
  return lines;
}

inline Loaded load_text(const TemporaryFolder& folder, const std::string& text) {
  Secrets secrets;
  return gateway::config::load(folder.write("hjemport.yaml", text));
}

}  // namespace tests::config_files
