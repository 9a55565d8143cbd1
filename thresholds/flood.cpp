#include "thresholds/flood.hpp"

#include <algorithm>

namespace thresholds {

void Flood::came(Time at) { came_.insert(std::upper_bound(came_.begin(), came_.end(), at), at); }

bool Flood::look(Time now) {
  while (!came_.empty() && came_.front() < now - policy_.within) came_.pop_front();
  on_ = on_ ? came_.size() >= policy_.ends_below : came_.size() > policy_.starts_above;
  return on_;
}

}  // namespace thresholds
