// Audit rows of reads and refusals, written through the committer like everything else (issue point 5). A read of patient data waits
// for its row; while the store cannot be written (full disk) rows wait in memory, bounded, and reads go on.
#pragma once

#include <cstddef>
#include <mutex>
#include <string_view>
#include <vector>

#include "gateway/auth/actor.hpp"
#include "gateway/journal/committer.hpp"

namespace gateway::auth {

class AuditTrail {
 public:
  // `kept`: rows that may wait in memory while the store cannot be written; beyond it reads are refused as unavailable.
  AuditTrail(journal::Committer&, const Clock&, std::size_t kept = 100'000);

  // Who read what of whom, for what, with what outcome ("ok", "not-found", "denied", "refused"). Returns when the row is
  // committed, or kept in memory for later; an error means the read must not be answered. `patient` none: no single patient.
  http::Awaitable<fhir::Result<void>> record(const Actor&, std::string_view action, PatientId patient,
                                             std::string_view purpose, std::string_view outcome);
  // Refusals before anything was read (401, 403): counted per client and minute and written as one row each, so that a flood of
  // them cannot fill the disk. Does not wait.
  void refused(store::Tenant, std::string_view client, std::string_view action, std::string_view outcome);
  // Writes refusals of past minutes and rows that wait in memory; called by a timer.
  void flush();
  std::size_t waiting() const;

 private:
  journal::Committer& committer_;
  const Clock& clock_;
  const std::size_t kept_max_;
  mutable std::mutex mutex_;
  std::vector<store::Audit> kept_;
  struct Refusals {
    store::Audit row;
    std::uint64_t count = 0;
  };
  std::vector<Refusals> refusals_;
};

}  // namespace gateway::auth
