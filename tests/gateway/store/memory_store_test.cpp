// The fake the other tests stand on keeps the same promises as the real backends.
#include "tests/support/memory_store.hpp"

#include "tests/gateway/store/conformance.hpp"

namespace gateway::store {
namespace {

class MemoryBackend : public conformance::Backend {
 public:
  Store& store() override { return store_; }
  void reopen() override {}  // a restart keeps what was committed, and nothing else is in it

 private:
  support::MemoryStore store_;
};

void run(std::span<const conformance::Case> cases) {
  for (const conformance::Case& one : cases) {
    DYNAMIC_SECTION(one.name) {
      MemoryBackend backend;
      one.run(backend);
    }
  }
}

}  // namespace

TEST_CASE("memory store: observations", "[store][memory]") {
  run(conformance::observation_cases());
}
TEST_CASE("memory store: search", "[store][memory]") {
  run(conformance::search_cases());
}
TEST_CASE("memory store: tables", "[store][memory]") {
  run(conformance::table_cases());
}
TEST_CASE("memory store: what timers ask for", "[store][memory]") {
  run(conformance::time_cases());
}

}  // namespace gateway::store
