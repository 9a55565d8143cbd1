#include "gateway/store/key_map.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace gateway::store {

std::size_t KeyMap::place(const Key& key) const {
  std::size_t mask = slots_.size() - 1;
  std::size_t i = home(key);
  while (slots_[i].id != 0 && slots_[i].key != key) i = (i + 1) & mask;
  return i;
}

std::int64_t KeyMap::find(const Key& key) const {
  return slots_.empty() ? 0 : slots_[place(key)].id;
}

std::int64_t KeyMap::put(const Key& key, std::int64_t id) {
  if ((size_ + 1) * 10 > slots_.size() * 7) resize(std::max<std::size_t>(64, slots_.size() * 2));
  Slot& slot = slots_[place(key)];
  std::int64_t before = slot.id;
  if (before == 0) ++size_;
  slot = {key, id};
  return before;
}

void KeyMap::erase(const Key& key) {
  if (slots_.empty()) return;
  std::size_t mask = slots_.size() - 1;
  std::size_t hole = place(key);
  if (slots_[hole].id == 0) return;
  --size_;
  // Linear probing without tombstones: whatever the hole would cut off from its home moves back into it.
  for (std::size_t i = (hole + 1) & mask; slots_[i].id != 0; i = (i + 1) & mask) {
    std::size_t from_home = (i - home(slots_[i].key)) & mask;
    if (from_home >= ((i - hole) & mask)) {
      slots_[hole] = slots_[i];
      hole = i;
    }
  }
  slots_[hole] = {};
}

void KeyMap::reserve(std::size_t keys) {
  std::size_t slots = std::bit_ceil(std::max<std::size_t>(64, keys * 10 / 7 + 1));
  if (slots > slots_.size()) resize(slots);
}

void KeyMap::resize(std::size_t slots) {
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  for (const Slot& slot : old) {
    if (slot.id != 0) slots_[place(slot.key)] = slot;
  }
}

std::vector<KeyMap::Slot> KeyMap::sorted() const {
  std::vector<Slot> all;
  all.reserve(size_);
  std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(all), [](const Slot& slot) { return slot.id != 0; });
  std::sort(all.begin(), all.end(), [](const Slot& a, const Slot& b) { return a.key < b.key; });
  return all;
}

}  // namespace gateway::store
