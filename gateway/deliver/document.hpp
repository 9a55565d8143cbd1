// The follow-up document of an alarm, with what the store has of its readings and devices. For deliveries and for
// GET /alarms/{id}/document.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "fhir/result.hpp"
#include "gateway/alarms/follow_up.hpp"
#include "gateway/config/config.hpp"
#include "gateway/store/store.hpp"

namespace gateway::deliver {

// By the tenant's configured name.
using Publishers = std::map<std::string, alarms::Publisher, std::less<>>;
Publishers publishers_of(const config::Config&);
const alarms::Publisher& publisher_of(const Publishers&, std::string_view tenant);  // an empty one when there is none

struct FollowUpDocument {
  std::string identifier;  // value of Bundle.identifier
  std::string json;
};

// Readings are shown in the version that was in force when the alarm was closed, so that the document stays the same
// whatever is corrected later; one that is not this patient's, or not kept any more, is left out. Checked against its
// profiles (fhir/follow_up_checks.hpp): what does not fit is never sent.
//
// Conflict: the alarm has none (alarms::closing_of). Internal: it does not fit; the first problem is named.
fhir::Result<FollowUpDocument> follow_up(store::Reader&, const alarms::Alarm&, const alarms::Publisher&);

}  // namespace gateway::deliver
