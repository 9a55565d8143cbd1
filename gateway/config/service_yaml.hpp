// `service` and `escalation` from YAML: keys, types and ranges. What has to fit together is service_check's.
#pragma once

#include <string>

#include "gateway/config/service_times.hpp"

namespace gateway::config {

class Section;

ServiceTimes read_service(Section&, const std::string& timezone);
Escalation read_escalation(Section&);

}  // namespace gateway::config
