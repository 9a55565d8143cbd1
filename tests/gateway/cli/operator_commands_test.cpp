// quarantine and deadletters against a canned /admin on loopback.
#include <stdlib.h>

#include <catch2/catch.hpp>

#include "tests/support/canned_admin.hpp"
#include "tests/support/run_command.hpp"

using support::CannedAdmin;
using support::Ran;

namespace {

using Asked = CannedAdmin::Asked;
using Canned = CannedAdmin::Canned;

std::string item(const std::string& id, const std::string& more = "") {
  return R"({"id":")" + id +
         R"(","source":"sensors","state":"waiting","reason":"unknown-unit","received":"2026-11-20T08:00:00.123Z","index":0)" +
         more + "}";
}

// Two pages of three items, and one item by itself; a retry places "b" only, and "c" is gone.
Canned quarantine(const Asked& asked) {
  if (asked.method == "GET" && asked.target.starts_with("/admin/quarantine?")) {
    if (asked.target.find("after=b") != std::string::npos)
      return {200, R"({"items":[)" + item("c") + R"(],"next":null})"};
    return {200, R"({"items":[)" + item("a", R"(,"kind":"body-weight","subject":"Åse","note":"no unit")") + "," +
                     item("b") + R"(],"next":"b"})"};
  }
  if (asked.target == "/admin/quarantine/a")
    return {200, item("a", R"(,"payload":{"measurements":[{"value":37.50}]})")};
  if (asked.target == "/admin/quarantine/a/retry") {
    return {200, R"({"results":[{"index":0,"outcome":"quarantined","quarantine":"a","reason":"unknown-unit"}]})"};
  }
  if (asked.target == "/admin/quarantine/b/retry") {
    return {200, R"({"results":[{"index":0,"outcome":"accepted","observation":"Observation/7"}]})"};
  }
  if (asked.target.ends_with("/discard") && asked.target.find("/c/") == std::string::npos) return {204, ""};
  return {404, R"({"title":"Not Found","status":404,"detail":"no such waiting item"})"};
}

Ran run(const CannedAdmin& admin, std::vector<std::string> words) {
  setenv("HJEMPORT_TEST_TOKEN", "an-operators-secret", 1);
  words.insert(words.end(), {"--url", admin.url(), "--token", "env:HJEMPORT_TEST_TOKEN"});
  return support::run_command(words);
}

}  // namespace

TEST_CASE("quarantine list: a table of all pages, times without fractions, empty cells marked", "[cli]") {
  CannedAdmin admin(quarantine);
  const Ran ran = run(admin, {"quarantine", "list"});
  CHECK(ran.status == 0);
  CHECK(ran.error.empty());
  CHECK(ran.out ==
        "ID  RECEIVED              SOURCE   REASON        KIND         SUBJECT  STATE    NOTE\n"
        "a   2026-11-20T08:00:00Z  sensors  unknown-unit  body-weight  Åse      waiting  no unit\n"
        "b   2026-11-20T08:00:00Z  sensors  unknown-unit  -            -        waiting  -\n"
        "c   2026-11-20T08:00:00Z  sensors  unknown-unit  -            -        waiting  -\n");
  for (const Asked& asked : admin.asked()) {
    CHECK(asked.head.find("Authorization: Bearer an-operators-secret") != std::string::npos);
    CHECK(asked.target.find("secret") == std::string::npos);
  }
}

TEST_CASE("quarantine list: filters reach the gateway, a limit ends the paging", "[cli]") {
  CannedAdmin admin(quarantine);
  const Ran ran = run(admin, {"quarantine", "list", "--source", "sensors", "--reason", "unknown-unit", "--subject",
                              "Åse & co", "--state", "all", "--limit", "2", "--json"});
  CHECK(ran.status == 0);
  REQUIRE(admin.asked().size() == 1);
  CHECK(admin.asked().front().target ==
        "/admin/quarantine?source=sensors&state=all&reason=unknown-unit&subject=%C3%85se%20%26%20co&limit=2");
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 2);
  CHECK(ran.out.starts_with(R"({"id":"a",)"));
}

TEST_CASE("quarantine show: every member, the payload with its digits", "[cli]") {
  CannedAdmin admin(quarantine);
  const Ran ran = run(admin, {"quarantine", "show", "a"});
  CHECK(ran.status == 0);
  CHECK(ran.out.find("received  2026-11-20T08:00:00Z\n") != std::string::npos);
  CHECK(ran.out.find(R"(payload   {"measurements":[{"value":37.50}]})") != std::string::npos);
}

TEST_CASE("quarantine retry: one by one, and what became of each", "[cli]") {
  CannedAdmin admin(quarantine);
  const Ran ran = run(admin, {"quarantine", "retry", "a", "b"});
  CHECK(ran.status == 0);
  CHECK(ran.out == "a quarantined unknown-unit\nb accepted Observation/7\n");
  CHECK(ran.error == "retried 2: placed 1, still waiting 1, failed 0\n");
}

TEST_CASE("quarantine retry --accept-implausible: said of each item named, and of none without it", "[cli]") {
  CannedAdmin admin(quarantine);
  CHECK(run(admin, {"quarantine", "retry", "b"}).status == 0);
  CHECK(run(admin, {"quarantine", "retry", "--accept-implausible", "a", "b"}).status == 0);
  std::vector<std::string> bodies;
  for (const Asked& asked : admin.asked()) bodies.push_back(asked.body);
  const std::string accepts = R"({"accept_implausible":true})";
  CHECK(bodies == std::vector<std::string>{"", accepts, accepts});
}

TEST_CASE("quarantine retry --all: every page once, filters kept, a failure is the exit status", "[cli]") {
  CannedAdmin admin(quarantine);
  const Ran ran = run(admin, {"quarantine", "retry", "--all", "--reason", "unknown-unit", "--source", "sensors"});
  CHECK(ran.status == 1);
  CHECK(ran.error == "c: 404: no such waiting item\nretried 3: placed 1, still waiting 1, failed 1\n");
  std::vector<std::string> targets;
  for (const Asked& asked : admin.asked()) targets.push_back(asked.target);
  CHECK(targets == std::vector<std::string>{"/admin/quarantine?source=sensors&reason=unknown-unit&limit=200",
                                            "/admin/quarantine?source=sensors&reason=unknown-unit&after=b&limit=200",
                                            "/admin/quarantine/a/retry", "/admin/quarantine/b/retry",
                                            "/admin/quarantine/c/retry"});
}

TEST_CASE("quarantine discard: says why for the record", "[cli]") {
  CannedAdmin admin(quarantine);
  const Ran ran = run(admin, {"quarantine", "discard", "a", "c", "--why", "a \"test\" device"});
  CHECK(ran.status == 1);
  CHECK(ran.out == "a discarded\n");
  CHECK(ran.error == "c: 404: no such waiting item\n");
  CHECK(admin.asked().front().body == R"({"reason":"a \"test\" device"})");
}

TEST_CASE("operator commands: a gateway that is not there or lets nobody in is exit 1 and a sentence", "[cli]") {
  CannedAdmin closed([](const Asked&) {
    return Canned{403, R"({"status":403,"detail":"this needs the role admin"})"};
  });
  for (const char* command : {"quarantine", "deadletters"}) {
    Ran ran = run(closed, {command, "list"});
    CHECK(ran.status == 1);
    CHECK(ran.out.empty());
    CHECK(ran.error == "hjemport " + std::string(command) + ": 403: this needs the role admin\n");
  }
  setenv("HJEMPORT_TEST_TOKEN", "an-operators-secret", 1);
  const Ran ran =
      support::run_command({"quarantine", "list", "--url", "http://127.0.0.1:1", "--token", "env:HJEMPORT_TEST_TOKEN"});
  CHECK(ran.status == 1);
  CHECK_FALSE(ran.error.empty());
}

TEST_CASE("operator commands: a wrong use is 64 and asks nobody", "[cli]") {
  CannedAdmin admin(quarantine);
  const std::vector<std::vector<std::string>> uses = {{"quarantine"},
                                                      {"quarantine", "burn"},
                                                      {"quarantine", "show"},
                                                      {"quarantine", "show", "a", "b"},
                                                      {"quarantine", "list", "--limit", "0"},
                                                      {"quarantine", "retry"},
                                                      {"quarantine", "retry", "a", "--all"},
                                                      {"quarantine", "retry", "a", "--source", "sensors"},
                                                      {"quarantine", "retry", "--accept-implausible"},
                                                      {"quarantine", "retry", "--all", "--accept-implausible"},
                                                      {"quarantine", "discard", "a"},
                                                      {"quarantine", "discard", "--why", "x"},
                                                      {"deadletters"},
                                                      {"deadletters", "retry"},
                                                      {"deadletters", "retry", "a", "--destination", "epj"},
                                                      {"deadletters", "discard", "a"}};
  for (const auto& words : uses) {
    std::string all;
    for (const std::string& word : words) all += word + " ";
    DYNAMIC_SECTION(all) {
      std::vector<std::string> given = words;
      if (given.size() > 1) {
        given.insert(given.end(), {"--url", admin.url(), "--token", "env:HJEMPORT_TEST_TOKEN"});
      }
      const Ran ran = support::run_command(given);
      CHECK(ran.status == 64);
      CHECK_FALSE(ran.error.empty());
      CHECK(admin.asked().empty());
    }
  }
  unsetenv("HJEMPORT_NO_SUCH_TOKEN");
  for (const char* token : {"env:HJEMPORT_NO_SUCH_TOKEN", "the-secret-itself"}) {
    const Ran ran = support::run_command({"quarantine", "list", "--token", token});
    CHECK(ran.status == 64);
    CHECK(ran.error.find("the-secret-itself") == std::string::npos);
  }
}

namespace {

std::string letter(const std::string& id) {
  return R"({"id":")" + id +
         R"(","destination":"epj","state":"parked","position":7,"what":"Observation/9","version":2,"patient":"p1","attempts":10,"reason":"422"})";
}

}  // namespace

TEST_CASE("deadletters list and show", "[cli]") {
  CannedAdmin admin([](const Asked& asked) {
    return asked.target.starts_with("/admin/deadletters/") ? Canned{200, letter("a")}
                                                           : Canned{200, R"({"items":[)" + letter("a") + "]}"};
  });
  const Ran list = run(admin, {"deadletters", "list", "--destination", "epj"});
  CHECK(list.status == 0);
  CHECK(list.out ==
        "ID  DESTINATION  WHAT           VERSION  PATIENT  ATTEMPTS  REASON\n"
        "a   epj          Observation/9  2        p1       10        422\n");
  CHECK(admin.asked().front().target == "/admin/deadletters?destination=epj");
  const Ran show = run(admin, {"deadletters", "show", "a"});
  CHECK(show.out.find("attempts     10\n") != std::string::npos);
  CHECK(run(admin, {"deadletters", "list", "--json"}).out == letter("a") + "\n");
}

// The list is bounded: a second look finds what the first had no room for. What a receiver refuses at once is back in
// the list and must not be tried for ever.
TEST_CASE("deadletters retry --all: until the list shows nothing new", "[cli]") {
  int looked = 0;
  CannedAdmin admin([&looked](const Asked& asked) {
    if (asked.method == "POST") return Canned{202, ""};
    ++looked;
    const std::string first = letter("a") + "," + letter("b"), then = letter("b") + "," + letter("c");
    return Canned{200, R"({"items":[)" + (looked == 1 ? first : then) + "]}"};
  });
  const Ran ran = run(admin, {"deadletters", "retry", "--all"});
  CHECK(ran.status == 0);
  CHECK(ran.out == "a queued again\nb queued again\nc queued again\n");
}

TEST_CASE("deadletters discard: says why for the record", "[cli]") {
  CannedAdmin admin([](const Asked& asked) {
    return Canned{asked.target.find("/a/") == std::string::npos ? 409 : 204, ""};
  });
  const Ran ran = run(admin, {"deadletters", "discard", "a", "b", "--why", "moved away"});
  CHECK(ran.status == 1);
  CHECK(ran.out == "a discarded\n");
  CHECK(ran.error == "b: 409\n");
  CHECK(admin.asked().front().body == R"({"reason":"moved away"})");
}
