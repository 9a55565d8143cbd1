#include "gateway/journal/working.hpp"

#include <cstring>

namespace gateway::journal {

std::size_t KeyHash::operator()(const store::Key& key) const noexcept {
  std::size_t hash;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

std::int64_t Working::find(const store::Key& key) const {
  if (auto put = put_.find(key); put != put_.end()) return put->second;
  if (auto found = found_.find(key); found != found_.end()) return found->second;
  std::int64_t id = 0;
  reader.find_keys({&key, 1}, {&id, 1});
  return id;
}

void Working::record(store::JournalEntry entry) {
  entry.at = now;
  changes.journal.push_back(std::move(entry));
}

store::Observation* Working::written(ObservationId id) {
  for (auto row = changes.observations.rbegin(); row != changes.observations.rend(); ++row) {
    if (row->id == id) return &*row;
  }
  return nullptr;
}

}  // namespace gateway::journal
