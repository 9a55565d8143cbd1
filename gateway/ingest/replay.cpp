#include "gateway/ingest/replay.hpp"

namespace gateway::ingest {

fhir::Result<std::shared_ptr<AdmitJob>> Replays::job(store::Reader& reader, QuarantineId id, std::string who,
                                                     fhir::Time now) const {
  std::optional<store::Quarantined> item = reader.quarantined(id);
  if (!item || item->state != store::QuarantineState::waiting) return fhir::not_found("no such waiting item");
  const ConfiguredSource* source = sources_.find(item->source);
  if (source == nullptr) return fhir::not_found("the source of this item is no longer configured");
  std::optional<store::Payload> payload = reader.payload(item->payload);
  if (!payload) return fhir::not_found("the payload of this item is no longer kept");
  std::string_view name = payload->content_type;
  std::optional<store::Key> keep_key;
  if (name.ends_with(withdrawn_mark)) {
    name.remove_suffix(withdrawn_mark.size());
    keep_key = item->key;
  }
  const adapters::Adapter* adapter = adapters::adapter_named(name);
  if (adapter == nullptr) adapter = source->adapter;

  fhir::JsonDocument scratch;
  const adapters::Context context{*source->zone, item->received, scratch};
  fhir::Result<adapters::Decoded> decoded = adapter->decode(payload->bytes, context);
  if (!decoded) return decoded.error();

  std::vector<Prepared> prepared;
  const bool whole = static_cast<adapters::QuarantineReason>(item->reason) == adapters::QuarantineReason::undecodable &&
                     item->key == item->payload;  // nobody could decode it; all of its items are new
  for (std::size_t i = 0; i < decoded->items.size(); ++i) {
    if (!whole && i != item->index) continue;
    prepared.push_back(prepare(decoded->items[i], static_cast<std::uint32_t>(i), payload->bytes, source->facts, keys_, prepare_, now, keep_key));
  }
  if (prepared.empty()) return fhir::invalid("the payload has no such item any more");

  auto raw = std::make_shared<RawPayload>();
  raw->source = &source->facts;
  raw->keys = &keys_;
  raw->adapter = payload->content_type;
  raw->bytes = std::move(payload->bytes);
  raw->received = item->received;
  auto job = std::make_shared<AdmitJob>(source->facts, judge_, std::move(raw), std::move(prepared));
  job->replays(std::move(*item), std::move(who));
  return job;
}

}  // namespace gateway::ingest
