// Pulling from a stand-in Withings: what arrives, what is kept, and each way it can go wrong.
#include "gateway/pull/puller.hpp"

#include "gateway/pull/users.hpp"
#include "gateway/runtime/hmac.hpp"
#include "gateway/runtime/log.hpp"
#include "tests/gateway/pull/stand_in.hpp"

using namespace gateway;
using namespace gateway::pull;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t nine = 1795165200;  // 2026-11-20T09:00:00Z, the test's now

std::string opened(const store::PullUser& row) {
  TokenSeal seal(Hmac("an installation secret for tests"), system_random());
  return seal.open(row.token, {"bodo", "scale", row.user}).value_or("(not opened)");
}

}  // namespace

TEST_CASE("pull: pages of a user become readings of the linked patient, and a second pull finds duplicates", "[pull]") {
  Withings cloud;
  cloud.pages = {{weight(1, nine - 600, 71200), weight(2, nine - 500, 71300)}, {weight(3, nine - 400, 71400)}};
  PullTest test(cloud);
  test.gateway.link("scale", "12345", 1, "2026-11-01T00:00:00Z");
  CHECK(test.connect("refresh-secret-0").status == 201);
  test.until_pulled();
  CHECK(test.observations() == 3);
  CHECK(cloud.page_requests == 2);
  CHECK(field(cloud.page_forms[0], "lastupdate") == std::to_string(nine - 7 * 24 * 3600));  // the lookback
  CHECK(field(cloud.page_forms[1], "offset") == "1");
  CHECK(test.row().mark == fhir::Time(std::chrono::seconds(nine)));  // the vendor's time, but not ahead of ours
  CHECK(test.row().pulled == test.gateway.clock.now());

  test.later(20min);
  test.until_pulled();
  CHECK(test.observations() == 3);
  CHECK(cloud.token_requests == 1);  // the access token is still good
  CHECK(field(cloud.page_forms[2], "lastupdate") == std::to_string(nine - 24 * 3600));  // the overlap
  CHECK(test.gateway.metrics().source("bodo", "scale").duplicate.value() == 3);
}

TEST_CASE("pull: a token that ended, and one the vendor ended early, is renewed once", "[pull]") {
  Withings cloud;
  PullTest test(cloud);
  test.connect("refresh-secret-0");
  test.until_pulled();
  test.later(3h);
  test.until_pulled();
  CHECK(cloud.token_requests == 2);
  CHECK(cloud.page_requests == 2);  // none was asked with the old one

  cloud.access = "another";  // ended early: 401 once
  test.later(20min);
  test.until_pulled();
  CHECK(cloud.token_requests == 3);
  CHECK(test.live().failures == 0);
  CHECK(opened(test.row()) == "refresh-secret-3");
}

TEST_CASE("pull: a vendor that takes no token, however new, is not asked again and again", "[pull]") {
  Withings cloud;
  cloud.instead = [](const HttpRequest& request) -> std::optional<std::optional<HttpResponse>> {
    if (request.url.ends_with("/measure")) return answer(200, R"({"status":401,"body":{}})");
    return std::nullopt;
  };
  PullTest test(cloud);
  test.connect("refresh-secret-0");
  test.until_pulled();
  CHECK(cloud.token_requests == 2);
  CHECK(cloud.page_requests == 2);
  test.settle();
  CHECK(cloud.token_requests == 2);
  CHECK(test.row().state == store::PullState::active);
  CHECK(test.live().failures == 1);
}

TEST_CASE("pull: the rotated token is committed before anything is asked with the new access token", "[pull]") {
  Withings cloud;
  PullTest* running = nullptr;
  std::vector<std::string> stored;
  cloud.instead = [&](const HttpRequest& request) -> std::optional<std::optional<HttpResponse>> {
    if (request.url.ends_with("/measure")) stored.push_back(opened(running->row()));
    if (request.url.ends_with("/v2/oauth2")) CHECK(running->row().asked.has_value());
    return std::nullopt;
  };
  PullTest test(cloud);
  running = &test;
  test.connect("refresh-secret-0");
  test.until_pulled();
  REQUIRE(stored.size() == 1);
  CHECK(stored[0] == "refresh-secret-1");
  CHECK_FALSE(test.row().asked);
}

TEST_CASE("pull: a full disk costs no token, and a token that could not be committed is not used until it is", "[pull]") {
  Withings cloud;
  PullTest test(cloud);
  test.connect("refresh-secret-0");
  test.until_pulled();
  test.gateway.memory().fail_commits(1);  // before the vendor is asked for a new one
  test.later(3h);
  test.until_pulled();
  CHECK(cloud.token_requests == 1);
  CHECK(test.live().failures == 1);

  cloud.instead = [&](const HttpRequest& request) -> std::optional<std::optional<HttpResponse>> {
    if (request.url.ends_with("/v2/oauth2")) test.gateway.memory().fail_commits(2);  // from now on
    return std::nullopt;
  };
  test.later(20s);
  test.until_pulled();
  CHECK(cloud.token_requests == 2);
  CHECK(cloud.page_requests == 1);
  CHECK(opened(test.row()) == "refresh-secret-1");
  test.later(1min);
  test.until_pulled();  // the second commit fails
  CHECK(cloud.page_requests == 1);
  test.later(1min);
  test.until_pulled();
  CHECK(cloud.token_requests == 2);  // the one that came is used, none was wasted
  CHECK(cloud.page_requests == 2);
  CHECK(opened(test.row()) == "refresh-secret-2");
  CHECK(test.live().failures == 0);
}

TEST_CASE("pull: a refused token is the end of the consent, seen and not hammered, until an operator gives a new one", "[pull]") {
  Withings cloud;
  cloud.pages = {{weight(1, nine - 600, 71200)}};
  PullTest test(cloud);
  test.connect("refresh-secret-stolen");
  test.until_inactive();
  CHECK(test.users().text("users", 0, "state") == "consent-lost");
  CHECK_THAT(test.users().text("users", 0, "reason"), Catch::Contains("takes the token no more"));
  test.later(24h);
  test.settle();
  CHECK(cloud.token_requests == 1);
  CHECK(test.metrics().consent_lost.value() == 1);
  CHECK(test.metrics().users.value() == 0);

  CHECK(test.connect("refresh-secret-0").status == 200);
  test.until_pulled();
  CHECK(test.users().text("users", 0, "state") == "active");
  CHECK(test.waiting() == 1);  // nobody is linked
}

TEST_CASE("pull: a new token whose answer was lost with the process is said to be so", "[pull]") {
  Withings cloud;
  bool lose = true;
  cloud.instead = [&](const HttpRequest& request) -> std::optional<std::optional<HttpResponse>> {
    if (!lose || !request.url.ends_with("/v2/oauth2")) return std::nullopt;
    cloud.refresh = "refresh-secret-lost";  // the vendor has rotated it
    return std::optional<HttpResponse>();
  };
  PullTest test(cloud);
  test.connect("refresh-secret-0");
  test.gateway.run_until([&] { return cloud.token_requests == 1; });
  lose = false;
  test.gateway.restart();
  test.until_inactive();
  CHECK_THAT(test.row().reason, Catch::Contains("an earlier answer with a new token may have been lost"));
}

TEST_CASE("pull: our own registration being refused is nobody's lost consent", "[pull]") {
  Withings cloud;
  PullTest test(cloud, "withings", [](config::Source& source) { source.pull->client_secret = "wrong"; });
  test.connect("refresh-secret-0");
  test.until_pulled();
  CHECK(test.row().state == store::PullState::active);
  CHECK_THAT(test.live().last_failure, Catch::Contains("client_id and client_secret"));
  test.settle();
  CHECK(cloud.token_requests == 1);
}

TEST_CASE("pull: what the vendor answers besides pages is waited out, and nothing is passed over", "[pull]") {
  struct Row {
    const char* name;
    HttpResponse answer;
    std::chrono::seconds none_before, by;  // nothing is asked before, and a pull has succeeded by then
    const char* reason;
  };
  HttpResponse timeout;
  timeout.error = "Timeout was reached";
  HttpResponse slow = answer(429);
  slow.headers.emplace_back("retry-after", "120");
  HttpResponse cut = answer(200, R"({"status":0,"body":{"measuregrps":[)");
  cut.truncated = true;
  const Row rows[] = {
      {"429 with Retry-After", slow, 119s, 121s, "HTTP 429"},
      {"Withings' own 601", answer(200, R"({"status":601,"error":"Too Many Request"})"), 4s, 11s, "status 601"},
      {"500", answer(500, "<html>"), 4s, 11s, "HTTP 500"},
      {"503", answer(503), 4s, 11s, "HTTP 503"},
      {"403", answer(403), 4s, 11s, "HTTP 403"},
      {"a redirect", answer(302), 4s, 11s, "HTTP 302"},
      {"no answer in time", timeout, 4s, 11s, "Timeout was reached"},
      {"longer than body_bytes", cut, 4s, 11s, "longer than body_bytes"},
      {"status not 0 on HTTP 200", answer(200, R"({"status":2555,"body":{},"error":"unknown"})"), 4s, 11s, "status 2555"},
      {"more pages without an offset", answer(200, R"({"status":0,"body":{"measuregrps":[],"more":1}})"), 4s, 11s, "offset"},
  };
  for (const Row& each : rows) {
    DYNAMIC_SECTION(each.name) {
      Withings cloud;
      cloud.pages = {{weight(1, nine - 600, 71200)}};
      cloud.instead = [&](const HttpRequest& request) -> std::optional<std::optional<HttpResponse>> {
        if (request.url.ends_with("/measure") && cloud.page_requests == 1) return each.answer;
        return std::nullopt;
      };
      PullTest test(cloud);
      test.connect("refresh-secret-0");
      test.until_pulled();
      CHECK(test.live().failures == 1);
      CHECK_THAT(test.live().last_failure, Catch::Contains(each.reason));
      CHECK_FALSE(test.row().mark);
      CHECK_FALSE(test.row().pulled);
      CHECK(test.waiting() == 0);
      test.later(each.none_before);
      test.settle();
      CHECK(cloud.page_requests == 1);
      test.later(each.by - each.none_before);
      test.until_pulled();
      CHECK(test.live().failures == 0);
      CHECK(test.waiting() == 1);
      CHECK(test.row().mark.has_value());
    }
  }
}

TEST_CASE("pull: a document nobody can decode is kept once, asked again, and not passed", "[pull]") {
  for (const char* bad : {"no JSON at all", R"({"status":0,"body":{"updatetime":1795165300,"measuregrps":{}}})",
                          R"({"status":0,"body":{"updatetime":1795165300)"}) {
    DYNAMIC_SECTION(bad) {
      Withings cloud;
      cloud.pages = {{weight(1, nine - 600, 71200)}};
      int bad_pages = 0;
      cloud.instead = [&](const HttpRequest& request) -> std::optional<std::optional<HttpResponse>> {
        if (!request.url.ends_with("/measure") || bad_pages >= 3) return std::nullopt;
        return answer(200, std::string(static_cast<std::size_t>(++bad_pages), ' ') + bad);  // each is another text
      };
      PullTest test(cloud);
      test.gateway.link("scale", "12345", 1, "2026-11-01T00:00:00Z");
      test.connect("refresh-secret-0");
      for (int i = 0; i < 3; ++i) {
        test.until_pulled();
        CHECK(test.waiting() == 1);
        CHECK_FALSE(test.row().mark);
        test.later(5min);
      }
      test.until_pulled();
      CHECK(test.observations() == 1);
      CHECK(test.row().mark.has_value());
    }
  }
}

TEST_CASE("pull: a way in that is full is tried again with the same page", "[pull]") {
  Withings cloud;
  cloud.pages = {{weight(1, nine - 600, 71200)}, {weight(2, nine - 500, 71300)}};
  PullTest test(cloud, "withings", [](config::Source& source) { source.quarantine_items = 1; });
  test.connect("refresh-secret-0");  // nobody is linked: the second page finds the quarantine full
  test.until_pulled();
  CHECK(test.waiting() == 1);
  CHECK_THAT(test.live().last_failure, Catch::Contains("quarantine of this source is full"));
  CHECK_FALSE(test.row().mark);
  test.gateway.link("scale", "12345", 1, "2026-11-01T00:00:00Z", {}, true);
  test.later(1min);
  test.until_pulled();
  CHECK(field(cloud.page_forms.back(), "offset") == "1");
  CHECK(cloud.page_requests == 3);  // the first page was not asked for again
  CHECK(test.row().mark.has_value());
  CHECK(test.gateway.eventually([&] { return test.observations() == 2; }));
}

TEST_CASE("pull: readings that waited in quarantine are placed by the user they were pulled for", "[pull]") {
  Withings cloud;
  cloud.pages = {{weight(1, nine - 600, 71200)}};
  PullTest test(cloud);
  test.connect("refresh-secret-0");
  test.until_pulled();
  const tests::Json held(test.gateway.get("/admin/quarantine?state=waiting", "operator").body);
  CHECK(held.text("items", 0, "reason") == "unknown-subject");
  CHECK(held.text("items", 0, "subject") == "12345");
  test.gateway.link("scale", "12345", 1, "2026-11-01T00:00:00Z");
  const auto retried = test.gateway.post("/admin/quarantine/" + held.text("items", 0, "id") + "/retry", "operator", "{}");
  CHECK(retried.status < 300);
  CHECK(test.gateway.eventually([&] { return test.observations() == 1; }));
}

TEST_CASE("pull: another user's token, or answers for another user, store nothing", "[pull]") {
  Withings cloud;
  cloud.user = "99999";
  cloud.pages = {{weight(1, nine - 600, 71200)}};
  PullTest test(cloud);
  test.gateway.link("scale", "12345", 1, "2026-11-01T00:00:00Z");
  test.connect("refresh-secret-0");
  test.until_inactive();
  CHECK(test.users().text("users", 0, "state") == "wrong-user");
  CHECK(cloud.page_requests == 0);
  CHECK(test.observations() == 0);
  test.settle();
  CHECK(test.metrics().wrong_user.value() == 1);
}

TEST_CASE("pull: stopping cuts a fetch short, and it is done again after the start", "[pull]") {
  Withings cloud;
  cloud.pages = {{weight(1, nine - 600, 71200)}};
  bool hang = true;
  cloud.instead = [&](const HttpRequest& request) -> std::optional<std::optional<HttpResponse>> {
    if (hang && request.url.ends_with("/measure")) return std::optional<HttpResponse>();
    return std::nullopt;
  };
  PullTest test(cloud);
  test.connect("refresh-secret-0");
  test.gateway.run_until([&] { return cloud.page_requests == 1; });
  hang = false;
  test.gateway.restart();
  test.until_pulled();
  CHECK(test.waiting() == 1);
  CHECK(cloud.token_requests == 2);  // access tokens are not kept
  CHECK(opened(test.row()) == "refresh-secret-2");
}

TEST_CASE("pull: a clock that was wrong for a while skips nothing", "[pull]") {
  for (const auto jump : {std::chrono::hours(24), std::chrono::hours(-24), std::chrono::hours(-24 * 400)}) {
    DYNAMIC_SECTION("by " << jump.count() << " hours") {
      Withings cloud;
      PullTest test(cloud);
      test.connect("refresh-secret-0");
      test.until_pulled();
      const auto right = test.gateway.clock.now();
      test.gateway.clock.set_wall(right + jump);
      test.later(20min);
      test.until_pulled();
      test.gateway.clock.set_wall(right + 20min);
      test.later(20min);
      test.until_pulled();
      CHECK(std::stoll(field(cloud.page_forms.back(), "lastupdate")) <= nine);  // what was new before the jump is asked for
      CHECK(test.live().failures == 0);
    }
  }
}

TEST_CASE("pull: triggers during a pull make one more, not two at once", "[pull]") {
  Withings cloud;
  int at_once = 0;
  bool hang = false;
  cloud.instead = [&](const HttpRequest& request) -> std::optional<std::optional<HttpResponse>> {
    if (!hang || !request.url.ends_with("/measure")) return std::nullopt;
    ++at_once;
    return std::optional<HttpResponse>();
  };
  PullTest test(cloud);
  test.connect("refresh-secret-0");
  test.until_pulled();
  hang = true;
  test.gateway.clock.advance(10s);
  const std::string target = "/admin/sources/scale/users/12345/pull";
  CHECK(test.gateway.post(target, "operator", "").status == 202);
  CHECK(test.gateway.post(target, "operator", "").status == 202);
  test.gateway.puller().hurry("scale", "12345");
  test.gateway.run_until([&] { return at_once > 0; });
  test.looked();
  CHECK(at_once == 1);
}

TEST_CASE("pull: a notification is ignored in the ledger and hurries its user's pull", "[pull]") {
  Withings cloud;
  PullTest test(cloud);
  test.connect("refresh-secret-0");
  test.until_pulled();
  cloud.pages = {{weight(1, nine - 600, 71200)}};
  test.gateway.clock.advance(10s);
  const std::vector<tests::Header> form{{"content-type", "application/x-www-form-urlencoded"}};
  const auto noticed =
      test.gateway.post("/ingest/scale", "scale", "userid=12345&appli=1&startdate=1795164600&enddate=1795164601", form);
  REQUIRE(noticed.status == 200);
  const tests::Json ledger(noticed.body);
  CHECK(ledger.text("ignored") == "1");
  CHECK(ledger.text("results", 0, "reason") == "not-a-reading");
  test.until_pulled();
  CHECK(test.waiting() == 1);

  // A flood is one pull in some seconds; of somebody unknown, none.
  const int before = cloud.page_requests;
  for (int i = 0; i < 20; ++i) test.gateway.post("/ingest/scale", "scale", "userid=12345&appli=1", form);
  test.gateway.post("/ingest/scale", "scale", "userid=777&appli=1", form);
  test.settle();
  CHECK(cloud.page_requests == before);
  test.later(6s);
  test.until_pulled();
  CHECK(cloud.page_requests == before + 1);
}

TEST_CASE("pull: users of a source are pulled a few at a time, and a vendor that is down is asked by one", "[pull]") {
  Withings cloud;
  int hanging = 0;
  bool down = false;
  cloud.instead = [&](const HttpRequest&) -> std::optional<std::optional<HttpResponse>> {
    if (down) return answer(500);
    ++hanging;
    return std::optional<HttpResponse>();
  };
  PullTest test(cloud, "withings", [](config::Source& source) { source.pull->concurrency = 3; });
  for (int i = 0; i < 10; ++i) test.connect("refresh-secret-0", "u-" + std::to_string(i));
  test.gateway.run_until([&] { return hanging == 3; });
  test.looked();
  CHECK(hanging == 3);

  down = true;
  test.gateway.restart();
  test.gateway.run_until([&] { return test.metrics().failed.value() >= 5; });
  test.settle();
  const int asked = cloud.token_requests;
  test.settle();
  CHECK(asked <= 3 + 5 + 2);  // those under way when the fifth failed
  CHECK(cloud.token_requests == asked);
}

TEST_CASE("pull: a user taken away during a pull stays away, and its token is gone", "[pull]") {
  Withings cloud;
  cloud.instead = [](const HttpRequest& request) -> std::optional<std::optional<HttpResponse>> {
    if (request.url.ends_with("/measure")) return std::optional<HttpResponse>();
    return std::nullopt;
  };
  PullTest test(cloud);
  test.connect("refresh-secret-0");
  test.gateway.run_until([&] { return cloud.page_requests == 1; });
  const auto gone = test.gateway.call({http::Method::delete_, "/admin/sources/scale/users/12345", "operator", "", {}});
  CHECK(gone.status == 204);
  test.gateway.restart();
  test.settle();
  CHECK_FALSE(test.gateway.reader().pull_user(test.gateway.store().source("bodo", "scale"), "12345"));
  CHECK(test.gateway.call({http::Method::delete_, "/admin/sources/scale/users/12345", "operator", "", {}}).status == 404);
}

TEST_CASE("pull: a token an operator gives during a pull is the one that stays", "[pull]") {
  Withings cloud;
  cloud.instead = [&](const HttpRequest& request) -> std::optional<std::optional<HttpResponse>> {
    if (field(request.body, "refresh_token") != "refresh-secret-first") return std::nullopt;
    return answer(200, R"({"status":0,"body":{"userid":"12345","access_token":"a","refresh_token":"late","expires_in":60}})");
  };
  PullTest test(cloud);
  test.connect("refresh-secret-first");
  test.connect("refresh-secret-0");  // the first is still at work, somewhere
  test.gateway.run_until([&] { return test.metrics().pulls.value() >= 1 && test.idle(); });
  CHECK(opened(test.row()) == "refresh-secret-1");
  CHECK(test.row().state == store::PullState::active);
}

namespace {
std::string lines;
std::mutex lines_mutex;
void keep_line(std::string_view line) {
  const std::lock_guard lock(lines_mutex);
  lines.append(line);
}
}  // namespace

TEST_CASE("pull: no token in what is stored, logged, counted or answered", "[pull][privacy]") {
  log::set_sink(&keep_line);
  log::set_level(log::Level::debug);
  Withings cloud;
  PullTest test(cloud);
  std::string seen;
  seen += test.connect("refresh-secret-0").body;
  test.until_pulled();
  seen += test.connect("refresh-secret-wrong").body;
  test.until_inactive();
  seen += test.connect("not a token refresh-secret-8").body;
  seen += test.gateway.put("/admin/sources/scale/users/12345", "operator", R"({"refresh_token":"refresh-secret-9)").body;
  seen += test.gateway.put("/admin/sources/scale/users/12345", "operator", R"({"access_token":"access-secret-9"})").body;
  seen += test.gateway.get("/admin/sources/scale/users", "operator").body;
  test.settle();
  seen += test.gateway.metrics().expose();
  seen += test.row().token + test.row().reason;
  CHECK(log::flush(5s));
  log::set_level(log::Level::info);
  log::set_sink(nullptr);
  const std::lock_guard lock(lines_mutex);
  seen += lines;
  for (const char* secret : {"refresh-secret", "access-secret", "client-secret"}) {
    INFO(secret);
    CHECK(seen.find(secret) == std::string::npos);
  }
  CHECK(lines.find("pull_user_inactive") != std::string::npos);
}
