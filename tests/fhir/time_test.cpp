#include "fhir/time.hpp"

#include <cstdio>
#include <random>

#include "tests/support/printing.hpp"

using namespace std::chrono_literals;
using fhir::DateTime;
using fhir::Precision;
using fhir::Time;

namespace {

Time instant(std::int64_t seconds_since_1970, std::int64_t micros = 0) {
  return Time(std::chrono::seconds(seconds_since_1970) + std::chrono::microseconds(micros));
}
constexpr std::int64_t morning = 1795161600;  // 2026-11-20T08:00:00Z

}  // namespace

TEST_CASE("time: a written time is read, and written back as it was", "[time]") {
  struct Row {
    const char* in;
    Time utc;
    Precision precision;
    const char* out;  // same as in when null
  };
  const Row rows[] = {
      {"2026-11-20T08:00:00Z", instant(morning), Precision::second, nullptr},
      {"2026-11-20T08:00:00+00:00", instant(morning), Precision::second, nullptr},
      {"2026-11-20T09:00:00+01:00", instant(morning), Precision::second, nullptr},
      {"2026-11-20T03:30:00-04:30", instant(morning), Precision::second, nullptr},
      {"2026-11-20T22:00:00+14:00", instant(morning), Precision::second, nullptr},
      {"2026-11-19T18:00:00-14:00", instant(morning), Precision::second, nullptr},
      {"2026-11-20T08:00Z", instant(morning), Precision::minute, nullptr},
      {"2026-11-20T09:00+01:00", instant(morning), Precision::minute, nullptr},
      {"2026-11-20T08:00:00.0Z", instant(morning), Precision::fraction, nullptr},
      {"2026-11-20T08:00:00.25Z", instant(morning, 250'000), Precision::fraction, nullptr},
      {"2026-11-20T08:00:00.123456Z", instant(morning, 123'456), Precision::fraction, nullptr},
      // .NET writes seven digits; what is beyond a microsecond is cut, not rounded.
      {"2026-11-20T08:00:00.9999999Z", instant(morning, 999'999), Precision::fraction, "2026-11-20T08:00:00.999999Z"},
      {"2026-11-20T08:00:00.123456789012345+01:00", instant(morning - 3600, 123'456), Precision::fraction,
       "2026-11-20T08:00:00.123456+01:00"},
      // Leap second: held at the end of the second before.
      {"2016-12-31T23:59:60Z", instant(1483228799, 999'999), Precision::second, "2016-12-31T23:59:59Z"},
      // RFC 3339 4.3: offset to local time unknown; FHIR's grammar keeps no such mark.
      {"2026-11-20T08:00:00-00:00", instant(morning), Precision::second, "2026-11-20T08:00:00+00:00"},
      {"2026-11-20", instant(1795132800), Precision::day, nullptr},
      {"2026-11", instant(1793491200), Precision::month, nullptr},
      {"2026", instant(1767225600), Precision::year, nullptr},
      {"1969-12-31T23:59:59.5Z", instant(-1, 500'000), Precision::fraction, nullptr},
      {"2024-02-29", instant(1709164800), Precision::day, nullptr},
      {"2000-02-29", instant(951782400), Precision::day, nullptr},
      {"0001-01-01", instant(-62135596800), Precision::day, nullptr},
      {"9999-12-31T23:59:59Z", instant(253402300799), Precision::second, nullptr},
      // The instant lies outside the four-digit years, the text does not.
      {"0001-01-01T00:00:00+14:00", instant(-62135596800 - 50400), Precision::second, nullptr},
      {"9999-12-31T23:59:59-14:00", instant(253402300799 + 50400), Precision::second, nullptr},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.in) {
      const auto parsed = DateTime::parse(row.in);
      REQUIRE(parsed);
      CHECK((parsed->utc - row.utc).count() == 0);
      CHECK(parsed->precision == row.precision);
      CHECK(parsed->offset.has_value() == (row.precision >= Precision::minute));
      CHECK(parsed->zulu == std::string_view(row.in).ends_with('Z'));
      CHECK(parsed->text() == (row.out == nullptr ? row.in : row.out));
      CHECK((row.out != nullptr || DateTime::parse(parsed->text()).value() == *parsed));
    }
  }
  const DateTime unknown = DateTime::parse("2026-11-20T08:00:00-00:00").value();
  CHECK(unknown.offset == 0min);
  CHECK_FALSE(unknown.zulu);
}

TEST_CASE("time: what is no FHIR dateTime is refused", "[time]") {
  const char* const rows[] = {
      "", "2", "202", "20261120", "2026-", "2026-1", "2026-13", "2026-00", "2026-11-", "2026-11-2", "2026-11-00",
      "2026-11-31", "2026-02-29", "1900-02-29", "2026-02-30", "0000", "0000-01-01", "-2026", "+2026", "12026-01-01",
      "2026/11/20", "20.11.2026",
      // clock
      "2026-11-20T", "2026-11-20T08", "2026-11-20T08Z", "2026-11-20T08:0Z", "2026-11-20T24:00:00Z",
      "2026-11-20T08:60:00Z", "2026-11-20T08:00:61Z", "2026-11-20T08:00:0Z", "2026-11-20T08:00:00.Z",
      "2026-11-20T08:00:00,5Z", "2026-11-20T8:00:00Z", "2026-11T08:00:00Z", "2026T08:00:00Z",
      // zone: needed, upper case, a colon, within 14 hours
      "2026-11-20T08:00:00", "2026-11-20T08:00", "2026-11-20T08:00:00.5", "2026-11-20T08:00:00z",
      "2026-11-20t08:00:00Z", "2026-11-20 08:00:00Z", "2026-11-20T08:00:00+0100", "2026-11-20T08:00:00+01",
      "2026-11-20T08:00:00+1:00", "2026-11-20T08:00:00+14:01", "2026-11-20T08:00:00-14:01", "2026-11-20T08:00:00+15:00",
      "2026-11-20T08:00:00+01:60", "2026-11-20T08:00:00 +01:00", "2026-11-20T08:00:00Z+01:00", "2026-11-20+01:00",
      "2026-11-20Z",
      // around it
      " 2026-11-20", "2026-11-20 ", "2026-11-20T08:00:00Z ", "2026-11-20T08:00:00Zx", "2026-11-20T08:00:00+01:00x",
      "2026-1a-20", "2026-11-20T0a:00:00Z", "2026-11-20T-1:00:00Z"};
  for (const char* const row : rows) {
    DYNAMIC_SECTION("'" << row << "'") {
      const auto parsed = DateTime::parse(row);
      REQUIRE_FALSE(parsed);
      CHECK(parsed.error().category == fhir::ErrorCategory::invalid);
    }
  }
  CHECK_FALSE(DateTime::parse(std::string_view("2026-11-20\0", 11)));
  CHECK_FALSE(DateTime::parse(std::string_view()));
}

TEST_CASE("time: a period ends where the next of its precision begins", "[time]") {
  struct Row {
    const char* in;
    const char* end;
  };
  const Row rows[] = {
      {"2026", "2027-01-01T00:00:00.000000Z"},
      {"2026-11", "2026-12-01T00:00:00.000000Z"},
      {"2026-12", "2027-01-01T00:00:00.000000Z"},
      {"2024-02", "2024-03-01T00:00:00.000000Z"},
      {"2024-02-28", "2024-02-29T00:00:00.000000Z"},
      {"2026-12-31", "2027-01-01T00:00:00.000000Z"},
      {"2026-11-20T23:59Z", "2026-11-21T00:00:00.000000Z"},
      {"2026-11-20T08:00:00+01:00", "2026-11-20T07:00:01.000000Z"},
      {"2026-11-20T08:00:00.5Z", "2026-11-20T08:00:00.600000Z"},
      {"2026-11-20T08:00:00.500Z", "2026-11-20T08:00:00.501000Z"},
      {"2026-11-20T08:00:00.999999Z", "2026-11-20T08:00:01.000000Z"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.in) {
      CHECK(DateTime::parse(row.in)->end() == DateTime::parse(row.end)->utc);
    }
  }
  CHECK(DateTime::parse("9999")->end() > DateTime::parse("9999-12-31T23:59:59Z")->utc);
}

TEST_CASE("time: made from an instant", "[time]") {
  const Time at = instant(morning + 61, 123'456);
  CHECK(DateTime::from(at, 60min).text() == "2026-11-20T09:01:01+01:00");
  CHECK(DateTime::from(at, 0min).text() == "2026-11-20T08:01:01Z");
  CHECK(DateTime::from(at, -210min).text() == "2026-11-20T04:31:01-03:30");
  CHECK(DateTime::from(at, 60min, Precision::fraction).text() == "2026-11-20T09:01:01.123456+01:00");
  CHECK(DateTime::from(instant(morning, 120'000), 60min, Precision::fraction).text() ==
        "2026-11-20T09:00:00.120+01:00");
  CHECK(DateTime::from(at, 60min, Precision::minute).text() == "2026-11-20T09:01+01:00");
  CHECK(DateTime::from(at, 60min, Precision::month).text() == "2026-11");
  // The day is the one on the wall where it was written.
  CHECK(DateTime::from(instant(morning + 15 * 3600 + 1800), 60min, Precision::day).text() == "2026-11-21");
  CHECK(DateTime::from(instant(-1), 0min).text() == "1969-12-31T23:59:59Z");

  for (const Precision precision :
       {Precision::year, Precision::month, Precision::day, Precision::minute, Precision::second, Precision::fraction}) {
    const DateTime made = DateTime::from(at, 60min, precision);
    CHECK(DateTime::parse(made.text()).value() == made);
    CHECK(made.utc <= at);
    CHECK(at < made.end());
  }
}

TEST_CASE("time: wall time without zone", "[time]") {
  const auto eight = std::chrono::local_days(std::chrono::year(2026) / 11 / 20) + 8h;
  CHECK(fhir::parse_local("2026-11-20T08:00:00").value() == eight);
  CHECK(fhir::parse_local("2026-11-20 08:00:00").value() == eight);
  CHECK(fhir::parse_local("2026-11-20T08:00:00.1234567").value() == eight + 123'456us);
  CHECK(fhir::parse_local("2026-11-20T08:00:60").value() == eight + 59'999'999us);
  for (const char* const bad :
       {"", "2026-11-20", "2026-11-20T08:00", "2026-11-20T08:00:00Z", "2026-11-20T08:00:00+01:00",
        "2026-11-20  08:00:00", "2026-11-20T 08:00:00", "2026-02-30T08:00:00", "0000-01-01T00:00:00",
        "2026-11-20T24:00:00", "2026-11-20T08:00:00.", "2026-11-20T08:00:00 "}) {
    CAPTURE(bad);
    CHECK_FALSE(fhir::parse_local(bad));
  }
}

TEST_CASE("time: instants as the program writes them", "[time]") {
  CHECK(fhir::utc_text(instant(morning, 999'999)) == "2026-11-20T08:00:00Z");
  CHECK(fhir::utc_millis_text(instant(morning, 1'999)) == "2026-11-20T08:00:00.001Z");
  CHECK(fhir::utc_millis_text(instant(-1, 1'000)) == "1969-12-31T23:59:59.001Z");
  std::string out = "at ";
  fhir::append_utc_millis(out, instant(0));
  CHECK(out == "at 1970-01-01T00:00:00.000Z");
  // Beyond what four digits can write, the nearest instant that they can.
  CHECK(fhir::utc_text(Time::min()) == "0001-01-01T00:00:00Z");
  CHECK(fhir::utc_millis_text(Time::max()) == "9999-12-31T23:59:59.999Z");
}

// Counted day by day with a calendar of its own, not with <chrono>.
TEST_CASE("time: every day of two centuries has its number", "[time]") {
  const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::int64_t day_number = -29219;  // 1890-01-01
  for (int year = 1890; year < 2110; ++year) {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    for (int month = 1; month <= 12; ++month) {
      const int length = lengths[month - 1] + (leap && month == 2);
      for (int day = 1; day <= 31; ++day) {
        char text[16];
        std::snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
        const auto parsed = DateTime::parse(text);
        INFO(text);
        if (day > length) {
          REQUIRE_FALSE(parsed);
          continue;
        }
        REQUIRE(parsed);
        REQUIRE(parsed->utc == instant(day_number * 86400));
        REQUIRE(parsed->text() == text);
        ++day_number;
      }
    }
  }
}

TEST_CASE("time: what is written is read back the same", "[time][property]") {
  constexpr std::uint64_t seed = 20261120;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto below = [&](int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); };
  for (int round = 0; round < 20'000; ++round) {
    char text[48];
    int length = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", 1 + below(9999), 1 + below(12),
                               1 + below(28), below(24), below(60), below(60));
    const int fraction = below(7);
    if (fraction > 0) text[length++] = '.';
    for (int i = 0; i < fraction; ++i) text[length++] = static_cast<char>('0' + below(10));
    if (below(3) == 0) {
      text[length++] = 'Z';
    } else {
      const int offset = below(841);
      const bool west = offset != 0 && below(2) == 0;
      length += std::snprintf(text + length, 8, "%c%02d:%02d", west ? '-' : '+', offset / 60, offset % 60);
    }
    const std::string written(text, static_cast<std::size_t>(length));
    CAPTURE(written);
    const auto parsed = DateTime::parse(written);
    REQUIRE(parsed);
    REQUIRE(parsed->text() == written);
    REQUIRE(DateTime::parse(parsed->text()).value() == *parsed);
    REQUIRE(parsed->utc < parsed->end());
  }
}
