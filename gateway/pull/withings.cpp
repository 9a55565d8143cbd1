// Withings (developer.withings.com, "Access and refresh tokens", "Measure - Getmeas"; vendors.md C.1). Everything is a form posted
// to one host, every answer is HTTP 200 with the real status in `status`. Tokens: POST /v2/oauth2 action=requesttoken; the answer
// is {"status":0,"body":{"userid","access_token","refresh_token","expires_in"}}. An access token lives 3 hours. The old refresh
// token ends 8 hours after a new one was issued, or as soon as the new access token is used: so the new one is stored before that.
// Not confirmed against the live service: the full list of status numbers.
#include "gateway/http/request.hpp"
#include "gateway/pull/vendor.hpp"

namespace gateway::pull {
namespace {

using deliver::HttpRequest;
using deliver::HttpResponse;
using std::chrono::seconds;

constexpr std::int64_t too_many_requests = 601;  // 120 requests a minute and registration
constexpr std::int64_t invalid_parameters = 503;

// "Authentication failed" of the published clients' tables; 401 is what an access token past its time gets.
bool is_authentication(std::int64_t status) {
  return status == 100 || status == 101 || status == 102 || status == 200 || status == 401;
}

HttpRequest post(const Client& client, std::string_view path, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.url = client.url + std::string(path);
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  request.body = std::move(body);
  return request;
}

HttpRequest token_request(const Client& client, std::string_view refresh_token) {
  return post(client, "/v2/oauth2",
              form({{"action", "requesttoken"},
                    {"grant_type", "refresh_token"},
                    {"client_id", client.id},
                    {"client_secret", client.secret},
                    {"refresh_token", refresh_token}}));
}

// A refresh token that is taken no more is answered with status 503 and "Invalid Params: invalid refresh_token" (seen by several
// clients), also with 401 and invalid_grant. Any other fault of parameters or registration is ours.
Tokens read_tokens(const HttpResponse& response, fhir::Time now) {
  Tokens tokens;
  const Page status = judge_status(response, now);
  tokens.reason = status.reason;
  tokens.retry_after = status.retry_after;
  if (status.answered == Answered::throttled) tokens.what = Tokens::What::throttled;
  if (status.answered != Answered::page) return tokens;
  auto document = fhir::JsonDocument::parse(response.body);
  const auto number = document ? document->root()["status"].as_integer() : fhir::Result<std::int64_t>(document.error());
  if (!number) {
    tokens.reason = "an answer without status";
    return tokens;
  }
  const fhir::JsonValue root = document->root();
  if (*number == 0) {
    tokens = tokens_in(root["body"]);
    tokens.vendor_user = id_text(root["body"]["userid"]);
    return tokens;
  }
  tokens.reason = "Withings status " + std::to_string(*number);
  const std::string_view error = root["error"].text().value_or("");
  const bool names_token =
      error.find("refresh_token") != std::string_view::npos || error.find("invalid_grant") != std::string_view::npos;
  if (*number == too_many_requests) {
    tokens.what = Tokens::What::throttled;
  } else if (names_token && (*number == invalid_parameters || is_authentication(*number))) {
    tokens.what = Tokens::What::consent_lost;
    tokens.reason += ": the vendor takes the token no more";
  } else if (error.find("client") != std::string_view::npos) {
    tokens.what = Tokens::What::client_refused;
    tokens.reason += ": the vendor does not take client_id and client_secret";
  }
  return tokens;
}

// The kinds the adapter knows; `lastupdate` gives what was added or changed since.
HttpRequest page_request(const Client& client, const Cursor& cursor, const adapters::Zone&) {
  const auto since = std::chrono::floor<seconds>(cursor.from).time_since_epoch().count();
  std::string body = form({{"action", "getmeas"},
                           {"meastypes", "1,4,6,9,10,11,54,71"},
                           {"category", "1"},
                           {"lastupdate", std::to_string(since)}});
  if (!cursor.page.empty()) body += "&" + form({{"offset", cursor.page}});
  return post(client, "/measure", std::move(body));
}

// `more` is 0 or 1, also seen as a boolean; `offset` has to grow, or the pages would never end.
void read_more(fhir::JsonValue body, const Cursor& cursor, Page& page) {
  const fhir::JsonValue more = body["more"];
  const bool last = more.is_null() || (more.as_boolean() && !*more.as_boolean()) || (more.as_integer() && *more.as_integer() == 0);
  if (last) return;
  const auto offset = body["offset"].as_integer();
  const std::int64_t before = cursor.page.empty() ? 0 : std::stoll(cursor.page);
  if (!offset || *offset <= before) {
    page = Page();
    page.reason = "more pages, and no offset to ask them at";
    return;
  }
  page.next = std::to_string(*offset);
}

Page read_page(const HttpResponse& response, const Cursor& cursor, std::string_view user, fhir::Time now) {
  Page page = judge_status(response, now);
  if (page.answered != Answered::page) return page;
  page.payload = response.body;
  auto document = fhir::JsonDocument::parse(response.body);
  if (!document || !document->root().is_object()) return page;
  const fhir::JsonValue root = document->root();
  const auto status = root["status"].as_integer();
  if (status && *status != 0) {
    page = Page();
    page.reason = "Withings status " + std::to_string(*status);
    if (is_authentication(*status)) page.answered = Answered::unauthorized;
    if (*status == too_many_requests) page.answered = Answered::throttled;
    return page;
  }
  const fhir::JsonValue body = root["body"];
  page.vendor_user = id_text(root["userid"]);
  if (page.vendor_user.empty()) page.payload = with_user(response.body, user);
  if (body["measuregrps"].is_array() && body["measuregrps"].size() == 0) page.payload.clear();
  // When the first page was made: what changed while the others were fetched is after that.
  if (const auto made = body["updatetime"].as_integer(); made && *made > 0 && cursor.page.empty()) {
    page.newest = fhir::Time(seconds(*made));
  }
  read_more(body, cursor, page);
  return page;
}

std::optional<std::string> hinted_user(std::string_view notification) {
  const auto fields = http::parse_form(notification);
  if (!fields) return std::nullopt;
  for (const auto& [name, value] : *fields) {
    if (name == "userid" && !value.empty()) return value;
  }
  return std::nullopt;
}

}  // namespace

const Vendor withings{.name = "withings",
                      .url = "https://wbsapi.withings.net",
                      .refreshes = true,
                      .user_is_vendors = true,
                      .window = seconds(0),
                      .token_request = token_request,
                      .read_tokens = read_tokens,
                      .page_request = page_request,
                      .read_page = read_page,
                      .hinted_user = hinted_user};

}  // namespace gateway::pull
