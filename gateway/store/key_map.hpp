// Key -> id in one flat table: the tail holds some hundred thousand of them, and a node per key would cost three times
// the memory.
#pragma once

#include <cstring>
#include <vector>

#include "gateway/store/rows.hpp"

namespace gateway::store {

// Keys are uniform (HMAC), but tests and a future key scheme need not be: mixed once (the finalizer of MurmurHash3,
// public domain).
inline std::uint64_t key_hash(const Key& key) {
  std::uint64_t halves[2];
  std::memcpy(halves, key.data(), sizeof halves);
  std::uint64_t h = halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15u);
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdu;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53u;
  return h ^ (h >> 33);
}

class KeyMap {
 public:
  struct Slot {
    Key key{};
    std::int64_t id = 0;  // 0: free
  };

  std::size_t size() const { return size_; }
  void reserve(std::size_t keys);
  std::int64_t find(const Key& key) const;            // 0: not there
  std::int64_t put(const Key& key, std::int64_t id);  // what was there before, 0 for nothing
  void erase(const Key& key);
  // By key, each once.
  std::vector<Slot> sorted() const;

 private:
  std::size_t home(const Key& key) const { return key_hash(key) & (slots_.size() - 1); }
  std::size_t place(const Key& key) const;  // its slot, or the free one it would take
  void resize(std::size_t slots);           // a power of two

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace gateway::store
