#include "gateway/store/tail.hpp"

#include <algorithm>

namespace gateway::store {
namespace {

void add_entry(TailGeneration& generation, SeriesId series, SeriesEntry entry) {
  auto [place, fresh] = generation.series.try_emplace(series);
  if (fresh) generation.kinds[series.owner].push_back(series.kind);
  place->second.push_back(entry);
}

bool remove_entry(TailGeneration& generation, SeriesId series, SeriesEntry entry) {
  auto found = generation.series.find(series);
  if (found == generation.series.end()) return false;
  std::vector<SeriesEntry>& entries = found->second;
  auto place = std::find(entries.rbegin(), entries.rend(), entry);  // mostly one of the last
  if (place == entries.rend()) return false;
  entries.erase(std::next(place).base());
  return true;
}

}  // namespace

void Tail::add(std::span<const TailRow> rows, std::vector<std::int64_t>& before) {
  before.clear();
  std::lock_guard lock(mutex_);
  for (const TailRow& row : rows) {
    before.push_back(active_->keys.put(row.key, row.id));
    active_->highest = std::max(active_->highest, row.id);
    ++active_->rows;
    if (!row.observation) continue;
    SeriesEntry entry{row.measured, ObservationId{row.id}};
    add_entry(*active_, series_of(row.patient, row.kind), entry);
    add_entry(*active_, series_of(row.tenant, row.kind), entry);
  }
}

void Tail::withdraw(std::span<const TailRow> rows, std::span<const std::int64_t> before) {
  std::lock_guard lock(mutex_);
  for (std::size_t i = rows.size(); i-- > 0;) {
    const TailRow& row = rows[i];
    if (before[i] != 0) {
      active_->keys.put(row.key, before[i]);
    } else {
      active_->keys.erase(row.key);
    }
    --active_->rows;
    if (!row.observation) continue;
    SeriesEntry entry{row.measured, ObservationId{row.id}};
    remove_entry(*active_, series_of(row.patient, row.kind), entry);
    remove_entry(*active_, series_of(row.tenant, row.kind), entry);
  }
}

Tail::Where Tail::move(const TailRow& from, const TailRow& to) {
  SeriesEntry old_entry{from.measured, ObservationId{from.id}}, new_entry{to.measured, ObservationId{to.id}};
  std::lock_guard lock(mutex_);
  for (TailGeneration* generation : {active_.get(), frozen_.get()}) {
    if (!generation || !remove_entry(*generation, series_of(from.patient, from.kind), old_entry)) continue;
    remove_entry(*generation, series_of(from.tenant, from.kind), old_entry);
    add_entry(*generation, series_of(to.patient, to.kind), new_entry);
    add_entry(*generation, series_of(to.tenant, to.kind), new_entry);
    return generation == frozen_.get() ? Where::frozen : Where::active;
  }
  return Where::merged;
}

void Tail::freeze() {
  auto fresh = std::make_unique<TailGeneration>();
  fresh->highest = active_->highest;
  fresh->keys.reserve(active_->keys.size());  // as many will come; growing in the middle would hold up a group
  std::lock_guard lock(mutex_);
  frozen_ = std::exchange(active_, std::move(fresh));
}

void Tail::drop_frozen() {
  std::unique_ptr<TailGeneration> gone;  // freed outside the lock
  std::lock_guard lock(mutex_);
  gone = std::move(frozen_);
}

std::int64_t Tail::find(const Key& key) const {
  std::int64_t found = 0;
  find({&key, 1}, {&found, 1});
  return found;
}

void Tail::find(std::span<const Key> keys, std::span<std::int64_t> found) const {
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::int64_t id = active_->keys.find(keys[i]);
    if (id == 0 && frozen_) id = frozen_->keys.find(keys[i]);
    if (id != 0) found[i] = id;
  }
}

std::vector<SeriesEntry> Tail::series(SeriesId series, Time from, Time to) const {
  std::vector<SeriesEntry> entries;
  std::lock_guard lock(mutex_);
  for (const TailGeneration* generation : {frozen_.get(), active_.get()}) {
    if (!generation) continue;
    auto found = generation->series.find(series);
    if (found == generation->series.end()) continue;
    std::copy_if(found->second.begin(), found->second.end(), std::back_inserter(entries),
                 [&](const SeriesEntry& entry) { return entry.measured >= from && entry.measured <= to; });
  }
  return entries;
}

std::vector<fhir::Kind> Tail::kinds(std::int64_t owner) const {
  std::vector<fhir::Kind> kinds;
  std::lock_guard lock(mutex_);
  for (const TailGeneration* generation : {frozen_.get(), active_.get()}) {
    if (!generation) continue;
    auto found = generation->kinds.find(owner);
    if (found != generation->kinds.end()) kinds.insert(kinds.end(), found->second.begin(), found->second.end());
  }
  return kinds;
}

std::size_t Tail::rows() const {
  std::lock_guard lock(mutex_);
  return active_->rows + (frozen_ ? frozen_->rows : 0);
}

}  // namespace gateway::store
