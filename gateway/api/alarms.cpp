#include "gateway/api/alarms.hpp"

#include <algorithm>
#include <charconv>

#include "fhir/json_writer.hpp"
#include "gateway/api/alarm_action.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"
#include "gateway/http/etag.hpp"
#include "gateway/journal/submit.hpp"

namespace gateway::api {
namespace {

constexpr std::size_t page_default = 100, page_max = 500;
constexpr std::string_view purpose = "alarm-handling";

http::Response alarm_response(int status, std::uint32_t version, std::string json) {
  http::Response response = http::json_response(status, std::move(json));
  response.headers.emplace_back("ETag", http::etag(version));
  return response;
}

struct ListRequest {
  store::AlarmFilter filter;
  std::optional<thresholds::State> state;  // one exact state
};

fhir::Result<ListRequest> list_request(const http::Request& request, store::Tenant tenant) {
  ListRequest list;
  list.filter.tenant = tenant;
  list.filter.limit = page_default;
  auto parameters = http::parse_form(request.query);
  if (!parameters) return fhir::invalid("the query cannot be read");
  for (const auto& [name, value] : *parameters) {
    if (name == "state") {
      if (value == "open") {
        list.filter.open = true;
      } else if (value != "all") {
        list.state = thresholds::state_named(value);
        if (!list.state) return fhir::invalid("state: open, all, or one of the states of an alarm");
        list.filter.open = *list.state != thresholds::State::resolved;
      }
    } else if (name == "patient") {
      auto id = PatientId::parse(value);
      if (!id) return fhir::invalid("patient: the id of a Patient");
      list.filter.patients.push_back(*id);
    } else if (name == "after") {
      list.filter.after = AlarmId::parse(value);
      if (!list.filter.after) return fhir::invalid("after: the id of an alarm");
    } else if (name == "limit") {
      std::size_t limit = 0;
      auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), limit);
      if (fault != std::errc{} || end != value.data() + value.size() || limit == 0) return fhir::invalid("limit: 1 to 500");
      list.filter.limit = std::min(limit, page_max);
    } else {
      return fhir::invalid("unknown parameter; state, patient, after and limit are known");
    }
  }
  return list;
}

std::string next_link(const ListRequest& list, AlarmId last) {
  std::string next = "/alarms?";
  if (list.state) {
    next.append("state=").append(thresholds::name(*list.state)).append("&");
  } else if (list.filter.open) {
    next += "state=open&";
  }
  for (PatientId patient : list.filter.patients) next.append("patient=").append(patient.text()).append("&");
  return next.append("limit=").append(std::to_string(list.filter.limit)).append("&after=").append(last.text());
}

std::string list_json(store::Reader& reader, const ListRequest& list, const auth::Actor& actor, const alarms::Services& services) {
  // The position first: a change committed while the list is read comes again on a stream resumed from it, never less.
  const store::Position position = reader.newest();
  std::vector<store::Alarm> rows = reader.alarms(list.filter);
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("alarms").begin_array();
  for (const store::Alarm& row : rows) {
    auto alarm = alarms::alarm_from_stored(row);
    if (!alarm || (list.state && alarm->machine.state != *list.state)) continue;
    if (!deals_with(actor, *alarm, row.tenant, services)) continue;
    writer.raw(alarms::shown_json(*alarm));
  }
  writer.end_array().key("next");
  if (rows.size() == list.filter.limit) {
    writer.value(next_link(list, rows.back().id));
  } else {
    writer.null();
  }
  writer.member("position", position).end_object();
  return out;
}

http::Awaitable<http::Response> list_alarms(http::Request& request, const AlarmDeps& deps) {
  auto list = list_request(request, request.actor->tenant);
  if (!list) co_return problem(list.error());
  std::function<fhir::Result<std::string>(store::Reader&)> read = [&list, &request, &deps](store::Reader& reader) {
    return fhir::Result<std::string>(list_json(reader, *list, *request.actor, deps.services));
  };
  auto json = co_await deps.reads.run<std::string>(std::move(read));
  if (!json) co_return problem(json.error());
  const PatientId about = list->filter.patients.size() == 1 ? list->filter.patients.front() : PatientId{};
  auto audited = co_await deps.audit.record(*request.actor, "list Alarm", about, purpose, "ok");
  if (!audited) co_return problem(audited.error());
  co_return http::json_response(200, std::move(*json));
}

http::Awaitable<http::Response> read_alarm(http::Request& request, const AlarmDeps& deps) {
  auto id = AlarmId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such alarm");
  std::function<fhir::Result<store::Alarm>(store::Reader&)> read = [id](store::Reader& reader) -> fhir::Result<store::Alarm> {
    auto row = reader.alarm(*id);
    if (!row) return fhir::not_found("no such alarm");
    return *row;
  };
  auto row = co_await deps.reads.run<store::Alarm>(std::move(read));
  if (!row && row.error().category != fhir::ErrorCategory::not_found) co_return problem(row.error());
  fhir::Result<alarms::Alarm> alarm = fhir::not_found("no such alarm");
  if (row && row->tenant == request.actor->tenant) alarm = alarms::alarm_from_stored(*row);
  if (!alarm && alarm.error().category != fhir::ErrorCategory::not_found) co_return problem(alarm.error());
  const bool visible = alarm && deals_with(*request.actor, *alarm, row->tenant, deps.services);
  const PatientId about = visible ? row->patient : PatientId{};
  std::string_view outcome = visible ? "ok" : "not-found";
  auto audited = co_await deps.audit.record(*request.actor, "read Alarm", about, purpose, outcome);
  if (!audited) co_return problem(audited.error());
  if (!visible) co_return problem(404, "no such alarm");
  co_return alarm_response(200, alarm->version, alarms::shown_json(*alarm));
}

// Of an alarm as it is shown.
std::uint32_t version_in(const std::string& shown) {
  auto document = fhir::JsonDocument::parse(shown);
  if (!document) return 0;
  auto version = document->root()["version"].as_integer();
  return version ? static_cast<std::uint32_t>(*version) : 0;
}

// One person's action. The answer is part of the commit when the client gave an Idempotency-Key, so that a repeat after a lost
// answer is told the same.
class ActionJob : public journal::AwaitedJob {
 public:
  ActionJob(std::shared_ptr<const auth::Actor> actor, AlarmId id, std::uint32_t expected, alarms::ActionRequest action,
            std::string reply_key)
      : actor_(std::move(actor)), id_(id), expected_(expected), action_(std::move(action)), reply_key_(std::move(reply_key)) {}

  void decide(journal::Working& working) override {
    if (!reply_key_.empty()) {
      if (auto first = earlier_reply(working, reply_key_)) {
        status_ = first->status;
        body_ = first->body;
        version_ = version_in(body_);
        return;
      }
    }
    const alarms::Alarm after = act_on(working, *actor_, {{id_, expected_}}, action_).front();
    status_ = 200;
    body_ = alarms::shown_json(after);
    version_ = after.version;
    if (!reply_key_.empty()) working.changes.replies.push_back({reply_key_, status_, body_, working.now});
  }

  http::Response response() const {
    return version_ == 0 ? http::json_response(status_, body_) : alarm_response(status_, version_, body_);
  }

 private:
  std::shared_ptr<const auth::Actor> actor_;
  AlarmId id_;
  std::uint32_t expected_;
  alarms::ActionRequest action_;
  std::string reply_key_;
  int status_ = 200;
  std::uint32_t version_ = 0;
  std::string body_;
};

http::Awaitable<http::Response> act_on_alarm(http::Request& request, const AlarmDeps& deps) {
  auto id = AlarmId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such alarm");
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  auto action = alarms::action_from_json(body->root());
  if (!action) co_return problem(action.error());
  std::string_view condition = request.header("if-match");
  if (condition.empty()) co_return problem(428, "If-Match is required: the ETag of the alarm you saw");
  std::optional<std::uint32_t> expected = http::version_of_etag(condition);
  if (!expected) co_return problem(412, "If-Match: not an ETag of an alarm");
  std::string first_answer;
  if (std::string_view key = request.header("idempotency-key"); !key.empty()) {
    if (key.size() > idempotency_key_max) co_return problem(400, "Idempotency-Key: at most 200 characters");
    first_answer = reply_key(*request.actor, id->text(), *action, key);
  }
  auto job = std::make_shared<ActionJob>(request.actor, *id, *expected, std::move(*action), std::move(first_answer));
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::urgent);
  if (!done) {
    if (done.error().category == fhir::ErrorCategory::not_found) {
      auto audited = co_await deps.audit.record(*request.actor, "act on Alarm", PatientId{}, purpose, "not-found");
      if (!audited) co_return problem(audited.error());
    }
    co_return problem(done.error());
  }
  co_return job->response();
}

}  // namespace

bool deals_with(const auth::Actor& actor, const alarms::Alarm& alarm, store::Tenant tenant, const alarms::Services& services) {
  return auth::may(actor, tenant, alarm.patient, auth::Purpose::alarm_handling) &&
         alarms::concerns(alarm, services.of(tenant), actor.organization, actor.id);
}

void add_alarm_routes(http::Router& router, const AlarmDeps& deps) {
  http::Route list;
  list.method = http::Method::get;
  list.pattern = "/alarms";
  list.roles = static_cast<http::Roles>(http::Role::response_centre);
  list.handler = [&deps](http::Request& request) { return list_alarms(request, deps); };
  router.add(list);

  http::Route read = list;
  read.pattern = "/alarms/{id}";
  read.handler = [&deps](http::Request& request) { return read_alarm(request, deps); };
  router.add(read);

  http::Route act = list;
  act.method = http::Method::post;
  act.pattern = "/alarms/{id}/actions";
  act.content_types = {"application/json"};
  act.handler = [&deps](http::Request& request) { return act_on_alarm(request, deps); };
  router.add(act);
}

}  // namespace gateway::api
