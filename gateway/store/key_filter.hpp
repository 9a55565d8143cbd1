// A blocked Bloom filter: says for certain that a key is not in a run, so that a new reading's key costs one cache line
// per run and no read. All bits of a key are in one 64-byte block (Putze, Sanders, Singler 2007, "Cache-, hash- and
// space-efficient Bloom filters"). With 12 bits a key and 6 probes about one new key in a hundred is read for nothing;
// tests/gateway/store measures it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gateway/store/rows.hpp"

namespace gateway::store {

class KeyFilter {
 public:
  static constexpr std::size_t bits_per_key = 12, probes = 6, block_words = 8;

  explicit KeyFilter(std::size_t keys) : words_((keys * bits_per_key / (block_words * 64) + 1) * block_words) {}
  explicit KeyFilter(std::vector<std::uint64_t> words) : words_(std::move(words)) {}  // as words() gave them

  void add(const Key& key);
  bool may_contain(std::uint64_t hash) const;  // key_hash of the key

  std::span<const std::uint64_t> words() const { return words_; }

 private:
  std::size_t block(std::uint64_t hash) const;

  std::vector<std::uint64_t> words_;
};

}  // namespace gateway::store
