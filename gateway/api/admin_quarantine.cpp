#include <algorithm>
#include <charconv>

#include "fhir/json_writer.hpp"
#include "gateway/api/admin.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "administration";

http::Response problem(const fhir::Error& error) { return http::error_response(error, http::ErrorBody::problem_json); }
http::Response problem(int status, std::string_view detail) {
  return http::error_response(status, detail, http::ErrorBody::problem_json);
}

constexpr std::string_view state_names[] = {"waiting", "released", "discarded"};

std::optional<std::uint8_t> reason_named(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(adapters::QuarantineReason::subject_changed); ++i) {
    if (adapters::name(static_cast<adapters::QuarantineReason>(i)) == name) return static_cast<std::uint8_t>(i);
  }
  return std::nullopt;
}

void write_item(fhir::JsonWriter& writer, const store::Quarantined& item, const ingest::Sources& sources) {
  const ingest::ConfiguredSource* source = sources.find(item.source);
  writer.member("id", item.id.text());
  writer.member("source", source == nullptr ? std::string_view("(no longer configured)") : std::string_view(source->facts.id));
  writer.member("state", state_names[static_cast<std::size_t>(item.state)]);
  writer.member("reason", adapters::name(static_cast<adapters::QuarantineReason>(item.reason)));
  writer.member_if("note", item.note).member("received", fhir::utc_millis_text(item.received));
  if (item.measured) writer.member("measured", fhir::utc_millis_text(*item.measured));
  writer.member_if("subject", item.subject);
  if (item.kind != fhir::Kind::unknown) writer.member("kind", fhir::info(item.kind).name);
  writer.member("index", static_cast<std::int64_t>(item.index));
  writer.member_if("decided_by", item.decided_by).member_if("outcome", item.outcome);
}

// One filter by its name, as in the query and in the body of a bulk action.
fhir::Result<void> set_filter(store::QuarantineFilter& filter, std::string_view name, const std::string& value,
                              const ingest::Sources& sources) {
  if (name == "source") {
    const ingest::ConfiguredSource* source = sources.find(value);
    if (source == nullptr || source->facts.tenant_no != *filter.tenant) return fhir::not_found("no such source");
    filter.source = source->facts.source;
  } else if (name == "state") {
    auto found = std::find(std::begin(state_names), std::end(state_names), value);
    if (value == "all") {
      filter.state.reset();
    } else if (found == std::end(state_names)) {
      return fhir::invalid("state: waiting, released, discarded or all");
    } else {
      filter.state = static_cast<store::QuarantineState>(found - std::begin(state_names));
    }
  } else if (name == "reason") {
    filter.reason = reason_named(value);
    if (!filter.reason) return fhir::invalid("reason: not one of the quarantine reasons");
  } else if (name == "kind") {
    filter.kind = fhir::kind_named(value);
    if (*filter.kind == fhir::Kind::unknown && value != "unknown") return fhir::invalid("kind: no such kind");
  } else if (name == "subject") {
    filter.subject = value;
  } else if (name == "after") {
    filter.after = QuarantineId::parse(value);
    if (!filter.after) return fhir::invalid("after: the id of a quarantined item");
  } else if (name == "limit") {
    std::size_t limit = 0;
    auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), limit);
    if (fault != std::errc{} || end != value.data() + value.size() || limit == 0) return fhir::invalid("limit: 1 to 1000");
    filter.limit = std::min<std::size_t>(limit, 1000);
  } else {
    return fhir::invalid("unknown parameter; source, state, reason, kind, subject, after and limit are known");
  }
  return {};
}

store::QuarantineFilter waiting_of(const http::Request& request) {
  store::QuarantineFilter filter;
  filter.tenant = request.actor->tenant;
  filter.state = store::QuarantineState::waiting;
  return filter;
}

fhir::Result<store::QuarantineFilter> filter_of(const http::Request& request, const ingest::Sources& sources) {
  store::QuarantineFilter filter = waiting_of(request);
  auto parameters = http::parse_form(request.query);
  if (!parameters) return fhir::invalid("the query cannot be read");
  for (const auto& [name, value] : *parameters) {
    if (fhir::Result<void> set = set_filter(filter, name, value, sources); !set) return set.error();
  }
  return filter;
}

http::Awaitable<http::Response> list(http::Request& request, const AdminDeps& deps) {
  auto filter = filter_of(request, deps.sources);
  if (!filter) co_return problem(filter.error());
  const store::QuarantineFilter asked = *filter;
  std::function<fhir::Result<std::vector<store::Quarantined>>(store::Reader&)> read = [asked](store::Reader& reader) {
    return fhir::Result<std::vector<store::Quarantined>>(reader.quarantine(asked));
  };
  auto items = co_await deps.reads.run<std::vector<store::Quarantined>>(std::move(read));
  if (!items) co_return problem(items.error());
  auto audited = co_await deps.audit.record(*request.actor, "list Quarantine", PatientId{}, purpose, "ok");
  if (!audited) co_return problem(audited.error());
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("items").begin_array();
  for (const store::Quarantined& item : *items) {
    writer.begin_object();
    write_item(writer, item, deps.sources);
    writer.end_object();
  }
  writer.end_array().key("next");
  if (items->size() == asked.limit) {
    writer.value(items->back().id.text());
  } else {
    writer.null();
  }
  writer.end_object();
  co_return http::json_response(200, std::move(out));
}

// The item of the caller's tenant, or not found.
fhir::Result<store::Quarantined> item_of(store::Reader& reader, QuarantineId id, store::Tenant tenant) {
  auto item = reader.quarantined(id);
  if (!item || item->tenant != tenant) return fhir::not_found("no such quarantined item");
  return *item;
}

struct ShownItem {
  store::Quarantined item;
  std::optional<store::Payload> payload;
};

http::Awaitable<http::Response> show(http::Request& request, const AdminDeps& deps) {
  auto id = QuarantineId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such quarantined item");
  const store::Tenant tenant = request.actor->tenant;
  std::function<fhir::Result<ShownItem>(store::Reader&)> read = [id, tenant](store::Reader& reader) -> fhir::Result<ShownItem> {
    auto item = item_of(reader, *id, tenant);
    if (!item) return item.error();
    return ShownItem{*item, reader.payload(item->payload)};
  };
  auto shown = co_await deps.reads.run<ShownItem>(std::move(read));
  std::string_view outcome = shown ? "ok" : "not-found";
  auto audited = co_await deps.audit.record(*request.actor, "read Quarantine", PatientId{}, purpose, outcome);
  if (!audited) co_return problem(audited.error());
  if (!shown) co_return problem(shown.error());
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object();
  write_item(writer, shown->item, deps.sources);
  if (shown->payload) {
    // The bytes as received; shown as JSON when they are, as text otherwise (what is no UTF-8 shows as replacement characters).
    writer.member("adapter", shown->payload->content_type);
    if (auto document = fhir::JsonDocument::parse(shown->payload->bytes)) {
      writer.key("payload").copy(document->root());
    } else {
      std::string text;
      for (char c : shown->payload->bytes) {
        const bool printable = static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
        if (printable || c == '\n' || c == '\t') {
          text += c;
        } else {
          text += "\xef\xbf\xbd";
        }
      }
      writer.member("payload_text", text);
    }
  }
  writer.end_object();
  co_return http::json_response(200, std::move(out));
}

http::Awaitable<http::Response> retry(http::Request& request, const AdminDeps& deps) {
  auto id = QuarantineId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such quarantined item");
  const store::Tenant tenant = request.actor->tenant;
  const std::string who = request.actor->id;
  const fhir::Time now = deps.clock.now();
  const ingest::Replays& replays = deps.replays;
  using Job = std::shared_ptr<ingest::AdmitJob>;
  std::function<fhir::Result<Job>(store::Reader&)> read = [id, tenant, who, now, &replays](store::Reader& reader) -> fhir::Result<Job> {
    auto item = item_of(reader, *id, tenant);
    if (!item) return item.error();
    return replays.job(reader, *id, who, now);
  };
  auto job = co_await deps.reads.run<Job>(std::move(read));
  if (!job) co_return problem(job.error());
  fhir::Result<void> done = co_await journal::commit(deps.committer, *job, store::Lane::bulk);
  if (!done) co_return problem(done.error());
  co_return http::json_response(200, ingest::answer_json((*job)->results()));
}

class DiscardJob : public journal::AwaitedJob {
 public:
  DiscardJob(QuarantineId id, store::Tenant tenant, std::string who, std::string reason)
      : id_(id), tenant_(tenant), who_(std::move(who)), reason_(std::move(reason)) {}
  void decide(journal::Working& working) override {
    auto item = ingest::quarantined_now(working, id_);
    if (!item || item->tenant != tenant_) throw journal::JobRefused{fhir::not_found("no such quarantined item")};
    if (item->state != store::QuarantineState::waiting) {
      throw journal::JobRefused{{fhir::ErrorCategory::conflict, "this item does not wait any more"}};
    }
    ingest::end_waiting(working, std::move(*item), store::QuarantineState::discarded, who_, reason_);
  }

 private:
  QuarantineId id_;
  store::Tenant tenant_;
  std::string who_, reason_;
};

http::Awaitable<http::Response> discard(http::Request& request, const AdminDeps& deps) {
  auto id = QuarantineId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such quarantined item");
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) co_return problem(body.error());
  auto reason = body->root()["reason"].as_string();
  if (!reason || reason->empty()) co_return problem(400, "reason: say why this item is discarded");
  auto job = std::make_shared<DiscardJob>(*id, request.actor->tenant, request.actor->id, std::string(*reason));
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::bulk);
  if (!done) co_return problem(done.error());
  co_return http::Response(204, "", "");
}

}  // namespace

void add_quarantine_routes(http::Router& router, const AdminDeps& deps) {
  auto add = [&](http::Method method, std::string pattern, auto handler) {
    http::Route route;
    route.method = method;
    route.pattern = std::move(pattern);
    route.roles = static_cast<http::Roles>(http::Role::admin);
    route.handler = [&deps, handler](http::Request& request) { return handler(request, deps); };
    router.add(std::move(route));
  };
  add(http::Method::get, "/admin/quarantine", &list);
  add(http::Method::get, "/admin/quarantine/{id}", &show);
  add(http::Method::post, "/admin/quarantine/{id}/retry", &retry);
  add(http::Method::post, "/admin/quarantine/{id}/discard", &discard);
}

}  // namespace gateway::api
