#include "gateway/alarms/rule_text.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <variant>

#include "gateway/alarms/alarm_text.hpp"

namespace gateway::alarms {
namespace {

using thresholds::Condition;
using thresholds::Evidence;
using thresholds::Number;

fhir::Kind kind_of(const thresholds::SeriesName& series) {
  return fhir::kind_named(series.component.empty() ? series.kind : series.component);
}

std::string what(const thresholds::SeriesName& series) { return std::string(kind_text(kind_of(series))); }

std::string number_words(const Number& number) { return number_text(fhir::Decimal(number.coefficient, number.scale)); }

std::string with_unit(const Number& number, const thresholds::SeriesName& series) {
  const fhir::Kind kind = kind_of(series);
  return value_text(fhir::Decimal(number.coefficient, number.scale), adapters::Comparator::none, fhir::info(kind).unit, kind);
}

std::string counted(std::int64_t count, std::string_view one, std::string_view more) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : more);
}

std::string length_words(std::chrono::minutes length) {
  if (length.count() % 60 != 0) return counted(length.count(), "minutt", "minutter");
  return counted(length.count() / 60, "time", "timer");
}

std::string span_words(const thresholds::Span& span) {
  return span.days != 0 ? counted(span.days, "dag", "dager") : length_words(span.length);
}

std::string_view side_words(thresholds::Compare compare) {
  switch (compare) {
    case thresholds::Compare::above:
      return "over";
    case thresholds::Compare::below:
      return "under";
    case thresholds::Compare::at_least:
      return "minst";
    case thresholds::Compare::at_most:
      return "høyst";
  }
  return "";
}

// A condition, and with evidence what was found of it.
class Words {
 public:
  explicit Words(const Evidence* evidence) : evidence_(evidence) {}

  std::string operator()(const thresholds::ValueTest& test) const {
    std::string text = what(test.series);
    if (evidence_ != nullptr && evidence_->value && !test.of) text += " " + with_unit(*evidence_->value, test.series) + ",";
    text.append(" ").append(side_words(test.compare)).append(" ");
    if (test.baseline) {
      // The bound is a difference from what is usual; what was compared with stands in the evidence.
      const bool known = evidence_ != nullptr && evidence_->bound && !test.of;
      text += known ? with_unit(*evidence_->bound, test.series) + " (ut fra det vanlige)" : "det vanlige";
    } else {
      text += with_unit(test.bound, test.series);
    }
    if (test.of) text += " i " + std::to_string(test.of->readings) + " av de siste " + std::to_string(test.of->last);
    if (test.sustained.count() > 0) text += " i minst " + length_words(test.sustained);
    return text;
  }

  std::string operator()(const thresholds::ChangeTest& test) const {
    std::string text = what(test.series) + (test.falls ? " falt" : " steget");
    if (evidence_ != nullptr && evidence_->value) text += " " + with_unit(*evidence_->value, test.series);
    if (test.against == thresholds::ChangeTest::Against::baseline) {
      text += " fra det vanlige";
    } else if (test.against == thresholds::ChangeTest::Against::last) {
      text += " fra forrige måling";
    } else {
      text += " på " + span_words(test.within);
    }
    return text + ", grense " + (test.percent ? number_words(test.amount) + " %" : with_unit(test.amount, test.series));
  }

  std::string operator()(const thresholds::TrendTest& test) const {
    using Statistic = thresholds::TrendTest::Statistic;
    const bool slope = test.statistic == Statistic::slope;
    std::string text = what(test.series);
    text += slope ? ", endring per dag" : test.statistic == Statistic::median ? ", median" : ", gjennomsnitt";
    text += " siste " + span_words(test.within);
    if (evidence_ != nullptr && evidence_->value) text += " " + with_unit(rounded(*evidence_->value), test.series) + ",";
    return text.append(" ").append(side_words(test.compare)).append(" ") + with_unit(test.bound, test.series);
  }

  std::string operator()(const thresholds::MissingTest& test) const {
    return test.series.kind == thresholds::any_kind ? "ingen målinger" : what(test.series) + " ikke målt";
  }

  std::string operator()(const thresholds::ScoreTest& test) const {
    std::string text = test.score == "news2" ? "NEWS2" : test.score;
    if (evidence_ != nullptr && evidence_->value) text += " minst " + number_words(*evidence_->value);
    if (evidence_ != nullptr && evidence_->why == "single-parameter-3") return text + ", én måling gir 3 poeng";
    return test.at_least ? text + ", grense " + number_words(*test.at_least) : text;
  }

  std::string operator()(const thresholds::AnswerTest& test) const {
    std::string text = "Svar på «" + test.link + "»";
    if (evidence_ != nullptr && evidence_->value) text += " " + number_words(*evidence_->value) + ",";
    return text.append(" ").append(side_words(test.compare)).append(" ") + number_words(test.bound);
  }

  std::string operator()(const thresholds::FormTest& test) const {
    std::string text = test.total == thresholds::cat_total ? "CAT" : "Skjemasum";
    if (evidence_ != nullptr && evidence_->value) text += " minst " + number_words(*evidence_->value) + ",";
    return text.append(" ").append(side_words(test.compare)).append(" ") + number_words(test.bound);
  }

  std::string operator()(const thresholds::RuleReference& reference) const { return "regel " + reference.id; }

  std::string operator()(const Condition::Combination&) const { return {}; }

 private:
  // A mean has more digits than anybody reads.
  static Number rounded(Number value) {
    while (value.scale > 1) {
      value.coefficient = (value.coefficient + (value.coefficient < 0 ? -5 : 5)) / 10;
      --value.scale;
    }
    return value;
  }

  const Evidence* evidence_;
};

std::string words(const Condition& condition, const Evidence* evidence, int depth) {
  const auto* combination = std::get_if<Condition::Combination>(&condition.test);
  if (combination == nullptr) return std::visit(Words(evidence), condition.test);
  if (combination->how == Condition::Combination::How::none) return "ikke (" + words(condition.parts.front(), nullptr, depth + 1) + ")";
  std::string text;
  for (const Condition& part : condition.parts) {
    if (!text.empty()) text += combination->how == Condition::Combination::How::all ? " og " : " eller ";
    text += words(part, nullptr, depth + 1);
  }
  return depth == 0 || condition.parts.size() < 2 ? text : "(" + text + ")";
}

const thresholds::SeriesName* compared(const Condition& condition) {
  if (const auto* test = std::get_if<thresholds::ValueTest>(&condition.test)) return test->of ? nullptr : &test->series;
  if (const auto* test = std::get_if<thresholds::ChangeTest>(&condition.test)) return &test->series;
  if (const auto* test = std::get_if<thresholds::TrendTest>(&condition.test)) return &test->series;
  return nullptr;
}

}  // namespace

std::string rule_text(const thresholds::Rule& rule, const Evidence& evidence) {
  std::string found = words(rule.condition, &evidence, 0);
  return rule.text.empty() ? found : rule.text + ": " + found;
}

std::string compared_unit(const thresholds::Rule& rule) {
  const thresholds::SeriesName* series = compared(rule.condition);
  return series == nullptr ? std::string() : std::string(fhir::info(kind_of(*series)).unit);
}

}  // namespace gateway::alarms
