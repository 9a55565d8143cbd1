// Loader and validator together: what a configuration file says, and every problem with its line.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/gateway/config/load_fixture.hpp"

using gateway::config::Config;
using gateway::config::load;
using gateway::config::Loaded;
using tests::TemporaryFolder;
using namespace tests::config_files;

TEST_CASE("config: a small file is read with defaults for everything else", "[config]") {
  TemporaryFolder folder;
  Loaded loaded = load_text(folder, minimal);
  CHECK(problems(loaded) == std::vector<std::string>{});
  REQUIRE(loaded.usable());
  const Config& config = loaded.config;
  CHECK(config.environment == fhir::Environment::test);
  REQUIRE(config.listen.size() == 1);
  CHECK(config.listen[0].address == "127.0.0.1");
  CHECK(config.listen[0].port == 0);
  REQUIRE(config.sources.size() == 1);
  CHECK(config.sources[0].bearer == "a-secret-of-enough-characters");
  CHECK(config.sources[0].timezone == "Europe/Oslo");
  CHECK(config.sources[0].create_patients);
  REQUIRE(config.clients.size() == 1);
  CHECK(config.clients[0].roles == static_cast<gateway::http::Roles>(gateway::http::Role::response_centre));
  CHECK(config.sqlite_path == folder.path() / "data/hjemport.db");
  CHECK(config.installation_secret.empty());
  CHECK(config.installation_secret_file == folder.path() / "data/installation.secret");
  CHECK(config.judging.late_after == std::chrono::hours(1));
}

TEST_CASE("config: every kind of value arrives in its field", "[config]") {
  TemporaryFolder folder;
  folder.write("rules.d/b.yaml",
               "programmes:\n  - id: weight\n    limits:\n      - {kind: body-weight, alert_high: 90.50}\n");
  folder.write(
      "rules.d/a.yaml",
      "programmes:\n  - id: copd\n    limits:\n      - {kind: blood-pressure, component: systolic, alert_low: 90}\n");
  folder.write("rules.d/readme.txt", "not a rules file");
  Loaded loaded = load_text(folder, std::string(minimal) + R"(
environment: production
behind_proxy: true
store: {sqlite: {path: /var/lib/hjemport/x.db}}
rules: rules.d
links:
  - {source: oth, subject: u-1, patient: {system: "http://example.org/patients", value: p1}, from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z"}
destinations:
  - id: epj
    tenant: bodo
    url: https://epj.example/fhir
    auth: {bearer: "env:HJEMPORT_TEST_C"}
    send: [observations, alarms, follow-up]
    local_references: true
    concurrency: 3
    attempts: 4
    timeout: 500ms
    backoff_first: 2s
    backoff_max: 10m
    breaker_failures: 6
judging: {late_after: 2h, alarm_horizon: 3d, future_tolerance: 90s, reannounce_after: 30m}
http: {header_bytes: 2048, body_bytes: 4096, inflated_bytes: 8192, connections: 7, header_read: 1s, body_read: 2s, idle: 3s, write: 4s, stream_write: 5s, stop: 6s}
queues: {urgent_rows: 500, bulk_rows: 400, group_rows: 300}
metrics: {bearer: "env:HJEMPORT_TEST_C"}
log: {level: debug}
node: 5
)");
  CHECK(problems(loaded) == std::vector<std::string>{});
  const Config& config = loaded.config;
  CHECK(config.environment == fhir::Environment::production);
  CHECK(config.sqlite_path == "/var/lib/hjemport/x.db");
  CHECK(config.installation_secret_file == "/var/lib/hjemport/installation.secret");
  REQUIRE(config.programmes.size() == 2);
  CHECK(config.programmes[0].id == "copd");  // by file name
  REQUIRE(config.programmes[1].limits.size() == 1);
  CHECK(config.programmes[1].limits[0].alert_high == thresholds::Number{9050, 2});
  REQUIRE(config.links.size() == 1);
  CHECK(config.links[0].patient_value == "p1");
  CHECK(config.links[0].to == "2026-02-01T00:00:00Z");
  REQUIRE(config.destinations.size() == 1);
  const auto& destination = config.destinations[0];
  CHECK(destination.bearer == "c-secret-of-enough-characters");
  CHECK((destination.observations && destination.alarms && destination.follow_up && destination.local_references));
  CHECK(destination.concurrency == 3);
  CHECK(destination.attempts == 4);
  CHECK(destination.timeout == std::chrono::milliseconds(500));
  CHECK(destination.backoff_first == std::chrono::seconds(2));
  CHECK(destination.backoff_max == std::chrono::minutes(10));
  CHECK(destination.breaker_failures == 6);
  CHECK(config.judging.alarm_horizon == std::chrono::hours(72));
  CHECK(config.judging.future_tolerance == std::chrono::seconds(90));
  CHECK(config.judging.reannounce_after == std::chrono::minutes(30));
  CHECK(config.http.header_bytes == 2048);
  CHECK(config.http.connections == 7);
  CHECK(config.http.stream_write == std::chrono::seconds(5));
  CHECK(config.queues.group_rows == 300);
  CHECK(config.metrics_bearer == "c-secret-of-enough-characters");
  CHECK(config.log_level == gateway::log::Level::debug);
  CHECK(config.node == 5);
}

TEST_CASE("config: every problem is reported with its line", "[config]") {
  struct Row {
    const char* name;
    std::string text;
    std::vector<std::string> expected;
  };
  const std::string base = minimal;  // nine lines; what is appended begins on line 10
  const Row rows[] = {
      {"no YAML", "listen: [\n", {"2: not valid YAML: end of sequence flow not found"}},
      {"a tab as indentation", "tenants:\n\t- {id: a}\n", {"2: not valid YAML: illegal block entry"}},
      {"empty file", "", {"0: must hold one YAML mapping of keys and values"}},
      {"a list at the top", "- a\n", {"0: must hold one YAML mapping of keys and values"}},
      {"two documents", base + "---\nnode: 1\n", {"0: must hold one YAML mapping of keys and values"}},
      {"unknown key, near a known one",
       base + "destination: []\n",
       {"10: unknown key 'destination'; did you mean 'destinations'?"}},
      {"unknown key, near nothing", base + "xyzzy: 1\n", {"10: unknown key 'xyzzy'"}},
      {"a section of a later version",
       base + "pull: []\nmapping: x\n",
       {"10: unknown key 'pull'", "11: unknown key 'mapping'"}},
      {"unknown key inside an entry",
       base + "destinations:\n  - {id: e, tenant: bodo, url: \"https://e.example\", send: [alarms], concurency: 2}\n",
       {"11: unknown key 'destinations[0].concurency'; did you mean 'concurrency'?"}},
      {"a store of a later version", base + "store: {postgresql: {url: x}}\n", {"10: unknown key 'store.postgresql'"}},
      {"duplicate key", base + "node: 1\nnode: 2\n", {"11: 'node' is given twice"}},
      {"no value", base + "node:\n", {"10: 'node' has no value; leave it out to keep its default"}},
      {"wrong types",
       base + "node: one\nhttp: 5\nlinks: {}\nbehind_proxy: yes\nrules: [a]\n",
       {"10: 'node' must be a whole number from 0 to 63", "11: 'http' must be a section of keys and values",
        "12: 'links' must be a list; each entry begins with '-'", "13: 'behind_proxy' must be true or false",
        "14: 'rules' must be a text"}},
      {"entry of the wrong type", base + "links: [a]\n", {"10: 'links[0]' must be a section of keys and values"}},
      {"out of range",
       base + "node: 64\nhttp: {header_bytes: 10}\n",
       {"10: 'node' must be a whole number from 0 to 63",
        "11: 'http.header_bytes' must be a whole number from 1024 to 1048576"}},
      {"durations",
       base + "judging:\n  late_after: 90\n  alarm_horizon: 1 h\n  future_tolerance: 1500ms\n  reannounce_after: -5m\n",
       {"11: 'judging.late_after' must be a duration from 1s to 31d, written like 90s, 15m, 6h or 3d",
        "12: 'judging.alarm_horizon' must be a duration from 1s to 31d, written like 90s, 15m, 6h or 3d",
        "13: 'judging.future_tolerance' must be a multiple of 1s",
        "14: 'judging.reannounce_after' must be a duration from 1m to 31d, written like 90s, 15m, 6h or 3d"}},
      {"missing keys",
       base + "links:\n  - {source: oth}\n",
       {"11: 'links[0].subject' is missing", "11: 'links[0].patient' is missing", "11: 'links[0].from' is missing"}},
      {"environment", base + "environment: staging\n", {"10: 'environment' must be production or test"}},
      {"log level", base + "log: {level: loud}\n", {"10: 'log.level' must be debug, info, warning or error"}},
      {"limits that contradict each other",
       base + "http: {body_bytes: 4096, inflated_bytes: 2048}\njudging: {late_after: 2h, alarm_horizon: 1h}\nqueues: "
              "{bulk_rows: 100, group_rows: 101}\n",
       {"10: 'http.inflated_bytes' must not be less than 'http.body_bytes'",
        "11: 'judging.alarm_horizon' must not be shorter than 'judging.late_after'",
        "12: 'queues.group_rows' must not be more than a queue holds"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      TemporaryFolder folder;
      Loaded loaded = load_text(folder, row.text);
      CHECK(problems(loaded) == row.expected);
      CHECK_FALSE(loaded.usable());
    }
  }
}

TEST_CASE("config: a tenant writes in Norwegian or English", "[config]") {
  TemporaryFolder folder;
  const std::string tenant = "{id: bodo, name: Bodø kommune";
  auto with = [&](const char* language) {
    std::string text = minimal;
    text.replace(text.find(tenant), tenant.size(), tenant + language);
    return load_text(folder, text);
  };
  CHECK(with("").config.tenants[0].language == "nb");
  CHECK(with(", language: en").config.tenants[0].language == "en");
  CHECK(problems(with(", language: nn")) ==
        std::vector<std::string>{"4: there is no language 'nn' to write in; there are nb and en"});
}

TEST_CASE("config: names that must exist, ids that must be one's own", "[config]") {
  struct Row {
    const char* name;
    std::string lines;  // appended to the minimal file: line 10 and on
    std::vector<std::string> expected;
  };
  const std::string token = "auth: {bearer: \"env:HJEMPORT_TEST_C\"}";
  const Row rows[] = {
      {"tenant of a destination",
       "destinations:\n  - id: epj\n    tenant: boddo\n    url: https://e.example\n    send: [alarms]\n",
       {"12: destination 'epj' names tenant 'boddo', which is not configured"}},
      {"source of a link",
       "links:\n  - {source: otth, subject: u, patient: {system: s, value: v}, from: \"2026-01-01T00:00:00Z\"}\n",
       {"11: source 'otth' is not configured"}},
      {"two destinations of one id",
       "destinations:\n  - {id: e, tenant: bodo, url: \"https://e.example\", send: [alarms]}\n  - {id: e, tenant: "
       "oslo, url: \"https://f.example\", send: [alarms]}\n",
       {"12: 'e' is used twice in destinations"}},
      {"an id with a slash",
       "destinations:\n  - {id: a/b, tenant: bodo, url: \"https://e.example\", send: [alarms]}\n",
       {"11: an id has at most 64 letters, digits, '-', '_' and '.', and begins with no '.'"}},
      {"an id like an identity number",
       "destinations:\n  - {id: p12885010049, tenant: bodo, url: \"https://e.example\", send: [alarms]}\n",
       {"11: an id must not look like a national identity number"}},
      {"what is sent",
       "destinations:\n  - {id: e, tenant: bodo, url: \"https://e.example\", send: [patients]}\n  - {id: f, tenant: "
       "bodo, url: \"https://e.example\", send: []}\n",
       {"11: 'patients' cannot be sent; there are observations, alarms and follow-up", "12: 'send' names nothing to send"}},
      {"destination kind and pauses",
       "destinations:\n  - {id: e, tenant: bodo, kind: soap, url: \"https://e.example\", send: [alarms], "
       "backoff_first: 2m, backoff_max: 1m}\n",
       {"11: there is no destination kind 'soap'; there is fhir",
        "11: 'backoff_max' must not be shorter than 'backoff_first'"}},
      {"rules that do not exist", "rules: nowhere.d\n", {"10: 'rules' names FOLDER/nowhere.d, which does not exist"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      TemporaryFolder folder;
      Loaded loaded = load_text(folder, minimal + row.lines);
      std::vector<std::string> found = problems(loaded);
      for (std::string& line : found) {
        std::size_t at = line.find(folder.path().string());
        if (at != std::string::npos) line.replace(at, folder.path().string().size(), "FOLDER");
      }
      CHECK(found == row.expected);
    }
  }
}

TEST_CASE("config: the gateway's zone is its sources' unless they say another", "[config]") {
  TemporaryFolder folder;
  Loaded loaded = load_text(folder, "timezone: Europe/Helsinki\n" + std::string(minimal));
  CHECK(problems(loaded) == std::vector<std::string>{});
  CHECK(loaded.config.timezone == "Europe/Helsinki");
  CHECK(loaded.config.sources.at(0).timezone == "Europe/Helsinki");
  CHECK(problems(load_text(folder, "timezone: Nowhere\n" + std::string(minimal))).size() == 1);
}

TEST_CASE("config: sources and clients are checked where they stand", "[config]") {
  struct Row {
    const char* name;
    std::string sources, clients;
    std::vector<std::string> expected;
  };
  const std::string a = "auth: {bearer: \"env:HJEMPORT_TEST_A\"}", b = "auth: {bearer: \"env:HJEMPORT_TEST_B\"}";
  const Row rows[] = {
      {"adapter and zone",
       "  - {id: s, tenant: bodo, adapter: fax, timezone: Europe/Bodo, " + a + "}\n",
       "",
       {"4: there is no adapter 'fax'; there are ADAPTERS",
        "4: the tz database of this machine has no zone 'Europe/Bodo'"}},
      {"no such zone, said once",
       "  - {id: s, tenant: bodo, adapter: telli, timezone: Mars/Base, " + a + "}\n",
       "",
       {"4: the tz database of this machine has no zone 'Mars/Base'"}},
      {"unknown role",
       "",
       "  - {id: c, tenant: bodo, roles: [nurse], " + b + "}\n",
       {"5: unknown role 'nurse'; there are response-centre, clinician, hospital and admin"}},
      {"literal secret",
       "  - {id: s, tenant: bodo, adapter: telli, auth: {bearer: hunter2-hunter2-hunter2}}\n",
       "",
       {"4: 'sources[0].auth.bearer' must be env:NAME or file:PATH; a secret never stands in the configuration "
        "itself"}},
      {"variable that is not set",
       "  - {id: s, tenant: bodo, adapter: telli, auth: {bearer: \"env:HJEMPORT_TEST_MISSING\"}}\n",
       "",
       {"4: 'sources[0].auth.bearer' names the environment variable 'HJEMPORT_TEST_MISSING', which is not set"}},
      {"secret with blanks",
       "  - {id: s, tenant: bodo, adapter: telli, auth: {bearer: \"env:HJEMPORT_TEST_BLANK\"}}\n",
       "",
       {"4: 'sources[0].auth.bearer' holds blanks or characters other than printable ASCII"}},
      {"short secret",
       "  - {id: s, tenant: bodo, adapter: telli, auth: {bearer: \"env:HJEMPORT_TEST_SHORT\"}}\n",
       "",
       {"4: warning: 'sources[0].auth.bearer' is shorter than 16 characters and can be guessed"}},
      {"one secret, two sources of a tenant",
       "  - {id: s, tenant: bodo, adapter: telli, " + a + "}\n  - {id: t, tenant: bodo, adapter: opentele, " + a +
           "}\n",
       "",
       {}},
      {"one secret, sources of two tenants",
       "  - {id: s, tenant: bodo, adapter: telli, " + a + "}\n  - {id: t, tenant: oslo, adapter: telli, " + a + "}\n",
       "",
       {"5: source 't' has the same secret as source 's' of another tenant"}},
      {"one secret, source and client",
       "  - {id: s, tenant: bodo, adapter: telli, " + a + "}\n",
       "  - {id: c, tenant: bodo, roles: [hospital], " + a + "}\n",
       {"6: client 'c' has the same secret as source 's'"}},
      {"one secret, two clients",
       "",
       "  - {id: c, tenant: bodo, roles: [hospital], " + a + "}\n  - {id: d, tenant: bodo, roles: [admin], " + a +
           "}\n",
       {"6: client 'd' has the same secret as client 'c'"}},
      {"two sources of one id",
       "  - {id: s, tenant: bodo, adapter: telli, " + a + "}\n  - {id: s, tenant: oslo, adapter: telli, " + b + "}\n",
       "",
       {"5: 's' is used twice in sources"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      TemporaryFolder folder;
      std::string text =
          "tenants: [{id: bodo, name: Bodø, organization: \"972418013\"},\n  {id: oslo, name: Oslo, organization: "
          "\"958935420\"}]\n";
      text += row.sources.empty() ? "" : "sources:\n" + row.sources;
      if (!row.clients.empty()) text += (row.sources.empty() ? "\nclients:\n" : "clients:\n") + row.clients;
      std::vector<std::string> found = problems(load_text(folder, text));
      for (std::string& line : found) {
        constexpr std::string_view before_the_list = "adapter 'fax'; there are ";
        std::size_t at = line.find(before_the_list);
        if (at == std::string::npos) continue;
        CHECK(line.find("opentele", at) != std::string::npos);
        line.replace(at + before_the_list.size(), std::string::npos, "ADAPTERS");
      }
      CHECK(found == row.expected);
      for (const std::string& line : found) CHECK(line.find("hunter2") == std::string::npos);
    }
  }
}

TEST_CASE("config: plaintext stays on this machine unless a proxy is in front", "[config]") {
  struct Row {
    const char* name;
    std::string listen;
    std::vector<std::string> expected;
  };
  const std::string refused =
      ": plaintext outside this machine: add 'tls', or 'behind_proxy: true' when a proxy ends TLS";
  const Row rows[] = {
      {"loopback", "listen: [{address: 127.0.0.1, port: 0}]\n", {}},
      {"another loopback", "listen: [{address: 127.3.2.1, port: 0}]\n", {}},
      {"IPv6 loopback", "listen: [{address: \"::1\", port: 0}]\n", {}},
      {"everywhere", "listen: [{address: 0.0.0.0, port: 0}]\n", {"1" + refused}},
      {"IPv6 everywhere", "listen: [{address: \"::\", port: 0}]\n", {"1" + refused}},
      {"a private network", "listen: [{address: 10.0.0.5, port: 0}]\n", {"1" + refused}},
      {"behind a proxy, said once for all", "listen: [{address: 0.0.0.0, port: 0}]\nbehind_proxy: true\n", {}},
      {"behind a proxy, said for this one", "listen: [{address: 0.0.0.0, port: 0, behind_proxy: true}]\n", {}},
      {"no address", "listen: [{address: localhost, port: 0}]\n", {"1: 'localhost' is no IP address"}},
      {"nothing to listen on", "listen: []\n", {"1: at least one listener is needed"}},
      {"half a TLS section",
       "listen: [{address: 0.0.0.0, tls: {certificate: x.pem}}]\n",
       {"1: 'listen[0].tls.key' is missing"}},
      {"TLS files that do not exist",
       "listen: [{address: 0.0.0.0, tls: {certificate: x.pem, key: x.key, client_ca: ca.pem}}]\n",
       {"1: FOLDER/x.pem cannot be read as a PEM certificate chain",
        "1: FOLDER/x.key cannot be read as a PEM private key", "1: FOLDER/ca.pem cannot be read as PEM certificates"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      TemporaryFolder folder;
      std::vector<std::string> found =
          problems(load_text(folder, row.listen + "tenants: [{id: bodo, name: Bodø, organization: \"972418013\"}]\n"));
      for (std::string& line : found) {
        std::size_t at = line.find(folder.path().string());
        if (at != std::string::npos) line.replace(at, folder.path().string().size(), "FOLDER");
      }
      CHECK(found == row.expected);
    }
  }
}

TEST_CASE("config: destination addresses", "[config]") {
  struct Row {
    const char* url;
    const char* problem;  // empty: fine
  };
  const Row rows[] = {
      {"https://epj.example/fhir", ""},
      {"https://epj.example:8443/fhir/", ""},
      {"http://127.0.0.1:8099/fhir", ""},
      {"http://localhost:8099", ""},
      {"http://[::1]:8099/fhir", ""},
      {"http://epj.example/fhir", "plain http is allowed to this machine only; use https"},
      {"http://127.0.0.1.epj.example/fhir", "plain http is allowed to this machine only; use https"},
      {"http://10.0.0.5/fhir", "plain http is allowed to this machine only; use https"},
      {"https://user:pass@epj.example/fhir", "a URL must not carry credentials; use auth: {bearer: ...}"},
      {"https://epj.example/fhir?x=1", "a base URL has no '?' and no '#'"},
      {"ftp://epj.example/fhir", "must be an http or https URL"},
      {"epj.example/fhir", "must be an http or https URL"},
      {"https:///fhir", "must be an http or https URL"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.url) {
      TemporaryFolder folder;
      std::string text = minimal;
      text += "destinations:\n  - {id: e, tenant: bodo, send: [alarms], url: \"" + std::string(row.url) + "\"}\n";
      std::vector<std::string> expected;
      if (*row.problem) expected.push_back("11: " + std::string(row.problem));
      CHECK(problems(load_text(folder, text)) == expected);
    }
  }
}

TEST_CASE("config: links are checked for identity, period and overlap, and numbers are never repeated",
          "[config][privacy]") {
  // 12885010049 is synthetic (month +80), 12057900499 (a published sample) has the form of a real one.
  struct Row {
    const char* name;
    const char* environment;
    std::string value, from, to;
    std::vector<std::string> expected;
  };
  const Row rows[] = {
      {"synthetic in test", "test", "12885010049", "2026-01-01T00:00:00Z", "", {}},
      {"synthetic in production",
       "production",
       "12885010049",
       "2026-01-01T00:00:00Z",
       "",
       {"12: 'patient.value' is a synthetic identity number, which production refuses"}},
      {"real form in test",
       "test",
       "12057900499",
       "2026-01-01T00:00:00Z",
       "",
       {"12: 'patient.value' is a real identity number, which environment test refuses"}},
      {"wrong check digit",
       "test",
       "12885010048",
       "2026-01-01T00:00:00Z",
       "",
       {"12: 'patient.value' is no valid national identity number"}},
      {"time without offset",
       "test",
       "12885010049",
       "2026-01-01T00:00:00",
       "",
       {"12: 'from' must be a time with offset, like 2026-11-20T08:00:00+01:00"}},
      {"ends before it begins",
       "test",
       "12885010049",
       "2026-01-01T00:00:00Z",
       "2025-01-01T00:00:00Z",
       {"12: 'to' must be after 'from'"}},
      {"overlaps the first link",
       "test",
       "12885010049",
       "2024-12-31T23:59:59Z",
       "",
       {"12: the period overlaps another patient's link of the same source and subject"}},
      {"begins where the first link ends", "test", "12885010049", "2025-01-01T00:00:00Z", "", {}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      TemporaryFolder folder;
      std::string text = minimal;
      text +=
          "links:\n  - {source: oth, subject: u, patient: {system: \"http://x\", value: other}, from: "
          "\"2024-01-01T00:00:00Z\", to: \"2025-01-01T00:00:00Z\"}\n";
      text += "  - {source: oth, subject: u, patient: {system: \"urn:oid:2.16.578.1.12.4.1.4.1\", value: \"" +
              row.value + "\"}, from: \"" + row.from + "\"";
      text += (row.to.empty() ? "" : ", to: \"" + row.to + "\"") + "}\nenvironment: " + row.environment + "\n";
      std::vector<std::string> found = problems(load_text(folder, text));
      CHECK(found == row.expected);
      for (const std::string& line : found) CHECK(line.find(row.value) == std::string::npos);
    }
  }
}

TEST_CASE("config: an organisation number's check digit is a warning in test and an error in production", "[config]") {
  for (bool production : {false, true}) {
    DYNAMIC_SECTION((production ? "production" : "test")) {
      TemporaryFolder folder;
      std::string text = "tenants: [{id: bodo, name: Bodø, organization: \"972418014\"}]\nenvironment: ";
      Loaded loaded = load_text(folder, text + (production ? "production" : "test") + "\n");
      REQUIRE(loaded.problems.size() == 1);
      CHECK(loaded.problems[0].warning == !production);
      CHECK(loaded.usable() == !production);
      CHECK(loaded.problems[0].line == 1);
    }
  }
}

TEST_CASE("config: secrets from files are trimmed, relative to the file, and watched for their mode", "[config]") {
  TemporaryFolder folder;
  auto secret = folder.write("secrets/oth", "file-secret-of-enough-characters\r\n\n");
  std::string text = minimal;
  text.replace(text.find("env:HJEMPORT_TEST_A"), 19, "file:secrets/oth");
  Loaded loaded = load_text(folder, text);
  CHECK(problems(loaded) == std::vector<std::string>{});
  REQUIRE(loaded.config.sources.size() == 1);
  CHECK(loaded.config.sources[0].bearer == "file-secret-of-enough-characters");

  std::filesystem::permissions(secret, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  CHECK(problems(load_text(folder, text)) ==
        std::vector<std::string>{
            "7: warning: 'sources[0].auth.bearer' names a file that other users of this machine can read"});
  folder.write("secrets/oth", "\n");
  CHECK(problems(load_text(folder, text)) ==
        std::vector<std::string>{"7: 'sources[0].auth.bearer' names an empty file"});
  std::filesystem::remove(secret);
  CHECK(problems(load_text(folder, text)) == std::vector<std::string>{"7: 'sources[0].auth.bearer' names the file " +
                                                                      secret.string() + ", which cannot be read"});
}

TEST_CASE("config: problems in rules files carry that file's name and line", "[config]") {
  TemporaryFolder folder;
  folder.write("rules.d/a.yaml",
               "programmes:\n  - id: copd\n    limits:\n      - {kind: oxygen-saturation, alert_low: 85}\n");
  folder.write("rules.d/b.yaml", "programmes:\n  - id: copd\n    limits:\n      - {kind: oxygen, alert_low: 85}\n");
  folder.write("rules.d/c.yaml", "rules:\n  - {id: r}\nprogrammes:\n  - id: x\n    limits: []\n    schedule: daily\n");
  folder.write("rules.d/d.yaml", "programmes: [\n");
  Loaded loaded = load_text(folder, minimal + std::string("rules: rules.d\n"));
  std::vector<std::string> found;
  for (const auto& problem : loaded.problems) found.push_back(gateway::config::text(problem));
  std::string at = (folder.path() / "rules.d/").string();
  CHECK(found == std::vector<std::string>{at + "b.yaml:2: programme 'copd' is defined twice",
                                          at + "b.yaml:4: unknown kind 'oxygen'", at + "c.yaml:1: unknown key 'rules'",
                                          at + "c.yaml:6: unknown key 'programmes[0].schedule'",
                                          at + "d.yaml:2: not valid YAML: end of sequence flow not found"});
}

TEST_CASE("config: a file that is not there", "[config]") {
  Loaded loaded = load("/nowhere/hjemport.yaml");
  REQUIRE(loaded.problems.size() == 1);
  CHECK(gateway::config::text(loaded.problems[0]) == "/nowhere/hjemport.yaml: cannot be read as a file");
  CHECK_FALSE(loaded.usable());
}
