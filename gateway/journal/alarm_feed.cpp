#include "gateway/journal/alarm_feed.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace gateway::journal {

std::shared_ptr<const AlarmChange> AlarmFeed::shown(const store::JournalEntry& entry, store::Position position) const {
  AlarmChange change{position, entry.tenant, entry.patient, AlarmId{entry.ref}, entry.at, entry.change, entry.data};
  if (const auto test = tested_.find(entry.tenant); test != tested_.end()) {
    if (entry.change != "raised") return nullptr;  // that the gateway puts it away again is no news
    change.tenant = test->second;
    change.patient = {};
    change.event = self_test_event;
  }
  return std::make_shared<AlarmChange>(std::move(change));
}

void AlarmFeed::committed(const store::Changes& changes, store::Position first) {
  bool changed = false;
  {
    std::lock_guard lock(mutex_);
    store::Position position = first;
    for (const store::JournalEntry& entry : changes.journal) {
      if (auto change = entry.kind == store::Entry::alarm ? shown(entry, position) : nullptr) {
        ring_.push_back(std::move(change));
        bytes_ += entry.data.size();
        changed = true;
      }
      ++position;
    }
    if (!changes.journal.empty()) newest_ = position - 1;
    while (ring_.size() > capacity_ || bytes_ > bytes_max_) {
      bytes_ -= ring_.front()->data.size();
      floor_ = ring_.front()->position;
      ring_.pop_front();
    }
  }
  if (changed) wake();
}

std::optional<std::vector<std::shared_ptr<const AlarmChange>>> AlarmFeed::after(store::Position cursor, store::Tenant tenant,
                                                                                std::size_t max,
                                                                                store::Position& reached) const {
  std::lock_guard lock(mutex_);
  if (cursor < floor_) return std::nullopt;
  std::vector<std::shared_ptr<const AlarmChange>> found;
  auto place = std::upper_bound(ring_.begin(), ring_.end(), cursor,
                                [](store::Position position, const auto& change) { return position < change->position; });
  for (; place != ring_.end(); ++place) {
    if ((*place)->tenant != tenant) continue;
    if (found.size() == max) {
      reached = found.back()->position;
      return found;
    }
    found.push_back(*place);
  }
  reached = std::max(cursor, newest_);  // a reader of the journal may be ahead: a group is readable before it is told here
  return found;
}

store::Position AlarmFeed::newest() const {
  std::lock_guard lock(mutex_);
  return newest_;
}

std::shared_ptr<AlarmFeed::Timer> AlarmFeed::waiter(http::Executor executor, store::Tenant tenant) {
  auto timer = std::make_shared<Timer>(executor);
  std::lock_guard lock(mutex_);
  std::erase_if(waiters_, [](const Waiter& waiter) { return waiter.timer.expired(); });
  waiters_.push_back({tenant, timer});
  return timer;
}

std::size_t AlarmFeed::streams() const {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(waiters_.begin(), waiters_.end(), [](const Waiter& waiter) { return !waiter.timer.expired(); }));
}

std::size_t AlarmFeed::streams(store::Tenant tenant) const {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(waiters_.begin(), waiters_.end(), [&](const Waiter& waiter) {
    return waiter.tenant == tenant && !waiter.timer.expired();
  }));
}

// The cancel runs on the stream's own context. A stream looks at the ring and then waits without giving up its thread in between,
// so a change is either seen by that look or its cancel comes after the wait has begun: no wake-up is lost.
void AlarmFeed::wake() {
  std::lock_guard lock(mutex_);
  for (const Waiter& waiter : waiters_) {
    if (auto timer = waiter.timer.lock()) {
      http::Executor executor = timer->get_executor();
      boost::asio::post(executor, [timer = std::move(timer)] { timer->cancel(); });
    }
  }
}

}  // namespace gateway::journal
