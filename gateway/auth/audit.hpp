// Audit rows of reads and refusals, written through the committer like everything else (issue point 5). A read of
// patient data waits for its row; while the store cannot be written (full disk) rows wait in memory, bounded, and reads
// go on.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string_view>
#include <vector>

#include "gateway/auth/actor.hpp"
#include "gateway/journal/committer.hpp"

namespace gateway::auth {

// Any thread. Outlives the committer's stop: rows under way report back to it.
class AuditTrail {
 public:
  static constexpr std::size_t refusals_max =
      1'000;  // different refusals counted apart at a time; further ones are lumped together
  static constexpr std::size_t flush_rows = 500;  // written as one job, so that a long list does not hold up a group

  // `kept`: rows that may wait in memory while the store cannot be written; beyond it reads are refused as unavailable.
  // A crash loses them: with a full disk the choice is between that and refusing all care.
  AuditTrail(journal::Committer&, const Clock&, std::size_t kept = 100'000);

  // Who read what of whom, for what, with what outcome ("ok", "not-found", "denied", "refused"). Returns when the row
  // is committed, or kept in memory for later; an error means the read must not be answered. `patient` none: no single
  // patient.
  http::Awaitable<fhir::Result<void>> record(const Actor&, std::string_view action, PatientId patient,
                                             std::string_view purpose, std::string_view outcome);
  // Refusals before anything was read (401, 403): counted per client and minute and written as one row each, so that a
  // flood of them cannot fill the disk. Does not wait.
  void refused(store::Tenant, std::string_view client, std::string_view action, std::string_view outcome);
  // Writes refusals of past minutes and rows that wait in memory; called by a timer, every few seconds.
  void flush();
  // The end, before the committer stops: writes everything, the refusals of this minute too, and waits for it. Blocks,
  // so never on an event loop; false when rows are left because the store refuses them or it took longer.
  bool finish(std::chrono::milliseconds longest = std::chrono::seconds(2));
  std::size_t waiting() const;  // rows in memory

 private:
  struct Refusals {
    store::Audit row;  // `at`: the first of them
    std::uint64_t count = 0;
  };
  fhir::Result<void> keep(store::Audit);
  bool blocked() const;
  void close_refusals(bool all);
  void write_kept();
  void written(std::size_t rows, const fhir::Result<void>&);

  journal::Committer& committer_;
  const Clock& clock_;
  const std::size_t kept_max_;
  mutable std::mutex mutex_;
  std::deque<store::Audit> kept_;  // oldest first
  bool writing_ = false;           // a job with the first rows of kept_ is under way
  bool blocked_ = false;           // the store refused the last rows; nobody asks it again but flush()
  std::condition_variable wrote_;
  std::vector<Refusals> refusals_;
};

}  // namespace gateway::auth
