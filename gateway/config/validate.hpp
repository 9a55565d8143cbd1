// What must fit together in a configuration that was read: names that exist, ids and secrets that are one's own,
// addresses, files, zones, periods. Adds problems with the places the reading noted.
#pragma once

#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

struct Reading;

struct Listener {
  http::Listen listen;
  bool behind_proxy = false;
};

// A configuration before it is known to be good.
struct Draft {
  Config config;
  std::vector<Listener> listeners;  // validate() fills config.listen from them
};

void validate(Draft&, Reading&);

}  // namespace gateway::config
