#include "gateway/api/ingest.hpp"

#include "fhir/operation_outcome.hpp"
#include "gateway/auth/actor.hpp"

namespace gateway::api {
namespace {

using ingest::ConfiguredSource;

http::Response refused(const ingest::Receipt& receipt) {
  if (!receipt.undecodable) return http::error_response(*receipt.refusal, http::ErrorBody::operation_outcome);
  std::string detail = receipt.refusal->detail;
  detail.append(" (kept in quarantine as ").append(receipt.kept.text()).append(")");
  return http::error_response(400, detail, http::ErrorBody::operation_outcome);
}

// A format with an acknowledgement of its own gets it, with the status that says the same to a plain HTTP client.
http::Response answered(const ConfiguredSource& source, std::string_view payload, const ingest::Receipt& receipt, fhir::Time now) {
  http::Response response = receipt.refusal ? refused(receipt) : http::json_response(200, ingest::answer_json(receipt.results));
  if (!source.adapter->answer) return response;
  adapters::Reply reply = source.adapter->answer(payload, receipt.fate(), now, source.settings);
  response.body = std::move(reply.body);
  response.content_type = std::move(reply.content_type);
  return response;
}

http::Awaitable<http::Response> receive(http::Request& request, const IngestDeps& deps) {
  const ConfiguredSource* source = deps.sources.find(request.capture("source"));
  if (source == nullptr) {
    co_return http::error_response(404, "no such source", http::ErrorBody::operation_outcome);
  }
  std::string payload;
  const bool pulled = deps.puller != nullptr && deps.puller->pulls(source->facts.id);
  // The acknowledgement repeats the message's number; a notification is small.
  if (source->adapter->answer || (pulled && request.body.size() <= pull::notification_bytes)) payload = request.body;
  const ingest::Receipt receipt = co_await deps.intake.take(*source, std::move(request.body));
  if (pulled && !receipt.refusal) deps.puller->hint(source->facts.id, payload);
  // Fitbit takes anything but 204 for a failure and ends the subscription.
  if (!receipt.refusal && request.actor && request.actor->answers_empty) co_return http::Response(204, "", "");
  co_return answered(*source, payload, receipt, deps.clock.now());
}

// Vendors whose set-up probes the address before they send.
http::Awaitable<http::Response> probe(http::Request& request, const IngestDeps& deps) {
  if (deps.sources.find(request.capture("source")) == nullptr) {
    co_return http::error_response(404, "no such source", http::ErrorBody::operation_outcome);
  }
  co_return http::Response(204, "", "");
}

#ifdef HJEMPORT_BENCH
// The same bytes authenticated, decoded and prepared, and nothing stored: what the store and the judging cost is the difference.
http::Awaitable<http::Response> decode_only(http::Request& request, const IngestDeps& deps) {
  const ConfiguredSource* source = deps.sources.find(request.capture("source"));
  if (source == nullptr) co_return http::error_response(404, "no such source", http::ErrorBody::operation_outcome);
  auto items = deps.intake.prepared(*source, request.body, deps.clock.now());
  if (!items) co_return http::error_response(items.error(), http::ErrorBody::operation_outcome);
  std::vector<ingest::ItemResult> results;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const bool reading = std::holds_alternative<ingest::PreparedReading>((*items)[i]);
    ingest::ItemResult result;
    result.index = static_cast<std::uint32_t>(i);
    result.outcome = reading ? ingest::Outcome::accepted : ingest::Outcome::ignored;
    results.push_back(std::move(result));
  }
  co_return http::json_response(200, ingest::answer_json(results));
}
#endif

}  // namespace

void add_ingest_routes(http::Router& router, const IngestDeps& deps) {
  http::Route post;
  post.method = http::Method::post;
  post.pattern = "/ingest/{source}";
  post.roles = static_cast<http::Roles>(http::Role::source);
  post.errors = http::ErrorBody::operation_outcome;
  post.handler = [&deps](http::Request& request) { return receive(request, deps); };
  router.add(post);

  http::Route get = post;
  get.method = http::Method::get;
  get.handler = [&deps](http::Request& request) { return probe(request, deps); };
  router.add(get);

#ifdef HJEMPORT_BENCH
  http::Route bench = post;
  bench.pattern = "/bench/{source}";
  bench.handler = [&deps](http::Request& request) { return decode_only(request, deps); };
  router.add(bench);
#endif
}

}  // namespace gateway::api
