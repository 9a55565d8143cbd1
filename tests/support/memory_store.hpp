// The whole store in memory, for tests of what stands on it. Same promises as the real one towards its callers: atomic
// commits, uniqueness rules answered as conflicts, readers that see whole commits only. "Restart" a program by making
// its objects anew over the same MemoryStore.
#pragma once

#include <memory>

#include "gateway/store/store.hpp"

namespace support {

class MemoryStore final : public gateway::store::Store {
 public:
  MemoryStore();
  ~MemoryStore() override;

  gateway::store::Tenant tenant(std::string_view name) override;
  gateway::store::Source source(std::string_view tenant, std::string_view name) override;
  std::unique_ptr<gateway::store::Reader> reader() override;
  gateway::store::Reader& own() override;
  gateway::store::Result<gateway::store::Position> commit(const gateway::store::Changes&,
                                                          gateway::store::Lane) override;
  bool upkeep() override { return false; }
  Health health() override;

  // The next `count` commits answer `unavailable` and write nothing (a full disk).
  void fail_commits(int count);
  int commits() const;  // that succeeded

 private:
  struct State;
  class View;
  std::shared_ptr<State> state_;  // shared with readers, which may outlive the store in a test
  std::unique_ptr<gateway::store::Reader> own_;
};

}  // namespace support
