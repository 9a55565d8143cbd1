// From a bearer secret to the client or source it belongs to. Holds no secret: only keyed hashes of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/auth/actor.hpp"
#include "gateway/config/config.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::auth {

using TenantNumber = std::function<store::Tenant(std::string_view name)>;

// Immutable after construction; any thread.
class Authenticator {
 public:
  // config.installation_secret keys the hashes. Throws std::invalid_argument when it is empty, or when a secret belongs
  // to more than the configuration's validator allows.
  Authenticator(const config::Config&, const TenantNumber&);

  // Whose secret the request carries; null when there is none, it is malformed or given twice, or nobody has it. The
  // token is hashed once under the installation's secret and the hash looked up, so neither the way taken nor the time
  // depends on how much of some configured secret was guessed, nor on how many there are.
  std::shared_ptr<const Actor> actor(const http::Request&) const;

  // A source that proves itself otherwise, once it has; it need not have a token. Null when there is no such source.
  std::shared_ptr<const Actor> source(std::string_view id) const;

  // The same as actor(request) for a known token, without a request. A source with more to prove than its token
  // (config::SourceAuth) is not proved by it alone.
  std::shared_ptr<const Actor> actor_of(std::string_view token) const;

 private:
  struct FirstBytes {
    std::size_t operator()(const Hmac::Full&) const noexcept;
  };
  Hmac::Full hashed(std::string_view token) const;

  Hmac hmac_;
  std::unordered_map<Hmac::Full, std::shared_ptr<const Actor>, FirstBytes> actors_;
  std::unordered_map<std::string, std::shared_ptr<const Actor>> sources_;
};

// The token of "Authorization: Bearer TOKEN" (RFC 6750 2.1); empty when there is none or more than one such header.
std::string_view bearer_token(const http::Request&);

}  // namespace gateway::auth
