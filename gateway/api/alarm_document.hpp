// GET /alarms/{id}/document: the follow-up document of an alarm that a person resolved, the same bytes that a
// destination with `send: [follow-up]` is sent.
#pragma once

#include "gateway/auth/audit.hpp"
#include "gateway/deliver/document.hpp"
#include "gateway/http/router.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct AlarmDocumentDeps {
  store::ReadPool& reads;
  auth::AuditTrail& audit;
  deliver::Publishers publishers;
};

void add_alarm_document_route(http::Router&, const AlarmDocumentDeps&);

}  // namespace gateway::api
