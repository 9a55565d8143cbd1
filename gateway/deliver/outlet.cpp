#include "gateway/deliver/outlet.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "fhir/json_writer.hpp"
#include "gateway/journal/working.hpp"
#include "gateway/runtime/log.hpp"

namespace gateway::deliver {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t all_rows = 1'000'000;
constexpr std::chrono::milliseconds poll = 5s;         // in case a wake-up was missed or the clock stepped
constexpr std::chrono::milliseconds store_pause = 1s;  // after the store could not be read or written

Lane::Settings settings_of(const config::Destination& destination) {
  Lane::Settings settings;
  settings.concurrency = destination.concurrency;
  settings.attempts = static_cast<std::uint32_t>(destination.attempts);
  settings.backoff = {destination.backoff_first, destination.backoff_max};
  settings.breaker.failures = static_cast<std::uint32_t>(destination.breaker_failures);
  settings.breaker.wait = settings.backoff;
  return settings;
}

// Giving up is news (trace, console, later an alarm): it is journaled, the tries before it are not.
store::JournalEntry parked_entry(const store::Delivery& row) {
  store::JournalEntry entry;
  entry.kind = store::Entry::delivery;
  entry.tenant = row.tenant;
  entry.patient = row.patient;
  entry.ref = row.id.value;
  entry.change = "parked";
  fhir::JsonWriter(entry.data)
      .begin_object()
      .member("destination", row.destination)
      .member("position", row.position)
      .member("reason", row.reason)
      .end_object();
  return entry;
}

class WriteJob final : public journal::Job {
 public:
  using Done = std::function<void(bool, std::vector<DeliveryId>)>;
  WriteJob(std::string destination, Writes writes, Done done)
      : destination_(std::move(destination)), writes_(std::move(writes)), done_(std::move(done)) {}

  std::size_t rows() const override { return 1 + writes_.put.size() + writes_.drop.size(); }

  void decide(journal::Working& working) override {
    ids_.clear();
    for (const RowWrite& write : writes_.put) {
      store::Delivery row;
      row.id = write.id ? write.id : DeliveryId{working.next_id()};
      row.destination = destination_;
      row.position = write.owed.position;
      row.tenant = write.owed.tenant;
      row.patient = write.owed.patient;
      row.state = write.state;
      row.attempts = write.attempts;
      row.next_at = write.next_at;
      row.reason = write.reason;
      ids_.push_back(row.id);
      if (row.state == store::DeliveryState::parked) working.record(parked_entry(row));
      working.changes.deliveries.push_back(std::move(row));
    }
    auto& dropped = working.changes.dropped_deliveries;
    dropped.insert(dropped.end(), writes_.drop.begin(), writes_.drop.end());
    if (writes_.cursor) working.changes.cursors.push_back({destination_, *writes_.cursor});
  }

  void finished(const fhir::Result<void>& result) override { done_(result.has_value(), std::move(ids_)); }

 private:
  std::string destination_;
  Writes writes_;
  Done done_;
  std::vector<DeliveryId> ids_;
};

}  // namespace

Outlet::Outlet(const OutletMeans& means, config::Destination destination, store::Tenant tenant,
               alarms::Publisher publisher)
    : means_(means),
      destination_(std::move(destination)),
      owed_(destination_, tenant, std::move(publisher)),
      lane_(settings_of(destination_), means.random),
      timer_(means.context),
      patience_(means.context) {}

void Outlet::start() {
  try {
    load();
  } catch (const std::exception&) {
    log::error("destination_not_loaded", {{"destination", destination_.id}});
    reader_.reset();
    try_again_in(store_pause);
  }
}

void Outlet::try_again_in(std::chrono::milliseconds wait) {
  timer_.expires_after(wait);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    auto self = weak.lock();
    if (self && !error && self->phase_ == Phase::starting) self->start();
  });
}

void Outlet::load() {
  if (!reader_) reader_ = means_.store.reader();
  std::optional<store::Position> cursor = reader_->cursor(destination_.id);
  if (!cursor) return begin_here();
  std::vector<KnownRow> rows;
  std::int64_t parked = 0;
  for (const store::Delivery& row : reader_->deliveries(destination_.id, std::nullopt, all_rows)) {
    bool is_parked = row.state == store::DeliveryState::parked;
    if (is_parked) ++parked;
    if (!is_parked || row.position > *cursor) rows.push_back(owed_.known(*reader_, row));
  }
  counts_.dead_letters = parked;
  lane_.start(*cursor, rows);
  phase_ = Phase::running;
  pump();
}

// A destination is owed what is committed after it was first configured; that place is kept before anything is sent.
void Outlet::begin_here() {
  Writes writes;
  writes.cursor = reader_->newest();
  auto self = shared_from_this();
  auto done = [self, &context = means_.context](bool ok, const std::vector<DeliveryId>&) {
    asio::post(context, [self, ok] { self->try_again_in(ok ? 0ms : store_pause); });  // then there is a cursor
  };
  auto job = std::make_shared<WriteJob>(destination_.id, std::move(writes), done);
  if (!means_.committer.submit(job, store::Lane::bulk)) try_again_in(store_pause);
}

void Outlet::journal_grew() {
  if (!driven()) return;
  lane_.journal_grew();
  pump();
}

void Outlet::reinstated(const store::Delivery& row) {
  counts_.dead_letters -= 1;
  if (!driven()) return;  // it will be among the rows that are loaded
  try {
    lane_.reinstated(owed_.known(*reader_, row));
  } catch (const std::exception&) {
    lane_.reinstated(
        {{row.position, row.patient.value, row.tenant, row.patient, row.next_at}, row.id, row.state, 0, row.next_at});
  }
  pump();
}

void Outlet::discarded() {
  counts_.dead_letters -= 1;
}

// -- the drive

void Outlet::pump() {
  if (pumping_ || !driven()) return;  // an answer may come while one is handled
  pumping_ = true;
  while (step()) {
  }
  pumping_ = false;
  count();
  if (phase_ == Phase::stopping && lane_.idle())
    ended();
  else
    arm();
}

// Does what the lane wants now; true when that changed what it wants.
bool Outlet::step() {
  Lane::Wanted wanted = lane_.next(means_.clock.now());
  report(wanted);
  wake_ = wanted.wake;
  for (store::Position position : wanted.send) send(position);
  bool again = !answers_.empty();
  for (auto& [position, answer] : std::exchange(answers_, {})) answered(position, answer);
  if (wanted.write) again = !write(std::move(*wanted.write)) || again;
  if (wanted.read) again = read(*wanted.read) || again;
  return again;
}

void Outlet::send(store::Position position) {
  auto done = [weak = weak_from_this(), position](HttpResponse response) {
    auto self = weak.lock();
    if (!self) return;
    self->under_way_.erase(position);
    self->answered(position, judge_answer(response, self->means_.clock.now()));
    self->pump();
  };
  try {
    fhir::Result<HttpRequest> request = owed_.request(*reader_, position);
    if (request)
      under_way_[position] = means_.http.send(std::move(*request), std::move(done));
    else
      answers_.emplace_back(position, Answer{Outcome::refused, request.error().detail, std::nullopt});
  } catch (const std::exception&) {  // the store cannot be read now; nothing to hold against the item or the receiver
    auto pause = std::chrono::ceil<std::chrono::seconds>(store_pause);
    answers_.emplace_back(position, Answer{Outcome::throttled, "could not be read", pause});
  }
}

void Outlet::answered(store::Position position, const Answer& answer) {
  switch (answer.outcome) {
    case Outcome::delivered:
      ++counts_.delivered;
      break;
    case Outcome::throttled:
      ++counts_.throttled;
      break;
    default:
      ++counts_.not_delivered;
  }
  lane_.answered(position, answer, means_.clock.now());
}

bool Outlet::read(const Lane::Read& wanted) {
  try {
    OwedPage page = owed_.after(*reader_, wanted.after, wanted.limit);
    newest_ = std::max(newest_, page.read_to);
    lane_.entries(page.entries, page.read_to, page.more, means_.clock.now());
    store_failed_ = false;
    return true;
  } catch (const std::exception&) {
    if (!std::exchange(store_failed_, true)) log::error("journal_not_read", {{"destination", destination_.id}});
    lane_.read_failed();
    return false;
  }
}

// False: the committer takes nothing now.
bool Outlet::write(Writes writes) {
  auto done = [weak = weak_from_this(), &context = means_.context](bool ok, std::vector<DeliveryId> ids) {
    asio::post(context, [weak, ok, ids = std::move(ids)] {
      if (auto self = weak.lock()) self->write_done(ok, ids);
    });
  };
  auto job = std::make_shared<WriteJob>(destination_.id, std::move(writes), done);
  if (means_.committer.submit(job, store::Lane::bulk)) return true;
  lane_.not_written(means_.clock.now());
  return false;
}

void Outlet::write_done(bool ok, const std::vector<DeliveryId>& ids) {
  if (ok)
    lane_.written(ids);
  else
    lane_.not_written(means_.clock.now());
  pump();
}

void Outlet::report(const Lane::Wanted& wanted) {
  for (const Lane::Parked& parked : wanted.parked) {
    ++counts_.parked;
    counts_.dead_letters += 1;
    log::warning("delivery_parked", {{"destination", destination_.id}, {"position", parked.owed.position}});
  }
  if (!wanted.breaker) return;
  if (*wanted.breaker == Lane::BreakerChange::opened)
    log::warning("destination_failed", {{"destination", destination_.id}});
  else
    log::info("destination_recovered", {{"destination", destination_.id}});
}

void Outlet::arm() {
  std::chrono::microseconds wait = poll;
  if (wake_) wait = std::clamp<std::chrono::microseconds>(*wake_ - means_.clock.now(), 0us, poll);
  if (store_failed_) wait = store_pause;
  timer_.expires_after(wait);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    auto self = weak.lock();
    if (!self || error) return;
    self->lane_.journal_grew();
    self->pump();
  });
}

void Outlet::count() {
  counts_.in_flight = static_cast<std::int64_t>(lane_.in_flight());
  counts_.rows = static_cast<std::int64_t>(lane_.rows());
  counts_.retrying = static_cast<std::int64_t>(lane_.retrying());
  counts_.breaker_open = lane_.breaker_open();
  std::int64_t unread = std::max<std::int64_t>(newest_ - lane_.read_to(), 0);
  counts_.lag_entries = unread + static_cast<std::int64_t>(lane_.in_memory());
  std::optional<fhir::Time> oldest = lane_.oldest_unsent();
  counts_.oldest_unsent_us = oldest ? oldest->time_since_epoch().count() : 0;
}

// -- stopping

void Outlet::stop(std::chrono::milliseconds patience, std::function<void()> done) {
  stopped_ = std::move(done);
  if (!driven()) return ended();
  phase_ = Phase::stopping;
  lane_.stop();
  patience_.expires_after(patience);
  patience_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    if (auto self = weak.lock(); self && !error && self->phase_ == Phase::stopping) self->cut_short();
  });
  pump();
}

// Whoever has not answered by now is asked again after the start; the item keeps its place and its tries.
void Outlet::cut_short() {
  for (auto& [position, ticket] : std::exchange(under_way_, {})) {
    means_.http.cancel(ticket);
    lane_.answered(position, {Outcome::throttled, "stopping", std::nullopt}, means_.clock.now());
  }
  // A store that cannot write now must not keep the program from ending: what is not written is sent again.
  patience_.expires_after(store_pause);
  patience_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    if (auto self = weak.lock(); self && !error && self->phase_ == Phase::stopping) self->ended();
  });
  pump();
}

void Outlet::ended() {
  phase_ = Phase::stopped;
  timer_.cancel();
  patience_.cancel();
  if (stopped_) asio::post(means_.context, std::exchange(stopped_, nullptr));
}

}  // namespace gateway::deliver
