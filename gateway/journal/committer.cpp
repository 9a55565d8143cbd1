#include "gateway/journal/committer.hpp"

#include <algorithm>
#include <chrono>

#include "gateway/journal/working.hpp"
#include "gateway/runtime/fault_point.hpp"
#include "gateway/runtime/log.hpp"

namespace gateway::journal {

using store::Lane;

struct Committer::Impl {
  Impl(store::Store& store, int node, const Settings& settings)
      : ids(node, store.own().highest_id()),
        patients(store.own(), settings.patients_cached),
        links(store.own(), settings.patients_cached),
        waiting(store.own()),
        working(store.own(), ids, patients, links, waiting) {}

  IdSource ids;
  registry::Patients patients;
  registry::Links links;
  registry::Waiting waiting;
  Working working;
  fhir::Time latest{};  // commit times never step back, whatever the wall clock does: _lastUpdated follows positions
  std::vector<store::Key> keys;
  std::vector<std::int64_t> found;
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
  Group urgent, bulk;
  bool more_upkeep = false;
  for (;;) {
    urgent.clear();
    bulk.clear();
    {
      std::unique_lock lock(mutex_);
      if (urgent_.empty() && bulk_.empty() && !stopping_ && !more_upkeep) {
        sleeping_ = true;
        wake_.wait_for(lock, std::chrono::seconds(1));
        sleeping_ = false;
      }
      if (urgent_.empty() && bulk_.empty() && stopping_) return;
      std::size_t rows = 0;
      auto take = [&](std::deque<std::shared_ptr<Job>>& queue, Group& group, std::atomic<std::int64_t>& queued) {
        while (!queue.empty() && (rows == 0 || rows + queue.front()->rows() <= settings_.group_rows)) {
          const std::size_t job_rows = queue.front()->rows();
          rows += job_rows;
          queued -= static_cast<std::int64_t>(job_rows);
          group.push_back(std::move(queue.front()));
          queue.pop_front();
        }
      };
      take(urgent_, urgent, counts_.urgent_queued);
      take(bulk_, bulk, counts_.bulk_queued);
    }
    if (!urgent.empty() || !bulk.empty()) {
      // Together while all is well; apart when the store refuses, so that a full disk fails readings and admits alarms.
      Group both = urgent;
      both.insert(both.end(), bulk.begin(), bulk.end());
      std::shared_ptr<Job> culprit;
      fhir::Result<void> result = attempt(both, bulk.empty() ? Lane::urgent : Lane::bulk, culprit);
      if (result) {
        for (const auto& job : both) job->finished(result);
      } else {
        run_group(urgent, Lane::urgent);
        run_group(bulk, Lane::bulk);
      }
    }
    more_upkeep = store_.upkeep();
  }
}

// After a group failed: its jobs again without the one that threw, or one by one, so that no row fails its neighbours.
void Committer::run_group(const Group& group, Lane lane) {
  if (group.empty()) return;
  std::shared_ptr<Job> culprit;
  fhir::Result<void> result = attempt(group, lane, culprit);
  if (result || group.size() == 1) {
    if (!result) ++counts_.failed_groups;
    for (const auto& job : group) job->finished(result);
    return;
  }
  if (culprit) {
    culprit->finished(result);
    Group rest;
    std::copy_if(group.begin(), group.end(), std::back_inserter(rest), [&](const auto& job) { return job != culprit; });
    run_group(rest, lane);
    return;
  }
  if (result.error().category == fhir::ErrorCategory::unavailable) {
    ++counts_.failed_groups;
    for (const auto& job : group) job->finished(result);
    return;
  }
  for (const auto& job : group) run_group({job}, lane);
}

fhir::Result<void> Committer::attempt(const Group& group, Lane lane, std::shared_ptr<Job>& culprit) {
  const auto begun = clock_.steady_now();
  Working& working = impl_->working;
  working.changes.clear();
  working.alarm_rows.clear();
  working.loose_alarms.clear();
  working.put_.clear();
  working.found_.clear();
  impl_->latest = std::max(impl_->latest, clock_.now());
  working.now = impl_->latest;

  auto undo = [&] {  // nothing in memory may differ from the store
    impl_->patients.forget_all();
    impl_->links.forget_all();
    impl_->waiting.forget_all();
    working.devices_seen.clear();
  };
  const std::shared_ptr<Job>* current = nullptr;
  try {
    impl_->keys.clear();
    for (const auto& job : group) job->keys(impl_->keys);
    impl_->found.assign(impl_->keys.size(), 0);
    working.reader.find_keys(impl_->keys, impl_->found);
    for (std::size_t i = 0; i < impl_->keys.size(); ++i) working.found_[impl_->keys[i]] = impl_->found[i];
    for (const auto& job : group) {
      current = &job;
      job->decide(working);
    }
    current = nullptr;
  } catch (const JobRefused& refused) {
    undo();
    culprit = *current;
    return refused.error;
  } catch (const std::exception& error) {
    undo();
    if (current != nullptr) culprit = *current;
    log::error("job_failed", {{"what", std::string_view(error.what())}});
    return fhir::Error(fhir::ErrorCategory::unavailable, "the store cannot be read now");
  }

  if (!working.changes.empty()) {
    working.changes.highest_id = impl_->ids.next(working.now);
    HJEMPORT_FAULT_POINT("before-commit");
    fhir::Result<store::Position> position = store_.commit(working.changes, lane);
    if (!position) {
      undo();
      return position.error();
    }
    HJEMPORT_FAULT_POINT("after-commit");
    for (const Observer& observer : observers_) observer(working.changes, *position);
    ++counts_.groups;
    counts_.rows += working.changes.journal.size();
    if (group_watcher_) {
      group_watcher_(std::chrono::duration<double>(clock_.steady_now() - begun).count(), working.changes.journal.size());
    }
  }
  impl_->patients.trim();
  impl_->links.trim();
  if (working.devices_seen.size() > 4 * settings_.patients_cached) working.devices_seen.clear();
  return {};
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
