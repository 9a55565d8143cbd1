#include "gateway/timers/alarm_watch.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "gateway/journal/alarm_writer.hpp"
#include "gateway/journal/working.hpp"
#include "gateway/runtime/log.hpp"
#include "gateway/timers/calls.hpp"

namespace gateway::timers {

namespace asio = boost::asio;

namespace {

constexpr std::size_t page = 200;

enum class Why : std::uint8_t { due, nobody_listens };

// Committer's thread: looks again at what stands there by then. False: nothing was to be done.
bool advance(journal::Working& working, store::Tenant tenant, AlarmId id, Why why) {
  auto alarm = journal::find_alarm(working, tenant, id);
  if (!alarm || !alarm->open()) return false;
  const alarms::Service& service = working.services.of(tenant);
  std::optional<alarms::Advance> next;
  if (why == Why::due) {
    next = alarms::advance(*alarm, service, working.now);
  } else if (alarm->timing.clock == thresholds::Clock::acknowledge && alarm->timing.level == 0) {
    next = alarms::escalate_now(*alarm, service, alarms::nobody_listens, working.now);
  }
  if (!next) return journal::settle_alarm(working, tenant, *alarm);
  const alarms::Alarm written = journal::write_alarm(working, tenant, std::move(*next->change.alarm), next->change.change);
  // Owed from this commit on: what calls out reads it from the store.
  if (next->call_level != 0) {
    working.changes.calls.push_back({written.id, written.version, tenant, next->call_level, 0, working.now});
  }
  return true;
}

}  // namespace

struct AlarmWatch::Shared : std::enable_shared_from_this<AlarmWatch::Shared> {
  Shared(const Means& given, const config::Config& config)
      : means(given), calls(given, config, [this] { look_again(); }) {
    for (const config::Tenant& tenant : config.tenants) tenants.push_back(means.store.tenant(tenant.id));
    for (const config::Escalation& escalation : config.escalation) {
      if (escalation.presence.count() == 0) continue;
      watched.push_back({means.store.tenant(escalation.tenant), escalation.presence, means.clock.steady_now()});
    }
  }

  // Whether somebody listens on the alarm stream of a tenant that wants to know.
  struct Watched {
    store::Tenant tenant{};
    std::chrono::seconds longest{};
    std::chrono::steady_clock::time_point seen;
    std::optional<store::Position> scanned;  // of the journal, since nobody listens
  };

  Means means;
  Calls calls;
  std::unique_ptr<store::Reader> reader;
  std::vector<store::Tenant> tenants;
  std::vector<Watched> watched;
  std::set<AlarmId> under_way;
  std::size_t settling = 0;  // pages
  bool settled = false, asked = false, stopping = false;
  bool lost = false;  // a step was not taken or not committed: what looked by position looks at everything again
  std::function<void()> stopped;

  void look();
  void look_again();
  void settle_open();
  void step_due();
  void watch(Watched&, bool again);
  void submit(store::Tenant, AlarmId, Why);
  void end_if_idle();
};

void AlarmWatch::Shared::look() {
  if (stopping) return;
  try {
    if (!reader) reader = means.store.reader();
    if (!settled) settle_open();
    step_due();
    const bool again = std::exchange(lost, false);
    for (Watched& one : watched) watch(one, again);
    calls.look(*reader);
  } catch (const std::exception& error) {
    log::error("timers_cannot_read", {{"what", std::string_view(error.what())}});
    reader.reset();
  }
}

void AlarmWatch::Shared::look_again() {
  if (stopping) return end_if_idle();
  if (std::exchange(asked, true)) return;
  asio::post(means.context, [self = shared_from_this()] {
    self->asked = false;
    self->look();
  });
}

// Once a start: settings may be others than those the open alarms were written under.
void AlarmWatch::Shared::settle_open() {
  for (store::Tenant tenant : tenants) {
    store::AlarmFilter filter;
    filter.tenant = tenant;
    filter.open = true;
    filter.limit = page;
    for (;;) {
      std::vector<AlarmId> ids;
      for (const store::Alarm& row : reader->alarms(filter)) ids.push_back(row.id);
      if (ids.empty()) break;
      filter.after = ids.back();
      auto work = [tenant, ids](journal::Working& working) {
        for (AlarmId id : ids) {
          if (auto alarm = journal::find_alarm(working, tenant, id); alarm && alarm->open()) {
            journal::settle_alarm(working, tenant, *alarm);
          }
        }
      };
      ++settling;
      auto end = [self = shared_from_this()](bool failed) {
        --self->settling;
        if (failed) self->settled = false;
        if (!failed || self->stopping) self->look_again();  // else at the next look
      };
      auto finished = [&context = means.context, end](const fhir::Result<void>& result) {
        asio::post(context, [end, failed = !result] { end(failed); });
      };
      if (!means.committer.submit(journal::job(std::move(work), std::move(finished)), store::Lane::urgent)) {
        --settling;
        return;  // from the beginning at the next look: settling twice changes nothing more
      }
    }
  }
  settled = true;
}

void AlarmWatch::Shared::step_due() {
  for (const store::Alarm& row : reader->due_alarms(means.clock.now(), page)) submit(row.tenant, row.id, Why::due);
}

void AlarmWatch::Shared::watch(Watched& one, bool again) {
  const auto now = means.clock.steady_now();
  if (means.feed.streams(one.tenant) > 0 || !means.services.of(one.tenant).open_at(means.clock.now())) {
    one.seen = now;
    one.scanned.reset();
    return;
  }
  if (now - one.seen < one.longest) return;
  const store::Position newest = means.feed.newest();
  if (one.scanned == newest && !again) return;
  if (!one.scanned) log::warning("alarm_stream_unwatched", {{"tenant", static_cast<std::int64_t>(one.tenant)}});
  one.scanned = newest;
  store::AlarmFilter filter;
  filter.tenant = one.tenant;
  filter.open = true;
  filter.limit = page;
  for (;;) {
    const std::vector<store::Alarm> rows = reader->alarms(filter);
    if (rows.empty()) return;
    filter.after = rows.back().id;
    for (const store::Alarm& row : rows) {
      auto alarm = alarms::alarm_from_stored(row);
      const bool waits = alarm && alarm->timing.clock == thresholds::Clock::acknowledge && alarm->timing.level == 0;
      if (waits) submit(one.tenant, row.id, Why::nobody_listens);
    }
  }
}

void AlarmWatch::Shared::submit(store::Tenant tenant, AlarmId id, Why why) {
  if (!under_way.insert(id).second) return;
  auto changed = std::make_shared<bool>(false);
  auto work = [tenant, id, why, changed](journal::Working& working) { *changed = advance(working, tenant, id, why); };
  auto end = [self = shared_from_this(), id](bool again) {
    self->under_way.erase(id);
    if (again || self->stopping) self->look_again();  // there may be more; else at the next look
  };
  auto finished = [&context = means.context, end, changed, self = shared_from_this()](const fhir::Result<void>& result) {
    asio::post(context, [end, self, again = result && *changed, failed = !result] {
      self->lost = self->lost || failed;
      end(again);
    });
  };
  if (means.committer.submit(journal::job(std::move(work), std::move(finished)), store::Lane::urgent)) return;
  under_way.erase(id);
  lost = true;
}

void AlarmWatch::Shared::end_if_idle() {
  if (!stopped || !under_way.empty() || settling != 0 || !calls.idle()) return;
  reader.reset();
  std::exchange(stopped, nullptr)();
}

AlarmWatch::AlarmWatch(const Means& means, const config::Config& config) : shared_(std::make_shared<Shared>(means, config)) {}

AlarmWatch::~AlarmWatch() = default;

void AlarmWatch::step(const Tick&) { shared_->look(); }

void AlarmWatch::look() {
  asio::post(shared_->means.context, [shared = shared_] { shared->look(); });
}

void AlarmWatch::stop(std::function<void()> done) {
  asio::post(shared_->means.context, [shared = shared_, done = std::move(done)]() mutable {
    shared->stopping = true;
    shared->stopped = std::move(done);
    shared->calls.stop();
    shared->end_if_idle();
  });
}

}  // namespace gateway::timers
