// What of the quarantine is meant, by the names that GET /admin/quarantine and the bulk actions share.
#pragma once

#include <string>
#include <string_view>

#include "gateway/http/request.hpp"
#include "gateway/ingest/sources.hpp"
#include "gateway/store/store.hpp"

namespace gateway::api {

std::string_view quarantine_state_name(store::QuarantineState);

// What waits in a tenant.
store::QuarantineFilter waiting_quarantine(store::Tenant);
// source, state, reason, kind, subject, after, limit; a source is of filter.tenant or not found.
fhir::Result<void> set_quarantine_filter(store::QuarantineFilter& filter, std::string_view name, const std::string& value,
                                         const ingest::Sources&);
// Of the request's query and its caller's tenant.
fhir::Result<store::QuarantineFilter> quarantine_filter(const http::Request&, const ingest::Sources&);

}  // namespace gateway::api
