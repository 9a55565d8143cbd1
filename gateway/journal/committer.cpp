#include "gateway/journal/committer.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "gateway/journal/working.hpp"
#include "gateway/runtime/fault_point.hpp"
#include "gateway/runtime/log.hpp"

namespace gateway::journal {

using store::Lane;

namespace {
// OURS. Commit times do not step back with the wall clock, so that _lastUpdated follows positions. A clock that is set back by more
// than this was wrong before: held on to, the wrong time would make every reading look late and alarms go unannounced.
constexpr std::chrono::hours step_back_held{1};
}  // namespace

struct Committer::Impl {
  Impl(store::Store& store, int node, const Settings& settings)
      : ids(node, store.own().highest_id()),
        patients(store.own(), settings.patients_cached),
        links(store.own(), settings.patients_cached),
        waiting(store.own()),
        working(store.own(), ids, patients, links, waiting, settings.services != nullptr ? *settings.services : no_services) {
    const store::Position newest = store.own().newest();
    if (newest == 0) return;
    for (const store::JournalEntry& entry : store.own().journal(newest - 1, 1)) latest = entry.at;
  }

  fhir::Time next_time(fhir::Time wall) {
    if (wall > latest || latest - wall > step_back_held) latest = wall;
    return latest;
  }

  const alarms::Services no_services;
  IdSource ids;
  registry::Patients patients;
  registry::Links links;
  registry::Waiting waiting;
  Working working;
  fhir::Time latest{};  // of the last group, by this program or the one before it
  std::vector<store::Key> keys;
  std::vector<std::int64_t> found;
};

// What came of deciding a group and committing it.
struct Committer::Attempt {
  fhir::Result<void> result;
  std::optional<std::size_t> culprit;                      // the job that failed, as far as one can be named
  std::vector<std::pair<std::size_t, fhir::Error>> refused;  // ended without effect; the others do not notice

  void tell(Group group) const {
    auto next = refused.begin();
    for (std::size_t i = 0; i < group.size(); ++i) {
      const bool is_refused = next != refused.end() && next->first == i;
      group[i]->finished(is_refused ? fhir::Result<void>((next++)->second) : result);
    }
  }
};

Committer::Committer(store::Store& store, const Clock& clock, int node, Settings settings)
    : store_(store), clock_(clock), settings_(settings), impl_(std::make_unique<Impl>(store, node, settings)) {}

Committer::~Committer() { stop(); }

void Committer::observe(Observer observer) { observers_.push_back(std::move(observer)); }

void Committer::start() {
  thread_ = std::thread([this] { run(); });
}

bool Committer::submit(std::shared_ptr<Job> job, Lane lane) {
  const auto rows = static_cast<std::int64_t>(job->rows());
  auto& queued = lane == Lane::urgent ? counts_.urgent_queued : counts_.bulk_queued;
  const std::size_t bound = lane == Lane::urgent ? settings_.urgent_rows : settings_.bulk_rows;
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    // An empty lane takes any job, so that one larger than the bound is slow rather than impossible.
    if (stopping_ || (queued > 0 && queued + rows > static_cast<std::int64_t>(bound))) {
      ++counts_.refused;
      return false;
    }
    queued += rows;
    (lane == Lane::urgent ? urgent_ : bulk_).push_back(std::move(job));
    wake = sleeping_;
  }
  if (wake) wake_.notify_one();
  return true;
}

void Committer::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Committer::run() {
  std::vector<std::shared_ptr<Job>> jobs;
  bool more_upkeep = false;
  for (;;) {
    jobs.clear();
    std::size_t urgent = 0;
    {
      std::unique_lock lock(mutex_);
      if (urgent_.empty() && bulk_.empty() && !stopping_ && !more_upkeep) {
        sleeping_ = true;
        wake_.wait_for(lock, std::chrono::seconds(1));
        sleeping_ = false;
      }
      if (urgent_.empty() && bulk_.empty() && stopping_) return;
      std::size_t rows = 0;
      auto take = [&](std::deque<std::shared_ptr<Job>>& queue, std::atomic<std::int64_t>& queued) {
        while (!queue.empty() && (rows == 0 || rows + queue.front()->rows() <= settings_.group_rows)) {
          const std::size_t job_rows = queue.front()->rows();
          rows += job_rows;
          queued -= static_cast<std::int64_t>(job_rows);
          jobs.push_back(std::move(queue.front()));
          queue.pop_front();
        }
      };
      take(urgent_, counts_.urgent_queued);
      urgent = jobs.size();
      take(bulk_, counts_.bulk_queued);
    }
    // Together while all is well; apart when the store refuses, so that a full disk fails readings and admits alarms.
    const Group both(jobs);
    if (urgent == 0 || urgent == jobs.size()) {
      run_group(both, urgent == 0 ? Lane::bulk : Lane::urgent);
    } else if (Attempt together = attempt(both, Lane::bulk); together.result) {
      together.tell(both);
    } else {
      run_group(both.first(urgent), Lane::urgent);
      run_group(both.subspan(urgent), Lane::bulk);
    }
    more_upkeep = store_.upkeep();
  }
}

// A row that breaks a rule of the store is a defect, not something a sender could put right, and its words are the store's own.
static fhir::Result<void> fit_to_tell(const fhir::Result<void>& result) {
  if (result.error().category != fhir::ErrorCategory::conflict) return result;
  log::error("commit_refused", {{"what", std::string_view(result.error().detail)}});
  return fhir::internal("this could not be stored; it is logged");
}

// No job fails its neighbours: those before one that failed are committed without it, then the rest goes on after it.
void Committer::run_group(Group group, Lane lane) {
  while (!group.empty()) {
    const Attempt tried = attempt(group, lane);
    if (tried.result) return tried.tell(group);
    const bool store_is_down = !tried.culprit && tried.result.error().category == fhir::ErrorCategory::unavailable;
    if (store_is_down || (group.size() == 1 && !tried.culprit)) {
      ++counts_.failed_groups;
      const fhir::Result<void> told = fit_to_tell(tried.result);
      for (const auto& job : group) job->finished(told);
      return;
    }
    if (!tried.culprit) {  // the store refuses some row and does not say whose
      for (std::size_t i = 0; i < group.size(); ++i) run_group(group.subspan(i, 1), lane);
      return;
    }
    run_group(group.first(*tried.culprit), lane);
    group[*tried.culprit]->finished(tried.result);
    group = group.subspan(*tried.culprit + 1);
  }
}

// Nothing in memory may differ from the store.
void Committer::forget() {
  impl_->patients.forget_all();
  impl_->links.forget_all();
  impl_->waiting.forget_all();
  impl_->working.devices_seen.clear();
}

// Lets each job decide on the working view, up to the first that fails with something written already.
void Committer::decide_all(Group group, Attempt& tried) {
  Working& working = impl_->working;
  std::size_t place = 0, before = 0;
  auto failed = [&](fhir::Error error) {
    tried.culprit = place;
    tried.result = std::move(error);
  };
  for (; place < group.size(); ++place) {
    before = working.changes.rows();
    try {
      group[place]->decide(working);
    } catch (const JobRefused& refused) {
      if (working.changes.rows() != before) return failed(refused.error);
      tried.refused.emplace_back(place, refused.error);
    } catch (const std::exception& error) {
      log::error("job_failed", {{"what", std::string_view(error.what())}});
      return failed(fhir::Error(fhir::ErrorCategory::unavailable, "the store cannot be read now"));
    } catch (...) {
      log::error("job_failed", {{"what", "an unknown exception"}});
      return failed(fhir::Error(fhir::ErrorCategory::unavailable, "the store cannot be read now"));
    }
  }
}

Committer::Attempt Committer::attempt(Group group, Lane lane) {
  const auto begun = clock_.steady_now();
  Attempt tried;
  Working& working = impl_->working;
  working.changes.clear();
  working.alarm_rows.clear();
  working.loose_alarms.clear();
  working.put_.clear();
  working.found_.clear();
  working.now = impl_->next_time(clock_.now());

  try {
    impl_->keys.clear();
    for (const auto& job : group) job->keys(impl_->keys);
    impl_->found.assign(impl_->keys.size(), 0);
    working.reader.find_keys(impl_->keys, impl_->found);
    for (std::size_t i = 0; i < impl_->keys.size(); ++i) working.found_[impl_->keys[i]] = impl_->found[i];
    decide_all(group, tried);
  } catch (const std::exception& error) {
    log::error("group_failed", {{"what", std::string_view(error.what())}});
    tried.result = fhir::Error(fhir::ErrorCategory::unavailable, "the store cannot be read now");
  }
  if (tried.result && !working.changes.empty()) commit(lane, begun, tried);
  if (!tried.result) {
    forget();
    return tried;
  }
  impl_->patients.trim();
  counts_.patient_hits = impl_->patients.hits();
  counts_.patient_misses = impl_->patients.misses();
  impl_->links.trim();
  if (working.devices_seen.size() > 4 * settings_.patients_cached) working.devices_seen.clear();
  return tried;
}

void Committer::commit(Lane lane, std::chrono::steady_clock::time_point begun, Attempt& tried) {
  Working& working = impl_->working;
  working.changes.highest_id = impl_->ids.next(working.now);
  HJEMPORT_FAULT_POINT("before-commit");
  fhir::Result<store::Position> position = store_.commit(working.changes, lane);
  if (!position) {
    tried.result = position.error();
    return;
  }
  HJEMPORT_FAULT_POINT("after-commit");
  for (const Observer& observer : observers_) observer(working.changes, *position);
  ++counts_.groups;
  counts_.rows += working.changes.journal.size();
  if (group_watcher_) {
    group_watcher_(std::chrono::duration<double>(clock_.steady_now() - begun).count(), working.changes.journal.size());
  }
}

namespace {
class FunctionJob : public Job {
 public:
  FunctionJob(std::function<void(Working&)> decide, std::function<void(const fhir::Result<void>&)> finished)
      : decide_(std::move(decide)), finished_(std::move(finished)) {}
  void decide(Working& working) override { decide_(working); }
  void finished(const fhir::Result<void>& result) override {
    if (finished_) finished_(result);
  }

 private:
  std::function<void(Working&)> decide_;
  std::function<void(const fhir::Result<void>&)> finished_;
};
}  // namespace

std::shared_ptr<Job> job(std::function<void(Working&)> decide, std::function<void(const fhir::Result<void>&)> finished) {
  return std::make_shared<FunctionJob>(std::move(decide), std::move(finished));
}

}  // namespace gateway::journal
