#include "gateway/api/suppressions.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "fhir/json_writer.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/api/reach.hpp"
#include "gateway/api/suppression_body.hpp"
#include "gateway/http/etag.hpp"
#include "gateway/ingest/expected.hpp"
#include "gateway/journal/submit.hpp"
#include "gateway/journal/suppression_writer.hpp"

namespace gateway::api {
namespace {

using registry::Suppression;

constexpr std::string_view purpose = "plan";
constexpr std::size_t page = 100;

http::Response shown(int status, const Suppression& suppression) {
  http::Response response = http::json_response(status, registry::suppression_json(suppression));
  response.headers.emplace_back("ETag", http::etag(suppression.version));
  if (status == 201) response.headers.emplace_back("Location", "/suppressions/" + suppression.id.text());
  return response;
}

fhir::Error no_such_patient() { return fhir::not_found("no such patient"); }
fhir::Error no_such_suppression() { return fhir::not_found("no such suppression"); }
fhir::Error conflict(std::string text) { return {fhir::ErrorCategory::conflict, std::move(text)}; }

bool reached(store::Reader& reader, const auth::Actor& actor, store::Tenant tenant, PatientId patient, const SuppressionDeps& deps) {
  const auto row = reader.responsibility(patient);
  const registry::Responsibility known = row ? registry::responsibility_from(*row) : registry::Responsibility{};
  return within_reach(actor, tenant, patient, known, deps.services, deps.clock.now());
}

bool reached(journal::Working& working, const auth::Actor& actor, const registry::PatientState* patient) {
  return patient != nullptr && within_reach(actor, patient->patient.tenant, patient->patient.id, patient->responsibility,
                                            working.services, working.now);
}

void audit(journal::Working& working, const auth::Actor& actor, const registry::PatientState& patient, std::string action) {
  store::Audit audit;
  audit.at = working.now;
  audit.tenant = patient.patient.tenant;
  audit.client = actor.id;
  audit.action = std::move(action);
  audit.patient = patient.patient.id;
  audit.purpose = purpose;
  audit.outcome = "ok";
  working.changes.audits.push_back(std::move(audit));
}

// ---- reading

struct List {
  std::vector<Suppression> rows;
  std::optional<SuppressionId> next;
};

fhir::Result<store::SuppressionFilter> filter_of(const http::Request& request) {
  store::SuppressionFilter filter;
  filter.tenant = request.actor->tenant;
  filter.limit = page;
  filter.open = true;
  const auto parameters = http::parse_form(request.query);
  if (!parameters) return fhir::invalid("the query cannot be read");
  for (const auto& [name, value] : *parameters) {
    if (name == "state") {
      if (value != "open" && value != "all") return fhir::invalid("state: open or all");
      if (value == "all") filter.open.reset();
    } else if (name == "after") {
      filter.after = SuppressionId::parse(value);
      if (!filter.after) return fhir::invalid("after: the id of a suppression");
    } else {
      return fhir::invalid("unknown parameter; state and after are known");
    }
  }
  return filter;
}

std::string list_json(const List& list, const std::string& path, bool all) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("suppressions").begin_array();
  for (const Suppression& suppression : list.rows) writer.raw(registry::suppression_json(suppression));
  writer.end_array().key("next");
  if (list.next) {
    writer.value(path + (all ? "?state=all&after=" : "?after=") + list.next->text());
  } else {
    writer.null();
  }
  writer.end_object();
  return out;
}

http::Awaitable<http::Response> list_suppressions(http::Request& request, const SuppressionDeps& deps, bool of_patient) {
  auto filter = filter_of(request);
  if (!filter) co_return problem(filter.error());
  std::string path = "/suppressions";
  if (of_patient) {
    filter->patient = PatientId::parse(request.capture("id"));
    if (!filter->patient) co_return problem(no_such_patient());
    path = "/patients/" + filter->patient->text() + path;
  }
  std::shared_ptr<const auth::Actor> actor = request.actor;
  std::function<fhir::Result<List>(store::Reader&)> read = [actor, asked = *filter, &deps](store::Reader& reader) -> fhir::Result<List> {
    if (asked.patient) {
      const auto patient = reader.patient(*asked.patient);
      if (!patient || !reached(reader, *actor, patient->tenant, *asked.patient, deps)) return no_such_patient();
    }
    List list;
    const std::vector<store::Suppression> rows = reader.suppressions(asked);
    for (const store::Suppression& row : rows) {
      if (!asked.patient && !reached(reader, *actor, row.tenant, row.patient, deps)) continue;
      auto suppression = registry::suppression_from(row);
      if (!suppression) return suppression.error();
      list.rows.push_back(std::move(*suppression));
    }
    if (rows.size() == asked.limit) list.next = rows.back().id;
    return list;
  };
  auto list = co_await deps.reads.run<List>(std::move(read));
  const PatientId about = list && filter->patient ? *filter->patient : PatientId{};
  std::string_view outcome = list ? "ok" : "not-found";
  auto audited = co_await deps.audit.record(*actor, "list Suppression", about, purpose, outcome);
  if (!audited) co_return problem(audited.error());
  if (!list) co_return problem(list.error());
  co_return http::json_response(200, list_json(*list, path, !filter->open));
}

http::Awaitable<http::Response> read_suppression(http::Request& request, const SuppressionDeps& deps) {
  auto id = SuppressionId::parse(request.capture("id"));
  if (!id) co_return problem(no_such_suppression());
  std::shared_ptr<const auth::Actor> actor = request.actor;
  std::function<fhir::Result<Suppression>(store::Reader&)> read = [id, actor, &deps](store::Reader& reader) -> fhir::Result<Suppression> {
    const auto row = reader.suppression(*id);
    if (!row || !reached(reader, *actor, row->tenant, row->patient, deps)) return no_such_suppression();
    return registry::suppression_from(*row);
  };
  auto suppression = co_await deps.reads.run<Suppression>(std::move(read));
  const PatientId about = suppression ? suppression->patient : PatientId{};
  std::string_view outcome = suppression ? "ok" : "not-found";
  auto audited = co_await deps.audit.record(*actor, "read Suppression", about, purpose, outcome);
  if (!audited) co_return problem(audited.error());
  if (!suppression) co_return problem(suppression.error());
  co_return shown(200, *suppression);
}

// ---- deciding

std::optional<fhir::Error> unknown_target(const registry::PatientState& patient, const thresholds::Suppression& terms) {
  if (terms.of == thresholds::Suppression::Of::limit) {
    const bool known = std::any_of(patient.plan.limits.begin(), patient.plan.limits.end(),
                                   [&](const registry::PlannedLimit& planned) { return planned.limit.kind == terms.target; });
    if (!known) return fhir::invalid("target: the patient's plan has no limit on that kind");
  }
  if (terms.of == thresholds::Suppression::Of::rule) {
    const bool known = std::any_of(patient.plan.rules.begin(), patient.plan.rules.end(),
                                   [&](const registry::PlannedRule& planned) { return planned.rule.id == terms.target; });
    if (!known) return fhir::invalid("target: the patient's plan has no rule of that id");
  }
  return std::nullopt;
}

class BeginJob : public journal::AwaitedJob {
 public:
  BeginJob(std::shared_ptr<const auth::Actor> actor, PatientId id, Suppression asked)
      : actor_(std::move(actor)), id_(id), made_(std::move(asked)) {}

  void decide(journal::Working& working) override {
    registry::PatientState* patient = working.patients.find(id_);
    if (!reached(working, *actor_, patient)) throw journal::JobRefused{no_such_patient()};
    if (auto fault = unknown_target(*patient, made_.terms)) throw journal::JobRefused{*fault};
    // OURS: a bound on what judging one reading asks; nobody overlooks more.
    if (patient->suppressions.size() >= 50) throw journal::JobRefused{conflict("the patient has 50 suppressions that are not reviewed")};
    made_.id = SuppressionId{working.next_id()};
    made_.patient = id_;
    made_.made = working.now;
    journal::begin_suppression(working, *patient, made_);
    audit(working, *actor_, *patient, "write Suppression");
  }
  const Suppression& made() const { return made_; }

 private:
  std::shared_ptr<const auth::Actor> actor_;
  PatientId id_;
  Suppression made_;
};

class DecisionJob : public journal::AwaitedJob {
 public:
  using What = SuppressionDecision::What;

  DecisionJob(std::shared_ptr<const auth::Actor> actor, SuppressionId id, std::uint32_t expected, SuppressionDecision decision)
      : actor_(std::move(actor)), id_(id), expected_(expected), decision_(std::move(decision)) {}

  void decide(journal::Working& working) override {
    const auto row = working.reader.suppression(id_);  // whose it is never changes
    registry::PatientState* patient = row ? working.patients.find(row->patient) : nullptr;
    if (!reached(working, *actor_, patient)) throw journal::JobRefused{no_such_suppression()};
    const auto known = std::find_if(patient->suppressions.begin(), patient->suppressions.end(),
                                    [&](const Suppression& one) { return one.id == id_; });
    if (known == patient->suppressions.end()) throw journal::JobRefused{conflict("the suppression has been reviewed")};
    if (known->version != expected_) {
      throw journal::JobRefused{{fhir::ErrorCategory::stale, "the suppression has changed since; fetch it and look again"}};
    }
    act(working, *patient, *known);
    const auto now = std::find_if(patient->suppressions.begin(), patient->suppressions.end(),
                                  [&](const Suppression& one) { return one.id == id_; });
    after_ = now == patient->suppressions.end() ? written(working) : *now;
  }
  const Suppression& after() const { return after_; }

 private:
  void act(journal::Working& working, registry::PatientState& patient, const Suppression& known) {
    const bool over = known.over || known.terms.until <= working.now;
    if (decision_.what == What::review) {
      if (!known.over || known.hidden_count == 0) throw journal::JobRefused{conflict("a review comes after the end, of what was hidden")};
      journal::review_suppression(working, patient, known, decision_.by, decision_.note);
      return audit(working, *actor_, patient, "review Suppression");
    }
    if (over) throw journal::JobRefused{conflict("the suppression is over")};
    if (decision_.what == What::end) {
      const fhir::Time planned = known.terms.until;
      const bool absence = known.terms.of == thresholds::Suppression::Of::absence;
      journal::end_suppression(working, patient, known, decision_.by, actor_->tenant_name);
      if (absence) ingest::absence_ended(working, patient, planned, working.now);
      return audit(working, *actor_, patient, "end Suppression");
    }
    thresholds::Suppression terms = known.terms;
    terms.until = *decision_.until;
    if (terms.until <= known.terms.until) throw journal::JobRefused{fhir::invalid("until: not later than it is; end it instead")};
    const auto fault = refusal(terms, decision_.by, decision_.approver, working.now);
    if (fault) throw journal::JobRefused{*fault};
    journal::extend_suppression(working, patient, known, terms.until);
    audit(working, *actor_, patient, "extend Suppression");
  }

  // Reviewed, or over without anything hidden: kept by nobody but this group's rows.
  Suppression written(journal::Working& working) const {
    for (const store::Suppression& row : working.changes.suppressions) {
      if (row.id != id_) continue;
      if (auto read = registry::suppression_from(row)) return *read;
    }
    throw journal::JobRefused{fhir::internal("a suppression cannot be read back")};
  }

  std::shared_ptr<const auth::Actor> actor_;
  SuppressionId id_;
  std::uint32_t expected_;
  SuppressionDecision decision_;
  Suppression after_;
};

http::Awaitable<http::Response> refused(http::Request& request, const SuppressionDeps& deps, fhir::Error error) {
  auto audited = co_await deps.audit.record(*request.actor, "write Suppression", PatientId{}, purpose, "refused");
  if (!audited) co_return problem(audited.error());
  co_return problem(error);
}

http::Awaitable<http::Response> begin(http::Request& request, const SuppressionDeps& deps) {
  auto id = PatientId::parse(request.capture("id"));
  if (!id) co_return problem(no_such_patient());
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  auto asked = suppression_from_json(body->root(), request.actor->id, deps.timezone, deps.clock.now());
  if (!asked) co_return problem(asked.error());
  auto job = std::make_shared<BeginJob>(request.actor, *id, std::move(*asked));
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::urgent);
  if (!done) co_return co_await refused(request, deps, done.error());
  co_return shown(201, job->made());
}

http::Awaitable<http::Response> decide(http::Request& request, const SuppressionDeps& deps) {
  auto id = SuppressionId::parse(request.capture("id"));
  if (!id) co_return problem(no_such_suppression());
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  auto decision = decision_from_json(body->root(), request.actor->id);
  if (!decision) co_return problem(decision.error());
  std::string_view condition = request.header("if-match");
  if (condition.empty()) co_return problem(428, "If-Match is required: the ETag of the suppression you saw");
  std::optional<std::uint32_t> expected = http::version_of_etag(condition);
  if (!expected) co_return problem(412, "If-Match: not an ETag of a suppression");
  auto job = std::make_shared<DecisionJob>(request.actor, *id, *expected, std::move(*decision));
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::urgent);
  if (!done) co_return co_await refused(request, deps, done.error());
  co_return shown(200, job->after());
}

}  // namespace

void add_suppression_routes(http::Router& router, const SuppressionDeps& deps) {
  http::Route list;
  list.method = http::Method::get;
  list.pattern = "/patients/{id}/suppressions";
  list.roles = http::Role::clinician | http::Role::response_centre;
  list.handler = [&deps](http::Request& request) { return list_suppressions(request, deps, true); };
  router.add(list);

  http::Route all = list;
  all.pattern = "/suppressions";
  all.handler = [&deps](http::Request& request) { return list_suppressions(request, deps, false); };
  router.add(all);

  http::Route read = list;
  read.pattern = "/suppressions/{id}";
  read.handler = [&deps](http::Request& request) { return read_suppression(request, deps); };
  router.add(read);

  http::Route post = list;
  post.method = http::Method::post;
  post.content_types = {"application/json"};
  post.handler = [&deps](http::Request& request) { return begin(request, deps); };
  router.add(post);

  http::Route act = post;
  act.pattern = "/suppressions/{id}/actions";
  act.handler = [&deps](http::Request& request) { return decide(request, deps); };
  router.add(act);
}

}  // namespace gateway::api
