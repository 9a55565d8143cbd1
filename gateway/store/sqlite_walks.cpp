#include "gateway/store/sqlite_walks.hpp"

#include <algorithm>
#include <utility>

#include "gateway/store/sqlite_rows.hpp"

namespace gateway::store {

SortedCandidates::SortedCandidates(std::vector<Candidate> all, Order order) : all_(std::move(all)) {
  std::sort(all_.begin(), all_.end(), order);
}

std::optional<Candidate> SortedCandidates::next() {
  if (next_ == all_.size()) return std::nullopt;
  return all_[next_++];
}

SeriesWalk::SeriesWalk(SqliteConnection& db, SeriesId series, Range range, Order order, std::vector<SeriesEntry> tail,
                       std::size_t batch)
    : db_(&db), series_(series), range_(range), order_(order), batch_(batch) {
  last_ = order_.descending ? Candidate{range_.to, {INT64_MAX}} : Candidate{range_.from, {INT64_MIN}};
  for (const SeriesEntry& entry : tail) tail_.push_back({entry.measured, entry.id});
  std::sort(tail_.begin(), tail_.end(), order_);
}

void SeriesWalk::start_after(Candidate place) {
  if (order_(last_, place)) last_ = place;
  std::erase_if(tail_, [&](const Candidate& c) { return !order_(place, c); });
}

std::optional<Candidate> SeriesWalk::next() {
  if (merged_next_ == merged_.size() && !merged_done_) fetch();
  bool merged = merged_next_ < merged_.size(), tail = tail_next_ < tail_.size();
  if (!merged && !tail) return std::nullopt;
  if (merged && tail && merged_[merged_next_] == tail_[tail_next_]) ++tail_next_;  // merged since the tail was copied
  if (merged && (tail_next_ == tail_.size() || order_(merged_[merged_next_], tail_[tail_next_]))) {
    return merged_[merged_next_++];
  }
  return tail_[tail_next_++];
}

void SeriesWalk::fetch() {
  SqliteQuery query =
      db_->query(order_.descending
                     ? "select measured, id from series where owner = ?1 and kind = ?2 and (measured, id) < (?3, ?4) "
                       "and measured >= ?5 order by measured desc, id desc limit ?6"
                     : "select measured, id from series where owner = ?1 and kind = ?2 and (measured, id) > (?3, ?4) "
                       "and measured <= ?5 order by measured, id limit ?6");
  query.bind(series_.owner, series_.kind, last_.at, last_.id, order_.descending ? range_.from : range_.to, batch_);
  merged_.clear();
  merged_next_ = 0;
  while (query.step()) merged_.push_back({query.time(0), query.number<ObservationId>(1)});
  merged_done_ = merged_.size() < batch_;
  if (!merged_.empty()) last_ = merged_.back();
}

SeriesMerge::SeriesMerge(std::vector<SeriesWalk> walks, Order order) : walks_(std::move(walks)), heap_(Later{order}) {
  for (std::size_t i = 0; i < walks_.size(); ++i) refill(i);
}

std::optional<Candidate> SeriesMerge::next() {
  if (heap_.empty()) return std::nullopt;
  auto [candidate, walk] = heap_.top();
  heap_.pop();
  refill(walk);
  return candidate;
}

void SeriesMerge::refill(std::size_t walk) {
  if (std::optional<Candidate> candidate = walks_[walk].next()) heap_.push({*candidate, walk});
}

UpdatedWalk::UpdatedWalk(SqliteConnection& db, Tenant tenant, Range range, Order order, std::size_t batch)
    : db_(db), tenant_(tenant), range_(range), order_(order), batch_(batch) {
  last_ = order_.descending ? Candidate{range_.to, {INT64_MAX}} : Candidate{range_.from, {INT64_MIN}};
}

void UpdatedWalk::start_after(Candidate place) {
  if (order_(last_, place)) last_ = place;
}

std::optional<Candidate> UpdatedWalk::next() {
  if (next_ == batch_rows_.size() && !done_) fetch();
  if (next_ == batch_rows_.size()) return std::nullopt;
  return batch_rows_[next_++];
}

void UpdatedWalk::fetch() {
  SqliteQuery query = db_.query(
      order_.descending ? "select updated, id from observation where tenant = ?1 and (updated, id) < (?2, ?3) "
                          "and updated >= ?4 order by updated desc, id desc limit ?5"
                        : "select updated, id from observation where tenant = ?1 and (updated, id) > (?2, ?3) "
                          "and updated <= ?4 order by updated, id limit ?5");
  query.bind(tenant_, last_.at, last_.id, order_.descending ? range_.from : range_.to, batch_);
  batch_rows_.clear();
  next_ = 0;
  while (query.step()) batch_rows_.push_back({query.time(0), query.number<ObservationId>(1)});
  done_ = batch_rows_.size() < batch_;
  if (!batch_rows_.empty()) last_ = batch_rows_.back();
}

}  // namespace gateway::store
