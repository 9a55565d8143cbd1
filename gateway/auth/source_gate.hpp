// The guard of routes for sources: what a source has to prove (config::SourceAuth), in which order that is asked, and
// the handshakes of vendors' set-ups.
//
// With a token that belongs to a source, the capture {source} decides:
//   the token's own source                       pass when all else that source has to prove holds, otherwise 401;
//                                                415 when its adapter does not take the body's media type
//   another source of the same tenant            403
//   no such source, or one of another tenant     404
// Without one, everything that fails is the same 401, and what is done until then depends on the header alone, never on
// what the path names: a body is read when a header is there that any source signs with, and a digest of the same kind
// is computed over it under a key nobody has when the named source has none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gateway/auth/audit.hpp"
#include "gateway/auth/authenticate.hpp"
#include "gateway/auth/seen_signatures.hpp"
#include "gateway/auth/signature.hpp"
#include "gateway/http/router.hpp"
#include "gateway/runtime/metrics.hpp"

namespace adapters {
struct Adapter;
}

namespace gateway::auth {

// Counts refusals in the metrics and the audit trail, and words them.
class Refusals {
 public:
  Refusals(AuditTrail& audit, Metrics& metrics) : audit_(audit), metrics_(metrics) {}
  http::Response unauthorized(const Actor*, const http::Route&) const;
  http::Response forbidden(const Actor&, const http::Route&) const;
  http::Response not_found(const Actor*, const http::Route&) const;

 private:
  void note(const Actor*, const http::Route&, std::string_view outcome) const;

  AuditTrail& audit_;
  Metrics& metrics_;
};

// Immutable but for what its sources remember; any thread. Lives as long as the router: a request under way refers to
// it.
class SourceGate {
 public:
  SourceGate(const config::Config&, std::shared_ptr<const Authenticator>, const Refusals&, Metrics&, const Clock&);

  // `actor`: whom the token belongs to, if there is one that is known. A client's is no proof here.
  std::optional<http::Response> admit(http::Request&, const http::Route&, std::shared_ptr<const Actor> actor) const;

 private:
  struct Source {
    std::string tenant;
    const adapters::Adapter* built_in = nullptr;  // none: made from files, which take JSON
    bool wants_token = false;
    config::SourceAuth auth;
    std::shared_ptr<const Actor> actor;
    SourceMetrics* metrics = nullptr;
    std::unique_ptr<SeenSignatures> seen;  // where the signature has a time
    bool takes(std::string_view media_type) const;
  };

  const Source* find(const http::Request&) const;
  std::optional<http::Response> refuse_token(const http::Request&, const http::Route&, const Actor&) const;
  // What the header alone has to prove besides the token; null when all of it holds.
  std::optional<Refusal> refuse_header(const Source&, const http::Request&, bool has_token) const;
  std::optional<http::Response> shake_hands(const http::Request&, const http::Route&, const Source*) const;
  std::optional<http::Response> await_unsigned(http::Request&, const http::Route&, const Source*,
                                               std::shared_ptr<const Actor> actor, Refusal otherwise) const;
  void await_body(http::Request&, const http::Route&, const Source*, std::shared_ptr<const Actor> actor,
                  bool header_holds, const config::Signature& decoy) const;
  std::optional<http::Response> check_body(http::Request&, const http::Route&, const Source*, const Actor*,
                                           bool header_holds, const config::Signature& decoy) const;
  const config::Signature* presented(const http::Request&) const;
  http::Response refuse(const Source*, Refusal, const Actor*, const http::Route&) const;

  std::shared_ptr<const Authenticator> authenticator_;
  const Refusals& refusals_;
  const Clock& clock_;
  std::unordered_map<std::string, Source> sources_;
  std::vector<config::Signature> decoys_;  // one for each header that any source signs with, under a key of its own
  bool verifies_ = false, challenges_ = false, pings_ = false, hints_ = false;  // some source has that handshake
};

}  // namespace gateway::auth
