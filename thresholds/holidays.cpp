#include "thresholds/holidays.hpp"

#include <algorithm>
#include <array>

namespace thresholds {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

// The anonymous Gregorian algorithm (J. Meeus, Astronomical Algorithms, chapter 8).
year_month_day easter_sunday(std::chrono::year year) {
  const int y = static_cast<int>(year);
  const int a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
  const int m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;
  return year / std::chrono::month(static_cast<unsigned>(n / 31)) / std::chrono::day(static_cast<unsigned>(n % 31 + 1));
}

bool norwegian_holiday(year_month_day day) {
  using namespace std::chrono_literals;
  static constexpr std::array<std::chrono::month_day, 5> fixed{std::chrono::January / 1, std::chrono::May / 1, std::chrono::May / 17,
                                                               std::chrono::December / 25, std::chrono::December / 26};
  if (std::find(fixed.begin(), fixed.end(), day.month() / day.day()) != fixed.end()) return true;
  // Maundy Thursday, Good Friday, Easter Sunday and Monday, Ascension Day, Whit Sunday and Monday.
  static constexpr std::array<int, 7> from_easter{-3, -2, 0, 1, 39, 49, 50};
  const auto distance = (sys_days(day) - sys_days(easter_sunday(day.year()))).count();
  return std::find(from_easter.begin(), from_easter.end(), distance) != from_easter.end();
}

}  // namespace thresholds
