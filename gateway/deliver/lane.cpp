#include "gateway/deliver/lane.hpp"

#include <algorithm>

namespace gateway::deliver {

namespace {

constexpr std::chrono::seconds write_retry{1};  // the store could not write: its own recovery is a matter of seconds

}  // namespace

// A clock set back must not postpone what was given a later time: no wait is longer than the settings allow.
bool Lane::due(fhir::Time at, fhir::Time now) const {
  std::chrono::milliseconds longest = std::max<std::chrono::milliseconds>(
      {settings_.backoff.max, settings_.breaker.wait.max, std::chrono::milliseconds(retry_after_max)});
  return at <= now || at > now + longest;
}

// -- items and their order

Lane::Item& Lane::add(Owed owed, State state) {
  Item& item = items_[owed.position];
  item.owed = owed;
  item.state = state;
  Series& series = series_[owed.series];
  if (!series.items.empty()) unqueue(items_.at(*series.items.begin()));
  series.items.insert(owed.position);
  if (state == State::fresh) fresh_.insert(owed.position);
  return item;
}

void Lane::unqueue(const Item& item) {
  ready_.erase(item.owed.position);
  retries_.erase({item.next_at, item.owed.position});
}

void Lane::queue_head(std::int64_t series_id) {
  auto at = series_.find(series_id);
  if (at == series_.end() || at->second.busy) return;
  const Item& head = items_.at(*at->second.items.begin());
  if (head.state == State::parked) return;
  if (head.state == State::retrying)
    retries_.emplace(head.next_at, head.owed.position);
  else
    ready_.insert(head.owed.position);
}

// Delivered: its row, if it has one, goes too.
void Lane::remove(Item& item) {
  Position position = item.owed.position;
  bool row_being_written = writing_ && std::any_of(writing_->put.begin(), writing_->put.end(),
                                                   [&](const RowWrite& row) { return row.owed.position == position; });
  if (item.id)
    drops_.push_back(item.id);
  else if (row_being_written)
    ended_while_writing_.insert(position);
  dirty_.erase(position);
  fresh_.erase(position);
  let_go(item);
}

void Lane::let_go(Item& item) {
  Position position = item.owed.position;
  auto series = series_.find(item.owed.series);
  series->second.items.erase(position);
  if (series->second.items.empty()) series_.erase(series);
  items_.erase(position);
}

void Lane::make_row(Item& item, State state) {
  item.state = state;
  fresh_.erase(item.owed.position);
  dirty_.insert(item.owed.position);
}

void Lane::start(Position cursor, const std::vector<KnownRow>& rows) {
  cursor_ = read_to_ = cursor;
  for (const KnownRow& row : rows) {
    if (row.state != store::DeliveryState::parked)
      reinstated(row);
    else if (row.owed.position > cursor)
      parked_ahead_.insert(row.owed.position);
  }
}

void Lane::reinstated(const KnownRow& row) {
  if (items_.count(row.owed.position) != 0) return;
  Item& item = add(row.owed, row.state == store::DeliveryState::retrying ? State::retrying : State::waiting);
  item.id = row.id;
  item.attempts = row.attempts;
  item.next_at = row.next_at;
  queue_head(row.owed.series);
}

void Lane::entries(std::span<const Owed> owed, Position read_to, bool more, fhir::Time now) {
  reading_ = false;
  more_to_read_ = more_to_read_ || more;
  for (const Owed& entry : owed) {
    if (entry.position <= read_to_ || items_.count(entry.position) != 0) continue;
    if (parked_ahead_.erase(entry.position) != 0) continue;
    auto series = series_.find(entry.series);
    bool behind_failure = series != series_.end() && items_.at(*series->second.items.begin()).state == State::retrying;
    Item& item = add(entry, State::fresh);
    if (behind_failure) {
      make_row(item, State::waiting);
      touch(now);
    }
    queue_head(entry.series);
  }
  if (read_to > read_to_ && !passed_at_) passed_at_ = now;
  read_to_ = std::max(read_to_, read_to);
}

void Lane::read_failed() {
  reading_ = false;
  more_to_read_ = true;
}

// -- answers

void Lane::answered(Position position, const Answer& answer, fhir::Time now) {
  auto at = items_.find(position);
  if (at == items_.end() || !at->second.in_flight) return;
  Item& item = at->second;
  std::int64_t series = item.owed.series;
  bool probe = std::exchange(item.probe, false);
  item.in_flight = false;
  series_.at(series).busy = false;
  --in_flight_;
  switch (answer.outcome) {
    case Outcome::delivered:
      breaker_.delivered();
      throttles_ = 0;
      remove(item);
      touch(now);
      break;
    case Outcome::refused:
      breaker_.refused(now, probe);
      park(item, answer.reason);
      touch(now);
      break;
    case Outcome::failed:
    case Outcome::unreachable:
      not_delivered(item, probe, answer, now);
      break;
    case Outcome::throttled:
      breaker_.throttled(probe);
      throttled(answer, now);
      break;
  }
  queue_head(series);
}

// While the breaker is open a receiver that is not there uses up nobody's tries and makes no rows, however long that
// lasts. One that answers 500 does use up the tries of the item it was asked about: it may be that item it chokes on.
void Lane::not_delivered(Item& item, bool probe, const Answer& answer, fhir::Time now) {
  bool was_closed = breaker_.closed();
  breaker_.failed(now, probe, answer.retry_after);
  if (answer.retry_after) pause(now + *answer.retry_after);
  if (was_closed || answer.outcome == Outcome::failed) ++item.attempts;
  if (item.attempts >= settings_.attempts) {
    park(item, answer.reason);
    touch(now);
  } else if (was_closed) {
    keep_for_retry(item, answer, now);
    touch(now);
  } else if (item.state == State::retrying) {
    item.next_at = breaker_.closed() ? now : breaker_.until();
  }
}

void Lane::keep_for_retry(Item& item, const Answer& answer, fhir::Time now) {
  std::chrono::milliseconds wait = settings_.backoff.wait(item.attempts, random_);
  if (answer.retry_after) wait = std::max<std::chrono::milliseconds>(wait, *answer.retry_after);
  item.next_at = now + wait;
  item.reason = answer.reason;
  make_row(item, State::retrying);
  // Those behind it would hold the cursor back for as long as it is retried.
  for (Position behind : series_.at(item.owed.series).items)
    if (Item& other = items_.at(behind); other.state == State::fresh) make_row(other, State::waiting);
}

void Lane::park(Item& item, std::string reason) {
  parked_news_.push_back({item.owed, reason});
  item.reason = std::move(reason);
  make_row(item, State::parked);
}

// A busy destination says nothing of the item: it keeps its place and its tries, and everybody waits.
void Lane::throttled(const Answer& answer, fhir::Time now) {
  ++throttles_;
  std::chrono::milliseconds wait = settings_.backoff.wait(throttles_, random_);
  if (answer.retry_after) wait = std::max<std::chrono::milliseconds>(wait, *answer.retry_after);
  pause(now + wait);
}

void Lane::pause(fhir::Time until) {
  paused_until_ = std::max(paused_until_, until);
}

// -- sending

void Lane::take_due(fhir::Time now) {
  while (!retries_.empty()) {
    auto first = *retries_.begin();
    if (!due(first.first, now)) break;
    retries_.erase(retries_.begin());
    ready_.insert(first.second);
  }
}

void Lane::send_one(Position position, bool probe, std::vector<Position>& send) {
  Item& item = items_.at(position);
  unqueue(item);
  item.in_flight = true;
  item.probe = probe;
  series_.at(item.owed.series).busy = true;
  ++in_flight_;
  send.push_back(position);
}

// Probes take turns over everything that could be sent, so that one item that always fails cannot keep the breaker
// open.
std::optional<Lane::Position> Lane::choose_probe() {
  bool retry = !retries_.empty() && (probe_retries_next_ || ready_.empty());
  probe_retries_next_ = !retry;
  if (retry) return retries_.begin()->second;
  if (ready_.empty()) return std::nullopt;
  auto at = ready_.upper_bound(last_probe_);
  if (at == ready_.end()) at = ready_.begin();
  last_probe_ = *at;
  return *at;
}

void Lane::choose_sends(fhir::Time now, std::vector<Position>& send) {
  if (stopping_ || !due(paused_until_, now)) return;
  if (breaker_.state() == Breaker::State::open && due(breaker_.until(), now)) {
    if (std::optional<Position> chosen = choose_probe()) {
      breaker_.probe();
      send_one(*chosen, true, send);
    }
    return;
  }
  if (!breaker_.closed()) return;
  take_due(now);
  while (in_flight_ < static_cast<std::size_t>(settings_.concurrency) && !ready_.empty())
    send_one(*ready_.begin(), false, send);
}

// -- reading

std::optional<Lane::Read> Lane::choose_read(fhir::Time now) {
  if (stopping_ || reading_ || !more_to_read_) return std::nullopt;
  // An open breaker reads only when a probe is due and there is nothing to try it with.
  bool probe_needs_one = breaker_.state() == Breaker::State::open && items_.empty() && due(breaker_.until(), now);
  if (!breaker_.closed() && !probe_needs_one) return std::nullopt;
  if (fresh_.size() > settings_.window / 2 || rows() >= settings_.rows_max) return std::nullopt;
  reading_ = true;
  more_to_read_ = false;
  return Read{read_to_, settings_.window - fresh_.size()};
}

// -- writing

Lane::Position Lane::low_water() const {
  return fresh_.empty() ? read_to_ : *fresh_.begin() - 1;
}

void Lane::touch(fhir::Time now) {
  ++changes_;
  if (!changed_at_) changed_at_ = now;
}

std::optional<fhir::Time> Lane::write_due() const {
  std::optional<fhir::Time> at;
  if (changed_at_) at = *changed_at_ + settings_.write_after;
  if (!at && passed_at_ && low_water() > cursor_) at = *passed_at_ + settings_.idle_write_after;
  if (at) at = std::max(*at, write_not_before_);
  return at;
}

std::optional<Writes> Lane::choose_write(fhir::Time now) {
  if (writing_) return std::nullopt;
  std::optional<fhir::Time> at = write_due();
  bool much = changes_ >= settings_.write_changes || low_water() - cursor_ >= settings_.idle_positions || stopping_;
  if (!at || (*at > now && !(much && write_not_before_ <= now))) return std::nullopt;
  writing_ = take_writes();
  if (!writing_->cursor && writing_->put.empty() && writing_->drop.empty()) writing_.reset();
  return writing_;
}

store::DeliveryState Lane::row_state(State state) {
  if (state == State::parked) return store::DeliveryState::parked;
  return state == State::retrying ? store::DeliveryState::retrying : store::DeliveryState::waiting;
}

Writes Lane::take_writes() {
  Writes writes;
  for (Position position : dirty_) {
    const Item& item = items_.at(position);
    writes.put.push_back({item.owed, item.id, row_state(item.state), item.attempts, item.next_at, item.reason});
  }
  dirty_.clear();
  writes.drop = std::move(drops_);
  drops_.clear();
  if (low_water() > cursor_) writes.cursor = low_water();
  changes_ = 0;
  changed_at_.reset();
  passed_at_.reset();
  return writes;
}

void Lane::written(std::span<const DeliveryId> ids) {
  Writes done = std::move(*writing_);
  writing_.reset();
  if (done.cursor) cursor_ = *done.cursor;
  for (std::size_t i = 0; i < done.put.size(); ++i) {
    Position position = done.put[i].owed.position;
    auto at = items_.find(position);
    if (ended_while_writing_.count(position) != 0)
      drops_.push_back(ids[i]);
    else if (at != items_.end() && done.put[i].state == store::DeliveryState::parked) {
      std::int64_t series = at->second.owed.series;
      let_go(at->second);
      queue_head(series);
    } else if (at != items_.end())
      at->second.id = ids[i];
  }
  ended_while_writing_.clear();
}

void Lane::not_written(fhir::Time now) {
  Writes lost = std::move(*writing_);
  writing_.reset();
  for (const RowWrite& row : lost.put)
    if (items_.count(row.owed.position) != 0) dirty_.insert(row.owed.position);
  ended_while_writing_.clear();  // never written, so there is nothing to drop
  drops_.insert(drops_.end(), lost.drop.begin(), lost.drop.end());
  write_not_before_ = now + write_retry;
  touch(now);
}

// -- what to do now

std::optional<fhir::Time> Lane::next_send(fhir::Time now) const {
  if (stopping_) return std::nullopt;
  std::optional<fhir::Time> at;
  bool anything = !ready_.empty() || !retries_.empty() || (more_to_read_ && !reading_);
  if (breaker_.state() == Breaker::State::open && anything) at = breaker_.until();
  if (breaker_.closed()) {
    bool free = in_flight_ < static_cast<std::size_t>(settings_.concurrency);
    if (!ready_.empty() && free) at = now;
    if (!at && !retries_.empty() && free) at = retries_.begin()->first;
  }
  if (at) at = std::max(*at, paused_until_);
  return at;
}

Lane::Wanted Lane::next(fhir::Time now) {
  Wanted wanted;
  choose_sends(now, wanted.send);
  wanted.read = choose_read(now);
  wanted.write = choose_write(now);
  wanted.parked = std::move(parked_news_);
  parked_news_.clear();
  if (breaker_open() != breaker_reported_open_) {
    breaker_reported_open_ = breaker_open();
    wanted.breaker = breaker_reported_open_ ? BreakerChange::opened : BreakerChange::closed;
  }
  wanted.wake = next_send(now);
  if (!writing_)
    if (std::optional<fhir::Time> at = write_due()) wanted.wake = wanted.wake ? std::min(*wanted.wake, *at) : *at;
  return wanted;
}

std::optional<fhir::Time> Lane::oldest_unsent() const {
  if (items_.empty()) return std::nullopt;
  return items_.begin()->second.owed.at;
}

bool Lane::idle() const {
  return in_flight_ == 0 && !writing_ && !write_due();
}

}  // namespace gateway::deliver
