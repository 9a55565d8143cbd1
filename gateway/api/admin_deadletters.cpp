#include <algorithm>

#include "fhir/json_writer.hpp"
#include "gateway/api/admin.hpp"
#include "gateway/api/admin_routes.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/deliver/deadletters.hpp"

namespace gateway::api {
namespace {

constexpr std::size_t page = 200;

constexpr std::string_view state_names[] = {"waiting", "retrying", "parked"};

// A delivery and what it was to deliver, by our ids.
struct Shown {
  store::Delivery delivery;
  std::optional<store::JournalEntry> entry;
};

std::string_view what(store::Entry kind) {
  switch (kind) {
    case store::Entry::observation: return "Observation";
    case store::Entry::alarm: return "Alarm";
    case store::Entry::document: return "Document";
    default: return "Entry";
  }
}

void write_shown(fhir::JsonWriter& writer, const Shown& shown) {
  const store::Delivery& delivery = shown.delivery;
  writer.begin_object().member("id", delivery.id.text()).member("destination", delivery.destination);
  writer.member("state", state_names[static_cast<std::size_t>(delivery.state)]).member("position", delivery.position);
  if (shown.entry) {
    writer.member("what", std::string(what(shown.entry->kind)) + "/" + id_text(shown.entry->ref));
    writer.member("version", static_cast<std::int64_t>(shown.entry->version));
  }
  if (delivery.patient) writer.member("patient", delivery.patient.text());
  writer.member("attempts", static_cast<std::int64_t>(delivery.attempts)).member_if("reason", delivery.reason);
  writer.end_object();
}

Shown with_entry(store::Reader& reader, store::Delivery delivery) {
  std::vector<store::JournalEntry> entries = reader.journal(delivery.position - 1, 1);
  Shown shown{std::move(delivery), std::nullopt};
  if (!entries.empty() && entries.front().position == shown.delivery.position) shown.entry = std::move(entries.front());
  return shown;
}

http::Awaitable<http::Response> list(http::Request& request, const AdminDeps& deps) {
  auto parameters = http::parse_form(request.query);
  if (!parameters) co_return problem(400, "the query cannot be read");
  std::string only;
  for (const auto& [name, value] : *parameters) {
    if (name != "destination") co_return problem(400, "unknown parameter; destination is known");
    only = value;
  }
  std::vector<std::string> destinations;
  for (const config::Destination& destination : deps.config.destinations) {
    const bool asked = only.empty() || destination.id == only;
    if (asked && destination.tenant == request.actor->tenant_name) destinations.push_back(destination.id);
  }
  if (!only.empty() && destinations.empty()) co_return problem(404, "no such destination");
  std::function<fhir::Result<std::vector<Shown>>(store::Reader&)> read = [destinations](store::Reader& reader) {
    std::vector<Shown> all;
    for (const std::string& destination : destinations) {
      for (store::Delivery& delivery : deliver::dead_letters(reader, destination, page)) {
        all.push_back(with_entry(reader, std::move(delivery)));
      }
    }
    return fhir::Result<std::vector<Shown>>(std::move(all));
  };
  auto found = co_await deps.reads.run<std::vector<Shown>>(std::move(read));
  if (!found) co_return problem(found.error());
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("items").begin_array();
  for (const Shown& shown : *found) write_shown(writer, shown);
  writer.end_array().end_object();
  co_return http::json_response(200, std::move(out));
}

http::Awaitable<http::Response> show(http::Request& request, const AdminDeps& deps) {
  auto id = DeliveryId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such dead letter");
  const store::Tenant tenant = request.actor->tenant;
  std::function<fhir::Result<Shown>(store::Reader&)> read = [id, tenant](store::Reader& reader) -> fhir::Result<Shown> {
    auto delivery = reader.delivery(*id);
    if (!delivery || delivery->tenant != tenant) return fhir::not_found("no such dead letter");
    return with_entry(reader, std::move(*delivery));
  };
  auto found = co_await deps.reads.run<Shown>(std::move(read));
  if (!found) co_return problem(found.error());
  std::string out;
  fhir::JsonWriter writer(out);
  write_shown(writer, *found);
  co_return http::json_response(200, std::move(out));
}

http::Awaitable<http::Response> retry(http::Request& request, const AdminDeps& deps) {
  auto id = DeliveryId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such dead letter");
  auto job = std::make_shared<deliver::RetryDeadLetter>(*id, request.actor->tenant, request.actor->id);
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::bulk);
  if (!done) co_return problem(done.error());
  co_return http::Response(202, "", "");
}

http::Awaitable<http::Response> discard(http::Request& request, const AdminDeps& deps) {
  auto id = DeliveryId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such dead letter");
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  auto reason = body->root()["reason"].as_string();
  if (!reason || reason->empty()) co_return problem(400, "reason: say why this delivery is given up for good");
  auto job = std::make_shared<deliver::DiscardDeadLetter>(*id, request.actor->tenant, request.actor->id, std::string(*reason));
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::bulk);
  if (!done) co_return problem(done.error());
  co_return http::Response(204, "", "");
}

http::Awaitable<http::Response> destinations(http::Request& request, const AdminDeps& deps) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("destinations").begin_array();
  for (const deliver::Forwarder::Shown& shown : deps.forwarder.shown()) {
    if (shown.destination.tenant != request.actor->tenant_name) continue;
    writer.begin_object().member("id", shown.destination.id).member("lag_entries", shown.counts.lag_entries.load());
    writer.member("in_flight", shown.counts.in_flight.load()).member("retrying", shown.counts.retrying.load());
    writer.member("dead_letters", shown.counts.dead_letters.load()).member("breaker_open", shown.counts.breaker_open.load());
    writer.member("delivered", shown.counts.delivered.load()).end_object();
  }
  writer.end_array().end_object();
  co_return http::json_response(200, std::move(out));
}

}  // namespace

void add_deadletter_routes(http::Router& router, const AdminDeps& deps) {
  AdminRoutes routes(router, deps);
  routes.add(http::Method::get, "/admin/destinations", &destinations);
  routes.add(http::Method::get, "/admin/deadletters", &list);
  routes.add(http::Method::get, "/admin/deadletters/{id}", &show);
  routes.add(http::Method::post, "/admin/deadletters/{id}/retry", &retry);
  routes.add(http::Method::post, "/admin/deadletters/{id}/discard", &discard);
}

}  // namespace gateway::api
