// ORIGIN of the digests: openssl and Python's hmac, both, over made-up bodies and secrets:
//   printf '%s' "$BODY" | openssl dgst -sha1 -hmac 'fitbit-client-secret&' -binary | base64
//   printf '%s' "1795165200.$BODY" | openssl dgst -sha256 -hmac terra-signing-secret -r
// and of RFC 2202 case 2 and RFC 4231 case 2. Forms of the headers: vendors.md C.2, C.4, C.5, C.12.
#include "gateway/auth/signature.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "gateway/auth/seen_signatures.hpp"
#include "gateway/runtime/hmac.hpp"

using gateway::auth::check_basic;
using gateway::auth::check_certificate;
using gateway::auth::check_header;
using gateway::auth::check_signature;
using gateway::auth::Refusal;
using gateway::config::HeaderSecret;
using gateway::config::Signature;
using gateway::http::Headers;

namespace {

const fhir::Time nine = fhir::Time(std::chrono::seconds(1'795'165'200));  // 2026-11-20T09:00:00Z

const std::string fitbit_body =
    R"([{"collectionType":"body","date":"2026-11-20","ownerId":"228S74","ownerType":"user","subscriptionId":"sub-1"}])";
const std::string oura_body =
    R"({"event_type":"create","data_type":"daily_spo2","user_id":"o-1","object_id":"ob-1","event_time":"2026-11-20T09:00:00+00:00"})";
const std::string polar_body =
    R"({"event":"EXERCISE","user_id":475,"entity_id":"aQlC83","timestamp":"2026-11-20T07:00:00Z","url":"https://www.polaraccesslink.com/v3/exercises/aQlC83"})";
const std::string terra_body = R"({"type":"body","user":{"user_id":"u-1"},"data":[]})";
const std::string native_body = R"({"measurements":[]})";

const std::string oura_digest = "267C13D6E7235C8DAFE33F19E31854060B92DCF85CCD2AC2B8915A7E31A05716";
const std::string polar_digest = "04efc1da6a22cb3d731df6c16041f486264ac710bc5a5a807523b9d785870ef6";
const std::string terra_digest = "77ba46db208cd3d4b08f0ccfe194d3edadcdbc482455ffe49d6d5ffb1a042b6c";
const std::string native_digest = "6bcea4a20a3d7d799dc0a07aa529e3889094dc08d7589694232cf32a352ee953";

Signature hub() {
  Signature signature;
  signature.header = "x-hub-signature-256";
  signature.key = "hub-secret";
  signature.prefix = "sha256=";
  return signature;
}
Signature fitbit() {
  Signature signature;
  signature.header = "x-fitbit-signature";
  signature.key = "fitbit-client-secret&";
  signature.hash = Signature::Hash::sha1;
  signature.encoding = Signature::Encoding::base64;
  return signature;
}
Signature oura() {
  Signature signature;
  signature.header = "x-oura-signature";
  signature.key = "oura-client-secret";
  signature.time = Signature::Time::header;
  signature.time_header = "x-oura-timestamp";
  return signature;
}
Signature polar() {
  Signature signature;
  signature.header = "polar-webhook-signature";
  signature.key = "polar-signature-secret";
  return signature;
}
Signature terra() {
  Signature signature;
  signature.header = "terra-signature";
  signature.key = "terra-signing-secret";
  signature.time = Signature::Time::inside;
  return signature;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

constexpr auto none = std::optional<Refusal>();

}  // namespace

TEST_CASE("signature: the digests of the RFCs", "[auth][signature]") {
  Signature signature;
  signature.header = "s";
  signature.key = "Jefe";
  const std::string body = "what do ya want for nothing?";
  CHECK(check_signature(signature, {{"s", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"}}, body,
                        nine)
            .refusal == none);
  signature.hash = Signature::Hash::sha1;
  CHECK(check_signature(signature, {{"s", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"}}, body, nine).refusal == none);
  // The digest of one hash is not one of the other.
  CHECK(check_signature(signature, {{"s", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"}}, body,
                        nine)
            .refusal == Refusal::malformed);
}

TEST_CASE("signature: each vendor's form, and what is none", "[auth][signature]") {
  struct Row {
    const char* name;
    Signature signature;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::optional<Refusal> expected;
  };
  const std::string hex_hub = "sha256=" + native_digest;
  Signature hub64 = hub();
  hub64.prefix.clear();
  hub64.encoding = Signature::Encoding::base64;
  Signature keyless = polar();
  keyless.key.clear();
  const std::string t = "t=1795165200,v1=" + terra_digest;
  const std::vector<Row> rows = {
      {"hub", hub(), {{"X-Hub-Signature-256", hex_hub}}, native_body, none},
      {"hub, another case",
       hub(),
       {{"X-Hub-Signature-256", "sha256=6BCEA4A20A3D7D799DC0A07AA529E3889094DC08D7589694232CF32A352EE953"}},
       native_body,
       none},
      {"hub, no prefix", hub(), {{"X-Hub-Signature-256", native_digest}}, native_body, Refusal::malformed},
      {"hub, another prefix",
       hub(),
       {{"X-Hub-Signature-256", "sha1=" + native_digest}},
       native_body,
       Refusal::malformed},
      {"hub, only the prefix", hub(), {{"X-Hub-Signature-256", "sha256="}}, native_body, Refusal::malformed},
      {"hub, empty", hub(), {{"X-Hub-Signature-256", ""}}, native_body, Refusal::malformed},
      {"hub, missing", hub(), {}, native_body, Refusal::missing},
      {"hub, another header", hub(), {{"X-Hub-Signature", hex_hub}}, native_body, Refusal::missing},
      {"hub, truncated", hub(), {{"X-Hub-Signature-256", hex_hub.substr(0, 70)}}, native_body, Refusal::malformed},
      {"hub, one digit more", hub(), {{"X-Hub-Signature-256", hex_hub + "0"}}, native_body, Refusal::malformed},
      {"hub, not hex", hub(), {{"X-Hub-Signature-256", hex_hub.substr(0, 70) + "g"}}, native_body, Refusal::malformed},
      {"hub, a blank inside",
       hub(),
       {{"X-Hub-Signature-256", "sha256= " + native_digest.substr(1)}},
       native_body,
       Refusal::malformed},
      {"hub, twice",
       hub(),
       {{"X-Hub-Signature-256", hex_hub}, {"x-hub-signature-256", hex_hub}},
       native_body,
       Refusal::malformed},
      {"hub, one bit",
       hub(),
       {{"X-Hub-Signature-256", "sha256=7" + native_digest.substr(1)}},
       native_body,
       Refusal::wrong},
      {"hub, last bit", hub(), {{"X-Hub-Signature-256", hex_hub.substr(0, 70) + "2"}}, native_body, Refusal::wrong},
      {"hub, another body", hub(), {{"X-Hub-Signature-256", hex_hub}}, native_body + " ", Refusal::wrong},
      {"hub, the same JSON written otherwise",
       hub(),
       {{"X-Hub-Signature-256", hex_hub}},
       R"({"measurements": []})",
       Refusal::wrong},
      {"hub, no body",
       hub(),
       {{"X-Hub-Signature-256", "sha256=e20ce6b9b5fd9632f39d40f0f13224edea1cc98614d6c743834b906fb8baabd6"}},
       "",
       none},
      {"base64", hub64, {{"x-hub-signature-256", "a86kogo9fXmdwKB6pSnjiJCU3AjXWJaUIyzzKjUu6VM="}}, native_body, none},
      {"base64 without padding",
       hub64,
       {{"x-hub-signature-256", "a86kogo9fXmdwKB6pSnjiJCU3AjXWJaUIyzzKjUu6VM"}},
       native_body,
       Refusal::malformed},
      // The last two bits are not used; two texts for one digest are one too many.
      {"base64 not canonical",
       hub64,
       {{"x-hub-signature-256", "a86kogo9fXmdwKB6pSnjiJCU3AjXWJaUIyzzKjUu6VN="}},
       native_body,
       Refusal::malformed},
      {"base64url",
       hub64,
       {{"x-hub-signature-256", "a86kogo9fXmdwKB6pSnjiJCU3AjXWJaUIyzzKjUu6V-="}},
       native_body,
       Refusal::malformed},
      {"hex where base64 is", hub64, {{"x-hub-signature-256", native_digest}}, native_body, Refusal::malformed},

      {"fitbit", fitbit(), {{"X-Fitbit-Signature", "Md/4L9QhSdNd/1F1VUfjsjzdDcQ="}}, fitbit_body, none},
      {"fitbit without the ampersand",
       fitbit(),
       {{"X-Fitbit-Signature", "q0sTNPXy/8cxtJS7IiP6HMK4lvY="}},
       fitbit_body,
       Refusal::wrong},
      {"fitbit as SHA-256",
       fitbit(),
       {{"X-Fitbit-Signature", "2cFLRCa5FTCfDzt0x+HTTEIj8ca1l6oKdHw6tCdKrSE="}},
       fitbit_body,
       Refusal::malformed},
      {"fitbit, twice",
       fitbit(),
       {{"X-Fitbit-Signature", "Md/4L9QhSdNd/1F1VUfjsjzdDcQ="}, {"X-Fitbit-Signature", "Md/4L9QhSdNd/1F1VUfjsjzdDcQ="}},
       fitbit_body,
       Refusal::malformed},

      {"polar", polar(), {{"Polar-Webhook-Signature", polar_digest}}, polar_body, none},
      {"polar, no key", keyless, {{"Polar-Webhook-Signature", polar_digest}}, polar_body, Refusal::wrong},
      // HMAC under an empty key is something anybody can compute: openssl dgst -sha256 -hmac ''.
      {"polar, no key and its digest",
       keyless,
       {{"Polar-Webhook-Signature", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"}},
       "",
       Refusal::wrong},

      {"oura", oura(), {{"x-oura-signature", oura_digest}, {"x-oura-timestamp", "1795165200"}}, oura_body, none},
      {"oura, lower case",
       oura(),
       {{"x-oura-signature", lower(oura_digest)}, {"x-oura-timestamp", "1795165200"}},
       oura_body,
       none},
      {"oura, milliseconds",
       oura(),
       {{"x-oura-signature", "C60CC7F8D1F2B84DE538B98BD68450E6CF7D8AC8A1CC85F2B4E42967780BE986"},
        {"x-oura-timestamp", "1795165200000"}},
       oura_body,
       none},
      {"oura, no time", oura(), {{"x-oura-signature", oura_digest}}, oura_body, Refusal::malformed},
      {"oura, another time",
       oura(),
       {{"x-oura-signature", oura_digest}, {"x-oura-timestamp", "1795165201"}},
       oura_body,
       Refusal::wrong},
      {"oura, a date",
       oura(),
       {{"x-oura-signature", oura_digest}, {"x-oura-timestamp", "2026-11-20T09:00:00Z"}},
       oura_body,
       Refusal::malformed},
      {"oura, a sign",
       oura(),
       {{"x-oura-signature", oura_digest}, {"x-oura-timestamp", "+1795165200"}},
       oura_body,
       Refusal::malformed},
      {"oura, endless digits",
       oura(),
       {{"x-oura-signature", oura_digest}, {"x-oura-timestamp", std::string(400, '9')}},
       oura_body,
       Refusal::malformed},
      {"oura, time twice",
       oura(),
       {{"x-oura-signature", oura_digest}, {"x-oura-timestamp", "1795165200"}, {"x-oura-timestamp", "1795165200"}},
       oura_body,
       Refusal::malformed},

      {"terra", terra(), {{"terra-signature", t}}, terra_body, none},
      {"terra, another scheme beside", terra(), {{"terra-signature", t + ",v0=00ff"}}, terra_body, none},
      {"terra, order", terra(), {{"terra-signature", "v1=" + terra_digest + ",t=1795165200"}}, terra_body, none},
      {"terra without the dot",
       terra(),
       {{"terra-signature", "t=1795165200,v1=842a8289571c7eca1265e7c06ba791e0fc787d076b929c9e53e338148c363257"}},
       terra_body,
       Refusal::wrong},
      {"terra, only v0",
       terra(),
       {{"terra-signature", "t=1795165200,v0=" + terra_digest}},
       terra_body,
       Refusal::malformed},
      {"terra, no time", terra(), {{"terra-signature", "v1=" + terra_digest}}, terra_body, Refusal::malformed},
      {"terra, two digests", terra(), {{"terra-signature", t + ",v1=" + terra_digest}}, terra_body, Refusal::malformed},
      {"terra, two times", terra(), {{"terra-signature", "t=1795165200," + t}}, terra_body, Refusal::malformed},
      {"terra, blanks",
       terra(),
       {{"terra-signature", "t=1795165200, v1=" + terra_digest}},
       terra_body,
       Refusal::malformed},
      {"terra, twice", terra(), {{"terra-signature", t}, {"terra-signature", t}}, terra_body, Refusal::malformed},
      {"terra, only commas", terra(), {{"terra-signature", ",,,,"}}, terra_body, Refusal::malformed},
      {"terra, digest alone", terra(), {{"terra-signature", terra_digest}}, terra_body, Refusal::malformed},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Headers headers;
      for (const auto& [name, value] : row.headers) headers.add(name, value);
      CHECK(check_signature(row.signature, headers, row.body, nine).refusal == row.expected);
    }
  }
}

TEST_CASE("signature: no byte of the body and no digit of the digest may differ", "[auth][signature]") {
  for (std::size_t i = 0; i < polar_body.size(); ++i) {
    std::string changed = polar_body;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK(check_signature(polar(), {{"polar-webhook-signature", polar_digest}}, changed, nine).refusal ==
          Refusal::wrong);
  }
  for (std::size_t i = 0; i < polar_digest.size(); ++i) {
    std::string changed = polar_digest;
    changed[i] = changed[i] == '0' ? '1' : '0';
    CHECK(check_signature(polar(), {{"polar-webhook-signature", changed}}, polar_body, nine).refusal == Refusal::wrong);
    CHECK(
        check_signature(polar(), {{"polar-webhook-signature", polar_digest.substr(0, i)}}, polar_body, nine).refusal ==
        Refusal::malformed);
  }
}

TEST_CASE("signature: the window holds both ways, its edges included", "[auth][signature]") {
  using std::chrono::seconds;
  const Headers headers{{"terra-signature", "t=1795165200,v1=" + terra_digest}};
  for (int away : {-300, -1, 0, 1, 300})
    CHECK(check_signature(terra(), headers, terra_body, nine + seconds(away)).refusal == none);
  for (int away : {-86'400, -301, 301, 86'400}) {
    CHECK(check_signature(terra(), headers, terra_body, nine + seconds(away)).refusal == Refusal::outside_window);
  }
  Signature wide = terra();
  wide.window = std::chrono::hours(24);
  CHECK(check_signature(wide, headers, terra_body, nine + seconds(86'400)).refusal == none);
  // Said of right signatures only: a stranger learns nothing of our clock, and the count means something.
  CHECK(check_signature(terra(), headers, terra_body + " ", nine + seconds(400)).refusal == Refusal::wrong);
}

TEST_CASE("signature: the same request has the same digest, another one another", "[auth][signature]") {
  const Headers headers{{"polar-webhook-signature", polar_digest}};
  const auto once = check_signature(polar(), headers, polar_body, nine).digest;
  CHECK(once == check_signature(polar(), headers, polar_body, nine).digest);
  CHECK(once != check_signature(polar(), headers, polar_body + " ", nine).digest);
}

TEST_CASE("signature: a secret in a header", "[auth][signature]") {
  const HeaderSecret key{"x-api-key", "telli-api-key-secret", false};
  // printf nightscout-site-secret | openssl dgst -sha1
  const HeaderSecret site{"api-secret", "38ae7c1543465fac8c6958797f4f4fbc65860a50", true};
  CHECK(gateway::sha1_hex("nightscout-site-secret") == site.value);
  CHECK(check_header(key, {{"X-API-Key", "telli-api-key-secret"}}) == none);
  CHECK(check_header(key, {}) == Refusal::missing);
  CHECK(check_header(key, {{"x-api-key", ""}}) == Refusal::wrong);
  CHECK(check_header(key, {{"x-api-key", "Telli-api-key-secret"}}) == Refusal::wrong);
  CHECK(check_header(key, {{"x-api-key", "telli-api-key-secre"}}) == Refusal::wrong);
  CHECK(check_header(key, {{"x-api-key", "telli-api-key-secret"}, {"x-api-key", "telli-api-key-secret"}}) ==
        Refusal::wrong);
  CHECK(check_header({"x-api-key", "", false}, {{"x-api-key", ""}}) == Refusal::wrong);
  CHECK(check_header(site, {{"api-secret", site.value}}) == none);
  CHECK(check_header(site, {{"api-secret", "38AE7C1543465FAC8C6958797F4F4FBC65860A50"}}) == none);
  CHECK(check_header(site, {{"api-secret", "nightscout-site-secret"}}) == Refusal::wrong);
}

TEST_CASE("signature: basic credentials", "[auth][signature]") {
  const std::string expected = "tablet:tablet-password-1";
  CHECK(check_basic(expected, {{"authorization", "Basic dGFibGV0OnRhYmxldC1wYXNzd29yZC0x"}}) == none);
  CHECK(check_basic(expected, {{"authorization", "bASIC   dGFibGV0OnRhYmxldC1wYXNzd29yZC0x"}}) == none);
  CHECK(check_basic(expected, {}) == Refusal::missing);
  CHECK(check_basic(expected, {{"authorization", "Bearer dGFibGV0OnRhYmxldC1wYXNzd29yZC0x"}}) == Refusal::malformed);
  CHECK(check_basic(expected, {{"authorization", "Basic"}}) == Refusal::malformed);
  CHECK(check_basic(expected, {{"authorization", "Basic dGFibGV0OnRhYmxldC1wYXNzd29yZC0"}}) == Refusal::malformed);
  CHECK(check_basic(expected, {{"authorization", "Basic dGFibGV0OnRhYmxldC1wYXNzd29yZC0y"}}) == Refusal::wrong);
  CHECK(check_basic(expected, {{"authorization", "Basic dGFibGV0OnRhYmxldC1wYXNzd29yZC0x"},
                               {"authorization", "Basic dGFibGV0OnRhYmxldC1wYXNzd29yZC0x"}}) == Refusal::malformed);
  CHECK(check_basic("", {{"authorization", "Basic "}}) != none);
}

TEST_CASE("signature: the subject of a certificate is one whole name", "[auth][signature]") {
  CHECK(check_certificate("CN=sensor cloud,O=Vendor,C=NO", "CN=sensor cloud,O=Vendor,C=NO") == none);
  CHECK(check_certificate("CN=sensor cloud,O=Vendor,C=NO", "CN=sensor cloud,O=Vendor") == Refusal::wrong);
  CHECK(check_certificate("CN=sensor cloud", "CN=sensor cloud,O=Other") == Refusal::wrong);
  CHECK(check_certificate("CN=sensor cloud", "CN=Sensor cloud") == Refusal::wrong);
  CHECK(check_certificate("CN=sensor cloud", "") == Refusal::missing);
  CHECK(check_certificate("", "") == Refusal::missing);
}

TEST_CASE("seen signatures: repetitions are told, forgotten in time and bounded", "[auth][signature]") {
  using std::chrono::seconds;
  gateway::auth::SeenSignatures seen(seconds(300));
  gateway::auth::SeenSignatures::Digest first{}, other{};
  other[0] = 1;
  CHECK_FALSE(seen.repeated(first, nine));
  CHECK(seen.repeated(first, nine + seconds(1)));
  CHECK_FALSE(seen.repeated(other, nine + seconds(1)));
  CHECK(seen.repeated(first, nine + seconds(600)));  // signed ahead of our clock, it is good for two windows
  CHECK_FALSE(seen.repeated(first, nine + seconds(601)));
  gateway::auth::SeenSignatures::Digest digest{};
  digest[1] = 1;
  for (std::size_t i = 0; i < gateway::auth::SeenSignatures::most; ++i) {
    digest[2] = static_cast<std::uint8_t>(i);
    digest[3] = static_cast<std::uint8_t>(i >> 8);
    CHECK_FALSE(seen.repeated(digest, nine + seconds(601)));
  }
  CHECK_FALSE(seen.repeated(first, nine + seconds(601)));  // pushed out; it is taken all the same
}
