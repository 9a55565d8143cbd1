// Named places where a test may kill the process, to prove that what was answered survives (tests/faults). The
// environment variable HJEMPORT_FAULT="before-commit:3" kills with SIGKILL at the third time that place is reached.
// Shipped binaries are built without HJEMPORT_FAULT_POINTS and have nothing of it.
#pragma once

#ifdef HJEMPORT_FAULT_POINTS

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

// What the variable asks for: "name:count".
struct Fault {
  std::string name;
  int count = 1;
  static std::optional<Fault> parse(std::string_view text);  // nothing when malformed
};

void fault_point(std::string_view name);

}  // namespace gateway

#define HJEMPORT_FAULT_POINT(name) ::gateway::fault_point(name)

#else

#define HJEMPORT_FAULT_POINT(name) static_cast<void>(0)

#endif
