// Sources of each way to prove oneself, and digests over a body under the secrets they have.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>
#include <string_view>

#include "gateway/config/config.hpp"

namespace tests {

inline constexpr const char* hint_id = "withings-0f3a9c55d1e84b7790c2aa41e6d07b18";

inline gateway::config::Config signed_config() {
  using gateway::config::Signature;
  gateway::config::Config config;
  config.installation_secret = "an installation secret for tests";
  config.tenants = {{"bodo", "Bodø kommune", "972418013"}, {"oslo", "Oslo kommune", "958935420"}};
  auto source = [&](const char* id, const char* adapter) -> gateway::config::Source& {
    gateway::config::Source made;
    made.id = id;
    made.tenant = "bodo";
    made.adapter = adapter;
    config.sources.push_back(made);
    return config.sources.back();
  };
  auto signature = [](const char* header, const char* key) {
    Signature made;
    made.header = header;
    made.key = key;
    return made;
  };
  source("sensors", "hjemport").bearer = "sensors-secret";
  source("hub", "hjemport").auth.signature = signature("x-hub-signature-256", "hub-secret");
  auto& both = source("both", "hjemport");
  both.bearer = "both-secret";
  both.auth.signature = signature("x-hub-signature-256", "both-hub-secret");
  auto& fitbit = source("fitbit", "fitbit");
  fitbit.auth.signature = signature("x-fitbit-signature", "fitbit-client-secret&");
  fitbit.auth.signature->hash = Signature::Hash::sha1;
  fitbit.auth.signature->encoding = Signature::Encoding::base64;
  fitbit.auth.verify_code = "fitbit-verification-code";
  fitbit.auth.answers_empty = true;
  auto& oura = source("oura", "oura");
  oura.auth.signature = signature("x-oura-signature", "oura-client-secret");
  oura.auth.signature->time = Signature::Time::header;
  oura.auth.signature->time_header = "x-oura-timestamp";
  oura.auth.verification_token = "oura-verification-token";
  auto& polar = source("polar", "polar");
  polar.auth.signature = signature("polar-webhook-signature", "polar-signature-secret");
  polar.auth.unsigned_ping = true;
  auto& terra = source("terra", "terra");
  terra.auth.signature = signature("terra-signature", "terra-signing-secret");
  terra.auth.signature->time = Signature::Time::inside;
  source("google", "google-health").bearer = "google-subscriber-secret";
  source("telli", "telli").auth.headers = {{"x-api-key", "telli-api-key-secret", false}};
  source("scout", "nightscout").auth.headers = {{"api-secret", "38ae7c1543465fac8c6958797f4f4fbc65860a50", true}};
  source("tablet", "opentele").auth.basic = "tablet:tablet-password-1";
  source("machine", "hjemport").auth.certificate = "CN=sensor-cloud";
  auto& strict = source("strict", "hjemport");
  strict.auth.certificate = "CN=sensor-cloud";
  strict.bearer = "strict-secret";
  source(hint_id, "withings").auth.hints = true;
  config.clients.push_back(
      {"hospital", "bodo", static_cast<gateway::http::Roles>(gateway::http::Role::hospital), "hospital-secret"});
  return config;
}

inline std::string hmac_hex(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest, &size);
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += digits[digest[i] >> 4];
    hex += digits[digest[i] & 15];
  }
  return hex;
}

}  // namespace tests
