// The zones of zones.hpp as judging sees them.
#pragma once

#include "tests/support/zones.hpp"
#include "thresholds/time.hpp"

namespace test {

class NorwegianJudgingZone final : public thresholds::Zone {
 public:
  std::chrono::minutes offset_at(thresholds::Time time) const override { return zone_.offset_at(time); }
  thresholds::Time first(thresholds::WallTime wall) const override { return zone_.resolve(wall).utc; }

 private:
  NorwegianZone zone_;
};

}  // namespace test
