// One destination's deliveries as a pure state machine: no socket, no store, no timer. Events go in (entries read, an
// answer, rows written), next() says what to do now. Forwarder drives it; tests step it.
//
// What it keeps (invariant 7): per patient in order, patients independent, a bounded number under way. What the
// journal's cursor can simply pass has no row; a failed item and those of its patient behind it get rows, so that the
// cursor moves on. Everything else that is owed lies in the journal after the cursor and is read in portions, so memory
// does not grow with the backlog.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/deliver/answer.hpp"
#include "gateway/deliver/backoff.hpp"
#include "gateway/deliver/breaker.hpp"
#include "gateway/store/rows.hpp"

namespace gateway::deliver {

// A journal entry this destination is owed.
struct Owed {
  store::Position position = 0;
  std::int64_t series = 0;  // what is kept in order: the patient, or the thing itself where no patient is known
  store::Tenant tenant{};
  PatientId patient;
  fhir::Time at{};  // commit time of the entry
};

// A delivery row as stored, with what the journal says of its entry.
struct KnownRow {
  Owed owed;
  DeliveryId id;
  store::DeliveryState state{};
  std::uint32_t attempts = 0;
  fhir::Time next_at{};
};

struct RowWrite {
  Owed owed;
  DeliveryId id;  // none: a new row
  store::DeliveryState state{};
  std::uint32_t attempts = 0;
  fhir::Time next_at{};
  std::string reason;
};

// One transaction's worth: rows and the cursor that may pass because of them are committed together.
struct Writes {
  std::vector<RowWrite> put;
  std::vector<DeliveryId> drop;
  std::optional<store::Position> cursor;
};

class Lane {
 public:
  struct Settings {
    int concurrency = 8;          // requests under way
    std::uint32_t attempts = 10;  // failed tries of one item, then parked
    Backoff backoff;
    Breaker::Settings breaker;
    std::size_t window = 256;       // entries read ahead of the cursor and kept in memory
    std::size_t rows_max = 10'000;  // rows kept in memory; with more the journal waits
    // The cursor and rows are written when this much changed or this long ago: a crash repeats at most so many sends.
    std::size_t write_changes = 100;
    std::chrono::milliseconds write_after{200};
    // A cursor that only passed entries of others is not worth a write of its own so often.
    std::int64_t idle_positions = 1'000;
    std::chrono::milliseconds idle_write_after{5'000};
  };

  Lane(Settings settings, Random& random) : settings_(settings), random_(random), breaker_(settings.breaker, random) {}

  // -- events
  // Parked rows matter only beyond the cursor: they are not sent again when the journal is read from there.
  void start(store::Position cursor, const std::vector<KnownRow>& rows);
  void journal_grew() { more_to_read_ = true; }
  // The answer to Wanted::read: what is owed, everything up to `read_to` was looked at. `more`: there was no end yet.
  void entries(std::span<const Owed>, store::Position read_to, bool more, fhir::Time now);
  void read_failed();
  void answered(store::Position, const Answer&, fhir::Time now);
  // The write of Wanted::write is durable; ids[i] belongs to put[i].
  void written(std::span<const DeliveryId> ids);
  void not_written(fhir::Time now);
  void reinstated(const KnownRow&);  // an operator took a dead letter back
  void stop() { stopping_ = true; }  // nothing new is sent or read; what is left is written

  // -- what to do now
  struct Read {
    store::Position after = 0;
    std::size_t limit = 0;
  };
  enum class BreakerChange : std::uint8_t { opened, closed };
  struct Parked {
    Owed owed;
    std::string reason;
  };
  struct Wanted {
    std::vector<store::Position> send;
    std::optional<Read> read;
    std::optional<Writes> write;           // one at a time, until written() or not_written()
    std::optional<fhir::Time> wake;        // call again then, if nothing happens before
    std::optional<BreakerChange> breaker;  // to be logged
    std::vector<Parked> parked;            // to be logged
  };
  Wanted next(fhir::Time now);

  // -- for the metrics
  std::size_t in_flight() const { return in_flight_; }
  std::size_t rows() const { return items_.size() - fresh_.size(); }
  std::size_t in_memory() const { return items_.size(); }
  std::size_t retrying() const { return retries_.size(); }  // patients whose first item waits for its next try
  bool breaker_open() const { return !breaker_.closed(); }
  store::Position read_to() const { return read_to_; }
  std::optional<fhir::Time> oldest_unsent() const;
  // Nothing under way, nothing to write.
  bool idle() const;

 private:
  using Position = store::Position;
  enum class State : std::uint8_t {
    fresh,    // no row: the cursor stays before it
    waiting,  // a row, because one before it is retried
    retrying,
    parked  // given up; holds its patient's place until that is durable, then it is forgotten here
  };
  struct Item {
    Owed owed;
    State state = State::fresh;
    bool in_flight = false, probe = false;
    std::uint32_t attempts = 0;
    fhir::Time next_at{};
    DeliveryId id;
    std::string reason;
  };
  struct Series {
    std::set<Position> items;
    bool busy = false;  // one is under way
  };

  Item& add(Owed, State);
  void remove(Item&);
  void park(Item&, std::string reason);
  void keep_for_retry(Item&, const Answer&, fhir::Time now);
  void make_row(Item&, State);
  void let_go(Item&);
  void not_delivered(Item&, bool probe, const Answer&, fhir::Time now);
  void throttled(const Answer&, fhir::Time now);
  void pause(fhir::Time until);
  bool due(fhir::Time at, fhir::Time now) const;

  void queue_head(std::int64_t series);
  void unqueue(const Item&);
  void take_due(fhir::Time now);
  void choose_sends(fhir::Time now, std::vector<Position>& send);
  void send_one(Position, bool probe, std::vector<Position>& send);
  std::optional<Position> choose_probe();
  std::optional<Read> choose_read(fhir::Time now);

  std::optional<fhir::Time> next_send(fhir::Time now) const;
  Position low_water() const;
  void touch(fhir::Time now);
  std::optional<fhir::Time> write_due() const;
  std::optional<Writes> choose_write(fhir::Time now);
  static store::DeliveryState row_state(State);
  Writes take_writes();

  Settings settings_;
  Random& random_;
  Breaker breaker_;
  bool breaker_reported_open_ = false;
  bool stopping_ = false;

  std::map<Position, Item> items_;  // everything in memory
  std::unordered_map<std::int64_t, Series> series_;
  std::set<Position> fresh_;                           // items without a row: the cursor stays before the first
  std::set<Position> ready_;                           // heads that may be sent
  std::set<std::pair<fhir::Time, Position>> retries_;  // heads that wait for their time
  std::size_t in_flight_ = 0;
  std::uint32_t throttles_ = 0;
  fhir::Time paused_until_{};
  Position last_probe_ = 0;
  bool probe_retries_next_ = false;

  Position read_to_ = 0;
  bool reading_ = false, more_to_read_ = true;
  std::set<Position> parked_ahead_;  // parked before the last restart, not yet passed by reading

  Position cursor_ = 0;                  // as committed
  std::set<Position> dirty_;             // rows to put
  std::map<Position, RowWrite> parked_;  // rows to put as parked; no longer in items_
  std::vector<Parked> parked_news_;
  std::vector<DeliveryId> drops_;
  std::optional<Writes> writing_;
  std::set<Position> ended_while_writing_;  // their row's id comes with written(), then it is dropped
  std::size_t changes_ = 0;
  std::optional<fhir::Time> changed_at_, passed_at_;
  fhir::Time write_not_before_{};
};

}  // namespace gateway::deliver
