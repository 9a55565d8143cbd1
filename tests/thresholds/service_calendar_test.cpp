#include "thresholds/service_calendar.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/thresholds/norway.hpp"

using namespace thresholds;
using namespace std::chrono_literals;
using test::norway;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

namespace {

// An instant by Norwegian winter time (+01:00) unless `offset` says summer.
Time at(int y, unsigned m, unsigned d, int hour, int minute = 0, std::chrono::hours offset = 1h) {
  return sys_days{year(y) / std::chrono::month(m) / std::chrono::day(d)} + std::chrono::hours(hour) +
         std::chrono::minutes(minute) - offset;
}

ServiceCalendar weekdays(OpenHours hours = {8h, 15h + 30min}) {
  ServiceHours week;
  for (std::size_t day = 1; day <= 5; ++day) week.week[day] = {hours};
  return {week, norway()};
}

ServiceCalendar each_day(OpenHours hours) {
  ServiceHours week;
  for (auto& day : week.week) day = {hours};
  week.closed_on_holidays = false;
  return {week, norway()};
}

}  // namespace

TEST_CASE("calendar: open from its first minute to before its last", "[thresholds][calendar]") {
  const ServiceCalendar calendar = weekdays();
  CHECK_FALSE(calendar.open_at(at(2026, 11, 20, 8) - 1us));  // a Friday
  CHECK(calendar.open_at(at(2026, 11, 20, 8)));
  CHECK(calendar.open_at(at(2026, 11, 20, 15, 30) - 1us));
  CHECK_FALSE(calendar.open_at(at(2026, 11, 20, 15, 30)));
  CHECK_FALSE(calendar.open_at(at(2026, 11, 21, 12)));
}

TEST_CASE("calendar: deadlines count open time only", "[thresholds][calendar]") {
  struct Row {
    std::string name;
    Time from;
    std::chrono::minutes open;
    Time expected;
  };
  const std::vector<Row> rows{
      {"within the day", at(2026, 11, 20, 9), 60min, at(2026, 11, 20, 10)},
      {"to the very end of the day", at(2026, 11, 20, 15), 30min, at(2026, 11, 20, 15, 30)},
      {"over the weekend", at(2026, 11, 20, 15), 60min, at(2026, 11, 23, 8, 30)},
      {"from the night", at(2026, 11, 20, 3), 15min, at(2026, 11, 20, 8, 15)},
      {"from a Saturday", at(2026, 11, 21, 12), 15min, at(2026, 11, 23, 8, 15)},
      {"over Easter", at(2026, 4, 1, 15, 0, 2h), 60min, at(2026, 4, 7, 8, 30, 2h)},
      {"over several days", at(2026, 11, 16, 8), 20h, at(2026, 11, 18, 13)},
      {"over the clock change", at(2026, 3, 27, 15), 60min, at(2026, 3, 30, 8, 30, 2h)},
      {"nothing at all, from the night", at(2026, 11, 20, 3), 0min, at(2026, 11, 20, 8)},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(weekdays().after(row.from, row.open) == row.expected); }
  }
}

TEST_CASE("calendar: a night that changes the clocks is as long as it is", "[thresholds][calendar]") {
  const ServiceCalendar night = each_day({22h, 30h});  // 22 to 6
  CHECK(night.open_at(at(2026, 3, 29, 1)));
  CHECK(night.after(at(2026, 3, 28, 22), 7h) == at(2026, 3, 29, 6, 0, 2h));   // an hour is missing
  CHECK(night.after(at(2026, 10, 24, 22, 0, 2h), 9h) == at(2026, 10, 25, 6));  // one comes twice
  CHECK(night.closes(at(2026, 3, 28, 23)) == at(2026, 3, 29, 6, 0, 2h));
}

TEST_CASE("calendar: midnight belongs to one day, and overlapping hours count once", "[thresholds][calendar]") {
  const ServiceCalendar always = each_day({0h, 24h});
  CHECK(always.open_at(at(2026, 11, 20, 0)));
  CHECK(always.after(at(2026, 11, 20, 23), 2h) == at(2026, 11, 21, 1));
  CHECK_FALSE(always.closes(at(2026, 11, 20, 23)));
  const ServiceCalendar twice = each_day({20h, 30h + 1h});  // 20 to 7; the next begins at 20
  ServiceHours week;
  for (auto& day : week.week) day = {{20h, 31h}, {6h, 12h}};
  week.closed_on_holidays = false;
  const ServiceCalendar overlapping(week, norway());
  CHECK(overlapping.after(at(2026, 11, 20, 5), 7h) == at(2026, 11, 20, 12));
  CHECK(overlapping.closes(at(2026, 11, 20, 5)) == at(2026, 11, 20, 12));
  CHECK(twice.closes(at(2026, 11, 20, 5)) == at(2026, 11, 20, 7));
}

TEST_CASE("calendar: what began on the evening of an open day ends as usual, a closed day does not begin", "[thresholds][calendar]") {
  ServiceHours week;
  for (auto& day : week.week) day = {{22h, 30h}};
  week.closed.insert(year(2026) / 11 / 20);
  const ServiceCalendar calendar(week, norway());
  CHECK(calendar.open_at(at(2026, 11, 20, 5)));
  CHECK_FALSE(calendar.open_at(at(2026, 11, 20, 23)));
  CHECK(calendar.next_open(at(2026, 11, 20, 7)) == at(2026, 11, 21, 22));
}

TEST_CASE("calendar: one that never opens has no deadline", "[thresholds][calendar]") {
  const ServiceCalendar never(ServiceHours{}, norway());
  CHECK_FALSE(never.after(at(2026, 11, 20, 9), 1min));
  CHECK_FALSE(never.next_open(at(2026, 11, 20, 9)));
  CHECK_FALSE(never.open_at(at(2026, 11, 20, 9)));
}
