#include "gateway/registry/series.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "fhir/circumstances.hpp"
#include "fhir/form_answers.hpp"
#include "fhir/json_reader.hpp"

namespace gateway::registry {
namespace {

using thresholds::Number;
using thresholds::Reading;

constexpr std::chrono::microseconds tick{1};

Number number(const fhir::Decimal& value) { return {value.coefficient(), value.scale()}; }

bool counts(const store::Observation& row) {
  return row.status != store::Status::entered_in_error && row.absent == fhir::AbsentReason::none;
}

// The place of a coded word on its kind's scale ("C" of ACVPU is 1); nothing for a word that is on none.
std::optional<Number> place_of_word(fhir::Kind kind, fhir::JsonValue resource) {
  const auto answers = fhir::info(kind).answers;
  if (answers.empty()) return std::nullopt;
  const auto code = resource["valueCodeableConcept"]["coding"].at(0)["code"].text();
  const auto found = std::find_if(answers.begin(), answers.end(), [&](const fhir::Answer& answer) { return code == answer.code.code; });
  if (found == answers.end()) return std::nullopt;
  return Number{found - answers.begin(), 0};
}

// The sieves' own text, which lives as long as the plan: of a site that no rule names nothing has to be kept.
std::string_view site_of(const JudgedPlan& plan, std::string_view site) {
  if (site.empty()) return {};
  thresholds::Circumstances stated;
  stated.site = site;
  const auto named = [&](const thresholds::Applies& applies) {
    thresholds::Applies by_site;
    by_site.site = applies.site;
    return !applies.site.empty() && by_site.holds({}, stated);
  };
  for (const thresholds::Limit& limit : plan.rules.limits()) {
    if (named(limit.applies)) return limit.applies.site;
  }
  for (const thresholds::Rule& rule : plan.rules.rules()) {
    if (named(rule.applies)) return rule.applies.site;
  }
  return {};
}

thresholds::Circumstances circumstances_of(const JudgedPlan& plan, fhir::JsonValue resource) {
  const fhir::Circumstances stated = fhir::circumstances_of(resource);
  thresholds::Circumstances made;
  made.meal = thresholds::meal_named(stated.meal).value_or(thresholds::Meal::unstated);
  made.oxygen = thresholds::oxygen_named(stated.oxygen).value_or(thresholds::Oxygen::unstated);
  made.site = site_of(plan, stated.site);
  return made;
}

bool earlier(const Reading& a, const Reading& b) { return a.measured != b.measured ? a.measured < b.measured : a.id < b.id; }

}  // namespace

PatientSeries::PatientSeries(std::shared_ptr<const JudgedPlan> plan)
    : plan_(std::move(plan)), known_(plan_->rules.series().size()), views_(known_.size()) {}

// Runs `use(series, reading)` on each of the row's values that is in a series.
template <class Use>
void PatientSeries::each_value(const store::Observation& row, const Use& use) const {
  if (!counts(row)) return;
  std::optional<fhir::JsonDocument> document;
  const auto resource = [&] {
    if (!document) {
      if (auto parsed = fhir::JsonDocument::parse(row.resource)) document.emplace(std::move(*parsed));
    }
    return document ? document->root() : fhir::JsonValue();
  };
  Reading reading;
  reading.measured = row.measured;
  reading.id = static_cast<std::uint64_t>(row.id.value);
  reading.version = row.version;
  bool placed = false;
  const auto place = [&](std::uint16_t series, const Number& value, std::uint8_t comparator) {
    if (plan_->circumstances && !placed && fhir::may_state_circumstances(row.resource)) {
      reading.circumstances = circumstances_of(*plan_, resource());
    }
    placed = true;
    reading.value = value;
    reading.comparator = static_cast<thresholds::Comparator>(comparator);
    use(series, reading);
  };
  for (const JudgedPlan::Feed& feed : plan_->feeds) {
    if (feed.kind != row.kind) continue;
    if (feed.component == fhir::Kind::unknown) {
      if (row.value) {
        place(feed.series, number(*row.value), row.comparator);
      } else if (row.components.empty()) {
        if (const auto word = place_of_word(row.kind, resource())) place(feed.series, *word, 0);
      }
      continue;
    }
    for (const store::ComponentValue& component : row.components) {
      if (component.kind == feed.component) place(feed.series, number(component.value), component.comparator);
    }
  }
  if (plan_->oxygen_series && row.kind == fhir::kinds().oxygen_saturation && fhir::may_state_oxygen(row.resource)) {
    const std::string_view oxygen = fhir::circumstances_of(resource()).oxygen;
    if (!oxygen.empty()) place(*plan_->oxygen_series, Number{oxygen == "oxygen" ? 1 : 0, 0}, 0);
  }
  if (plan_->answers.empty() || row.kind != fhir::kinds().questionnaire) return;
  for (const fhir::FormAnswer& answer : fhir::form_answers_of(resource())) {
    for (const JudgedPlan::AnswerFeed& feed : plan_->answers) {
      if (feed.question == answer.question()) place(feed.series, number(answer.value), 0);
    }
  }
}

void PatientSeries::insert(Known& known, const Reading& reading) {
  auto place = known.readings.end();
  if (!known.readings.empty() && !earlier(known.readings.back(), reading)) {
    place = std::lower_bound(known.readings.begin(), known.readings.end(), reading, earlier);
  }
  if (place != known.readings.end() && !earlier(reading, *place)) {
    *place = reading;  // judged again as it stands
  } else {
    known.readings.insert(place, reading);
  }
}

void PatientSeries::take_away(ObservationId id) {
  for (Known& known : known_) {
    std::erase_if(known.readings, [id](const Reading& reading) { return reading.id == static_cast<std::uint64_t>(id.value); });
  }
}

std::vector<std::uint16_t> PatientSeries::put(const store::Observation& row) {
  std::vector<std::uint16_t> places;
  const bool first = row.version == 1 && row.status == store::Status::final_;
  if (!first) take_away(row.id);
  each_value(row, [&](std::uint16_t series, const Reading& reading) {
    if (std::find(places.begin(), places.end(), series) == places.end()) places.push_back(series);
    Known& known = known_[series];
    if (reading.measured < known.from) return;  // loaded with its time, when that is asked for
    insert(known, reading);
  });
  return places;
}

// What no judgement of a reading at least as new as the newest looks at goes.
void PatientSeries::trim(std::size_t place) {
  Known& known = known_[place];
  const thresholds::RuleSet::Need& need = plan_->rules.need(place);
  const fhir::Time from = known.readings.back().measured - need.back;
  auto first = std::lower_bound(known.readings.begin(), known.readings.end(), from,
                                [](const Reading& reading, fhir::Time time) { return reading.measured < time; });
  const auto fewest = static_cast<std::ptrdiff_t>(std::max<std::size_t>(need.readings, 32));
  if (known.readings.end() - first < fewest) first = known.readings.end() - std::min<std::ptrdiff_t>(fewest, std::ssize(known.readings));
  if (known.readings.end() - first > static_cast<std::ptrdiff_t>(readings_most)) first = known.readings.end() - readings_most;
  if (first != known.readings.begin()) {
    // Of the instant of the first that stays one may have gone.
    known.from = std::max(known.from, std::prev(first)->measured + tick);
    known.readings.erase(known.readings.begin(), first);
  }
  known.trim_at = std::max<std::size_t>(64, 2 * known.readings.size());
}

bool PatientSeries::reaches(std::size_t place, fhir::Time at) const {
  const Known& known = known_[place];
  if (known.from == fhir::Time::min()) return true;
  const thresholds::RuleSet::Need& need = plan_->rules.need(place);
  if (known.from > at || known.from > at - need.back) return false;
  const auto after = std::upper_bound(known.readings.begin(), known.readings.end(), at,
                                      [](fhir::Time time, const Reading& reading) { return time < reading.measured; });
  if (after - known.readings.begin() >= static_cast<std::ptrdiff_t>(std::max<std::size_t>(need.readings, 1))) return true;
  return at >= known.loaded_at;  // there were no more, and what came since stands here
}

void PatientSeries::load(std::size_t place, fhir::Time at, store::Reader& reader, PatientId patient,
                         std::span<const store::Observation> written) {
  Known& known = known_[place];
  known.readings.clear();
  known.loaded_at = at;
  const thresholds::RuleSet::Need& need = plan_->rules.need(place);
  std::set<fhir::Kind> kinds;
  for (const JudgedPlan::Feed& feed : plan_->feeds) {
    if (feed.series == place) kinds.insert(feed.kind);
  }
  if (plan_->oxygen_series == place) kinds.insert(fhir::kinds().oxygen_saturation);
  const bool answer = std::any_of(plan_->answers.begin(), plan_->answers.end(), [&](const auto& feed) { return feed.series == place; });
  if (answer) kinds.insert(fhir::kinds().questionnaire);
  known.from = fhir::Time::min();
  for (const fhir::Kind kind : kinds) {
    store::Reader::HistoryFilter filter;
    filter.patient = patient;
    filter.kind = kind;
    filter.from = at - need.back;
    // Answers: a form may leave a question out, so that its last answer is further back than the last form.
    filter.fewest = std::max<std::size_t>(need.readings, 1) + (answer ? 32 : 0);
    filter.most = readings_most;
    filter.to = at;
    const std::vector<store::Observation> before = reader.history(filter);
    // Fewer than were asked for: there are no others. Of the instant of the last one there may be more.
    if (before.size() >= filter.fewest) {
      const bool cut = before.size() >= readings_most || before.back().measured < filter.from;
      known.from = std::max(known.from, cut ? before.back().measured + tick : filter.from);
    }
    store::Reader::HistoryFilter newer{.patient = patient, .kind = kind, .from = at + tick};
    newer.most = readings_most;
    const std::vector<store::Observation> after = reader.history(newer);
    if (after.size() >= readings_most) known.from = std::max(known.from, after.back().measured + tick);
    for (const std::vector<store::Observation>* rows : {&before, &after}) {
      for (auto row = rows->rbegin(); row != rows->rend(); ++row) {
        each_value(*row, [&](std::uint16_t series, const Reading& one) {
          if (series == place) insert(known, one);
        });
      }
    }
  }
  for (const store::Observation& row : written) {
    if (row.patient != patient || !kinds.contains(row.kind)) continue;
    std::erase_if(known.readings, [&](const Reading& reading) { return reading.id == static_cast<std::uint64_t>(row.id.value); });
    each_value(row, [&](std::uint16_t series, const Reading& one) {
      if (series == place) insert(known, one);
    });
  }
  known.trim_at = std::max<std::size_t>(64, 2 * known.readings.size());
}

void PatientSeries::reach(fhir::Time at, store::Reader& reader, PatientId patient, std::span<const store::Observation> written) {
  for (std::size_t place = 0; place < known_.size(); ++place) {
    const Known& known = known_[place];
    // Never while an old reading is judged, whose past this would be.
    if (known.readings.size() > known.trim_at && at >= known.readings.back().measured) trim(place);
    if (!reaches(place, at)) load(place, at, reader, patient, written);
  }
}

std::span<const thresholds::Series> PatientSeries::views() {
  for (std::size_t place = 0; place < known_.size(); ++place) views_[place] = known_[place].readings;
  return views_;
}

}  // namespace gateway::registry
