#include "gateway/auth/audit.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "gateway/journal/submit.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::auth {
namespace {

class AuditJob final : public journal::AwaitedJob {
 public:
  explicit AuditJob(store::Audit row) : row_(std::move(row)) {}
  void decide(journal::Working& working) override { working.changes.audits.push_back(row_); }

 private:
  store::Audit row_;
};

constexpr std::string_view lumped_action = "(several)";

std::chrono::sys_time<std::chrono::minutes> minute_of(fhir::Time at) {
  return std::chrono::floor<std::chrono::minutes>(at);
}

}  // namespace

AuditTrail::AuditTrail(journal::Committer& committer, const Clock& clock, std::size_t kept)
    : committer_(committer), clock_(clock), kept_max_(kept) {}

// The bulk lane for all of them: the urgent one may use the reserve that is kept for alarms on a full disk, and rows
// about reading must not use it up.
http::Awaitable<fhir::Result<void>> AuditTrail::record(const Actor& actor, std::string_view action, PatientId patient,
                                                       std::string_view purpose, std::string_view outcome) {
  store::Audit row{clock_.now(),         actor.tenant,        actor.id, std::string(action), patient,
                   std::string(purpose), std::string(outcome)};
  if (blocked()) co_return keep(std::move(row));
  auto job = std::make_shared<AuditJob>(row);
  fhir::Result<void> committed = co_await journal::commit(committer_, job, store::Lane::bulk);
  if (committed) co_return committed;
  const bool cannot_write = committed.error().category == fhir::ErrorCategory::unavailable;
  // A backlog of readings must not keep a response centre from its alarms (invariant 4); other readers are told to try
  // again.
  const bool alarms_first = committed.error().category == fhir::ErrorCategory::busy && purpose == "alarm-handling";
  if (!cannot_write && !alarms_first) co_return committed;
  if (cannot_write) {
    std::lock_guard lock(mutex_);
    blocked_ = true;
  }
  co_return keep(std::move(row));
}

bool AuditTrail::blocked() const {
  std::lock_guard lock(mutex_);
  return blocked_;
}

fhir::Result<void> AuditTrail::keep(store::Audit row) {
  std::lock_guard lock(mutex_);
  if (kept_.size() >= kept_max_) {
    return fhir::Error{fhir::ErrorCategory::unavailable, "reads are refused until they can be audited again"};
  }
  kept_.push_back(std::move(row));
  return {};
}

void AuditTrail::refused(store::Tenant tenant, std::string_view client, std::string_view action,
                         std::string_view outcome) {
  const fhir::Time now = clock_.now();
  std::lock_guard lock(mutex_);
  auto count_in = [&](std::string_view what) {
    auto same = std::find_if(refusals_.begin(), refusals_.end(), [&](const Refusals& refusals) {
      const store::Audit& row = refusals.row;
      return minute_of(row.at) == minute_of(now) && row.tenant == tenant && row.client == client &&
             row.action == what && row.outcome == outcome;
    });
    if (same == refusals_.end()) return false;
    ++same->count;
    return true;
  };
  if (count_in(action)) return;
  const bool full = refusals_.size() >= refusals_max;
  if (full && count_in(lumped_action)) return;
  // One more than the bound for each client and outcome: known clients are as many as are configured.
  refusals_.push_back({{now, tenant, std::string(client), std::string(full ? lumped_action : action), PatientId{}, "",
                        std::string(outcome)},
                       1});
}

void AuditTrail::close_refusals(bool all) {
  const fhir::Time now = clock_.now();
  std::lock_guard lock(mutex_);
  std::vector<Refusals> open;
  for (Refusals& refusals : refusals_) {
    const bool over = all || minute_of(refusals.row.at) != minute_of(now);
    if (!over || kept_.size() >= kept_max_) {
      open.push_back(std::move(refusals));
      continue;
    }
    if (refusals.count > 1) refusals.row.outcome += ", " + std::to_string(refusals.count) + " times in this minute";
    kept_.push_back(std::move(refusals.row));
  }
  refusals_ = std::move(open);
}

void AuditTrail::write_kept() {
  auto rows = std::make_shared<std::vector<store::Audit>>();
  {
    std::lock_guard lock(mutex_);
    if (writing_ || kept_.empty()) return;
    const auto count = static_cast<std::ptrdiff_t>(std::min(kept_.size(), flush_rows));
    rows->assign(kept_.begin(), std::next(kept_.begin(), count));
    writing_ = true;
  }
  auto job = journal::job(
      [rows](journal::Working& working) {
        working.changes.audits.insert(working.changes.audits.end(), rows->begin(), rows->end());
      },
      [this, count = rows->size()](const fhir::Result<void>& result) { written(count, result); });
  if (committer_.submit(std::move(job), store::Lane::bulk)) return;
  std::lock_guard lock(mutex_);
  writing_ = false;
}

// On the committer's thread. Rows that could not be written stay; the timer comes again.
void AuditTrail::written(std::size_t rows, const fhir::Result<void>& result) {
  {
    std::lock_guard lock(mutex_);
    writing_ = false;
    blocked_ = !result;
    if (result) kept_.erase(kept_.begin(), std::next(kept_.begin(), static_cast<std::ptrdiff_t>(rows)));
  }
  if (result) write_kept();
  wrote_.notify_all();
}

void AuditTrail::flush() {
  close_refusals(false);
  write_kept();
}

bool AuditTrail::finish(std::chrono::milliseconds longest) {
  close_refusals(true);
  constexpr std::chrono::milliseconds step(50);
  for (std::chrono::milliseconds waited(0); waited < longest; waited += step) {
    write_kept();  // again when the lane was full the last time
    std::unique_lock lock(mutex_);
    auto done = [&] { return kept_.empty() || (!writing_ && blocked_); };
    if (wrote_.wait_for(lock, step, done)) return kept_.empty();
  }
  return waiting() == 0;
}

std::size_t AuditTrail::waiting() const {
  std::lock_guard lock(mutex_);
  return kept_.size();
}

}  // namespace gateway::auth
