#include "gateway/config/service_check.hpp"

#include <algorithm>

#include "gateway/config/yaml_section.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::config {
namespace {

std::string at(const char* list, std::size_t i, const std::string& key) {
  return std::string(list) + "[" + std::to_string(i) + "]." + key;
}

class Check {
 public:
  Check(const Config& config, Reading& reading) : config_(config), reading_(reading) {}

  void run() {
    check_tenants("service", config_.service);
    check_tenants("escalation", config_.escalation);
    for (std::size_t i = 0; i < config_.service.size(); ++i) check_hours(config_.service[i], i);
    for (std::size_t i = 0; i < config_.escalation.size(); ++i) check_levels(config_.escalation[i], i);
    for (std::size_t i = 0; i < config_.clients.size(); ++i) {
      const std::string& organization = config_.clients[i].organization;
      const bool digits = std::all_of(organization.begin(), organization.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (!organization.empty() && (organization.size() != 9 || !digits)) {
        error(at("clients", i, "organization"), "'" + organization + "' is no organisation number (nine digits)");
      }
    }
  }

 private:
  void error(const std::string& path, std::string text) { reading_.error(reading_.place(path), std::move(text)); }

  template <class Entry>
  void check_tenants(const char* list, const std::vector<Entry>& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::string& tenant = entries[i].tenant;
      if (tenant.empty()) continue;  // reported by the reader
      auto same = [&](const auto& other) { return other.tenant == tenant; };
      const auto here = entries.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::find_if(entries.begin(), here, same) != here) {
        error(at(list, i, "tenant"), "tenant '" + tenant + "' is there twice in " + list);
      }
      if (std::none_of(config_.tenants.begin(), config_.tenants.end(), [&](const Tenant& one) { return one.id == tenant; })) {
        error(at(list, i, "tenant"), std::string(list) + " names tenant '" + tenant + "', which is not configured");
      }
    }
  }

  void check_client(const std::string& path, const std::string& id, const std::string& tenant) {
    const auto client =
        std::find_if(config_.clients.begin(), config_.clients.end(), [&](const Client& one) { return one.id == id; });
    const bool known = std::any_of(config_.tenants.begin(), config_.tenants.end(), [&](const Tenant& one) { return one.id == tenant; });
    if (!known) return;  // said already
    if (client == config_.clients.end() || client->tenant != tenant) {
      error(path, "client '" + id + "' is not configured for tenant '" + tenant + "'");
    } else if ((client->roles & static_cast<http::Roles>(http::Role::response_centre)) == 0) {
      error(path, "client '" + id + "' is no response-centre: it would see no alarm");
    }
  }

  void check_hours(const ServiceTimes& service, std::size_t i) {
    if (auto zone = find_zone(service.timezone); !zone) error(at("service", i, "timezone"), zone.error().detail);
    const bool reroute = service.outside == "reroute";
    if (reroute && service.reroute_to.empty()) error(at("service", i, "outside"), "'outside: reroute' needs 'reroute_to'");
    if (!reroute && !service.reroute_to.empty()) error(at("service", i, "reroute_to"), "'reroute_to' needs 'outside: reroute'");
    if (reroute && !service.reroute_to.empty()) check_client(at("service", i, "reroute_to"), service.reroute_to, service.tenant);
    const auto& week = service.hours.week;
    const bool never = std::all_of(week.begin(), week.end(), [](const auto& day) { return day.empty(); });
    if (service.has_hours && never) error(at("service", i, "hours"), "the service is never open");
  }

  void check_levels(const Escalation& escalation, std::size_t i) {
    if (escalation.levels.empty()) error(at("escalation", i, "levels"), "'levels' names nobody to call");
    for (std::size_t k = 0; k < escalation.levels.size(); ++k) {
      const EscalationLevel& level = escalation.levels[k];
      const std::string path = at("escalation", i, "levels") + "[" + std::to_string(k) + "]";
      if (level.clients.empty() && !level.webhook) error(path, "a level names 'clients', a 'webhook' or both");
      for (const std::string& client : level.clients) check_client(path + ".clients", client, escalation.tenant);
      if (level.webhook && level.webhook->backoff_max < level.webhook->backoff_first) {
        error(path + ".webhook.backoff_max", "'backoff_max' must not be shorter than 'backoff_first'");
      }
    }
  }

  const Config& config_;
  Reading& reading_;
};

}  // namespace

void check_service(const Config& config, Reading& reading) {
  Check(config, reading).run();
}

}  // namespace gateway::config
