#include "gateway/timers/supervision.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "gateway/journal/working.hpp"
#include "gateway/runtime/log.hpp"
#include "gateway/timers/technical_alarm.hpp"

namespace gateway::timers {
namespace {

using std::chrono::floor;
using std::chrono::microseconds;
using std::chrono::seconds;
using thresholds::Liveness;

// OURS. What is lost of the last-seen times when the program is killed: it makes a source look silent for this much longer.
constexpr seconds flush_every{60};
constexpr seconds devices_every{10};

std::string_view cause_name(Liveness state) { return state == Liveness::silent ? "source-silent" : "mapping-broke"; }
constexpr std::string_view heartbeat_cause = "heartbeat-missing";

alarms::WallTime local(const ingest::ConfiguredSource& source, fhir::Time at) {
  return alarms::WallTime(at.time_since_epoch() + source.zone->offset_at(at));
}

seconds expected_since(const ingest::ConfiguredSource& source, fhir::Time from, fhir::Time to) {
  return thresholds::expected_between(source.configured.expected, floor<seconds>(local(source, from)),
                                      floor<seconds>(local(source, to)));
}

double age(const std::optional<fhir::Time>& last, fhir::Time now) {
  if (!last) return std::numeric_limits<double>::quiet_NaN();
  return std::chrono::duration<double>(now - *last).count();
}

}  // namespace

struct Supervision::Watch {
  Watch(store::SourceSeen stored, journal::Committer& committer) : row(std::move(stored)), devices(committer) {}

  store::SourceSeen row;
  DeviceWatch devices;
  // Expected time that passed while the program ran, and how much of it the source was silent; `_at` are places in the former.
  microseconds clock{0}, outages{0};
  microseconds heard_at{0}, beat_at{0}, asked_at{0};
  std::int64_t items = 0, payloads = 0;  // unusable in a row
  std::uint64_t accepted = 0, accepted_before = 0;  // looks with something accepted: all, and those before `row.state` was found
  bool expected_now = true;
  bool dirty = false;
  bool pending = false;                  // a commit that changes `row` is under way
  std::string_view reason = "heard";

  Liveness state() const { return static_cast<Liveness>(row.state); }
  bool heard() const { return accepted > accepted_before; }
  seconds quiet() const { return floor<seconds>(clock - heard_at); }
};

// What is to become of a source: the row, the alarm to end and the alarm to raise.
struct Supervision::Wanted {
  store::SourceSeen row;
  std::string ended;             // cause; empty: none ends
  std::string_view note;
  std::string raised;            // cause; empty: none begins
  thresholds::Severity severity = thresholds::Severity::severe;
  std::string text;
  fhir::Time last{};
};

struct Supervision::Done {
  struct One {
    store::SourceSeen row;
    std::optional<std::uint64_t> found_after;  // Watch::accepted when the row's state was found; none: only times were written
    bool stored = false;
  };
  struct Devices {
    std::vector<store::DeviceSeen> rows;
    bool stored = false;
  };
  std::mutex mutex;
  std::vector<One> sources;
  std::vector<Devices> devices;
};

Supervision::Supervision(const Means& means, seconds grace)
    : means_(means), grace_(grace), known_(means.store.reader()->sources_seen()), done_(std::make_shared<Done>()) {}

Supervision::~Supervision() = default;

Supervision::Watch& Supervision::watch_of(const ingest::ConfiguredSource& source, const Tick& tick) {
  std::unique_ptr<Watch>& watch = watches_[source.facts.source];
  if (watch) return *watch;
  const auto known = std::find_if(known_.begin(), known_.end(),
                                  [&](const store::SourceSeen& row) { return row.source == source.facts.source; });
  store::SourceSeen row;
  if (known != known_.end()) {
    row = *known;
    known_.erase(known);
  } else {
    row.source = source.facts.source;
    row.tenant = source.facts.tenant_no;
    row.name = source.facts.id;
    row.watched = tick.now;
  }
  watch = std::make_unique<Watch>(std::move(row), means_.committer);
  watch->dirty = true;
  watch->heard_at = -expected_since(source, watch->row.accepted.value_or(watch->row.watched), tick.now);
  watch->beat_at = -expected_since(source, watch->row.heartbeat.value_or(watch->row.watched), tick.now);
  if (source.facts.watches_devices) {
    for (const store::DeviceSeen& device : means_.store.reader()->devices_seen(source.facts.source)) {
      watch->devices.know(device, expected_since(source, device.seen, tick.now));
    }
  }
  return *watch;
}

void Supervision::step(const Tick& tick) {
  running_ += tick.ran;
  settle();
  std::map<store::Source, ingest::News> news = means_.heard.take();
  const std::vector<const ingest::ConfiguredSource*> sources = means_.sources.all();
  const bool devices_due = running_ - devices_at_ >= devices_every;
  if (devices_due) devices_at_ = running_;
  for (const ingest::ConfiguredSource* source : sources) {
    Watch& watch = watch_of(*source, tick);
    watch.expected_now = thresholds::expected_at(source->configured.expected, floor<seconds>(local(*source, tick.now)));
    if (watch.expected_now) watch.clock += tick.ran;
    if (auto found = news.find(source->facts.source); found != news.end()) take(*source, watch, found->second, tick);
    judge(*source, watch, tick);
    if (devices_due) look_at_devices(*source, watch);
  }
  end_unconfigured();
  if (running_ - flushed_at_ >= flush_every) flush();
  show(sources, tick);
}

void Supervision::take(const ingest::ConfiguredSource& source, Watch& watch, ingest::News& news, const Tick&) {
  if (news.heartbeat) {
    watch.row.heartbeat = news.heartbeat;
    watch.beat_at = watch.clock;
    watch.dirty = true;
  }
  if (news.accepted) {
    // Its devices could not be heard while it was silent either.
    const seconds deadline = source.configured.silent_after;
    const bool was_out = watch.state() != Liveness::alive || (deadline > seconds(0) && watch.quiet() >= deadline);
    if (was_out) watch.outages += watch.clock - watch.heard_at;
    watch.row.accepted = news.accepted;
    watch.heard_at = watch.clock;
    ++watch.accepted;
    watch.items = watch.payloads = 0;
    watch.dirty = true;
  }
  watch.items += news.items;
  watch.payloads += news.payloads;
  if (!source.facts.watches_devices) return;
  DeviceRound round;
  round.source = source.facts.source;
  round.tenant_no = source.facts.tenant_no;
  round.clock = watch.clock - watch.outages;
  for (auto& [device, heard] : news.devices) watch.devices.hear(round, heard.first, heard.second);
}

void Supervision::judge(const ingest::ConfiguredSource& source, Watch& watch, const Tick& tick) {
  const config::Source& set = source.configured;
  thresholds::SourceSeen seen;
  seen.before = watch.state();
  seen.heard = watch.heard();
  seen.ever = watch.row.accepted.has_value();
  seen.quiet = watch.quiet();
  seen.running = floor<seconds>(running_);
  seen.items = watch.items;
  seen.payloads = watch.payloads;
  const thresholds::Found found = thresholds::judge_source({set.silent_after, grace_}, seen);
  watch.reason = found.reason;

  thresholds::Quiet beat;
  beat.before = watch.row.no_heartbeat;
  beat.quiet = floor<seconds>(watch.clock - watch.beat_at);
  beat.running = seen.running;
  beat.source = found.state;
  const bool no_heartbeat = thresholds::judge_quiet({set.heartbeat_after, grace_}, beat).silent;
  if (watch.pending) return;

  Wanted wanted;
  wanted.row = watch.row;
  const Liveness before = watch.state();
  if (found.state != before) {
    if (before != Liveness::alive) {
      wanted.ended = cause_name(before);
      wanted.note = found.state != Liveness::alive ? alarms::other_cause_note
                    : watch.heard()                ? alarms::heard_again_note
                                                   : alarms::not_watched_note;
    }
    wanted.row.state = static_cast<std::uint8_t>(found.state);
  }
  // A person may have closed the alarm of a source that is still silent: after another deadline it is said again.
  const bool still = found.state == Liveness::silent && before == found.state && watch.clock - watch.asked_at >= set.silent_after;
  if (found.state != Liveness::alive && (found.state != before || still)) {
    const auto last = watch.row.accepted ? std::optional(local(source, *watch.row.accepted)) : std::nullopt;
    wanted.raised = cause_name(found.state);
    wanted.text = found.state == Liveness::silent ? alarms::source_silent_text(source.facts.id, last)
                                                  : alarms::mapping_broke_text(source.facts.id, last);
    wanted.last = watch.row.accepted.value_or(tick.now);
    watch.asked_at = watch.clock;
  }
  if (found.state != before || still) return change(watch, wanted, &source);

  if (no_heartbeat == watch.row.no_heartbeat) return;
  wanted.row.no_heartbeat = no_heartbeat;
  if (no_heartbeat) {
    const auto last = watch.row.heartbeat ? std::optional(local(source, *watch.row.heartbeat)) : std::nullopt;
    wanted.raised = heartbeat_cause;
    wanted.severity = thresholds::Severity::moderate;
    wanted.text = alarms::heartbeat_missing_text(source.facts.id, last);
    wanted.last = watch.row.heartbeat.value_or(tick.now);
  } else {
    wanted.ended = heartbeat_cause;
    wanted.note = set.heartbeat_after == seconds(0) ? alarms::not_watched_note : alarms::heard_again_note;
  }
  change(watch, wanted, &source);
}

void Supervision::change(Watch& watch, const Wanted& wanted, const ingest::ConfiguredSource* source) {
  std::optional<alarms::TechnicalCause> cause;
  if (source != nullptr && !wanted.raised.empty()) {
    cause.emplace();
    cause->tenant = source->facts.tenant;
    cause->cause = wanted.raised;
    cause->thing = wanted.row.name;
    cause->text = wanted.text;
    cause->severity = wanted.severity;
    cause->measured = wanted.last;
  }
  std::string ended;
  if (!wanted.ended.empty()) ended = alarms::technical_identity(wanted.ended, wanted.row.name);
  auto decide = [row = wanted.row, cause, ended, note = std::string(wanted.note)](journal::Working& working) {
    if (!ended.empty()) end_technical(working, row.tenant, {}, ended, note);
    if (cause) raise_technical(working, row.tenant, *cause);
    working.changes.sources_seen.push_back(row);
  };
  auto finished = [row = wanted.row, found_after = watch.accepted, done = done_](const fhir::Result<void>& result) {
    std::lock_guard lock(done->mutex);
    done->sources.push_back({row, found_after, static_cast<bool>(result)});
  };
  if (means_.committer.submit(journal::job(std::move(decide), std::move(finished)), store::Lane::urgent)) watch.pending = true;
}

void Supervision::settle() {
  std::lock_guard lock(done_->mutex);
  for (const Done::One& one : done_->sources) {
    Watch& watch = *watches_.at(one.row.source);
    watch.pending = false;
    watch.dirty = watch.dirty || !one.stored;
    if (!one.stored || !one.found_after) continue;
    watch.row.state = one.row.state;
    watch.row.no_heartbeat = one.row.no_heartbeat;
    watch.accepted_before = *one.found_after;
    log::warning("source_supervised", {{"source", std::string_view(one.row.name)},
                                       {"state", thresholds::name(watch.state())},
                                       {"heartbeat", !one.row.no_heartbeat}});
  }
  done_->sources.clear();
  for (const Done::Devices& written : done_->devices) {
    for (const store::DeviceSeen& row : written.rows) watches_.at(row.source)->devices.written(row.device, written.stored);
  }
  done_->devices.clear();
}

void Supervision::look_at_devices(const ingest::ConfiguredSource& source, Watch& watch) {
  if (!source.facts.watches_devices && watch.devices.size() == 0) return;
  DeviceRound round;
  round.source = source.facts.source;
  round.tenant_no = source.facts.tenant_no;
  round.tenant = source.facts.tenant;
  round.source_id = source.facts.id;
  round.clock = watch.clock - watch.outages;
  round.policy = {source.configured.device_silent_after, grace_};
  round.of_source.running = floor<seconds>(running_);
  round.of_source.source = watch.state();
  round.of_source.source_quiet = watch.quiet();
  round.of_source.source_deadline = source.configured.silent_after;
  round.local = [zone = source.zone](fhir::Time at) { return alarms::WallTime(at.time_since_epoch() + zone->offset_at(at)); };
  if (source.facts.watches_devices) {
    watch.devices.look(round);
  } else {
    watch.devices.forget(round);
  }
}

// Of sources that a reload or another configuration took out of use: nobody can send for them any more.
void Supervision::end_unconfigured() {
  auto gone = [&](store::Source source) { return means_.sources.find(source) == nullptr; };
  for (store::SourceSeen& row : known_) {
    if (row.state == 0 && !row.no_heartbeat) continue;
    const store::Source source = row.source;
    if (gone(source)) watches_.try_emplace(source, std::make_unique<Watch>(row, means_.committer));
    row.state = 0;  // once
    row.no_heartbeat = false;
  }
  for (auto& [source, watch] : watches_) {
    if (watch->pending || !gone(source)) continue;
    Wanted wanted;
    wanted.row = watch->row;
    wanted.note = alarms::not_watched_note;
    if (watch->state() != Liveness::alive) {
      wanted.ended = cause_name(watch->state());
      wanted.row.state = 0;
    } else if (watch->row.no_heartbeat) {
      wanted.ended = heartbeat_cause;
      wanted.row.no_heartbeat = false;
    } else {
      continue;
    }
    change(*watch, wanted, nullptr);
  }
}

// Nothing else is decided about a row until it is written: lanes are served in their own order.
void Supervision::flush() {
  flushed_at_ = running_;
  std::vector<store::SourceSeen> sources;
  std::vector<store::DeviceSeen> devices;
  for (auto& [source, watch] : watches_) {
    if (watch->dirty && !watch->pending) {
      watch->dirty = false;
      watch->pending = true;
      sources.push_back(watch->row);
    }
    std::vector<store::DeviceSeen> rows = watch->devices.take_dirty();
    devices.insert(devices.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
  }
  if (sources.empty() && devices.empty()) return;
  auto decide = [sources, devices](journal::Working& working) {
    auto& changes = working.changes;
    changes.sources_seen.insert(changes.sources_seen.end(), sources.begin(), sources.end());
    changes.devices_seen.insert(changes.devices_seen.end(), devices.begin(), devices.end());
  };
  auto finished = [sources, devices, done = done_](const fhir::Result<void>& result) {
    std::lock_guard lock(done->mutex);
    for (const store::SourceSeen& row : sources) done->sources.push_back({row, std::nullopt, static_cast<bool>(result)});
    done->devices.push_back({devices, static_cast<bool>(result)});
  };
  if (means_.committer.submit(journal::job(std::move(decide), finished), store::Lane::bulk)) return;
  finished(fhir::Error(fhir::ErrorCategory::busy, "the lane is full"));
}

void Supervision::show(const std::vector<const ingest::ConfiguredSource*>& sources, const Tick& tick) {
  std::vector<Shown> shown;
  shown.reserve(sources.size());
  for (const ingest::ConfiguredSource* source : sources) {
    const Watch& watch = *watches_.at(source->facts.source);
    const config::Source& set = source->configured;
    shown.push_back({watch.row, watch.reason, watch.quiet(), set.silent_after, set.heartbeat_after, set.device_silent_after,
                     watch.expected_now, watch.devices.size(), watch.devices.silent()});
    SourceMetrics& metrics = means_.metrics.source(source->facts.tenant, source->facts.id);
    metrics.accepted_age.set(age(watch.row.accepted, tick.now));
    metrics.heartbeat_age.set(age(watch.row.heartbeat, tick.now));
    metrics.silent.set(watch.state() == Liveness::alive ? 0 : 1);
  }
  std::lock_guard lock(mutex_);
  shown_ = std::move(shown);
}

std::vector<Supervision::Shown> Supervision::shown() const {
  std::lock_guard lock(mutex_);
  return shown_;
}

}  // namespace gateway::timers
