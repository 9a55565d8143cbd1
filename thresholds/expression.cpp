#include "thresholds/expression.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace thresholds {
namespace {

using How = Condition::Combination::How;

constexpr int days_max = 366;
constexpr std::size_t digits_max = 18;  // what an exact decimal holds

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool in_word(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct Function {
  std::string_view name;
  enum class What : std::uint8_t { change, trend } what;
  bool falls, percent;
  TrendTest::Statistic statistic;
};
constexpr std::array<Function, 7> functions{{
    {"rise", Function::What::change, false, false, {}},
    {"rise_percent", Function::What::change, false, true, {}},
    {"fall", Function::What::change, true, false, {}},
    {"fall_percent", Function::What::change, true, true, {}},
    {"average", Function::What::trend, false, false, TrendTest::Statistic::average},
    {"median", Function::What::trend, false, false, TrendTest::Statistic::median},
    {"slope", Function::What::trend, false, false, TrendTest::Statistic::slope},
}};

std::size_t depth_of(const Condition& condition) {
  std::size_t deepest = 0;
  for (const Condition& part : condition.parts) deepest = std::max(deepest, depth_of(part));
  return deepest + 1;
}

class Parser {
 public:
  Parser(std::string_view text, const ExpressionWords& words) : text_(text), words_(words) {}

  std::variant<Condition, ExpressionError> run() {
    try {
      if (text_.size() > expression_length_max) {
        fail(0, "is longer than " + std::to_string(expression_length_max) + " characters; split it into several rules");
      }
      Condition condition = any();
      skip();
      if (at_ < text_.size()) fail(at_, text_[at_] == ')' ? "this ')' has no '('" : "expected 'and', 'or' or the end");
      if (depth_of(condition) > condition_depth_max) {
        fail(0, "is nested deeper than " + std::to_string(condition_depth_max) + " levels; split it into several rules");
      }
      return condition;
    } catch (ExpressionError& error) {
      return std::move(error);
    }
  }

 private:
  [[noreturn]] void fail(std::size_t at, std::string text) const {
    const auto first_bytes = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    const std::string_view before = text_.substr(0, std::min(at, text_.size()));
    throw ExpressionError{static_cast<std::size_t>(std::count_if(before.begin(), before.end(), first_bytes)) + 1, std::move(text)};
  }

  void skip() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view peek_word() {
    skip();
    std::size_t end = at_;
    if (end < text_.size() && is_letter(text_[end])) {
      while (end < text_.size() && in_word(text_[end])) ++end;
    }
    return text_.substr(at_, end - at_);
  }

  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    at_ += word.size();
    return true;
  }

  // Of parts joined by one word; a single part is itself.
  template <class Next>
  Condition joined(std::string_view word, How how, Next next) {
    Condition first = next();
    if (!take_word(word)) return first;
    Condition all{Condition::Combination{how, {}}, {}};
    all.parts.push_back(std::move(first));
    do {
      if (all.parts.size() >= condition_parts_max) fail(at_, "has more parts than a person can read; split it into several rules");
      all.parts.push_back(next());
    } while (take_word(word));
    return all;
  }

  Condition any() {
    return joined("or", How::any, [this] { return all(); });
  }
  Condition all() {
    return joined("and", How::all, [this] { return one(); });
  }

  Condition one() {
    skip();
    const std::size_t begin = at_;
    if (nested_ >= condition_depth_max) {
      fail(begin, "is nested deeper than " + std::to_string(condition_depth_max) + " levels; split it into several rules");
    }
    if (take_word("not")) {
      ++nested_;
      Condition negated{Condition::Combination{How::none, {}}, {}};
      negated.parts.push_back(one());
      --nested_;
      return negated;
    }
    if (take('(')) {
      ++nested_;
      Condition inner = any();
      --nested_;
      if (!take(')')) fail(at_, "expected ')' for the '(' in column " + std::to_string(begin + 1));
      return inner;
    }
    return comparison();
  }

  Condition comparison() {
    const std::string_view word = peek_word();
    const std::size_t begin = at_;
    if (word.empty()) fail(at_, at_ < text_.size() && is_digit(text_[at_])
                                    ? "the kind stands before the number, like 'heart-rate > 100'"
                                    : "expected a kind, like 'heart-rate > 100'");
    at_ += word.size();
    if (take('(')) return call(word, begin);
    if (std::find(known_scores.begin(), known_scores.end(), word) != known_scores.end()) return score(word);
    at_ = begin;
    SeriesName name = series();
    const Compare compare = comparator();
    const Number bound = number(name, false, false);
    return {ValueTest{std::move(name), compare, bound, {}, {}, {}, std::chrono::minutes(0)}, {}};
  }

  Condition call(std::string_view name, std::size_t begin) {
    auto function = std::find_if(functions.begin(), functions.end(), [&](const Function& one) { return one.name == name; });
    if (function == functions.end()) {
      fail(begin, "there are rise, rise_percent, fall, fall_percent, average, median and slope before a '('");
    }
    SeriesName of = series();
    if (!take(',')) fail(at_, "expected ',' and how far back, like ', 3d'");
    const Span within = span();
    std::optional<int> readings;
    if (function->what == Function::What::trend && take(',')) readings = count();
    if (!take(')')) fail(at_, "expected ')'");
    skip();
    const std::size_t compared_at = at_;
    const Compare compare = comparator();
    if (function->what == Function::What::change) {
      if (compare != Compare::at_least) fail(compared_at, "a rise or fall is met at equality; write '>='");
      ChangeTest test;
      test.amount = number(of, true, function->percent);
      test.series = std::move(of);
      test.falls = function->falls;
      test.percent = function->percent;
      test.within = within;
      return {std::move(test), {}};
    }
    TrendTest test;
    test.statistic = function->statistic;
    test.compare = compare;
    test.bound = number(of, function->statistic == TrendTest::Statistic::slope, false);
    test.series = std::move(of);
    test.within = within;
    if (readings) test.readings = *readings;
    return {std::move(test), {}};
  }

  Condition score(std::string_view name) {
    skip();
    const std::size_t compared_at = at_;
    if (comparator() != Compare::at_least) fail(compared_at, "a score is met at equality; write '>='");
    ScoreTest test;
    test.score = name;
    test.at_least = plain_number();
    test.max_age = score_max_age_default;
    return {std::move(test), {}};
  }

  SeriesName series() {
    const std::string_view kind = peek_word();
    const std::size_t begin = at_;
    if (kind.empty()) fail(at_, "expected a kind, like heart-rate or blood-pressure.systolic");
    SeriesName name;
    name.kind = kind;
    at_ += kind.size();
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      const std::size_t dot = at_;
      name.component = peek_word();
      if (name.component.empty() || at_ != dot) fail(dot, "expected a component after '.', like blood-pressure.systolic");
      at_ += name.component.size();
    }
    if (std::string wrong = words_.problem(name); !wrong.empty()) fail(begin, std::move(wrong));
    return name;
  }

  Compare comparator() {
    skip();
    const bool less = at_ < text_.size() && text_[at_] == '<';
    if (!less && (at_ >= text_.size() || text_[at_] != '>')) fail(at_, "expected '<', '<=', '>' or '>='");
    ++at_;
    const bool equal = at_ < text_.size() && text_[at_] == '=';
    if (equal) ++at_;
    if (less) return equal ? Compare::at_most : Compare::below;
    return equal ? Compare::at_least : Compare::above;
  }

  Number plain_number() {
    skip();
    const std::size_t begin = at_;
    const bool negative = at_ < text_.size() && text_[at_] == '-';
    if (negative) ++at_;
    Number made;
    std::size_t digits = 0;
    const auto take_digits = [&] {
      const std::size_t before = digits;
      for (; at_ < text_.size() && is_digit(text_[at_]); ++at_) {
        if (++digits > digits_max) fail(begin, "has more digits than a measurement can have");
        made.coefficient = made.coefficient * 10 + (text_[at_] - '0');
      }
      return digits - before;
    };
    if (take_digits() == 0) fail(begin, "expected a number, like 92 or 37.5");
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      made.scale = static_cast<int>(take_digits());
      if (made.scale == 0) fail(begin, "expected a number, like 92 or 37.5");
    }
    if (negative) made.coefficient = -made.coefficient;
    return made;
  }

  Number number(const SeriesName& of, bool difference, bool percent) {
    skip();
    const std::size_t begin = at_;
    const Number written = plain_number();
    skip();
    const std::size_t unit_at = at_;
    const std::string_view unit = unit_here();
    at_ += unit.size();
    if (percent) {
      if (!unit.empty() && unit != "%") fail(unit_at, "a percentage has no other unit than %");
      return written;
    }
    std::variant<Number, std::string> made = words_.canonical(of, written, unit, difference);
    if (std::string* wrong = std::get_if<std::string>(&made)) fail(unit.empty() ? begin : unit_at, std::move(*wrong));
    return std::get<Number>(made);
  }

  std::string_view unit_here() {
    const std::string_view word = peek_word();
    if (word == "and" || word == "or") return {};
    std::size_t end = at_;
    if (end < text_.size() && (text_[end] == '<' || text_[end] == '>')) {
      fail(end, "one comparison at a time; join two with 'and'");
    }
    while (end < text_.size() && !is_space(text_[end]) && text_[end] != ')' && text_[end] != ',') ++end;
    return text_.substr(at_, end - at_);
  }

  Span span() {
    skip();
    std::size_t end = at_;
    while (end < text_.size() && (is_digit(text_[end]) || is_letter(text_[end]))) ++end;
    const std::optional<Span> made = span_of(text_.substr(at_, end - at_));
    if (!made) fail(at_, "expected how far back, like 3d, 36h or 90m, from 1m to 366d");
    at_ = end;
    return *made;
  }

  int count() {
    const Number written = plain_number();
    if (written.scale != 0 || written.coefficient < 1 || written.coefficient > 10'000) {
      fail(at_, "expected how many readings, from 1 to 10000");
    }
    return static_cast<int>(written.coefficient);
  }

  std::string_view text_;
  const ExpressionWords& words_;
  std::size_t at_ = 0;
  std::size_t nested_ = 0;
};

}  // namespace

std::variant<Condition, ExpressionError> parse_expression(std::string_view text, const ExpressionWords& words) {
  return Parser(text, words).run();
}

std::optional<Span> span_of(std::string_view text) {
  int count = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc{} || text.data() + text.size() != stop + 1 || count <= 0) return std::nullopt;
  constexpr int minutes_of_day = 24 * 60;
  switch (*stop) {
    case 'd':
      if (count > days_max) return std::nullopt;
      return Span{count, std::chrono::minutes(0)};
    case 'h':
      if (count > days_max * 24) return std::nullopt;
      return Span{0, std::chrono::minutes(count * 60)};
    case 'm':
      if (count > days_max * minutes_of_day) return std::nullopt;
      return Span{0, std::chrono::minutes(count)};
    default:
      return std::nullopt;
  }
}

std::string text(const Span& span) {
  if (span.days != 0) return std::to_string(span.days) + "d";
  const auto minutes = span.length.count();
  return minutes % 60 == 0 ? std::to_string(minutes / 60) + "h" : std::to_string(minutes) + "m";
}

}  // namespace thresholds
