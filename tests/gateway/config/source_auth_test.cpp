// What `sources[].auth` may say, and every problem with its line.
#include "gateway/config/source_auth.hpp"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "tests/support/temporary_folder.hpp"

using gateway::config::Loaded;
using gateway::config::Signature;
using gateway::config::Source;

namespace {

// One source per text; the first stands on line 5.
Loaded load_sources(const std::vector<std::string>& sources) {
  setenv("HJEMPORT_TEST_A", "a-secret-of-enough-characters", 1);
  setenv("HJEMPORT_TEST_B", "b-secret-of-enough-characters", 1);
  setenv("HJEMPORT_TEST_NIGHTSCOUT", "nightscout-site-secret", 1);
  tests::TemporaryFolder folder;
  std::string text =
      "tenants:\n  - {id: bodo, name: B, organization: \"972418013\"}\n  - {id: oslo, name: O, organization: "
      "\"958935420\"}\nsources:\n";
  for (const std::string& source : sources) text += "  - {" + source + "}\n";
  return gateway::config::load(folder.write("hjemport.yaml", text));
}

std::string with_auth(const std::string& auth, const char* id = "s", const char* adapter = "hjemport",
                      const char* tenant = "bodo") {
  return std::string("id: ") + id + ", tenant: " + tenant + ", adapter: " + adapter + ", auth: {" + auth + "}";
}

std::vector<std::string> problems(const Loaded& loaded) {
  std::vector<std::string> lines;
  for (const auto& problem : loaded.problems) {
    lines.push_back(std::to_string(problem.line) + ": " + (problem.warning ? "warning: " : "") + problem.text);
  }
  return lines;
}

Source read(const std::string& auth, const char* id = "s", const char* adapter = "hjemport") {
  const Loaded loaded = load_sources({with_auth(auth, id, adapter)});
  CHECK(problems(loaded) == std::vector<std::string>{});
  REQUIRE(loaded.config.sources.size() == 1);
  return loaded.config.sources[0];
}

const std::string a = "\"env:HJEMPORT_TEST_A\"", b = "\"env:HJEMPORT_TEST_B\"";
const char* const hints = "withings-0f3a9c55d1e84b7790c2aa41e6d07b18";

}  // namespace

TEST_CASE("source auth: each scheme as what is checked", "[config][auth]") {
  const std::string secret = "a-secret-of-enough-characters";
  {
    const Source source = read("bearer: " + a);
    CHECK(source.bearer == secret);
    CHECK_FALSE(source.auth.any());
  }
  {
    const Source source =
        read("hmac_sha256: {secret: " + a + ", header: X-Hub-Signature-256, encoding: hex, prefix: \"sha256=\"}");
    CHECK(source.bearer.empty());
    REQUIRE(source.auth.signature);
    CHECK(source.auth.signature->header == "x-hub-signature-256");
    CHECK(source.auth.signature->key == secret);
    CHECK(source.auth.signature->hash == Signature::Hash::sha256);
    CHECK(source.auth.signature->encoding == Signature::Encoding::hex);
    CHECK(source.auth.signature->prefix == "sha256=");
    CHECK(source.auth.signature->time == Signature::Time::none);
  }
  CHECK(read("hmac_sha256: {secret: " + a + ", header: s, encoding: base64}").auth.signature->encoding ==
        Signature::Encoding::base64);
  {
    const Source source = read("fitbit: {secret: " + a + ", verify: " + b + "}");
    REQUIRE(source.auth.signature);
    CHECK(source.auth.signature->header == "x-fitbit-signature");
    CHECK(source.auth.signature->key == secret + "&");
    CHECK(source.auth.signature->hash == Signature::Hash::sha1);
    CHECK(source.auth.signature->encoding == Signature::Encoding::base64);
    CHECK(source.auth.verify_code == "b-secret-of-enough-characters");
    CHECK(source.auth.answers_empty);
  }
  {
    const Source source = read("oura: {secret: " + a + ", verification_token: " + b + ", window: 1h}");
    REQUIRE(source.auth.signature);
    CHECK(source.auth.signature->time == Signature::Time::header);
    CHECK(source.auth.signature->time_header == "x-oura-timestamp");
    CHECK(source.auth.signature->window == std::chrono::hours(1));
    CHECK(source.auth.verification_token == "b-secret-of-enough-characters");
  }
  {
    const Source source = read("polar: {secret: " + a + "}");
    REQUIRE(source.auth.signature);
    CHECK(source.auth.signature->header == "polar-webhook-signature");
    CHECK(source.auth.unsigned_ping);
  }
  {
    const Source source = read("terra: {secret: " + a + "}");
    REQUIRE(source.auth.signature);
    CHECK(source.auth.signature->header == "terra-signature");
    CHECK(source.auth.signature->time == Signature::Time::inside);
    CHECK(source.auth.signature->window == std::chrono::minutes(5));
  }
  CHECK(read("google_health: {bearer: " + a + "}").bearer == secret);
  {
    const Source source = read("api_key: {secret: " + a + "}");
    REQUIRE(source.auth.headers.size() == 1);
    CHECK(source.auth.headers[0].header == "x-api-key");
    CHECK(source.auth.headers[0].value == secret);
  }
  CHECK(read("api_key: {header: X-Telli, secret: " + a + "}").auth.headers[0].header == "x-telli");
  {
    const Source source = read("nightscout: {secret: \"env:HJEMPORT_TEST_NIGHTSCOUT\"}");
    REQUIRE(source.auth.headers.size() == 1);
    CHECK(source.auth.headers[0].header == "api-secret");
    CHECK(source.auth.headers[0].value == "38ae7c1543465fac8c6958797f4f4fbc65860a50");  // openssl dgst -sha1
  }
  CHECK(read("basic: {user: tablet, password: " + a + "}").auth.basic == "tablet:" + secret);
  CHECK(read("unsigned: hints", hints, "withings").auth.hints);
  {
    const Source source = read("bearer: " + a + ", api_key: {secret: " + b + "}");
    CHECK(source.bearer == secret);
    CHECK(source.auth.headers.size() == 1);
  }
}

TEST_CASE("source auth: what cannot be is said with its line", "[config][auth]") {
  struct Row {
    const char* name;
    std::vector<std::string> sources;
    std::vector<std::string> expected;
  };
  const std::vector<Row> rows = {
      {"nothing", {"id: s, tenant: bodo, adapter: hjemport"}, {"5: 'sources[0].auth' is missing"}},
      {"empty", {with_auth("")}, {"5: 'sources[0].auth' names nothing a source proves itself with, such as bearer"}},
      {"unknown scheme",
       {with_auth("token: " + a)},
       {"5: 'sources[0].auth' names nothing a source proves itself with, such as bearer",
        "5: unknown key 'sources[0].auth.token'"}},
      {"literal secret",
       {with_auth("polar: {secret: polar-signature-secret}")},
       {"5: 'sources[0].auth.polar.secret' must be env:NAME or file:PATH; a secret never stands in the configuration "
        "itself"}},
      {"no secret", {with_auth("terra: {window: 10m}")}, {"5: 'sources[0].auth.terra.secret' is missing"}},
      {"no code", {with_auth("fitbit: {secret: " + a + "}")}, {"5: 'sources[0].auth.fitbit.verify' is missing"}},
      {"encoding",
       {with_auth("hmac_sha256: {secret: " + a + ", header: s, encoding: base32}")},
       {"5: 'sources[0].auth.hmac_sha256.encoding' must be hex or base64"}},
      {"header",
       {with_auth("hmac_sha256: {secret: " + a + ", header: \"a b\", encoding: hex}")},
       {"5: 'sources[0].auth.hmac_sha256.header' is no name of a header"}},
      {"authorization",
       {with_auth("api_key: {secret: " + a + ", header: Authorization}")},
       {"5: 'sources[0].auth.api_key.header' must not be authorization; use bearer or basic"}},
      {"two signers",
       {with_auth("polar: {secret: " + a + "}, terra: {secret: " + b + "}")},
       {"5: 'sources[0].auth.terra' and 'sources[0].auth.polar' both sign the body; one source has one signer"}},
      {"google and bearer",
       {with_auth("bearer: " + a + ", google_health: {bearer: " + b + "}")},
       {"5: 'sources[0].auth.google_health.bearer' and 'sources[0].auth.bearer' are the same header"}},
      {"basic and bearer",
       {with_auth("bearer: " + a + ", basic: {user: u, password: " + b + "}")},
       {"5: 'sources[0].auth.basic' and a bearer token are the same header"}},
      {"colon in a user",
       {with_auth("basic: {user: \"a:b\", password: " + a + "}")},
       {"5: 'sources[0].auth.basic.user' must not hold ':' (RFC 7617 2)"}},
      {"certificate that nobody asks for",
       {with_auth("client_certificate: {subject: CN=x}")},
       {"5: 'client_certificate' needs a listener with 'tls.client_ca': no other asks for certificates"}},
      {"unsigned values",
       {with_auth("unsigned: values", hints, "withings")},
       {"5: 'sources[0].auth.unsigned' must be hints: values are never taken unsigned"}},
      {"unsigned with an id to guess",
       {with_auth("unsigned: hints", "withings", "withings")},
       {"5: the id of an unsigned source is its only secret: use at least 32 random characters"}},
      {"unsigned for a format with values",
       {with_auth("unsigned: hints", hints, "telli")},
       {"5: 'unsigned' is for vendors that only notify and cannot sign: withings"}},
      {"unsigned and signed",
       {with_auth("unsigned: hints, bearer: " + a, hints, "withings")},
       {"5: 'sources[0].auth.unsigned' stands alone: what is signed goes to a source of its own"}},
      {"window",
       {with_auth("terra: {secret: " + a + ", window: 30d}")},
       {"5: 'sources[0].auth.terra.window' must be a duration from 1s to 7d, written like 90s, 15m, 6h or 3d"}},
      {"one secret, two tenants, two schemes",
       {with_auth("bearer: " + a), with_auth("polar: {secret: " + a + "}", "t", "polar", "oslo")},
       {"6: source 't' has the same secret as source 's' of another tenant"}},
      {"one secret, two sources of a tenant",
       {with_auth("terra: {secret: " + a + "}"), with_auth("terra: {secret: " + a + "}", "t")},
       {}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(problems(load_sources(row.sources)) == row.expected);
    }
  }
}
