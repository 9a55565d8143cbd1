// What went wrong, as a value. One small set of categories for the whole program; gateway/http holds the one table from
// category to HTTP status and OperationOutcome issue code, so no handler picks a status by hand.
#pragma once

#include <string>
#include <utility>

namespace fhir {

enum class ErrorCategory {
  invalid,       // the sender's bytes or arguments are wrong
  not_found,     // also for another tenant's thing: foreign and missing look the same
  conflict,      // the state does not allow it
  stale,         // a version condition (If-Match) does not hold
  gone,          // it was there and is not kept any more
  unauthorized,  // no or a wrong credential
  forbidden,     // a right credential without this right
  too_large,
  busy,         // a bounded queue is full: try again soon
  unavailable,  // store, disk or counterpart cannot serve now
  unsupported,
  internal
};

struct Error {
  ErrorCategory category = ErrorCategory::internal;
  // One sentence for the caller. Never a national identity number, a payload, SQL, or a path.
  std::string detail;

  Error() = default;
  Error(ErrorCategory category_, std::string detail_) : category(category_), detail(std::move(detail_)) {}
};

inline Error invalid(std::string detail) { return {ErrorCategory::invalid, std::move(detail)}; }
inline Error not_found(std::string detail) { return {ErrorCategory::not_found, std::move(detail)}; }
inline Error internal(std::string detail) { return {ErrorCategory::internal, std::move(detail)}; }

}  // namespace fhir
