// A plan's rules: copied on enrolment, personal ones over the API, stored in the grammar's own form.
#include <string>

#include "gateway/config/rules_file.hpp"
#include "gateway/registry/plan.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using registry::Plan;

namespace {

std::vector<config::Programme> programmes(const std::string& yaml) {
  config::Findings findings;
  findings.file = "r.yaml";
  std::vector<config::Programme> made;
  config::read_rules_text(yaml, "Europe/Oslo", findings, made);
  for (const config::Problem& problem : findings.problems) FAIL_CHECK(config::text(problem));
  return made;
}

const char* const two = R"(
programmes:
  - id: copd
    rules:
      - {id: pulse, kind: heart-rate, above: 120, severity: moderate}
      - {id: twice, all: [{rule: pulse}, {kind: oxygen-saturation, below: 92}], severity: severe}
      - {id: weight, kind: body-weight, rise: 2, within: 3d, severity: moderate}
  - id: heart
    rules:
      - {id: pulse, kind: heart-rate, above: 100, severity: severe}
)";

// "pulse copd, weight heart" of each rule.
std::string shown(const Plan& plan) {
  std::string text;
  for (const registry::PlannedRule& planned : plan.rules) {
    text += (text.empty() ? "" : ", ") + planned.rule.id + " " + planned.origin;
  }
  return text;
}

Plan enrolled(const Plan& plan, const std::vector<std::string>& names) {
  Plan next = registry::enrol(plan, names, programmes(two));
  ++next.version;
  return next;
}

fhir::Result<registry::PersonalPlan> personal(const std::string& body) {
  auto document = fhir::JsonDocument::parse(body);
  REQUIRE(document);
  return registry::personal_from_json(document->root(), "Europe/Oslo");
}

std::string rule_read_and_written(const std::string& members) {
  auto plan = personal(R"({"rules":[)" + members + "]}");
  if (!plan) return plan.error().detail;
  return registry::rules_json(*plan->rules);
}

}  // namespace

TEST_CASE("plan: rules are copied as limits are", "[registry][plan][rules]") {
  Plan plan = enrolled({}, {"copd"});
  CHECK(shown(plan) == "pulse copd, twice copd, weight copd");
  CHECK(plan.judged());
  plan = enrolled(plan, {"copd", "heart"});
  CHECK(shown(plan) == "pulse heart, twice copd, weight copd");
  CHECK(shown(enrolled(plan, {"copd"})) == "twice copd, weight copd, pulse copd");
  CHECK(shown(enrolled(plan, {})) == "");
  plan.rules.front().origin = "personal";
  CHECK(shown(enrolled(plan, {"copd"})) == "pulse personal, twice copd, weight copd");
}

TEST_CASE("plan: what a copied rule refers to stays what its programme meant", "[registry][plan][rules]") {
  // Heart failure's rule of the same id replaces COPD's; COPD's combination still means COPD's.
  const Plan plan = enrolled(enrolled({}, {"copd"}), {"copd", "heart"});
  const thresholds::Condition& first = plan.rules.at(1).rule.condition.parts.at(0);
  CHECK(std::get<thresholds::ValueTest>(first.test).bound == thresholds::Number{120, 0});
}

TEST_CASE("plan: rules are stored in the form they are written in, in canonical units", "[registry][plan][rules]") {
  struct Row {
    const char* sent;
    const char* stored;
  };
  const Row rows[] = {
      {R"({"id":"a","kind":"heart-rate","above":110,"clear":"100.0","of":{"readings":2,"last":3},"severity":"moderate","origin":"copd"})",
       R"([{"id":"a","kind":"heart-rate","above":110,"clear":100.0,"of":{"readings":2,"last":3},"severity":"moderate","origin":"personal"}])"},
      {R"({"id":"a","kind":"body-weight","rise":2000,"unit":"g","within":"3d","severity":"normal","shadow":true,"text":"t"})",
       R"([{"id":"a","kind":"body-weight","rise":2.000,"within":"3d","timezone":"Europe/Oslo","severity":"normal","shadow":true,"text":"t","origin":"personal"}])"},
      {R"({"id":"a","when":"heart-rate > 1 and not body-weight > 90 kg","within":"2h","severity":"normal"})",
       R"([{"id":"a","all":[{"kind":"heart-rate","above":1},{"not":{"kind":"body-weight","above":90}}],"within":"2h","severity":"normal","origin":"personal"}])"},
      {R"({"id":"a","missing":{"kind":"body-weight","windows":["06:00-10:00"],"days":["mon","sun"],"grace":"1h","escalate":[{"misses":2,"severity":"severe"}]},"severity":"normal"})",
       R"([{"id":"a","missing":{"kind":"body-weight","windows":["06:00-10:00"],"days":["mon","sun"],"grace":"1h","timezone":"Europe/Oslo","escalate":[{"misses":2,"severity":"severe"}]},"severity":"normal","origin":"personal"}])"},
      {R"({"id":"a","score":"news2","at_least":5,"red":true,"severity":"severe","between":"22:00-06:00","meal":null})",
       R"([{"id":"a","score":"news2","at_least":5,"red":true,"max_age":"1h","between":"22:00-06:00","timezone":"Europe/Oslo","severity":"severe","origin":"personal"}])"},
      {R"({"id":"a","answer":{"questionnaire":"http://e.org/q","link":"l","at_most":1},"severity":"severe","valid_from":"2026-01-01"})",
       R"([{"id":"a","answer":{"questionnaire":"http://e.org/q","link":"l","at_most":1},"valid_from":"2026-01-01","timezone":"Europe/Oslo","severity":"severe","origin":"personal"}])"},
      {R"({"id":"a","kind":"pef","below":80,"baseline":{"highest":"21d","readings":7,"percent":true},"severity":"normal"})",
       R"([{"id":"a","kind":"pef","below":80,"baseline":{"highest":"21d","readings":7,"percent":true},"timezone":"Europe/Oslo","severity":"normal","origin":"personal"}])"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.stored) {
      CHECK(rule_read_and_written(row.sent) == row.stored);
      store::Plan stored;
      stored.rules = row.stored;
      CHECK(registry::rules_json(registry::plan_from(stored).rules) == row.stored);
    }
  }
}

TEST_CASE("plan: limits are stored with all they say", "[registry][plan]") {
  auto plan = personal(
      R"({"limits":[{"kind":"blood-glucose","unit":"mg/dL","alert_low":54,"clear_low":72,"meal":"before","site":"finger","days":"workdays"},)"
      R"({"kind":"heart-rate","warning_high":20,"baseline":{"median":"14d","readings":5},"for":"10m"}]})");
  REQUIRE(plan);
  CHECK_FALSE(plan->rules);
  CHECK(registry::limits_json(*plan->limits) ==
        R"([{"kind":"blood-glucose","alert_low":3.00,"clear_low":4.00,"days":["workdays"],"timezone":"Europe/Oslo","meal":"before","site":"finger","origin":"personal"},)"
        R"({"kind":"heart-rate","warning_high":20,"timezone":"Europe/Oslo","baseline":{"median":"14d","readings":5},"for":"10m","origin":"personal"}])");
  store::Plan row;
  row.limits = registry::limits_json(*plan->limits);
  CHECK(registry::limits_json(registry::plan_from(row).limits) == row.limits);
  // An older program wrote nothing of zones: wall time plays no part in what it wrote.
  row.limits = R"([{"kind":"heart-rate","alert_high":120,"origin":"copd"}])";
  CHECK(registry::limits_json(registry::plan_from(row).limits) == row.limits);
  CHECK(registry::plan_from(row).limits.at(0).limit.applies.zone != nullptr);
}

TEST_CASE("plan: a zone that is not on this machine loses no limit", "[registry][plan]") {
  store::Plan row;
  row.limits = R"([{"kind":"heart-rate","alert_high":120,"between":"07:00-22:00","timezone":"Nowhere/Here","origin":"copd"}])";
  const Plan plan = registry::plan_from(row);
  REQUIRE(plan.limits.size() == 1);
  CHECK(plan.limits[0].limit.applies.zone != nullptr);
  CHECK(registry::limits_json(plan.limits) == row.limits);
}

TEST_CASE("plan: rules that cannot be meant are refused, every problem with its place", "[registry][plan][rules]") {
  struct Row {
    const char* name;
    const char* body;
    std::vector<std::string> says;
  };
  const Row rows[] = {
      {"no list", R"({"rules":{}})", {"rules: expected an array of rules"}},
      {"a word in the list", R"({"rules":["x"]})", {"rules[0]: expected an object"}},
      {"two at once",
       R"({"limits":[{"kind":"heart-rate"}],"rules":[{"id":"a","kind":"pulse","above":1,"severity":"normal"}]})",
       {"limits[0]: heart-rate: no bound given", "rules[0]: unknown kind 'pulse'"}},
      {"an unknown member", R"({"rules":[{"id":"a","kind":"heart-rate","above":1,"severity":"normal","limit":1}]})", {"'rules[0].limit'"}},
      {"a rule of nobody", R"({"rules":[{"id":"a","rule":"b","severity":"normal"}]})", {"rules[0]: rule 'a'", "not in the same programme"}},
      {"twice", R"({"rules":[{"id":"a","kind":"heart-rate","above":1,"severity":"normal"},{"id":"a","kind":"heart-rate","above":2,"severity":"normal"}]})",
       {"rules[1]: rule 'a': a second rule of this id"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      auto plan = personal(row.body);
      REQUIRE_FALSE(plan);
      for (const std::string& text : row.says) CHECK(plan.error().detail.find(text) != std::string::npos);
    }
  }
  SECTION("201 of them") {
    std::string body = R"({"rules":[)";
    for (int i = 0; i < 201; ++i) body += std::string(i == 0 ? "" : ",") + R"({"id":"r)" + std::to_string(i) + R"("})";
    CHECK(personal(body + "]}").error().detail == "rules: at most 200");
  }
}

TEST_CASE("plan: whatever is wrong, no person's number is repeated", "[registry][privacy]") {
  const std::string number = "12885010049";
  for (const std::string& body :
       {R"({"rules":[{"id":")" + number + R"(","kind":"heart-rate","above":1,"severity":"normal"}]})",
        R"({"rules":[{"id":"a","kind":")" + number + R"(","above":1,"severity":"normal"}]})",
        R"({"rules":[{"id":"a","when":"heart-rate > 1 )" + number + R"(","severity":"normal"}]})",
        R"({"rules":[{"id":"a","when":")" + number + R"( > 1","severity":"normal"}]})",
        R"({"rules":[{"id":"a","rule":")" + number + R"(","severity":")" + number + R"("}]})",
        R"({"rules":[{")" + number + R"(":1}]})", R"({"rules":[{"id":"a","all":[{")" + number + R"(":1}],"severity":"normal"}]})",
        R"({"limits":[{"kind":")" + number + R"("}]})",
        R"({"limits":[{"kind":"heart-rate","component":")" + number + R"("}]})",
        R"({"limits":[{"kind":"heart-rate","alert_high":1,"unit":")" + number + R"("}]})",
        R"({"limits":[{"kind":"heart-rate","alert_high":1,"timezone":")" + number + R"("}]})",
        R"({"rules":[{"id":")" + number + R"(","rule":")" + number + R"(","severity":"normal"}]})"}) {
    INFO(body);
    auto plan = personal(body);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().detail.find(number) == std::string::npos);
  }
}
