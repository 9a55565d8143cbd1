#include "gateway/config/validate.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include "fhir/time.hpp"
#include "gateway/config/source_adapter.hpp"
#include "gateway/config/tls_files.hpp"
#include "gateway/config/yaml_section.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::config {
namespace {

constexpr std::size_t id_length = 64;

std::string at(const char* list, std::size_t index, const char* key) {
  return std::string(list) + "[" + std::to_string(index) + "]." + key;
}

class Validator {
 public:
  Validator(Draft& draft, Reading& reading) : draft_(draft), config_(draft.config), reading_(reading) {}

  void run() {
    check_ids("tenants", config_.tenants);
    check_ids("sources", config_.sources);
    check_ids("clients", config_.clients);
    check_ids("destinations", config_.destinations);
    check_tenant_names("sources", config_.sources);
    check_tenant_names("clients", config_.clients);
    check_tenant_names("destinations", config_.destinations);
    check_tenants();
    check_sources();
    check_links();
    check_secrets();
    check_destinations();
    check_listeners();
    check_mllp();
    check_limits_together();
  }

 private:
  void error(const std::string& path, std::string text) { reading_.error(reading_.place(path), std::move(text)); }
  void warning(const std::string& path, std::string text) { reading_.warning(reading_.place(path), std::move(text)); }

  // Ids stand in URLs, logs, metrics and for ever in the store.
  template <class Entry>
  void check_ids(const char* list, const std::vector<Entry>& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::string& id = entries[i].id;
      if (id.empty()) continue;  // reported by the reader
      bool fitting = id.size() <= id_length && std::all_of(id.begin(), id.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                              c == '_' || c == '.';
                     });
      if (!fitting || id.front() == '.') {
        error(at(list, i, "id"), "an id has at most 64 letters, digits, '-', '_' and '.', and begins with no '.'");
      } else if (fhir::may_contain_national_id(id)) {
        error(at(list, i, "id"), "an id must not look like a national identity number");
      }
      auto same = [&](const Entry& other) { return other.id == id; };
      if (std::find_if(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(i), same) !=
          entries.begin() + static_cast<std::ptrdiff_t>(i)) {
        error(at(list, i, "id"), "'" + id + "' is used twice in " + list);
      }
    }
  }

  template <class Entry>
  void check_tenant_names(const char* list, const std::vector<Entry>& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Entry& entry = entries[i];
      if (entry.tenant.empty()) continue;
      bool known = std::any_of(config_.tenants.begin(), config_.tenants.end(),
                               [&](const Tenant& tenant) { return tenant.id == entry.tenant; });
      if (known) continue;
      std::string_view one(list);
      one.remove_suffix(1);
      error(at(list, i, "tenant"),
            std::string(one) + " '" + entry.id + "' names tenant '" + entry.tenant + "', which is not configured");
    }
  }

  void check_tenants() {
    for (std::size_t i = 0; i < config_.tenants.size(); ++i) {
      const Tenant& tenant = config_.tenants[i];
      if (tenant.organization.empty() || fhir::valid_organization_number(tenant.organization)) continue;
      std::string path = at("tenants", i, "organization");
      std::string text = "'" + tenant.organization + "' is no organisation number (nine digits with a check digit)";
      // Published test organisations often have numbers that fail the check.
      if (config_.environment == fhir::Environment::production) {
        error(path, std::move(text));
      } else {
        warning(path, std::move(text));
      }
    }
    if (config_.tenants.empty()) error("tenants", "at least one tenant is needed");
  }

  void check_zone(const std::string& path, const std::string& name) {
    if (auto zone = find_zone(name); !zone) error(path, zone.error().detail);
  }

  void check_adapter(const Source& source, std::size_t i) {
    for (Problem& problem : load_adapter(source).problems) {
      if (problem.file.empty()) {
        error(at("sources", i, "adapter"), std::move(problem.text));
      } else {
        reading_.problems.push_back(std::move(problem));
      }
    }
  }

  void check_sources() {
    check_zone("timezone", config_.timezone);
    for (std::size_t i = 0; i < config_.sources.size(); ++i) {
      const Source& source = config_.sources[i];
      if (!source.adapter.empty()) check_adapter(source, i);
      if (source.timezone != config_.timezone) check_zone(at("sources", i, "timezone"), source.timezone);
    }
  }

  struct Period {
    fhir::Time from;
    std::optional<fhir::Time> to;
  };

  std::optional<Period> check_period(const Link& link, std::size_t i) {
    if (link.from.empty()) return std::nullopt;
    fhir::Result<fhir::DateTime> from = fhir::DateTime::parse(link.from);
    if (!from) error(at("links", i, "from"), "'from' must be a time with offset, like 2026-11-20T08:00:00+01:00");
    Period period{from ? from->utc : fhir::Time{}, std::nullopt};
    if (!link.to.empty()) {
      fhir::Result<fhir::DateTime> to = fhir::DateTime::parse(link.to);
      if (!to) {
        error(at("links", i, "to"), "'to' must be a time with offset, like 2026-11-20T08:00:00+01:00");
        return std::nullopt;
      }
      period.to = to->utc;
      if (from && period.to <= period.from) error(at("links", i, "to"), "'to' must be after 'from'");
    }
    if (!from) return std::nullopt;
    return period;
  }

  void check_links() {
    struct Checked {
      const Link* link;
      Period period;
    };
    std::vector<Checked> checked;
    for (std::size_t i = 0; i < config_.links.size(); ++i) {
      const Link& link = config_.links[i];
      bool known = std::any_of(config_.sources.begin(), config_.sources.end(),
                               [&](const Source& source) { return source.id == link.source; });
      if (!link.source.empty() && !known) {
        error(at("links", i, "source"), "source '" + link.source + "' is not configured");
      }
      check_link_patient(link, i);
      std::optional<Period> period = check_period(link, i);
      if (!period) continue;
      for (const Checked& other : checked) {
        bool same_patient =
            other.link->patient_system == link.patient_system && other.link->patient_value == link.patient_value;
        bool same_subject = other.link->source == link.source && other.link->subject == link.subject;
        bool apart =
            (other.period.to && *other.period.to <= period->from) || (period->to && *period->to <= other.period.from);
        if (same_subject && !same_patient && !apart) {
          error("links[" + std::to_string(i) + "]",
                "the period overlaps another patient's link of the same source and subject");
        }
      }
      checked.push_back({&link, *period});
    }
  }

  // Messages never repeat the value: it may be a national identity number.
  void check_link_patient(const Link& link, std::size_t i) {
    if (!fhir::is_national_id_system(link.patient_system) || link.patient_value.empty()) return;
    std::string path = at("links", i, "patient.value");
    std::optional<fhir::NationalId> number = fhir::classify_national_id(link.patient_value);
    if (!number) {
      error(path, "'patient.value' is no valid national identity number");
    } else if (!fhir::allowed_in(*number, config_.environment)) {
      error(path, config_.environment == fhir::Environment::production
                      ? "'patient.value' is a synthetic identity number, which production refuses"
                      : "'patient.value' is a real identity number, which environment test refuses");
    }
  }

  struct Holder {
    std::string path, name, tenant;
    bool source;
  };

  void check_secrets() {
    std::map<std::string_view, std::vector<Holder>> holders;
    for (std::size_t i = 0; i < config_.sources.size(); ++i) {
      const Source& source = config_.sources[i];
      check_secret(holders, source.bearer,
                   {at("sources", i, "auth.bearer"), "source '" + source.id + "'", source.tenant, true});
    }
    for (std::size_t i = 0; i < config_.clients.size(); ++i) {
      const Client& client = config_.clients[i];
      check_secret(holders, client.bearer,
                   {at("clients", i, "auth.bearer"), "client '" + client.id + "'", client.tenant, false});
    }
  }

  // A secret says who somebody is. Only sources of one tenant may share theirs: a vendor with one account and several
  // formats.
  void check_secret(std::map<std::string_view, std::vector<Holder>>& holders, std::string_view secret, Holder holder) {
    if (secret.empty()) return;
    for (const Holder& other : holders[secret]) {
      if (holder.source && other.source && holder.tenant == other.tenant) continue;
      const char* rule = holder.source && other.source ? "of another tenant" : "";
      error(holder.path, holder.name + " has the same secret as " + other.name + (*rule ? " " : "") + rule);
      break;
    }
    holders[secret].push_back(std::move(holder));
  }

  void check_destinations() {
    for (std::size_t i = 0; i < config_.destinations.size(); ++i) {
      Destination& destination = config_.destinations[i];
      if (destination.kind != "fhir") {
        error(at("destinations", i, "kind"), "there is no destination kind '" + destination.kind + "'; there is fhir");
      }
      if (!destination.url.empty()) check_url(at("destinations", i, "url"), destination.url);
      if (destination.backoff_max < destination.backoff_first) {
        error(at("destinations", i, "backoff_max"), "'backoff_max' must not be shorter than 'backoff_first'");
      }
      if (destination.ca.empty()) continue;
      std::filesystem::path ca = reading_.resolve(destination.ca);
      std::error_code failure;
      if (!std::filesystem::is_regular_file(ca, failure) || !std::ifstream(ca))
        error(at("destinations", i, "ca"), ca.string() + " cannot be read");
      destination.ca = ca.string();
    }
  }

  // The host as curl will read it. Not Boost.URL's own answer: 1.81 takes "127.0.0.1.example.org" for the host
  // 127.0.0.1 and a path, which would pass as loopback.
  static std::string_view host_in(std::string_view url) {
    std::string_view authority = url.substr(url.find("://") + 3);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
    return authority.substr(0, authority.rfind(':'));
  }

  static bool loopback_host(std::string_view host) {
    if (host == "localhost") return true;
    boost::system::error_code failure;
    auto address = boost::asio::ip::make_address(std::string(host), failure);
    return !failure && address.is_loopback();
  }

  void check_url(const std::string& path, const std::string& text) {
    boost::urls::result<boost::urls::url_view> parsed = boost::urls::parse_uri(text);
    if (!parsed || !parsed->has_authority() || (parsed->scheme() != "https" && parsed->scheme() != "http")) {
      return error(path, "must be an http or https URL");
    }
    if (parsed->has_userinfo()) return error(path, "a URL must not carry credentials; use auth: {bearer: ...}");
    if (parsed->has_query() || parsed->has_fragment()) error(path, "a base URL has no '?' and no '#'");
    std::string_view host = host_in(text);
    if (host.empty()) {
      error(path, "must be an http or https URL");
    } else if (parsed->scheme() == "http" && !loopback_host(host)) {
      error(path, "plain http is allowed to this machine only; use https");
    }
  }

  void check_listeners() {
    if (draft_.listeners.empty() && reading_.places.find("listen") == reading_.places.end()) {
      draft_.listeners.push_back({{"127.0.0.1", 8080, std::nullopt}, false});
    }
    for (std::size_t i = 0; i < draft_.listeners.size(); ++i) {
      Listener& listener = draft_.listeners[i];
      check_address("listen", i, listener.listen, listener.behind_proxy);
      if (listener.listen.tls) check_tls("listen", i, *listener.listen.tls);
      config_.listen.push_back(listener.listen);
    }
    if (draft_.listeners.empty()) error("listen", "at least one listener is needed");
  }

  void check_address(const char* list, std::size_t i, const http::Listen& listen, bool behind_proxy) {
    boost::system::error_code failure;
    auto address = boost::asio::ip::make_address(listen.address, failure);
    if (failure && !listen.address.empty()) {
      error(at(list, i, "address"), "'" + listen.address + "' is no IP address");
    } else if (!failure && !listen.tls && !behind_proxy && !address.is_loopback() &&
               reading_.places.find(at(list, i, "tls")) == reading_.places.end()) {
      error(at(list, i, "address"),
            "plaintext outside this machine: add 'tls', or 'behind_proxy: true' when a proxy ends TLS");
    }
  }

  // MLLP carries no secret: over TLS the client's certificate is what says who sends.
  void check_mllp() {
    for (std::size_t i = 0; i < config_.mllp.size(); ++i) {
      Mllp& mllp = config_.mllp[i];
      check_address("mllp", i, mllp.listen, mllp.behind_proxy);
      auto source = std::find_if(config_.sources.begin(), config_.sources.end(),
                                 [&](const Source& one) { return one.id == mllp.source; });
      if (mllp.source.empty()) continue;  // reported by the reader
      if (source == config_.sources.end()) {
        error(at("mllp", i, "source"), "source '" + mllp.source + "' is not configured");
      } else if (source->adapter != "hl7v2") {
        error(at("mllp", i, "source"),
              "source '" + mllp.source + "' has adapter '" + source->adapter + "'; MLLP carries hl7v2");
      }
      const bool certificates = mllp.listen.tls && !mllp.listen.tls->client_ca.empty();
      if (mllp.listen.tls && !certificates) {
        error(at("mllp", i, "tls"), "'tls' needs 'client_ca': anybody could send as the source");
      }
      if (!mllp.client_subject.empty() && !certificates) {
        error(at("mllp", i, "client_subject"), "'client_subject' needs 'tls' with 'client_ca'");
      }
      if (mllp.listen.tls) check_tls("mllp", i, *mllp.listen.tls);
    }
  }

  void check_tls(const char* list, std::size_t i, http::TlsFiles& files) {
    files.certificate = reading_.resolve(files.certificate).string();
    files.key = reading_.resolve(files.key).string();
    if (!files.client_ca.empty()) files.client_ca = reading_.resolve(files.client_ca).string();
    for (TlsProblem& problem : check_tls_files(files)) {
      error(at(list, i, "tls.") + problem.setting, std::move(problem.text));
    }
  }

  void check_limits_together() {
    if (config_.http.inflated_bytes < config_.http.body_bytes) {
      error("http.inflated_bytes", "'http.inflated_bytes' must not be less than 'http.body_bytes'");
    }
    if (config_.judging.alarm_horizon < config_.judging.late_after) {
      error("judging.alarm_horizon", "'judging.alarm_horizon' must not be shorter than 'judging.late_after'");
    }
    if (config_.queues.group_rows > std::min(config_.queues.urgent_rows, config_.queues.bulk_rows)) {
      error("queues.group_rows", "'queues.group_rows' must not be more than a queue holds");
    }
  }

  Draft& draft_;
  Config& config_;
  Reading& reading_;
};

}  // namespace

void validate(Draft& draft, Reading& reading) {
  Validator(draft, reading).run();
}

}  // namespace gateway::config
