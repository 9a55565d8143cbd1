// When a limit or a rule speaks of a reading at all: part of the day, kind of day, period, and the circumstances it was measured in.
// What is left empty does not restrict. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thresholds/time.hpp"

namespace thresholds {

enum class Meal : std::uint8_t { unstated, before, after, fasting, bedtime };
enum class Oxygen : std::uint8_t { unstated, air, oxygen };  // whether oxygen was given while measuring

std::string_view name(Meal);    // "before"; empty for unstated
std::string_view name(Oxygen);  // "air", "oxygen"
std::optional<Meal> meal_named(std::string_view);
std::optional<Oxygen> oxygen_named(std::string_view);

// The circumstances a reading states of itself.
struct Circumstances {
  Meal meal = Meal::unstated;
  Oxygen oxygen = Oxygen::unstated;
  std::string_view site;  // where on the body, as the sender says it; compared without regard to ASCII case
};

struct Applies {
  std::optional<DayWindow> between;  // by the measured time in `zone`
  Days days = every_day;             // of a window that crosses midnight, the day it began on
  std::optional<std::chrono::year_month_day> from, to;  // first and last local day, both inside
  std::shared_ptr<const Zone> zone;  // never null once made by the grammar; of the service unless `timezone` names another
  std::string timezone;              // as written; empty: the service's
  std::optional<Meal> meal;          // only readings that state this
  std::optional<Oxygen> oxygen;
  std::string site;

  bool always() const;        // restricts nothing
  bool by_time() const;       // restricts by the clock or the calendar
  bool holds(Time measured, const Circumstances&) const;
};

// Whether some reading could be spoken of by both. Exact for what is compared here; of days it looks at weekdays and holidays
// separately, and calls two zones different clocks: then windows may always meet.
bool overlap(const Applies&, const Applies&);

// In words: no days, a period that ends before it begins.
std::vector<std::string> problems(const Applies&);

}  // namespace thresholds
