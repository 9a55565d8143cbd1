#include "gateway/timers/suppression_watch.hpp"

#include <utility>

#include "gateway/journal/submit.hpp"
#include "gateway/journal/suppression_writer.hpp"

namespace gateway::timers {
namespace {

constexpr std::size_t page = 200;  // OURS: what one commit decides

}  // namespace

SuppressionWatch::SuppressionWatch(store::Store& store, journal::Committer& committer, const std::vector<config::Tenant>& tenants)
    : store_(store), committer_(committer), under_way_(std::make_shared<std::atomic<bool>>(false)) {
  for (const config::Tenant& tenant : tenants) tenants_.emplace(store.tenant(tenant.id), tenant.id);
}

SuppressionWatch::~SuppressionWatch() = default;

void SuppressionWatch::step(const Tick& tick) {
  if (under_way_->load()) return;
  if (!reader_) reader_ = store_.reader();
  std::vector<store::Suppression> due;
  try {
    due = reader_->suppressions_due(tick.now, page);
  } catch (...) {
    reader_.reset();
    throw;
  }
  // One of a tenant that is configured no more has nobody to be told.
  std::erase_if(due, [&](const store::Suppression& row) { return !tenants_.contains(row.tenant); });
  if (due.empty()) return;
  auto work = [due = std::move(due), &tenants = tenants_](journal::Working& working) {
    for (const store::Suppression& row : due) journal::step_suppression(working, row.patient, row.id, tenants.at(row.tenant));
  };
  auto finished = [under_way = under_way_](const fhir::Result<void>&) { under_way->store(false); };
  under_way_->store(true);
  if (!committer_.submit(journal::job(std::move(work), std::move(finished)), store::Lane::urgent)) under_way_->store(false);
}

}  // namespace gateway::timers
