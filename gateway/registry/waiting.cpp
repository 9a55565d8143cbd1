#include "gateway/registry/waiting.hpp"

namespace gateway::registry {

Waiting::Items& Waiting::of(store::Source source) {
  auto found = sources_.find(source);
  if (found != sources_.end()) return found->second;
  Items items;
  store::QuarantineFilter filter;
  filter.source = source;
  filter.state = store::QuarantineState::waiting;
  filter.limit = 1000;
  for (;;) {
    std::vector<store::Quarantined> page = reader_.quarantine(filter);
    for (const store::Quarantined& item : page) items[item.key] = item.id;
    if (page.size() < filter.limit) break;
    filter.after = page.back().id;
  }
  return sources_.emplace(source, std::move(items)).first->second;
}

QuarantineId Waiting::find(store::Source source, const store::Key& key) {
  Items& items = of(source);
  auto found = items.find(key);
  return found == items.end() ? QuarantineId{} : found->second;
}

}  // namespace gateway::registry
