#include "gateway/config/rule_json.hpp"

#include <algorithm>
#include <string>

#include "gateway/config/form.hpp"
#include "gateway/config/rule_form.hpp"
#include "gateway/config/rule_words.hpp"
#include "thresholds/alarm_state.hpp"
#include "thresholds/expression.hpp"

namespace gateway::config {
namespace {

using thresholds::Condition;

class Writer {
 public:
  explicit Writer(fhir::JsonWriter& json) : json_(json) {}

  void applies(const thresholds::Applies& applies, bool clock) {
    if (applies.between) json_.member("between", text_of(*applies.between));
    days(applies.days);
    if (applies.from) json_.member("valid_from", text_of(*applies.from));
    if (applies.to) json_.member("valid_to", text_of(*applies.to));
    if (clock) json_.member_if("timezone", applies.timezone);
    if (applies.meal) json_.member("meal", thresholds::name(*applies.meal));
    if (applies.oxygen) json_.member("oxygen", thresholds::name(*applies.oxygen));
    json_.member_if("site", applies.site);
  }

  void series(const thresholds::SeriesName& series) {
    json_.member("kind", series.kind).member_if("component", series.component);
  }

  void number(const char* name, const thresholds::Number& number) {
    json_.member(name, fhir::Decimal(number.coefficient, number.scale));
  }
  void number(const char* name, const std::optional<thresholds::Number>& value) {
    if (value) number(name, *value);
  }

  void often(const std::optional<thresholds::CountOf>& of, std::chrono::minutes sustained) {
    if (of) {
      json_.key("of").begin_object().member("readings", std::int64_t{of->readings});
      json_.member("last", std::int64_t{of->last}).end_object();
    }
    minutes("for", sustained);
  }

  void baseline(const std::optional<thresholds::Baseline>& baseline) {
    if (!baseline) return;
    json_.key("baseline").begin_object();
    if (baseline->statistic == thresholds::Baseline::Statistic::given) number("value", baseline->value);
    for (const BaselineWord& word : baseline_words) {
      if (word.statistic != baseline->statistic) continue;
      json_.member(word.name, text(baseline->window)).member("readings", std::int64_t{baseline->readings});
    }
    if (baseline->percent) json_.member("percent", true);
    json_.end_object();
  }

  void condition(const Condition& condition) {
    std::visit([&](const auto& test) { write(test, condition); }, condition.test);
  }

 private:
  void minutes(const char* name, std::chrono::minutes length) {
    if (length.count() != 0) json_.member(name, text(thresholds::Span{0, length}));
  }
  void span(const char* name, const thresholds::Span& span) {
    if (!span.empty()) json_.member(name, text(span));
  }
  void days(const thresholds::Days& days) {
    if (days != thresholds::every_day) list("days", words_of(days));
  }
  void list(const char* name, const std::vector<std::string>& words) {
    json_.key(name).begin_array();
    for (const std::string& word : words) json_.value(word);
    json_.end_array();
  }
  void compare(thresholds::Compare compare, const thresholds::Number& bound) {
    for (const CompareWord& word : compare_words) {
      if (word.compare == compare) number(word.name, bound);
    }
  }

  void write(const thresholds::ValueTest& test, const Condition&) {
    series(test.series);
    compare(test.compare, test.bound);
    number("clear", test.clear);
    baseline(test.baseline);
    often(test.of, test.sustained);
  }

  void write(const thresholds::ChangeTest& test, const Condition&) {
    using Against = thresholds::ChangeTest::Against;
    series(test.series);
    for (const ChangeWord& word : change_words) {
      if (word.falls == test.falls && word.percent == test.percent) number(word.name, test.amount);
    }
    span("within", test.within);
    if (test.against != Against::window) json_.member("against", test.against == Against::last ? "last" : "baseline");
    baseline(test.baseline);
  }

  void write(const thresholds::TrendTest& test, const Condition&) {
    series(test.series);
    for (const TrendWord& word : trend_words) {
      if (word.statistic == test.statistic && word.compare == test.compare) number(word.name, test.bound);
    }
    span("within", test.within);
    json_.member("readings", std::int64_t{test.readings});
  }

  void write(const thresholds::MissingTest& test, const Condition&) {
    json_.key("missing").begin_object();
    series(test.series);
    const thresholds::Schedule& schedule = test.schedule;
    if (!schedule.windows.empty()) {
      std::vector<std::string> windows;
      for (const thresholds::DayWindow& window : schedule.windows) windows.push_back(text_of(window));
      list("windows", windows);
    }
    days(schedule.days);
    minutes("every", schedule.every);
    minutes("grace", schedule.grace);
    json_.member_if("timezone", schedule.timezone);
    if (!test.escalate.empty()) {
      json_.key("escalate").begin_array();
      for (const thresholds::MissingTest::Step& step : test.escalate) {
        json_.begin_object().member("misses", std::int64_t{step.misses});
        json_.member("severity", thresholds::name(step.severity)).end_object();
      }
      json_.end_array();
    }
    json_.end_object();
  }

  void write(const thresholds::ScoreTest& test, const Condition&) {
    json_.member("score", test.score);
    number("at_least", test.at_least);
    if (test.red) json_.member("red", true);
    minutes("max_age", test.max_age);
  }

  void write(const thresholds::AnswerTest& test, const Condition&) {
    json_.key("answer").begin_object().member("questionnaire", test.questionnaire).member("link", test.link);
    compare(test.compare, test.bound);
    json_.end_object();
  }

  void write(const thresholds::FormTest& test, const Condition&) {
    json_.key("form").begin_object().member("questionnaire", test.questionnaire).member("total", test.total).key("links").begin_array();
    for (const std::string& link : test.links) json_.value(link);
    json_.end_array();
    if (!test.weights.empty()) {
      json_.key("weights").begin_array();
      for (const int weight : test.weights) json_.value(std::int64_t{weight});
      json_.end_array();
    }
    json_.member("lowest", std::int64_t{test.lowest}).member("highest", std::int64_t{test.highest});
    compare(test.compare, test.bound);
    json_.end_object();
  }

  void write(const thresholds::RuleReference& test, const Condition&) { json_.member("rule", test.id); }

  void write(const Condition::Combination& test, const Condition& whole) {
    if (test.how == Condition::Combination::How::none) {
      json_.key("not").begin_object();
      if (!whole.parts.empty()) condition(whole.parts.front());
      json_.end_object();
      return;
    }
    json_.key(test.how == Condition::Combination::How::all ? "all" : "any").begin_array();
    for (const Condition& part : whole.parts) {
      json_.begin_object();
      condition(part);
      json_.end_object();
    }
    json_.end_array();
    span("within", test.within);
  }

  fhir::JsonWriter& json_;
};

}  // namespace

void write_limit(fhir::JsonWriter& json, const thresholds::Limit& limit) {
  Writer writer(json);
  writer.series({limit.kind, limit.component});
  for (const BoundWord& word : bound_words) writer.number(word.name, limit.*word.member);
  writer.applies(limit.applies, uses_clock(limit));
  writer.baseline(limit.baseline);
  writer.often(limit.of, limit.sustained);
}

void write_rule(fhir::JsonWriter& json, const thresholds::Rule& rule) {
  Writer writer(json);
  json.member("id", rule.id);
  writer.condition(rule.condition);
  writer.applies(rule.applies, uses_clock(rule));
  json.member("severity", thresholds::name(rule.severity));
  if (rule.shadow) json.member("shadow", true);
  json.member_if("text", rule.text);
}

}  // namespace gateway::config
