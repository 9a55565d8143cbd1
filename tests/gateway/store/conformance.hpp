// What every backend of the store must do. A backend's test gives a Backend and runs every case; a case starts with an
// empty store.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "gateway/store/store.hpp"

namespace gateway::store::conformance {

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Store& store() = 0;
  virtual void reopen() = 0;  // as after a restart
  // Called by the cases between commits, where the committer would run upkeep.
  virtual void between_commits() {}
};

struct Case {
  const char* name;
  void (*run)(Backend&);
};
std::span<const Case> observation_cases();
std::span<const Case> search_cases();
std::span<const Case> table_cases();
std::span<const Case> time_cases();

// -- builders: one valid row each; a case changes what it is about

constexpr Time t0 = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20};
constexpr Time at(std::int64_t seconds) {
  return t0 + std::chrono::seconds(seconds);
}

Key key_of(std::int64_t number);  // spread over all bits, as an HMAC is
Observation observation(std::int64_t id, std::int64_t patient = 100, int kind = 1, Time measured = t0);
Event event(std::int64_t id);
Alarm alarm(std::int64_t id, std::string identity, bool open = true);
JournalEntry entry(Entry kind, std::int64_t ref, Tenant tenant = Tenant{1});

// Commits with one journal entry per observation, as the gateway does, then lets the backend do its upkeep.
Position commit(Backend&, Changes);
Changes changes_of(std::vector<Observation>);

}  // namespace gateway::store::conformance
