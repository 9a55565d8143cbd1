// Whether a listener's TLS files can be used, told before it starts.
#pragma once

#include <string>
#include <vector>

#include "gateway/http/server.hpp"

namespace gateway::config {

// Each problem begins with the setting it is about: "certificate", "key" or "client_ca".
struct TlsProblem {
  const char* setting;
  std::string text;
};
std::vector<TlsProblem> check_tls_files(const http::TlsFiles&);

}  // namespace gateway::config
