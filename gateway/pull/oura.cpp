// Oura API v2 (cloud.ouraring.com/docs/authentication, /docs/error-handling; vendors.md C.5). Tokens: POST /oauth/token as in RFC
// 6749; a refresh token can be used once. Heart rate: GET /v2/usercollection/heartrate?start_datetime=&end_datetime=, further
// pages by `next_token`. The documents do not say whose they are. Not confirmed against the live service: the longest span taken
// (7 days are asked) and the order of the samples.
#include <algorithm>

#include "gateway/http/request.hpp"
#include "gateway/pull/vendor.hpp"

namespace gateway::pull {
namespace {

using deliver::HttpRequest;
using deliver::HttpResponse;

HttpRequest token_request(const Client& client, std::string_view refresh_token) {
  return oauth_request(client, "/oauth/token", refresh_token);
}

HttpRequest page_request(const Client& client, const Cursor& cursor, const adapters::Zone&) {
  HttpRequest request;
  request.url = client.url + "/v2/usercollection/heartrate?" +
                form({{"start_datetime", fhir::utc_text(cursor.from)}, {"end_datetime", fhir::utc_text(cursor.window_end)}});
  if (!cursor.page.empty()) request.url += "&" + form({{"next_token", cursor.page}});
  request.headers = {{"Accept", "application/json"}};
  return request;
}

Page read_page(const HttpResponse& response, const Cursor& cursor, std::string_view user, fhir::Time now) {
  Page page = judge_status(response, now);
  if (page.answered != Answered::page) return page;
  page.payload = response.body;
  auto document = fhir::JsonDocument::parse(response.body);
  if (!document || !document->root().is_object()) return page;
  const fhir::JsonValue root = document->root();
  const fhir::JsonValue samples = root["data"];
  page.vendor_user = id_text(root["userid"]);
  if (page.vendor_user.empty()) page.payload = with_user(response.body, user);
  if (samples.is_array() && samples.size() == 0) page.payload.clear();
  for (const fhir::JsonValue sample : samples) {
    if (const auto at = time_of(sample["timestamp"])) page.newest = std::max(page.newest.value_or(*at), *at);
  }
  const fhir::JsonValue next = root["next_token"];
  if (next.is_null()) return page;
  page.next = std::string(next.text().value_or(""));
  if (page.next.empty() || page.next == cursor.page) {
    page = Page();
    page.reason = "more pages, and no new next_token to ask them with";
  }
  return page;
}

std::optional<std::string> hinted_user(std::string_view notification) {
  auto document = fhir::JsonDocument::parse(notification);
  if (!document || !document->root()["event_type"].is_string()) return std::nullopt;
  std::string user = id_text(document->root()["user_id"]);
  if (user.empty()) return std::nullopt;
  return user;
}

}  // namespace

const Vendor oura{.name = "oura",
                  .url = "https://api.ouraring.com",
                  .refreshes = true,
                  .user_is_vendors = true,
                  .window = std::chrono::hours(7 * 24),
                  .token_request = token_request,
                  .read_tokens = read_oauth,
                  .page_request = page_request,
                  .read_page = read_page,
                  .hinted_user = hinted_user};

}  // namespace gateway::pull
