// From YAML to the Config struct: which keys there are, their types and ranges. What has to fit together is
// validate.cpp's.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "gateway/config/config.hpp"
#include "gateway/config/rules_file.hpp"
#include "gateway/config/service_yaml.hpp"
#include "gateway/config/validate.hpp"
#include "gateway/config/yaml_section.hpp"

namespace gateway::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void read_environment(Section& root, Config& config) {
  std::string name;
  if (!root.text("environment", name)) return;
  if (name == "production") {
    config.environment = fhir::Environment::production;
  } else if (name == "test") {
    config.environment = fhir::Environment::test;
  } else {
    root.error("environment", "'environment' must be production or test");
  }
}

void read_address(Section& section, http::Listen& listen, bool& behind_proxy) {
  section.text("address", listen.address, Need::required);
  section.number("port", listen.port, 0, 65'535);
  section.flag("behind_proxy", behind_proxy);
  section.section("tls", [&](Section& tls) {
    http::TlsFiles files;
    bool given = tls.text("certificate", files.certificate, Need::required);
    given &= tls.text("key", files.key, Need::required);
    tls.text("client_ca", files.client_ca);
    if (given) listen.tls = std::move(files);
  });
}

Listener read_listener(Section& section, bool behind_proxy) {
  Listener listener;
  listener.behind_proxy = behind_proxy;
  read_address(section, listener.listen, listener.behind_proxy);
  return listener;
}

Mllp read_mllp(Section& section, bool behind_proxy) {
  Mllp mllp;
  mllp.behind_proxy = behind_proxy;
  read_address(section, mllp.listen, mllp.behind_proxy);
  section.text("source", mllp.source, Need::required);
  section.text("client_subject", mllp.client_subject);
  section.number("connections", mllp.connections, 1, 100'000);
  section.number("message_bytes", mllp.message_bytes, 1024, 1024 * 1024 * 1024);
  section.duration("message_read", mllp.message_read, milliseconds(100), hours(1));
  section.duration("idle", mllp.idle, milliseconds(100), hours(24 * 7));
  return mllp;
}

void read_http(Section& section, http::Limits& limits) {
  constexpr std::int64_t megabyte = 1024 * 1024;
  constexpr milliseconds least = milliseconds(100), most = hours(1);
  section.number("header_bytes", limits.header_bytes, 1024, megabyte);
  section.number("header_fields", limits.header_fields, 10, 10'000);
  section.number("body_bytes", limits.body_bytes, 1024, 1024 * megabyte);
  section.number("inflated_bytes", limits.inflated_bytes, 1024, 4096 * megabyte);
  section.number("connections", limits.connections, 1, 1'000'000);
  section.duration("handshake", limits.handshake, least, most);
  section.duration("header_read", limits.header_read, least, most);
  section.duration("body_read", limits.body_read, least, most);
  section.duration("idle", limits.idle, least, most);
  section.duration("write", limits.write, least, most);
  section.duration("stream_write", limits.stream_write, least, most);
  section.number("web_socket_in_flight", limits.web_socket_in_flight, 1, 10'000);
  section.duration("web_socket_ping", limits.web_socket_ping, least, most);
  section.duration("linger", limits.linger, least, most);
  section.duration("stop", limits.stop, least, most);
}

Tenant read_tenant(Section& section) {
  Tenant tenant;
  section.text("id", tenant.id, Need::required);
  section.text("name", tenant.name, Need::required);
  section.text("organization", tenant.organization, Need::required);
  section.text("language", tenant.language);
  if (tenant.language != "nb" && tenant.language != "en")
    section.error("language", "there is no language '" + tenant.language + "' to write in; there are nb and en");
  const bool tested = section.has("self_test");
  section.section("self_test", [&](Section& inner) {
    SelfTest test;
    inner.text("source", test.source, tested ? Need::required : Need::optional);
    inner.duration("every", test.every, seconds(1), hours(24));
    inner.duration("within", test.within, seconds(1), hours(1));
    if (tested) tenant.self_test = std::move(test);
  });
  return tenant;
}

void read_bearer(Section& section, std::string& bearer, Need need) {
  section.section(
      "auth", [&](Section& auth) { auth.secret("bearer", bearer, Need::required); }, need);
}

// A vendor's words for kinds: `aliases: {hr: heart-rate}`.
void read_aliases(Section& section, std::vector<adapters::Alias>& aliases) {
  section.words("aliases", [&](const std::string& word, const std::string& name) {
    const fhir::Kind kind = fhir::kind_named(name);
    if (kind == fhir::Kind::unknown) section.error("aliases", "'" + name + "' is no kind of measurement");
    aliases.push_back({word, kind});
  });
}

void read_file_name(Section& section, const char* key, const Reading& reading, std::string& out) {
  if (section.text(key, out)) out = reading.resolve(out).string();
}

void read_pull(Section& section, Pull& pull) {
  constexpr std::int64_t megabyte = 1024 * 1024;
  section.text("client_id", pull.client_id);
  section.secret("client_secret", pull.client_secret);
  section.text("url", pull.url);
  section.duration("every", pull.every, seconds(10), hours(24 * 7));
  section.duration("lookback", pull.lookback, hours(1), hours(24 * 90));
  section.duration("overlap", pull.overlap, seconds(0), hours(24 * 30));
  section.number("concurrency", pull.concurrency, 1, 64);
  section.duration("timeout", pull.timeout, milliseconds(100), hours(1));
  section.number("body_bytes", pull.body_bytes, 1024, 64 * megabyte);
  section.duration("backoff_first", pull.backoff_first, milliseconds(1), hours(1));
  section.duration("backoff_max", pull.backoff_max, milliseconds(1), hours(24));
}

constexpr std::string_view day_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

void read_expected_days(Section& section, thresholds::ExpectedTraffic& expected) {
  std::vector<std::string> days;
  if (!section.texts("days", days)) return;
  expected.days = 0;
  for (const std::string& day : days) {
    const auto known = std::find(std::begin(day_names), std::end(day_names), day);
    if (known == std::end(day_names)) {
      section.error("days", "'" + day + "' is no day; there are mon, tue, wed, thu, fri, sat and sun");
      expected.days = 0x7f;  // said once
      return;
    }
    expected.days = static_cast<std::uint8_t>(expected.days | 1u << (known - std::begin(day_names)));
  }
  if (expected.days == 0) section.error("days", "'days' is empty: the source would never be expected to send");
}

void read_expected_hours(Section& section, thresholds::ExpectedTraffic& expected) {
  std::string between;
  if (!section.text("between", between)) return;
  const std::size_t dash = between.find('-');
  const auto from = thresholds::time_of_day(between.substr(0, dash));
  const auto to = dash == std::string::npos ? std::nullopt : thresholds::time_of_day(between.substr(dash + 1));
  if (!from || !to || *from == hours(24)) {
    section.error("between", "'between' must be two times of day, written like 06:00-22:00");
  } else if (*from == *to) {
    section.error("between", "'between' has no moment in it; the whole day is 00:00-24:00");
  } else {
    expected.from = *from;
    expected.to = *to;
  }
}

void read_supervision(Section& section, Source& source) {
  constexpr auto year = hours(24 * 365);
  section.duration("silent_after", source.silent_after, seconds(0), year);
  section.duration("heartbeat_after", source.heartbeat_after, seconds(0), year);
  section.duration("device_silent_after", source.device_silent_after, seconds(0), year);
  section.section("expected", [&](Section& expected) {
    read_expected_days(expected, source.expected);
    read_expected_hours(expected, source.expected);
  });
  // Devices first and their source last would be one alarm for each device of a source that stops.
  if (source.device_silent_after == seconds(0)) return;
  if (source.silent_after == seconds(0)) {
    section.error("device_silent_after", "'device_silent_after' needs 'silent_after': a source that stops would be an alarm for each of "
                                         "its devices");
  } else if (source.device_silent_after < source.silent_after) {
    section.error("device_silent_after", "'device_silent_after' must not be shorter than 'silent_after'");
  }
}

Source read_source(Section& section, const std::string& timezone, const Reading& reading) {
  Source source;
  source.timezone = timezone;
  section.text("id", source.id, Need::required);
  section.text("tenant", source.tenant, Need::required);
  section.text("adapter", source.adapter, Need::required);
  read_file_name(section, "mapping", reading, source.mapping);
  read_file_name(section, "fhir_mapping", reading, source.fhir_mapping);
  std::string compat;
  if (section.text("compat", compat)) {
    if (compat != "exact") section.error("compat", "'compat' must be exact");
    source.compat_exact = true;
  }
  read_aliases(section, source.settings.aliases);
  section.text("transfer_number", source.settings.transfer_number);
  section.text("timezone", source.timezone);
  read_source_auth(section, source.bearer, source.auth);
  read_supervision(section, source);
  section.flag("create_patients", source.create_patients);
  const bool pulled = section.has("pull");
  section.section("pull", [&](Section& inner) {
    Pull pull;
    read_pull(inner, pull);
    if (pulled) source.pull = std::move(pull);
  });
  section.number("quarantine_items", source.quarantine_items, 1, 10'000'000);
  section.number("quarantine_bytes", source.quarantine_bytes, 1024 * 1024, std::int64_t{1} << 40);
  return source;
}

Link read_link(Section& section) {
  Link link;
  section.text("source", link.source, Need::required);
  section.text("subject", link.subject, Need::required);
  section.section(
      "patient",
      [&](Section& patient) {
        patient.text("system", link.patient_system, Need::required);
        patient.text("value", link.patient_value, Need::required);
      },
      Need::required);
  // Not "now" as in POST /links: each start would move the period.
  section.text("from", link.from, Need::required);
  section.text("to", link.to);
  return link;
}

struct RoleName {
  std::string_view name;
  http::Role role;
};
constexpr RoleName role_names[] = {{"response-centre", http::Role::response_centre},
                                   {"clinician", http::Role::clinician},
                                   {"hospital", http::Role::hospital},
                                   {"admin", http::Role::admin}};

Client read_client(Section& section) {
  Client client;
  section.text("id", client.id, Need::required);
  section.text("tenant", client.tenant, Need::required);
  std::vector<std::string> roles;
  section.texts("roles", roles, Need::required);
  for (const std::string& name : roles) {
    auto known = std::find_if(std::begin(role_names), std::end(role_names),
                              [&](const RoleName& row) { return row.name == name; });
    if (known == std::end(role_names)) {
      section.error("roles", "unknown role '" + name + "'; there are response-centre, clinician, hospital and admin");
    } else {
      client.roles = client.roles | known->role;
    }
  }
  read_bearer(section, client.bearer, Need::required);
  section.text("organization", client.organization);
  return client;
}

void read_send(Section& section, Destination& destination) {
  std::vector<std::string> send;
  if (!section.texts("send", send, Need::required)) return;
  if (send.empty()) section.error("send", "'send' names nothing to send");
  for (const std::string& what : send) {
    if (what == "observations") {
      destination.observations = true;
    } else if (what == "alarms") {
      destination.alarms = true;
    } else if (what == "follow-up") {
      destination.follow_up = true;
    } else {
      section.error("send", "'" + what + "' cannot be sent; there are observations, alarms and follow-up");
    }
  }
}

Destination read_destination(Section& section) {
  Destination destination;
  section.text("id", destination.id, Need::required);
  section.text("tenant", destination.tenant, Need::required);
  section.text("kind", destination.kind);
  section.text("url", destination.url, Need::required);
  read_bearer(section, destination.bearer, Need::optional);
  section.text("ca", destination.ca);
  read_send(section, destination);
  section.flag("local_references", destination.local_references);
  section.number("concurrency", destination.concurrency, 1, 256);
  section.number("attempts", destination.attempts, 1, 1'000);
  section.duration("timeout", destination.timeout, milliseconds(100), hours(1));
  section.duration("backoff_first", destination.backoff_first, milliseconds(1), hours(1));
  section.duration("backoff_max", destination.backoff_max, milliseconds(1), hours(24));
  section.number("breaker_failures", destination.breaker_failures, 1, 1'000);
  return destination;
}

MqttBroker read_broker(Section& section) {
  MqttBroker broker;
  section.text("id", broker.id, Need::required);
  section.text("url", broker.url, Need::required);
  broker.client_id = "hjemport-" + broker.id;
  section.text("client_id", broker.client_id);
  section.flag("plaintext", broker.plaintext);
  section.text("username", broker.username);
  section.secret("password", broker.password);
  section.text("ca", broker.ca);
  section.text("certificate", broker.certificate);
  section.text("key", broker.key);
  section.each(
      "topics",
      [&](Section& entry) {
        MqttTopic topic;
        entry.text("filter", topic.filter, Need::required);
        entry.text("source", topic.source, Need::required);
        entry.number("qos", topic.qos, 0, 1);
        broker.topics.push_back(std::move(topic));
      },
      Need::required);
  section.number("in_flight", broker.in_flight, 1, 65'535);
  section.duration("keep_alive", broker.keep_alive, seconds(5), seconds(65'535));
  section.duration("timeout", broker.timeout, milliseconds(100), hours(1));
  section.duration("backoff_first", broker.backoff_first, milliseconds(1), hours(1));
  section.duration("backoff_max", broker.backoff_max, milliseconds(1), hours(24));
  return broker;
}

void read_judging(Section& section, Config::Judging& judging) {
  constexpr auto month = hours(24 * 31);
  section.duration("late_after", judging.late_after, seconds(1), month);
  section.duration("alarm_horizon", judging.alarm_horizon, seconds(1), month);
  section.duration("undecided_after", judging.undecided_after, hours(1), 3 * month);
  section.duration("future_tolerance", judging.future_tolerance, seconds(0), hours(24));
  section.duration("reannounce_after", judging.reannounce_after, minutes(1), month);
}

void read_queues(Section& section, Config::Queues& queues) {
  section.number("urgent_rows", queues.urgent_rows, 100, 10'000'000);
  section.number("bulk_rows", queues.bulk_rows, 100, 10'000'000);
  section.number("group_rows", queues.group_rows, 1, 100'000);
}

void read_log_level(Section& root, Config& config) {
  root.section("log", [&](Section& section) {
    std::string level;
    if (!section.text("level", level)) return;
    constexpr std::pair<std::string_view, log::Level> levels[] = {{"debug", log::Level::debug},
                                                                  {"info", log::Level::info},
                                                                  {"warning", log::Level::warning},
                                                                  {"error", log::Level::error}};
    for (const auto& [name, value] : levels) {
      if (level == name) {
        config.log_level = value;
        return;
      }
    }
    section.error("level", "'log.level' must be debug, info, warning or error");
  });
}

// An explicit file: that does not exist yet is made at the first start like the default one; so its content is not
// asked for here.
void read_installation_secret(Section& root, Reading& reading, Config& config) {
  config.installation_secret_file = config.sqlite_path.parent_path() / "installation.secret";
  std::string reference;
  if (!root.text("installation_secret", reference)) return;
  if (reference.starts_with("file:")) {
    config.installation_secret_file = reading.resolve(std::string_view(reference).substr(5));
    std::error_code failure;
    if (!std::filesystem::exists(config.installation_secret_file, failure)) return;
  } else {
    config.installation_secret_file.clear();
  }
  root.secret("installation_secret", config.installation_secret);
}

void read_config(Section& root, Reading& reading, Draft& draft) {
  Config& config = draft.config;
  read_environment(root, config);
  root.text("timezone", config.timezone);
  root.flag("behind_proxy", config.behind_proxy);
  root.each("listen", [&](Section& entry) { draft.listeners.push_back(read_listener(entry, config.behind_proxy)); });
  root.each("mllp", [&](Section& entry) { config.mllp.push_back(read_mllp(entry, config.behind_proxy)); });
  root.section("http", [&](Section& section) { read_http(section, config.http); });

  std::string path = config.sqlite_path.string();
  root.section("store",
               [&](Section& store) { store.section("sqlite", [&](Section& sqlite) { sqlite.text("path", path); }); });
  config.sqlite_path = reading.resolve(path);
  read_installation_secret(root, reading, config);

  root.each(
      "tenants", [&](Section& entry) { config.tenants.push_back(read_tenant(entry)); }, Need::required);
  root.each("sources", [&](Section& entry) { config.sources.push_back(read_source(entry, config.timezone, reading)); });
  root.each("links", [&](Section& entry) { config.links.push_back(read_link(entry)); });
  root.each("clients", [&](Section& entry) { config.clients.push_back(read_client(entry)); });
  root.each("mqtt", [&](Section& entry) { config.mqtt.push_back(read_broker(entry)); });
  root.each("service", [&](Section& entry) { config.service.push_back(read_service(entry, config.timezone)); });
  root.each("escalation", [&](Section& entry) { config.escalation.push_back(read_escalation(entry)); });
  root.each("destinations", [&](Section& entry) { config.destinations.push_back(read_destination(entry)); });

  std::string rules;
  if (root.text("rules", rules)) read_rules(reading.resolve(rules), root, config.timezone, reading, config.programmes);

  root.section("judging", [&](Section& section) { read_judging(section, config.judging); });
  root.section("supervision", [&](Section& section) {
    section.duration("grace", config.supervision.grace, seconds(0), hours(24));
  });
  root.section("queues", [&](Section& section) { read_queues(section, config.queues); });
  root.section("metrics", [&](Section& section) { section.secret("bearer", config.metrics_bearer); });
  read_log_level(root, config);
  root.number("node", config.node, 0, 63);
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void keep_texts(const YAML::Node& root, const Config& config, const Reading& reading, Loaded& loaded) {
  for (const auto& pair : root) {
    if (pair.first.IsScalar()) loaded.sections[pair.first.Scalar()] = YAML::Dump(pair.second);
  }
  std::error_code ignored;
  const YAML::Node rules = root["rules"];
  if (rules && rules.IsScalar()) {
    const std::filesystem::path where = reading.resolve(rules.Scalar());
    if (std::filesystem::is_regular_file(where, ignored)) loaded.sections["rules"] += content(where);
    std::set<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(where, ignored)) files.insert(entry.path());
    for (const std::filesystem::path& file : files) loaded.sections["rules"] += content(file);
  }
  const YAML::Node sources = root["sources"];
  for (std::size_t i = 0; sources && sources.IsSequence() && i < sources.size() && i < config.sources.size(); ++i) {
    const Source& source = config.sources[i];
    std::string text = YAML::Dump(sources[i]);
    for (const std::string& file : {source.mapping, source.fhir_mapping}) {
      if (!file.empty()) text += content(file);
    }
    loaded.sources[source.id] = {source.tenant, std::move(text)};
  }
}

}  // namespace

Loaded load(const std::filesystem::path& file) {
  Loaded loaded;
  Reading reading;
  reading.base = std::filesystem::absolute(file).parent_path();
  Draft draft;
  draft.config.file = file;
  if (std::optional<YAML::Node> node = parse_file(file, reading)) {
    Section root(*node, file.string(), "", reading);
    read_config(root, reading, draft);
    root.refuse_unknown();
    validate(draft, reading);
    keep_texts(*node, draft.config, reading, loaded);
  }
  loaded.config = std::move(draft.config);
  loaded.problems = std::move(reading.problems);
  loaded.settings.assign(reading.settings.begin(), reading.settings.end());
  // The main file first, then the rules files by name; within a file from top to bottom.
  const std::string main = file.string();
  std::stable_sort(loaded.problems.begin(), loaded.problems.end(), [&](const Problem& a, const Problem& b) {
    return std::make_tuple(a.file != main, std::cref(a.file), a.line) <
           std::make_tuple(b.file != main, std::cref(b.file), b.line);
  });
  return loaded;
}

bool Loaded::usable() const {
  return std::all_of(problems.begin(), problems.end(), [](const Problem& problem) { return problem.warning; });
}

std::string text(const Problem& problem) {
  std::string line = problem.file;
  if (problem.line > 0) line += ":" + std::to_string(problem.line);
  return line + (problem.warning ? ": warning: " : ": ") + problem.text;
}

}  // namespace gateway::config
