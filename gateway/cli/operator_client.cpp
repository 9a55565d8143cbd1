#include "gateway/cli/operator_client.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <ostream>

#include "fhir/json_writer.hpp"
#include "fhir/time.hpp"
#include "gateway/http/request.hpp"

namespace gateway::cli {
namespace {

// A quarantined payload is shown whole, and one may be as large as what is taken.
constexpr std::size_t answer_limit = 32 * 1024 * 1024;

std::string sentence(const deliver::HttpResponse& response) {
  if (response.status == 0) return response.error;
  std::string text = std::to_string(response.status);
  auto document = fhir::JsonDocument::parse(response.body);
  if (auto detail = document ? document->root()["detail"].text() : std::nullopt) text.append(": ").append(*detail);
  return text;
}

}  // namespace

void add_operator_options(CLI::App& app, OperatorOptions& options) {
  app.add_option("--url", options.url, "the running gateway")->capture_default_str();
  app.add_option("--token", options.token, "token of a client with the role admin: env:NAME or file:PATH")
      ->capture_default_str();
  app.add_flag("--json", options.json, "print JSON, one item a line, instead of a table");
}

OperatorClient::Answer OperatorClient::get(const std::string& path) {
  return ask("GET", path, {}, 200);
}

OperatorClient::Answer OperatorClient::post(const std::string& path, std::string body, int answer_too) {
  return ask("POST", path, std::move(body), answer_too);
}

OperatorClient::Answer OperatorClient::ask(std::string method, const std::string& path, std::string body,
                                          int answer_too) {
  deliver::HttpRequest request;
  request.method = std::move(method);
  request.url = url_ + path;
  request.headers = {{"Authorization", "Bearer " + token_}};
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  request.body_limit = answer_limit;
  deliver::HttpResponse response = client_.send(std::move(request));
  const bool good = (response.status >= 200 && response.status <= 299) || response.status == answer_too;
  if (!good) return fhir::invalid(sentence(response));
  if (response.truncated) return fhir::invalid("the answer is larger than a command takes");
  return std::move(response.body);
}

std::string query_of(const std::vector<std::pair<std::string_view, std::string>>& parameters) {
  std::string query;
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    query += query.empty() ? '?' : '&';
    query.append(name).append("=").append(http::percent_encode(value));
  }
  return query;
}

std::string shown(fhir::JsonValue value) {
  if (value.is_null()) return {};
  return std::string(value.scalar());
}

std::string shown_time(fhir::JsonValue value) {
  auto time = fhir::DateTime::parse(value.text().value_or(""));
  return time ? fhir::utc_text(time->utc) : shown(value);
}

void print_members(std::ostream& out, fhir::JsonValue object) {
  std::size_t widest = 0;
  for (fhir::JsonValue member : object) widest = std::max(widest, member.key().size());
  for (fhir::JsonValue member : object) {
    const bool nested = member.is_object() || member.is_array();
    out << member.key() << std::string(widest - member.key().size() + 2, ' ')
        << (nested ? member.json() : shown_time(member)) << '\n';
  }
}

std::string reason_json(std::string_view reason) {
  std::string body;
  fhir::JsonWriter(body).begin_object().member("reason", reason).end_object();
  return body;
}

}  // namespace gateway::cli
