// What a receiver's answer means for the thing that was sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "fhir/time.hpp"
#include "gateway/deliver/http_client.hpp"

namespace gateway::deliver {

enum class Outcome : std::uint8_t {
  delivered,    // it is there; also when it was there already
  refused,      // this item will never be taken as it is: park it
  failed,       // it reached the receiver, which could not: the item's fault or the receiver's, nobody knows. Try again
  unreachable,  // the receiver was not there, or does not let us in: says nothing of the item. Try again
  throttled     // the receiver is fine and busy: everybody waits
};

struct Answer {
  Outcome outcome = Outcome::failed;
  std::string reason;  // short, for people; no payload, no identity number. Empty when delivered
  std::optional<std::chrono::seconds> retry_after;  // capped
};

// A receiver may not stop us for longer than this with one Retry-After.
inline constexpr std::chrono::seconds retry_after_max{3600};

// 2xx delivered, unless its body is an OperationOutcome with an error: failed (reliability.md F31). 500 and other 5xx
// failed. 4xx refused, 429 throttled. Unreachable are transport errors, 502 503 504, 3xx (never followed), 401 and 407
// (our credential), 408, 425, and a web page where FHIR should be: a proxy speaking for a server that is down.
Answer judge_answer(const HttpResponse&, fhir::Time now);

// Retry-After: seconds or an HTTP date (RFC 9110 10.2.3, 5.6.7), capped; nothing when it is neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, fhir::Time now);

}  // namespace gateway::deliver
