#include "gateway/ingest/news2_score.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "fhir/news2_observation.hpp"
#include "gateway/alarms/alarm_text.hpp"
#include "thresholds/score_inputs.hpp"

namespace gateway::ingest {
namespace {

constexpr std::string_view news2_name = "news2";

// "93 %"; a word for what is measured in words.
std::string part_text(const thresholds::SeriesName& series, const thresholds::Reading& reading) {
  const fhir::Kind kind = fhir::kind_named(series.component.empty() ? series.kind : series.component);
  const auto answers = fhir::info(kind).answers;
  if (series.kind == "supplemental-oxygen") return reading.value > thresholds::Number{0, 0} ? "oxygen" : "air";
  if (!answers.empty()) {
    const auto place = static_cast<std::size_t>(std::clamp<std::int64_t>(reading.value.coefficient, 0, std::ssize(answers) - 1));
    return std::string(answers[place].word);
  }
  return alarms::value_text({reading.value.coefficient, reading.value.scale}, adapters::Comparator::none, fhir::info(kind).unit, kind);
}

// The score of the instant that `row` is of; its tenant, source and key are `row`'s.
std::optional<ScoreReading> score_at(registry::PatientState& patient, store::Observation row, std::chrono::minutes age) {
  const std::span<const thresholds::SeriesName> names = thresholds::score_inputs(news2_name);
  const std::span<const thresholds::Series> views = patient.series->views();
  std::vector<const thresholds::Reading*> newest(names.size(), nullptr);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto place = patient.series->plan().rules.place_of(names[i].kind, names[i].component);
    if (!place) continue;
    const thresholds::Series& series = views[*place];
    const auto after = std::upper_bound(series.begin(), series.end(), row.measured,
                                        [](fhir::Time at, const thresholds::Reading& reading) { return at < reading.measured; });
    if (after == series.begin()) continue;
    const thresholds::Reading& reading = *std::prev(after);
    if (row.measured - reading.measured <= age) newest[i] = &reading;
  }
  const thresholds::Person person = patient.plan.person.at(row.measured);
  const thresholds::News2Readings found = thresholds::news2_from(newest, person);
  const thresholds::News2 score = thresholds::news2(found.inputs);
  if (!score.complete()) return std::nullopt;

  std::array<std::string, thresholds::news2_parameters> texts;
  std::array<fhir::News2Part, thresholds::news2_parameters> parts;
  std::vector<std::string> derived_from;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const thresholds::Reading* used = found.used[i];
    if (used != nullptr) {
      const auto input = static_cast<std::size_t>(std::find(newest.begin(), newest.end(), used) - newest.begin());
      if (input < names.size()) texts[i] = part_text(names[input], *used);
      std::string id = ObservationId{static_cast<std::int64_t>(used->id)}.text();
      if (std::find(derived_from.begin(), derived_from.end(), id) == derived_from.end()) derived_from.push_back(std::move(id));
    }
    parts[i] = {*score.components[i], texts[i]};
  }

  row.kind = fhir::kinds().news2;
  row.value = fhir::Decimal(*score.total, 0);
  std::string content;
  for (const std::string& id : derived_from) content += id + ' ';
  for (const fhir::News2Part& part : parts) content += std::to_string(part.score) + ' ' + std::string(part.text) + ' ';
  row.digest = content_digest(row, content);
  const std::string identifier = hex(row.key);
  const fhir::DateTime effective = fhir::DateTime::parse(fhir::utc_millis_text(row.measured)).value();
  std::string body = fhir::news2_body({identifier, effective, *score.total, person.news2_scale, parts, derived_from});
  return ScoreReading{std::move(row), std::move(body)};
}

}  // namespace

// The shortest age that a rule of the plan allows; none: no rule is on NEWS2.
std::optional<std::chrono::minutes> news2_allowed_age(const registry::Plan& plan) {
  std::optional<std::chrono::minutes> age;
  for (const registry::PlannedRule& planned : plan.rules) {
    thresholds::each_condition(planned.rule.condition, [&](const thresholds::Condition& condition) {
      const auto* score = std::get_if<thresholds::ScoreTest>(&condition.test);
      if (score != nullptr && score->score == news2_name) age = age ? std::min(*age, score->max_age) : score->max_age;
    });
  }
  return age;
}

std::optional<ScoreReading> news2_completed_by(registry::PatientState& patient, const store::Observation& trigger, const SourceFacts& source,
                                             const Keys& keys) {
  if (!patient.series || trigger.absent != fhir::AbsentReason::none) return std::nullopt;
  const std::optional<std::chrono::minutes> age = news2_allowed_age(patient.plan);
  if (!age) return std::nullopt;
  const std::span<const thresholds::SeriesName> names = thresholds::score_inputs(news2_name);
  const std::string_view kind = fhir::info(trigger.kind).name;
  const bool concerned = std::any_of(names.begin(), names.end(), [&](const thresholds::SeriesName& name) { return name.kind == kind; });
  if (!concerned) return std::nullopt;
  store::Observation row;
  row.tenant = source.tenant_no;
  row.source = source.source;
  row.measured = trigger.measured;
  row.doubled_hour = trigger.doubled_hour;
  row.key = keys.reading(source.tenant, news2_name, patient.patient.id.text(), {}, news2_name, trigger.measured, {});
  return score_at(patient, std::move(row), *age);
}

std::optional<ScoreReading> news2_again(registry::PatientState& patient, const store::Observation& score) {
  const std::optional<std::chrono::minutes> age = news2_allowed_age(patient.plan);
  if (!age || !patient.series) return std::nullopt;
  store::Observation row;
  row.tenant = score.tenant;
  row.source = score.source;
  row.measured = score.measured;
  row.doubled_hour = score.doubled_hour;
  row.key = score.key;
  return score_at(patient, std::move(row), *age);
}

}  // namespace gateway::ingest
