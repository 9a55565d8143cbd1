#include "gateway/api/plans.hpp"

#include <algorithm>

#include "fhir/json_writer.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"
#include "gateway/http/etag.hpp"
#include "gateway/ingest/plan_change.hpp"
#include "gateway/journal/submit.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "plan";

enum class Part { limits, programmes };

std::string part_json(Part part, const registry::Plan& plan) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object();
  if (part == Part::limits) {
    writer.key("limits").raw(registry::limits_json(plan.limits));
    writer.key("rules").raw(registry::rules_json(plan.rules));
    if (plan.person != registry::PersonFacts{}) writer.key("person").raw(registry::person_json(plan.person));
  } else {
    writer.key("programmes").begin_array();
    for (const std::string& programme : plan.programmes) writer.value(programme);
    writer.end_array();
  }
  writer.member("version", static_cast<std::int64_t>(plan.version)).end_object();
  return out;
}

http::Response part_response(int status, Part part, const registry::Plan& plan) {
  http::Response response = http::json_response(status, part_json(part, plan));
  response.headers.emplace_back("ETag", http::etag(plan.version));
  return response;
}

http::Awaitable<http::Response> read_part(http::Request& request, const PlanDeps& deps, Part part) {
  auto id = PatientId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such patient");
  std::shared_ptr<const auth::Actor> actor = request.actor;
  std::function<fhir::Result<registry::Plan>(store::Reader&)> read =
      [id, actor](store::Reader& reader) -> fhir::Result<registry::Plan> {
    auto patient = reader.patient(*id);
    if (!patient || !auth::may(*actor, patient->tenant, *id, auth::Purpose::plan)) return fhir::not_found("no such patient");
    auto row = reader.plan(*id);
    return row ? registry::plan_from(*row) : registry::Plan{};
  };
  auto plan = co_await deps.reads.run<registry::Plan>(std::move(read));
  const PatientId about = plan ? *id : PatientId{};
  std::string_view outcome = plan ? "ok" : "not-found";
  auto audited = co_await deps.audit.record(*actor, "read plan", about, purpose, outcome);
  if (!audited) co_return problem(audited.error());
  if (!plan) co_return problem(plan.error());
  co_return part_response(200, part, *plan);
}

// A new version of the plan: what is asked for in one part, the other part as it stands.
class PlanJob : public journal::AwaitedJob {
 public:
  PlanJob(const PlanDeps& deps, std::shared_ptr<const auth::Actor> actor, PatientId id, std::optional<std::uint32_t> expected,
          registry::PersonalPlan personal, std::optional<std::vector<std::string>> programmes)
      : deps_(deps), actor_(std::move(actor)), id_(id), expected_(expected), personal_(std::move(personal)),
        programmes_(std::move(programmes)) {}

  void decide(journal::Working& working) override {
    registry::PatientState* state = working.patients.find(id_);
    if (state == nullptr || !auth::may(*actor_, state->patient.tenant, id_, auth::Purpose::plan)) {
      throw journal::JobRefused{fhir::not_found("no such patient")};
    }
    if (expected_ && *expected_ != state->plan.version) {
      throw journal::JobRefused{{fhir::ErrorCategory::stale, "the plan has changed since; fetch it and look again"}};
    }
    created_ = state->plan.version == 0;
    registry::Plan next = programmes_ ? registry::enrol(state->plan, *programmes_, deps_.programmes) : state->plan;
    if (personal_.limits) next.limits = *personal_.limits;
    if (personal_.rules) next.rules = *personal_.rules;
    if (personal_.person) next.person = *personal_.person;
    ingest::change_plan(working, *state, std::move(next), actor_->id, programmes_ ? "programmes" : "limits",
                        programmes_ ? "write programmes" : "write limits");
    plan_ = state->plan;
  }

  const registry::Plan& plan() const { return plan_; }
  bool created() const { return created_; }

 private:
  const PlanDeps& deps_;
  std::shared_ptr<const auth::Actor> actor_;
  PatientId id_;
  std::optional<std::uint32_t> expected_;
  registry::PersonalPlan personal_;
  std::optional<std::vector<std::string>> programmes_;
  registry::Plan plan_;
  bool created_ = false;
};

fhir::Result<std::vector<std::string>> programmes_from_json(fhir::JsonValue body, const std::vector<config::Programme>& known) {
  fhir::JsonValue list = body["programmes"];
  if (!list.is_array()) return fhir::invalid("programmes: expected an array of names");
  std::vector<std::string> names;
  for (fhir::JsonValue item : list) {
    auto name = item.as_string();
    if (!name) return name.error();
    if (std::none_of(known.begin(), known.end(), [&](const config::Programme& one) { return one.id == *name; })) {
      return fhir::invalid(item.path() + ": no programme of that name is configured");
    }
    if (std::find(names.begin(), names.end(), *name) == names.end()) names.emplace_back(*name);
  }
  return names;
}

http::Awaitable<http::Response> write_part(http::Request& request, const PlanDeps& deps, Part part) {
  auto id = PatientId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such patient");
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  registry::PersonalPlan personal;
  std::optional<std::vector<std::string>> programmes;
  if (part == Part::limits) {
    auto read = registry::personal_from_json(body->root(), deps.timezone);
    if (!read) co_return problem(read.error());
    personal = std::move(*read);
  } else {
    auto read = programmes_from_json(body->root(), deps.programmes);
    if (!read) co_return problem(read.error());
    programmes = std::move(*read);
  }
  std::optional<std::uint32_t> expected;
  if (std::string_view condition = request.header("if-match"); !condition.empty()) {
    expected = http::version_of_etag(condition);
    if (!expected) co_return problem(412, "If-Match: not an ETag of a plan");
  }
  auto job = std::make_shared<PlanJob>(deps, request.actor, *id, expected, std::move(personal), std::move(programmes));
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::urgent);
  if (!done) {
    auto audited = co_await deps.audit.record(*request.actor, "write plan", PatientId{}, purpose, "refused");
    if (!audited) co_return problem(audited.error());
    co_return problem(done.error());
  }
  int status = 200;
  if (job->created()) status = 201;
  co_return part_response(status, part, job->plan());
}

}  // namespace

void add_plan_routes(http::Router& router, const PlanDeps& deps) {
  for (auto [pattern, part] : {std::pair("/patients/{id}/limits", Part::limits),
                               std::pair("/patients/{id}/programmes", Part::programmes)}) {
    http::Route get;
    get.method = http::Method::get;
    get.pattern = pattern;
    get.roles = http::Role::clinician | http::Role::response_centre;
    get.handler = [&deps, part](http::Request& request) { return read_part(request, deps, part); };
    router.add(get);

    http::Route put = get;
    put.method = http::Method::put;
    put.content_types = {"application/json"};
    put.handler = [&deps, part](http::Request& request) { return write_part(request, deps, part); };
    router.add(put);
  }
}

}  // namespace gateway::api
