// The tenants' services as the configuration says them, with time zones and numbers looked up.
#pragma once

#include "gateway/alarms/service.hpp"
#include "gateway/config/config.hpp"
#include "gateway/store/store.hpp"

namespace gateway::timers {

// Throws std::invalid_argument for a zone the validator of the configuration refuses.
alarms::Services services_of(const config::Config&, store::Store&);

}  // namespace gateway::timers
