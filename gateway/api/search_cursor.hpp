// Search cursors: where a search goes on, sealed with AES-256-GCM under a key derived from the installation's secret, so that a `next`
// link carries the whole search without anything readable in it (no identity number in a URL, invariant 12), cannot be changed,
// and is worth nothing to another tenant.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/runtime/clock.hpp"
#include "gateway/runtime/hmac.hpp"
#include "gateway/store/store.hpp"

namespace gateway::api {

struct SearchCursor {
  std::string type;                       // "Observation"
  std::string parameters;                 // form-encoded, the used ones
  store::Position horizon = 0;
  store::ObservationFilter::After after;  // for Patient and Device only the id counts
};

class CursorSeal {
 public:
  CursorSeal(const Hmac&, Random&);
  std::string seal(const SearchCursor&, std::string_view tenant) const;                     // base64url
  std::optional<SearchCursor> open(std::string_view text, std::string_view tenant) const;  // nothing when it is not one of ours

 private:
  Hmac::Full key_;
  Random& random_;
};

}  // namespace gateway::api
