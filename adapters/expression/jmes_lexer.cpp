#include "adapters/expression/jmes_lexer.hpp"

#include <charconv>
#include <optional>

#include "adapters/expression/workspace.hpp"

namespace adapters::expression {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct Sign {
  std::string_view text;
  JmesWord word;
};
// Longer ones first.
constexpr Sign signs[] = {
    {"[]", JmesWord::flatten},
    {"[?", JmesWord::filter},
    {"||", JmesWord::logical_or},
    {"&&", JmesWord::logical_and},
    {"==", JmesWord::equal},
    {"!=", JmesWord::not_equal},
    {"<=", JmesWord::less_or_equal},
    {">=", JmesWord::greater_or_equal},
    {".", JmesWord::dot},
    {"*", JmesWord::star},
    {"[", JmesWord::left_bracket},
    {"]", JmesWord::right_bracket},
    {"{", JmesWord::left_brace},
    {"}", JmesWord::right_brace},
    {"(", JmesWord::left_parenthesis},
    {")", JmesWord::right_parenthesis},
    {",", JmesWord::comma},
    {":", JmesWord::colon},
    {"@", JmesWord::at},
    {"&", JmesWord::ampersand},
    {"|", JmesWord::pipe},
    {"!", JmesWord::logical_not},
    {"<", JmesWord::less},
    {">", JmesWord::greater},
};

class Lexer {
 public:
  explicit Lexer(std::string_view expression) : expression_(expression) {}

  fhir::Result<std::vector<JmesToken>> run() {
    while (skip_blanks(), at_ < expression_.size()) {
      start_ = at_;
      if (const char* wrong = next()) return problem("JMESPath", expression_, start_, wrong);
    }
    start_ = at_;
    add(JmesWord::end);
    return std::move(tokens_);
  }

 private:
  void skip_blanks() {
    while (at_ < expression_.size() && std::string_view(" \t\r\n").find(expression_[at_]) != std::string_view::npos)
      ++at_;
  }

  void add(JmesWord word, std::string text = {}, std::int64_t number = 0) {
    tokens_.push_back({word, static_cast<std::uint32_t>(start_), std::move(text), number});
  }

  // Null, or what is wrong.
  const char* next() {
    const char c = expression_[at_];
    if (is_letter(c)) return identifier();
    if (is_digit(c) || c == '-') return number();
    if (c == '"') return quoted_identifier();
    if (c == '\'') return raw_string();
    if (c == '`') return literal();
    for (const Sign& sign : signs) {
      if (!expression_.substr(at_).starts_with(sign.text)) continue;
      at_ += sign.text.size();
      add(sign.word);
      return nullptr;
    }
    return c == '=' ? "one = alone (equality is ==)" : "an unexpected character";
  }

  const char* identifier() {
    while (at_ < expression_.size() && (is_letter(expression_[at_]) || is_digit(expression_[at_]))) ++at_;
    add(JmesWord::identifier, std::string(expression_.substr(start_, at_ - start_)));
    return nullptr;
  }

  const char* number() {
    ++at_;
    while (at_ < expression_.size() && is_digit(expression_[at_])) ++at_;
    const std::string_view digits = expression_.substr(start_, at_ - start_);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits == "-") return "a - without a number";
    // No array is so long; the bound keeps index arithmetic from overflowing.
    if (error != std::errc() || value > INT32_MAX || value < INT32_MIN) return "an index beyond 32 bits";
    add(JmesWord::number, {}, value);
    return nullptr;
  }

  // What stands up to the next `quote` that no backslash precedes, escapes untouched.
  std::optional<std::string_view> quoted(char quote) {
    for (++at_; at_ < expression_.size(); ++at_) {
      if (expression_[at_] == quote) {
        const std::string_view inside = expression_.substr(start_ + 1, at_ - start_ - 1);
        ++at_;
        return inside;
      }
      if (expression_[at_] == '\\') ++at_;
    }
    return std::nullopt;
  }

  const char* quoted_identifier() {
    const auto inside = quoted('"');
    if (!inside) return "a quoted name without end";
    const auto document = fhir::JsonDocument::parse(expression_.substr(start_, at_ - start_));
    if (!document) return "a quoted name that is no JSON string";
    add(JmesWord::quoted_identifier, std::string(*document->root().text()));
    return nullptr;
  }

  // \' is a quote, every other backslash stays (the specification's raw strings).
  const char* raw_string() {
    const auto inside = quoted('\'');
    if (!inside) return "a string without end";
    std::string text;
    for (std::size_t i = 0; i < inside->size(); ++i) {
      const bool escape = (*inside)[i] == '\\' && i + 1 < inside->size();
      if (escape && (*inside)[i + 1] != '\'') text += (*inside)[i];
      if (escape) ++i;
      text += (*inside)[i];
    }
    add(JmesWord::raw_string, std::move(text));
    return nullptr;
  }

  const char* literal() {
    const auto inside = quoted('`');
    if (!inside) return "a literal without its closing backtick";
    std::string json;
    for (std::size_t i = 0; i < inside->size(); ++i) {
      const bool escape = (*inside)[i] == '\\' && i + 1 < inside->size();
      if (escape && (*inside)[i + 1] != '`') json += (*inside)[i];
      if (escape) ++i;
      json += (*inside)[i];
    }
    add(JmesWord::literal, std::move(json));
    return nullptr;
  }

  std::string_view expression_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  std::vector<JmesToken> tokens_;
};

}  // namespace

fhir::Result<std::vector<JmesToken>> jmes_words(std::string_view expression) {
  return Lexer(expression).run();
}

}  // namespace adapters::expression
