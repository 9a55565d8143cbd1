// Whether a request carries the proof a source was configured with. Pure: bytes, headers and the time in, accepted or a
// named refusal out. Digests are decoded and compared in constant time, and the digest is computed whatever the header
// holds, so that the time taken says only how long the body is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "fhir/time.hpp"
#include "gateway/config/source_auth.hpp"
#include "gateway/http/request.hpp"
#include "gateway/runtime/metrics.hpp"

namespace gateway::auth {

using Refusal = SourceRefusal;

struct Checked {
  std::optional<Refusal> refusal;
  std::array<std::uint8_t, 16> digest{};  // of the right signature: the same for a repetition of the same bytes
};

// `body`: as it came. An empty key accepts nothing. A header that came twice arrives joined by ", " and is malformed.
Checked check_signature(const config::Signature&, const http::Headers&, std::string_view body, fhir::Time now);

// An empty secret accepts nothing.
std::optional<Refusal> check_header(const config::HeaderSecret&, const http::Headers&);

// `expected`: "user:password" (RFC 7617).
std::optional<Refusal> check_basic(std::string_view expected, const http::Headers&);

// The subject as configured and as the TLS listener took it from a verified certificate, both RFC 2253. No prefix and
// no pattern: a subject is one name.
std::optional<Refusal> check_certificate(std::string_view expected, std::string_view subject);

}  // namespace gateway::auth
