// When a service is open: hours by weekday in the service's own time zone, Norwegian public holidays, further closed days.
// Deadlines are counted in these hours. Pure: the zone is an interface, time is passed in.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "thresholds/time.hpp"

namespace thresholds {

// Open from `from` to `to`, since midnight of the day it begins on; `to` beyond 24 h is the next day's morning.
struct OpenHours {
  std::chrono::minutes from{0}, to{0};
};

struct ServiceHours {
  std::array<std::vector<OpenHours>, 7> week;  // Sunday first, as std::chrono::weekday counts
  // Public holidays (holidays.hpp). Half days (Christmas Eve, New Year's Eve, the Wednesday before Easter) are none: where a
  // service closes then, it names them.
  bool closed_on_holidays = true;
  std::set<std::chrono::year_month_day> closed;  // further days; what began the evening before ends as usual
};

class ServiceCalendar {
 public:
  ServiceCalendar(ServiceHours, std::shared_ptr<const Zone>);

  bool open_at(Time) const;  // the minute it closes is closed
  // When so much open time has passed since `from`. None: it does not open for so long within the next two years.
  std::optional<Time> after(Time from, std::chrono::seconds open) const;
  // `from` itself when open, else when it opens next. None as above.
  std::optional<Time> next_open(Time from) const;
  // When the present opening ends; none when it is closed or never closes within the next two years.
  std::optional<Time> closes(Time from) const;

 private:
  struct Span {
    Time from, to;
  };
  std::vector<Span> spans_of(std::chrono::local_days) const;
  template <class Visit>
  void walk(Time from, Visit visit) const;  // spans from `from` on, cut to begin there, without overlap; until visit says stop

  ServiceHours hours_;
  std::shared_ptr<const Zone> zone_;
};

}  // namespace thresholds
