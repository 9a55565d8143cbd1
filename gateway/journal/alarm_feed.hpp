// Committed alarm changes as the live streams read them: a ring of the newest ones in memory, the journal behind it. A stream is
// nothing but a cursor (invariant 9): it sees every committed change after its position once, in order, from the ring or from the
// store, so a slow reader never holds memory here.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/timer.hpp"
#include "gateway/store/store.hpp"

namespace gateway::journal {

// How the alarm of a self-test is shown, and only when it is raised (gateway/timers/self_test.hpp).
inline constexpr std::string_view self_test_event = "self-test";

struct AlarmChange {
  store::Position position = 0;
  store::Tenant tenant{};
  PatientId patient;
  AlarmId alarm;
  fhir::Time at{};
  std::string event;  // the change: "raised", "repeated" ...
  std::string data;   // the alarm's JSON, one line
};

class AlarmFeed {
 public:
  using Timer = http::Timer;

  // At most `capacity` changes and `bytes` of their text: an alarm with many notes is large, and each of its changes carries it whole.
  explicit AlarmFeed(store::Position newest, std::size_t capacity = 4096, std::size_t bytes = 32 * 1024 * 1024)
      : capacity_(capacity), bytes_max_(bytes), newest_(newest), floor_(newest) {}

  // Before the committer starts: alarms of `test` are shown to `tenant`, as self-tests and not as its own.
  void show_self_tests(store::Tenant tenant, store::Tenant test) { tested_[test] = tenant; }

  void committed(const store::Changes&, store::Position first);  // an Observer; the committer's thread

  // Changes after `cursor` of one tenant, oldest first, at most `max`. Nothing when the ring does not reach back that far: read the
  // journal instead. `reached` is how far was looked, also when nothing was found.
  std::optional<std::vector<std::shared_ptr<const AlarmChange>>> after(store::Position cursor, store::Tenant, std::size_t max,
                                                                       store::Position& reached) const;
  store::Position newest() const;

  // A stream waiting on its own context; its timer is cancelled there when something was committed. Kept while the pointer lives.
  std::shared_ptr<Timer> waiter(http::Executor, store::Tenant);
  std::size_t streams() const;
  std::size_t streams(store::Tenant) const;  // open ones of a tenant: who could be called

 private:
  std::shared_ptr<const AlarmChange> shown(const store::JournalEntry&, store::Position) const;  // null: nothing is shown of it
  void wake();

  const std::size_t capacity_, bytes_max_;
  std::map<store::Tenant, store::Tenant> tested_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const AlarmChange>> ring_;
  std::size_t bytes_ = 0;  // text in the ring
  store::Position newest_;  // of the journal, alarm or not
  store::Position floor_;   // every alarm change after this position is in the ring
  struct Waiter {
    store::Tenant tenant{};
    std::weak_ptr<Timer> timer;
  };
  std::vector<Waiter> waiters_;
};

}  // namespace gateway::journal
