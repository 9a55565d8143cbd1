// Vendors' tokens as they are kept: AES-256-GCM under a key of the installation secret, bound to the user they belong to, so that
// a row moved to another user, source or tenant does not open. Protects the database and its backups where the secret is not
// beside them; whoever has both has the tokens (docs/security.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/runtime/clock.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::pull {

struct Holder {
  std::string_view tenant, source, user;
};

// Any thread.
class TokenSeal {
 public:
  TokenSeal(const Hmac& installation, Random& random);
  std::string seal(std::string_view token, const Holder&) const;  // throws when OpenSSL cannot
  // Nothing when it was sealed for somebody else or under another secret, or is damaged.
  std::optional<std::string> open(std::string_view sealed, const Holder&) const;

 private:
  Hmac::Full key_;
  Random& random_;
};

}  // namespace gateway::pull
