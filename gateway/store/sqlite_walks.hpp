// Walks over stored observations in the order of a search, a batch at a time: one series or several as one, a tenant's by last change,
// or a list gathered before. What is found there is checked and loaded by sqlite_search.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

#include "gateway/store/sqlite_connection.hpp"
#include "gateway/store/tail.hpp"

namespace gateway::store {

struct Range {
  Time from = Time::min(), to = Time::max();  // inclusive
};

// A row in the order of the search: the version a search at the horizon shows, the current one unless `version` says
// another.
struct Candidate {
  Time at{};
  ObservationId id;
  std::uint32_t version = 0;  // 0: current
  auto operator<=>(const Candidate&) const = default;
};

struct Order {
  bool descending = true;
  bool operator()(const Candidate& a, const Candidate& b) const {
    return descending ? std::tie(b.at, b.id) < std::tie(a.at, a.id) : std::tie(a.at, a.id) < std::tie(b.at, b.id);
  }
};

class Candidates {
 public:
  virtual ~Candidates() = default;
  virtual std::optional<Candidate> next() = 0;
};

class SortedCandidates : public Candidates {
 public:
  SortedCandidates(std::vector<Candidate> all, Order order);
  std::optional<Candidate> next() override;

 private:
  std::vector<Candidate> all_;
  std::size_t next_ = 0;
};

// One series in order: merged entries in batches, united with the tail's.
class SeriesWalk {
 public:
  SeriesWalk(SqliteConnection& db, SeriesId series, Range range, Order order, std::vector<SeriesEntry> tail,
             std::size_t batch);
  SeriesId series() const { return series_; }
  // Strictly after this one.
  void start_after(Candidate place);
  std::optional<Candidate> next();

 private:
  void fetch();

  SqliteConnection* db_;
  SeriesId series_;
  Range range_;
  Order order_;
  std::size_t batch_;
  std::vector<Candidate> tail_, merged_;
  std::size_t tail_next_ = 0, merged_next_ = 0;
  bool merged_done_ = false;
  Candidate last_;
};

// Several series as one.
class SeriesMerge : public Candidates {
 public:
  SeriesMerge(std::vector<SeriesWalk> walks, Order order);
  std::optional<Candidate> next() override;

 private:
  struct Head {
    Candidate candidate;
    std::size_t walk;
  };
  struct Later {
    Order order;
    bool operator()(const Head& a, const Head& b) const { return order(b.candidate, a.candidate); }
  };
  void refill(std::size_t walk);
  std::vector<SeriesWalk> walks_;
  std::priority_queue<Head, std::vector<Head>, Later> heap_;
};

// All of a tenant by time of the last change.
class UpdatedWalk : public Candidates {
 public:
  UpdatedWalk(SqliteConnection& db, Tenant tenant, Range range, Order order, std::size_t batch);
  void start_after(Candidate place);
  std::optional<Candidate> next() override;

 private:
  void fetch();

  SqliteConnection& db_;
  Tenant tenant_;
  Range range_;
  Order order_;
  std::size_t batch_;
  Candidate last_;
  std::vector<Candidate> batch_rows_;
  std::size_t next_ = 0;
  bool done_ = false;
};

}  // namespace gateway::store
