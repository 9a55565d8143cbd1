// Each vendor's requests and answers as values; then Polar, Oura and Dexcom pulled to the end.
#include "gateway/pull/vendor.hpp"

#include <algorithm>

#include "tests/gateway/pull/stand_in.hpp"
#include "tests/support/zones.hpp"

using namespace gateway;
using namespace gateway::pull;
using namespace std::chrono_literals;

namespace {

const Client client{"client-1", "s&cret", "https://vendor.example"};
const fhir::Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 9h;

std::string url_of(const Vendor& vendor, const Cursor& cursor) {
  const test::FixedZone zone(60min);
  return vendor.page_request(client, cursor, zone).url;
}

}  // namespace

TEST_CASE("vendor: those that are pulled are those the configuration lets pull", "[pull][vendor]") {
  for (const adapters::Adapter& adapter : adapters::all_adapters()) {
    INFO(adapter.name);
    const bool pulled = adapter.name == "withings" || adapter.name == "polar" || adapter.name == "oura" || adapter.name == "dexcom";
    CHECK((vendor_named(adapter.name) != nullptr) == pulled);
  }
}

TEST_CASE("vendor: token requests are forms in the body, secrets in no URL", "[pull][vendor]") {
  for (const Vendor* vendor : {&withings, &oura, &dexcom}) {
    INFO(vendor->name);
    const HttpRequest request = vendor->token_request(client, "r+1");
    CHECK(request.method == "POST");
    CHECK(field(request.body, "grant_type") == "refresh_token");
    CHECK(field(request.body, "refresh_token") == "r+1");
    CHECK(field(request.body, "client_id") == "client-1");
    CHECK(field(request.body, "client_secret") == "s&cret");
    CHECK(request.url.find("cret") == std::string::npos);
  }
  CHECK(withings.token_request(client, "r").url == "https://vendor.example/v2/oauth2");
  CHECK(field(withings.token_request(client, "r").body, "action") == "requesttoken");
  CHECK(oura.token_request(client, "r").url == "https://vendor.example/oauth/token");
  CHECK(dexcom.token_request(client, "r").url == "https://vendor.example/v3/oauth2/token");
}

TEST_CASE("vendor: what a token answer means", "[pull][vendor]") {
  using What = Tokens::What;
  struct Row {
    const Vendor& vendor;
    int status;
    const char* body;
    What what;
  };
  const Row rows[] = {
      {oura, 200, R"({"access_token":"a","refresh_token":"r","expires_in":86400,"token_type":"bearer"})", What::given},
      {oura, 200, R"({"access_token":"a\nb"})", What::failed},
      {oura, 200, R"({"refresh_token":"r"})", What::failed},
      {oura, 200, "<html>", What::failed},
      {oura, 400, R"({"error":"invalid_grant"})", What::consent_lost},
      {dexcom, 401, R"({"error":"invalid_grant"})", What::consent_lost},
      {dexcom, 401, R"({"error":"invalid_client"})", What::client_refused},
      {dexcom, 400, R"({"error":"invalid_request"})", What::failed},
      {dexcom, 400, "", What::failed},
      {dexcom, 429, "", What::throttled},
      {dexcom, 500, R"({"error":"invalid_grant"})", What::failed},
      {dexcom, 0, "", What::failed},
      {withings, 200, R"({"status":0,"body":{"userid":12345,"access_token":"a","refresh_token":"r","expires_in":10800}})", What::given},
      {withings, 200, R"({"status":0,"body":{}})", What::failed},
      {withings, 200, R"({"status":503,"error":"Invalid Params: invalid refresh_token"})", What::consent_lost},
      {withings, 200, R"({"status":401,"error":"invalid_grant"})", What::consent_lost},
      {withings, 200, R"({"status":503,"error":"Invalid Params: invalid client_id"})", What::client_refused},
      {withings, 200, R"({"status":503,"error":"Invalid Params"})", What::failed},
      {withings, 200, R"({"status":601,"error":"Too Many Request"})", What::throttled},
      {withings, 200, R"({"status":"0"})", What::failed},
      {withings, 502, "", What::failed},
  };
  for (const Row& row : rows) {
    INFO(row.vendor.name << " " << row.status << " " << row.body);
    const Tokens tokens = row.vendor.read_tokens(answer(row.status, row.body), now);
    CHECK(tokens.what == row.what);
    if (row.what == What::given) {
      CHECK(tokens.access == "a");
      CHECK(tokens.refresh == "r");
    } else if (row.status != 0) {
      CHECK_FALSE(tokens.reason.empty());
    }
  }
  CHECK(withings.read_tokens(answer(200, rows[12].body), now).vendor_user == "12345");
  CHECK(withings.read_tokens(answer(200, rows[12].body), now).lifetime == 10800s);
}

TEST_CASE("vendor: what is asked for", "[pull][vendor]") {
  Cursor cursor;
  cursor.from = now - 48h;
  cursor.to = cursor.window_end = now;
  CHECK(url_of(polar, cursor) == "https://vendor.example/v3/users/continuous-heart-rate?from=2026-11-18&to=2026-11-20");
  CHECK(url_of(dexcom, cursor) ==
        "https://vendor.example/v3/users/self/egvs?startDate=2026-11-18T09%3A00%3A00&endDate=2026-11-20T09%3A00%3A00");
  cursor.page = "p/2";
  CHECK(url_of(oura, cursor) ==
        "https://vendor.example/v2/usercollection/heartrate?start_datetime=2026-11-18T09%3A00%3A00Z&"
        "end_datetime=2026-11-20T09%3A00%3A00Z&next_token=p%2F2");
  cursor.window_end = now + 15h;  // the 21st at the wearer's
  CHECK(url_of(polar, cursor).ends_with("to=2026-11-21"));
}

TEST_CASE("vendor: the user is put in front of the vendor's bytes, which stay as they are", "[pull][vendor]") {
  CHECK(with_user(R"({"status":0})", "u\"1") == R"({"userid":"u\"1","status":0})");
  CHECK(with_user("\n { \"a\" : 1.50 }\n", "1") == "\n {\"userid\":\"1\", \"a\" : 1.50 }\n");
  CHECK(with_user("{ }", "1") == "{\"userid\":\"1\" }");
}

TEST_CASE("vendor: a page says whose it is, what comes next and how far it goes", "[pull][vendor]") {
  Cursor cursor;
  Page page = oura.read_page(
      answer(200, R"({"data":[{"timestamp":"2026-11-20T08:05:00Z","bpm":60,"source":"rest"},{"timestamp":"2026-11-20T08:00:00Z","bpm":61,"source":"rest"}],"next_token":"n"})"),
      cursor, "o-1", now);
  CHECK(page.answered == Answered::page);
  CHECK(page.next == "n");
  CHECK(page.newest == now - 55min);
  CHECK(page.payload.starts_with(R"({"userid":"o-1","data")"));
  cursor.page = "n";  // the same again would never end
  CHECK(oura.read_page(answer(200, R"({"data":[],"next_token":"n"})"), cursor, "o-1", now).answered == Answered::failed);
  CHECK(oura.read_page(answer(200, R"({"data":[],"next_token":7})"), cursor, "o-1", now).answered == Answered::failed);
  CHECK(oura.read_page(answer(200, R"({"data":[],"next_token":null})"), cursor, "o-1", now).payload.empty());

  page = polar.read_page(
      answer(200, R"({"heart_rates":[{"polar_user":"https://x/v3/users/475","date":"2026-11-19","heart_rate_samples":[{"heart_rate":60,"sample_time":"08:00:00"}]},{"polar_user":"https://x/v3/users/476","date":"2026-11-20","heart_rate_samples":[]}]})"),
      {}, "475", now);
  CHECK(page.vendor_user == "476");  // one day of somebody else spoils the document
  CHECK(page.newest == now - 33h);
  CHECK(polar.read_page(answer(204), {}, "475", now).answered == Answered::nothing);
  CHECK(polar.read_page(answer(401), {}, "475", now).answered == Answered::unauthorized);

  page = dexcom.read_page(
      answer(200, R"({"recordType":"egv","userId":"v-9","records":[{"systemTime":"2026-11-20T08:00:00"},{"systemTime":"2026-11-20T08:05:00Z"}]})"),
      {}, "label", now);
  CHECK(page.vendor_user == "v-9");
  CHECK(page.newest == now - 55min);
  CHECK(page.payload.starts_with(R"({"recordType")"));

  for (const char* more : {R"("more":1,"offset":3)", R"("more":true,"offset":3)"}) {
    cursor.page = "2";
    const std::string body = R"({"status":0,"body":{"measuregrps":[],)" + std::string(more) + "}}";
    CHECK(withings.read_page(answer(200, body), cursor, "1", now).next == "3");
    cursor.page = "3";
    CHECK(withings.read_page(answer(200, body), cursor, "1", now).answered == Answered::failed);
  }
}

TEST_CASE("vendor: whom a notification speaks of", "[pull][vendor]") {
  CHECK(withings.hinted_user("userid=12345&appli=4&startdate=1&enddate=2") == "12345");
  CHECK_FALSE(withings.hinted_user("appli=4"));
  CHECK_FALSE(withings.hinted_user(R"({"status":0,"body":{}})"));
  CHECK(polar.hinted_user(R"({"event":"EXERCISE","user_id":475,"entity_id":"a"})") == "475");
  CHECK_FALSE(polar.hinted_user(R"({"event":"PING"})"));
  CHECK(oura.hinted_user(R"({"event_type":"create","data_type":"daily_spo2","user_id":"u"})") == "u");
  CHECK_FALSE(oura.hinted_user(R"({"data":[]})"));
  CHECK_FALSE(dexcom.hinted_user("userid=1"));
}

TEST_CASE("pull: Polar's token is used as it is, and a 401 ends it", "[pull]") {
  int asked = 0;
  bool ended = false;
  auto cloud = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
    ++asked;
    if (ended || bearer(request) != "lasting") return answer(401);
    return answer(200, R"({"heart_rates":[{"polar_user":"https://x/v3/users/475","date":"2026-11-20","heart_rate_samples":[{"heart_rate":63,"sample_time":"08:30:00"}]}]})");
  };
  PullTest test(cloud, "polar");
  test.gateway.link("scale", "475", 1, "2026-11-01T00:00:00Z");
  CHECK(test.connect("lasting", "475").status == 400);  // a refresh token is not what Polar gives
  CHECK(test.connect("lasting", "475", "access_token").status == 201);
  test.until_pulled();
  CHECK(test.observations() == 1);
  CHECK(test.row("475").mark == fhir::Time(now - 9h));
  ended = true;
  test.later(20min);
  test.gateway.run_until([&] { return test.row("475").state == store::PullState::consent_lost; });
  const int before = asked;
  test.later(24h);
  test.settle();
  CHECK(asked == before);
}

TEST_CASE("pull: Oura's pages are followed by next_token", "[pull]") {
  std::vector<std::string> urls;
  auto cloud = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.url.ends_with("/oauth/token")) return answer(200, R"({"access_token":"a","refresh_token":"r2","expires_in":86400})");
    urls.push_back(request.url);
    const bool second = request.url.find("next_token=t2") != std::string::npos;
    return answer(200, second ? R"({"data":[{"timestamp":"2026-11-20T08:05:00Z","bpm":62,"source":"awake"}],"next_token":null})"
                              : R"({"data":[{"timestamp":"2026-11-20T08:00:00Z","bpm":61,"source":"rest"}],"next_token":"t2"})");
  };
  PullTest test(cloud, "oura");
  test.gateway.link("scale", "o-1", 1, "2026-11-01T00:00:00Z");
  test.connect("r1", "o-1");
  test.until_pulled();
  CHECK(test.observations() == 2);
  CHECK(urls.size() == 2);
  CHECK(test.row("o-1").mark == now - 55min);
}

TEST_CASE("pull: Dexcom is asked in windows, names its user itself, and may not change whom it names", "[pull]") {
  std::vector<std::string> urls;
  std::string user = "v-9";
  auto cloud = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.url.ends_with("/v3/oauth2/token")) return answer(200, R"({"access_token":"a","refresh_token":"r2","expires_in":7200})");
    urls.push_back(request.url);
    const bool first = urls.size() == 1;
    return answer(200, R"({"recordType":"egv","recordVersion":"3.0","userId":")" + user + R"(","records":[)" +
                           (first ? R"({"recordId":"r1","systemTime":"2026-11-01T08:00:00Z","displayTime":"2026-11-01T09:00:00+01:00","value":138,"status":"ok","trend":"flat","unit":"mg/dL"})" : "") +
                           "]}");
  };
  PullTest test(cloud, "dexcom", [](config::Source& source) { source.pull->lookback = std::chrono::hours(24 * 20); });
  test.gateway.link("scale", "v-9", 1, "2026-10-01T00:00:00Z");
  test.connect("r1", "ola-cgm");
  test.until_pulled();
  CHECK(urls.size() == 3);  // 20 days in windows of 7
  CHECK_THAT(urls[1], Catch::Contains("startDate=2026-11-07T08%3A59%3A59"));
  CHECK(test.observations() == 1);
  CHECK(test.row("ola-cgm").vendor_user == "v-9");
  CHECK(test.users().text("users", 0, "vendor_user") == "v-9");
  user = "v-10";
  test.later(20min);
  test.gateway.run_until([&] { return test.row("ola-cgm").state == store::PullState::wrong_user; });
}

TEST_CASE("pull: who may say whose readings are pulled, and how", "[pull][api]") {
  Withings cloud;
  PullTest test(cloud);
  tests::InProcessGateway& gateway = test.gateway;
  const std::string body = R"({"refresh_token":"refresh-secret-0"})";
  CHECK(gateway.put("/admin/sources/scale/users/12345", "scale", body).status == 403);
  CHECK(gateway.put("/admin/sources/scale/users/12345", "centre", body).status == 403);
  CHECK(gateway.put("/admin/sources/scale/users/12345", "", body).status == 401);
  CHECK(gateway.put("/admin/sources/scale/users/12345", "operator-oslo", body).status == 404);
  CHECK(gateway.get("/admin/sources/scale/users", "operator-oslo").status == 404);
  CHECK(gateway.put("/admin/sources/sensors/users/12345", "operator", body).status == 404);  // not pulled
  CHECK(gateway.put("/admin/sources/scale/users/" + tests::synthetic_number(3), "operator", body).status == 400);
  CHECK(gateway.put("/admin/sources/scale/users/a b", "operator", body).status == 400);
  CHECK(gateway.put("/admin/sources/scale/users/12345", "operator", R"({"refresh_token":""})").status == 400);
  CHECK(gateway.post("/admin/sources/scale/users/12345/pull", "operator", "").status == 404);
  CHECK(cloud.token_requests == 0);
  CHECK(gateway.put("/admin/sources/scale/users/12345", "operator", body).status == 201);
  const auto audits = gateway.reader().audits(gateway.bodo(), std::nullopt, 10);
  CHECK(std::any_of(audits.begin(), audits.end(), [](const store::Audit& audit) { return audit.action == "write PullUser"; }));
}
