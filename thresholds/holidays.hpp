// Public holidays of Norway: lov om helligdager og helligdagsfred (LOV-1995-02-24-12) section 2, 1 May and 17 May (LOV-1947-04-26-1).
#pragma once

#include <chrono>

namespace thresholds {

std::chrono::year_month_day easter_sunday(std::chrono::year);  // Gregorian calendar
bool norwegian_holiday(std::chrono::year_month_day);           // ordinary Sundays are none

}  // namespace thresholds
