// Ways in besides HTTP, and what is pulled, as the configuration says them.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/gateway/config/load_fixture.hpp"

using gateway::config::load;
using gateway::config::Loaded;
using tests::TemporaryFolder;
using namespace tests::config_files;

TEST_CASE("config: what is pulled, from whom and with what", "[config]") {
  TemporaryFolder folder;
  auto with = [&](const std::string& adapter, const std::string& pull) {
    std::string text = minimal;
    const std::string oth = "adapter: opentele,";
    text.replace(text.find(oth), oth.size(), "adapter: " + adapter + ", pull: " + pull + ",");
    return load_text(folder, text);
  };
  const std::string client = "client_id: c-1, client_secret: \"env:HJEMPORT_TEST_C\"";
  Loaded loaded = with("dexcom", "{" + client + ", url: \"https://api.dexcom.com/\", every: 5m, lookback: 30d, overlap: 2d, "
                                 "concurrency: 8, timeout: 10s, body_bytes: 1048576, backoff_first: 1s, backoff_max: 10m}");
  CHECK(problems(loaded) == std::vector<std::string>{});
  REQUIRE(loaded.config.sources[0].pull);
  const gateway::config::Pull& pull = *loaded.config.sources[0].pull;
  CHECK((pull.client_id == "c-1" && pull.client_secret == "c-secret-of-enough-characters"));
  CHECK(pull.url == "https://api.dexcom.com");
  CHECK((pull.every == std::chrono::minutes(5) && pull.lookback == std::chrono::hours(720)));
  CHECK((pull.overlap == std::chrono::hours(48) && pull.concurrency == 8 && pull.timeout == std::chrono::seconds(10)));
  CHECK((pull.body_bytes == 1048576 && pull.backoff_max == std::chrono::minutes(10)));
  CHECK(with("polar", "{}").usable());  // nothing is renewed there
  CHECK_FALSE(load_text(folder, minimal).config.sources[0].pull);

  struct Row {
    const char* name;
    std::string adapter, pull, problem;
  };
  const Row rows[] = {
      {"nobody to ask", "telli", "{" + client + "}", "'pull' is for adapters withings, polar, oura and dexcom"},
      {"no client", "oura", "{}", "this vendor's tokens are renewed with 'client_id' and 'client_secret'"},
      {"not encrypted", "oura", "{" + client + ", url: \"http://api.example\"}",
       "plain http is allowed to this machine only; use https"},
      {"credentials", "oura", "{" + client + ", url: \"https://me:you@api.example\"}",
       "a URL must not carry credentials; use auth: {bearer: ...}"},
      {"overlap", "oura", "{" + client + ", lookback: 2h, overlap: 3h}", "'overlap' must not be longer than 'lookback'"},
      {"backoff", "oura", "{" + client + ", backoff_first: 2m, backoff_max: 1m}",
       "'backoff_max' must not be shorter than 'backoff_first'"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const std::vector<std::string> found = problems(with(row.adapter, row.pull));
      REQUIRE(found.size() == 1);
      CHECK_THAT(found[0], Catch::EndsWith(": " + row.problem));
    }
  }
  CHECK(with("oura", "{" + client + ", url: \"http://127.0.0.1:8099\"}").usable());
}

TEST_CASE("config: an MLLP listener is one source's, and who sends is known by more than the port", "[config]") {
  struct Row {
    const char* name;
    std::string mllp;
    std::vector<std::string> expected;
  };
  const std::string files = "tls: {certificate: no.pem, key: no.key";
  const Row rows[] = {
      {"loopback", "{address: 127.0.0.1, port: 0, source: ward}", {}},
      {"behind a proxy", "{address: 10.0.0.5, port: 0, source: ward, behind_proxy: true}", {}},
      {"plaintext outside",
       "{address: 0.0.0.0, port: 0, source: ward}",
       {"12: plaintext outside this machine: add 'tls', or 'behind_proxy: true' when a proxy ends TLS"}},
      {"nobody's", "{address: 127.0.0.1, source: nobody}", {"12: source 'nobody' is not configured"}},
      {"of another format",
       "{address: 127.0.0.1, source: oth}",
       {"12: source 'oth' has adapter 'opentele'; MLLP carries hl7v2"}},
      {"a subject without certificates",
       "{address: 127.0.0.1, source: ward, client_subject: CN=ward}",
       {"12: 'client_subject' needs 'tls' with 'client_ca'"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      TemporaryFolder folder;
      std::string text = minimal;
      text.insert(text.find("clients:"), "  - {id: ward, tenant: bodo, adapter: hl7v2, auth: {bearer: \"env:HJEMPORT_TEST_C\"}}\n");
      Loaded loaded = load_text(folder, text + "mllp:\n  - " + row.mllp + "\n");
      CHECK(problems(loaded) == row.expected);
    }
  }
  SECTION("TLS that lets anybody in") {
    TemporaryFolder folder;
    std::string text = minimal;
    text.insert(text.find("clients:"), "  - {id: ward, tenant: bodo, adapter: hl7v2, auth: {bearer: \"env:HJEMPORT_TEST_C\"}}\n");
    Loaded loaded = load_text(folder, text + "mllp:\n  - {address: 127.0.0.1, source: ward, " + files + "}}\n");
    const auto found = problems(loaded);
    CHECK(std::find(found.begin(), found.end(), "12: 'tls' needs 'client_ca': anybody could send as the source") != found.end());
  }
}
