#include "gateway/config/source_auth.hpp"

#include <algorithm>
#include <utility>

#include "gateway/config/yaml_section.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::config {
namespace {

using Encoding = Signature::Encoding;
using Hash = Signature::Hash;

// A header's name: RFC 9110 5.6.2, kept lower-case as requests are.
bool read_header_name(Section& section, std::string& out, Need need) {
  std::string name;
  if (!section.text("header", name, need)) return false;
  const bool token = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
  if (!token) {
    section.error("header", "'" + section.path() + ".header' is no name of a header");
    return false;
  }
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (name == "authorization" || name == "cookie") {
    section.error("header", "'" + section.path() + ".header' must not be " + name + "; use bearer or basic");
    return false;
  }
  out = std::move(name);
  return true;
}

class Reader {
 public:
  Reader(Section& section, std::string& bearer, SourceAuth& auth) : section_(section), bearer_(bearer), auth_(auth) {}

  void read() {
    section_.secret("bearer", bearer_);
    read_hmac();
    read_fitbit();
    read_oura();
    read_polar();
    read_terra();
    read_google();
    read_api_key();
    read_nightscout();
    read_basic();
    read_certificate();
    read_unsigned();
    check_together();
  }

 private:
  template <class Read>
  void scheme(const char* key, Read read) {
    const bool given = section_.has(key);
    section_.section(key, [&](Section& inner) { read(inner, given); });
  }

  void sign_with(Signature signature, const char* key) {
    signers_.emplace_back(key);
    auth_.signature = std::move(signature);
  }

  static void read_window(Section& section, Signature& signature) {
    section.duration("window", signature.window, std::chrono::seconds(1), std::chrono::hours(24 * 7));
  }

  void read_hmac() {
    scheme("hmac_sha256", [&](Section& inner, bool given) {
      Signature signature;
      inner.secret("secret", signature.key, Need::required);
      read_header_name(inner, signature.header, Need::required);
      std::string encoding;
      if (inner.text("encoding", encoding, Need::required)) {
        if (encoding == "base64") {
          signature.encoding = Encoding::base64;
        } else if (encoding != "hex") {
          inner.error("encoding", "'" + inner.path() + ".encoding' must be hex or base64");
        }
      }
      inner.text("prefix", signature.prefix);
      if (given) sign_with(std::move(signature), "hmac_sha256");
    });
  }

  // base64 HMAC-SHA1 under the client secret and "&" (vendors.md C.2; an OAuth 1 signing key without a token).
  void read_fitbit() {
    scheme("fitbit", [&](Section& inner, bool given) {
      Signature signature;
      signature.header = "x-fitbit-signature";
      signature.hash = Hash::sha1;
      signature.encoding = Encoding::base64;
      if (inner.secret("secret", signature.key, Need::required)) signature.key += '&';
      inner.secret("verify", auth_.verify_code, Need::required);
      auth_.answers_empty = auth_.answers_empty || given;
      if (given) sign_with(std::move(signature), "fitbit");
    });
  }

  // Hex HMAC-SHA256 over timestamp and body (vendors.md C.5).
  void read_oura() {
    scheme("oura", [&](Section& inner, bool given) {
      Signature signature;
      signature.header = "x-oura-signature";
      signature.time = Signature::Time::header;
      signature.time_header = "x-oura-timestamp";
      inner.secret("secret", signature.key, Need::required);
      inner.secret("verification_token", auth_.verification_token, Need::required);
      read_window(inner, signature);
      if (given) sign_with(std::move(signature), "oura");
    });
  }

  void read_polar() {
    scheme("polar", [&](Section& inner, bool given) {
      Signature signature;
      signature.header = "polar-webhook-signature";
      inner.secret("secret", signature.key, Need::required);
      auth_.unsigned_ping = auth_.unsigned_ping || given;
      if (given) sign_with(std::move(signature), "polar");
    });
  }

  void read_terra() {
    scheme("terra", [&](Section& inner, bool given) {
      Signature signature;
      signature.header = "terra-signature";
      signature.time = Signature::Time::inside;
      inner.secret("secret", signature.key, Need::required);
      read_window(inner, signature);
      if (given) sign_with(std::move(signature), "terra");
    });
  }

  // The secret the subscriber was made with comes back as a bearer token, with the handshake too.
  void read_google() {
    scheme("google_health", [&](Section& inner, bool given) {
      std::string secret;
      inner.secret("bearer", secret, Need::required);
      if (!given) return;
      if (section_.has("bearer")) {
        inner.error("bearer", "'" + inner.path() + ".bearer' and '" + section_.path() + ".bearer' are the same header");
      }
      bearer_ = std::move(secret);
    });
  }

  void read_api_key() {
    scheme("api_key", [&](Section& inner, bool given) {
      HeaderSecret key{"x-api-key", {}, false};
      read_header_name(inner, key.header, Need::optional);
      inner.secret("secret", key.value, Need::required);
      if (given) auth_.headers.push_back(std::move(key));
    });
  }

  // Uploaders send the SHA-1 of the site's secret, in hex (vendors.md C.9).
  void read_nightscout() {
    scheme("nightscout", [&](Section& inner, bool given) {
      std::string secret;
      const bool read = inner.secret("secret", secret, Need::required);
      if (given) auth_.headers.push_back({"api-secret", read ? sha1_hex(secret) : std::string(), true});
    });
  }

  void read_basic() {
    scheme("basic", [&](Section& inner, bool given) {
      std::string user, password;
      const bool named = inner.text("user", user, Need::required);
      if (named && user.find(':') != std::string::npos) {
        inner.error("user", "'" + inner.path() + ".user' must not hold ':' (RFC 7617 2)");
      }
      inner.secret("password", password, Need::required);
      if (!given) return;
      auth_.basic = user + ":" + password;
      if (!bearer_.empty()) inner.error("user", "'" + inner.path() + "' and a bearer token are the same header");
    });
  }

  void read_certificate() {
    scheme("client_certificate",
           [&](Section& inner, bool) { inner.text("subject", auth_.certificate, Need::required); });
  }

  void read_unsigned() {
    std::string what;
    if (!section_.text("unsigned", what)) return;
    if (what != "hints") {
      section_.error("unsigned", "'" + section_.path() + ".unsigned' must be hints: values are never taken unsigned");
      return;
    }
    auth_.hints = true;
  }

  void check_together() {
    if (signers_.size() > 1) {
      section_.error(signers_[1].c_str(), "'" + section_.path() + "." + signers_[1] + "' and '" + section_.path() +
                                              "." + signers_[0] + "' both sign the body; one source has one signer");
    }
    if (auth_.hints && (auth_.signature || !auth_.headers.empty() || !auth_.basic.empty() ||
                        !auth_.certificate.empty() || section_.has("bearer") || section_.has("google_health"))) {
      section_.error("unsigned",
                     "'" + section_.path() + ".unsigned' stands alone: what is signed goes to a source of its own");
    }
  }

  Section& section_;
  std::string& bearer_;
  SourceAuth& auth_;
  std::vector<std::string> signers_;
};

}  // namespace

void read_source_auth(Section& source, std::string& bearer, SourceAuth& auth) {
  source.section(
      "auth",
      [&](Section& section) {
        Reader(section, bearer, auth).read();
        static constexpr const char* schemes[] = {"bearer",
                                                  "hmac_sha256",
                                                  "fitbit",
                                                  "oura",
                                                  "polar",
                                                  "terra",
                                                  "google_health",
                                                  "api_key",
                                                  "nightscout",
                                                  "basic",
                                                  "client_certificate",
                                                  "unsigned"};
        const bool some =
            std::any_of(std::begin(schemes), std::end(schemes), [&](const char* key) { return section.has(key); });
        if (!some && source.has("auth")) {
          source.error("auth", "'" + section.path() + "' names nothing a source proves itself with, such as bearer");
        }
      },
      Need::required);
}

}  // namespace gateway::config
