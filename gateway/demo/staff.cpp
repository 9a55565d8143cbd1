#include "gateway/demo/staff.hpp"

#include "fhir/json_writer.hpp"
#include "fhir/time.hpp"

namespace gateway::demo {
namespace {

constexpr std::chrono::seconds between_rounds{20};
constexpr std::size_t list_limit = 16 * 1024 * 1024;  // an alarm carries up to 100 occurrences

deliver::HttpRequest request(std::string method, std::string url, const std::string& token) {
  deliver::HttpRequest one;
  one.method = std::move(method);
  one.url = std::move(url);
  one.headers = {{"Authorization", "Bearer " + token}};
  one.body_limit = list_limit;
  return one;
}

// Severe, of a reading, and never offered to anybody: what the ward wants to know.
bool is_for_the_ward(fhir::JsonValue alarm) {
  if (alarm["severity"].text() != "severe" || (alarm["origin"].text() != "limit" && alarm["origin"].text() != "rule")) return false;
  for (fhir::JsonValue line : alarm["events"]) {
    if (line["action"].text().value_or("").starts_with("hand-over")) return false;
  }
  return true;
}

// The newest hand-over in its log waits for an answer.
bool is_offered(fhir::JsonValue alarm) {
  bool offered = false;
  for (fhir::JsonValue line : alarm["events"]) {
    const std::string_view action = line["action"].text().value_or("");
    if (action.starts_with("hand-over")) offered = action == "hand-over";
  }
  return offered;
}

std::optional<Handling> handling(const Workplace& place, fhir::JsonValue alarm, fhir::Time now) {
  auto id = alarm["id"].text();
  auto version = alarm["version"].as_integer();
  auto raised = fhir::DateTime::parse(alarm["raised"].text().value_or(""));
  if (!id || !version || !raised) return std::nullopt;
  Handling one;
  one.alarm = *id;
  one.version = *version;
  const auto state = alarm["state"].text(), owner = alarm["owner"]["id"].text();
  if (place.takes && state == "raised" && alarm["owner"].is_null() && now - raised->utc >= staff_patience) {
    one.action = "take";
    return one;
  }
  if (state != "in-progress") return std::nullopt;
  if (!place.takes && is_offered(alarm)) {
    one.action = "hand-over";
    return one;
  }
  if (owner != place.person || is_offered(alarm)) return std::nullopt;
  one.action = "resolve";
  if (!place.hands_to.empty() && is_for_the_ward(alarm)) {
    one.action = "hand-over";
    one.to = place.hands_to;
  }
  return one;
}

}  // namespace

std::vector<Handling> handlings(const Workplace& place, fhir::JsonValue list, fhir::Time now) {
  std::vector<Handling> all;
  for (fhir::JsonValue alarm : list["alarms"])
    if (auto one = handling(place, alarm, now)) all.push_back(std::move(*one));
  return all;
}

std::string action_json(const Workplace& place, const Handling& one) {
  std::string body;
  fhir::JsonWriter writer(body);
  writer.begin_object().member("action", one.action).member("note", "synthetic staff of the demonstration");
  writer.key("by").begin_object().member("id", place.person).member("name", place.person).end_object();
  if (one.action == "hand-over" && one.to.empty()) writer.member("accept", true);
  if (!one.to.empty()) writer.key("to").begin_object().member("organization", one.to).member("name", "ward").end_object();
  writer.end_object();
  return body;
}

void Staff::start() {
  timer_.expires_after(between_rounds);
  timer_.async_wait([this](const boost::system::error_code& fault) {
    if (fault) return;
    for (const Workplace& place : workplaces_) look(place);
    start();
  });
}

void Staff::look(const Workplace& place) {
  client_.send(request("GET", url_ + "/alarms?state=open", place.token), [this, &place](const deliver::HttpResponse& response) {
    auto list = fhir::JsonDocument::parse(response.body);
    if (response.status != 200 || !list) return;  // the next round looks again
    for (const Handling& one : handlings(place, list->root(), clock_.now())) act(place, one);
  });
}

// An answer of 412 or 409 means that somebody else was faster: then it is theirs.
void Staff::act(const Workplace& place, const Handling& one) {
  deliver::HttpRequest asked = request("POST", url_ + "/alarms/" + one.alarm + "/actions", place.token);
  asked.headers.emplace_back("Content-Type", "application/json");
  asked.headers.emplace_back("If-Match", "\"" + std::to_string(one.version) + "\"");
  asked.body = action_json(place, one);
  client_.send(std::move(asked), [](const deliver::HttpResponse&) {});
}

}  // namespace gateway::demo
