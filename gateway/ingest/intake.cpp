#include "gateway/ingest/intake.hpp"

#include <algorithm>

#include "gateway/ingest/admit.hpp"

namespace gateway::ingest {
namespace {

// Keeps the bytes of a payload nobody could decode: once per digest, bounded per source.
class KeepUndecodable : public journal::AwaitedJob {
 public:
  KeepUndecodable(const SourceFacts& source, std::shared_ptr<const RawPayload> raw, std::string note)
      : source_(source), raw_(std::move(raw)), note_(std::move(note)) {}
  void decide(journal::Working& working) override {
    Holding holding;
    holding.key = raw_->digest();
    holding.reason = adapters::QuarantineReason::undecodable;
    holding.note = note_;
    kept_ = hold(working, source_, *raw_, holding);
  }
  QuarantineId kept() const { return kept_; }

 private:
  const SourceFacts& source_;
  std::shared_ptr<const RawPayload> raw_;
  std::string note_;
  QuarantineId kept_;
};

void count(const std::vector<ItemResult>& results, fhir::Time received, SourceMetrics& metrics) {
  for (const ItemResult& result : results) {
    metrics.received.add();
    switch (result.outcome) {
      case Outcome::accepted:
        metrics.accepted.add();
        metrics.newest.set(std::chrono::duration<double>(received.time_since_epoch()).count());
        break;
      case Outcome::duplicate: metrics.duplicate.add(); break;
      case Outcome::amended: metrics.amended.add(); break;
      case Outcome::quarantined: {
        for (std::size_t i = 0; i < metrics.quarantined.size(); ++i) {
          if (result.reason == adapters::name(static_cast<adapters::QuarantineReason>(i))) metrics.quarantined[i].add();
        }
        break;
      }
      case Outcome::ignored: {
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
    if (std::holds_alternative<PreparedEvent>(item)) {
      urgent.items.push_back(std::move(item));
      continue;
    }
    bulk.items.push_back(std::move(item));
    if (bulk.items.size() == slice_items) out.push_back(std::exchange(bulk, Slice{store::Lane::bulk, {}}));
  }
  if (!bulk.items.empty()) out.push_back(std::move(bulk));
  if (!urgent.items.empty()) out.insert(out.begin(), std::move(urgent));
  return out;
}

}  // namespace

adapters::Fate Receipt::fate() const {
  using What = adapters::Fate::What;
  if (refusal) return {undecodable ? What::undecodable : What::refused, refusal->detail, 0};
  const auto waiting = std::count_if(results.begin(), results.end(),
                                     [](const ItemResult& result) { return result.outcome == Outcome::quarantined; });
  return {What::stored, {}, static_cast<std::size_t>(waiting)};
}

fhir::Result<std::vector<Prepared>> Intake::prepared(const ConfiguredSource& source, std::string_view bytes,
                                                     fhir::Time received) const {
  thread_local fhir::JsonDocument scratch;
  fhir::Result<adapters::Decoded> decoded =
      source.adapter->decode(bytes, {*source.zone, received, scratch, source.settings});
  if (!decoded) return decoded.error();
  watched_.decoded(source.facts.id, bytes, *decoded, received);
  std::vector<Prepared> out;
  out.reserve(decoded->items.size());
  PayloadKey payload(keys_, source.facts, bytes);
  for (std::size_t i = 0; i < decoded->items.size(); ++i) {
    out.push_back(
        prepare(decoded->items[i], static_cast<std::uint32_t>(i), payload, source.facts, keys_, prepare_, received));
  }
  return out;
}

http::Awaitable<Receipt> Intake::keep_undecodable(const ConfiguredSource& source, std::string bytes, fhir::Time received,
                                                  fhir::Error error) const {
  metrics_.source(source.facts.tenant, source.facts.id).undecodable.add();
  auto raw = std::make_shared<RawPayload>();
  raw->source = &source.facts;
  raw->keys = &keys_;
  raw->adapter = source.facts.adapter;
  raw->received = received;
  raw->bytes = std::move(bytes);
  auto job = std::make_shared<KeepUndecodable>(source.facts, std::move(raw), error.detail);
  fhir::Result<void> kept = co_await journal::commit(committer_, job, store::Lane::bulk);
  Receipt receipt;
  if (!kept) {
    receipt.refusal = kept.error();
    co_return receipt;
  }
  receipt.refusal = std::move(error);
  receipt.undecodable = true;
  receipt.kept = job->kept();
  co_return receipt;
}

http::Awaitable<Receipt> Intake::keep(const ConfiguredSource& source, std::string bytes, fhir::Error why) const {
  metrics_.source(source.facts.tenant, source.facts.id).payloads.add();
  const fhir::Time received = clock_.now();
  heard_.undecodable(source.facts.source);
  Receipt receipt = co_await keep_undecodable(source, std::move(bytes), received, std::move(why));
  co_return receipt;
}

http::Awaitable<Receipt> Intake::take(const ConfiguredSource& source, std::string bytes) const {
  SourceMetrics& metrics = metrics_.source(source.facts.tenant, source.facts.id);
  metrics.payloads.add();
  const fhir::Time received = clock_.now();
  Receipt receipt;
  if (watched_.refuses(source.facts.id, bytes, received)) {
    metrics.refused_busy.add();
    receipt.refusal = fhir::Error(fhir::ErrorCategory::busy, "refused once on purpose, to see it sent again");
    co_return receipt;
  }
  fhir::Result<std::vector<Prepared>> items = prepared(source, bytes, received);
  if (!items && items.error().category == fhir::ErrorCategory::too_large) {
    receipt.refusal = items.error();
    co_return receipt;
  }
  if (!items) {
    watched_.undecodable(source.facts.id, bytes, received);
    heard_.undecodable(source.facts.source);
    receipt = co_await keep_undecodable(source, std::move(bytes), received, items.error());
    co_return receipt;
  }
  auto raw = std::make_shared<RawPayload>();
  raw->source = &source.facts;
  raw->keys = &keys_;
  raw->adapter = source.facts.adapter;
  raw->received = received;
  raw->bytes = std::move(bytes);  // any reading may turn out to be unplaced, so the bytes go along
  receipt.results.reserve(items->size());
  std::vector<HeardDevice> devices;
  bool technical = false;
  for (Slice& slice : slices(std::move(*items))) {
    auto job = std::make_shared<AdmitJob>(source.facts, judge_, raw, std::move(slice.items));
    fhir::Result<void> stored = co_await journal::commit(committer_, job, slice.lane);
    if (!stored) {
      metrics.refused_busy.add();
      receipt.results.clear();
      receipt.refusal = stored.error();
      co_return receipt;
    }
    count(job->results(), received, metrics);
    receipt.results.insert(receipt.results.end(), job->results().begin(), job->results().end());
    devices.insert(devices.end(), job->heard().begin(), job->heard().end());
    technical = technical || job->technical();
  }
  heard_.payload(source.facts.source, receipt.results, std::move(devices), technical, received);
  watched_.stored(source.facts.id, receipt.results, received);
  std::sort(receipt.results.begin(), receipt.results.end(),
            [](const ItemResult& a, const ItemResult& b) { return a.index < b.index; });
  co_return receipt;
}

}  // namespace gateway::ingest
