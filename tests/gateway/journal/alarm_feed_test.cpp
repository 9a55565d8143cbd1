#include "gateway/journal/alarm_feed.hpp"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <thread>

#include "tests/support/printing.hpp"

using namespace gateway;
using journal::AlarmFeed;

namespace {

constexpr store::Tenant bodo{1}, oslo{2};

store::JournalEntry entry(store::Entry kind, store::Tenant tenant, std::int64_t ref, std::string data = "{}") {
  store::JournalEntry made;
  made.kind = kind;
  made.tenant = tenant;
  made.ref = ref;
  made.change = "raised";
  made.data = std::move(data);
  return made;
}

store::Changes group(std::vector<store::JournalEntry> entries) {
  store::Changes changes;
  changes.journal = std::move(entries);
  return changes;
}

// "5 6 | 9": positions found and how far was looked; "journal" when the ring does not reach back.
std::string after(const AlarmFeed& feed, store::Position cursor, store::Tenant tenant, std::size_t max = 100) {
  store::Position reached = -1;
  auto found = feed.after(cursor, tenant, max, reached);
  if (!found) return "journal";
  std::string text;
  for (const auto& change : *found) text += std::to_string(change->position) + " ";
  return text + "| " + std::to_string(reached);
}

}  // namespace

TEST_CASE("alarm feed: gives a tenant's changes after a position, and says how far it looked", "[journal][feed]") {
  AlarmFeed feed(10);
  CHECK(after(feed, 10, bodo) == "| 10");
  CHECK(after(feed, 9, bodo) == "journal");
  using store::Entry;
  feed.committed(group({entry(Entry::observation, bodo, 1), entry(Entry::alarm, bodo, 2), entry(Entry::alarm, oslo, 3),
                        entry(Entry::alarm, bodo, 4)}),
                 11);
  feed.committed(group({}), 15);
  CHECK(feed.newest() == 14);
  struct Row {
    store::Position cursor;
    store::Tenant tenant;
    std::size_t max;
    const char* expected;
  };
  const Row rows[] = {
      {10, bodo, 100, "12 14 | 14"}, {12, bodo, 100, "14 | 14"}, {14, bodo, 100, "| 14"}, {10, oslo, 100, "13 | 14"},
      {10, bodo, 1, "12 | 12"},      {13, bodo, 1, "14 | 14"},   {13, oslo, 5, "| 14"},   {9, bodo, 100, "journal"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION("after " << row.cursor << " of tenant " << static_cast<int>(row.tenant) << " at most " << row.max) {
      CHECK(after(feed, row.cursor, row.tenant, row.max) == row.expected);
    }
  }
}

TEST_CASE("alarm feed: the ring is bounded in changes and in bytes, and never pretends to reach further back",
          "[journal][feed]") {
  SECTION("changes") {
    AlarmFeed feed(0, 3);
    for (int i = 1; i <= 5; ++i) feed.committed(group({entry(store::Entry::alarm, bodo, i)}), i);
    CHECK(after(feed, 1, bodo) == "journal");
    CHECK(after(feed, 2, bodo) == "3 4 5 | 5");
  }
  SECTION("bytes: an alarm with years of notes is large") {
    AlarmFeed feed(0, 1000, 10'000);
    for (int i = 1; i <= 5; ++i)
      feed.committed(group({entry(store::Entry::alarm, bodo, i, std::string(4'000, 'x'))}), i);
    CHECK(after(feed, 2, bodo) == "journal");
    CHECK(after(feed, 3, bodo) == "4 5 | 5");
    feed.committed(group({entry(store::Entry::alarm, bodo, 6, std::string(40'000, 'x'))}), 6);
    CHECK(after(feed, 5, bodo) == "journal");
    CHECK(after(feed, 6, bodo) == "| 6");
  }
}

TEST_CASE("alarm feed: a reader ahead of the feed, because the journal is readable first, is not sent back",
          "[journal][feed]") {
  AlarmFeed feed(4);
  store::Position reached = 0;
  REQUIRE(feed.after(7, bodo, 10, reached));
  CHECK(reached == 7);
}

// The property of invariant 9 at this level: readers that follow from different beginnings, at their own pace, through
// ring and journal, see each alarm change of their tenant once and in order.
TEST_CASE("alarm feed: no gap and no repeat while groups are committed", "[journal][feed][threads]") {
  AlarmFeed feed(0, 64);
  std::mutex journal_mutex;
  std::vector<store::JournalEntry> kept;  // what the store would have: [i] is position i + 1
  std::atomic<bool> done{false};
  constexpr int groups = 3'000;

  auto read = [&](store::Position cursor, store::Tenant tenant, std::size_t page, std::vector<store::Position>& seen) {
    for (;;) {
      const bool last_look = done;
      store::Position reached = cursor;
      auto changes = feed.after(cursor, tenant, page, reached);
      if (!changes) {
        const store::Position ring_end = feed.newest();
        std::lock_guard lock(journal_mutex);
        std::size_t found = 0;
        for (auto at = static_cast<std::size_t>(cursor); at < kept.size() && found < page; ++at) {
          if (kept[at].kind != store::Entry::alarm || kept[at].tenant != tenant) continue;
          seen.push_back(static_cast<store::Position>(at) + 1);
          cursor = seen.back();
          ++found;
        }
        if (found < page) cursor = std::max(cursor, ring_end);
        continue;
      }
      for (const auto& change : *changes) seen.push_back(change->position);
      if (reached == cursor && changes->empty()) {
        if (last_look) return;
        std::this_thread::yield();
      }
      cursor = reached;
    }
  };
  std::vector<store::Position> seen[4];
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back(
        [&, i] { read(0, i % 2 == 0 ? bodo : oslo, static_cast<std::size_t>(1 + 50 * (i / 2)), seen[i]); });
  }
  store::Position next = 1;
  for (int i = 0; i < groups; ++i) {
    std::vector<store::JournalEntry> entries;
    for (int k = 0; k <= i % 4; ++k) {
      entries.push_back(entry((i + k) % 3 == 0 ? store::Entry::observation : store::Entry::alarm,
                              (i * 7 + k) % 2 == 0 ? bodo : oslo, next + k));
    }
    store::Changes changes = group(entries);
    {
      std::lock_guard lock(journal_mutex);
      kept.insert(kept.end(), entries.begin(), entries.end());
    }
    feed.committed(changes, next);
    next += static_cast<store::Position>(entries.size());
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  for (int i = 0; i < 4; ++i) {
    std::vector<store::Position> expected;
    for (std::size_t at = 0; at < kept.size(); ++at) {
      if (kept[at].kind == store::Entry::alarm && kept[at].tenant == (i % 2 == 0 ? bodo : oslo))
        expected.push_back(static_cast<store::Position>(at) + 1);
    }
    CHECK(seen[i] == expected);
  }
}

TEST_CASE("alarm feed: waiting streams are woken by alarms only, and are counted while they live", "[journal][feed]") {
  AlarmFeed feed(0);
  boost::asio::io_context loop{1};
  auto waiter = feed.waiter(loop.get_executor(), store::Tenant{1});
  CHECK(feed.streams() == 1);
  int woken = 0;
  auto wait = [&] {
    waiter->expires_after(std::chrono::hours(1));
    waiter->async_wait([&](const boost::system::error_code& fault) { woken += fault ? 1 : 0; });
  };
  wait();
  feed.committed(group({entry(store::Entry::observation, bodo, 1)}), 1);
  loop.poll();
  CHECK(woken == 0);
  feed.committed(group({entry(store::Entry::alarm, bodo, 2)}), 2);
  loop.poll();
  CHECK(woken == 1);
  waiter.reset();
  CHECK(feed.streams() == 0);
  feed.committed(group({entry(store::Entry::alarm, bodo, 3)}), 3);  // nobody is there any more
  loop.restart();
  loop.poll();
}

TEST_CASE("alarm feed: a stream that ends while it is woken does no harm", "[journal][feed][threads]") {
  AlarmFeed feed(0);
  boost::asio::io_context loop{1};
  auto guard = boost::asio::make_work_guard(loop);
  std::thread runner([&] { loop.run(); });
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (store::Position position = 1; !done; ++position)
      feed.committed(group({entry(store::Entry::alarm, bodo, position)}), position);
  });
  for (int i = 0; i < 300; ++i) {
    std::atomic<bool> ended{false};
    boost::asio::post(loop, [&] {
      auto waiter = feed.waiter(loop.get_executor(), store::Tenant{1});
      waiter->expires_after(std::chrono::milliseconds(i % 2));
      waiter->async_wait([waiter, &ended](const boost::system::error_code&) mutable {
        waiter.reset();
        ended = true;
      });
    });
    while (!ended) std::this_thread::yield();
  }
  done = true;
  writer.join();
  guard.reset();
  runner.join();
  CHECK(feed.streams() == 0);
}
