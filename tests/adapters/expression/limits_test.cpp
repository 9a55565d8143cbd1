// Hostile expressions and payloads: each ends with an error that names the limit, soon and without a crash.
#include "adapters/expression/json_path.hpp"
#include "tests/adapters/expression/expression_cases.hpp"

using namespace adapters::expression;

namespace {

std::string repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

fhir::JsonDocument numbers(int count) {
  std::string text = "[0";
  for (int i = 1; i < count; ++i) text += "," + std::to_string(i);
  auto document = fhir::JsonDocument::parse(text + "]");
  REQUIRE(document.has_value());
  return std::move(*document);
}

}  // namespace

TEST_CASE("expression limits: length and nesting are refused when compiled", "[adapters][jmespath][jsonpath]") {
  const std::string jmes[] = {repeated("a", 4097),        repeated("(", 2000),        repeated("[", 2000),
                              repeated("!", 2000),        repeated("a.", 1000) + "a", repeated("a|", 1000) + "a",
                              repeated("a||", 900) + "a", repeated("[*]", 1000),      repeated("abs(", 900),
                              repeated("{a:", 1000),      repeated("[?", 1000),       repeated("[0]", 1000),
                              repeated("[]", 1500),       repeated("*.", 1000) + "*", "a[" + repeated("9", 30) + "]",
                              repeated("a==", 1000) + "a"};
  for (const std::string& expression : jmes) {
    INFO(expression.substr(0, 30));
    CHECK_FALSE(JmesPath::compile(expression, test::exact_functions()).has_value());
  }
  const std::string json[] = {repeated("a", 4097),
                              repeated("a.", 1000) + "a",
                              repeated("[0]", 1000),
                              repeated("$[?(", 900),
                              "$[?(" + repeated("(", 1000),
                              "$[?(" + repeated("!", 1000) + "@)]",
                              "$[?(@" + repeated("&&@", 1000) + ")]",
                              "$" + repeated("..*", 1000)};
  for (const std::string& expression : json) {
    INFO(expression.substr(0, 30));
    CHECK_FALSE(JsonPath::compile(expression).has_value());
  }
  CHECK(JmesPath::compile(repeated("a.", 90) + "a", test::exact_functions()).has_value());
  CHECK(JsonPath::compile(repeated("a.", 90) + "a").has_value());
}

TEST_CASE("expression limits: work on large payloads ends", "[adapters][jmespath][jsonpath]") {
  const fhir::JsonDocument document = numbers(20'000);
  Workspace workspace;
  // Each compares every element with a whole list, or makes lists of lists.
  for (const char* expression : {"$[?($[*] == -1)]", "$[?(@ == $[19999])]", "$..*..*..[?($..*)]"}) {
    INFO(expression);
    const auto result = JsonPath::compile(expression)->evaluate(document.root(), workspace);
    if (std::string_view(expression) == "$..*..*..[?($..*)]") {
      CHECK(result.has_value());  // only the list itself goes deeper, three times
    } else {
      REQUIRE_FALSE(result.has_value());
      CHECK(result.error().category == fhir::ErrorCategory::too_large);
    }
  }
  const auto many = JsonPath::compile("$" + repeated("[0:]", 3) + "..*")->evaluate(document.root(), workspace);
  CHECK(many.has_value());
  const std::string twice = "[@,@][]", doubled = repeated("|" + twice, 20);
  const auto grown = JmesPath::compile("@" + doubled, test::exact_functions())->evaluate(document.root(), workspace);
  REQUIRE_FALSE(grown.has_value());
  CHECK(grown.error().category == fhir::ErrorCategory::too_large);
}

TEST_CASE("expression limits: each of them is kept, and the next evaluation starts anew", "[adapters][jmespath]") {
  const fhir::JsonDocument document = numbers(100);
  const auto all = JmesPath::compile("[*]", test::exact_functions());
  const auto text = JmesPath::compile("to_string(@)", test::exact_functions());
  Workspace few_steps({.steps = 50});
  CHECK_FALSE(all->evaluate(document.root(), few_steps).has_value());
  Workspace few_values({.values = 99});
  CHECK_FALSE(all->evaluate(document.root(), few_values).has_value());
  Workspace enough({.values = 100});
  CHECK(all->evaluate(document.root(), enough).has_value());
  CHECK(all->evaluate(document.root(), enough).has_value());
  Workspace few_bytes({.bytes = 500});
  CHECK(text->evaluate(document.root(), few_bytes).has_value());
  CHECK_FALSE(text->evaluate(document.root(), few_bytes).has_value());
  few_bytes.reset();
  CHECK(text->evaluate(document.root(), few_bytes).has_value());
}

TEST_CASE("expressions: a NUL character is refused, since results must be text that can be stored",
          "[adapters][jmespath]") {
  CHECK_FALSE(JmesPath::compile(std::string_view("'a\0'", 4), test::exact_functions()).has_value());
  CHECK_FALSE(JsonPath::compile(std::string_view("$.a\0", 4)).has_value());
}
