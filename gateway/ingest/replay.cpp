#include "gateway/ingest/replay.hpp"

#include "fhir/observation.hpp"

namespace gateway::ingest {

namespace {

// A reading that was withdrawn from a patient, whole as it was stored: its row under `key`. None when the key has passed on.
std::optional<PreparedReading> withdrawn_reading(store::Reader& reader, const store::Key& key) {
  std::int64_t id = 0;
  reader.find_keys({&key, 1}, {&id, 1});
  auto row = id == 0 ? std::nullopt : reader.observation(ObservationId{id});
  if (!row || row->status != store::Status::entered_in_error) return std::nullopt;
  PreparedReading reading;
  reading.body = fhir::observation_body_of(row->resource);
  reading.whom.subject = row->subject;
  if (auto device = row->device ? reader.device(row->device) : std::nullopt) {
    reading.whom.device = device->identifier;
    reading.device = {device->id, device->identifier, device->model};
  }
  reading.row = std::move(*row);
  return reading;
}

}  // namespace

fhir::Result<std::shared_ptr<AdmitJob>> Replays::job(store::Reader& reader, QuarantineId id, Asked asked,
                                                     fhir::Time now) const {
  std::optional<store::Quarantined> item = reader.quarantined(id);
  if (!item || item->state != store::QuarantineState::waiting) return fhir::not_found("no such waiting item");
  const ConfiguredSource* source = sources_.find(item->source);
  if (source == nullptr) return fhir::not_found("the source of this item is no longer configured");
  std::optional<store::Payload> payload = reader.payload(item->payload);
  if (!payload) return fhir::not_found("the payload of this item is no longer kept");
  std::vector<Prepared> prepared;
  if (payload->content_type.ends_with(withdrawn_mark)) {
    auto reading = withdrawn_reading(reader, item->key);
    if (!reading) return fhir::Error(fhir::ErrorCategory::conflict, "this reading has been placed since");
    prepared.emplace_back(std::move(*reading));
  } else {
    auto decoded = decoded_again(*item, *payload, *source, now);
    if (!decoded) return decoded.error();
    prepared = std::move(*decoded);
  }

  auto raw = std::make_shared<RawPayload>();
  raw->source = &source->facts;
  raw->keys = &keys_;
  raw->adapter = payload->content_type;
  raw->bytes = std::move(payload->bytes);
  raw->received = item->received;
  auto job = std::make_shared<AdmitJob>(source->facts, judge_, std::move(raw), std::move(prepared));
  if (asked.accept_unlikely) job->accept_unlikely();
  job->replays(std::move(*item), std::move(asked.who));
  return job;
}

// All items of a payload that nobody could decode when it came, otherwise the one that waits.
fhir::Result<std::vector<Prepared>> Replays::decoded_again(const store::Quarantined& item, const store::Payload& payload,
                                                           const ConfiguredSource& source, fhir::Time now) const {
  // Bytes of a built-in format stay that format when the source is given another one; those of a mapping are read by the one in use.
  const adapters::Adapter* adapter = adapters::adapter_named(payload.content_type);
  if (adapter == nullptr) adapter = source.adapter.get();
  fhir::JsonDocument scratch;
  fhir::Result<adapters::Decoded> decoded =
      adapter->decode(payload.bytes, {*source.zone, item.received, scratch, source.settings});
  if (!decoded) return decoded.error();
  std::vector<Prepared> prepared;
  PayloadKey bytes(keys_, source.facts, payload.bytes);
  for (std::size_t i = 0; i < decoded->items.size(); ++i) {
    const auto index = static_cast<std::uint32_t>(i);
    if (index != item.index && !is_whole_payload(item)) continue;
    prepared.push_back(prepare(decoded->items[i], index, bytes, source.facts, keys_, prepare_, now));
  }
  if (prepared.empty()) return fhir::invalid("the payload has no such item any more");
  return prepared;
}

}  // namespace gateway::ingest
