// What a `fhir` destination is sent: a conditional update by our own opaque identifier, so that a repeat changes
// nothing. Pure; who sends it and when is the lane's business.
//
// It is the newest version of the thing that is sent, not the one the journal entry was written for: a repeat after a
// restart, or a dead letter taken back, then never puts an older content over a newer one.
//
// A document is the exception: it is what was so when it was made and never changes, so it is a conditional create. The
// receiver has an earlier one of the same alarm already, and the new one says that it replaces it.
#pragma once

#include <string>
#include <string_view>

#include "fhir/json_reader.hpp"
#include "fhir/result.hpp"
#include "gateway/config/config.hpp"
#include "gateway/deliver/http_client.hpp"
#include "gateway/store/rows.hpp"

namespace gateway::deliver {

// What an observation is updated by at the receiver: the identifier in the resource. Empty when it has none of ours.
std::string observation_identifier(const store::Observation&);

// `newest` is the stored observation as it is now; `position` the entry's.
fhir::Result<HttpRequest> observation_request(const config::Destination&, store::Position position,
                                              const store::Observation& newest);
// `issue`: the alarm as DetectedIssue (alarms/detected_issue.hpp), of alarm version `version`.
fhir::Result<HttpRequest> alarm_request(const config::Destination&, store::Position position, AlarmId id,
                                        std::uint32_t version, std::string_view issue);

// `document`: a Bundle of type document with this Bundle.identifier.
HttpRequest document_request(const config::Destination&, const std::string& identifier, std::string document);

// The resource as another server may store it: without our id, version and time. Unless `local_references`, references
// that only mean something here ("Patient/…") are taken out; identifier, type and display stay, and what has none of
// them goes entirely.
std::string sendable(fhir::JsonValue resource, bool local_references);

}  // namespace gateway::deliver
