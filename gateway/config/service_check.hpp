// What has to fit together in `service`, `escalation` and the clients they name.
#pragma once

#include "gateway/config/config.hpp"

namespace gateway::config {

struct Reading;

void check_service(const Config&, Reading&);  // the webhooks' URLs and files are the validator's

}  // namespace gateway::config
