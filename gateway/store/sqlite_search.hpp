// Observations by filter: the one part of reading that has a plan. Unites the merged series with the tail and shows the
// state of one journal position (the horizon), so that pages neither miss nor repeat a row while others write.
#pragma once

#include "gateway/store/sqlite_connection.hpp"
#include "gateway/store/store.hpp"
#include "gateway/store/tail.hpp"

namespace gateway::store {

class KeyIndex;

class SqliteSearch {
 public:
  SqliteSearch(SqliteConnection& db, const Tail& tail, const KeyIndex& keys) : db_(db), tail_(tail), keys_(keys) {}

  ObservationPage page(const ObservationFilter&);
  std::int64_t count(const ObservationFilter&);
  std::optional<Time> latest_measured(PatientId, fhir::Kind);
  std::optional<Observation> latest(PatientId, fhir::Kind);
  std::vector<Observation> history(const Reader::HistoryFilter&);
  std::vector<Observation> placed(PatientId, Source, std::string_view subject, Time from, std::optional<Time> to,
                                  std::optional<ObservationId> after, std::size_t limit);

 private:
  std::optional<SeriesEntry> latest_entry(PatientId, fhir::Kind);

  SqliteConnection& db_;
  const Tail& tail_;
  const KeyIndex& keys_;
};

}  // namespace gateway::store
