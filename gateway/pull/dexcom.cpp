// Dexcom API v3 (developer.dexcom.com, "Authentication", v3 EGVs; vendors.md C.7). Tokens: POST /v3/oauth2/token as in RFC 6749,
// lifetime 7200 s in Dexcom's examples. Values: GET /v3/users/self/egvs?startDate=&endDate= in UTC without zone, at most 30 days at a time; no
// pages, so 7 days are asked to keep a document small. Pull only, nothing is notified. The token answer names nobody; documents
// name the user as `userId`, an id that is another one for each registration and that nobody knows before the first document.
// Not confirmed against the live service: whether a refresh token can be used twice (taken as no), and whether the ends of the
// span belong to it (windows overlap by a second).
#include <algorithm>

#include "gateway/pull/vendor.hpp"

namespace gateway::pull {
namespace {

using deliver::HttpRequest;
using deliver::HttpResponse;

HttpRequest token_request(const Client& client, std::string_view refresh_token) {
  return oauth_request(client, "/v3/oauth2/token", refresh_token);
}

HttpRequest page_request(const Client& client, const Cursor& cursor, const adapters::Zone&) {
  HttpRequest request;
  request.url = client.url + "/v3/users/self/egvs?" +
                form({{"startDate", local_text(cursor.from)}, {"endDate", local_text(cursor.window_end)}});
  request.headers = {{"Accept", "application/json"}};
  return request;
}

Page read_page(const HttpResponse& response, const Cursor&, std::string_view, fhir::Time now) {
  Page page = judge_status(response, now);
  if (page.answered != Answered::page) return page;
  page.payload = response.body;
  auto document = fhir::JsonDocument::parse(response.body);
  if (!document || !document->root().is_object()) return page;
  const fhir::JsonValue root = document->root();
  page.vendor_user = id_text(root["userId"]);
  const fhir::JsonValue records = root["records"];
  if (records.is_array() && records.size() == 0) page.payload.clear();
  for (const fhir::JsonValue record : records) {
    if (const auto at = time_of(record["systemTime"])) page.newest = std::max(page.newest.value_or(*at), *at);
  }
  return page;
}

std::optional<std::string> hinted_user(std::string_view) { return std::nullopt; }

}  // namespace

const Vendor dexcom{.name = "dexcom",
                    .url = "https://api.dexcom.eu",
                    .refreshes = true,
                    .user_is_vendors = false,
                    .window = std::chrono::hours(7 * 24),
                    .token_request = token_request,
                    .read_tokens = read_oauth,
                    .page_request = page_request,
                    .read_page = read_page,
                    .hinted_user = hinted_user};

}  // namespace gateway::pull
