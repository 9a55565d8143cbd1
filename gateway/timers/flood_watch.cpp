#include "gateway/timers/flood_watch.hpp"

#include <algorithm>
#include <utility>

#include "gateway/journal/submit.hpp"
#include "gateway/timers/technical_alarm.hpp"

namespace gateway::timers {
namespace {

constexpr std::size_t portion = 1000;
// OURS: how far back a start looks for what belongs to a flood that was going on; a busy gateway's last minutes.
constexpr store::Position looked_back = 50'000;
constexpr std::uint32_t alarm_entries = 1u << static_cast<unsigned>(store::Entry::alarm);

enum UnderWay : int { nothing, asked, committed, failed };

// The alarm that tells the flood is not part of it.
bool is_own(std::string_view shown) { return shown.find(R"("reason":{"rule":"flood")") != std::string_view::npos; }

alarms::TechnicalCause cause_of(const std::string& tenant, std::size_t count, std::chrono::minutes within, fhir::Time now) {
  alarms::TechnicalCause cause;
  cause.tenant = tenant;
  cause.cause = "flood";
  cause.thing = tenant;
  cause.text = "Varselflom: " + std::to_string(count) + " nye varsler på " + std::to_string(within.count()) + " minutter";
  cause.measured = now;
  return cause;
}

}  // namespace

FloodWatch::FloodWatch(store::Store& store, journal::Committer& committer, const journal::AlarmFeed& feed, const alarms::Services& services,
                       const std::vector<config::Tenant>& tenants, Metrics& metrics)
    : store_(store), committer_(committer), feed_(feed) {
  for (const config::Tenant& tenant : tenants) {
    const store::Tenant number = store.tenant(tenant.id);
    watched_.emplace(number, Watched{tenant.id, thresholds::Flood(services.of(number).flood), false,
                                     std::make_shared<std::atomic<int>>(nothing), 0, metrics.tenant(tenant.id).flood});
  }
}

FloodWatch::~FloodWatch() = default;

void FloodWatch::begin() {
  const store::Position from = std::max<store::Position>(reader_->newest() - looked_back, 0);
  for (auto& [tenant, one] : watched_) {
    one.told = reader_->open_alarm(tenant, alarms::technical_identity("flood", one.tenant)).has_value();
    one.flood = thresholds::Flood(one.flood.policy(), one.told);
    one.read = from;
  }
  begun_ = true;
}

void FloodWatch::count(Watched& one, std::string_view change, std::string_view shown, fhir::Time at, fhir::Time now) {
  if (change != thresholds::name(thresholds::Change::raised) || is_own(shown)) return;
  if (at >= now - one.flood.policy().within) one.flood.came(at);
}

// From what is in memory, where it reaches back far enough; else, at a start, from the journal.
void FloodWatch::count(store::Tenant tenant, Watched& one, fhir::Time now) {
  for (;;) {
    store::Position reached = one.read;
    std::size_t seen = 0;
    if (const auto changes = feed_.after(one.read, tenant, portion, reached)) {
      for (const auto& change : *changes) count(one, change->event, change->data, change->at, now);
      seen = changes->size();
    } else {
      const store::Position newest = feed_.newest();  // before: what is committed meanwhile is read next
      const std::vector<store::JournalEntry> entries = reader_->journal(one.read, portion, alarm_entries, tenant);
      for (const store::JournalEntry& entry : entries) count(one, entry.change, entry.data, entry.at, now);
      seen = entries.size();
      reached = seen == portion ? entries.back().position : std::max(one.read, newest);
    }
    one.read = reached;
    if (seen < portion) return;
  }
}

void FloodWatch::tell(store::Tenant tenant, Watched& one, fhir::Time now) {
  const int under_way = one.under_way->load();
  if (under_way == asked) return;
  if (under_way == committed) one.told = !one.told;
  one.under_way->store(nothing);
  one.shown.set(one.flood.on() ? 1 : 0);
  if (one.flood.on() == one.told) return;
  const alarms::TechnicalCause cause = cause_of(one.tenant, one.flood.count(), one.flood.policy().within, now);
  auto work = [tenant, cause, on = one.flood.on()](journal::Working& working) {
    if (on) {
      raise_technical(working, tenant, cause);
    } else {
      end_technical(working, tenant, {}, alarms::identity(cause), "Færre nye varsler");
    }
  };
  auto finished = [state = one.under_way](const fhir::Result<void>& result) { state->store(result ? committed : failed); };
  one.under_way->store(asked);
  if (!committer_.submit(journal::job(std::move(work), std::move(finished)), store::Lane::urgent)) one.under_way->store(nothing);
}

void FloodWatch::step(const Tick& tick) {
  try {
    if (!reader_) reader_ = store_.reader();
    if (!begun_) begin();
    for (auto& [tenant, one] : watched_) count(tenant, one, tick.now);
  } catch (...) {
    reader_.reset();
    throw;
  }
  for (auto& [tenant, one] : watched_) {
    one.flood.look(tick.now);
    tell(tenant, one, tick.now);
  }
}

}  // namespace gateway::timers
