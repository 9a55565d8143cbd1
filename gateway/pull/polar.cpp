// Polar AccessLink v3 (polar.com/accesslink-api; vendors.md C.4). The access token of the code exchange ({"access_token",
// "expires_in","x_user_id"}) does not end until the user takes it back; there is no refresh. Continuous heart rate comes by date:
// GET /v3/users/continuous-heart-rate?from=&to=, 204 when there is none. Not confirmed against the live service: that a range of
// 7 days is always taken (clients use up to 30), and `polar_user`, which is looked at only when it is there.
#include <algorithm>

#include "gateway/pull/vendor.hpp"

namespace gateway::pull {
namespace {

using deliver::HttpRequest;
using deliver::HttpResponse;

std::string date_text(fhir::Time time, const adapters::Zone& zone) {
  return fhir::utc_text(time + zone.offset_at(time)).substr(0, 10);
}

HttpRequest page_request(const Client& client, const Cursor& cursor, const adapters::Zone& zone) {
  HttpRequest request;
  request.url = client.url + "/v3/users/continuous-heart-rate?from=" + date_text(cursor.from, zone) +
                "&to=" + date_text(cursor.window_end, zone);
  request.headers = {{"Accept", "application/json"}};
  return request;
}

// "https://www.polaraccesslink.com/v3/users/475": the id is the last part.
std::string user_of(fhir::JsonValue day) {
  const std::string_view link = day["polar_user"].text().value_or("");
  return std::string(link.substr(link.rfind('/') + 1));
}

Page read_page(const HttpResponse& response, const Cursor&, std::string_view user, fhir::Time now) {
  Page page = judge_status(response, now);
  if (page.answered != Answered::page) return page;
  page.payload = response.body;
  auto document = fhir::JsonDocument::parse(response.body);
  if (!document || !document->root().is_object()) return page;
  const fhir::JsonValue root = document->root();
  const fhir::JsonValue days = root["heart_rates"];
  if (root["userid"].is_null()) page.payload = with_user(response.body, user);
  if (days.is_array() && days.size() == 0) page.payload.clear();
  page.vendor_user = user_of(root);
  for (const fhir::JsonValue day : days) {
    const std::string named = user_of(day);
    if (!named.empty() && (page.vendor_user.empty() || named != user)) page.vendor_user = named;
    const auto date = fhir::DateTime::parse(day["date"].text().value_or(""));
    if (date && day["heart_rate_samples"].size() > 0) page.newest = std::max(page.newest.value_or(date->utc), date->utc);
  }
  return page;
}

std::optional<std::string> hinted_user(std::string_view notification) {
  auto document = fhir::JsonDocument::parse(notification);
  if (!document || !document->root()["event"].is_string()) return std::nullopt;
  std::string user = id_text(document->root()["user_id"]);
  if (user.empty()) return std::nullopt;  // PING
  return user;
}

}  // namespace

const Vendor polar{.name = "polar",
                   .url = "https://www.polaraccesslink.com",
                   .refreshes = false,
                   .user_is_vendors = true,
                   .window = std::chrono::hours(7 * 24),
                   .page_request = page_request,
                   .read_page = read_page,
                   .hinted_user = hinted_user};

}  // namespace gateway::pull
