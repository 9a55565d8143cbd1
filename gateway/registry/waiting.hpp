// Which items wait in quarantine, by source and key: a resend of a waiting item finds it again, and a source's bounds, on items and
// on the bytes they keep, are known without counting. At most `quarantine_items` keys a source; the committer's thread only.
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
  std::size_t count(store::Source source) { return of(source).items.size(); }
  std::size_t bytes(store::Source source) { return of(source).bytes; }
  bool keeps(store::Source source, const store::Key& payload) { return of(source).payloads.contains(payload); }

  void put(const store::Quarantined& item, std::size_t payload_bytes);
  // True when no waiting item needs the payload any more.
  bool erase(const store::Quarantined& item);
  void forget_all() { sources_.clear(); }

 private:
  struct KeyHash {
    std::size_t operator()(const store::Key& key) const noexcept {
      std::size_t hash;
      std::memcpy(&hash, key.data(), sizeof hash);
      return hash;
    }
  };
  struct Kept {
    std::size_t items = 0, bytes = 0;
  };
  struct OfSource {
    std::unordered_map<store::Key, QuarantineId, KeyHash> items;
    std::unordered_map<store::Key, Kept, KeyHash> payloads;
    std::size_t bytes = 0;  // of the payloads together
  };
  OfSource& of(store::Source source);

  store::Reader& reader_;
  std::unordered_map<store::Source, OfSource> sources_;
};

}  // namespace gateway::registry
