// Any bytes as a rule's one-line condition: a condition of bounded size or an error with its column, never a crash; and what is a
// condition is written and read again as the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/config/measure.hpp"
#include "gateway/config/plan_check.hpp"
#include "gateway/config/rule_form.hpp"
#include "gateway/config/rule_json.hpp"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

std::string json_of(const thresholds::Rule& rule) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object();
  gateway::config::write_rule(writer, rule);
  writer.end_object();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto parsed = thresholds::parse_expression(text, gateway::config::KindWords());
  if (const auto* error = std::get_if<thresholds::ExpressionError>(&parsed)) {
    require(error->column >= 1 && error->column <= size + 1, "an error stands in the text");
    require(!error->text.empty(), "an error says what");
    return 0;
  }
  thresholds::Rule rule;
  rule.id = "r";
  rule.condition = std::get<thresholds::Condition>(std::move(parsed));
  std::size_t parts = 0;
  thresholds::each_condition(rule.condition, [&](const thresholds::Condition&) { ++parts; });
  require(parts <= size, "no more parts than characters");

  const std::string written = json_of(rule);
  auto document = fhir::JsonDocument::parse(written);
  require(document.has_value(), "what is written is JSON");
  const gateway::config::Tree tree = gateway::config::tree_of(document->root());
  gateway::config::Findings findings;
  gateway::config::Form form(tree, "", findings);
  const thresholds::Rule again = gateway::config::read_rule(form, "UTC");
  form.refuse_unknown();
  require(findings.errors() == 0, "what is written can be read");
  thresholds::Rule same = again;
  same.applies.timezone = rule.applies.timezone;
  require(json_of(same) == written, "what was read is the same");
  return 0;
}
