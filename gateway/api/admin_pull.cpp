#include "gateway/api/admin_pull.hpp"

#include <algorithm>

#include "fhir/json_reader.hpp"
#include "fhir/json_writer.hpp"
#include "fhir/national_id.hpp"
#include "gateway/api/admin_routes.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/pull/users.hpp"

namespace gateway::api {
namespace {

constexpr std::size_t user_length = 128, token_length = 4096;

// The source, when it is the caller's and is pulled.
const ingest::ConfiguredSource* pulled_source(const http::Request& request, const PullDeps& deps) {
  const ingest::ConfiguredSource* source = deps.sources.find(request.capture("source"));
  const bool own = source != nullptr && source->facts.tenant_no == request.actor->tenant;
  return own && deps.puller.pulls(source->facts.id) ? source : nullptr;
}
constexpr std::string_view no_source = "no such source, or it has no 'pull' in its configuration";

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

// It stands in a URL, so it must not be able to name a person (invariant 12).
std::string_view fault_of_user(std::string_view user) {
  if (user.empty() || user.size() > user_length || !printable(user)) return "a user's name has 1 to 128 printable ASCII characters";
  if (fhir::may_contain_national_id(user)) return "a user's name must not look like a national identity number";
  return {};
}

// Vendors that renew give a refresh token, the others an access token that lasts; one in the place of the other is a mistake.
fhir::Result<std::string> token_in(std::string_view body, bool refreshes) {
  auto document = fhir::JsonDocument::parse(body);
  if (!document) return fhir::invalid("the body is no JSON");  // not where: the place could quote the token
  const char* wanted = refreshes ? "refresh_token" : "access_token";
  const std::string_view token = document->root()[wanted].text().value_or("");
  if (token.empty() || token.size() > token_length || !printable(token)) {
    return fhir::invalid(std::string(wanted) + ": expected the vendor's token, of at most 4096 printable ASCII characters");
  }
  return std::string(token);
}

void write_user(fhir::JsonWriter& writer, const store::PullUser& user, const pull::Live& live) {
  auto time = [&](const char* key, const std::optional<fhir::Time>& at) {
    if (at) writer.member(key, fhir::utc_text(*at));
  };
  writer.begin_object().member("user", user.user).member("state", pull::name(user.state)).member_if("reason", user.reason);
  writer.member_if("vendor_user", user.vendor_user).member("connected", fhir::utc_text(user.connected)).member("by", user.who);
  time("pulled", user.pulled);
  time("up_to", user.mark);
  time("token_asked", user.asked);
  writer.member("failures", static_cast<std::int64_t>(live.failures)).member_if("last_failure", live.last_failure);
  writer.member("running", live.running).end_object();
}

http::Awaitable<http::Response> list(http::Request& request, const PullDeps& deps) {
  const ingest::ConfiguredSource* source = pulled_source(request, deps);
  if (source == nullptr) co_return problem(404, no_source);
  const store::Source number = source->facts.source;
  std::function<fhir::Result<std::vector<store::PullUser>>(store::Reader&)> read = [number](store::Reader& reader) {
    return fhir::Result<std::vector<store::PullUser>>(reader.pull_users(number));
  };
  auto users = co_await deps.reads.run<std::vector<store::PullUser>>(std::move(read));
  if (!users) co_return problem(users.error());
  auto audited = co_await deps.audit.record(*request.actor, "list PullUser", PatientId{}, "operation", "ok");
  if (!audited) co_return problem(audited.error());
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("users").begin_array();
  for (const store::PullUser& user : *users) write_user(writer, user, deps.puller.live(source->facts.id, user.user));
  writer.end_array().end_object();
  co_return http::json_response(200, std::move(out));
}

http::Awaitable<http::Response> connect(http::Request& request, const PullDeps& deps) {
  const ingest::ConfiguredSource* source = pulled_source(request, deps);
  if (source == nullptr) co_return problem(404, no_source);
  const std::string name(request.capture("user"));
  if (const std::string_view fault = fault_of_user(name); !fault.empty()) co_return problem(400, fault);
  auto token = token_in(request.body, deps.puller.refreshes(source->facts.id));
  if (!token) co_return problem(token.error());
  store::PullUser given;
  given.source = source->facts.source;
  given.tenant = source->facts.tenant_no;
  given.user = name;
  given.token = deps.seal.seal(*token, {source->facts.tenant, source->facts.id, name});
  given.who = request.actor->id;
  auto job = std::make_shared<pull::PutUser>(std::move(given));
  const fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::bulk);
  if (!done) co_return problem(done.error());
  deps.puller.changed(source->facts.id, job->row());
  std::string out;
  fhir::JsonWriter writer(out);
  write_user(writer, job->row(), {});
  co_return http::json_response(job->made() ? 201 : 200, std::move(out));
}

http::Awaitable<http::Response> disconnect(http::Request& request, const PullDeps& deps) {
  const ingest::ConfiguredSource* source = pulled_source(request, deps);
  if (source == nullptr) co_return problem(404, no_source);
  store::PullUser which;
  which.source = source->facts.source;
  which.tenant = source->facts.tenant_no;
  which.user = std::string(request.capture("user"));
  which.who = request.actor->id;
  const std::string name = which.user;
  auto job = std::make_shared<pull::DropUser>(std::move(which));
  const fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::bulk);
  if (!done) co_return problem(done.error());
  deps.puller.dropped(source->facts.id, name);
  co_return http::Response(204, "", "");
}

http::Awaitable<http::Response> pull_now(http::Request& request, const PullDeps& deps) {
  const ingest::ConfiguredSource* source = pulled_source(request, deps);
  if (source == nullptr) co_return problem(404, no_source);
  const store::Source number = source->facts.source;
  const std::string name(request.capture("user"));
  std::function<fhir::Result<bool>(store::Reader&)> read = [number, name](store::Reader& reader) {
    return fhir::Result<bool>(reader.pull_user(number, name).has_value());
  };
  auto known = co_await deps.reads.run<bool>(std::move(read));
  if (!known) co_return problem(known.error());
  if (!*known) co_return problem(404, "no such user");
  deps.puller.hurry(source->facts.id, name);
  co_return http::Response(202, "", "");
}

}  // namespace

void add_pull_routes(http::Router& router, const PullDeps& deps) {
  AdminRoutes routes(router, deps);
  routes.add(http::Method::get, "/admin/sources/{source}/users", &list);
  routes.add(http::Method::put, "/admin/sources/{source}/users/{user}", &connect);
  routes.add(http::Method::delete_, "/admin/sources/{source}/users/{user}", &disconnect);
  routes.add(http::Method::post, "/admin/sources/{source}/users/{user}/pull", &pull_now);
}

}  // namespace gateway::api
