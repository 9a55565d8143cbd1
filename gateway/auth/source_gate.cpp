#include "gateway/auth/source_gate.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "adapters/adapter.hpp"
#include "fhir/json_reader.hpp"
#include "fhir/json_writer.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::auth {
namespace {

using http::Method;
using http::Response;
using http::Role;

constexpr std::string_view ingest_pattern = "/ingest/{source}";
constexpr std::size_t ping_bytes = 256;   // {"event":"PING"} with a timestamp is 60
constexpr std::size_t hint_bytes = 4096;  // Withings' forms are about 70
constexpr std::size_t challenge_bytes = 1024;

std::optional<std::string> given(const std::vector<std::pair<std::string, std::string>>& form, std::string_view name) {
  std::optional<std::string> found;
  for (const auto& [key, value] : form) {
    if (key != name) continue;
    if (found) return std::nullopt;  // twice: which one is meant?
    found = value;
  }
  return found;
}

// What the header announces, when it does: a chunked body announces nothing.
std::optional<std::size_t> announced(const http::Request& request) {
  const std::string_view text = request.header("content-length");
  std::size_t count = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || failure != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return count;
}

// Polar's first message, before there is a secret: the event and at most its time. Anything more could be something
// that an answer of 200 would lose.
bool is_ping(std::string_view body) {
  const auto document = fhir::JsonDocument::parse(body);
  if (!document) return false;
  const fhir::JsonValue root = document->root();
  if (!root.is_object() || root["event"].text() != "PING") return false;
  for (const fhir::JsonValue member : root) {
    if (member.key() == "event" || (member.key() == "timestamp" && (member.is_string() || member.is_number())))
      continue;
    return false;
  }
  return true;
}

// A key nobody has: the digest under it is only computed so that an answer takes as long.
std::string random_key() {
  std::array<std::uint8_t, 32> bytes;
  system_random().fill(bytes);
  return {bytes.begin(), bytes.end()};
}

bool is_handshake_route(const http::Route& route) {
  return route.method == Method::get && route.pattern == ingest_pattern;
}

}  // namespace

Response Refusals::unauthorized(const Actor* actor, const http::Route& route) const {
  metrics_.refused_unauthorized.add();
  note(actor, route, "unauthorized");
  return http::error_response(401, "a bearer token or signature that is known here is needed", route.errors);
}
Response Refusals::forbidden(const Actor& actor, const http::Route& route) const {
  metrics_.refused_forbidden.add();
  note(&actor, route, "denied");
  return http::error_response(403, "this token may not do that", route.errors);
}
Response Refusals::not_found(const Actor* actor, const http::Route& route) const {
  metrics_.refused_not_found.add();
  note(actor, route, "not-found");
  return http::error_response(404, "no such source", route.errors);
}

// The route's pattern, never the path: a path is the caller's text.
void Refusals::note(const Actor* actor, const http::Route& route, std::string_view outcome) const {
  std::string action(http::name(route.method));
  action.append(" ").append(route.pattern);
  audit_.refused(actor ? actor->tenant : store::Tenant::none, actor ? std::string_view(actor->id) : "", action,
                 outcome);
}

bool SourceGate::Source::takes(std::string_view media_type) const {
  if (built_in == nullptr) return media_type == "application/json";
  return std::find(built_in->content_types.begin(), built_in->content_types.end(), media_type) !=
         built_in->content_types.end();
}

SourceGate::SourceGate(const config::Config& config, std::shared_ptr<const Authenticator> authenticator,
                       const Refusals& refusals, Metrics& metrics, const Clock& clock)
    : authenticator_(std::move(authenticator)), refusals_(refusals), clock_(clock) {
  for (const config::Source& configured : config.sources) {
    Source source;
    source.tenant = configured.tenant;
    source.built_in = adapters::adapter_named(configured.adapter);
    source.wants_token = !configured.bearer.empty();
    source.auth = configured.auth;
    source.actor = authenticator_->source(configured.id);
    source.metrics = &metrics.source(configured.tenant, configured.id);
    verifies_ = verifies_ || !source.auth.verify_code.empty();
    challenges_ = challenges_ || !source.auth.verification_token.empty();
    pings_ = pings_ || source.auth.unsigned_ping;
    hints_ = hints_ || source.auth.hints;
    if (const auto& signature = source.auth.signature) {
      if (signature->time != config::Signature::Time::none)
        source.seen = std::make_unique<SeenSignatures>(signature->window);
      const bool known = std::any_of(decoys_.begin(), decoys_.end(),
                                     [&](const config::Signature& decoy) { return decoy.header == signature->header; });
      if (!known) {
        decoys_.push_back(*signature);
        decoys_.back().key = random_key();
      }
    }
    sources_.emplace(configured.id, std::move(source));
  }
}

const SourceGate::Source* SourceGate::find(const http::Request& request) const {
  const auto known = sources_.find(std::string(request.capture("source")));
  return known == sources_.end() ? nullptr : &known->second;
}

const config::Signature* SourceGate::presented(const http::Request& request) const {
  for (const config::Signature& decoy : decoys_) {
    if (request.headers.contains(decoy.header)) return &decoy;
  }
  return nullptr;
}

std::optional<Response> SourceGate::admit(http::Request& request, const http::Route& route,
                                          std::shared_ptr<const Actor> actor) const {
  const bool has_token = actor && actor->has(Role::source);
  if (has_token) {
    if (std::optional<Response> refusal = refuse_token(request, route, *actor)) return refusal;
  }
  const Source* source = find(request);
  if (!has_token) {
    if (std::optional<Response> answer = shake_hands(request, route, source)) return answer;
  }
  std::optional<Refusal> refusal = Refusal::missing;
  if (source) refusal = refuse_header(*source, request, has_token);
  // A probe brings no body that could be signed; a stream that values come in by is no probe.
  const bool is_signed = source && source->auth.signature && !(has_token && is_handshake_route(route));
  if (source && !refusal && !is_signed) {
    if (!has_token && route.method == Method::post && !source->takes(request.content_type())) {
      return http::error_response(415, "this source's payload format has another media type", route.errors);
    }
    request.actor = has_token ? std::move(actor) : source->actor;
    return std::nullopt;
  }
  if (route.method == Method::post) {
    if (const config::Signature* decoy = presented(request)) {
      await_body(request, route, source, std::move(actor), source && !refusal, *decoy);
      return std::nullopt;
    }
    if (!has_token) return await_unsigned(request, route, source, std::move(actor), refusal.value_or(Refusal::missing));
  }
  return refuse(source, refusal.value_or(Refusal::missing), actor.get(), route);
}

std::optional<Response> SourceGate::refuse_token(const http::Request& request, const http::Route& route,
                                                 const Actor& actor) const {
  const std::string id(request.capture("source"));
  const auto known = sources_.find(id);
  if (known == sources_.end() || known->second.tenant != actor.tenant_name) return refusals_.not_found(&actor, route);
  if (std::find(actor.sources.begin(), actor.sources.end(), id) == actor.sources.end())
    return refusals_.forbidden(actor, route);
  if (route.method != Method::post || known->second.takes(request.content_type())) return std::nullopt;
  return http::error_response(415, "this source's payload format has another media type", route.errors);
}

std::optional<Refusal> SourceGate::refuse_header(const Source& source, const http::Request& request,
                                                 bool has_token) const {
  if (source.wants_token && !has_token)
    return request.headers.contains("authorization") ? Refusal::wrong : Refusal::missing;
  if (!source.wants_token && !source.auth.any()) return Refusal::missing;  // the configuration's loader refuses such
  if (source.auth.hints) return Refusal::missing;
  if (!source.auth.certificate.empty()) {
    if (auto refusal = check_certificate(source.auth.certificate, request.client_certificate)) return refusal;
  }
  for (const config::HeaderSecret& secret : source.auth.headers) {
    if (auto refusal = check_header(secret, request.headers)) return refusal;
  }
  if (!source.auth.basic.empty()) return check_basic(source.auth.basic, request.headers);
  return std::nullopt;
}

// What the vendor's set-up asks of the address. A wrong code, a source without such a handshake and no source at all
// are one answer. The codes stand in the URL because the vendors put them there; they open nothing but this.
std::optional<Response> SourceGate::shake_hands(const http::Request& request, const http::Route& route,
                                                const Source* source) const {
  if (!is_handshake_route(route)) return std::nullopt;
  if (source && source->auth.hints) {
    source->metrics->handshakes.add();
    return Response(200, "", "");
  }
  const auto form = http::parse_form(request.query);
  if (!form) return std::nullopt;
  if (const auto code = verifies_ ? given(*form, "verify") : std::nullopt) {
    const std::string_view right = source ? std::string_view(source->auth.verify_code) : "";
    if (!same_secret(*code, right) || right.empty()) return refusals_.not_found(nullptr, route);
    source->metrics->handshakes.add();
    return Response(204, "", "");
  }
  const auto token = challenges_ ? given(*form, "verification_token") : std::nullopt;
  const auto challenge = given(*form, "challenge");
  if (!token || !challenge || challenge->size() > challenge_bytes) return std::nullopt;
  const std::string_view right = source ? std::string_view(source->auth.verification_token) : "";
  if (!same_secret(*token, right) || right.empty()) return std::nullopt;
  source->metrics->handshakes.add();
  std::string body = R"({"challenge":)";
  fhir::append_json_string(body, *challenge);
  return http::json_response(200, body + "}");
}

// The two kinds of post that prove nothing: Polar's PING, which is answered alike whatever the path names, and hints.
std::optional<Response> SourceGate::await_unsigned(http::Request& request, const http::Route& route,
                                                   const Source* source, std::shared_ptr<const Actor> actor,
                                                   Refusal otherwise) const {
  const std::optional<std::size_t> size = announced(request);
  const bool hint = source && source->auth.hints && size && *size <= hint_bytes;
  const bool small = pings_ && size && *size > 0 && *size <= ping_bytes;
  if (!hint && !small) return refuse(source, otherwise, actor.get(), route);
  request.body_check = [this, &route, source, hint, actor = std::move(actor),
                        otherwise](http::Request& complete) -> std::optional<Response> {
    if (hint) {
      source->metrics->hints.add();
      return Response(200, "", "");
    }
    if (!is_ping(complete.body)) return refuse(source, otherwise, actor.get(), route);
    if (source && source->auth.unsigned_ping) source->metrics->handshakes.add();
    return http::json_response(200, "{}");
  };
  return std::nullopt;
}

void SourceGate::await_body(http::Request& request, const http::Route& route, const Source* source,
                            std::shared_ptr<const Actor> actor, bool header_holds,
                            const config::Signature& decoy) const {
  request.body_check = [this, &route, source, actor = std::move(actor), header_holds, &decoy](http::Request& complete) {
    return check_body(complete, route, source, actor.get(), header_holds, decoy);
  };
}

std::optional<Response> SourceGate::check_body(http::Request& request, const http::Route& route, const Source* source,
                                               const Actor* actor, bool header_holds,
                                               const config::Signature& decoy) const {
  const bool own = source && source->auth.signature && request.headers.contains(source->auth.signature->header);
  const fhir::Time now = clock_.now();
  const Checked checked = check_signature(own ? *source->auth.signature : decoy, request.headers, request.body, now);
  if (!own) return refuse(source, Refusal::missing, actor, route);
  if (!header_holds)
    return refuse(source, refuse_header(*source, request, actor && actor->has(Role::source)).value_or(Refusal::missing),
                  actor, route);
  if (checked.refusal) return refuse(source, *checked.refusal, actor, route);
  if (source->seen && source->seen->repeated(checked.digest, now)) source->metrics->repeated_signatures.add();
  if (!source->takes(request.content_type())) {
    return http::error_response(415, "this source's payload format has another media type", route.errors);
  }
  request.actor = source->actor;
  return std::nullopt;
}

Response SourceGate::refuse(const Source* source, Refusal reason, const Actor* actor, const http::Route& route) const {
  if (source) source->metrics->refused_for(reason).add();
  return refusals_.unauthorized(actor, route);
}

}  // namespace gateway::auth
