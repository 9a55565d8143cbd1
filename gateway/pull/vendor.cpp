#include "gateway/pull/vendor.hpp"

#include <algorithm>
#include <array>

#include "fhir/json_writer.hpp"
#include "gateway/deliver/answer.hpp"
#include "gateway/http/request.hpp"

namespace gateway::pull {

using deliver::HttpRequest;
using deliver::HttpResponse;

const Vendor* vendor_named(std::string_view adapter) {
  static const std::array<const Vendor*, 4> vendors = {&withings, &polar, &oura, &dexcom};
  const auto found =
      std::find_if(vendors.begin(), vendors.end(), [&](const Vendor* each) { return each->name == adapter; });
  return found == vendors.end() ? nullptr : *found;
}

Page judge_status(const HttpResponse& response, fhir::Time now) {
  Page page;
  page.retry_after = deliver::parse_retry_after(response.header("retry-after"), now);
  page.reason = "HTTP " + std::to_string(response.status);
  if (response.status == 0) {
    page.reason = response.error;
  } else if (response.truncated) {
    page.reason = "an answer longer than body_bytes";
  } else if (response.status == 200) {
    page.answered = Answered::page;
  } else if (response.status == 204) {
    page.answered = Answered::nothing;
  } else if (response.status == 401) {
    page.answered = Answered::unauthorized;
  } else if (response.status == 429) {
    page.answered = Answered::throttled;
  } else if (response.status >= 400 && response.status < 500) {
    page.answered = Answered::refused;
  }
  return page;
}

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (!text.empty()) text += '&';
    text.append(name).append("=").append(http::percent_encode(value));
  }
  return text;
}

HttpRequest oauth_request(const Client& client, std::string_view path, std::string_view refresh_token) {
  HttpRequest request;
  request.method = "POST";
  request.url = client.url + std::string(path);
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  request.body = form({{"grant_type", "refresh_token"},
                       {"refresh_token", refresh_token},
                       {"client_id", client.id},
                       {"client_secret", client.secret}});
  return request;
}

Tokens tokens_in(fhir::JsonValue root) {
  Tokens tokens;
  tokens.access = std::string(root["access_token"].text().value_or(""));
  tokens.refresh = std::string(root["refresh_token"].text().value_or(""));
  // It goes into a header: what does not fit there is no token.
  const bool usable = !tokens.access.empty() && std::all_of(tokens.access.begin(), tokens.access.end(),
                                                            [](char c) { return c > ' ' && c < 127; });
  if (!usable) {
    tokens.reason = "an answer without access token";
    return tokens;
  }
  tokens.what = Tokens::What::given;
  if (const auto seconds = root["expires_in"].as_integer(); seconds && *seconds > 0) {
    tokens.lifetime = std::chrono::seconds(std::min<std::int64_t>(*seconds, 365 * 24 * 3600));
  }
  return tokens;
}

Tokens read_oauth(const HttpResponse& response, fhir::Time now) {
  Tokens tokens;
  const Page status = judge_status(response, now);
  tokens.reason = status.reason;
  tokens.retry_after = status.retry_after;
  if (status.answered == Answered::throttled) tokens.what = Tokens::What::throttled;
  const bool refusal = status.answered == Answered::refused || status.answered == Answered::unauthorized;
  if (status.answered != Answered::page && !refusal) return tokens;
  auto document = fhir::JsonDocument::parse(response.body);
  if (!document) {
    if (!refusal) tokens.reason = "an answer that is no JSON";
    return tokens;
  }
  if (!refusal) return tokens_in(document->root());
  const std::string_view error = document->root()["error"].text().value_or("");
  if (error == "invalid_grant") {
    tokens.what = Tokens::What::consent_lost;
    tokens.reason = "the vendor takes the token no more (invalid_grant)";
  } else if (error == "invalid_client" || error == "unauthorized_client") {
    tokens.what = Tokens::What::client_refused;
    tokens.reason = "the vendor does not take client_id and client_secret";
  }
  return tokens;
}

std::string with_user(std::string_view object, std::string_view user) {
  const std::size_t open = object.find('{');
  std::string out(object.substr(0, open + 1));
  out += "\"userid\":";
  fhir::append_json_string(out, user);
  const std::size_t next = object.find_first_not_of(" \t\r\n", open + 1);
  if (next != std::string_view::npos && object[next] != '}') out += ',';
  out += object.substr(open + 1);
  return out;
}

std::string id_text(fhir::JsonValue value) {
  if (const auto text = value.text()) return std::string(*text);
  if (const auto number = value.as_integer()) return std::to_string(*number);
  return {};
}

std::string local_text(fhir::Time time) {
  std::string text = fhir::utc_text(time);
  text.pop_back();  // the Z
  return text;
}

std::optional<fhir::Time> time_of(fhir::JsonValue value) {
  const auto text = value.text();
  if (!text) return std::nullopt;
  if (const auto complete = fhir::DateTime::parse(*text)) return complete->utc;
  if (const auto local = fhir::parse_local(*text)) return fhir::Time(local->time_since_epoch());
  return std::nullopt;
}

}  // namespace gateway::pull
