#include "thresholds/suppression.hpp"

namespace thresholds {
namespace {

bool hides(const Suppression& suppression, Suppression::Of of, std::string_view target, Severity severity) {
  return suppression.of == of && suppression.target == target && severity <= suppression.up_to && severity < Severity::critical;
}

}  // namespace

std::string_view name(Suppression::Of of) {
  switch (of) {
    case Suppression::Of::absence:
      return "absence";
    case Suppression::Of::limit:
      return "limit";
    case Suppression::Of::rule:
      break;
  }
  return "rule";
}

bool in_force(const Suppression& suppression, Time at) { return suppression.from <= at && at < suppression.until; }

bool hides_limit(const Suppression& suppression, std::string_view kind, Severity severity, Time now) {
  return in_force(suppression, now) && hides(suppression, Suppression::Of::limit, kind, severity);
}

bool hides_rule(const Suppression& suppression, std::string_view rule, Severity severity, Time now) {
  return in_force(suppression, now) && hides(suppression, Suppression::Of::rule, rule, severity);
}

bool hides_missing(const Suppression& suppression, std::string_view rule, Severity severity, Time begin, Time end) {
  if (suppression.until <= suppression.from || end < suppression.from || suppression.until <= begin) return false;
  return suppression.of == Suppression::Of::absence || hides(suppression, Suppression::Of::rule, rule, severity);
}

}  // namespace thresholds
