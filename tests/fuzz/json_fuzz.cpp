// Any bytes through the JSON reader: what it accepts is walked with every kind of read, written back and read again to
// the same document. Scalars go through decimals and times the same way.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fhir/decimal.hpp"
#include "fhir/json_reader.hpp"
#include "fhir/json_writer.hpp"
#include "fhir/time.hpp"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

void check_decimal(std::string_view text) {
  const auto number = fhir::Decimal::parse(text);
  if (!number) return;
  const auto again = fhir::Decimal::parse(number->text());
  require(again.has_value(), "a written decimal is read");
  require(again->coefficient() == number->coefficient() && again->scale() == number->scale(), "with the same digits");
  require(number->canonical() == *number, "the canonical form has the same value");
  const auto zero = number->minus(*number);
  require(zero && *zero == fhir::Decimal(), "x - x is 0");
  (void)number->rounded(2);
  (void)number->divided_by(fhir::Decimal(7), 3);
  (void)number->times(*number);
}

void check_time(std::string_view text) {
  (void)fhir::parse_local(text);
  const auto time = fhir::DateTime::parse(text);
  if (!time) return;
  require(time->utc < time->end(), "a period is not empty");
  const auto again = fhir::DateTime::parse(time->text());
  require(again.has_value(), "a written time is read");
  require(again->text() == time->text(), "and written the same again");
}

// Depth is bounded by the reader's limit, so recursion is.
std::size_t walk(fhir::JsonValue value) {
  std::size_t values = 1;
  std::size_t children = 0;
  for (const fhir::JsonValue child : value) {
    if (value.is_object()) require(!value[child.key()].absent(), "a member is found by its name");
    values += walk(child);
    ++children;
  }
  require(children == value.size(), "iteration gives as many as size says");
  require(value.at(value.size()).absent(), "nothing stands beyond the end");
  require(value.as_string().has_value() == value.is_string(), "strings alone are strings");
  require(value.as_boolean().has_value() == value.is_boolean(), "booleans alone are booleans");
  require(!value.as_integer() || value.is_number(), "only numbers are integers");
  require(!value.as_decimal() || value.is_number(), "only numbers are decimals");
  (void)value.as_decimal_or_text();
  check_decimal(value.scalar());
  check_time(value.scalar());
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_decimal(text);
  check_time(text);
  const auto document = fhir::JsonDocument::parse(text);
  if (!document) {
    require(document.error().detail.starts_with("byte "), "a refusal says where");
    return 0;
  }
  const std::size_t values = walk(document->root());
  require(fhir::JsonDocument::parse(text, {.depth = 64, .values = values}).has_value(),
          "the limit of values counts them all");
  require(!fhir::JsonDocument::parse(text, {.depth = 64, .values = values - 1}).has_value(), "and no more");

  const std::string written = document->root().json();
  fhir::JsonDocument again;
  require(again.reparse(written).has_value(), "a written document is read");
  require(again.root().json() == written, "and written the same again");
  require(walk(again.root()) == values, "with as many values");

  std::string copied;
  fhir::JsonWriter(copied).copy(document->root());
  require(copied == written, "a copy is the same text");
  return 0;
}
