// A tenant's service: opening hours, clocks, and who is called when one is missed. What the words mean is
// alarms/service.hpp's; the page is docs/configuration.md.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "thresholds/clocks.hpp"
#include "thresholds/flood.hpp"
#include "thresholds/service_calendar.hpp"

namespace gateway::config {

struct ServiceTimes {
  std::string tenant, timezone;
  bool has_hours = false;  // without hours it is always open
  thresholds::ServiceHours hours;
  std::string outside = "hold", reroute_to;
  thresholds::Clocks clocks;
  thresholds::FloodPolicy flood;
};

// Called over HTTPS with a body that says which alarm waits, and nothing about the person.
struct Webhook {
  std::string url, bearer, ca;
  std::chrono::milliseconds timeout{10'000}, backoff_first{1'000}, backoff_max{60'000};
  int attempts = 8;  // then the next level is called
};

struct EscalationLevel {
  thresholds::Severity from = thresholds::Severity::normal;
  std::vector<std::string> clients;
  std::optional<Webhook> webhook;
  std::optional<std::chrono::seconds> after;
};

struct Escalation {
  std::string tenant;
  std::chrono::seconds presence{90};  // without anybody on the alarm stream; 0: not watched
  std::vector<EscalationLevel> levels;
};

}  // namespace gateway::config
