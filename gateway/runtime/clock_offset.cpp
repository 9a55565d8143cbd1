#include "gateway/runtime/clock_offset.hpp"

#include <sys/timex.h>

namespace gateway {

ClockState clock_state() {
  timex kernel{};  // modes 0: nothing is set
  int state = adjtimex(&kernel);
  if (state < 0) return {};
  const double unit = (kernel.status & STA_NANO) != 0 ? 1e-9 : 1e-6;
  return {state != TIME_ERROR && (kernel.status & STA_UNSYNC) == 0, static_cast<double>(kernel.offset) * unit,
          static_cast<double>(kernel.maxerror) * 1e-6};
}

}  // namespace gateway
