// The rows that are committed but not yet merged into the two random structures, (patient, kind, measured) and key ->
// id. Kept in memory because maintaining either per insert halves the rate (limits.md 5); rebuilt at start from the
// rows newer than the merged mark. Queries unite it with what is merged. Knows no SQL.
//
// Two generations: `active` takes new rows, `frozen` is being merged and goes as a whole when the merge is done. The
// committer's thread changes it, any thread reads.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "gateway/store/key_map.hpp"
#include "gateway/store/rows.hpp"

namespace gateway::store {

// A series is one owner's readings of a kind. The owner is a patient's id, or minus the tenant's number for all of the
// tenant.
struct SeriesId {
  std::int64_t owner = 0;
  fhir::Kind kind{};
  auto operator<=>(const SeriesId&) const = default;
};
inline SeriesId series_of(PatientId patient, fhir::Kind kind) {
  return {patient.value, kind};
}
inline SeriesId series_of(Tenant tenant, fhir::Kind kind) {
  return {-static_cast<std::int64_t>(tenant), kind};
}

struct SeriesEntry {
  Time measured{};
  ObservationId id;
  auto operator<=>(const SeriesEntry&) const = default;
};

struct SeriesIdHash {
  std::size_t operator()(const SeriesId& s) const noexcept {
    return static_cast<std::size_t>((static_cast<std::uint64_t>(s.owner) * 64 + static_cast<std::uint64_t>(s.kind)) *
                                    0x9e3779b97f4a7c15u);
  }
};

// What the tail needs of an observation, or of an event (key only).
struct TailRow {
  std::int64_t id = 0;
  Key key{};
  bool observation = true;
  Tenant tenant{};
  PatientId patient;
  fhir::Kind kind{};
  Time measured{};
};

struct TailGeneration {
  std::unordered_map<SeriesId, std::vector<SeriesEntry>, SeriesIdHash> series;
  std::unordered_map<std::int64_t, std::vector<fhir::Kind>> kinds;  // owner -> kinds it has a series of
  KeyMap keys;
  std::int64_t highest = 0;  // id
  std::size_t rows = 0;
};

class Tail {
 public:
  // -- committer's thread
  // Before the commit, so that whoever sees the commit finds its rows; a reader that finds a row before it is committed
  // does not find it in the store and passes over it. `before` gets the id each key had in this generation.
  void add(std::span<const TailRow>, std::vector<std::int64_t>& before);
  void withdraw(std::span<const TailRow>, std::span<const std::int64_t> before);  // the commit failed
  // An amendment changed where a row belongs. `merged`: the row is not in the tail. `frozen`: its merge has to start
  // over.
  enum class Where : std::uint8_t { merged, frozen, active };
  Where move(const TailRow& from, const TailRow& to);
  std::size_t active_rows() const { return active_->rows; }
  bool merging() const { return frozen_ != nullptr; }
  void freeze();
  const TailGeneration& frozen() const { return *frozen_; }
  void drop_frozen();

  // -- any thread
  std::int64_t find(const Key& key) const;                                    // newest wins; 0: not here
  void find(std::span<const Key> keys, std::span<std::int64_t> found) const;  // leaves what it does not know
  // Unsorted, measured in [from, to].
  std::vector<SeriesEntry> series(SeriesId, Time from, Time to) const;
  std::vector<fhir::Kind> kinds(std::int64_t owner) const;
  std::size_t rows() const;

 private:
  mutable std::mutex mutex_;
  std::unique_ptr<TailGeneration> active_ = std::make_unique<TailGeneration>(), frozen_;
};

}  // namespace gateway::store
