// How far this machine's clock is from the time service that disciplines it, as the kernel knows it. A wrong clock dates readings
// wrongly, so it is shown and can be alarmed on.
#pragma once

namespace gateway {

struct ClockState {
  bool synchronised = false;  // a time service keeps the clock, and the kernel believes it
  double offset_seconds = 0;  // what is still to be corrected
  double error_seconds = 0;   // the kernel's bound of what it does not know
};

ClockState clock_state();  // adjtimex(2), reading only; not synchronised when the kernel does not tell

}  // namespace gateway
