#include "gateway/store/sqlite_search.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "gateway/store/sqlite_keys.hpp"
#include "gateway/store/sqlite_rows.hpp"
#include "gateway/store/sqlite_walks.hpp"

namespace gateway::store {
namespace {

using fhir::DateCondition;
using fhir::DatePrefix;

// Above this many candidates it is cheaper to walk in order and filter than to collect, filter and sort.
constexpr std::size_t gather_most = 20'000;
constexpr std::size_t gather_most_of_patients = 100'000;

Range range_of(const std::vector<DateCondition>& conditions) {
  constexpr std::chrono::microseconds tick{1};
  Range range;
  auto at_least = [&](Time t) { range.from = std::max(range.from, t); };
  auto at_most = [&](Time t) { range.to = std::min(range.to, t); };
  for (const DateCondition& c : conditions) {
    switch (c.prefix) {
      case DatePrefix::eq:
        at_least(c.from);
        at_most(c.to - tick);
        break;
      case DatePrefix::ge:
        at_least(c.from);
        break;
      case DatePrefix::gt:
      case DatePrefix::sa:
        at_least(c.to);
        break;
      case DatePrefix::le:
        at_most(c.to - tick);
        break;
      case DatePrefix::lt:
      case DatePrefix::eb:
        at_most(c.from - tick);
        break;
      case DatePrefix::ne:
      case DatePrefix::ap:
        break;  // no one range: checked row by row
    }
  }
  return range;
}

bool needs_check(const std::vector<DateCondition>& conditions) {
  return std::any_of(conditions.begin(), conditions.end(),
                     [](const DateCondition& c) { return c.prefix == DatePrefix::ne || c.prefix == DatePrefix::ap; });
}

bool satisfies_all(const std::vector<DateCondition>& conditions, Time t) {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const DateCondition& c) { return fhir::satisfies(c, t); });
}

template <class T>
bool listed(const std::vector<T>& list, const T& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

// One search: the tail is copied and keys are looked up when it is made, before its snapshot is opened. A row committed
// between the two is beyond the horizon, so nothing that should be seen is missed.
class Search {
 public:
  Search(SqliteConnection& db, const Tail& tail, const KeyIndex& keys, const ObservationFilter& filter,
         Position horizon)
      : db_(db),
        filter_(filter),
        horizon_(horizon),
        order_{filter.sort.descending},
        by_date_(filter.sort.key == fhir::SortKey::date),
        measured_(range_of(filter.measured)),
        updated_(range_of(filter.updated)) {
    if (!filter.keys.empty()) {
      key_ids_.resize(filter.keys.size());
      keys.find(db, filter.keys, key_ids_);
    }
    if (!by_ids()) copy_tail(tail);
  }

  // None: a row moved while this was reading; read again.
  std::optional<ObservationPage> page() {
    SqliteSnapshot snapshot(db_);
    ObservationPage page;
    page.horizon = horizon_;
    std::unique_ptr<Candidates> current = choose();
    SortedCandidates replaced(replaced_candidates(), order_);
    std::optional<Candidate> a = current->next(), b = replaced.next();
    while (a || b) {
      bool take_b = !a || (b && order_(*b, *a));
      std::optional<Observation> row = load(take_b ? *b : *a);
      if (moved_) return std::nullopt;
      if (row && page.rows.size() == filter_.limit) {
        page.more = true;
        break;
      }
      if (row) page.rows.push_back(std::move(*row));
      if (take_b) {
        b = replaced.next();
      } else {
        a = current->next();
      }
    }
    return page;
  }

  std::int64_t count() {
    SqliteSnapshot snapshot(db_);
    if (!by_ids() && !filter_.horizon && filter_.updated.empty() && !needs_check(filter_.measured))
      return count_series();
    std::int64_t rows = 0;
    auto count_in = [&](std::vector<Candidate> candidates) {
      for (const Candidate& candidate : candidates) rows += head(candidate) ? 1 : 0;
    };
    if (by_ids()) {
      count_in(id_candidates());
    } else {
      SeriesMerge all(walks(1000), order_);
      while (std::optional<Candidate> candidate = all.next()) rows += head(*candidate) ? 1 : 0;
    }
    count_in(replaced_candidates());
    return rows;
  }

 private:
  struct Head {
    Time measured{}, updated{};
  };

  bool by_ids() const { return !filter_.ids.empty() || !filter_.keys.empty(); }

  std::vector<std::int64_t> owners() const {
    std::vector<std::int64_t> owners;
    for (PatientId patient : filter_.patients) owners.push_back(patient.value);
    if (owners.empty()) owners.push_back(-static_cast<std::int64_t>(filter_.tenant));
    std::sort(owners.begin(), owners.end());
    owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
    return owners;
  }

  void copy_tail(const Tail& tail) {
    for (std::int64_t owner : owners()) {
      for (fhir::Kind kind : filter_.kinds.empty() ? tail.kinds(owner) : filter_.kinds) {
        tails_.try_emplace({owner, kind}, tail.series({owner, kind}, measured_.from, measured_.to));
      }
    }
  }

  // Every series the filter touches, with its part of the tail.
  std::vector<SeriesWalk> walks(std::size_t batch) {
    std::map<SeriesId, std::vector<SeriesEntry>> all = tails_;
    if (filter_.kinds.empty()) {
      for (std::int64_t owner : owners()) {
        std::int64_t kind = -1;
        for (;;) {  // one seek per kind the owner has
          SqliteQuery query = db_.query("select kind from series where owner = ?1 and kind > ?2 order by kind limit 1");
          query.bind(owner, kind);
          if (!query.step()) break;
          kind = query.integer(0);
          all.try_emplace({owner, static_cast<fhir::Kind>(kind)});
        }
      }
    }
    std::vector<SeriesWalk> walks;
    walks.reserve(all.size());
    for (auto& [series, entries] : all) walks.emplace_back(db_, series, measured_, order_, std::move(entries), batch);
    return walks;
  }

  std::unique_ptr<Candidates> choose() {
    std::size_t batch = filter_.limit + 1;
    if (by_ids()) return in_memory(id_candidates());
    bool of_patients = !filter_.patients.empty();
    if (by_date_ && !of_patients && updated_.from > Time::min()) {
      if (std::optional<std::vector<Candidate>> few = changed_since(gather_most)) return in_memory(std::move(*few));
    }
    if (!by_date_ && (of_patients || !filter_.kinds.empty())) {
      std::optional<std::vector<Candidate>> few = of_series(of_patients ? gather_most_of_patients : gather_most);
      if (few) return in_memory(std::move(*few));
    }
    if (!by_date_) {
      auto walk = std::make_unique<UpdatedWalk>(db_, filter_.tenant, updated_, order_, batch);
      if (filter_.after) walk->start_after({filter_.after->at, filter_.after->id});
      return walk;
    }
    std::vector<SeriesWalk> all = walks(batch);
    if (all.size() > 1) all = walks(std::max<std::size_t>(8, 2 * batch / all.size()));
    for (SeriesWalk& walk : all) {
      if (filter_.after) walk.start_after({filter_.after->at, filter_.after->id});
    }
    return std::make_unique<SeriesMerge>(std::move(all), order_);
  }

  // -- candidates that are collected, filtered by their heads and sorted

  std::vector<Candidate> id_candidates() {
    std::set<std::int64_t> ids;
    for (std::int64_t id : key_ids_) {
      if (id != 0) ids.insert(id);
    }
    if (!filter_.ids.empty()) {
      std::set<std::int64_t> asked;
      for (ObservationId id : filter_.ids) asked.insert(id.value);
      if (filter_.keys.empty()) ids = asked;
      std::erase_if(ids, [&](std::int64_t id) { return !asked.contains(id); });
    }
    std::vector<Candidate> candidates;
    for (std::int64_t id : ids) candidates.push_back({{}, {id}});
    return candidates;
  }

  std::optional<std::vector<Candidate>> changed_since(std::size_t most) {
    SqliteQuery query =
        db_.query("select id from observation where tenant = ?1 and updated >= ?2 and updated <= ?3 limit ?4");
    query.bind(filter_.tenant, updated_.from, updated_.to, most + 1);
    std::vector<Candidate> candidates;
    while (query.step()) candidates.push_back({{}, query.number<ObservationId>(0)});
    if (candidates.size() > most) return std::nullopt;
    return candidates;
  }

  std::optional<std::vector<Candidate>> of_series(std::size_t most) {
    SeriesMerge all(walks(1000), order_);
    std::vector<Candidate> candidates;
    while (std::optional<Candidate> candidate = all.next()) {
      candidates.push_back({{}, candidate->id});
      if (candidates.size() > most) return std::nullopt;
    }
    return candidates;
  }

  std::unique_ptr<Candidates> in_memory(std::vector<Candidate> candidates) {
    std::vector<Candidate> kept;
    for (Candidate candidate : candidates) {
      std::optional<Head> found = head(candidate);
      if (!found) continue;
      candidate.at = by_date_ ? found->measured : found->updated;
      if (after_the_last_page(candidate)) kept.push_back(candidate);
    }
    return std::make_unique<SortedCandidates>(std::move(kept), order_);
  }

  bool after_the_last_page(const Candidate& candidate) const {
    return !filter_.after || order_({filter_.after->at, filter_.after->id}, candidate);
  }

  // Versions that stood at the horizon and were replaced since.
  std::vector<Candidate> replaced_candidates() {
    SqliteQuery query = db_.query(
        "select id, version, patient, kind, measured, updated from observation_version "
        "where until > ?1 and position <= ?1 and tenant = ?2");
    query.bind(horizon_, filter_.tenant);
    std::vector<Candidate> candidates;
    while (query.step()) {
      Time measured = query.time(4), updated = query.time(5);
      Candidate candidate{by_date_ ? measured : updated, query.number<ObservationId>(0),
                          query.number<std::uint32_t>(1)};
      bool asked = (filter_.ids.empty() || listed(filter_.ids, candidate.id)) &&
                   (filter_.keys.empty() || std::count(key_ids_.begin(), key_ids_.end(), candidate.id.value) > 0);
      if (asked && matches(query.number<PatientId>(2), query.number<fhir::Kind>(3), measured, updated) &&
          after_the_last_page(candidate)) {
        candidates.push_back(candidate);
      }
    }
    return candidates;
  }

  bool matches(PatientId patient, fhir::Kind kind, Time measured, Time updated) const {
    return listed(filter_.patients, patient) && listed(filter_.kinds, kind) &&
           satisfies_all(filter_.measured, measured) && satisfies_all(filter_.updated, updated);
  }

  std::optional<Head> head(const Candidate& candidate) {
    SqliteQuery query =
        db_.query(candidate.version == 0
                      ? "select tenant, patient, kind, measured, updated, position from observation where id = ?1"
                      : "select tenant, patient, kind, measured, updated, position from observation_version where id = "
                        "?1 and version = ?2");
    query.bind(candidate.id);
    if (candidate.version != 0) query.bind(candidate.version);
    if (!query.step()) return std::nullopt;
    Head found{query.time(3), query.time(4)};
    if (query.number<Tenant>(0) != filter_.tenant || query.integer(5) > horizon_ ||
        !matches(query.number<PatientId>(1), query.number<fhir::Kind>(2), found.measured, found.updated)) {
      return std::nullopt;
    }
    return found;
  }

  std::optional<Observation> load(const Candidate& candidate) {
    SqliteQuery query = db_.query(
        candidate.version == 0
            ? "select tenant, patient, kind, measured, updated, position, version, source, status, device, resource "
              "from observation where id = ?1"
            : "select tenant, patient, kind, measured, updated, position, version, source, status, device, resource "
              "from observation_version where id = ?1 and version = ?2");
    query.bind(candidate.id);
    if (candidate.version != 0) query.bind(candidate.version);
    if (!query.step() || query.number<Tenant>(0) != filter_.tenant || query.integer(5) > horizon_) return std::nullopt;
    Observation o;
    o.measured = query.time(3);
    o.updated = query.time(4);
    o.patient = query.number<PatientId>(1);
    o.kind = query.number<fhir::Kind>(2);
    if ((by_date_ ? o.measured : o.updated) != candidate.at) {
      moved_ = true;  // the tail was copied before an amendment that the snapshot shows
      return std::nullopt;
    }
    if (!matches(o.patient, o.kind, o.measured, o.updated)) return std::nullopt;
    o.tenant = filter_.tenant;
    o.id = candidate.id;
    o.version = query.number<std::uint32_t>(6);
    o.source = query.number<Source>(7);
    o.status = query.number<Status>(8);
    o.device = query.number<DeviceId>(9);
    o.resource = query.text(10);
    return o;
  }

  // A patient belongs to one tenant, so any row of a series tells for all of it.
  bool of_the_tenant(SeriesId series) {
    SqliteQuery query = db_.query(
        "select tenant from observation where id = (select id from series where owner = ?1 and kind = ?2 limit 1)");
    query.bind(series.owner, series.kind);
    return query.step() && query.number<Tenant>(0) == filter_.tenant;
  }

  std::int64_t count_series() {
    std::int64_t rows = 0;
    std::vector<SeriesWalk> known = walks(1);  // for the kinds
    for (const SeriesWalk& walk : known) {
      if (!of_the_tenant(walk.series())) continue;
      SqliteQuery query =
          db_.query("select count(*) from series where owner = ?1 and kind = ?2 and measured >= ?3 and measured <= ?4");
      query.bind(walk.series().owner, walk.series().kind, measured_.from, measured_.to);
      if (query.step()) rows += query.integer(0);
    }
    for (const auto& [series, entries] : tails_) {
      for (const SeriesEntry& entry : entries) {
        SqliteQuery merged =
            db_.query("select 1 from series where owner = ?1 and kind = ?2 and measured = ?3 and id = ?4");
        merged.bind(series.owner, series.kind, entry.measured, entry.id);
        if (!merged.step() && head({{}, entry.id})) ++rows;
      }
    }
    return rows;
  }

  SqliteConnection& db_;
  const ObservationFilter& filter_;
  Position horizon_;
  Order order_;
  bool by_date_;
  Range measured_, updated_;
  std::vector<std::int64_t> key_ids_;
  std::map<SeriesId, std::vector<SeriesEntry>> tails_;
  bool moved_ = false;
};

Position newest_position(SqliteConnection& db) {
  SqliteQuery query = db.query("select max(position) from journal");
  return query.step() ? query.integer(0) : 0;
}

}  // namespace

ObservationPage SqliteSearch::page(const ObservationFilter& filter) {
  for (int tries = 0;; ++tries) {
    // Read before the tail: whatever is at or before it is in the tail's copy or merged.
    Position horizon = filter.horizon ? *filter.horizon : newest_position(db_);
    std::optional<ObservationPage> page = Search(db_, tail_, keys_, filter, horizon).page();
    if (page) return std::move(*page);
    if (tries == 100) throw StoreError(StoreError::Cause::damaged, "store: a series entry that disagrees with its row");
  }
}

std::int64_t SqliteSearch::count(const ObservationFilter& filter) {
  Position horizon = filter.horizon ? *filter.horizon : INT64_MAX;
  return Search(db_, tail_, keys_, filter, horizon).count();
}

std::optional<SeriesEntry> SqliteSearch::latest_entry(PatientId patient, fhir::Kind kind) {
  SeriesId series = series_of(patient, kind);
  std::vector<SeriesEntry> tail = tail_.series(series, Time::min(), Time::max());
  SqliteSnapshot snapshot(db_);
  SeriesWalk walk(db_, series, {}, Order{true}, std::move(tail), 4);
  while (std::optional<Candidate> candidate = walk.next()) {
    SqliteQuery query = db_.query("select status, flags from observation where id = ?1");
    query.bind(candidate->id);
    if (!query.step() || query.number<Status>(0) == Status::entered_in_error) continue;
    if (absent_in(query.integer(1)) == fhir::AbsentReason::none) return SeriesEntry{candidate->at, candidate->id};
  }
  return std::nullopt;
}

std::optional<Time> SqliteSearch::latest_measured(PatientId patient, fhir::Kind kind) {
  const std::optional<SeriesEntry> entry = latest_entry(patient, kind);
  return entry ? std::optional(entry->measured) : std::nullopt;
}

std::optional<Observation> SqliteSearch::latest(PatientId patient, fhir::Kind kind) {
  const std::optional<SeriesEntry> entry = latest_entry(patient, kind);
  if (!entry) return std::nullopt;
  SqliteQuery query = db_.query("select " HJEMPORT_OBSERVATION_COLUMNS " from observation where id = ?1");
  query.bind(entry->id);
  return query.step() ? std::optional(read_observation(query)) : std::nullopt;
}

std::vector<Observation> SqliteSearch::history(const Reader::HistoryFilter& filter) {
  const SeriesId series = series_of(filter.patient, filter.kind);
  std::vector<SeriesEntry> tail = tail_.series(series, Time::min(), filter.to);
  SqliteSnapshot snapshot(db_);
  SeriesWalk walk(db_, series, {Time::min(), filter.to}, Order{true}, std::move(tail), std::clamp<std::size_t>(filter.fewest, 16, 256));
  std::vector<Observation> rows;
  while (rows.size() < filter.most) {
    const std::optional<Candidate> candidate = walk.next();
    if (!candidate || (candidate->at < filter.from && rows.size() >= filter.fewest)) break;
    SqliteQuery query = db_.query("select " HJEMPORT_OBSERVATION_COLUMNS " from observation where id = ?1 and status <> 2");
    query.bind(candidate->id);
    if (!query.step()) continue;
    Observation row = read_observation(query);
    // The tail was copied before an amendment that the snapshot shows: its other entry has the reading.
    if (row.measured != candidate->at || row.patient != filter.patient || row.absent != fhir::AbsentReason::none) continue;
    row.judgement.clear();
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Observation> SqliteSearch::placed(PatientId patient, Source source, std::string_view subject, Time from,
                                              std::optional<Time> to, std::optional<ObservationId> after,
                                              std::size_t limit) {
  std::vector<Observation> rows;
  std::vector<std::pair<SeriesId, std::vector<SeriesEntry>>> tails;
  for (fhir::Kind kind : tail_.kinds(patient.value)) {
    tails.emplace_back(series_of(patient, kind), tail_.series(series_of(patient, kind), from, Time::max()));
  }
  SqliteSnapshot snapshot(db_);
  std::map<SeriesId, std::vector<SeriesEntry>> all(tails.begin(), tails.end());
  {
    SqliteQuery kinds = db_.query("select distinct kind from series where owner = ?1");
    kinds.bind(patient);
    while (kinds.step()) all.try_emplace(series_of(patient, kinds.number<fhir::Kind>(0)));
  }
  std::optional<Candidate> place;
  if (after) {
    SqliteQuery query = db_.query("select measured from observation where id = ?1");
    query.bind(*after);
    if (query.step()) place = Candidate{query.time(0), *after};
  }
  Range range{from, to ? *to - std::chrono::microseconds{1} : Time::max()};
  std::vector<SeriesWalk> walks;
  for (auto& [series, entries] : all) {
    std::erase_if(entries, [&](const SeriesEntry& entry) { return entry.measured > range.to; });
    walks.emplace_back(db_, series, range, Order{false}, std::move(entries), limit);
    if (place) walks.back().start_after(*place);
  }
  SeriesMerge merge(std::move(walks), Order{false});
  while (rows.size() < limit) {
    std::optional<Candidate> candidate = merge.next();
    if (!candidate) break;
    SqliteQuery query = db_.query("select " HJEMPORT_OBSERVATION_COLUMNS
                                  " from observation where id = ?1 and source = ?2 and subject = ?3 and status <> 2");
    query.bind(candidate->id, source, subject);
    if (query.step()) rows.push_back(read_observation(query));
  }
  return rows;
}

}  // namespace gateway::store
