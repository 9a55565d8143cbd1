#include "gateway/timers/missing_watch.hpp"

#include <utility>
#include <vector>

#include "gateway/ingest/expected.hpp"
#include "gateway/journal/submit.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::timers {
namespace {

// OURS: what one commit decides. Ten thousand patients expected at the same minute are decided within half a minute.
constexpr std::size_t page = 500;

}  // namespace

MissingWatch::MissingWatch(store::Store& store, journal::Committer& committer, const ingest::JudgeSettings& settings,
                           const std::vector<config::Tenant>& tenants)
    : store_(store), committer_(committer), settings_(settings), under_way_(std::make_shared<std::atomic<bool>>(false)) {
  for (const config::Tenant& tenant : tenants) tenants_.emplace(store.tenant(tenant.id), tenant.id);
}

MissingWatch::~MissingWatch() = default;

void MissingWatch::step(const Tick& tick) {
  if (under_way_->load()) return;
  if (!reader_) reader_ = store_.reader();
  std::vector<store::Expected> due;
  try {
    due = reader_->expected_due(tick.now, page);
  } catch (...) {
    reader_.reset();
    throw;
  }
  if (due.empty()) return;
  auto work = [due = std::move(due), &tenants = tenants_, &settings = settings_](journal::Working& working) {
    for (const store::Expected& row : due) {
      const auto tenant = tenants.find(row.tenant);
      // One that is configured no more has nobody to be told.
      if (tenant != tenants.end()) ingest::decide_missing(working, row.patient, row.rule, tenant->second, settings);
    }
  };
  auto finished = [under_way = under_way_](const fhir::Result<void>&) { under_way->store(false); };
  under_way_->store(true);
  if (!committer_.submit(journal::job(std::move(work), std::move(finished)), store::Lane::urgent)) under_way_->store(false);
}

}  // namespace gateway::timers
