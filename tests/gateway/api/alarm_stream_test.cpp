#include "gateway/api/alarm_stream.hpp"

#include <set>
#include <thread>

#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::saturation;

namespace {

struct Streamed {
  std::string id, event, data;
};

// The events of a piece of a stream; comments are counted apart.
std::vector<Streamed> events_in(std::string_view text, int* comments = nullptr) {
  std::vector<Streamed> events;
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    REQUIRE(end != std::string_view::npos);
    std::string_view block = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (block.starts_with(':')) {
      if (comments != nullptr) ++*comments;
      continue;
    }
    Streamed event;
    while (!block.empty()) {
      const std::size_t line_end = std::min(block.find('\n'), block.size());
      std::string_view line = block.substr(0, line_end);
      block.remove_prefix(std::min(line_end + 1, block.size()));
      if (line.starts_with("id: "))
        event.id = line.substr(4);
      else if (line.starts_with("event: "))
        event.event = line.substr(7);
      else if (line.starts_with("data: "))
        event.data = line.substr(6);
      else
        FAIL("an unexpected line: " << line);
    }
    events.push_back(std::move(event));
  }
  return events;
}

struct Centre {
  InProcessGateway gateway;
  Centre() {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    gateway.limits(gateway.patient(1), R"([{"kind":"oxygen-saturation","alert_low":85}])");
  }
  void press(int n, std::string_view source = "sensors") {
    gateway.ingest(source, "",
                   tests::event("x", "2026-11-20T08:00:00Z", "fall", R"("id":"e-)" + std::to_string(n) + "\""));
  }
  http::Response open(std::string last_event_id = {}) {
    std::vector<tests::Header> headers;
    if (!last_event_id.empty()) headers.emplace_back("last-event-id", last_event_id);
    return gateway.get("/alarms/stream", "centre", headers);
  }
  std::string next(http::Response& response) {
    auto piece = gateway.run(response.stream->next());
    REQUIRE(piece);
    return *piece;
  }
};

}  // namespace

TEST_CASE("stream: a comment at once, then each change from now on", "[api][stream]") {
  Centre c;
  c.press(1);
  auto response = c.open();
  REQUIRE(response.status == 200);
  CHECK(response.content_type == "text/event-stream");
  REQUIRE(response.stream);
  int comments = 0;
  CHECK(events_in(c.next(response), &comments).empty());
  CHECK(comments == 1);
  c.press(2);
  c.gateway.ingest("sensors", saturation("u", "2026-11-20T08:50:00Z", "80"));
  std::vector<Streamed> events = events_in(c.next(response));
  REQUIRE(events.size() == 2);
  CHECK(events[0].event == "repeated");
  CHECK(events[1].event == "raised");
  Json alarm(events[1].data);
  CHECK(alarm.text("origin") == "limit");
  CHECK(alarm.text("announce") == "true");
  CHECK(std::stoll(events[0].id) < std::stoll(events[1].id));
}

TEST_CASE("stream: waits for a change, woken by it", "[api][stream][threads]") {
  Centre c;
  auto response = c.open();
  c.next(response);
  const ingest::SourceFacts& facts = c.gateway.sources().find("sensors")->facts;
  std::thread other([&] {
    std::this_thread::yield();
    auto decide = [&](journal::Working& working) {
      store::JournalEntry entry;
      entry.kind = store::Entry::alarm;
      entry.tenant = facts.tenant_no;
      entry.change = "raised";
      entry.data = "{}";
      working.record(std::move(entry));
    };
    c.gateway.committer().submit(journal::job(decide, nullptr), store::Lane::urgent);
  });
  CHECK(events_in(c.next(response)).size() == 1);
  other.join();
}

TEST_CASE("stream: resumes after any event without gap or repeat, also when the ring no longer reaches",
          "[api][stream]") {
  Centre c;
  for (int i = 0; i < 30; ++i) c.press(i);
  SECTION("from memory") {}
  SECTION("from the store") {
    c.gateway.restart();
  }
  std::vector<std::string> all;
  {
    auto response = c.open("0");
    REQUIRE(response.status == 200);
    c.next(response);
    while (all.size() < 30) {
      for (const Streamed& event : events_in(c.next(response))) all.push_back(event.id);
    }
  }
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == 30);
  for (std::size_t from : {std::size_t{0}, std::size_t{13}, std::size_t{28}}) {
    auto response = c.open(all[from]);
    c.next(response);
    std::vector<std::string> rest;
    while (rest.size() < 29 - from) {
      for (const Streamed& event : events_in(c.next(response))) rest.push_back(event.id);
    }
    CHECK(rest == std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(from) + 1, all.end()));
  }
  SECTION("and goes over from the store to what happens now") {
    auto response = c.open(all[28]);
    c.next(response);
    CHECK(events_in(c.next(response)).size() == 1);
    c.press(99);
    auto now = events_in(c.next(response));
    REQUIRE(now.size() == 1);
    CHECK(Json(now[0].data).text("occurrence_count") == "31");
  }
}

TEST_CASE("stream: a long history comes in pages", "[api][stream]") {
  Centre c;
  std::string presses;
  for (int i = 0; i < 450; ++i)
    presses += (i == 0 ? "" : ",") +
               tests::event("x", "2026-11-20T08:00:00Z", "fall", R"("id":"e-)" + std::to_string(i) + "\"");
  c.gateway.ingest("sensors", "", presses);
  c.gateway.restart();
  auto response = c.open("0");
  c.next(response);
  std::vector<std::size_t> pages;
  std::size_t count = 0;
  while (count < 450) {
    pages.push_back(events_in(c.next(response)).size());
    count += pages.back();
  }
  CHECK(count == 450);
  CHECK(pages.size() == 3);
}

TEST_CASE("stream: another tenant's alarms are not in it", "[api][stream]") {
  Centre c;
  auto response = c.open();
  c.next(response);
  c.press(1, "elsewhere");
  c.press(2);
  auto events = events_in(c.next(response));
  REQUIRE(events.size() == 1);
  CHECK(Json(events[0].data).text("tenant") == "bodo");
}

TEST_CASE("stream: positions that cannot be resumed from", "[api][stream]") {
  Centre c;
  c.press(1);
  CHECK(c.open("x").status == 400);
  CHECK(c.open("-1").status == 400);
  CHECK(c.open("12 ").status == 400);
  CHECK(c.open("99999999999999999999").status == 400);
  CHECK(c.open("1000").status == 410);  // of another journal: a restored backup
  CHECK(c.open(std::to_string(c.gateway.reader().newest())).status == 200);
  CHECK(c.gateway.get("/alarms/stream", "hospital").status == 403);
}

TEST_CASE("stream: what a stream sees while groups are committed is the journal, whole", "[api][stream][threads]") {
  Centre c;
  auto response = c.open();
  c.next(response);
  const store::Position begin = c.gateway.feed().newest();
  const store::Tenant bodo = c.gateway.bodo();
  constexpr int threads = 3, each = 200;
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        auto decide = [bodo](journal::Working& working) {
          store::JournalEntry entry;
          entry.kind = store::Entry::alarm;
          entry.tenant = bodo;
          entry.change = "repeated";
          entry.data = "{}";
          working.record(std::move(entry));
        };
        while (!c.gateway.committer().submit(journal::job(decide, nullptr), store::Lane::urgent))
          std::this_thread::yield();
      }
    });
  }
  std::vector<store::Position> seen;
  while (seen.size() < threads * each) {
    for (const Streamed& event : events_in(c.next(response))) seen.push_back(std::stoll(event.id));
  }
  for (std::thread& writer : writers) writer.join();
  std::vector<store::Position> expected;
  for (const store::JournalEntry& entry :
       c.gateway.reader().journal(begin, 10'000, 1u << static_cast<unsigned>(store::Entry::alarm))) {
    expected.push_back(entry.position);
  }
  CHECK(seen == expected);
}

TEST_CASE("stream: is counted while it lives", "[api][stream]") {
  Centre c;
  {
    auto response = c.open();
    c.next(response);
    CHECK(c.gateway.metrics().open_streams.value() == 1);
  }
  CHECK(c.gateway.metrics().open_streams.value() == 0);
  CHECK(c.gateway.feed().streams() == 0);
}
