// Which items wait in quarantine, by source and key: a resend of a waiting item finds it again, and a source's bound is known
// without counting. At most `quarantine_items` keys a source; the committer's thread only.
#pragma once

#include <cstdint>
#include <cstring>
#include <unordered_map>

#include "gateway/store/store.hpp"

namespace gateway::registry {

class Waiting {
 public:
  explicit Waiting(store::Reader& reader) : reader_(reader) {}

  QuarantineId find(store::Source source, const store::Key& key);  // none when no such item waits
  std::size_t count(store::Source source) { return of(source).size(); }
  void put(store::Source source, const store::Key& key, QuarantineId id) { of(source)[key] = id; }
  void erase(store::Source source, const store::Key& key) { of(source).erase(key); }
  void forget_all() { sources_.clear(); }

 private:
  struct KeyHash {
    std::size_t operator()(const store::Key& key) const noexcept {
      std::size_t hash;
      std::memcpy(&hash, key.data(), sizeof hash);
      return hash;
    }
  };
  using Items = std::unordered_map<store::Key, QuarantineId, KeyHash>;
  Items& of(store::Source source);

  store::Reader& reader_;
  std::unordered_map<store::Source, Items> sources_;
};

}  // namespace gateway::registry
