#include "gateway/registry/waiting.hpp"

namespace gateway::registry {

Waiting::OfSource& Waiting::of(store::Source source) {
  auto found = sources_.find(source);
  if (found != sources_.end()) return found->second;
  OfSource kept;
  store::QuarantineFilter filter;
  filter.source = source;
  filter.state = store::QuarantineState::waiting;
  filter.limit = 1000;
  for (;;) {
    std::vector<store::Quarantined> page = reader_.quarantine(filter);
    for (const store::Quarantined& item : page) kept.items[item.key] = item.id;
    if (page.size() < filter.limit) break;
    filter.after = page.back().id;
  }
  for (const store::Reader::WaitingPayload& payload : reader_.waiting_payloads(source)) {
    kept.payloads[payload.digest] = {static_cast<std::size_t>(payload.items), static_cast<std::size_t>(payload.bytes)};
    kept.bytes += static_cast<std::size_t>(payload.bytes);
  }
  return sources_.emplace(source, std::move(kept)).first->second;
}

QuarantineId Waiting::find(store::Source source, const store::Key& key) {
  const OfSource& kept = of(source);
  auto found = kept.items.find(key);
  return found == kept.items.end() ? QuarantineId{} : found->second;
}

void Waiting::put(const store::Quarantined& item, std::size_t payload_bytes) {
  OfSource& kept = of(item.source);
  kept.items[item.key] = item.id;
  auto [payload, first] = kept.payloads.try_emplace(item.payload, Kept{0, payload_bytes});
  ++payload->second.items;
  if (first) kept.bytes += payload_bytes;
}

bool Waiting::erase(const store::Quarantined& item) {
  OfSource& kept = of(item.source);
  if (kept.items.erase(item.key) == 0) return false;
  auto payload = kept.payloads.find(item.payload);
  if (payload == kept.payloads.end() || --payload->second.items > 0) return false;
  kept.bytes -= payload->second.bytes;
  kept.payloads.erase(payload);
  return true;
}

}  // namespace gateway::registry
