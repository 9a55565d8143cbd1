#include "gateway/timers/device_watch.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "gateway/journal/working.hpp"
#include "gateway/timers/technical_alarm.hpp"

namespace gateway::timers {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

// OURS. One commit raises or ends so many: a lane takes it, and readings are served between.
constexpr std::size_t changed_together = 100;

std::string thing(const DeviceRound& round, const store::DeviceSeen& row) {
  return alarms::used_by(round.source_id + "/" + row.device.text(), row.patient);
}

alarms::TechnicalCause cause_of(const DeviceRound& round, const store::DeviceSeen& row) {
  alarms::TechnicalCause cause;
  cause.tenant = round.tenant;
  cause.patient = row.patient;
  cause.cause = "device-silent";
  cause.thing = thing(round, row);
  cause.text = alarms::device_silent_text(round.local(row.seen));
  cause.measured = row.seen;
  cause.device = row.identifier;
  return cause;
}

// In the committer. Whose it is by now: its subject may be linked to somebody else since its last reading, or to nobody, when the
// device was given back; then it is nobody's to miss.
bool still_in_hands(journal::Working& working, store::DeviceSeen& row) {
  if (!row.subject.empty()) {
    const std::optional<store::Link> link = working.links.at(row.source, row.subject, working.now);
    if (!link) return false;
    row.patient = link->patient;
  }
  const registry::PatientState* patient = working.patients.find(row.patient);
  return patient != nullptr && patient->patient.tenant == row.tenant;
}

}  // namespace

struct DeviceWatch::Work {
  std::vector<store::DeviceSeen> rows;  // as they stand after the commit
  std::vector<DeviceId> dropped;
  std::vector<DeviceId> about;
  bool stored = false;
};

struct DeviceWatch::Done {
  std::mutex mutex;
  std::vector<std::shared_ptr<Work>> ended;

  void add(std::shared_ptr<Work> work, bool stored) {
    std::lock_guard lock(mutex);
    work->stored = stored;
    ended.push_back(std::move(work));
  }
  std::vector<std::shared_ptr<Work>> take() {
    std::lock_guard lock(mutex);
    return std::exchange(ended, {});
  }
};

DeviceWatch::~DeviceWatch() = default;

void DeviceWatch::know(const store::DeviceSeen& row, microseconds quiet) {
  Watched watched;
  watched.row = row;
  watched.heard_at = -quiet;
  devices_.insert_or_assign(row.device, std::move(watched));
}

void DeviceWatch::hear(const DeviceRound& round, const ingest::HeardDevice& heard, fhir::Time at) {
  Watched& watched = devices_[heard.device];
  watched.heard_at = round.clock;
  store::DeviceSeen row;
  row.device = heard.device;
  row.source = round.source;
  row.tenant = round.tenant_no;
  row.patient = heard.patient;
  row.subject = heard.subject;
  row.identifier = heard.identifier;
  row.seen = at;
  if (watched.row.silent || watched.pending) {
    watched.next = std::move(row);
    return;
  }
  watched.row = std::move(row);
  watched.dirty = true;
}

void DeviceWatch::settle() {
  if (!done_) return;
  for (const std::shared_ptr<Work>& work : done_->take()) {
    for (const DeviceId id : work->about) {
      if (auto found = devices_.find(id); found != devices_.end()) found->second.pending = false;
    }
    if (!work->stored) continue;
    for (const store::DeviceSeen& row : work->rows) devices_[row.device].row = row;
    for (const DeviceId id : work->dropped) {
      const auto found = devices_.find(id);
      if (found != devices_.end() && !found->second.next) devices_.erase(found);
    }
  }
  for (auto& [id, watched] : devices_) {
    if (!watched.next || watched.pending || watched.row.silent) continue;  // found silent: its alarm ends first
    watched.row = std::move(*watched.next);
    watched.next.reset();
    watched.dirty = true;
  }
}

bool DeviceWatch::submit(std::shared_ptr<Work> work, std::function<void(journal::Working&)> decide) {
  if (!done_) done_ = std::make_shared<Done>();
  auto finished = [work, done = done_](const fhir::Result<void>& result) { done->add(work, static_cast<bool>(result)); };
  if (!committer_.submit(journal::job(std::move(decide), std::move(finished)), store::Lane::urgent)) return false;
  for (const DeviceId id : work->about) devices_[id].pending = true;
  return true;
}

// Those heard again, each with the row that stands then.
void DeviceWatch::end(const DeviceRound& round) {
  auto work = std::make_shared<Work>();
  std::vector<store::DeviceSeen> before;
  for (auto& [id, watched] : devices_) {
    if (watched.pending || !watched.row.silent || !watched.next || before.size() == changed_together) continue;
    before.push_back(watched.row);
    work->rows.push_back(*watched.next);
    work->about.push_back(id);
  }
  if (before.empty()) return;
  submit(work, [work, before, round](journal::Working& working) {
    for (const store::DeviceSeen& row : before) {
      end_technical(working, row.tenant, row.patient, alarms::identity(cause_of(round, row)), alarms::heard_again_note);
    }
    auto& rows = working.changes.devices_seen;
    rows.insert(rows.end(), work->rows.begin(), work->rows.end());
  });
}

void DeviceWatch::raise(const DeviceRound& round) {
  auto work = std::make_shared<Work>();
  std::vector<store::DeviceSeen> found;
  for (auto& [id, watched] : devices_) {
    if (watched.pending || watched.row.silent || found.size() == changed_together) continue;
    thresholds::Quiet quiet = round.of_source;
    quiet.quiet = std::chrono::floor<seconds>(round.clock - watched.heard_at);
    if (!thresholds::judge_quiet(round.policy, quiet).silent) continue;
    found.push_back(watched.row);
    work->about.push_back(id);
  }
  if (found.empty()) return;
  submit(work, [work, found, round](journal::Working& working) {
    work->rows.clear();  // may run again after a neighbour failed
    work->dropped.clear();
    for (store::DeviceSeen row : found) {
      if (!still_in_hands(working, row)) {
        work->dropped.push_back(row.device);
        working.changes.dropped_devices_seen.push_back(row.device);
        continue;
      }
      raise_technical(working, row.tenant, cause_of(round, row));
      row.silent = true;
      working.changes.devices_seen.push_back(row);
      work->rows.push_back(std::move(row));
    }
  });
}

void DeviceWatch::look(const DeviceRound& round) {
  settle();
  end(round);
  raise(round);
}

void DeviceWatch::forget(const DeviceRound& round) {
  settle();
  auto work = std::make_shared<Work>();
  std::vector<store::DeviceSeen> before;
  for (auto& [id, watched] : devices_) {
    if (watched.pending || before.size() == changed_together) continue;
    watched.next.reset();
    before.push_back(watched.row);
    work->about.push_back(id);
  }
  if (before.empty()) return;
  work->dropped = work->about;
  submit(work, [before, round](journal::Working& working) {
    for (const store::DeviceSeen& row : before) {
      if (row.silent) {
        end_technical(working, row.tenant, row.patient, alarms::identity(cause_of(round, row)), alarms::not_watched_note);
      }
      working.changes.dropped_devices_seen.push_back(row.device);
    }
  });
}

std::vector<store::DeviceSeen> DeviceWatch::take_dirty() {
  std::vector<store::DeviceSeen> rows;
  for (auto& [id, watched] : devices_) {
    if (!watched.dirty || watched.pending) continue;
    watched.dirty = false;
    watched.pending = true;
    rows.push_back(watched.row);
  }
  return rows;
}

void DeviceWatch::written(DeviceId device, bool stored) {
  const auto found = devices_.find(device);
  if (found == devices_.end()) return;
  found->second.pending = false;
  found->second.dirty = found->second.dirty || !stored;
}

std::size_t DeviceWatch::silent() const {
  return static_cast<std::size_t>(
      std::count_if(devices_.begin(), devices_.end(), [](const auto& one) { return one.second.row.silent; }));
}

}  // namespace gateway::timers
