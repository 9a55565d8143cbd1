// What a source makes of a payload, and what it would make of those that wait if its mapping were another: an operator sees it before
// anything is changed. POST /admin/sources/{id}/explain and /preview; neither stores anything.
#pragma once

#include "gateway/api/admin.hpp"

namespace gateway::api {

void add_mapping_routes(http::Router&, const AdminDeps&);

}  // namespace gateway::api
