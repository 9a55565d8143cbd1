#include "gateway/store/key_filter.hpp"

#include "gateway/store/key_map.hpp"

namespace gateway::store {
namespace {

// Nine bits choose one of a block's 512 bits; six probes use 54 bits, taken from the hash multiplied once more so that
// they do not depend on the bits that chose the block (SplitMix64's multiplier, Steele et al. 2014).
std::uint64_t probe_bits(std::uint64_t hash) {
  hash *= 0xbf58476d1ce4e5b9u;
  return hash ^ (hash >> 31);
}

}  // namespace

std::size_t KeyFilter::block(std::uint64_t hash) const {
  std::uint64_t blocks = words_.size() / block_words;
  return static_cast<std::size_t>(((hash >> 32) * blocks) >> 32) * block_words;
}

void KeyFilter::add(const Key& key) {
  std::uint64_t hash = key_hash(key), bits = probe_bits(hash);
  std::uint64_t* words = &words_[block(hash)];
  for (std::size_t i = 0; i < probes; ++i, bits >>= 9) words[(bits >> 6) & 7] |= std::uint64_t{1} << (bits & 63);
}

bool KeyFilter::may_contain(std::uint64_t hash) const {
  std::uint64_t bits = probe_bits(hash);
  const std::uint64_t* words = &words_[block(hash)];
  for (std::size_t i = 0; i < probes; ++i, bits >>= 9) {
    if ((words[(bits >> 6) & 7] & (std::uint64_t{1} << (bits & 63))) == 0) return false;
  }
  return true;
}

}  // namespace gateway::store
