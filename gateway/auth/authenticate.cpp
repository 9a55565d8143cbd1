#include "gateway/auth/authenticate.hpp"

#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace gateway::auth {
namespace {

bool is_bearer_scheme(std::string_view text) {
  constexpr std::string_view scheme = "bearer ";  // case does not matter (RFC 7235 2.1)
  if (text.size() < scheme.size()) return false;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != scheme[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view bearer_token(const http::Request& request) {
  std::string_view value = request.header("authorization");
  if (!is_bearer_scheme(value)) return {};
  std::string_view token = value.substr(std::strlen("bearer "));
  while (token.starts_with(' ')) token.remove_prefix(1);
  // A repeated header arrives joined with ", ": a proxy in front and we could each believe another one of the two.
  return token.find(' ') == std::string_view::npos ? token : std::string_view{};
}

std::size_t Authenticator::FirstBytes::operator()(const Hmac::Full& hash) const noexcept {
  std::size_t value;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

Hmac::Full Authenticator::hashed(std::string_view token) const {
  return hmac_.full({"bearer secret", token});
}

Authenticator::Authenticator(const config::Config& config, const TenantNumber& tenant_number)
    : hmac_(config.installation_secret) {
  std::unordered_map<Hmac::Full, Actor, FirstBytes> found;
  for (const config::Source& source : config.sources) {
    const auto roles = static_cast<http::Roles>(http::Role::source);
    Actor own{source.id, tenant_number(source.tenant), source.tenant, roles, {source.id}, {}, source.auth.answers_empty};
    sources_.emplace(source.id, std::make_shared<const Actor>(std::move(own)));
    if (source.bearer.empty()) continue;
    auto [entry, made] = found.try_emplace(hashed(source.bearer));
    Actor& actor = entry->second;
    if (made) {
      actor.id = source.id;
      actor.tenant_name = source.tenant;
      actor.tenant = tenant_number(source.tenant);
      actor.roles = roles;
    } else if (actor.tenant_name != source.tenant) {
      throw std::invalid_argument("sources of two tenants share a secret");
    }
    actor.sources.push_back(source.id);
  }
  for (const config::Client& client : config.clients) {
    auto [entry, made] = found.try_emplace(hashed(client.bearer));
    if (!made) throw std::invalid_argument("client '" + client.id + "' shares its secret");
    entry->second = Actor{client.id, tenant_number(client.tenant), client.tenant, client.roles, {}, client.organization};
  }
  for (auto& [hash, actor] : found) actors_.emplace(hash, std::make_shared<const Actor>(std::move(actor)));
}

std::shared_ptr<const Actor> Authenticator::source(std::string_view id) const {
  auto found = sources_.find(std::string(id));
  return found == sources_.end() ? nullptr : found->second;
}

std::shared_ptr<const Actor> Authenticator::actor_of(std::string_view token) const {
  auto found = actors_.find(hashed(token));
  return found == actors_.end() ? nullptr : found->second;
}

std::shared_ptr<const Actor> Authenticator::actor(const http::Request& request) const {
  std::string_view token = bearer_token(request);
  return token.empty() ? nullptr : actor_of(token);
}

}  // namespace gateway::auth
