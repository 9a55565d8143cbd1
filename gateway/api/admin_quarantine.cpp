#include <algorithm>

#include "adapters/item_json.hpp"
#include "fhir/json_writer.hpp"
#include "gateway/api/admin.hpp"
#include "gateway/api/admin_routes.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/api/quarantine_filter.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "administration";

void write_item(fhir::JsonWriter& writer, const store::Quarantined& item, const ingest::Sources& sources) {
  const ingest::ConfiguredSource* source = sources.find(item.source);
  writer.member("id", item.id.text());
  writer.member("source", source == nullptr ? std::string_view("(no longer configured)") : std::string_view(source->facts.id));
  writer.member("state", quarantine_state_name(item.state));
  writer.member("reason", adapters::name(static_cast<adapters::QuarantineReason>(item.reason)));
  writer.member_if("note", item.note).member("received", fhir::utc_millis_text(item.received));
  if (item.measured) writer.member("measured", fhir::utc_millis_text(*item.measured));
  writer.member_if("subject", item.subject);
  if (item.kind != fhir::Kind::unknown) writer.member("kind", fhir::info(item.kind).name);
  writer.member("index", static_cast<std::int64_t>(item.index));
  writer.member_if("decided_by", item.decided_by).member_if("outcome", item.outcome);
}

http::Awaitable<http::Response> list(http::Request& request, const AdminDeps& deps) {
  auto filter = quarantine_filter(request, deps.sources);
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

// What the source's adapter makes of it by now: the item as decoded, or the step that fails.
void show_decoded(fhir::JsonWriter& writer, const store::Quarantined& item, const store::Payload& payload, const AdminDeps& deps) {
  const ingest::ConfiguredSource* source = deps.sources.find(item.source);
  if (source == nullptr || payload.content_type.ends_with(ingest::withdrawn_mark)) return;
  const adapters::Adapter* adapter = adapters::adapter_named(payload.content_type);
  if (adapter == nullptr) adapter = source->adapter.get();
  fhir::JsonDocument scratch;
  auto decoded = adapter->decode(payload.bytes, {*source->zone, item.received, scratch, source->settings});
  if (!decoded) {
    writer.member("fails_at", decoded.error().detail);
  } else if (item.index < decoded->items.size() && !ingest::is_whole_payload(item)) {
    const adapters::Item& one = decoded->items[item.index];
    if (const auto* held = std::get_if<adapters::Held>(&one)) writer.member("fails_at", held->note);
    writer.key("decoded").raw(adapters::item_json(one));
  }
}

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
    show_decoded(writer, shown->item, *shown->payload, deps);
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

// {"accept_implausible": true}: who asks has looked at the reading. An empty body asks for nothing beyond the retry.
fhir::Result<bool> accepts_implausible(std::string_view body) {
  if (body.empty()) return false;
  auto document = fhir::JsonDocument::parse(body);
  if (!document) return document.error();
  if (!document->root().is_object()) return fhir::invalid("the body: expected an object");
  for (const fhir::JsonValue member : document->root()) {
    if (member.key() != "accept_implausible") return fhir::invalid("the body: only accept_implausible is known");
  }
  const fhir::JsonValue accept = document->root()["accept_implausible"];
  if (accept.is_null()) return false;
  return accept.as_boolean();
}

http::Awaitable<fhir::Result<std::vector<ingest::ItemResult>>> retry_one(QuarantineId id, store::Tenant tenant,
                                                                         ingest::Replays::Asked asked, const AdminDeps& deps) {
  const fhir::Time now = deps.clock.now();
  const ingest::Replays& replays = deps.replays;
  using Job = std::shared_ptr<ingest::AdmitJob>;
  std::function<fhir::Result<Job>(store::Reader&)> read = [id, tenant, asked, now, &replays](store::Reader& reader) -> fhir::Result<Job> {
    auto item = item_of(reader, id, tenant);
    if (!item) return item.error();
    return replays.job(reader, id, asked, now);
  };
  auto job = co_await deps.reads.run<Job>(std::move(read));
  if (!job) co_return job.error();
  fhir::Result<void> done = co_await journal::commit(deps.committer, *job, store::Lane::bulk);
  if (!done) co_return done.error();
  co_return (*job)->results();
}

http::Awaitable<http::Response> retry(http::Request& request, const AdminDeps& deps) {
  auto id = QuarantineId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such quarantined item");
  auto accept = accepts_implausible(request.body);
  if (!accept) co_return problem(accept.error());
  ingest::Replays::Asked asked{request.actor->id, *accept};
  if (*accept) asked.who += ", accepted as it is";
  auto results = co_await retry_one(*id, request.actor->tenant, std::move(asked), deps);
  if (!results) co_return problem(results.error());
  co_return http::json_response(200, ingest::answer_json(*results));
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

// -- all of a kind

struct Named {
  store::QuarantineFilter filter;
  std::string why;
};

// {"source":…,"reason":…,"kind":…,"subject":…,"after":…,"limit":…,"why":…}
fhir::Result<Named> named_in(const http::Request& request, const AdminDeps& deps) {
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) return body.error();
  if (!body->root().is_object()) return fhir::invalid("an object with the filters of GET /admin/quarantine");
  Named named{waiting_quarantine(request.actor->tenant), {}};
  bool narrowed = false;
  for (fhir::JsonValue member : body->root()) {
    const std::string value(member.scalar());
    if (member.key() == "why") {
      named.why = value;
    } else if (member.key() == "state") {
      return fhir::invalid("state: only what waits can be retried or discarded");
    } else if (auto set = set_quarantine_filter(named.filter, member.key(), value, deps.sources); !set) {
      return set.error();
    }
    narrowed = narrowed || member.key() == "source" || member.key() == "reason" || member.key() == "kind" || member.key() == "subject";
  }
  if (!narrowed) return fhir::invalid("name what: a source, reason, kind or subject");
  return named;
}

http::Awaitable<fhir::Result<std::vector<store::Quarantined>>> waiting(const store::QuarantineFilter& filter, const AdminDeps& deps) {
  using Items = std::vector<store::Quarantined>;
  std::function<fhir::Result<Items>(store::Reader&)> read = [filter](store::Reader& reader) {
    return fhir::Result<Items>(reader.quarantine(filter));
  };
  auto items = co_await deps.reads.run<Items>(std::move(read));
  co_return items;
}

struct Tally {
  std::int64_t placed = 0, waiting = 0, failed = 0;
};

std::string tally_json(std::string_view done, std::int64_t count, const Tally* tally, const std::vector<store::Quarantined>& items,
                       std::size_t limit) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member(done, count);
  if (tally != nullptr) writer.member("placed", tally->placed).member("waiting", tally->waiting);
  if (tally != nullptr) writer.member("failed", tally->failed);
  writer.key("next");
  if (items.size() == limit) {
    writer.value(items.back().id.text());
  } else {
    writer.null();
  }
  writer.end_object();
  return out;
}

// One page of what waits, in measured order, each through the normal way; `next` goes on behind it. What still waits is not met again.
http::Awaitable<http::Response> retry_many(http::Request& request, const AdminDeps& deps) {
  auto named = named_in(request, deps);
  if (!named) co_return problem(named.error());
  auto items = co_await waiting(named->filter, deps);
  if (!items) co_return problem(items.error());
  std::vector<store::Quarantined> ordered = *items;
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.measured < b.measured; });
  Tally tally;
  const ingest::Replays::Asked asked{request.actor->id, false};
  for (const store::Quarantined& item : ordered) {
    fhir::Result<std::vector<ingest::ItemResult>> results = co_await retry_one(item.id, request.actor->tenant, asked, deps);
    if (!results) {
      const fhir::ErrorCategory why = results.error().category;
      // The store refuses: the rest would fare alike, and what was done is done.
      if (why == fhir::ErrorCategory::unavailable || why == fhir::ErrorCategory::busy) co_return problem(results.error());
      ++tally.failed;
      continue;
    }
    const bool waits = std::any_of(results->begin(), results->end(),
                                   [](const ingest::ItemResult& one) { return one.outcome == ingest::Outcome::quarantined; });
    ++(waits ? tally.waiting : tally.placed);
  }
  const auto count = static_cast<std::int64_t>(ordered.size());
  co_return http::json_response(200, tally_json("retried", count, &tally, *items, named->filter.limit));
}

http::Awaitable<http::Response> discard_many(http::Request& request, const AdminDeps& deps) {
  auto named = named_in(request, deps);
  if (!named) co_return problem(named.error());
  if (named->why.empty()) co_return problem(400, "why: say why these items are discarded");
  auto items = co_await waiting(named->filter, deps);
  if (!items) co_return problem(items.error());
  std::int64_t discarded = 0;
  for (const store::Quarantined& item : *items) {
    auto job = std::make_shared<DiscardJob>(item.id, request.actor->tenant, request.actor->id, named->why);
    fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::bulk);
    if (done) {
      ++discarded;
    } else if (done.error().category != fhir::ErrorCategory::conflict) {  // conflict: somebody else was faster
      co_return problem(done.error());
    }
  }
  co_return http::json_response(200, tally_json("discarded", discarded, nullptr, *items, named->filter.limit));
}

}  // namespace

void add_quarantine_routes(http::Router& router, const AdminDeps& deps) {
  AdminRoutes routes(router, deps);
  routes.add(http::Method::post, "/admin/quarantine/retry", &retry_many);
  routes.add(http::Method::post, "/admin/quarantine/discard", &discard_many);
  routes.add(http::Method::get, "/admin/quarantine", &list);
  routes.add(http::Method::get, "/admin/quarantine/{id}", &show);
  routes.add(http::Method::post, "/admin/quarantine/{id}/retry", &retry);
  routes.add(http::Method::post, "/admin/quarantine/{id}/discard", &discard);
}

}  // namespace gateway::api
