#include "gateway/runtime/fault_point.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#ifdef HJEMPORT_FAULT_POINTS

using gateway::Fault;

TEST_CASE("fault point: the wanted place is read as name and count", "[runtime][fault]") {
  std::optional<Fault> fault = Fault::parse("before-commit:3");
  REQUIRE(fault);
  CHECK(fault->name == "before-commit");
  CHECK(fault->count == 3);
  for (const char* text : {"", "x", ":1", "x:", "x:0", "x:-1", "x:1y", "x:99999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(Fault::parse(text));
  }
}

// Run by the test below in a process of its own: passes two places twice, then ends well.
TEST_CASE("fault point: victim", "[.victim]") {
  for (int i = 0; i < 2; ++i) {
    HJEMPORT_FAULT_POINT("here");
    HJEMPORT_FAULT_POINT("there");
  }
  _exit(42);
}

TEST_CASE("fault point: kills at the asked hit and only then", "[runtime][fault]") {
  struct Row {
    const char* fault;
    bool killed;
  };
  for (Row row : {Row{"here:1", true}, Row{"there:2", true}, Row{"there:3", false}, Row{"elsewhere:1", false}}) {
    DYNAMIC_SECTION(row.fault) {
      pid_t child = fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        setenv("HJEMPORT_FAULT", row.fault, 1);
        execl("/proc/self/exe", "victim", "fault point: victim", static_cast<char*>(nullptr));
        _exit(1);
      }
      int status = 0;
      REQUIRE(waitpid(child, &status, 0) == child);
      if (row.killed) {
        REQUIRE(WIFSIGNALED(status));
        CHECK(WTERMSIG(status) == SIGKILL);
      } else {
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 42);
      }
    }
  }
}

#endif
