// How a source proves who it is (`sources[].auth`), secrets resolved. Each vendor's scheme is one of a few general ones,
// so that what checks them (gateway/auth) knows headers and digests and no vendor's name. All that is given must hold.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gateway::config {

class Section;

// A keyed digest over the bytes of the body, in a header of the request.
struct Signature {
  enum class Hash : std::uint8_t { sha1, sha256 };
  enum class Encoding : std::uint8_t { hex, base64 };  // hex in either case: what is compared is the decoded digest
  // Where the instant of signing stands, which is signed with the body: nowhere; in `time_header`, put right before the
  // body; in the signature's own header as "t=…,v1=…", put before the body with a dot.
  enum class Time : std::uint8_t { none, header, inside };

  std::string header;  // lower-case
  std::string key;     // of the HMAC, as it is used: Fitbit's ends with "&"
  Hash hash = Hash::sha256;
  Encoding encoding = Encoding::hex;
  std::string prefix;  // before the digest in the header: "sha256="
  Time time = Time::none;
  std::string time_header;  // lower-case
  // How far the instant of signing may be from now, either way. A vendor that repeats a request with its first
  // signature needs a wider one than a vendor that signs each attempt.
  std::chrono::seconds window{300};
};

// A secret of its own in a header that is not Authorization.
struct HeaderSecret {
  std::string header;    // lower-case
  std::string value;     // what the header must hold
  bool any_case = false;  // hex digits
};

struct SourceAuth {
  std::optional<Signature> signature;
  std::vector<HeaderSecret> headers;
  std::string basic;        // "user:password"; empty: none
  std::string certificate;  // subject of the verified client certificate, RFC 2253; empty: none

  // Handshakes of the vendor's set-up. What they answer grants nothing.
  std::string verify_code;         // Fitbit: GET ?verify=CODE
  std::string verification_token;  // Oura: GET ?verification_token=TOKEN&challenge=…
  bool unsigned_ping = false;      // Polar: {"event":"PING"} before there is a secret
  bool answers_empty = false;      // Fitbit: 204 for what was stored

  // Nobody proves anything: probes are answered, posts are counted and thrown away unread (Withings).
  bool hints = false;

  bool any() const {
    return signature || !headers.empty() || !basic.empty() || !certificate.empty() || hints;
  }
};

// Reads `auth`: into `bearer` what travels as a bearer token (also Google's), into `auth` the rest. A problem is noted
// when nothing is given, or what cannot hold together.
void read_source_auth(Section& source, std::string& bearer, SourceAuth& auth);

}  // namespace gateway::config
