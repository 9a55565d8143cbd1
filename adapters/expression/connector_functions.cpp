#include "adapters/expression/connector_functions.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "adapters/expression/utf8.hpp"
#include "fhir/time.hpp"

namespace adapters::expression {
namespace {

Value number_or_failure(Call& call, const fhir::Result<fhir::Decimal>& result) {
  if (result) return Value::number(*result);
  return call.fail(result.error().detail);
}

Value add(Call& call) {
  return number_or_failure(call, call.number(0).plus(call.number(1)));
}
Value subtract(Call& call) {
  return number_or_failure(call, call.number(0).minus(call.number(1)));
}
Value multiply(Call& call) {
  return number_or_failure(call, call.number(0).times(call.number(1)));
}
Value divide(Call& call) {
  return number_or_failure(call, quotient(call.number(0), call.number(1)));
}

// Whole exponents only: other powers are no decimals. Any base but 0, 1 and -1 leaves 18 digits long before 200.
Value pow_of(Call& call) {
  const fhir::Decimal exponent = call.number(1).canonical();
  if (!exponent.is_integer() || exponent > fhir::Decimal(200) || exponent < fhir::Decimal(-200))
    return call.fail("pow takes a whole exponent from -200 to 200");
  fhir::Result<fhir::Decimal> power = fhir::Decimal(1);
  for (std::int64_t i = std::abs(exponent.coefficient()); i > 0 && power; --i) power = power->times(call.number(0));
  if (power && exponent < fhir::Decimal()) power = quotient(fhir::Decimal(1), *power);
  return number_or_failure(call, power);
}

double as_double(const Value& number) {
  const std::string text = number.number_text();
  double result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  // Beyond a double's range the original's parser gives infinity or zero.
  if (error == std::errc::result_out_of_range) {
    const bool tiny = text.find("e-") != std::string::npos || text.find("E-") != std::string::npos ||
                      text.starts_with("0.") || text.starts_with("-0.");
    if (tiny) return 0;
    return text.starts_with('-') ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  return result;
}

Value of_double(Call& call, double number) {
  if (std::isnan(number)) return Value::number_text("NaN", true);
  if (std::isinf(number)) return Value::number_text(number < 0 ? "-Infinity" : "Infinity", true);
  char digits[32];
  const char* const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return Value::number_text(call.workspace.keep({digits, static_cast<std::size_t>(end - digits)}), true);
}

std::optional<std::int64_t> as_int64(const Value& number) {
  const std::string text = number.number_text();
  std::int64_t result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return result;
}

Value of_int64(Call& call, std::int64_t number) {
  const std::string digits = std::to_string(number);
  return Value::number_text(call.workspace.keep(digits), false);
}

// Both operands as the original takes them: doubles, or integers that wrap around (unsigned arithmetic does so
// defined).
template <class OnDoubles, class OnIntegers>
Value original(Call& call, OnDoubles on_doubles, OnIntegers on_integers) {
  if (call[0].is_real() || call[1].is_real())
    return of_double(call, on_doubles(as_double(call[0]), as_double(call[1])));
  const auto a = as_int64(call[0]), b = as_int64(call[1]);
  if (!a || !b) return call.fail("an integer of more than 64 bits");
  return on_integers(*a, *b);
}

std::int64_t wrapped(std::uint64_t bits) {
  return static_cast<std::int64_t>(bits);
}
std::uint64_t bits(std::int64_t number) {
  return static_cast<std::uint64_t>(number);
}

Value original_add(Call& call) {
  return original(
      call, [](double a, double b) { return a + b; },
      [&](std::int64_t a, std::int64_t b) { return of_int64(call, wrapped(bits(a) + bits(b))); });
}

Value original_subtract(Call& call) {
  return original(
      call, [](double a, double b) { return a - b; },
      [&](std::int64_t a, std::int64_t b) { return of_int64(call, wrapped(bits(a) - bits(b))); });
}

Value original_multiply(Call& call) {
  return original(
      call, [](double a, double b) { return a * b; },
      [&](std::int64_t a, std::int64_t b) { return of_int64(call, wrapped(bits(a) * bits(b))); });
}

// IEEE 754 division, whatever the compiler thinks of a zero divisor.
double ieee_quotient(double a, double b) {
  if (b != 0) return a / b;
  if (a == 0 || std::isnan(a)) return std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  return std::signbit(a) == std::signbit(b) ? infinity : -infinity;
}

Value original_divide(Call& call) {
  return original(call, ieee_quotient, [&](std::int64_t a, std::int64_t b) {
    if (b == 0) return call.fail("division by zero");
    if (b == -1 && a == std::numeric_limits<std::int64_t>::min())
      return call.fail("the quotient has more than 64 bits");
    return of_int64(call, a / b);
  });
}

Value original_pow(Call& call) {
  return original(
      call, [](double a, double b) { return std::pow(a, b); },
      [&](std::int64_t a, std::int64_t b) {
        const double power = std::nearbyint(std::pow(static_cast<double>(a), static_cast<double>(b)));
        // 2^63 is the first double beyond the range.
        if (!(std::abs(power) < 9223372036854775808.0)) return call.fail("the power has more than 64 bits");
        return of_int64(call, static_cast<std::int64_t>(power));
      });
}

Value insert_string(Call& call) {
  const auto position = as_int64(call[2]);
  const auto byte =
      position && *position >= 0 ? byte_of_code_point(call.text(0), static_cast<std::size_t>(*position)) : std::nullopt;
  if (!byte) return call.fail("the position of insertString is outside the text");
  std::string text(call.text(0));
  call.workspace.spend((text.size() + call.text(1).size()) / 32);
  text.insert(*byte, call.text(1));
  return call.workspace.string(text);
}

// The years 1 to 9999, what the original's date type holds.
constexpr std::int64_t first_second = -62'135'596'800;
constexpr std::int64_t last_second = 253'402'300'799;

Value from_unix(Call& call, std::int64_t per_second) {
  const auto count = as_int64(call[0]);
  if (!count || *count < first_second * per_second || *count > last_second * per_second + (per_second - 1))
    return call.fail("a Unix timestamp outside the years 1 to 9999");
  const fhir::Time time{std::chrono::microseconds(*count * (1'000'000 / per_second))};
  return call.workspace.string(*count % per_second == 0 ? fhir::utc_text(time) : fhir::utc_millis_text(time));
}

Value from_unix_timestamp(Call& call) {
  return from_unix(call, 1);
}
Value from_unix_timestamp_ms(Call& call) {
  return from_unix(call, 1000);
}

}  // namespace

void add_connector_functions(FunctionTable& table, Arithmetic arithmetic) {
  const bool exact = arithmetic == Arithmetic::exact;
  const std::uint16_t operand = exact ? number_type : wide_number_type;
  const Function functions[] = {
      {"add", {operand, operand}, false, exact ? add : original_add},
      {"subtract", {operand, operand}, false, exact ? subtract : original_subtract},
      {"multiply", {operand, operand}, false, exact ? multiply : original_multiply},
      {"divide", {operand, operand}, false, exact ? divide : original_divide},
      {"pow", {operand, operand}, false, exact ? pow_of : original_pow},
      {"insertString", {string_type, string_type, integer_type}, false, insert_string},
      {"fromUnixTimestamp", {integer_type}, false, from_unix_timestamp},
      {"fromUnixTimestampMs", {integer_type}, false, from_unix_timestamp_ms},
  };
  for (const Function& function : functions) table.add(function);
}

}  // namespace adapters::expression
