#include "gateway/api/shadow_rules.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "fhir/json_writer.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"
#include "gateway/ingest/plan_change.hpp"
#include "gateway/journal/submit.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "plan";
constexpr std::size_t page_rows = 500;        // OURS: plans read in one portion
constexpr std::size_t promoted_at_once = 50;  // OURS: patients in one commit
constexpr std::size_t patients_named_max = 1'000;

// ---- finding them

// Walks the plans of a tenant's patients in portions, so that others are answered in between.
struct Walk {
  std::shared_ptr<const auth::Actor> actor;
  std::optional<PatientId> after;
  bool more = true;

  template <class Use>
  void step(store::Reader& reader, const Use& use) {
    const std::vector<store::Patient> page = reader.patients(actor->tenant, after, page_rows);
    for (const store::Patient& patient : page) {
      after = patient.id;
      if (!auth::may(*actor, patient.tenant, patient.id, auth::Purpose::plan)) continue;
      const std::optional<store::Plan> row = reader.plan(patient.id);
      if (row && row->rules.find("\"shadow\"") != std::string::npos) use(patient.id, registry::plan_from(*row));
    }
    more = page.size() == page_rows;
  }
};

// What one shadow rule says, and who has it. Patients enrolled before and after an edit of the programme have copies that differ.
struct Shadow {
  std::string id, origin, words;
  std::int64_t patients = 0;
};

http::Awaitable<fhir::Result<std::vector<Shadow>>> find_all(std::shared_ptr<const auth::Actor> actor, store::ReadPool& reads) {
  using Name = std::tuple<std::string, std::string, std::string>;
  auto walk = std::make_shared<Walk>(Walk{std::move(actor), {}, true});
  auto found = std::make_shared<std::map<Name, std::int64_t>>();
  while (walk->more) {
    std::function<fhir::Result<bool>(store::Reader&)> portion = [walk, found](store::Reader& reader) -> fhir::Result<bool> {
      walk->step(reader, [&](PatientId, const registry::Plan& plan) {
        for (const registry::PlannedRule& planned : plan.rules) {
          if (planned.rule.shadow) ++(*found)[{planned.rule.id, planned.origin, registry::rules_json({planned})}];
        }
      });
      return true;
    };
    auto done = co_await reads.run<bool>(std::move(portion));
    if (!done) co_return done.error();
  }
  std::vector<Shadow> all;
  for (const auto& [name, patients] : *found) all.push_back({std::get<0>(name), std::get<1>(name), std::get<2>(name), patients});
  co_return all;
}

http::Awaitable<http::Response> list(http::Request& request, const ShadowRuleDeps& deps) {
  auto all = co_await find_all(request.actor, deps.reads);
  auto audited = co_await deps.audit.record(*request.actor, "read shadow rules", PatientId{}, purpose, all ? "ok" : "refused");
  if (!audited) co_return problem(audited.error());
  if (!all) co_return problem(all.error());
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("shadow_rules").begin_array();
  for (const Shadow& shadow : *all) {
    writer.begin_object().member("id", shadow.id).member("origin", shadow.origin).member("patients", shadow.patients);
    // rules_json() writes an array of the one rule.
    writer.key("rule").raw(std::string_view(shadow.words).substr(1, shadow.words.size() - 2)).end_object();
  }
  writer.end_array().end_object();
  co_return http::json_response(200, std::move(out));
}

// ---- promoting one

struct Asked {
  std::string rule;
  std::optional<std::string> origin;  // only copies of this programme, or "personal"
  std::vector<PatientId> patients;    // empty: all who have it
};

bool is_asked(const Asked& asked, const registry::PlannedRule& planned) {
  return planned.rule.shadow && planned.rule.id == asked.rule && (!asked.origin || planned.origin == *asked.origin);
}

// Each patient's own copy, as it stands, becomes a rule that alarms: a new version of the plan.
class PromoteJob : public journal::AwaitedJob {
 public:
  PromoteJob(std::shared_ptr<const auth::Actor> actor, std::shared_ptr<const Asked> asked, std::vector<PatientId> patients)
      : actor_(std::move(actor)), asked_(std::move(asked)), patients_(std::move(patients)) {}

  void decide(journal::Working& working) override {
    promoted_ = 0;
    for (const PatientId id : patients_) {
      registry::PatientState* patient = working.patients.find(id);
      if (patient == nullptr || !auth::may(*actor_, patient->patient.tenant, id, auth::Purpose::plan)) continue;
      registry::Plan next = patient->plan;
      bool any = false;
      for (registry::PlannedRule& planned : next.rules) {
        if (!is_asked(*asked_, planned)) continue;
        planned.rule.shadow = false;
        any = true;
      }
      if (!any) continue;
      ingest::change_plan(working, *patient, std::move(next), actor_->id, "promoted", "promote shadow rule");
      ++promoted_;
    }
  }

  std::int64_t promoted() const { return promoted_; }

 private:
  std::shared_ptr<const auth::Actor> actor_;
  std::shared_ptr<const Asked> asked_;
  std::vector<PatientId> patients_;
  std::int64_t promoted_ = 0;
};

fhir::Result<Asked> asked_of(std::string rule, fhir::JsonValue root) {
  if (!root.is_object()) return fhir::invalid("expected an object; {} is all patients who have the rule");
  Asked asked;
  asked.rule = std::move(rule);
  for (const fhir::JsonValue member : root) {
    if (member.key() == "origin") {
      auto text = member.as_string();
      if (!text) return text.error();
      asked.origin = std::string(*text);
    } else if (member.key() == "patients") {
      if (!member.is_array() || member.size() == 0 || member.size() > patients_named_max) {
        return fhir::invalid("patients: expected an array of 1 to 1000 Patient ids; leave it out for all who have the rule");
      }
      for (const fhir::JsonValue item : member) {
        auto text = item.as_string();
        if (!text) return text.error();
        auto id = PatientId::parse(*text);
        if (!id) return fhir::not_found("no such patient");
        asked.patients.push_back(*id);
      }
    } else {
      return fhir::invalid(std::string(member.key().substr(0, 40)) + ": unknown; known are origin and patients");
    }
  }
  return asked;
}

http::Awaitable<http::Response> promote(http::Request& request, const ShadowRuleDeps& deps) {
  std::shared_ptr<const auth::Actor> actor = request.actor;
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  auto read = asked_of(std::string(request.capture("id")), body->root());
  if (!read) co_return problem(read.error());
  auto asked = std::make_shared<const Asked>(std::move(*read));

  auto walk = std::make_shared<Walk>(Walk{actor, {}, true});
  auto having = std::make_shared<std::vector<PatientId>>();
  while (walk->more) {
    std::function<fhir::Result<bool>(store::Reader&)> portion = [walk, having, asked](store::Reader& reader) -> fhir::Result<bool> {
      walk->step(reader, [&](PatientId id, const registry::Plan& plan) {
        const auto& named = asked->patients;
        if (!named.empty() && std::find(named.begin(), named.end(), id) == named.end()) return;
        if (std::any_of(plan.rules.begin(), plan.rules.end(), [&](const auto& planned) { return is_asked(*asked, planned); })) {
          having->push_back(id);
        }
      });
      return true;
    };
    auto done = co_await deps.reads.run<bool>(std::move(portion));
    if (!done) co_return problem(done.error());
  }
  // Decided again for each in the committer: a plan that changed meanwhile is promoted as it is by then, or not at all.
  std::int64_t promoted = 0;
  for (std::size_t i = 0; i < having->size(); i += promoted_at_once) {
    const auto end = having->begin() + static_cast<std::ptrdiff_t>(std::min(i + promoted_at_once, having->size()));
    std::vector<PatientId> some(having->begin() + static_cast<std::ptrdiff_t>(i), end);
    auto job = std::make_shared<PromoteJob>(actor, asked, std::move(some));
    fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::urgent);
    // What is done stays done, and asking again goes on from there.
    if (!done) co_return problem(done.error());
    promoted += job->promoted();
  }
  if (promoted == 0) {
    auto audited = co_await deps.audit.record(*actor, "promote shadow rule", PatientId{}, purpose, "not-found");
    if (!audited) co_return problem(audited.error());
    co_return problem(404, "no patient has a shadow rule of that id");
  }
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("rule", asked->rule).member("promoted", promoted).end_object();
  co_return http::json_response(200, std::move(out));
}

}  // namespace

void add_shadow_rule_routes(http::Router& router, const ShadowRuleDeps& deps) {
  http::Route get;
  get.method = http::Method::get;
  get.pattern = "/shadow-rules";
  get.roles = http::Role::clinician | http::Role::response_centre;
  get.handler = [&deps](http::Request& request) { return list(request, deps); };
  router.add(get);

  http::Route post;
  post.method = http::Method::post;
  post.pattern = "/shadow-rules/{id}/promote";
  post.roles = static_cast<http::Roles>(http::Role::clinician);
  post.content_types = {"application/json"};
  post.handler = [&deps](http::Request& request) { return promote(request, deps); };
  router.add(post);
}

}  // namespace gateway::api
