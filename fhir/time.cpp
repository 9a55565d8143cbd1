#include "fhir/time.hpp"

#include <algorithm>

namespace fhir {
namespace {

using namespace std::chrono;
using LocalTime = local_time<microseconds>;

constexpr minutes widest_offset{14 * 60};  // FHIR R4 dateTime: +14:00 to -14:00

Error not_a_time() {
  return invalid("not a date or time as FHIR and RFC 3339 write it");
}

// Reads fixed-width fields. After the first misfit everything fails, so the caller asks once at the end.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  int digits(int count) {
    if (end_ - at_ < count) return fail();
    int value = 0;
    for (int i = 0; i < count; ++i) {
      const unsigned digit = static_cast<unsigned char>(at_[i]) - unsigned{'0'};
      if (digit > 9) return fail();
      value = value * 10 + static_cast<int>(digit);
    }
    at_ += count;
    return value;
  }
  int digits_up_to(int count, int highest) {
    const int value = digits(count);
    return value > highest ? fail() : value;
  }
  bool accept(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }
  bool digit_next() const { return at_ != end_ && *at_ >= '0' && *at_ <= '9'; }
  char take() { return *at_++; }
  bool at_end() const { return at_ == end_; }
  bool failed() const { return failed_; }
  int fail() {
    failed_ = true;
    at_ = end_;
    return 0;
  }

 private:
  const char* at_;
  const char* end_;
  bool failed_ = false;
};

struct ClockReading {
  microseconds since_midnight{};
  Precision precision = Precision::minute;
  std::uint8_t fraction_digits = 0;
};

// HH:MM[:SS[.f...]]. A leap second is held at the last microsecond before it, so that times stay in order.
ClockReading scan_clock(Scanner& in) {
  ClockReading reading;
  const hours hour{in.digits_up_to(2, 23)};
  in.expect(':');
  const minutes minute{in.digits_up_to(2, 59)};
  reading.since_midnight = hour + minute;
  if (!in.accept(':')) return reading;

  reading.precision = Precision::second;
  const int second = in.digits_up_to(2, 60);
  int micros = 0;
  if (in.accept('.')) {
    reading.precision = Precision::fraction;
    if (!in.digit_next()) in.fail();
    int place = 100'000;
    for (; in.digit_next(); place /= 10) {
      micros += (in.take() - '0') * place;
      if (place > 0) ++reading.fraction_digits;
    }
  }
  reading.since_midnight += second == 60 ? seconds{59} + microseconds{999'999} : seconds{second} + microseconds{micros};
  return reading;
}

minutes scan_offset(Scanner& in) {
  const bool west = in.accept('-');
  if (!west) in.expect('+');
  const hours hour{in.digits_up_to(2, 14)};
  in.expect(':');
  const minutes offset = hour + minutes{in.digits_up_to(2, 59)};
  if (offset > widest_offset) in.fail();
  return west ? -offset : offset;
}

char* put_digits(char* to, int count, unsigned value) {
  for (int i = count - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
  return to + count;
}

// What four digits of year can show; a computed instant outside is shown as the nearest one inside.
constexpr Time earliest{sys_days{year{1} / January / 1}};
constexpr Time latest = Time{sys_days{year{10000} / January / 1}} - microseconds{1};

// YYYY[-MM[-DD[THH:MM[:SS[.f]]]]], without zone. 26 characters at most.
char* put_local(char* to, Time local, Precision precision, int fraction_digits) {
  local = std::clamp(local, earliest, latest);
  const sys_days day_start = floor<days>(local);
  const year_month_day date{day_start};
  to = put_digits(to, 4, static_cast<unsigned>(static_cast<int>(date.year())));
  if (precision == Precision::year) return to;
  *to++ = '-';
  to = put_digits(to, 2, static_cast<unsigned>(date.month()));
  if (precision == Precision::month) return to;
  *to++ = '-';
  to = put_digits(to, 2, static_cast<unsigned>(date.day()));
  if (precision == Precision::day) return to;

  const auto micros = static_cast<std::uint64_t>((local - day_start).count());
  const auto second_of_day = static_cast<unsigned>(micros / 1'000'000);
  *to++ = 'T';
  to = put_digits(to, 2, second_of_day / 3600);
  *to++ = ':';
  to = put_digits(to, 2, second_of_day / 60 % 60);
  if (precision == Precision::minute) return to;
  *to++ = ':';
  to = put_digits(to, 2, second_of_day % 60);
  if (precision == Precision::second || fraction_digits == 0) return to;
  *to++ = '.';
  put_digits(to, 6, static_cast<unsigned>(micros % 1'000'000));
  return to + std::min(fraction_digits, 6);
}

constexpr std::size_t text_capacity = 40;  // 26 of put_local and "+HH:MM", with room for the digits it cuts

}  // namespace

Result<DateTime> DateTime::parse(std::string_view text) {
  Scanner in(text);
  DateTime result;
  const year y{in.digits(4)};
  month m = January;
  day d{1};
  result.precision = Precision::year;
  if (in.accept('-')) {
    m = month{static_cast<unsigned>(in.digits(2))};
    result.precision = Precision::month;
    if (in.accept('-')) {
      d = day{static_cast<unsigned>(in.digits(2))};
      result.precision = Precision::day;
    }
  }
  const year_month_day date{y, m, d};
  if (in.failed() || !date.ok() || y < year{1}) return not_a_time();
  result.utc = sys_days{date};
  if (in.at_end()) return result;
  if (result.precision != Precision::day) return not_a_time();

  in.expect('T');
  const ClockReading clock = scan_clock(in);
  result.precision = clock.precision;
  result.fraction_digits = clock.fraction_digits;
  result.zulu = in.accept('Z');
  const minutes offset = result.zulu ? minutes{0} : scan_offset(in);
  if (in.failed() || !in.at_end()) return not_a_time();
  result.utc += clock.since_midnight - offset;
  result.offset = offset;
  return result;
}

DateTime DateTime::from(Time utc, minutes offset, Precision precision) {
  DateTime result;
  result.precision = precision;
  if (precision <= Precision::day) {
    const year_month_day date{floor<days>(utc + offset)};
    const month m = precision == Precision::year ? January : date.month();
    const day d = precision == Precision::day ? date.day() : day{1};
    result.utc = sys_days{date.year() / m / d};
    return result;
  }
  result.offset = offset;
  result.zulu = offset == minutes{0};
  if (precision == Precision::minute) {
    result.utc = floor<minutes>(utc);
  } else if (precision == Precision::second) {
    result.utc = floor<seconds>(utc);
  } else {
    result.utc = utc;
    result.fraction_digits = floor<milliseconds>(utc) == utc ? 3 : 6;
  }
  return result;
}

std::string DateTime::text() const {
  char buffer[text_capacity];
  char* end = put_local(buffer, utc + offset.value_or(minutes{0}), precision, fraction_digits);
  if (precision > Precision::day && offset) {
    if (zulu) {
      *end++ = 'Z';
    } else {
      *end++ = *offset < minutes{0} ? '-' : '+';
      const auto distance = static_cast<unsigned>(abs(*offset).count());
      end = put_digits(end, 2, distance / 60);
      *end++ = ':';
      end = put_digits(end, 2, distance % 60);
    }
  }
  return std::string(buffer, end);
}

Time DateTime::end() const {
  switch (precision) {
    case Precision::year:
    case Precision::month: {
      const year_month_day first{floor<days>(utc)};
      return sys_days{first + (precision == Precision::year ? months{12} : months{1})};
    }
    case Precision::day:
      return utc + days{1};
    case Precision::minute:
      return utc + minutes{1};
    case Precision::second:
      return utc + seconds{1};
    case Precision::fraction:
      break;
  }
  microseconds step = seconds{1};
  for (int i = 0; i < std::min<int>(fraction_digits, 6); ++i) step /= 10;
  return utc + step;
}

Result<LocalTime> parse_local(std::string_view text) {
  Scanner in(text);
  const int y = in.digits(4);
  in.expect('-');
  const auto m = static_cast<unsigned>(in.digits(2));
  in.expect('-');
  const auto d = static_cast<unsigned>(in.digits(2));
  const year_month_day date{year{y}, month{m}, day{d}};
  if (!in.accept(' ')) in.expect('T');
  const ClockReading clock = scan_clock(in);
  const bool complete = clock.precision != Precision::minute;
  if (in.failed() || !in.at_end() || !date.ok() || y < 1 || !complete) return not_a_time();
  return LocalTime{local_days{date}} + clock.since_midnight;
}

std::string utc_text(Time time) {
  char buffer[text_capacity];
  char* end = put_local(buffer, time, Precision::second, 0);
  *end++ = 'Z';
  return std::string(buffer, end);
}

void append_utc_millis(std::string& out, Time time) {
  char buffer[text_capacity];
  char* end = put_local(buffer, time, Precision::fraction, 3);
  *end++ = 'Z';
  out.append(buffer, end);
}

std::string utc_millis_text(Time time) {
  std::string out;
  append_utc_millis(out, time);
  return out;
}

}  // namespace fhir
