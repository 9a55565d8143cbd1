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
#include "gateway/config/service_check.hpp"
#include "gateway/config/source_adapter.hpp"
#include "gateway/config/tls_files.hpp"
#include "gateway/config/topic_filter.hpp"
#include "gateway/config/yaml_section.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::config {
namespace {

constexpr std::size_t id_length = 64;
constexpr std::size_t hint_id_length = 32;  // 128 bits as hex

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
    check_self_tests();
    check_proofs();
    check_links();
    check_secrets();
    check_destinations();
    check_ids("mqtt", config_.mqtt);
    for (std::size_t i = 0; i < config_.mqtt.size(); ++i) check_broker(config_.mqtt[i], i);
    check_listeners();
    check_mllp();
    check_limits_together();
    check_service(config_, reading_);
    check_webhooks();
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

  struct Pullable {
    std::string_view adapter;
    bool needs_client;  // for renewing tokens
  };
  static const Pullable* pullable(std::string_view adapter) {
    static constexpr Pullable vendors[] = {{"withings", true}, {"polar", false}, {"oura", true}, {"dexcom", true}};
    for (const Pullable& vendor : vendors) {
      if (vendor.adapter == adapter) return &vendor;
    }
    return nullptr;
  }

  void check_pull(Source& source, std::size_t i) {
    Pull& pull = *source.pull;
    const Pullable* vendor = pullable(source.adapter);
    if (vendor == nullptr) {
      return error(at("sources", i, "pull"), "'pull' is for adapters withings, polar, oura and dexcom");
    }
    if (vendor->needs_client && (pull.client_id.empty() || pull.client_secret.empty())) {
      error(at("sources", i, "pull"), "this vendor's tokens are renewed with 'client_id' and 'client_secret'");
    }
    if (!pull.url.empty()) {
      check_url(at("sources", i, "pull.url"), pull.url);
      while (pull.url.ends_with('/')) pull.url.pop_back();
    }
    if (pull.overlap > pull.lookback) {
      error(at("sources", i, "pull.overlap"), "'overlap' must not be longer than 'lookback'");
    }
    if (pull.backoff_max < pull.backoff_first) {
      error(at("sources", i, "pull.backoff_max"), "'backoff_max' must not be shorter than 'backoff_first'");
    }
  }

  void check_sources() {
    check_zone("timezone", config_.timezone);
    for (std::size_t i = 0; i < config_.sources.size(); ++i) {
      Source& source = config_.sources[i];
      if (!source.adapter.empty()) check_adapter(source, i);
      if (source.pull) check_pull(source, i);
      if (source.timezone != config_.timezone) check_zone(at("sources", i, "timezone"), source.timezone);
    }
  }

  void check_self_tests() {
    for (std::size_t i = 0; i < config_.tenants.size(); ++i) {
      const Tenant& tenant = config_.tenants[i];
      if (!tenant.self_test) continue;
      const auto source = std::find_if(config_.sources.begin(), config_.sources.end(),
                                       [&](const Source& one) { return one.id == tenant.self_test->source; });
      if (!tenant.self_test->source.empty() && (source == config_.sources.end() || source->tenant != tenant.id)) {
        error(at("tenants", i, "self_test.source"), "source '" + tenant.self_test->source + "' is not configured for this tenant");
      } else if (source != config_.sources.end() && source->adapter != "hjemport") {
        error(at("tenants", i, "self_test.source"), "a self-test goes through a source with adapter hjemport");
      }
      if (tenant.self_test->within >= tenant.self_test->every) {
        error(at("tenants", i, "self_test.within"), "'within' must be shorter than 'every'");
      }
    }
  }

  // What a source proves itself with has to be able to hold at all.
  void check_proofs() {
    auto asks = [](const Listener& listener) { return listener.listen.tls && !listener.listen.tls->client_ca.empty(); };
    const bool certificates = std::any_of(draft_.listeners.begin(), draft_.listeners.end(), asks);
    for (std::size_t i = 0; i < config_.sources.size(); ++i) {
      const Source& source = config_.sources[i];
      if (!source.auth.certificate.empty() && !certificates) {
        error(at("sources", i, "auth.client_certificate"),
              "'client_certificate' needs a listener with 'tls.client_ca': no other asks for certificates");
      }
      // The address is all that keeps strangers from it.
      if (source.auth.hints && source.id.size() < hint_id_length) {
        error(at("sources", i, "auth.unsigned"),
              "the id of an unsigned source is its only secret: use at least 32 random characters");
      }
      if (source.auth.hints && source.adapter != "withings") {
        error(at("sources", i, "auth.unsigned"),
              "'unsigned' is for vendors that only notify and cannot sign: withings");
      }
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
      const Holder holder{at("sources", i, "auth.bearer"), "source '" + source.id + "'", source.tenant, true};
      for (std::string_view secret : secrets_of(source)) check_secret(holders, secret, holder);
    }
    for (std::size_t i = 0; i < config_.clients.size(); ++i) {
      const Client& client = config_.clients[i];
      check_secret(holders, client.bearer,
                   {at("clients", i, "auth.bearer"), "client '" + client.id + "'", client.tenant, false});
    }
  }

  static std::vector<std::string_view> secrets_of(const Source& source) {
    const SourceAuth& auth = source.auth;
    std::vector<std::string_view> secrets{source.bearer, auth.verify_code, auth.verification_token};
    if (!auth.basic.empty()) secrets.push_back(std::string_view(auth.basic).substr(auth.basic.find(':') + 1));
    for (const HeaderSecret& header : auth.headers) secrets.push_back(header.value);
    if (auth.signature) secrets.push_back(auth.signature->key);
    return secrets;
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

  void check_webhooks() {
    for (std::size_t i = 0; i < config_.escalation.size(); ++i) {
      std::vector<EscalationLevel>& levels = config_.escalation[i].levels;
      for (std::size_t k = 0; k < levels.size(); ++k) {
        if (!levels[k].webhook) continue;
        const std::string path = at("escalation", i, "levels") + "[" + std::to_string(k) + "].webhook.";
        if (!levels[k].webhook->url.empty()) check_url(path + "url", levels[k].webhook->url);
        check_file(path + "ca", levels[k].webhook->ca);
      }
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

  void check_file(const std::string& path, std::string& file) {
    if (file.empty()) return;
    file = reading_.resolve(file).string();
    std::error_code failure;
    if (!std::filesystem::is_regular_file(file, failure) || !std::ifstream(file)) error(path, file + " cannot be read");
  }

  void check_broker(MqttBroker& broker, std::size_t i) {
    check_broker_url(broker, at("mqtt", i, "url"));
    if (broker.username.empty() && !broker.password.empty()) {
      error(at("mqtt", i, "password"), "a password needs a username");
    }
    if (broker.certificate.empty() != broker.key.empty()) {
      error(at("mqtt", i, "certificate"), "'certificate' and 'key' belong together");
    }
    check_file(at("mqtt", i, "ca"), broker.ca);
    if (!broker.certificate.empty() && !broker.key.empty()) {
      broker.certificate = reading_.resolve(broker.certificate).string();
      broker.key = reading_.resolve(broker.key).string();
      for (TlsProblem& problem : check_tls_files({broker.certificate, broker.key, {}})) {
        error(at("mqtt", i, problem.setting), std::move(problem.text));
      }
    }
    if (broker.backoff_max < broker.backoff_first) {
      error(at("mqtt", i, "backoff_max"), "'backoff_max' must not be shorter than 'backoff_first'");
    }
    if (broker.client_id.empty() || broker.client_id.size() > 65'535) {
      error(at("mqtt", i, "client_id"), "a client_id has 1 to 65535 bytes");
    }
    for (std::size_t other = 0; other < i; ++other) {
      // A broker ends the connection of whoever holds the name: two would take it from each other for ever.
      if (config_.mqtt[other].url == broker.url && config_.mqtt[other].client_id == broker.client_id) {
        error(at("mqtt", i, "client_id"), "the same client_id at the same broker as mqtt '" + config_.mqtt[other].id + "'");
      }
    }
    if (broker.topics.empty()) error(at("mqtt", i, "topics"), "'topics' names nothing to subscribe to");
    for (std::size_t k = 0; k < broker.topics.size(); ++k) {
      check_topic(broker, k, at("mqtt", i, "topics") + "[" + std::to_string(k) + "].");
    }
  }

  void check_topic(const MqttBroker& broker, std::size_t k, const std::string& path) {
    const MqttTopic& topic = broker.topics[k];
    const bool known = std::any_of(config_.sources.begin(), config_.sources.end(),
                                   [&](const Source& source) { return source.id == topic.source; });
    if (!topic.source.empty() && !known) error(path + "source", "source '" + topic.source + "' is not configured");
    if (!topic.filter.empty() && !valid_filter(topic.filter)) {
      error(path + "filter", "'" + topic.filter + "' is no topic filter: '+' and '#' stand alone in their level, '#' is the last");
    }
    if (fhir::may_contain_national_id(topic.filter)) {
      error(path + "filter", "a topic filter must not look like a national identity number");
    }
    if (topic.qos == 0) warning(path + "qos", "with 'qos: 0' a message can be lost and nobody notices; 1 is the default");
    const auto end = broker.topics.begin() + static_cast<std::ptrdiff_t>(k);
    if (std::any_of(broker.topics.begin(), end, [&](const MqttTopic& one) { return one.filter == topic.filter; })) {
      error(path + "filter", "'" + topic.filter + "' is there twice");
    }
  }

  void check_broker_url(MqttBroker& broker, const std::string& path) {
    if (broker.url.empty()) return;
    boost::urls::result<boost::urls::url_view> parsed = boost::urls::parse_uri(broker.url);
    if (!parsed || !parsed->has_authority() || (parsed->scheme() != "mqtt" && parsed->scheme() != "mqtts")) {
      return error(path, "must be an mqtt or mqtts URL, like mqtts://broker.example:8883");
    }
    if (parsed->has_userinfo()) return error(path, "a URL must not carry credentials; use username and password");
    if (!parsed->encoded_path().empty() && parsed->encoded_path() != "/") return error(path, "a broker's URL has no path");
    if (parsed->has_query() || parsed->has_fragment()) return error(path, "a broker's URL has no '?' and no '#'");
    broker.tls = parsed->scheme() == "mqtts";
    broker.host = parsed->host_address();
    broker.port = parsed->has_port() ? parsed->port_number() : broker.tls ? 8883 : 1883;
    // An authority Boost.URL reads otherwise than it is written is none: see host_in().
    std::string_view written = broker.url;
    written.remove_prefix(written.find("://") + 3);
    written = written.substr(0, written.find('/'));
    const bool whole = written == parsed->encoded_host_and_port();
    if (broker.host.empty() || broker.port == 0 || !whole) {
      return error(path, "must be an mqtt or mqtts URL, like mqtts://broker.example:8883");
    }
    if (!broker.tls && !broker.plaintext && !loopback_host(broker.host)) {
      error(path, "plaintext beyond this machine: use mqtts, or 'plaintext: true' when the way there is protected otherwise");
    }
    if (!broker.tls && !(broker.ca.empty() && broker.certificate.empty())) {
      error(path, "'ca' and 'certificate' are for mqtts");
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
