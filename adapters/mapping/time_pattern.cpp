#include "adapters/mapping/time_pattern.hpp"

#include <algorithm>

namespace adapters::mapping {
namespace {

using namespace std::chrono;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// From `least` to `most` digits taken from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t count = 0;
  int number = 0;
  while (count < most && count < text.size() && is_digit(text[count])) number = number * 10 + (text[count++] - '0');
  if (count < least) return std::nullopt;
  text.remove_prefix(count);
  return number;
}

std::optional<minutes> take_offset(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  if (text.front() == 'Z' || text.front() == 'z') {
    text.remove_prefix(1);
    return minutes{0};
  }
  if (text.front() != '+' && text.front() != '-') return std::nullopt;
  const bool west = text.front() == '-';
  text.remove_prefix(1);
  const auto hour = take_number(text, 1, 2);
  if (!hour) return std::nullopt;
  int minute = 0;
  if (text.starts_with(':')) text.remove_prefix(1);
  if (!text.empty() && is_digit(text.front())) {
    const auto given = take_number(text, 2, 2);
    if (!given || *given > 59) return std::nullopt;
    minute = *given;
  }
  const minutes offset = hours{*hour} + minutes{minute};
  if (offset > hours{14}) return std::nullopt;  // FHIR R4 dateTime
  return west ? -offset : offset;
}

}  // namespace

std::optional<minutes> parse_offset(std::string_view text) {
  const auto offset = take_offset(text);
  return text.empty() ? offset : std::nullopt;
}

fhir::Result<TimePattern> TimePattern::compile(std::string_view pattern) {
  struct Letter {
    char letter;
    Field field;
    std::size_t most;
  };
  static constexpr Letter letters[] = {{'y', Field::year, 4},   {'M', Field::month, 2},      {'d', Field::day, 2},
                                       {'H', Field::hour, 2},   {'h', Field::hour_of_12, 2}, {'m', Field::minute, 2},
                                       {'s', Field::second, 2}, {'S', Field::fraction, 9},   {'a', Field::half_day, 1},
                                       {'X', Field::offset, 3}};
  const auto refuse = [&](const std::string& why) {
    return fhir::invalid("pattern '" + std::string(pattern.substr(0, 80)) + "': " + why);
  };
  TimePattern made;
  if (pattern.size() > 80) return refuse("longer than 80 characters");
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '\'') {
      const std::size_t end = pattern.find('\'', at + 1);
      if (end == std::string_view::npos) return refuse("a quote is not closed");
      for (++at; at < end; ++at) made.parts_.push_back({Field::literal, 0, pattern[at]});
      ++at;
      continue;
    }
    if (!is_letter(c)) {
      made.parts_.push_back({Field::literal, 0, c});
      ++at;
      continue;
    }
    std::size_t width = 1;
    while (at + width < pattern.size() && pattern[at + width] == c) ++width;
    const auto* known =
        std::find_if(std::begin(letters), std::end(letters), [&](const Letter& l) { return l.letter == c; });
    if (known == std::end(letters)) {
      if (c == 'T') {  // of ISO 8601, and nothing else by these rules
        made.parts_.push_back({Field::literal, 0, c});
        ++at;
        continue;
      }
      return refuse(std::string("'") + c + "' means nothing; write text in quotes");
    }
    const bool right = width <= known->most && (known->field != Field::year || width == 4 || width == 2);
    if (!right) return refuse(std::string("not so many '") + c + "'");
    if (made.has(known->field)) return refuse(std::string("'") + c + "' is given twice");
    made.parts_.push_back({known->field, static_cast<std::uint8_t>(width), 0});
    at += width;
  }
  const bool hour = made.has(Field::hour) || (made.has(Field::hour_of_12) && made.has(Field::half_day));
  if (!made.has(Field::year) || !made.has(Field::month) || !made.has(Field::day) || !hour)
    return refuse("needs year, month, day and hour (yyyy MM dd HH, or hh with a)");
  if (made.has(Field::hour) && made.has(Field::hour_of_12)) return refuse("both H and h");
  return made;
}

bool TimePattern::has(Field field) const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) { return part.field == field; });
}

bool TimePattern::has_offset() const {
  return has(Field::offset);
}

std::optional<TimePattern::Read> TimePattern::read(std::string_view text) const {
  Read read;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int micros = 0;
  bool afternoon = false, of_12 = false;
  for (const Part& part : parts_) {
    const auto number = [&](int& out, int least, int most) {
      const auto taken = take_number(text, part.width == 1 ? 1 : 2, 2);
      if (!taken || *taken < least || *taken > most) return false;
      out = *taken;
      return true;
    };
    bool right = true;
    switch (part.field) {
      case Field::year: {
        const auto taken = take_number(text, part.width, part.width);
        right = taken.has_value();
        if (right) year = part.width == 2 ? 2000 + *taken : *taken;
        break;
      }
      case Field::month:
        right = number(month, 1, 12);
        break;
      case Field::day:
        right = number(day, 1, 31);
        break;
      case Field::hour:
        right = number(hour, 0, 23);
        break;
      case Field::hour_of_12:
        of_12 = true;
        right = number(hour, 1, 12);
        break;
      case Field::minute:
        right = number(minute, 0, 59);
        break;
      case Field::second:
        right = number(second, 0, 59);
        break;
      case Field::fraction: {
        std::size_t digits = 0;
        int scale = 100'000;
        while (digits < text.size() && is_digit(text[digits])) {
          micros += (text[digits++] - '0') * scale;
          scale /= 10;
        }
        right = digits > 0 && digits <= 9;
        read.fraction_digits = static_cast<std::uint8_t>(std::min<std::size_t>(digits, 6));
        text.remove_prefix(digits);
        break;
      }
      case Field::half_day: {
        const std::string_view word = text.substr(0, 2);
        afternoon = word == "PM" || word == "pm";
        right = afternoon || word == "AM" || word == "am";
        if (right) text.remove_prefix(2);
        break;
      }
      case Field::offset:
        read.offset = take_offset(text);
        right = read.offset.has_value();
        break;
      case Field::literal:
        right = text.starts_with(part.literal);
        if (right) text.remove_prefix(1);
        break;
    }
    if (!right) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  if (of_12) hour = hour % 12 + (afternoon ? 12 : 0);
  const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || year < 1) return std::nullopt;
  read.wall = local_days{date} + hours{hour} + minutes{minute} + seconds{second} + microseconds{micros};
  return read;
}

}  // namespace adapters::mapping
