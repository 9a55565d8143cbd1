#include "gateway/demo/staff.hpp"

#include "fhir/json_writer.hpp"
#include "fhir/time.hpp"

namespace gateway::demo {
namespace {

constexpr std::chrono::minutes between_rounds{1};
constexpr std::size_t list_limit = 16 * 1024 * 1024;  // an alarm carries up to 100 occurrences

deliver::HttpRequest request(std::string method, std::string url, const std::string& token) {
  deliver::HttpRequest one;
  one.method = std::move(method);
  one.url = std::move(url);
  one.headers = {{"Authorization", "Bearer " + token}};
  one.body_limit = list_limit;
  return one;
}

std::optional<Handling> handling(fhir::JsonValue alarm, fhir::Time now) {
  auto id = alarm["id"].text();
  auto version = alarm["version"].as_integer();
  auto raised = fhir::DateTime::parse(alarm["raised"].text().value_or(""));
  if (!id || !version || !raised) return std::nullopt;
  Handling one;
  one.alarm = *id;
  one.version = *version;
  if (alarm["state"].text() == "raised" && alarm["owner"].is_null() && now - raised->utc >= staff_patience) {
    one.action = "take";
    return one;
  }
  if (alarm["state"].text() == "in-progress" && alarm["owner"]["id"].text() == staff_id) {
    one.action = "resolve";
    return one;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Handling> handlings(fhir::JsonValue list, fhir::Time now) {
  std::vector<Handling> all;
  for (fhir::JsonValue alarm : list["alarms"])
    if (auto one = handling(alarm, now)) all.push_back(std::move(*one));
  return all;
}

void Staff::start() {
  timer_.expires_after(between_rounds);
  timer_.async_wait([this](const boost::system::error_code& fault) {
    if (fault) return;
    round();
    start();
  });
}

void Staff::round() {
  for (const std::string& token : tokens_) look(token);
}

void Staff::look(const std::string& token) {
  client_.send(request("GET", url_ + "/alarms?state=open", token),
               [this, token](const deliver::HttpResponse& response) {
                 auto list = fhir::JsonDocument::parse(response.body);
                 if (response.status != 200 || !list) return;  // the next round looks again
                 for (const Handling& one : handlings(list->root(), clock_.now())) act(token, one);
               });
}

// An answer of 412 or 409 means that somebody else was faster: then it is theirs.
void Staff::act(const std::string& token, const Handling& one) {
  deliver::HttpRequest asked = request("POST", url_ + "/alarms/" + one.alarm + "/actions", token);
  asked.headers.emplace_back("Content-Type", "application/json");
  asked.headers.emplace_back("If-Match", "\"" + std::to_string(one.version) + "\"");
  fhir::JsonWriter writer(asked.body);
  writer.begin_object().member("action", one.action).member("note", "synthetic staff of the demonstration");
  writer.key("by").begin_object().member("id", staff_id).member("name", "Synthetic Nurse").end_object().end_object();
  client_.send(std::move(asked), [](const deliver::HttpResponse&) {});
}

}  // namespace gateway::demo
