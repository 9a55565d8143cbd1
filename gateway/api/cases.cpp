#include "gateway/api/cases.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "fhir/json_writer.hpp"
#include "gateway/alarms/patient_case.hpp"
#include "gateway/api/alarm_action.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "gateway/journal/submit.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "alarm-handling";
constexpr std::size_t shown_default = 100, shown_most = 500;
constexpr std::size_t portion = 500;
// OURS: a list of more is no list; what is beyond is said to be (`complete` false) and stands in /alarms.
constexpr std::size_t alarms_most = 20'000;
constexpr std::size_t acted_on_most = 100;

struct Asked {
  store::AlarmFilter filter;
  std::size_t limit = shown_default;
};

fhir::Result<Asked> asked_of(const http::Request& request) {
  Asked asked;
  asked.filter.tenant = request.actor->tenant;
  asked.filter.open = true;
  asked.filter.limit = portion;
  auto parameters = http::parse_form(request.query);
  if (!parameters) return fhir::invalid("the query cannot be read");
  for (const auto& [name, value] : *parameters) {
    if (name == "patient") {
      auto id = PatientId::parse(value);
      if (!id) return fhir::invalid("patient: the id of a Patient");
      asked.filter.patients.push_back(*id);
    } else if (name == "limit") {
      auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), asked.limit);
      if (fault != std::errc{} || end != value.data() + value.size() || asked.limit == 0) return fhir::invalid("limit: 1 to 500");
      asked.limit = std::min(asked.limit, shown_most);
    } else {
      return fhir::invalid("unknown parameter; patient and limit are known");
    }
  }
  return asked;
}

struct Open {
  std::vector<alarms::Alarm> alarms;
  bool complete = true;
};

// What the actor deals with of the open alarms.
Open open_alarms(store::Reader& reader, store::AlarmFilter filter, const auth::Actor& actor, const alarms::Services& services) {
  Open open;
  for (;;) {
    const std::vector<store::Alarm> rows = reader.alarms(filter);
    for (const store::Alarm& row : rows) {
      auto alarm = alarms::alarm_from_stored(row);
      if (alarm && deals_with(actor, *alarm, row.tenant, services)) open.alarms.push_back(std::move(*alarm));
    }
    if (rows.size() < filter.limit) return open;
    if (open.alarms.size() >= alarms_most) {
      open.complete = false;
      return open;
    }
    filter.after = rows.back().id;
  }
}

void write_flood(fhir::JsonWriter& writer, store::Reader& reader, const auth::Actor& actor) {
  writer.key("flood");
  const auto row = reader.open_alarm(actor.tenant, alarms::technical_identity("flood", actor.tenant_name));
  const auto alarm = row ? alarms::alarm_from_stored(*row) : fhir::Result<alarms::Alarm>(fhir::not_found("none"));
  if (!alarm) {
    writer.null();
    return;
  }
  writer.begin_object().member("alarm", alarm->id.text()).member("since", fhir::utc_millis_text(alarm->raised));
  writer.member("text", alarm->reason.text).end_object();
}

std::string list_json(store::Reader& reader, const Asked& asked, const auth::Actor& actor, const alarms::Services& services) {
  // The position first: a change committed while the list is read comes again on a stream resumed from it, never less.
  const store::Position position = reader.newest();
  Open open = open_alarms(reader, asked.filter, actor, services);
  const std::vector<alarms::PatientCase> cases = alarms::cases_of(std::move(open.alarms));
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("cases").begin_array();
  for (std::size_t i = 0; i < std::min(asked.limit, cases.size()); ++i) writer.raw(alarms::shown_json(cases[i]));
  writer.end_array().member("total", static_cast<std::int64_t>(cases.size())).member("complete", open.complete);
  write_flood(writer, reader, actor);
  writer.member("position", position).end_object();
  return out;
}

http::Awaitable<http::Response> list_cases(http::Request& request, const AlarmDeps& deps) {
  auto asked = asked_of(request);
  if (!asked) co_return problem(asked.error());
  std::function<fhir::Result<std::string>(store::Reader&)> read = [&asked, &request, &deps](store::Reader& reader) {
    return fhir::Result<std::string>(list_json(reader, *asked, *request.actor, deps.services));
  };
  auto json = co_await deps.reads.run<std::string>(std::move(read));
  if (!json) co_return problem(json.error());
  const PatientId about = asked->filter.patients.size() == 1 ? asked->filter.patients.front() : PatientId{};
  auto audited = co_await deps.audit.record(*request.actor, "list Case", about, purpose, "ok");
  if (!audited) co_return problem(audited.error());
  co_return http::json_response(200, std::move(*json));
}

// A case has its patient's id, or that of the one alarm in it whose patient is not known.
fhir::Result<alarms::PatientCase> find_case(store::Reader& reader, std::int64_t id, const auth::Actor& actor, const alarms::Services& services) {
  store::AlarmFilter filter;
  filter.tenant = actor.tenant;
  filter.open = true;
  filter.limit = portion;
  filter.patients = {PatientId{id}};
  std::vector<alarms::PatientCase> found = alarms::cases_of(open_alarms(reader, filter, actor, services).alarms);
  if (found.empty()) {
    const auto row = reader.alarm(AlarmId{id});
    if (row && row->tenant == actor.tenant && !row->patient) {
      auto alarm = alarms::alarm_from_stored(*row);
      if (alarm && deals_with(actor, *alarm, row->tenant, services)) found = alarms::cases_of({std::move(*alarm)});
    }
  }
  if (found.empty()) return fhir::not_found("no such case, or nothing of it is open any more");
  return std::move(found.front());
}

http::Awaitable<http::Response> read_case(http::Request& request, const AlarmDeps& deps) {
  const std::optional<std::int64_t> id = id_from_text(request.capture("id"));
  if (!id) co_return problem(404, "no such case");
  std::function<fhir::Result<alarms::PatientCase>(store::Reader&)> read = [id, &request, &deps](store::Reader& reader) {
    return find_case(reader, *id, *request.actor, deps.services);
  };
  auto found = co_await deps.reads.run<alarms::PatientCase>(std::move(read));
  const PatientId about = found ? found->worst().patient : PatientId{};
  std::string_view outcome = found ? "ok" : "not-found";
  auto audited = co_await deps.audit.record(*request.actor, "read Case", about, purpose, outcome);
  if (!audited) co_return problem(audited.error());
  if (!found) co_return problem(found.error());
  co_return http::json_response(200, alarms::shown_json(*found));
}

// ---- acting

fhir::Result<std::vector<SeenAlarm>> seen_in(fhir::JsonValue body) {
  const fhir::JsonValue list = body["alarms"];
  if (!list.is_array() || list.size() == 0) return fhir::invalid("alarms: expected those that were seen, [{\"id\",\"version\"}]");
  if (list.size() > acted_on_most) return fhir::invalid("alarms: at most 100");
  std::vector<SeenAlarm> seen;
  for (fhir::JsonValue item : list) {
    const auto id = AlarmId::parse(item["id"].text().value_or(""));
    const auto version = item["version"].as_integer();
    if (!id || !version || *version < 1 || *version > 0xffff'ffffLL) return fhir::invalid(item.path() + ": expected id and version of an alarm");
    if (std::any_of(seen.begin(), seen.end(), [&](const SeenAlarm& one) { return one.id == *id; })) {
      return fhir::invalid(item.path() + ": is there twice");
    }
    seen.push_back({*id, static_cast<std::uint32_t>(*version)});
  }
  return seen;
}

class CaseActionJob : public journal::AwaitedJob {
 public:
  CaseActionJob(std::shared_ptr<const auth::Actor> actor, std::int64_t id, std::vector<SeenAlarm> seen, alarms::ActionRequest action,
                std::string first_answer)
      : actor_(std::move(actor)), id_(id), seen_(std::move(seen)), action_(std::move(action)), first_answer_(std::move(first_answer)) {}

  void decide(journal::Working& working) override {
    if (!first_answer_.empty()) {
      if (auto first = earlier_reply(working, first_answer_)) {
        body_ = first->body;
        return;
      }
    }
    for (const SeenAlarm& one : seen_) belongs(working, one);
    std::string out;
    fhir::JsonWriter writer(out);
    writer.begin_object().key("alarms").begin_array();
    for (const alarms::Alarm& after : act_on(working, *actor_, seen_, action_)) writer.raw(alarms::shown_json(after));
    writer.end_array().end_object();
    body_ = std::move(out);
    if (!first_answer_.empty()) working.changes.replies.push_back({first_answer_, 200, body_, working.now});
  }
  const std::string& body() const { return body_; }

 private:
  void belongs(journal::Working& working, const SeenAlarm& seen) const {
    const auto alarm = journal::find_alarm(working, actor_->tenant, seen.id);
    if (!alarm || (alarm->patient ? alarm->patient.value : alarm->id.value) != id_) {
      throw journal::JobRefused{fhir::not_found("no such alarm in this case")};
    }
    // Each press has its own outcome; one word for all would hide that of the others.
    if (action_.action == thresholds::Action::resolve && alarm->origin == alarms::Origin::event && seen_.size() > 1) {
      throw journal::JobRefused{{fhir::ErrorCategory::conflict, "a safety alarm is resolved by itself"}};
    }
  }

  std::shared_ptr<const auth::Actor> actor_;
  std::int64_t id_;
  std::vector<SeenAlarm> seen_;
  alarms::ActionRequest action_;
  std::string first_answer_, body_;
};

http::Awaitable<http::Response> act_on_case(http::Request& request, const AlarmDeps& deps) {
  const std::optional<std::int64_t> id = id_from_text(request.capture("id"));
  if (!id) co_return problem(404, "no such case");
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  auto action = alarms::action_from_json(body->root());
  if (!action) co_return problem(action.error());
  using thresholds::Action;
  const auto together = {Action::acknowledge, Action::take, Action::note, Action::resolve};
  if (std::find(together.begin(), together.end(), action->action) == together.end()) {
    co_return problem(400, "action: of a case acknowledge, take, note and resolve; the others are done alarm by alarm");
  }
  auto seen = seen_in(body->root());
  if (!seen) co_return problem(seen.error());
  std::string first_answer;
  if (std::string_view key = request.header("idempotency-key"); !key.empty()) {
    if (key.size() > idempotency_key_max) co_return problem(400, "Idempotency-Key: at most 200 characters");
    first_answer = reply_key(*request.actor, "case/" + id_text(*id), *action, key);
  }
  auto job = std::make_shared<CaseActionJob>(request.actor, *id, std::move(*seen), std::move(*action), std::move(first_answer));
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::urgent);
  if (!done) {
    if (done.error().category == fhir::ErrorCategory::not_found) {
      auto audited = co_await deps.audit.record(*request.actor, "act on Case", PatientId{}, purpose, "not-found");
      if (!audited) co_return problem(audited.error());
    }
    co_return problem(done.error());
  }
  co_return http::json_response(200, job->body());
}

}  // namespace

void add_case_routes(http::Router& router, const AlarmDeps& deps) {
  http::Route list;
  list.method = http::Method::get;
  list.pattern = "/cases";
  list.roles = static_cast<http::Roles>(http::Role::response_centre);
  list.handler = [&deps](http::Request& request) { return list_cases(request, deps); };
  router.add(list);

  http::Route read = list;
  read.pattern = "/cases/{id}";
  read.handler = [&deps](http::Request& request) { return read_case(request, deps); };
  router.add(read);

  http::Route act = list;
  act.method = http::Method::post;
  act.pattern = "/cases/{id}/actions";
  act.content_types = {"application/json"};
  act.handler = [&deps](http::Request& request) { return act_on_case(request, deps); };
  router.add(act);
}

}  // namespace gateway::api
