#include "gateway/config/rule_form.hpp"

#include <algorithm>
#include <utility>

#include "gateway/config/measure.hpp"
#include "gateway/config/rule_words.hpp"
#include "gateway/runtime/judging_zone.hpp"
#include "thresholds/alarm_state.hpp"

namespace gateway::config {
namespace {

using thresholds::Baseline;
using thresholds::Condition;
using thresholds::Number;
using thresholds::SeriesName;

constexpr int readings_max = 10'000;

// Which series the numbers beside it are about, and the unit they are written in.
class Measure {
 public:
  explicit Measure(Form& form) : form_(form) {
    form.text("kind", series_.kind, Need::required);
    form.text("component", series_.component);
    given_ = form.text("unit", unit_);
    std::string why;
    if (given_) kind_ = measured_kind(series_, why);  // an unknown one is the check's to report
  }

  const SeriesName& series() const { return series_; }

  // Nothing when the key is not there, or with a problem noted. A difference has no zero of its own.
  std::optional<Number> number(const char* key, bool difference) { return number_of(form_, key, difference); }

  std::optional<Number> number_of(Form& form, const char* key, bool difference) {
    std::optional<Number> written;
    if (!form.decimal(key, written) || !given_ || kind_ == fhir::Kind::unknown) return written;
    auto made = canonical(kind_, *written, unit_, difference);
    if (std::string* wrong = std::get_if<std::string>(&made)) {
      form.error(key, "is not understood: " + std::move(*wrong));
      return std::nullopt;
    }
    return std::get<Number>(made);
  }

  std::optional<Number> percentage(const char* key) {
    std::optional<Number> written;
    if (form_.decimal(key, written) && given_) {
      form_.error("unit", "has no meaning beside '" + std::string(key) + "': a percentage has no unit");
    }
    return written;
  }

 private:
  Form& form_;
  SeriesName series_;
  std::string unit_;
  bool given_ = false;
  fhir::Kind kind_ = fhir::Kind::unknown;
};

std::shared_ptr<const thresholds::Zone> zone_named(const std::string& name) {
  auto zone = find_judging_zone(name);
  return zone ? *zone : utc_judging_zone();  // the check reports a zone that is not there
}

void read_applies(Form& form, const std::string& timezone, thresholds::Applies& applies) {
  using thresholds::Meal;
  using thresholds::Oxygen;
  form.window("between", applies.between);
  form.days("days", applies.days);
  form.date("valid_from", applies.from);
  form.date("valid_to", applies.to);
  applies.timezone = timezone;
  form.text("timezone", applies.timezone);
  applies.zone = zone_named(applies.timezone);
  Meal meal = Meal::unstated;
  if (form.word<Meal>("meal", meal, thresholds::meal_named, "before, after, fasting or bedtime")) applies.meal = meal;
  Oxygen oxygen = Oxygen::unstated;
  if (form.word<Oxygen>("oxygen", oxygen, thresholds::oxygen_named, "air or oxygen")) applies.oxygen = oxygen;
  form.text("site", applies.site);
}

std::optional<Baseline> read_baseline(Form& form, Measure& measure) {
  std::optional<Baseline> made;
  form.section("baseline", [&](Form& inner) {
    Baseline baseline;
    std::vector<std::string> given;
    if (inner.has("value")) given.emplace_back("value");
    if (std::optional<Number> value = measure.number_of(inner, "value", false)) baseline.value = *value;
    for (const BaselineWord& word : baseline_words) {
      if (!inner.has(word.name)) {
        thresholds::Span ignored;
        inner.span(word.name, ignored);  // so that it is known
        continue;
      }
      given.emplace_back(word.name);
      baseline.statistic = word.statistic;
      inner.span(word.name, baseline.window);
    }
    if (inner.whole("readings", baseline.readings, 1, readings_max) && baseline.statistic == Baseline::Statistic::given) {
      inner.error("readings", "is for average, median, highest and lowest");
    }
    inner.flag("percent", baseline.percent);
    if (given.size() != 1) inner.wrong("a baseline is one of value, average, median, highest and lowest");
    made = baseline;
  });
  return made;
}

void read_often(Form& form, std::optional<thresholds::CountOf>& of, std::chrono::minutes& sustained) {
  form.section("of", [&](Form& inner) {
    thresholds::CountOf count;
    const bool readings = inner.whole("readings", count.readings, 1, thresholds::count_of_max);
    count.last = count.readings;
    const bool last = inner.whole("last", count.last, 1, thresholds::count_of_max);
    if (!readings && !inner.has("readings")) inner.wrong("'of' says how many readings, like {readings: 3, last: 4}");
    if (readings && (last || !inner.has("last"))) of = count;
  });
  form.minutes("for", sustained);
}

void read_severity(Form& form, thresholds::Severity& severity) {
  using thresholds::Severity;
  form.word<Severity>("severity", severity, thresholds::severity_named, "normal, moderate, severe or critical");
  if (!form.has("severity")) form.error("severity", "is missing");
}

class ConditionReader {
 public:
  explicit ConditionReader(std::string timezone) : timezone_(std::move(timezone)) {}

  // Which of the forms it is, is said by the members that stand there.
  Condition read(Form& form, std::size_t depth) {
    if (depth > thresholds::condition_depth_max) {
      form.wrong("nested deeper than " + std::to_string(thresholds::condition_depth_max) +
                 " levels; make it flatter or refer to another rule");
      form.leave_rest();
      return {};
    }
    static constexpr const char* forms[] = {"kind", "missing", "score", "answer", "form", "rule", "when", "all", "any", "not"};
    std::vector<const char*> given;
    for (const char* word : forms) {
      if (form.has(word)) given.push_back(word);
    }
    if (given.size() != 1) {
      const std::string all = "kind, missing, score, answer, form, rule, when, all, any and not";
      form.wrong(given.empty() ? "says no condition; give one of " + all
                               : "'" + std::string(given[0]) + "' and '" + std::string(given[1]) +
                                     "' are two conditions; join them with 'all' or 'any'");
      form.leave_rest();
      return {};
    }
    const std::string_view is = given.front();
    if (is == "kind") return of_kind(form);
    if (is == "missing") return missing(form);
    if (is == "score") return score(form);
    if (is == "answer") return answer(form);
    if (is == "form") return form_sum(form);
    if (is == "when") return expression(form);
    if (is == "rule") {
      thresholds::RuleReference reference;
      form.text("rule", reference.id);
      return {std::move(reference), {}};
    }
    return combination(form, depth);
  }

 private:
  Condition of_kind(Form& form) {
    Measure measure(form);
    std::optional<Condition> made;
    int tests = 0;
    const auto test = [&](const char* name) {
      tests += form.has(name) ? 1 : 0;
      return form.has(name);
    };
    for (const CompareWord& word : compare_words) {
      if (test(word.name)) made = Condition{value(form, measure, word), {}};
    }
    for (const ChangeWord& word : change_words) {
      if (test(word.name)) made = Condition{change(form, measure, word), {}};
    }
    for (const TrendWord& word : trend_words) {
      if (test(word.name)) made = Condition{trend(form, measure, word), {}};
    }
    if (tests != 1) {
      form.wrong(tests == 0 ? "says nothing about its kind; give above, below, at_least, at_most, rise, fall, average_above or one like it"
                            : "compares in two ways; give one, and join two with 'all' or 'any'");
      form.leave_rest();
      return {};
    }
    return std::move(*made);
  }

  static thresholds::ValueTest value(Form& form, Measure& measure, const CompareWord& word) {
    thresholds::ValueTest test;
    test.series = measure.series();
    test.compare = word.compare;
    test.baseline = read_baseline(form, measure);
    const auto number = [&](const char* key) {
      if (test.baseline && test.baseline->percent) {
        std::optional<Number> written;
        form.decimal(key, written);
        return written;
      }
      return measure.number(key, test.baseline.has_value());
    };
    if (auto bound = number(word.name)) test.bound = *bound;
    test.clear = number("clear");
    read_often(form, test.of, test.sustained);
    return test;
  }

  static thresholds::ChangeTest change(Form& form, Measure& measure, const ChangeWord& word) {
    using Against = thresholds::ChangeTest::Against;
    thresholds::ChangeTest test;
    test.series = measure.series();
    test.falls = word.falls;
    test.percent = word.percent;
    if (auto amount = word.percent ? measure.percentage(word.name) : measure.number(word.name, true)) test.amount = *amount;
    form.span("within", test.within);
    const auto against = [](std::string_view text) -> std::optional<Against> {
      if (text == "last") return Against::last;
      if (text == "baseline") return Against::baseline;
      return std::nullopt;
    };
    form.word<Against>("against", test.against, against, "last or baseline; without it the window is looked at");
    test.baseline = read_baseline(form, measure);
    return test;
  }

  static thresholds::TrendTest trend(Form& form, Measure& measure, const TrendWord& word) {
    thresholds::TrendTest test;
    test.series = measure.series();
    test.statistic = word.statistic;
    test.compare = word.compare;
    const bool slope = word.statistic == thresholds::TrendTest::Statistic::slope;
    if (auto bound = measure.number(word.name, slope)) test.bound = *bound;
    form.span("within", test.within);
    form.whole("readings", test.readings, 1, readings_max);
    return test;
  }

  Condition missing(Form& form) {
    thresholds::MissingTest test;
    form.section("missing", [&](Form& inner) {
      inner.text("kind", test.series.kind, Need::required);
      inner.text("component", test.series.component);
      // Of what arrives as a whole any component stands for the whole; the first is never left out.
      const fhir::KindInfo& kind = fhir::info(fhir::kind_named(test.series.kind));
      if (test.series.component.empty() && !kind.components.empty()) test.series.component = fhir::info(kind.components.front()).name;
      thresholds::Schedule& schedule = test.schedule;
      inner.windows("windows", schedule.windows);
      inner.days("days", schedule.days);
      inner.minutes("every", schedule.every);
      inner.minutes("grace", schedule.grace);
      schedule.timezone = timezone_;
      inner.text("timezone", schedule.timezone);
      schedule.zone = zone_named(schedule.timezone);
      inner.each("escalate", [&](Form& entry) {
        thresholds::MissingTest::Step step;
        entry.whole("misses", step.misses, 2, 1000);
        if (!entry.has("misses")) entry.error("misses", "is missing");
        read_severity(entry, step.severity);
        test.escalate.push_back(step);
      });
    });
    return {std::move(test), {}};
  }

  static Condition score(Form& form) {
    thresholds::ScoreTest test;
    form.text("score", test.score);
    form.decimal("at_least", test.at_least);
    form.flag("red", test.red);
    test.max_age = thresholds::score_max_age_default;
    form.minutes("max_age", test.max_age);
    return {std::move(test), {}};
  }

  static Condition answer(Form& form) {
    thresholds::AnswerTest test;
    form.section("answer", [&](Form& inner) {
      inner.text("questionnaire", test.questionnaire, Need::required);
      inner.text("link", test.link, Need::required);
      compared(inner, test.compare, test.bound, "an answer");
    });
    return {std::move(test), {}};
  }

  static Condition form_sum(Form& form) {
    thresholds::FormTest test;
    form.section("form", [&](Form& inner) {
      inner.text("questionnaire", test.questionnaire, Need::required);
      inner.texts("links", test.links);
      inner.wholes("weights", test.weights, -thresholds::form_weight_max, thresholds::form_weight_max);
      inner.whole("lowest", test.lowest, 0, thresholds::form_answer_max);
      inner.whole("highest", test.highest, 0, thresholds::form_answer_max);
      inner.text("total", test.total);
      compared(inner, test.compare, test.bound, "a form's total");
    });
    return {std::move(test), {}};
  }

  static void compared(Form& form, thresholds::Compare& compare, Number& bound, const char* what) {
    int tests = 0;
    for (const CompareWord& word : compare_words) {
      std::optional<Number> written;
      tests += form.has(word.name) ? 1 : 0;
      if (!form.decimal(word.name, written)) continue;
      compare = word.compare;
      bound = *written;
    }
    if (tests != 1) form.wrong(std::string(what) + " is compared once; give one of above, below, at_least and at_most");
  }

  static Condition expression(Form& form) {
    std::string text;
    Condition made;
    if (form.text("when", text)) {
      auto parsed = thresholds::parse_expression(text, KindWords());
      if (const auto* error = std::get_if<thresholds::ExpressionError>(&parsed)) {
        form.error("when", "column " + std::to_string(error->column) + ": " + error->text);
      } else {
        made = std::move(std::get<Condition>(parsed));
      }
    }
    thresholds::Span within;
    if (!form.span("within", within)) return made;
    auto* combination = std::get_if<Condition::Combination>(&made.test);
    if (combination == nullptr || combination->how == Condition::Combination::How::none) {
      form.error("within", "is for conditions joined with 'and' or 'or'");
    } else {
      combination->within = within;
    }
    return made;
  }

  Condition combination(Form& form, std::size_t depth) {
    Condition made;
    Condition::Combination combination;
    const auto part = [&](Form& inner) { made.parts.push_back(read(inner, depth + 1)); };
    for (const HowWord& word : how_words) {
      if (!form.has(word.name)) continue;
      combination.how = word.how;
      if (word.how == Condition::Combination::How::none) {
        form.section(word.name, part);
      } else {
        form.each(word.name, part);
        form.span("within", combination.within);
      }
    }
    made.test = combination;
    return made;
  }

  std::string timezone_;
};

}  // namespace

thresholds::Limit read_limit(Form& form, const std::string& timezone) {
  thresholds::Limit limit;
  Measure measure(form);
  limit.kind = measure.series().kind;
  limit.component = measure.series().component;
  limit.baseline = read_baseline(form, measure);
  for (const BoundWord& word : bound_words) {
    if (limit.baseline && limit.baseline->percent) {
      form.decimal(word.name, limit.*word.member);
    } else {
      limit.*word.member = measure.number(word.name, limit.baseline.has_value());
    }
  }
  read_applies(form, timezone, limit.applies);
  read_often(form, limit.of, limit.sustained);
  return limit;
}

thresholds::Rule read_rule(Form& form, const std::string& timezone) {
  thresholds::Rule rule;
  form.text("id", rule.id, Need::required);
  read_severity(form, rule.severity);
  read_applies(form, timezone, rule.applies);
  form.flag("shadow", rule.shadow);
  form.text("text", rule.text);
  rule.condition = ConditionReader(rule.applies.timezone).read(form, 1);
  return rule;
}

bool uses_clock(const thresholds::Limit& limit) {
  return limit.applies.by_time() || (limit.baseline && limit.baseline->window.days != 0);
}

bool uses_clock(const thresholds::Rule& rule) {
  bool uses = rule.applies.by_time();
  thresholds::each_condition(rule.condition, [&](const Condition& condition) {
    const auto days = [&](const thresholds::Span& span) { uses = uses || span.days != 0; };
    if (const auto* value = std::get_if<thresholds::ValueTest>(&condition.test)) {
      if (value->baseline) days(value->baseline->window);
    } else if (const auto* change = std::get_if<thresholds::ChangeTest>(&condition.test)) {
      days(change->within);
      if (change->baseline) days(change->baseline->window);
    } else if (const auto* trend = std::get_if<thresholds::TrendTest>(&condition.test)) {
      days(trend->within);
    } else if (const auto* combination = std::get_if<Condition::Combination>(&condition.test)) {
      days(combination->within);
    }
  });
  return uses;
}

}  // namespace gateway::config
