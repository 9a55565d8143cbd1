#include "fhir/decimal.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "tests/support/printing.hpp"

using fhir::Decimal;

namespace {

Decimal number(std::string_view text) {
  return Decimal::parse(text).value();
}

// Written out apart from the product's code: sign, digits, point.
std::string written(std::int64_t coefficient, int scale) {
  std::string digits = std::to_string(coefficient < 0 ? -coefficient : coefficient);
  while (static_cast<int>(digits.size()) <= scale) digits.insert(digits.begin(), '0');
  if (scale > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale), ".");
  return coefficient < 0 ? "-" + digits : digits;
}

}  // namespace

TEST_CASE("decimal: text in, digits kept", "[decimal]") {
  struct Row {
    const char* in;
    std::int64_t coefficient;
    int scale;
    const char* out;
  };
  const Row rows[] = {
      {"0", 0, 0, "0"},
      {"-0", 0, 0, "0"},
      {"-0.0", 0, 1, "0.0"},
      {"0.00", 0, 2, "0.00"},
      {"37.5", 375, 1, "37.5"},
      {"37.50", 3750, 2, "37.50"},
      {"-37.50", -3750, 2, "-37.50"},
      {"0.05", 5, 2, "0.05"},
      {"-0.05", -5, 2, "-0.05"},
      {"100", 100, 0, "100"},
      {"1e2", 100, 0, "100"},
      {"1E+2", 100, 0, "100"},
      {"1.2e2", 120, 0, "120"},
      {"1.50e1", 150, 1, "15.0"},
      {"100e-2", 100, 2, "1.00"},
      {"12e-3", 12, 3, "0.012"},
      {"1e00000000000000000002", 100, 0, "100"},
      {"0e99999999999", 0, 0, "0"},
      {"0e-5", 0, 5, "0.00000"},
      {"999999999999999999", 999999999999999999, 0, "999999999999999999"},
      {"-999999999999999999", -999999999999999999, 0, "-999999999999999999"},
      {"0.000000000000999999999999999999", 999999999999999999, 30, "0.000000000000999999999999999999"},
      {"1e17", 100000000000000000, 0, "100000000000000000"},
      {"1e-30", 1, 30, "0.000000000000000000000000000001"},
      // Below the last place only zeros are given up.
      {"10e-31", 1, 30, "0.000000000000000000000000000001"},
      {"0e-31", 0, 30, "0.000000000000000000000000000000"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.in) {
      const auto parsed = Decimal::parse(row.in);
      REQUIRE(parsed);
      CHECK(parsed->coefficient() == row.coefficient);
      CHECK(parsed->scale() == row.scale);
      CHECK(parsed->text() == row.out);
    }
  }
}

TEST_CASE("decimal: what is no number, or has more digits than are kept, is refused", "[decimal]") {
  const char* const rows[] = {
      "", "-", "+5", "05", "-05", "00", "00.5", "1,", "1,5", "1.", ".5", "-.5", "1.e5", "1e", "1e+", "1e-", "1e5.0",
      "1e5x", "e5", "NaN", "Infinity", "-Infinity", "0x10", "1 ", " 1", "1_000", "--1", "1..0", "1.0.0", "\xEF\xBC\x95",
      // 19 significant digits, trailing zeros included: never rounded
      "1234567890123456789", "1.234567890123456789", "0.1000000000000000000", "1000000000000000000",
      // magnitude
      "1e18", "-1e18", "1e400", "1e99999999999999999999", "1e-31", "1e-400", "15e-31",
      "0.0000000000000000000000000000001"};
  for (const char* const row : rows) {
    DYNAMIC_SECTION("'" << row << "'") {
      const auto parsed = Decimal::parse(row);
      REQUIRE_FALSE(parsed);
      CHECK(parsed.error().category == fhir::ErrorCategory::invalid);
    }
  }
  CHECK_FALSE(Decimal::parse(std::string_view("1\0", 2)));
  CHECK_FALSE(Decimal::parse(std::string_view()));
  CHECK_FALSE(Decimal::parse(std::string(100'000, '9')));
  CHECK_FALSE(Decimal::parse("0." + std::string(100'000, '0')));
}

TEST_CASE("decimal: value times power of ten, as Withings sends it", "[decimal]") {
  CHECK(Decimal::scaled(72500, -3)->text() == "72.500");
  CHECK(Decimal::scaled(725, -1)->text() == "72.5");
  CHECK(Decimal::scaled(7, 1)->text() == "70");
  CHECK(Decimal::scaled(-366, -1)->text() == "-36.6");
  CHECK(Decimal::scaled(1, 17)->text() == "100000000000000000");
  CHECK(Decimal::scaled(0, 200)->text() == "0");
  CHECK(Decimal::scaled(1000, -31)->text() == "0.000000000000000000000000000100");
  CHECK_FALSE(Decimal::scaled(1, 18));
  CHECK_FALSE(Decimal::scaled(1, 2'000'000'000));
  CHECK_FALSE(Decimal::scaled(1, -31));
  CHECK_FALSE(Decimal::scaled(1, std::numeric_limits<int>::min()));
  CHECK_FALSE(Decimal::scaled(std::numeric_limits<std::int64_t>::max(), 0));
  CHECK_FALSE(Decimal::scaled(std::numeric_limits<std::int64_t>::min(), 0));
}

TEST_CASE("decimal: compared by value across any distance of scales", "[decimal]") {
  const Decimal ascending[] = {
      Decimal(std::numeric_limits<std::int64_t>::min()),
      number("-999999999999999999"),
      number("-999999999999999998"),
      number("-37.51"),
      number("-37.5"),
      number("-1"),
      Decimal(-999999999999999999, 30),
      number("-1e-30"),
      number("0"),
      number("1e-30"),
      number("2e-30"),
      Decimal(999999999999999999, 30),
      number("1"),
      number("1.00000000000000001"),
      number("37.5"),
      number("37.51"),
      number("999999999999999998"),
      number("999999999999999999"),
      Decimal(std::numeric_limits<std::int64_t>::max()),
  };
  for (std::size_t i = 0; i < std::size(ascending); ++i) {
    for (std::size_t j = 0; j < std::size(ascending); ++j) {
      INFO(ascending[i].text() << " against " << ascending[j].text());
      CHECK((ascending[i] < ascending[j]) == (i < j));
      CHECK((ascending[i] == ascending[j]) == (i == j));
      CHECK((ascending[i] > ascending[j]) == (i > j));
    }
  }
  CHECK(number("37.50") == number("37.5"));
  CHECK(number("0.0") == number("-0"));
  CHECK(number("100") == number("100.0000000000000"));
}

TEST_CASE("decimal: equal values have equal canonical forms", "[decimal]") {
  CHECK(number("37.500").canonical().text() == "37.5");
  CHECK(number("100").canonical().text() == "100");
  CHECK(number("100.00").canonical().text() == "100");
  CHECK(number("0.000").canonical().text() == "0");
  CHECK(number("-1.10").canonical().text() == "-1.1");
  CHECK(Decimal(3, -2).canonical().text() == "300");
  CHECK(number("3.00").is_integer());
  CHECK(number("-3").is_integer());
  CHECK(number("0.0").is_integer());
  CHECK_FALSE(number("3.01").is_integer());
}

TEST_CASE("decimal: arithmetic is exact or an error", "[decimal]") {
  CHECK(number("36.6").plus(number("0.05"))->text() == "36.65");
  CHECK(number("1").plus(number("0.00"))->text() == "1.00");
  CHECK(number("0.1").plus(number("0.2")).value() == number("0.3"));
  CHECK(number("120").minus(number("80.5"))->text() == "39.5");
  CHECK(number("1.50").times(number("2"))->text() == "3.00");
  CHECK(number("-0.5").times(number("0.5"))->text() == "-0.25");

  SECTION("trailing zeros are given up before the value is") {
    CHECK(number("100000000000000000").times(number("1.00")).value() == number("100000000000000000"));
    CHECK(number("100000000000000000").plus(number("0.000")).value() == number("100000000000000000"));
    CHECK(number("1").plus(Decimal(0, 30)).value() == number("1"));
  }
  SECTION("a result of more than 18 digits") {
    CHECK_FALSE(number("999999999999999999").plus(number("1")));
    CHECK_FALSE(number("-999999999999999999").minus(number("1")));
    CHECK_FALSE(number("1").plus(number("1e-30")));
    CHECK_FALSE(number("1").minus(number("1e-20")));
    CHECK_FALSE(number("1000000001").times(number("1000000001")));
    CHECK_FALSE(number("1e-20").times(number("1e-20")));
    CHECK_FALSE(Decimal(1).minus(Decimal(std::numeric_limits<std::int64_t>::min())));
    CHECK_FALSE(
        Decimal(std::numeric_limits<std::int64_t>::min()).times(Decimal(std::numeric_limits<std::int64_t>::min())));
  }
}

TEST_CASE("decimal: quotients and rounding go half to even", "[decimal]") {
  struct Row {
    const char* dividend;
    const char* divisor;
    int scale;
    const char* quotient;
  };
  const Row rows[] = {
      {"1", "3", 4, "0.3333"},
      {"2", "3", 4, "0.6667"},
      {"-2", "3", 4, "-0.6667"},
      {"1", "8", 2, "0.12"},
      {"3", "8", 2, "0.38"},
      {"-1", "8", 2, "-0.12"},
      {"-3", "8", 2, "-0.38"},
      {"1", "2", 0, "0"},
      {"3", "2", 0, "2"},
      {"-3", "2", 0, "-2"},
      {"5", "-2", 0, "-2"},
      {"-1", "-2", 0, "0"},
      {"178.2", "2.20462262", 2, "80.83"},
      // 5.5 mmol/L of glucose from mg/dL, molar mass 18.0156 (mg/dL per mmol/L)
      {"99", "18.0156", 2, "5.50"},
      {"0", "7", 3, "0.000"},
      {"1", "1e-10", 0, "10000000000"},
      {"1e-30", "999999999999999999", 30, "0.000000000000000000000000000000"},
      {"1e-30", "2", 30, "0.000000000000000000000000000000"},
      {"3e-30", "2", 30, "0.000000000000000000000000000002"},
      {"1", "999999999999999999", 30, "0.000000000000000001000000000000"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.dividend << " / " << row.divisor << " at " << row.scale) {
      CHECK(number(row.dividend).divided_by(number(row.divisor), row.scale).value().text() == row.quotient);
    }
  }
  CHECK_FALSE(number("1").divided_by(number("0.0"), 2));
  CHECK_FALSE(number("1").divided_by(number("3"), 18 + 13));
  CHECK_FALSE(number("1").divided_by(number("3"), -1));
  CHECK_FALSE(number("999999999999999999").divided_by(number("0.1"), 0));

  CHECK(number("2.5").rounded(0).text() == "2");
  CHECK(number("3.5").rounded(0).text() == "4");
  CHECK(number("-2.5").rounded(0).text() == "-2");
  CHECK(number("-2.51").rounded(0).text() == "-3");
  CHECK(number("0.125").rounded(2).text() == "0.12");
  CHECK(number("0.1251").rounded(2).text() == "0.13");
  CHECK(number("7.1").rounded(3).text() == "7.1");
  CHECK(number("9.99").rounded(1).text() == "10.0");
  CHECK(number("999999999999999999e-30").rounded(2).text() == "0.00");
}

// Every pair of small numbers against plain integers in millionths.
TEST_CASE("decimal: agrees with integer arithmetic", "[decimal]") {
  const std::int64_t power[] = {1, 10, 100, 1000};
  int wrong = 0;
  for (std::int64_t a = -120; a <= 120; a += 3) {
    for (std::int64_t b = -125; b <= 125; ++b) {
      for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
          const Decimal x(a, i), y(b, j);
          const std::int64_t left = a * power[3 - i], right = b * power[3 - j];  // thousandths
          wrong += (x <=> y) != (left <=> right);
          wrong += x.plus(y).value() != Decimal(left + right, 3);
          wrong += x.minus(y).value() != Decimal(left - right, 3);
          wrong += x.times(y).value() != Decimal(left * right, 6);
        }
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("decimal: rounding agrees with counting to the nearest even", "[decimal]") {
  for (std::int64_t thousandths = -4100; thousandths <= 4100; ++thousandths) {
    const std::int64_t below = (thousandths >= 0 ? thousandths : thousandths - 99) / 100;  // floor to tenths
    const std::int64_t rest = thousandths - below * 100;
    const std::int64_t expected = below + (rest > 50 || (rest == 50 && below % 2 != 0));
    const Decimal rounded = Decimal(thousandths, 3).rounded(1);
    INFO(thousandths);
    REQUIRE(rounded.coefficient() == expected);
    REQUIRE(Decimal(thousandths, 1).divided_by(Decimal(100), 1).value().coefficient() == expected);
  }
}

TEST_CASE("decimal: what is written is read back the same", "[decimal][property]") {
  constexpr std::uint64_t seed = 20261120;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const auto limit = static_cast<std::int64_t>(std::pow(10, 1 + random() % 18));
    const std::int64_t coefficient =
        static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(2 * limit - 1)) - limit + 1;
    const int scale = static_cast<int>(random() % 31);
    const Decimal decimal(coefficient, scale);
    CAPTURE(coefficient, scale);
    REQUIRE(decimal.text() == written(coefficient, scale));
    const auto parsed = Decimal::parse(decimal.text());
    REQUIRE(parsed);
    REQUIRE(parsed->coefficient() == coefficient);
    REQUIRE(parsed->scale() == scale);
    const auto exponent_form = Decimal::parse(std::to_string(coefficient) + "e-" + std::to_string(scale));
    REQUIRE(exponent_form);
    REQUIRE(exponent_form->text() == decimal.text());
    REQUIRE(decimal.canonical() == decimal);
    if (coefficient != 0) {
      const Decimal canonical = decimal.canonical();
      REQUIRE((canonical.scale() == 0 || canonical.coefficient() % 10 != 0));
    }
  }
}
