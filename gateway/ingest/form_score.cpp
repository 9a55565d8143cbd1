#include "gateway/ingest/form_score.hpp"

#include <algorithm>

#include "fhir/form_answers.hpp"
#include "fhir/json_reader.hpp"
#include "fhir/observation.hpp"
#include "thresholds/form_total.hpp"

namespace gateway::ingest {
namespace {

using thresholds::FormTest;

bool sums_alike(const FormTest& a, const FormTest& b) {
  return a.questionnaire == b.questionnaire && a.links == b.links && a.weights == b.weights && a.lowest == b.lowest &&
         a.highest == b.highest && a.total == b.total;
}

std::vector<const FormTest*> sums_of(const registry::Plan& plan) {
  std::vector<const FormTest*> sums;
  for (const registry::PlannedRule& planned : plan.rules) {
    thresholds::each_condition(planned.rule.condition, [&](const thresholds::Condition& condition) {
      const auto* form = std::get_if<FormTest>(&condition.test);
      if (form == nullptr || std::any_of(sums.begin(), sums.end(), [&](const FormTest* known) { return sums_alike(*known, *form); })) return;
      sums.push_back(form);
    });
  }
  return sums;
}

// Names the sum within its form.
std::string name_of(const FormTest& form) {
  std::string name = form.total + "|" + form.questionnaire + "|" + std::to_string(form.lowest) + "|" + std::to_string(form.highest);
  for (std::size_t i = 0; i < form.links.size(); ++i) {
    name.append("|").append(form.links[i]);
    if (i < form.weights.size()) name.append("*").append(std::to_string(form.weights[i]));
  }
  return name;
}

ScoreReading reading_of(const FormTest& form, int total, const store::Observation& answered, const SourceFacts& source, const store::Key& key) {
  store::Observation row;
  row.tenant = source.tenant_no;
  row.source = source.source;
  row.measured = answered.measured;
  row.doubled_hour = answered.doubled_hour;
  row.key = key;
  row.kind = fhir::kind_named(form.total);
  row.value = fhir::Decimal(total, 0);
  row.digest = content_digest(row, answered.id.text());

  const std::string identifier = hex(row.key);
  const std::string members = ",\"derivedFrom\":[{\"reference\":\"Observation/" + answered.id.text() + "\"}]";
  fhir::ObservationBody body;
  body.identifier = identifier;
  body.kind = row.kind;
  body.effective = fhir::DateTime::parse(fhir::utc_millis_text(row.measured)).value();
  body.value = fhir::ObservationValue{row.kind, *row.value, fhir::info(fhir::kinds().cat).unit, {}, {}};
  body.note = "Computed from the answers in derivedFrom";
  body.members = members;
  std::string text = fhir::observation_body(body);
  return {std::move(row), std::move(text)};
}

}  // namespace

std::vector<FormScore> form_scores(const registry::Plan& plan, const store::Observation& form, const SourceFacts& source, const Keys& keys) {
  std::vector<FormScore> made;
  if (form.kind != fhir::kinds().questionnaire) return made;
  const std::vector<const FormTest*> sums = sums_of(plan);
  if (sums.empty()) return made;
  const auto document = fhir::JsonDocument::parse(form.resource);
  if (!document) return made;
  const std::vector<fhir::FormAnswer> answers = fhir::form_answers_of(document->root());
  for (const FormTest* sum : sums) {
    if (std::none_of(answers.begin(), answers.end(), [&](const fhir::FormAnswer& one) { return one.questionnaire == sum->questionnaire; })) continue;
    std::vector<std::optional<thresholds::Number>> values(sum->links.size());
    for (const fhir::FormAnswer& answer : answers) {
      const auto link = std::find(sum->links.begin(), sum->links.end(), answer.link);
      if (answer.questionnaire != sum->questionnaire || link == sum->links.end()) continue;
      values[static_cast<std::size_t>(link - sum->links.begin())] = thresholds::Number{answer.value.coefficient(), answer.value.scale()};
    }
    FormScore score;
    score.key = keys.reading(source.tenant, "form", form.patient.text(), hex(form.key) + "|" + name_of(*sum), sum->total, fhir::Time{}, {});
    if (const auto total = thresholds::form_total(*sum, values).total; total && form.absent == fhir::AbsentReason::none) {
      score.total = reading_of(*sum, *total, form, source, score.key);
    }
    made.push_back(std::move(score));
  }
  return made;
}

}  // namespace gateway::ingest
