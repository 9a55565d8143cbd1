#include "gateway/api/responsibility.hpp"

#include <functional>
#include <utility>

#include "fhir/json_writer.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/api/reach.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/http/etag.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "gateway/journal/submit.hpp"
#include "gateway/registry/responsibility.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "plan";

http::Response periods_response(int status, const registry::Responsibility& known) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("version", static_cast<std::int64_t>(known.version));
  writer.key("periods").raw(registry::periods_json(known.periods));
  writer.end_object();
  http::Response response = http::json_response(status, std::move(out));
  response.headers.emplace_back("ETag", http::etag(known.version));
  return response;
}

http::Awaitable<http::Response> read_periods(http::Request& request, const ResponsibilityDeps& deps) {
  auto id = PatientId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such patient");
  std::shared_ptr<const auth::Actor> actor = request.actor;
  std::function<fhir::Result<registry::Responsibility>(store::Reader&)> read =
      [id, actor, &deps](store::Reader& reader) -> fhir::Result<registry::Responsibility> {
    auto patient = reader.patient(*id);
    if (!patient) return fhir::not_found("no such patient");
    auto row = reader.responsibility(*id);
    registry::Responsibility known = row ? registry::responsibility_from(*row) : registry::Responsibility{};
    if (!within_reach(*actor, patient->tenant, *id, known, deps.services, deps.clock.now())) return fhir::not_found("no such patient");
    return known;
  };
  auto known = co_await deps.reads.run<registry::Responsibility>(std::move(read));
  const PatientId about = known ? *id : PatientId{};
  std::string_view outcome = known ? "ok" : "not-found";
  auto audited = co_await deps.audit.record(*actor, "read responsibility", about, purpose, outcome);
  if (!audited) co_return problem(audited.error());
  if (!known) co_return problem(known.error());
  co_return periods_response(200, *known);
}

class ResponsibilityJob : public journal::AwaitedJob {
 public:
  ResponsibilityJob(std::shared_ptr<const auth::Actor> actor, PatientId id, std::optional<std::uint32_t> expected,
                    std::vector<registry::ResponsiblePeriod> periods)
      : actor_(std::move(actor)), id_(id), expected_(expected), periods_(std::move(periods)) {}

  void decide(journal::Working& working) override {
    registry::PatientState* state = working.patients.find(id_);
    const bool reached = state != nullptr && within_reach(*actor_, state->patient.tenant, id_, state->responsibility,
                                                          working.services, working.now);
    if (!reached) throw journal::JobRefused{fhir::not_found("no such patient")};
    if (expected_ && *expected_ != state->responsibility.version) {
      throw journal::JobRefused{{fhir::ErrorCategory::stale, "the periods have changed since; fetch them and look again"}};
    }
    const store::Tenant tenant = state->patient.tenant;
    known_ = {state->responsibility.version + 1, periods_};
    working.changes.responsibilities.push_back(
        {id_, known_.version, working.now, actor_->id, registry::periods_json(known_.periods)});

    store::JournalEntry entry;
    entry.kind = store::Entry::responsibility;
    entry.tenant = tenant;
    entry.patient = id_;
    entry.ref = id_.value;
    entry.version = known_.version;
    entry.change = "responsibility";
    working.record(std::move(entry));

    store::Audit audit;
    audit.at = working.now;
    audit.tenant = tenant;
    audit.client = actor_->id;
    audit.action = "write responsibility";
    audit.patient = id_;
    audit.purpose = purpose;
    audit.outcome = "ok";
    working.changes.audits.push_back(std::move(audit));

    state->responsibility = known_;
    // Whoever answers from now on sees what is open at once; later changes come when they are due.
    const std::vector<alarms::Alarm> open = state->open_alarms;
    for (const alarms::Alarm& alarm : open) journal::settle_alarm(working, tenant, alarm);
  }

  const registry::Responsibility& known() const { return known_; }

 private:
  std::shared_ptr<const auth::Actor> actor_;
  PatientId id_;
  std::optional<std::uint32_t> expected_;
  std::vector<registry::ResponsiblePeriod> periods_;
  registry::Responsibility known_;
};

http::Awaitable<http::Response> write_periods(http::Request& request, const ResponsibilityDeps& deps) {
  auto id = PatientId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such patient");
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  auto periods = registry::periods_from_json(body->root());
  if (!periods) co_return problem(periods.error());
  std::optional<std::uint32_t> expected;
  if (std::string_view condition = request.header("if-match"); !condition.empty()) {
    expected = http::version_of_etag(condition);
    if (!expected) co_return problem(412, "If-Match: not an ETag of a patient's responsibility");
  }
  auto job = std::make_shared<ResponsibilityJob>(request.actor, *id, expected, std::move(*periods));
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::urgent);
  if (!done) {
    auto audited = co_await deps.audit.record(*request.actor, "write responsibility", PatientId{}, purpose, "refused");
    if (!audited) co_return problem(audited.error());
    co_return problem(done.error());
  }
  int status = 200;
  if (job->known().version == 1) status = 201;
  co_return periods_response(status, job->known());
}

}  // namespace

void add_responsibility_routes(http::Router& router, const ResponsibilityDeps& deps) {
  http::Route get;
  get.method = http::Method::get;
  get.pattern = "/patients/{id}/responsibility";
  get.roles = http::Role::clinician | http::Role::response_centre;
  get.handler = [&deps](http::Request& request) { return read_periods(request, deps); };
  router.add(get);

  http::Route put = get;
  put.method = http::Method::put;
  put.content_types = {"application/json"};
  put.handler = [&deps](http::Request& request) { return write_periods(request, deps); };
  router.add(put);
}

}  // namespace gateway::api
