// /admin/recalls: readings taken back by what measured them. POST asks (or only counts, with dry_run), the background carries it out;
// GET tells how far each is.
#pragma once

#include "gateway/api/admin.hpp"

namespace gateway::api {

void add_recall_routes(http::Router&, const AdminDeps&);

}  // namespace gateway::api
