#include "gateway/config/service_yaml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "gateway/config/yaml_section.hpp"

namespace gateway::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// As std::chrono::weekday counts.
constexpr std::array<std::string_view, 7> day_names{"sunday",   "monday", "tuesday", "wednesday",
                                                    "thursday", "friday", "saturday"};

std::optional<int> digits(std::string_view text, std::size_t count) {
  int number = 0;
  if (text.size() != count) return std::nullopt;
  auto [end, fault] = std::from_chars(text.data(), text.data() + count, number);
  if (fault != std::errc{} || end != text.data() + count || number < 0) return std::nullopt;
  return number;
}

// "08:00"; 24:00 is the end of the day.
std::optional<minutes> time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = digits(text.substr(0, 2), 2), minute = digits(text.substr(3), 2);
  if (!hour || !minute || *minute > 59 || *hour > 24 || (*hour == 24 && *minute != 0)) return std::nullopt;
  return hours(*hour) + minutes(*minute);
}

// "08:00-15:30"; an end that is not later is the next day's.
std::optional<thresholds::OpenHours> open_hours(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = time_of_day(text.substr(0, dash)), to = time_of_day(text.substr(dash + 1));
  if (!from || !to || *from == hours(24)) return std::nullopt;
  return thresholds::OpenHours{*from, *to > *from ? *to : *to + hours(24)};
}

std::optional<std::chrono::year_month_day> date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4), 4), month = digits(text.substr(5, 2), 2), day = digits(text.substr(8), 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day made{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return made.ok() ? std::optional(made) : std::nullopt;
}

void read_hours(Section& entry, thresholds::ServiceHours& week) {
  std::vector<std::string> days;
  std::string open;
  entry.texts("days", days, Need::required);
  std::optional<thresholds::OpenHours> span;
  if (entry.text("open", open, Need::required)) {
    span = open_hours(open);
    if (!span) entry.error("open", "'open' must be like 08:00-15:30");
  }
  for (const std::string& day : days) {
    const auto known = std::find(day_names.begin(), day_names.end(), day);
    if (known == day_names.end()) {
      entry.error("days", "'" + day + "' is no day; there are monday to sunday");
    } else if (span) {
      week.week[static_cast<std::size_t>(known - day_names.begin())].push_back(*span);
    }
  }
}

void read_severity(Section& section, const char* key, thresholds::Severity& out, Need need) {
  std::string name;
  if (!section.text(key, name, need)) return;
  if (auto severity = thresholds::severity_named(name)) {
    out = *severity;
  } else {
    section.error(key, "'" + std::string(key) + "' must be normal, moderate, severe or critical");
  }
}

void read_clock(Section& section, const char* key, std::optional<seconds>& out) {
  seconds limit{};
  if (section.duration(key, limit, seconds(1), hours(24 * 31))) out = limit;
}

void read_webhook(Section& section, Webhook& webhook) {
  section.text("url", webhook.url, Need::required);
  section.section("auth", [&](Section& auth) { auth.secret("bearer", webhook.bearer, Need::required); });
  section.text("ca", webhook.ca);
  section.duration("timeout", webhook.timeout, milliseconds(100), minutes(5));
  section.number("attempts", webhook.attempts, 1, 1'000);
  section.duration("backoff_first", webhook.backoff_first, milliseconds(1), hours(1));
  section.duration("backoff_max", webhook.backoff_max, milliseconds(1), hours(1));
}

}  // namespace

ServiceTimes read_service(Section& section, const std::string& timezone) {
  ServiceTimes service;
  service.timezone = timezone;
  section.text("tenant", service.tenant, Need::required);
  section.text("timezone", service.timezone);
  service.has_hours = section.has("hours");
  section.each("hours", [&](Section& entry) { read_hours(entry, service.hours); });
  std::string holidays;
  if (section.text("holidays", holidays)) {
    service.hours.closed_on_holidays = holidays == "closed";
    if (holidays != "closed" && holidays != "open") section.error("holidays", "'holidays' must be closed or open");
  }
  std::vector<std::string> closed;
  section.texts("closed", closed);
  for (const std::string& text : closed) {
    if (auto day = date(text)) {
      service.hours.closed.insert(*day);
    } else {
      section.error("closed", "'" + text + "' is no date like 2026-12-24");
    }
  }
  if (section.text("outside", service.outside) && service.outside != "hold" && service.outside != "reroute" &&
      service.outside != "unwatched") {
    section.error("outside", "'outside' must be hold, reroute or unwatched");
  }
  section.text("reroute_to", service.reroute_to);
  section.section("flood", [&](Section& entry) {
    int above = static_cast<int>(service.flood.starts_above), below = static_cast<int>(service.flood.ends_below);
    seconds within = service.flood.within;
    entry.number("starts_above", above, 1, 100'000);
    entry.number("ends_below", below, 1, 100'000);
    entry.duration("within", within, minutes(1), hours(24));
    if (below > above) entry.error("ends_below", "a flood that ends below " + std::to_string(below) + " new alarms cannot begin above " + std::to_string(above));
    service.flood = {static_cast<std::size_t>(above), static_cast<std::size_t>(below), std::chrono::duration_cast<minutes>(within)};
  });
  section.each("clocks", [&](Section& entry) {
    thresholds::Severity severity = thresholds::Severity::normal;
    read_severity(entry, "severity", severity, Need::required);
    thresholds::ClockLimits& limits = service.clocks.of(severity);
    read_clock(entry, "acknowledge", limits.acknowledge);
    read_clock(entry, "take", limits.take);
    read_clock(entry, "resolve", limits.resolve);
  });
  return service;
}

Escalation read_escalation(Section& section) {
  Escalation escalation;
  section.text("tenant", escalation.tenant, Need::required);
  section.duration("presence", escalation.presence, seconds(0), hours(24));
  section.each(
      "levels",
      [&](Section& entry) {
        EscalationLevel level;
        read_severity(entry, "from", level.from, Need::optional);
        entry.texts("clients", level.clients);
        const bool called = entry.has("webhook");
        entry.section("webhook", [&](Section& inner) {
          Webhook webhook;
          read_webhook(inner, webhook);
          if (called) level.webhook = std::move(webhook);
        });
        read_clock(entry, "after", level.after);
        escalation.levels.push_back(std::move(level));
      },
      Need::required);
  return escalation;
}

}  // namespace gateway::config
