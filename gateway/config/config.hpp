// The whole configuration as one struct (design.md 8.3). Loaded and validated once; every problem is reported with file
// and line. Secrets appear in the file only as env:NAME or file:PATH; here they are resolved.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.hpp"
#include "fhir/national_id.hpp"
#include "fhir/result.hpp"
#include "gateway/config/service_times.hpp"
#include "gateway/config/source_auth.hpp"
#include "gateway/http/server.hpp"
#include "gateway/runtime/clock.hpp"
#include "gateway/runtime/log.hpp"
#include "thresholds/rule.hpp"
#include "thresholds/supervision.hpp"

namespace gateway::config {

// A synthetic reading that has to become an alarm, all day (gateway/timers/self_test.hpp).
struct SelfTest {
  std::string source;                 // of the tenant, adapter hjemport; whose path it takes
  std::chrono::seconds every{5 * 60};
  std::chrono::seconds within{10};    // longer is a failure
};

struct Tenant {
  std::string id, name, organization;  // organisation number
  std::string language = "nb";         // of the text in documents made for its patients: nb or en
  std::optional<SelfTest> self_test{};
};

// Where a source's readings go when the payload names no person: configured links (the rest comes by POST /links).
struct Link {
  std::string source, subject, patient_system, patient_value, from, to;  // times RFC 3339, `to` may be empty
};

// How a source's readings are pulled from its vendor's cloud (docs/pulling.md). The users and their tokens are not
// configured: they come by PUT /admin/sources/{id}/users/{user} and live in the store, because vendors replace them.
struct Pull {
  std::string client_id, client_secret;  // of our registration with the vendor
  std::string url;                       // empty: the vendor's
  std::chrono::seconds every{15 * 60};
  std::chrono::seconds lookback{7 * 24 * 3600};  // how far back the first pull of a user goes
  std::chrono::seconds overlap{24 * 3600};       // how much each later pull asks for again, for what was uploaded late
  int concurrency = 4;                           // users at the same time
  std::chrono::milliseconds timeout{30'000};     // of one request
  std::size_t body_bytes = 16 * 1024 * 1024;     // of one answer
  std::chrono::milliseconds backoff_first{10'000}, backoff_max{3'600'000};
};

struct Source {
  std::string id, tenant, adapter;
  std::string mapping, fhir_mapping;  // files of an adapter made from files
  bool compat_exact = false;          // iomt: the connector's own arithmetic
  adapters::Settings settings;        // what else the format needs to know
  std::string timezone = "Europe/Oslo";
  std::string bearer;  // resolved secret; empty when the source proves itself in another way
  SourceAuth auth;     // what it proves besides
  // Deadlines of supervision (thresholds/supervision.hpp), counted in the expected hours; 0: not supervised.
  std::chrono::seconds silent_after{0};         // nothing accepted
  std::chrono::seconds heartbeat_after{0};      // no sign of life
  std::chrono::seconds device_silent_after{0};  // no reading of a device that sent some before
  thresholds::ExpectedTraffic expected;         // in the source's zone
  bool create_patients = true;
  std::optional<Pull> pull;
  std::size_t quarantine_items = 10'000;            // waiting at most; full is 503, never eviction
  std::size_t quarantine_bytes = 64 * 1024 * 1024;  // kept payload bytes at most
};

struct Client {
  std::string id, tenant;
  http::Roles roles = 0;
  std::string bearer;
  std::string organization;  // deals with the alarms of whom that one answers for only; empty: of the whole tenant
};

struct Destination {
  std::string id, tenant, kind = "fhir", url;
  std::string bearer;                         // optional
  std::string ca;                             // PEM file for a private CA; empty: the system's
  bool observations = false, alarms = false, follow_up = false;  // send: [...]
  bool local_references = false;              // keep relative references (subject, device) in what is sent
  int concurrency = 8;                        // patients in flight
  int attempts = 10;                          // then parked
  std::chrono::milliseconds timeout{30'000}, backoff_first{1'000}, backoff_max{300'000};
  int breaker_failures = 5;  // consecutive transport/5xx failures that open the breaker
};

// A broker that messages are fetched from; see gateway/doors/mqtt_subscriber.hpp.
struct MqttTopic {
  std::string filter, source;
  int qos = 1;
};

struct MqttBroker {
  std::string id, url, client_id;
  std::string host;  // of url, with tls and port
  unsigned short port = 0;
  bool tls = false;
  bool plaintext = false;              // mqtt:// beyond this machine, said on purpose
  std::string username, password;      // both or none
  std::string ca;                      // PEM file for a private CA; empty: the system's
  std::string certificate, key;        // PEM files, when the broker asks clients for one
  std::vector<MqttTopic> topics;
  std::size_t in_flight = 100;         // messages taken and not yet acknowledged
  std::chrono::seconds keep_alive{60};
  std::chrono::milliseconds timeout{10'000};  // each step of connecting
  std::chrono::milliseconds backoff_first{1'000}, backoff_max{60'000};
};

// A port where one source sends HL7 v2 over MLLP. There is no secret in that protocol: who reaches the port is the
// source, so it is loopback, behind a proxy that knows the sender, or TLS with client certificates.
struct Mllp {
  http::Listen listen;
  bool behind_proxy = false;
  std::string source;
  std::string client_subject;                       // RFC 2253; empty: any certificate of tls.client_ca
  std::size_t connections = 100;                    // on all loops together; one more is closed at once
  std::size_t message_bytes = 16 * 1024 * 1024;     // as a body of HTTP
  std::chrono::milliseconds message_read{60'000};   // first to last byte of a message
  std::chrono::milliseconds idle{15 * 60 * 1000};   // senders keep a connection open between messages
};

struct Programme {
  std::string id;
  std::vector<thresholds::Limit> limits;
  std::vector<thresholds::Rule> rules;  // references among themselves as written
  std::string version;                  // the service's own, shown where a rule's reason is; may be empty
};

struct Config {
  std::filesystem::path file;
  fhir::Environment environment = fhir::Environment::test;
  std::string timezone = "Europe/Oslo";  // where a day in a search begins, and the sources' own unless they say another
  std::vector<http::Listen> listen;
  std::vector<Mllp> mllp;
  bool behind_proxy = false;  // a proxy on this machine or network ends TLS for us; also settable per listener
  http::Limits http;
  std::filesystem::path sqlite_path = "data/hjemport.db";
  std::string installation_secret;  // HMAC key for identifiers; empty until ensure_installation_secret made or read it
  std::filesystem::path installation_secret_file;  // empty when it came by env:; default: beside the database
  std::vector<Tenant> tenants;
  std::vector<Source> sources;
  std::vector<Link> links;
  std::vector<Client> clients;
  std::vector<Destination> destinations;
  std::vector<MqttBroker> mqtt;
  std::vector<ServiceTimes> service;    // at most one a tenant, like the next
  std::vector<Escalation> escalation;
  std::vector<Programme> programmes;  // from `rules`
  struct Judging {
    std::chrono::seconds late_after{3600};  // design.md invariant 6
    std::chrono::seconds alarm_horizon{24 * 3600};
    std::chrono::seconds undecided_after{72 * 3600};  // OURS: "for days"
    std::chrono::seconds future_tolerance{300};  // a measured time further ahead is held as future-time
    std::chrono::minutes reannounce_after{15};
  } judging;
  struct Supervision {
    std::chrono::seconds grace{300};  // after the start, in which nothing is newly found silent: senders retry, queues drain
  } supervision;
  struct Queues {
    std::size_t urgent_rows = 20'000, bulk_rows = 10'000;  // full: 503 with Retry-After
    std::size_t group_rows = 1'000;
  } queues;
  std::string metrics_bearer;  // empty: /metrics needs no token
  log::Level log_level = log::Level::info;
  int node = 0;  // 0..63, part of every id: two nodes on one database need different ones
};

struct Problem {
  std::string file;
  int line = 0;  // 1-based; 0: the file as a whole
  std::string text;
  bool warning = false;
};

struct Loaded {
  Config config;
  std::vector<Problem> problems;  // by file and line; usable when none of them is an error
  std::vector<std::string>
      settings;  // every setting that was looked for, "sources[].tenant"; documentation is checked with it
  // The texts it was made from, to tell what a reload changes: each top-level key (with `rules` the rules files), and by id each source
  // with the files it names.
  struct SourceText {
    std::string tenant, text;
    bool operator==(const SourceText&) const = default;
  };
  std::map<std::string, std::string> sections;
  std::map<std::string, SourceText> sources;
  bool usable() const;
};
// Reads the file and what it names (rules.d/*.yaml, secrets), validates all of it.
Loaded load(const std::filesystem::path& file);
std::string text(const Problem&);  // "hjemport.yaml:12: source 'x' names tenant 'y', which is not configured"

// Reads the file of the installation secret, or makes it (256 random bits, mode 0600) on the very first start: when the
// database does not exist either. With a database but no secret it refuses, because a new secret would change every
// identifier and make each resent reading a new one. For serve; check never writes.
fhir::Result<void> ensure_installation_secret(Config&, Random&);

}  // namespace gateway::config
