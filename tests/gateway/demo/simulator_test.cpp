// The simulator over a scripted client and a clock the test moves: no sockets, no waiting.
#include "gateway/demo/simulator.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "fhir/json_reader.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_http_client.hpp"
#include "tests/support/zones.hpp"

using namespace gateway;
using namespace gateway::demo;
using namespace std::chrono_literals;

namespace {

deliver::HttpResponse accepted() {
  return support::status(200, R"({"accepted":1,"results":[{"index":0}]})");
}

Simulation simulation(const support::ManualClock& clock,
                      std::vector<Format> formats = {Format::hjemport, Format::telli}) {
  Simulation one;
  one.target.url = "http://gateway.example";
  for (Format format : formats) {
    const std::string name = "source" + std::to_string(one.target.sources.size());
    one.target.sources.push_back({name, "token-of-" + name, format});
  }
  one.people = make_people(8, formats, Scenario::normal, 1, clock.now());
  return one;
}

struct World {
  support::ManualClock clock{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 12h};
  boost::asio::io_context context{1};
  support::ScriptedHttpClient client{context, [](const deliver::HttpRequest&) { return accepted(); }};
  test::FixedZone zone{60min};
  std::vector<std::string> summaries;

  // Real seconds at twenty steps a second, all answers given in between.
  bool run(Simulator& simulator, std::chrono::seconds span) {
    for (auto passed = 0ms; passed < span; passed += 50ms) {
      if (!simulator.step()) return false;
      context.restart();
      context.poll();
      clock.advance(50ms);
    }
    return true;
  }
  void begin(Simulator& simulator) {
    simulator.begin([this](const Tally& tally) { summaries.push_back(tally.line()); });
  }
};

fhir::Time time_of(const deliver::HttpRequest& request) {
  auto document = fhir::JsonDocument::parse(request.body);
  REQUIRE(document.has_value());
  fhir::JsonValue first = document->root()["measurements"].at(0);
  auto time = fhir::DateTime::parse(first["time"].text().value_or(""));
  REQUIRE(time.has_value());
  return time->utc;
}

}  // namespace

TEST_CASE_METHOD(World, "simulator: pushes at each source with its token", "[demo]") {
  Simulator simulator(client, clock, zone, simulation(clock));
  begin(simulator);
  REQUIRE(run(simulator, 24s));  // a simulated day
  std::map<std::string, int> pushes;
  for (const deliver::HttpRequest& request : client.requests) {
    const std::string source = request.url.substr(request.url.rfind('/') + 1);
    CHECK(request.url == "http://gateway.example/ingest/" + source);
    CHECK(request.method == "POST");
    const std::pair<std::string, std::string> token{"Authorization", "Bearer token-of-" + source};
    CHECK(std::count(request.headers.begin(), request.headers.end(), token) == 1);
    ++pushes[source];
  }
  // Four people, four sittings a day; telli needs a message for each of three readings.
  CHECK(pushes["source0"] >= 14);
  CHECK(pushes["source1"] >= 42);
  CHECK(simulator.tally().accepted() == client.requests.size());
  CHECK(summaries.size() == 2);
}

TEST_CASE_METHOD(World, "simulator: devices show real time, and never a time that has not come", "[demo]") {
  Simulator simulator(client, clock, zone, simulation(clock, {Format::hjemport}));
  const fhir::Time began = clock.now();
  begin(simulator);
  REQUIRE(run(simulator, 10s));
  REQUIRE(client.requests.size() > 5);
  for (const deliver::HttpRequest& request : client.requests) {
    CHECK(time_of(request) >= began);
    CHECK(time_of(request) <= clock.now());
  }
}

TEST_CASE_METHOD(World, "simulator: history is pushed with the times it was measured at", "[demo]") {
  Simulation with_past = simulation(clock, {Format::hjemport});
  with_past.history = 48h;
  Simulator simulator(client, clock, zone, std::move(with_past));
  const fhir::Time began = clock.now();
  begin(simulator);
  REQUIRE(run(simulator, 1s));
  REQUIRE(client.requests.size() >= 8);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(time_of(client.requests[i]) < began - 40h);
    CHECK(time_of(client.requests[i]) >= began - 48h);
  }
}

TEST_CASE_METHOD(World, "simulator: what is scripted happens at its moment and again", "[demo]") {
  Simulation scripted = simulation(clock, {Format::hjemport});
  Scripted fall;
  fall.after = 3s;
  fall.every = 4s;
  scripted.happenings.push_back(fall);
  Simulator simulator(client, clock, zone, std::move(scripted));
  begin(simulator);
  auto falls = [&] {
    return std::count_if(client.requests.begin(), client.requests.end(), [](const deliver::HttpRequest& request) {
      return request.body.find(R"("kind":"fall")") != std::string::npos;
    });
  };
  REQUIRE(run(simulator, 3s));
  CHECK(falls() == 0);
  REQUIRE(run(simulator, 1s));
  CHECK(falls() == 1);
  REQUIRE(run(simulator, 4s));
  CHECK(falls() == 2);
}

TEST_CASE_METHOD(World, "simulator: now and then a device nobody has linked, and a payload sent twice", "[demo]") {
  Simulator simulator(client, clock, zone, simulation(clock));
  begin(simulator);
  REQUIRE(run(simulator, 60s));
  std::map<std::string, int> bodies;
  int strays = 0;
  for (const deliver::HttpRequest& request : client.requests) {
    strays += request.body.find("unlinked-device") != std::string::npos;
    ++bodies[request.body];
  }
  const auto twice = std::count_if(bodies.begin(), bodies.end(), [](const auto& one) { return one.second == 2; });
  CHECK(strays >= 1);
  CHECK(twice >= 3);
}

TEST_CASE_METHOD(World, "simulator: it ends when its time is over and all is answered", "[demo]") {
  Simulation short_one = simulation(clock);
  short_one.duration = 5s;
  Simulator simulator(client, clock, zone, std::move(short_one));
  begin(simulator);
  CHECK_FALSE(run(simulator, 6s));
  CHECK(simulator.tally().taken() == client.requests.size());
}

TEST_CASE("simulator: without answers it ends ten seconds after its time", "[demo]") {
  World world;
  support::ScriptedHttpClient silent(world.context, [](const deliver::HttpRequest&) { return std::nullopt; });
  Simulation short_one = simulation(world.clock);
  short_one.duration = 5s;
  Simulator simulator(silent, world.clock, world.zone, std::move(short_one));
  world.begin(simulator);
  CHECK(world.run(simulator, 14s));
  CHECK_FALSE(world.run(simulator, 2s));
}

TEST_CASE("simulator: it gives up on a target that refuses everything", "[demo]") {
  World world;
  support::ScriptedHttpClient closed(world.context, [](const deliver::HttpRequest&) { return support::status(403); });
  Simulator simulator(closed, world.clock, world.zone, simulation(world.clock));
  world.begin(simulator);
  CHECK_FALSE(world.run(simulator, 60s));
  CHECK(simulator.tally().taken() == 0);
}

TEST_CASE("simulator: a busy target is asked again and nothing is lost", "[demo]") {
  World world;
  int asked = 0;
  support::ScriptedHttpClient busy(world.context, [&asked](const deliver::HttpRequest&) {
    return ++asked % 3 == 0 ? support::busy(503, "1") : accepted();
  });
  Simulation short_one = simulation(world.clock);
  short_one.duration = 10s;
  Simulator simulator(busy, world.clock, world.zone, std::move(short_one));
  world.begin(simulator);
  CHECK_FALSE(world.run(simulator, 21s));
  std::set<std::string> bodies;
  for (const deliver::HttpRequest& request : busy.requests) bodies.insert(request.body);
  CHECK(simulator.tally().taken() >= bodies.size());
}
