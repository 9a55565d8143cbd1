#include "gateway/api/links.hpp"

#include "fhir/json_writer.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/api/time_member.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"
#include "gateway/ingest/link.hpp"
#include "gateway/journal/submit.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "administration";
constexpr std::size_t page = 200;

void write_link(fhir::JsonWriter& writer, const store::Link& link, std::string_view source) {
  writer.begin_object().member("id", link.id.text()).member("version", static_cast<std::int64_t>(link.version));
  writer.member("source", source).member("subject", link.subject);
  writer.key("patient").begin_object().member("id", link.patient.text());
  writer.member("reference", "Patient/" + link.patient.text()).end_object();
  writer.member("from", fhir::utc_millis_text(link.from)).key("to");
  if (link.to) {
    writer.value(fhir::utc_millis_text(*link.to));
  } else {
    writer.null();
  }
  writer.end_object();
}

fhir::Result<ingest::LinkRequest> link_request(fhir::JsonValue body, fhir::Environment environment) {
  ingest::LinkRequest request;
  auto subject = body["subject"].as_string();
  if (!subject) return subject.error();
  if (subject->empty()) return fhir::invalid("subject: must not be empty");
  request.subject = *subject;
  auto system = body["patient"]["system"].as_string();
  if (!system) return fhir::invalid("patient.system: expected a string");
  auto value = body["patient"]["value"].as_string();
  if (!value || value->empty() || system->empty()) return fhir::invalid("patient: system and value are needed");
  request.patient = {std::string(*system), std::string(*value)};
  if (fhir::is_national_id_system(*system)) {
    auto national = fhir::classify_national_id(*value);
    if (!national) return fhir::invalid("patient.value: not a valid national identity number");
    if (!fhir::allowed_in(*national, environment)) {
      return fhir::invalid("patient.value: this environment does not take this kind of number (synthetic or real)");
    }
    request.patient.system = national->system();
  }
  auto from = time_member(body, "from");
  if (!from) return from.error();
  auto to = time_member(body, "to");
  if (!to) return to.error();
  request.from = *from;
  request.to = *to;
  if (const fhir::JsonValue release = body["release"]; !release.is_null()) {
    auto asked = release.as_boolean();
    if (!asked) return asked.error();
    request.release = *asked;
  }
  return request;
}

class LinkJob : public journal::AwaitedJob {
 public:
  LinkJob(const ingest::SourceFacts& source, ingest::LinkRequest request, std::shared_ptr<const auth::Actor> actor)
      : source_(source), request_(std::move(request)), actor_(std::move(actor)) {}
  void decide(journal::Working& working) override {
    outcome_ = ingest::make_link(working, source_, request_, actor_->id);
    store::Audit audit;
    audit.at = working.now;
    audit.tenant = actor_->tenant;
    audit.client = actor_->id;
    audit.action = "write Link";
    audit.patient = outcome_.link.patient;
    audit.purpose = purpose;
    audit.outcome = "ok";
    working.changes.audits.push_back(std::move(audit));
  }
  const ingest::LinkOutcome& outcome() const { return outcome_; }

 private:
  const ingest::SourceFacts& source_;
  ingest::LinkRequest request_;
  std::shared_ptr<const auth::Actor> actor_;
  ingest::LinkOutcome outcome_;
};

http::Awaitable<http::Response> post_link(http::Request& request, const LinkDeps& deps) {
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  auto source_id = body->root()["source"].as_string();
  if (!source_id) co_return problem(source_id.error());
  const ingest::ConfiguredSource* source = deps.sources.find(*source_id);
  if (source == nullptr || !auth::may(*request.actor, source->facts.tenant_no, PatientId{}, auth::Purpose::administration)) {
    co_return problem(404, "no such source");
  }
  auto asked = link_request(body->root(), deps.environment);
  if (!asked) co_return problem(asked.error());
  auto job = std::make_shared<LinkJob>(source->facts, std::move(*asked), request.actor);
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::urgent);
  if (!done) co_return problem(done.error());
  std::string out;
  fhir::JsonWriter writer(out);
  write_link(writer, job->outcome().link, source->facts.id);
  int status = 200;
  if (job->outcome().created) status = 201;
  co_return http::json_response(status, std::move(out));
}

http::Awaitable<http::Response> list_links(http::Request& request, const LinkDeps& deps) {
  auto parameters = http::parse_form(request.query);
  if (!parameters) co_return problem(400, "the query cannot be read");
  std::optional<LinkId> after;
  for (const auto& [name, value] : *parameters) {
    if (name != "after") co_return problem(400, "unknown parameter; after is known");
    after = LinkId::parse(value);
    if (!after) co_return problem(400, "after: the id of a link");
  }
  const store::Tenant tenant = request.actor->tenant;
  std::function<fhir::Result<std::vector<store::Link>>(store::Reader&)> read = [tenant, after](store::Reader& reader) {
    return fhir::Result<std::vector<store::Link>>(reader.links_of_tenant(tenant, after, page));
  };
  auto links = co_await deps.reads.run<std::vector<store::Link>>(std::move(read));
  if (!links) co_return problem(links.error());
  auto audited = co_await deps.audit.record(*request.actor, "list Link", PatientId{}, purpose, "ok");
  if (!audited) co_return problem(audited.error());
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("links").begin_array();
  for (const store::Link& link : *links) {
    const ingest::ConfiguredSource* source = deps.sources.find(link.source);
    write_link(writer, link, source == nullptr ? std::string_view() : std::string_view(source->facts.id));
  }
  writer.end_array().key("next");
  if (links->size() == page) {
    writer.value("/links?after=" + links->back().id.text());
  } else {
    writer.null();
  }
  writer.end_object();
  co_return http::json_response(200, std::move(out));
}

}  // namespace

void add_link_routes(http::Router& router, const LinkDeps& deps) {
  http::Route post;
  post.method = http::Method::post;
  post.pattern = "/links";
  post.roles = static_cast<http::Roles>(http::Role::admin);
  post.content_types = {"application/json"};
  post.handler = [&deps](http::Request& request) { return post_link(request, deps); };
  router.add(post);

  http::Route get = post;
  get.method = http::Method::get;
  get.content_types.clear();
  get.handler = [&deps](http::Request& request) { return list_links(request, deps); };
  router.add(get);
}

}  // namespace gateway::api
