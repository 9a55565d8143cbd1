#include "gateway/api/care_plans.hpp"

#include <charconv>
#include <functional>
#include <utility>

#include "fhir/care_plan.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/api/reach.hpp"
#include "gateway/http/etag.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "gateway/journal/submit.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "plan";

http::Response shown(int status, const store::CarePlan& row) {
  http::Response response = http::fhir_response(status, row.resource);
  response.headers.emplace_back("ETag", http::etag(row.version));
  return response;
}

fhir::Error no_such_patient() { return fhir::not_found("no such patient"); }

// Nothing: the newest. 0 when it is no version.
std::optional<std::uint32_t> version_asked(const http::Request& request) {
  const auto parameters = http::parse_form(request.query);
  if (!parameters) return 0;
  std::optional<std::uint32_t> version;
  for (const auto& [name, value] : *parameters) {
    std::uint32_t number = 0;
    const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (name != "version" || fault != std::errc{} || end != value.data() + value.size()) return 0;
    version = number;
  }
  return version;
}

http::Awaitable<http::Response> read_plan(http::Request& request, const CarePlanDeps& deps) {
  auto id = PatientId::parse(request.capture("id"));
  if (!id) co_return problem(no_such_patient());
  const std::optional<std::uint32_t> version = version_asked(request);
  if (version == 0U) co_return problem(400, "unknown parameter; version is known, a number from 1");
  std::shared_ptr<const auth::Actor> actor = request.actor;
  std::function<fhir::Result<store::CarePlan>(store::Reader&)> read =
      [id, version, actor, &deps](store::Reader& reader) -> fhir::Result<store::CarePlan> {
    auto patient = reader.patient(*id);
    if (!patient) return no_such_patient();
    auto answering = reader.responsibility(*id);
    const registry::Responsibility known = answering ? registry::responsibility_from(*answering) : registry::Responsibility{};
    if (!within_reach(*actor, patient->tenant, *id, known, deps.services, deps.clock.now())) return no_such_patient();
    auto row = reader.care_plan(*id, version);
    if (!row) return fhir::not_found(version ? "the patient has no self-treatment plan of that version" : "the patient has no self-treatment plan");
    return *row;
  };
  auto row = co_await deps.reads.run<store::CarePlan>(std::move(read));
  const PatientId about = row ? *id : PatientId{};
  std::string_view outcome = row ? "ok" : "not-found";
  auto audited = co_await deps.audit.record(*actor, "read CarePlan", about, purpose, outcome);
  if (!audited) co_return problem(audited.error());
  if (!row) co_return problem(row.error());
  co_return shown(200, *row);
}

class CarePlanJob : public journal::AwaitedJob {
 public:
  CarePlanJob(std::shared_ptr<const auth::Actor> actor, PatientId id, std::optional<std::uint32_t> expected, fhir::CarePlan plan)
      : actor_(std::move(actor)), id_(id), expected_(expected), plan_(std::move(plan)) {}

  void decide(journal::Working& working) override {
    registry::PatientState* state = working.patients.find(id_);
    const bool reached = state != nullptr && within_reach(*actor_, state->patient.tenant, id_, state->responsibility,
                                                          working.services, working.now);
    if (!reached) throw journal::JobRefused{no_such_patient()};
    const std::uint32_t before = newest_version(working);
    if (expected_ && *expected_ != before) {
      throw journal::JobRefused{{fhir::ErrorCategory::stale, "the self-treatment plan has changed since; fetch it and look again"}};
    }
    fhir::CarePlanView view;
    const std::string id = id_.text();
    view.id = view.patient_id = id;
    view.version = before + 1;
    view.last_updated = working.now;
    view.patient_system = state->patient.system;
    view.patient_value = state->patient.value;
    const store::Tenant tenant = state->patient.tenant;
    written_ = {id_, view.version, tenant, working.now, actor_->id, fhir::care_plan_resource(plan_, view)};
    working.changes.care_plans.push_back(written_);

    store::JournalEntry entry;
    entry.kind = store::Entry::care_plan;
    entry.tenant = tenant;
    entry.patient = id_;
    entry.ref = id_.value;
    entry.version = view.version;
    entry.change = plan_.status;
    working.record(std::move(entry));

    store::Audit audit;
    audit.at = working.now;
    audit.tenant = tenant;
    audit.client = actor_->id;
    audit.action = "write CarePlan";
    audit.patient = id_;
    audit.purpose = purpose;
    audit.outcome = "ok";
    working.changes.audits.push_back(std::move(audit));

    state->self_treatment = registry::self_treatment_from(written_);
    // What is open shows the new advice at once.
    const std::vector<alarms::Alarm> open = state->open_alarms;
    for (const alarms::Alarm& alarm : open) journal::settle_alarm(working, tenant, alarm);
  }

  const store::CarePlan& written() const { return written_; }

 private:
  std::uint32_t newest_version(journal::Working& working) const {
    for (auto row = working.changes.care_plans.rbegin(); row != working.changes.care_plans.rend(); ++row) {
      if (row->patient == id_) return row->version;
    }
    const auto row = working.reader.care_plan(id_);
    return row ? row->version : 0;
  }

  std::shared_ptr<const auth::Actor> actor_;
  PatientId id_;
  std::optional<std::uint32_t> expected_;
  fhir::CarePlan plan_;
  store::CarePlan written_;
};

http::Awaitable<http::Response> write_plan(http::Request& request, const CarePlanDeps& deps) {
  auto id = PatientId::parse(request.capture("id"));
  if (!id) co_return problem(no_such_patient());
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  auto plan = fhir::care_plan_from_json(body->root(), "Patient/" + id->text());
  if (!plan) co_return problem(plan.error());
  std::optional<std::uint32_t> expected;
  if (std::string_view condition = request.header("if-match"); !condition.empty()) {
    expected = http::version_of_etag(condition);
    if (!expected) co_return problem(412, "If-Match: not an ETag of a self-treatment plan");
  }
  auto job = std::make_shared<CarePlanJob>(request.actor, *id, expected, std::move(*plan));
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::urgent);
  if (!done) {
    auto audited = co_await deps.audit.record(*request.actor, "write CarePlan", PatientId{}, purpose, "refused");
    if (!audited) co_return problem(audited.error());
    co_return problem(done.error());
  }
  int status = 200;
  if (job->written().version == 1) status = 201;
  co_return shown(status, job->written());
}

}  // namespace

void add_care_plan_routes(http::Router& router, const CarePlanDeps& deps) {
  http::Route get;
  get.method = http::Method::get;
  get.pattern = "/patients/{id}/care-plan";
  get.roles = http::Role::clinician | http::Role::response_centre;
  get.handler = [&deps](http::Request& request) { return read_plan(request, deps); };
  router.add(get);

  http::Route put = get;
  put.method = http::Method::put;
  put.content_types = {"application/json", "application/fhir+json"};
  put.handler = [&deps](http::Request& request) { return write_plan(request, deps); };
  router.add(put);
}

}  // namespace gateway::api
