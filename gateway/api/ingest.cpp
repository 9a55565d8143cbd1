#include "gateway/api/ingest.hpp"

#include <algorithm>

#include "fhir/operation_outcome.hpp"
#include "gateway/ingest/admit.hpp"

namespace gateway::api {
namespace {

using ingest::ConfiguredSource;
using ingest::ItemResult;
using ingest::Prepared;
using ingest::RawPayload;

// Keeps the bytes of a payload nobody could decode: once per digest, bounded per source.
class KeepUndecodable : public journal::AwaitedJob {
 public:
  KeepUndecodable(const ingest::SourceFacts& source, std::shared_ptr<const RawPayload> raw, std::string note)
      : source_(source), raw_(std::move(raw)), note_(std::move(note)) {}
  void decide(journal::Working& working) override {
    ingest::Holding holding;
    holding.key = raw_->digest();
    holding.reason = adapters::QuarantineReason::undecodable;
    holding.note = note_;
    kept_ = ingest::hold(working, source_, *raw_, holding);
  }
  QuarantineId kept() const { return kept_; }

 private:
  const ingest::SourceFacts& source_;
  std::shared_ptr<const RawPayload> raw_;
  std::string note_;
  QuarantineId kept_;
};

void count(const std::vector<ItemResult>& results, fhir::Time received, SourceMetrics& metrics) {
  for (const ItemResult& result : results) {
    metrics.received.add();
    switch (result.outcome) {
      case ingest::Outcome::accepted:
        metrics.accepted.add();
        metrics.newest.set(std::chrono::duration<double>(received.time_since_epoch()).count());
        break;
      case ingest::Outcome::duplicate: metrics.duplicate.add(); break;
      case ingest::Outcome::amended: metrics.amended.add(); break;
      case ingest::Outcome::quarantined: {
        for (std::size_t i = 0; i < metrics.quarantined.size(); ++i) {
          if (result.reason == adapters::name(static_cast<adapters::QuarantineReason>(i))) metrics.quarantined[i].add();
        }
        break;
      }
      case ingest::Outcome::ignored: {
        for (std::size_t i = 0; i < metrics.ignored.size(); ++i) {
          if (result.reason == adapters::name(static_cast<adapters::IgnoreReason>(i))) metrics.ignored[i].add();
        }
        break;
      }
    }
  }
}

// Events first, in a job of their own, then the rest in slices; payload order within each.
struct Slice {
  store::Lane lane;
  std::vector<Prepared> items;
};

std::vector<Slice> slices(std::vector<Prepared> items) {
  std::vector<Slice> out;
  Slice urgent{store::Lane::urgent, {}};
  Slice bulk{store::Lane::bulk, {}};
  for (Prepared& item : items) {
    if (std::holds_alternative<ingest::PreparedEvent>(item)) {
      urgent.items.push_back(std::move(item));
      continue;
    }
    bulk.items.push_back(std::move(item));
    if (bulk.items.size() == ingest::slice_items) out.push_back(std::exchange(bulk, Slice{store::Lane::bulk, {}}));
  }
  if (!bulk.items.empty()) out.push_back(std::move(bulk));
  if (!urgent.items.empty()) out.insert(out.begin(), std::move(urgent));
  return out;
}

http::Awaitable<http::Response> receive(http::Request& request, const IngestDeps& deps) {
  const ConfiguredSource* source = deps.sources.find(request.capture("source"));
  if (source == nullptr) {
    co_return http::error_response(404, "no such source", http::ErrorBody::operation_outcome);
  }
  SourceMetrics& metrics = deps.metrics.source(source->facts.tenant, source->facts.id);
  metrics.payloads.add();
  const fhir::Time received = deps.clock.now();

  thread_local fhir::JsonDocument scratch;
  const adapters::Context context{*source->zone, received, scratch};
  fhir::Result<adapters::Decoded> decoded = source->adapter->decode(request.body, context);

  auto raw = std::make_shared<RawPayload>();
  raw->source = &source->facts;
  raw->keys = &deps.keys;
  raw->adapter = source->facts.adapter;
  raw->received = received;
  raw->bytes = std::move(request.body);  // any reading may turn out to be unplaced, so the bytes go along
  if (!decoded && decoded.error().category == fhir::ErrorCategory::too_large) {
    co_return http::error_response(decoded.error(), http::ErrorBody::operation_outcome);
  }
  if (!decoded) {
    metrics.undecodable.add();
    auto job = std::make_shared<KeepUndecodable>(source->facts, raw, decoded.error().detail);
    fhir::Result<void> kept = co_await journal::commit(deps.committer, job, store::Lane::bulk);
    if (!kept) co_return http::error_response(kept.error(), http::ErrorBody::operation_outcome);
    std::string detail = decoded.error().detail;
    detail.append(" (kept in quarantine as ").append(job->kept().text()).append(")");
    co_return http::error_response(400, detail, http::ErrorBody::operation_outcome);
  }

  std::vector<Prepared> prepared;
  prepared.reserve(decoded->items.size());
  ingest::PayloadKey payload(deps.keys, source->facts, raw->bytes);
  for (std::size_t i = 0; i < decoded->items.size(); ++i) {
    prepared.push_back(ingest::prepare(decoded->items[i], static_cast<std::uint32_t>(i), payload, source->facts, deps.keys,
                                       deps.prepare, received));
  }
  std::vector<ItemResult> results;
  results.reserve(prepared.size());
  for (Slice& slice : slices(std::move(prepared))) {
    auto job = std::make_shared<ingest::AdmitJob>(source->facts, deps.judge, raw, std::move(slice.items));
    fhir::Result<void> stored = co_await journal::commit(deps.committer, job, slice.lane);
    if (!stored) {
      metrics.refused_busy.add();
      // Earlier slices are stored; the vendor's retry of the whole payload finds them as duplicates (invariant 1).
      co_return http::error_response(stored.error(), http::ErrorBody::operation_outcome);
    }
    count(job->results(), received, metrics);
    results.insert(results.end(), job->results().begin(), job->results().end());
  }
  std::sort(results.begin(), results.end(), [](const ItemResult& a, const ItemResult& b) { return a.index < b.index; });
  co_return http::json_response(200, ingest::answer_json(results));
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
  thread_local fhir::JsonDocument scratch;
  const fhir::Time received = deps.clock.now();
  auto decoded = source->adapter->decode(request.body, adapters::Context{*source->zone, received, scratch});
  if (!decoded) co_return http::error_response(decoded.error(), http::ErrorBody::operation_outcome);
  std::vector<ItemResult> results;
  ingest::PayloadKey payload(deps.keys, source->facts, request.body);
  for (std::size_t i = 0; i < decoded->items.size(); ++i) {
    const auto index = static_cast<std::uint32_t>(i);
    Prepared one = ingest::prepare(decoded->items[i], index, payload, source->facts, deps.keys, deps.prepare, received);
    ItemResult result;
    result.index = index;
    result.outcome = std::holds_alternative<ingest::PreparedReading>(one) ? ingest::Outcome::accepted : ingest::Outcome::ignored;
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
