// Keeps a committer inside one job until it is let go, so that what is submitted meanwhile forms one group.
#pragma once

#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

#include "gateway/journal/committer.hpp"

namespace tests {

class Gate {
 public:
  // Returns when the committer stands in it.
  explicit Gate(gateway::journal::Committer& committer) {
    auto decide = [state = state_](gateway::journal::Working&) {
      state->entered.set_value();
      state->opened.get_future().wait();
    };
    if (!committer.submit(gateway::journal::job(decide, nullptr), gateway::store::Lane::urgent)) {
      throw std::runtime_error("the committer takes nothing");
    }
    state_->entered.get_future().wait();
  }
  ~Gate() {
    if (!std::exchange(open_, true)) state_->opened.set_value();
  }
  Gate(const Gate&) = delete;
  void open() {
    if (!std::exchange(open_, true)) state_->opened.set_value();
  }

 private:
  struct State {
    std::promise<void> entered, opened;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
  bool open_ = false;
};

}  // namespace tests
