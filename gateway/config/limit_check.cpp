#include "gateway/config/limit_check.hpp"

#include <algorithm>
#include <utility>

#include "fhir/national_id.hpp"
#include "gateway/config/form.hpp"
#include "gateway/config/measure.hpp"
#include "gateway/runtime/judging_zone.hpp"

namespace gateway::config {
namespace {

using fhir::Kind;
using fhir::KindInfo;
using thresholds::Baseline;
using thresholds::Number;
using thresholds::SeriesName;

constexpr std::size_t id_max = 64;     // OURS: as long as ids of programmes are in practice
constexpr std::size_t text_max = 500;  // shown in a list of alarms

Number number(const fhir::Decimal& decimal) {
  return {decimal.coefficient(), decimal.scale()};
}

// What is wrong with a limit or rule that is about values of kinds.
class KindCheck {
 public:
  explicit KindCheck(LimitCheck& check) : check_(check) {}

  // Null, with an error, when there is no such thing to compare.
  const KindInfo* series(const SeriesName& name) {
    std::string why;
    const Kind kind = measured_kind(name, why);
    if (kind == Kind::unknown) check_.errors.push_back(std::move(why));
    return kind == Kind::unknown ? nullptr : &fhir::info(kind);
  }

  // 0 degrees Celsius is no nothing: 38 is not 2.7 % more than 37 in any sense that is the same in kelvin.
  void percentage(const KindInfo& kind) {
    if (kind.unit == "Cel") check_.errors.push_back("a percentage of '" + std::string(kind.name) + "' has no meaning; give degrees");
  }

  void baseline(const std::optional<Baseline>& baseline, const KindInfo& kind) {
    if (!baseline) return;
    if (baseline->percent) percentage(kind);
    if (baseline->statistic != Baseline::Statistic::given || !kind.low || !kind.high) return;
    if (baseline->value < number(*kind.low) || baseline->value > number(*kind.high)) {
      unbelievable("the baseline is no believable value", kind);
    }
  }

  // A value outside the believable range is held as implausible before it is judged.
  void unreachable(std::string_view bound, thresholds::Compare compare, const Number& value, const KindInfo& kind) {
    using thresholds::Compare;
    if (!kind.low || !kind.high) return;
    const Number low = number(*kind.low), high = number(*kind.high);
    const bool never = (compare == Compare::above && value >= high) || (compare == Compare::at_least && value > high) ||
                       (compare == Compare::below && value <= low) || (compare == Compare::at_most && value < low);
    if (never) unbelievable(std::string(bound) + " can never be crossed", kind);
  }

  void zone(const std::string& name, std::string_view service_zone) {
    if (name == service_zone || name.empty()) return;
    if (!find_judging_zone(name)) check_.errors.push_back("unknown timezone " + shown(name) + "; write one like Europe/Oslo");
  }

 private:
  void unbelievable(const std::string& what, const KindInfo& kind) {
    check_.warnings.push_back(what + ": believable values of '" + std::string(kind.name) + "' are " + kind.low->text() + " to " +
                              kind.high->text() + " " + std::string(kind.unit));
  }

  LimitCheck& check_;
};

class RuleCheck {
 public:
  RuleCheck(LimitCheck& check, std::string_view service_zone) : check_(check), service_zone_(service_zone), kinds_(check) {}

  void operator()(const thresholds::ValueTest& test) {
    const KindInfo* kind = kinds_.series(test.series);
    if (kind == nullptr) return;
    kinds_.baseline(test.baseline, *kind);
    if (!test.baseline) kinds_.unreachable("the bound", test.compare, test.bound, *kind);
  }
  void operator()(const thresholds::ChangeTest& test) {
    const KindInfo* kind = kinds_.series(test.series);
    if (kind == nullptr) return;
    if (test.percent) kinds_.percentage(*kind);
    kinds_.baseline(test.baseline, *kind);
  }
  void operator()(const thresholds::TrendTest& test) {
    const KindInfo* kind = kinds_.series(test.series);
    if (kind == nullptr || test.statistic == thresholds::TrendTest::Statistic::slope) return;
    kinds_.unreachable("the bound", test.compare, test.bound, *kind);
  }
  // Whatever can arrive can be missing, also what is no number.
  void operator()(const thresholds::MissingTest& test) {
    const Kind kind = fhir::kind_named(test.series.kind);
    if (test.series.kind == thresholds::any_kind) {
      if (!test.series.component.empty()) check_.errors.emplace_back("'component' needs a kind; 'any' has none");
    } else if (kind == Kind::unknown || !test.series.component.empty() || !fhir::info(kind).components.empty()) kinds_.series(test.series);
    kinds_.zone(test.schedule.timezone, service_zone_);
  }
  void operator()(const thresholds::ScoreTest& test) {
    constexpr auto longest = std::chrono::hours(4);  // clinical.md 1.3, OURS: at most for home sets
    if (test.max_age <= longest) return;
    check_.warnings.emplace_back("'max_age' is longer than 4h: the inputs of a score would be of different times");
  }
  void operator()(const thresholds::AnswerTest&) {}
  void operator()(const thresholds::FormTest&) {}
  void operator()(const thresholds::RuleReference&) {}
  void operator()(const thresholds::Condition::Combination&) {}

 private:
  LimitCheck& check_;
  std::string_view service_zone_;
  KindCheck kinds_;
};

bool usable_id(std::string_view id) {
  return id.size() <= id_max && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

LimitCheck check_limit(const thresholds::Limit& limit, std::string_view service_zone) {
  using thresholds::Compare;
  LimitCheck check;
  KindCheck kinds(check);
  const KindInfo* kind = kinds.series({limit.kind, limit.component});
  kinds.zone(limit.applies.timezone, service_zone);
  if (kind == nullptr) return check;  // the texts below name the kind, which must be a name then
  for (std::string& text : thresholds::problems(std::vector<thresholds::Limit>{limit})) check.errors.push_back(std::move(text));
  kinds.baseline(limit.baseline, *kind);
  if (limit.baseline) return check;
  if (limit.alert_low) kinds.unreachable("alert_low", Compare::below, *limit.alert_low, *kind);
  if (limit.warning_low) kinds.unreachable("warning_low", Compare::below, *limit.warning_low, *kind);
  if (limit.warning_high) kinds.unreachable("warning_high", Compare::above, *limit.warning_high, *kind);
  if (limit.alert_high) kinds.unreachable("alert_high", Compare::above, *limit.alert_high, *kind);
  return check;
}

LimitCheck check_rule(const thresholds::Rule& rule, std::string_view service_zone) {
  LimitCheck check;
  if (!usable_id(rule.id) || fhir::may_contain_national_id(rule.id)) {
    check.errors.push_back("'id' must be a name of at most " + std::to_string(id_max) + " letters, digits, '-', '_' and '.'");
  }
  if (rule.text.size() > text_max) check.errors.push_back("'text' must not be longer than " + std::to_string(text_max) + " characters");
  KindCheck(check).zone(rule.applies.timezone, service_zone);
  RuleCheck conditions(check, service_zone);
  thresholds::each_condition(rule.condition, [&](const thresholds::Condition& condition) { std::visit(conditions, condition.test); });
  return check;
}

}  // namespace gateway::config
