#include "gateway/store/sqlite_merge.hpp"

#include <algorithm>

namespace gateway::store {
namespace {

void insert_entry(SqliteConnection& db, SeriesId series, SeriesEntry entry) {
  // "do nothing": a merge that is done again finds what it had written.
  db.query("insert into series(owner, kind, measured, id) values(?1, ?2, ?3, ?4) on conflict do nothing")
      .bind(series.owner, series.kind, entry.measured, entry.id)
      .run();
}

void delete_entry(SqliteConnection& db, SeriesId series, SeriesEntry entry) {
  db.query("delete from series where owner = ?1 and kind = ?2 and measured = ?3 and id = ?4")
      .bind(series.owner, series.kind, entry.measured, entry.id)
      .run();
}

// Rows are read and added in batches, so that the list of them stays small.
constexpr std::size_t load_batch = 4096;

}  // namespace

void SqliteMerge::load() {
  {
    SqliteQuery query = db_.query("select value from counter where name = 'merged'");
    if (query.step()) merged_ = query.integer(0);
  }
  keys_.load(db_);
  std::vector<TailRow> rows;
  std::vector<std::int64_t> before;
  auto add = [&] {
    tail_.add(rows, before);
    rows.clear();
  };
  SqliteQuery observations =
      db_.query("select id, key, tenant, patient, kind, measured from observation where id > ?1 order by id");
  observations.bind(merged_);
  while (observations.step()) {
    rows.push_back({observations.integer(0), observations.key(1), true, observations.number<Tenant>(2),
                    observations.number<PatientId>(3), observations.number<fhir::Kind>(4), observations.time(5)});
    if (rows.size() == load_batch) add();
  }
  add();
  SqliteQuery events = db_.query("select id, key from event where id > ?1 order by id");
  events.bind(merged_);
  while (events.step()) {
    rows.push_back({events.integer(0), events.key(1), false, {}, {}, {}, {}});
    if (rows.size() == load_batch) add();
  }
  add();
}

bool SqliteMerge::due() const {
  if (tail_.merging() || tail_.active_rows() >= settings_.tail_rows || compaction_ || look_at_runs_) return true;
  return std::any_of(retired_.begin(), retired_.end(), [](const auto& run) { return run.expired(); });
}

void SqliteMerge::step() {
  if (!tail_.merging() && tail_.active_rows() >= settings_.tail_rows) start();
  if (tail_.merging()) return step_series();
  if (!compaction_ && !start_compaction()) {
    look_at_runs_ = step_deletion();
    return;
  }
  step_compaction();
}

// -- the tail

void SqliteMerge::start() {
  tail_.freeze();
  start_over();
}

void SqliteMerge::start_over() {
  progress_ = Progress{};
  for (const auto& [series, entries] : tail_.frozen().series) {
    if (!entries.empty()) progress_->series.push_back(series);
  }
  std::sort(progress_->series.begin(), progress_->series.end());
}

void SqliteMerge::step_series() {
  if (progress_->next_series == progress_->series.size()) return step_keys();
  Progress next{{}, progress_->next_series, progress_->next_entry};
  SqliteTransaction transaction(db_);
  std::size_t room = settings_.portion_entries;
  while (room > 0 && next.next_series < progress_->series.size()) {
    SeriesId series = progress_->series[next.next_series];
    std::vector<SeriesEntry> entries = tail_.frozen().series.at(series);
    std::sort(entries.begin(), entries.end());
    std::size_t end = std::min(entries.size(), next.next_entry + room);
    for (std::size_t i = next.next_entry; i < end; ++i) insert_entry(db_, series, entries[i]);
    room -= end - next.next_entry;
    next.next_entry = end;
    if (end == entries.size()) {
      ++next.next_series;
      next.next_entry = 0;
    }
  }
  transaction.commit();
  progress_->next_series = next.next_series;
  progress_->next_entry = next.next_entry;
}

void SqliteMerge::step_keys() {
  if (!key_progress_) {  // sorting is a portion of its own
    std::vector<KeyMap::Slot> sorted = tail_.frozen().keys.sorted();
    std::int64_t id = next_run();
    std::size_t keys = sorted.size();
    key_progress_.emplace(KeyProgress{std::move(sorted), KeyRunWriter(id, id, 0, keys)});
    return;
  }
  KeyProgress& keys = *key_progress_;
  try {
    SqliteTransaction transaction(db_);
    if (!keys.begun) keys.run.begin(db_);
    keys.begun = true;
    std::size_t end = std::min(keys.sorted.size(), keys.next + settings_.portion_chunks * keys_per_chunk);
    for (; keys.next < end; ++keys.next) keys.run.add(db_, keys.sorted[keys.next]);
    bool last = end == keys.sorted.size();
    if (last) {
      keys.run.finish_chunk(db_);
      while (keys.run.write_filter_part(db_)) {
      }
    }
    if (!last) return transaction.commit();
    // The run and the mark together: from here on these rows are found without the tail.
    KeyRuns runs = *keys_.runs();
    runs.push_back(keys.run.finish(db_));
    db_.query("replace into counter(name, value) values('merged', ?1)").bind(tail_.frozen().highest).run();
    transaction.commit();
    finish_merge(std::move(runs));
  } catch (...) {
    key_progress_.reset();  // ahead of the store: begin the run anew, the half-built one is deleted as a stray
    look_at_runs_ = true;
    throw;
  }
}

void SqliteMerge::finish_merge(KeyRuns runs) {
  merged_ = tail_.frozen().highest;
  keys_.publish(std::move(runs));  // before the tail lets go of them: a reader asks the tail first
  tail_.drop_frozen();
  progress_.reset();
  key_progress_.reset();
  look_at_runs_ = true;
}

void SqliteMerge::move_merged(const Placements::Move& move) {
  SeriesEntry from{move.from.measured, {move.from.id}}, to{move.to.measured, {move.to.id}};
  delete_entry(db_, series_of(move.from.patient, move.from.kind), from);
  delete_entry(db_, series_of(move.from.tenant, move.from.kind), from);
  if (move.to.id > merged_) return;  // in the tail: its merge will write it
  insert_entry(db_, series_of(move.to.patient, move.to.kind), to);
  insert_entry(db_, series_of(move.to.tenant, move.to.kind), to);
}

// -- runs of keys

std::int64_t SqliteMerge::next_run() {
  SqliteQuery query = db_.query("select coalesce(max(id), 0) + 1 from key_run");
  query.step();
  return query.integer(0);
}

bool SqliteMerge::start_compaction() {
  std::shared_ptr<const KeyRuns> runs = keys_.runs();
  for (std::size_t begin = 0; begin < runs->size();) {
    // Runs of one level stand together: a level's runs are all older than those of the level below.
    std::size_t end = begin;
    while (end < runs->size() && (*runs)[end]->level == (*runs)[begin]->level) ++end;
    if (end - begin >= settings_.runs_per_level) {
      std::size_t keys = 0;
      std::vector<Source> sources;
      for (std::size_t i = begin; i < end; ++i) {
        keys += (*runs)[i]->keys;
        sources.push_back({(*runs)[i], {}, 0, 0});
      }
      const KeyRun& newest = *(*runs)[begin];
      compaction_.emplace(
          Compaction{std::move(sources), KeyRunWriter(next_run(), newest.newest, newest.level + 1, keys)});
      return true;
    }
    begin = end;
  }
  return false;
}

// The smallest key of all sources; of equal ones the newest run's, the others are passed over. False at the end.
bool SqliteMerge::take_smallest(SqliteConnection& db, Compaction& compaction, KeyMap::Slot& smallest) {
  Source* best = nullptr;
  for (Source& source : compaction.sources) {
    if (source.next_pair == source.pairs.size()) {
      if (source.next_chunk == source.run->fences.size()) continue;
      source.pairs = read_chunk(db, *source.run, source.next_chunk++);
      source.next_pair = 0;
    }
    const Key& key = source.pairs[source.next_pair].key;
    if (best && key == best->pairs[best->next_pair].key) {
      ++source.next_pair;
    } else if (!best || key < best->pairs[best->next_pair].key) {
      best = &source;
    }
  }
  if (!best) return false;
  smallest = best->pairs[best->next_pair++];
  return true;
}

void SqliteMerge::step_compaction() {
  Compaction& compaction = *compaction_;
  try {
    SqliteTransaction transaction(db_);
    if (!compaction.begun) compaction.out.begin(db_);
    compaction.begun = true;
    std::size_t until = compaction.out.chunks() + settings_.portion_chunks;
    KeyMap::Slot pair;
    while (!compaction.keys_done && compaction.out.chunks() < until) {
      if (take_smallest(db_, compaction, pair)) {
        compaction.out.add(db_, pair);
      } else {
        compaction.out.finish_chunk(db_);
        compaction.keys_done = true;
      }
    }
    if (!compaction.keys_done || compaction.out.write_filter_part(db_)) return transaction.commit();

    std::shared_ptr<const KeyRun> merged = compaction.out.finish(db_);
    KeyRuns runs = *keys_.runs();
    for (const Source& source : compaction.sources) {
      db_.query("update key_run set state = ?2 where id = ?1").bind(source.run->id, RunState::dead).run();
      std::erase(runs, source.run);
    }
    runs.push_back(merged);
    transaction.commit();
    keys_.publish(std::move(runs));
    for (const Source& source : compaction.sources) retired_.push_back(source.run);
    compaction_.reset();
    look_at_runs_ = true;
  } catch (...) {
    // What is in memory is ahead of the store: begin anew, the half-built run is deleted as a stray.
    compaction_.reset();
    look_at_runs_ = true;
    throw;
  }
}

bool SqliteMerge::step_deletion() {
  std::erase_if(retired_, [](const auto& run) { return run.expired(); });
  std::int64_t stray = 0;
  {
    SqliteQuery query = db_.query("select id from key_run where state <> 1");
    while (query.step() && stray == 0) {
      std::int64_t id = query.integer(0);
      bool searched = std::any_of(retired_.begin(), retired_.end(), [&](const auto& weak) {
        std::shared_ptr<const KeyRun> run = weak.lock();
        return run && run->id == id;
      });
      if (!searched) stray = id;
    }
  }
  if (stray == 0) return false;
  SqliteTransaction transaction(db_);
  delete_some_of_run(db_, stray, 4 * settings_.portion_chunks);
  transaction.commit();
  return true;
}

}  // namespace gateway::store
