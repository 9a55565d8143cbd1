#include "gateway/runtime/log.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "fhir/json_reader.hpp"

namespace logging = gateway::log;  // "log" alone is the logarithm

namespace {

// The sink is a plain function, so what it collects is static.
std::mutex mutex;
std::condition_variable changed;
std::vector<std::string> lines;
bool blocked = false, waiting_in_sink = false;

void collect(std::string_view line) {
  std::unique_lock lock(mutex);
  waiting_in_sink = blocked;
  changed.notify_all();
  changed.wait(lock, [] { return !blocked; });
  lines.emplace_back(line);
}

struct Collected {
  Collected() {
    logging::flush();
    std::lock_guard lock(mutex);
    lines.clear();
    logging::set_sink(collect);
  }
  ~Collected() {
    logging::flush(std::chrono::seconds(10));
    logging::set_sink(nullptr);
    logging::set_level(logging::Level::info);
  }
  std::vector<std::string> all() {
    REQUIRE(logging::flush(std::chrono::seconds(10)));
    std::lock_guard lock(mutex);
    return lines;
  }
};

std::string member(const std::string& line, const char* name) {
  auto document = fhir::JsonDocument::parse(line).value();
  return std::string(document.root()[name].scalar());
}

}  // namespace

TEST_CASE("log: a line is one JSON object with time, level, event and fields", "[runtime][log]") {
  Collected collected;
  logging::warning("delivery_failed",
                   {{"destination", "epj"}, {"attempt", 3}, {"final", false}, {"reason", "line\nbreak \"q\""}});
  std::vector<std::string> got = collected.all();
  REQUIRE(got.size() == 1);
  const std::string& line = got[0];
  CHECK(line.back() == '\n');
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  CHECK(member(line, "level") == "warning");
  CHECK(member(line, "event") == "delivery_failed");
  CHECK(member(line, "destination") == "epj");
  CHECK(member(line, "attempt") == "3");
  CHECK(member(line, "final") == "false");
  CHECK(member(line, "reason") == "line\nbreak \"q\"");
  CHECK(member(line, "time").size() == std::string("2026-11-20T08:00:00.000Z").size());
}

TEST_CASE("log: levels below the set one are not written", "[runtime][log]") {
  Collected collected;
  logging::set_level(logging::Level::warning);
  logging::info("quiet");
  logging::error("loud");
  std::vector<std::string> got = collected.all();
  REQUIRE(got.size() == 1);
  CHECK(member(got[0], "event") == "loud");
}

TEST_CASE("log: what could be a national identity number is replaced", "[runtime][log][privacy]") {
  // Synthetic numbers: month +80.
  Collected collected;
  logging::info("planted", {{"plain", "12885010049"},
                            {"inside", "GET /Patient?identifier=12885010049&x=1"},
                            {"number", std::int64_t{12885010049}}});
  logging::info("planted_at_the_end", {{"long", std::string(1'020, 'a') + " 12885010049"}});
  for (const std::string& line : collected.all()) {
    CHECK(line.find("12885010049") == std::string::npos);
    CHECK(line.find("1288501") == std::string::npos);
    CHECK(line.find("[redacted]") != std::string::npos);
  }
}

TEST_CASE("log: a long value is cut at a character", "[runtime][log]") {
  Collected collected;
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += "æ";
  logging::info("long_value", {{"text", "x" + text}});
  std::vector<std::string> got = collected.all();
  REQUIRE(got.size() == 1);
  std::string kept = member(got[0], "text");  // parsing checks that it still is UTF-8
  CHECK(kept.size() <= 1'024);
  CHECK(kept.size() >= 1'020);
}

TEST_CASE("log: a blocked sink drops lines, counts them and says so; nobody waits", "[runtime][log]") {
  // reliability.md F42: a log reader that stalls must never hold a request.
  Collected collected;
  {
    std::lock_guard lock(mutex);
    blocked = true;
  }
  std::uint64_t before = logging::dropped();
  logging::info("first");
  {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(10), [] { return waiting_in_sink; }));
  }
  // Written from the test's own thread: were a writer ever held, this would never end.
  constexpr std::size_t excess = 100;
  for (std::size_t i = 0; i < logging::queue_lines + excess; ++i) logging::info("flood");
  CHECK(logging::dropped() - before == excess);
  CHECK_FALSE(logging::flush(std::chrono::milliseconds(1)));
  {
    std::lock_guard lock(mutex);
    blocked = waiting_in_sink = false;
  }
  changed.notify_all();
  std::vector<std::string> got = collected.all();
  auto said = std::find_if(got.begin(), got.end(),
                           [](const std::string& line) { return line.find("log_lines_dropped") != std::string::npos; });
  REQUIRE(said != got.end());
  CHECK(member(*said, "lines") == std::to_string(excess));
  CHECK(std::count_if(got.begin(), got.end(), [](const std::string& line) {
          return line.find("flood") != std::string::npos;
        }) == static_cast<long>(logging::queue_lines));
}
