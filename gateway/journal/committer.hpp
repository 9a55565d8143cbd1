// The single writer. Jobs queue in two bounded lanes; the committer takes whatever queued while the last commit ran, urgent first,
// lets each job decide on the working view, writes all of it as one transaction, and only then tells the jobs. Natural group
// commit: no artificial delay (limits.md 10.3).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "gateway/runtime/clock.hpp"
#include "gateway/store/store.hpp"

namespace gateway::alarms {
class Services;
}  // namespace gateway::alarms

namespace gateway::registry {
class Patients;
class Links;
}  // namespace gateway::registry

namespace gateway::journal {

class Working;

// One unit of work. Lives in a shared_ptr: whoever waits for it may be gone before it is done.
class Job {
 public:
  virtual ~Job() = default;
  virtual std::size_t rows() const { return 1; }                      // weight in the queue and the group
  virtual void keys(std::vector<store::Key>&) const {}                // looked up for the whole group in one go
  // Committer's thread. Reads and writes through `working` only; deterministic. May run again when the group is retried
  // without a neighbour that failed, so it starts from its inputs each time. Throwing fails this job alone.
  virtual void decide(Working&) = 0;
  // Committer's thread, after the commit (or its failure): must only hand over, never block.
  virtual void finished(const fhir::Result<void>&) = 0;
};

// Thrown by decide() to end this job with an answer for its sender, without any effect; the group goes on without it. Cheap when
// the job has written nothing yet; otherwise its neighbours are decided again.
struct JobRefused {
  fhir::Error error;
};

// Told about every committed group, on the committer's thread, before the jobs are: live streams and forwarders wake up here.
using Observer = std::function<void(const store::Changes&, store::Position first)>;

struct Settings {
  std::size_t urgent_rows = 20'000, bulk_rows = 10'000;
  std::size_t group_rows = 1'000;
  std::size_t patients_cached = 20'000;   // patients' judging state kept in memory
  const alarms::Services* services = nullptr;  // clocks and hours by tenant, outliving the committer; none: nobody has any
};

struct Counts {
  std::atomic<std::uint64_t> groups{0}, rows{0}, refused{0}, failed_groups{0};
  std::atomic<std::int64_t> urgent_queued{0}, bulk_queued{0};
  std::atomic<std::uint64_t> patient_hits{0}, patient_misses{0};  // judging states found in memory, or loaded
};

class Committer {
 public:
  Committer(store::Store&, const Clock&, int node, Settings);
  ~Committer();

  void observe(Observer);        // before start
  void start();
  // False: the lane is full or the committer is stopping; the job is not taken and finished() is not called.
  bool submit(std::shared_ptr<Job>, store::Lane);
  // Runs what is queued to its end, then stops. Idempotent.
  void stop();

  const Counts& counts() const { return counts_; }
  // Seconds the last commit took and rows it had, for the metrics.
  using GroupWatcher = std::function<void(double seconds, std::size_t rows)>;
  void watch_groups(GroupWatcher watcher) { group_watcher_ = std::move(watcher); }

 private:
  struct Impl;
  using Group = std::span<const std::shared_ptr<Job>>;
  struct Attempt;
  void run();
  void run_group(Group, store::Lane);
  Attempt attempt(Group, store::Lane);
  void decide_all(Group, Attempt&);
  void commit(store::Lane, std::chrono::steady_clock::time_point begun, Attempt&);
  void forget();

  store::Store& store_;
  const Clock& clock_;
  Settings settings_;
  Counts counts_;
  std::vector<Observer> observers_;
  GroupWatcher group_watcher_;
  std::unique_ptr<Impl> impl_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> urgent_, bulk_;
  bool sleeping_ = false, stopping_ = false;
  std::thread thread_;
};

// A job made of one function, for small writes.
std::shared_ptr<Job> job(std::function<void(Working&)> decide, std::function<void(const fhir::Result<void>&)> finished);

}  // namespace gateway::journal
