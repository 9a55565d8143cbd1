#include "gateway/demo/outbox.hpp"

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_http_client.hpp"

using namespace gateway;
using namespace gateway::demo;
using namespace std::chrono_literals;

namespace {

Parcel parcel(std::size_t person, std::string body, bool again = false) {
  Parcel one;
  one.person = person;
  one.body = std::move(body);
  one.again = again;
  return one;
}

deliver::HttpResponse taken(std::string_view counts = R"("accepted":1)", std::string_view results = "") {
  return support::status(200, std::string("{") + std::string(counts) + R"(,"results":[)" + std::string(results) + "]}");
}

struct Fixture {
  support::ManualClock clock;
  Outbox outbox{4, 3};

  std::optional<Parcel> next() { return outbox.next(clock.steady_now()); }
  void answer(const Parcel& sent, const deliver::HttpResponse& response) {
    outbox.answered(sent, response, clock.steady_now(), clock.now());
  }
  // Sends what can be sent, answers it, and gives the bodies.
  std::string drain() {
    std::string bodies;
    while (auto sent = next()) {
      bodies += sent->body;
      answer(*sent, taken());
    }
    return bodies;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "outbox: one payload of a person at a time, in order; others go beside it", "[demo]") {
  outbox.add(parcel(0, "a"));
  outbox.add(parcel(0, "b"));
  outbox.add(parcel(1, "x"));
  auto first = next(), second = next();
  REQUIRE((first && second));
  CHECK(first->body == "a");
  CHECK(second->body == "x");
  CHECK_FALSE(next());
  answer(*second, taken());
  CHECK_FALSE(next());
  answer(*first, taken());
  auto third = next();
  REQUIRE(third);
  CHECK(third->body == "b");
}

TEST_CASE_METHOD(Fixture, "outbox: no more under way than agreed", "[demo]") {
  for (std::size_t person = 0; person < 4; ++person) outbox.add(parcel(person, "p"));
  auto one = next();
  REQUIRE((next() && next()));
  CHECK_FALSE(next());
  answer(*one, taken());
  CHECK(next());
}

TEST_CASE_METHOD(Fixture, "outbox: a 503 stops everything for as long as it asks", "[demo]") {
  struct Row {
    const char* name;
    deliver::HttpResponse response;
    std::chrono::seconds pause;
  };
  const Row rows[] = {{"seconds", support::busy(503, "7"), 7s},
                      {"a date", support::busy(503, "Fri, 20 Nov 2026 00:00:09 GMT"), 9s},
                      {"without saying", support::status(503), 1s},
                      {"429, too", support::busy(429, "4"), 4s},
                      {"a day is not believed", support::busy(503, "86400"), longest_pause},
                      {"not there", support::unreachable(), 1s}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      outbox.add(parcel(0, "a"));
      outbox.add(parcel(0, "b"));
      outbox.add(parcel(1, "x"));
      answer(*next(), row.response);
      CHECK_FALSE(next());
      clock.advance(row.pause - 1ms);
      CHECK_FALSE(next());
      clock.advance(1ms);
      const std::string sent = drain();
      CHECK(sent.size() == 3);
      CHECK(sent.find('a') < sent.find('b'));  // what was put off is still before what came after it
      CHECK(outbox.waiting() + outbox.under_way() == 0);
    }
  }
}

TEST_CASE_METHOD(Fixture, "outbox: what is marked is pushed a second time, once", "[demo]") {
  outbox.add(parcel(0, "a", true));
  outbox.add(parcel(0, "b"));
  CHECK(drain() == "aab");
  CHECK(outbox.tally().sent_payloads() == 3);
}

TEST_CASE_METHOD(Fixture, "outbox: a refusal is counted and not tried again", "[demo]") {
  outbox.add(parcel(0, "a"));
  answer(*next(), support::status(401));
  CHECK_FALSE(next());
  CHECK(outbox.waiting() == 0);
  CHECK(outbox.tally().refused_payloads() == 1);
  CHECK(outbox.tally().line() ==
        "sent 1 accepted 0 duplicate 0 amended 0 quarantined 0 ignored 0 alarms 0 refused 1 (last with status 401)");
}

TEST_CASE("tally: the counts of all answers, and each alarm once", "[demo]") {
  Tally tally;
  for (int i = 0; i < 2; ++i) {
    tally.sent();
    REQUIRE(
        tally.answered(R"({"received":6,"accepted":2,"duplicate":1,"amended":1,"quarantined":1,"ignored":1,"results":[
      {"index":0,"outcome":"accepted","alarms":["a1","a2"]},{"index":1,"outcome":"accepted","alarms":["a1"]}]})"));
  }
  CHECK(tally.line() == "sent 2 accepted 4 duplicate 2 amended 2 quarantined 2 ignored 2 alarms 2");
  CHECK(tally.taken() == 12);
}

TEST_CASE("tally: what is no answer of an ingest is told apart", "[demo]") {
  Tally tally;
  for (const char* body : {"", "{}", "[]", "welcome", R"({"results":3})"}) CHECK_FALSE(tally.answered(body));
  CHECK(tally.taken() == 0);
}

TEST_CASE("tally: hopeless is a target that never took anything, not one that had a bad time", "[demo]") {
  Tally tally;
  for (int i = 0; i < 9; ++i) tally.refused(401);
  CHECK_FALSE(tally.hopeless());
  tally.unreachable("could not connect");
  CHECK(tally.hopeless());
  CHECK(tally.line().find("unreachable 1 (could not connect)") != std::string::npos);
  REQUIRE(tally.answered(R"({"accepted":1,"results":[]})"));
  CHECK_FALSE(tally.hopeless());
  Tally waiting;
  for (int i = 0; i < 50; ++i) waiting.put_off();
  CHECK_FALSE(waiting.hopeless());
}
