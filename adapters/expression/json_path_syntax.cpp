#include "adapters/expression/json_path_syntax.hpp"

#include <charconv>
#include <optional>

#include "adapters/expression/utf8.hpp"

namespace adapters::expression {
namespace {

using Kind = PathStep::Kind;

// Reads as Json.NET does (JamesNK/Newtonsoft.Json Src/Newtonsoft.Json/Linq/JsonPath/JPath.cs): a path is a run of
// names, dots and brackets; in a condition it also ends at an operator. After a problem everything returns quickly and
// nothing made is used.
class Parser {
 public:
  Parser(std::string_view text, const CompileLimits& limits, JsonPathProgram& program)
      : text_(text), limits_(limits), program_(program) {}

  fhir::Result<void> run() {
    skip_blanks();
    std::size_t end = text_.size();
    while (end > at_ && text_[end - 1] == ' ') --end;
    text_ = text_.substr(0, end);
    if (at_ == end) wrong("an empty path");
    // "$" is the root only alone or before . [ (; "$name" is a member called so.
    const std::string_view rest = text_.substr(at_);
    if (rest == "$" || rest.starts_with("$.") || rest.starts_with("$[") || rest.starts_with("$(")) ++at_;
    program_.steps = path(false);
    if (wrong_.empty() && at_ < text_.size()) wrong("unexpected here");
    if (wrong_.empty()) return {};
    return problem("JSONPath", program_.text, wrong_at_, wrong_);
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char here() const { return at_end() ? '\0' : text_[at_]; }
  void skip_blanks() {
    while (here() == ' ') ++at_;
  }
  bool take(std::string_view wanted) {
    if (at_end() || !text_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }
  void wrong(std::string_view what) {
    if (!wrong_.empty()) return;
    wrong_ = what;
    wrong_at_ = at_;
  }
  void warn(std::string_view what, std::size_t offset) {
    program_.warnings.push_back(problem("JSONPath", program_.text, offset, what).detail);
  }

  bool ends_name(bool in_condition) const {
    const std::string_view always = ".[(]) ", operators = "=<!>|&";
    return at_end() || always.find(here()) != std::string_view::npos ||
           (in_condition && operators.find(here()) != std::string_view::npos);
  }

  std::vector<PathStep> path(bool in_condition) {
    std::vector<PathStep> steps;
    bool deep = false, after_dot = false, after_bracket = false;
    while (wrong_.empty() && !at_end()) {
      if (steps.size() > limits_.nesting) wrong("more steps than allowed");
      if (here() == '.') {
        if (after_dot) wrong("a name is missing");
        ++at_;
        deep = take(".");
        after_dot = true;
        after_bracket = false;
        continue;
      }
      if (here() == '[' || here() == '(') {
        steps.push_back(bracket(deep));
        deep = after_dot = false;
        after_bracket = true;
        continue;
      }
      if (ends_name(in_condition)) break;
      if (after_bracket) {
        wrong("a name directly after brackets");
        break;
      }
      steps.push_back(name(deep, in_condition));
      deep = after_dot = false;
    }
    if (after_dot) wrong("the path ends after a dot");
    return steps;
  }

  PathStep name(bool deep, bool in_condition) {
    const std::size_t start = at_;
    while (!ends_name(in_condition)) ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    PathStep step;
    if (word == "*") {
      step.kind = deep ? Kind::deep_every : Kind::every_value;
    } else {
      step.kind = deep ? Kind::deep_names : Kind::names;
      step.names.emplace_back(word);
    }
    return step;
  }

  PathStep bracket(bool deep) {
    const std::size_t start = at_;
    const char closing = here() == '[' ? ']' : ')';
    if (++open_ > limits_.nesting) wrong("nested deeper than allowed");
    ++at_;
    skip_blanks();
    PathStep step;
    if (!wrong_.empty()) return step;
    if (here() == '\'') {
      step = quoted_names(deep);
    } else if (here() == '?') {
      step = filter(deep);
    } else {
      if (deep) warn("two dots before an index do nothing in this dialect", start);
      step = positions(closing);
    }
    skip_blanks();
    if (wrong_.empty() && here() != closing) wrong(closing == ']' ? "expected ]" : "expected )");
    if (!at_end()) ++at_;
    --open_;
    return step;
  }

  PathStep quoted_names(bool deep) {
    PathStep step;
    step.kind = deep ? Kind::deep_names : Kind::names;
    do {
      skip_blanks();
      if (here() != '\'') {
        wrong("expected a name in single quotes");
        return step;
      }
      step.names.push_back(quoted());
      skip_blanks();
    } while (wrong_.empty() && take(","));
    return step;
  }

  std::string quoted() {
    std::string text;
    for (++at_; !at_end(); ++at_) {
      if (here() == '\'') {
        ++at_;
        return text;
      }
      if (here() != '\\') {
        text += here();
        continue;
      }
      ++at_;
      constexpr std::string_view escapes = "btnfr\\\"'/", meanings = "\b\t\n\f\r\\\"'/";
      const std::size_t escape = at_end() ? std::string_view::npos : escapes.find(here());
      if (escape == std::string_view::npos) {
        wrong("an unknown escape");
        return text;
      }
      text += meanings[escape];
    }
    wrong("a text without its closing quote");
    return text;
  }

  std::optional<std::int64_t> integer() {
    const std::size_t start = at_;
    if (here() == '-') ++at_;
    while (here() >= '0' && here() <= '9') ++at_;
    const std::string_view digits = text_.substr(start, at_ - start);
    if (digits.empty()) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || number > INT32_MAX || number < INT32_MIN) wrong("an index that is no 32 bit integer");
    skip_blanks();
    return number;
  }

  // [*], [n], [n,m] or [start:stop:step]
  PathStep positions(char closing) {
    PathStep step;
    if (take("*")) {
      step.kind = Kind::every_element;
      return step;
    }
    const std::size_t start = at_;
    std::optional<std::int64_t> part = integer();
    if (here() == ':') return slice(part);
    step.kind = Kind::indices;
    for (;;) {
      if (!part) {
        wrong(here() == closing ? "an index is missing" : "expected an index, a quoted name, * or ?");
        return step;
      }
      // Json.NET fails when such a path meets an array.
      if (*part < 0) {
        at_ = start;
        wrong("a negative index (the last element is [-1:])");
        return step;
      }
      step.indices.push_back(*part);
      if (!take(",")) return step;
      skip_blanks();
      part = integer();
    }
  }

  PathStep slice(std::optional<std::int64_t> start) {
    PathStep step;
    step.kind = Kind::slice;
    step.slice.start = start;
    ++at_;
    skip_blanks();
    step.slice.stop = integer();
    if (!take(":")) return step;
    skip_blanks();
    step.slice.step = integer().value_or(1);
    if (step.slice.step == 0) wrong("a slice's step is not 0");
    return step;
  }

  PathStep filter(bool deep) {
    PathStep step;
    step.kind = deep ? Kind::deep_filter : Kind::filter;
    const std::size_t start = at_;
    ++at_;
    if (!take("(")) {
      wrong("expected ( after ?");
      return step;
    }
    bool has_and = false, has_or = false;
    step.condition.push_back(condition(has_and, has_or));
    if (wrong_.empty() && !take(")")) wrong("expected ) after the condition");
    if (has_and && has_or)
      warn("&& and || without parentheses: the right side is taken first, whatever stands there", start);
    return step;
  }

  // Left to right, the rest nested on the right: a && b || c is a && (b || c).
  PathCondition condition(bool& has_and, bool& has_or) {
    if (++open_ > limits_.nesting) wrong("nested deeper than allowed");
    PathCondition result = wrong_.empty() ? unit() : PathCondition();
    skip_blanks();
    const bool both = take("&&");
    if (wrong_.empty() && (both || take("||"))) {
      (both ? has_and : has_or) = true;
      PathCondition combined;
      combined.kind = both ? PathCondition::Kind::both : PathCondition::Kind::either;
      combined.parts.push_back(std::move(result));
      combined.parts.push_back(condition(has_and, has_or));
      result = std::move(combined);
    }
    --open_;
    return result;
  }

  PathCondition unit() {
    skip_blanks();
    PathCondition result;
    if (take("!")) {
      if (++open_ > limits_.nesting) wrong("nested deeper than allowed");
      skip_blanks();
      if (here() != '(' && here() != '@' && here() != '$' && here() != '!') wrong("expected a path or ( after !");
      result.kind = PathCondition::Kind::negation;
      if (wrong_.empty()) result.parts.push_back(here() == '(' || here() == '!' ? unit() : presence());
      --open_;
      return result;
    }
    if (take("(")) {
      bool has_and = false, has_or = false;
      result = condition(has_and, has_or);
      if (wrong_.empty() && !take(")")) wrong("expected )");
      return result;
    }
    const std::size_t start = at_;
    result.left = operand();
    skip_blanks();
    if (at_end()) wrong("the condition ends too early");
    if (here() == ')' || here() == '|' || here() == '&') {
      if (result.left.kind == PathOperand::Kind::literal) warn("a literal alone is always true", start);
      return result;
    }
    result.kind = comparison();
    skip_blanks();
    result.right = operand();
    skip_blanks();
    if (result.kind == PathCondition::Kind::matches && result.right.kind != PathOperand::Kind::pattern)
      wrong("expected /pattern/ after =~");
    if (result.left.kind == PathOperand::Kind::pattern ||
        (result.right.kind == PathOperand::Kind::pattern && result.kind != PathCondition::Kind::matches))
      wrong("a /pattern/ stands only right of =~");
    return result;
  }

  PathCondition presence() {
    PathCondition result;
    result.left = operand();
    return result;
  }

  PathCondition::Kind comparison() {
    struct Sign {
      std::string_view text;
      PathCondition::Kind kind;
    };
    using enum PathCondition::Kind;
    // Longer ones first. === differs from == only in conversions that JSON's types do not have.
    constexpr Sign signs[] = {
        {"===", equal},    {"==", equal},         {"=~", matches}, {"!==", strictly_not_equal}, {"!=", not_equal},
        {"<>", not_equal}, {"<=", less_or_equal}, {"<", less},     {">=", greater_or_equal},    {">", greater}};
    for (const Sign& sign : signs) {
      if (take(sign.text)) return sign.kind;
    }
    wrong("expected an operator, && or ||");
    return exists;
  }

  PathOperand operand() {
    PathOperand result;
    if (here() == '@' || here() == '$') {
      result.kind = here() == '@' ? PathOperand::Kind::from_current : PathOperand::Kind::from_root;
      ++at_;
      result.steps = path(true);
      return result;
    }
    if (here() == '\'') {
      result.text = quoted();
      result.literal = Value::string(result.text);
    } else if (here() == '/') {
      result.kind = PathOperand::Kind::pattern;
      if (auto compiled = pattern()) result.pattern.push_back(std::move(*compiled));
    } else if (take("true")) {
      result.literal = Value::boolean(true);
    } else if (take("false")) {
      result.literal = Value::boolean(false);
    } else if (!take("null")) {
      result.literal = number();
    }
    return result;
  }

  Value number() {
    const std::size_t start = at_;
    while (!at_end() && std::string_view("0123456789.+-eE").find(here()) != std::string_view::npos) ++at_;
    const auto parsed = fhir::Decimal::parse(text_.substr(start, at_ - start));
    if (parsed) return Value::number(*parsed);
    at_ = start;
    wrong("expected a path, a number, a text in single quotes, true, false or null");
    return {};
  }

  std::optional<Pattern> pattern() {
    const std::size_t start = ++at_;
    while (!at_end() && here() != '/') at_ += here() == '\\' ? 2 : 1;
    if (at_end()) {
      at_ = text_.size();
      wrong("a pattern without its closing /");
      return std::nullopt;
    }
    const std::string_view inside = text_.substr(start, at_ - start);
    const std::size_t flags = ++at_;
    while ((here() >= 'a' && here() <= 'z') || (here() >= 'A' && here() <= 'Z')) ++at_;
    auto compiled = Pattern::compile(inside, text_.substr(flags, at_ - flags));
    if (compiled) return std::move(*compiled);
    at_ = start;
    wrong(compiled.error().detail);
    return std::nullopt;
  }

  std::string_view text_;
  const CompileLimits& limits_;
  JsonPathProgram& program_;
  std::size_t at_ = 0;
  std::size_t open_ = 0;
  std::string wrong_;
  std::size_t wrong_at_ = 0;
};

}  // namespace

fhir::Result<JsonPathProgram> parse_json_path(std::string_view text, const CompileLimits& limits) {
  if (text.size() > limits.length_bytes) return problem("JSONPath", text, limits.length_bytes, "longer than allowed");
  if (!is_utf8(text)) return fhir::invalid("JSONPath: the expression is not UTF-8");
  // Texts of an expression get into results, where U+0000 has no place (fhir/json_reader.cpp).
  if (text.find('\0') != std::string_view::npos) return fhir::invalid("JSONPath: a NUL character in the expression");
  JsonPathProgram program;
  program.text = text;
  const auto parsed = Parser(program.text, limits, program).run();
  if (!parsed) return parsed.error();
  return program;
}

}  // namespace adapters::expression
