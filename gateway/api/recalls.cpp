#include "gateway/api/recalls.hpp"

#include <map>
#include <set>

#include "fhir/json_writer.hpp"
#include "fhir/national_id.hpp"
#include "gateway/api/admin_routes.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/api/time_member.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/ingest/recall.hpp"
#include "gateway/journal/submit.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "administration";
constexpr std::size_t counted_page = 1'000;
constexpr std::int64_t counted_most = 100'000;  // a dry run reads no further: a reader thread is busy meanwhile
constexpr std::size_t entries_page = 1'000;

struct Asked {
  ingest::Recall recall;
  bool dry_run = false;
};

fhir::Result<Asked> asked_of(const http::Request& request, const AdminDeps& deps) {
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) return body.error();
  const fhir::JsonValue root = body->root();
  if (!root.is_object()) return fhir::invalid("an object with source, device, model, firmware, batch, from, to and reason");
  static const std::set<std::string_view> known = {"source", "device", "model", "firmware", "batch", "from", "to", "reason", "dry_run"};
  for (fhir::JsonValue member : root) {
    if (!known.contains(member.key())) return fhir::invalid("unknown member; source, device, model, firmware, batch, from, to, reason and dry_run are known");
  }
  Asked asked;
  ingest::Recall& recall = asked.recall;
  recall.which.tenant = request.actor->tenant;
  recall.who = request.actor->id;
  if (const auto name = root["source"].text()) {
    const ingest::ConfiguredSource* source = deps.sources.find(*name);
    if (source == nullptr || source->facts.tenant_no != request.actor->tenant) return fhir::not_found("no such source");
    recall.which.source = source->facts.source;
  }
  if (const auto device = root["device"].text()) recall.which.device = std::string(*device);
  if (const auto model = root["model"].text()) recall.which.model = std::string(*model);
  recall.firmware = root["firmware"].text().value_or("");
  recall.batch = root["batch"].text().value_or("");
  auto from = time_member(root, "from");
  if (!from) return from.error();
  auto to = time_member(root, "to");
  if (!to) return to.error();
  recall.which.from = *from;
  recall.which.to = *to;
  recall.reason = root["reason"].text().value_or("");
  if (recall.reason.empty()) return fhir::invalid("reason: say why these readings cannot be trusted");
  if (fhir::may_contain_national_id(recall.reason)) return fhir::invalid("reason: must not hold what may be a national identity number");
  if (!recall.narrowed()) return fhir::invalid("name a source, device, model, firmware or batch: a period alone would take back everything");
  if (recall.which.from && recall.which.to && *recall.which.to <= *recall.which.from) return fhir::invalid("to: must be after from");
  if (!root["dry_run"].is_null()) {
    auto dry = root["dry_run"].as_boolean();
    if (!dry) return dry.error();
    asked.dry_run = *dry;
  }
  return asked;
}

struct Reach {
  std::int64_t readings = 0, patients = 0;
  bool more = false;
};

Reach reach_of(store::Reader& reader, const ingest::Recall& recall) {
  Reach reach;
  std::set<PatientId> patients;
  std::optional<ObservationId> after;
  for (;;) {
    const std::vector<store::Observation> rows = reader.recalled_by(recall.which, after, counted_page);
    for (const store::Observation& row : rows) {
      if (!recall.reaches(row)) continue;
      ++reach.readings;
      patients.insert(row.patient);
    }
    reach.patients = static_cast<std::int64_t>(patients.size());
    if (rows.size() < counted_page) return reach;
    after = rows.back().id;
    reach.more = reach.readings >= counted_most;
    if (reach.more) return reach;
  }
}

http::Awaitable<http::Response> count_only(const http::Request& request, const AdminDeps& deps, const ingest::Recall& recall) {
  std::function<fhir::Result<Reach>(store::Reader&)> read = [recall](store::Reader& reader) {
    return fhir::Result<Reach>(reach_of(reader, recall));
  };
  auto reach = co_await deps.reads.run<Reach>(std::move(read));
  if (!reach) co_return problem(reach.error());
  auto audited = co_await deps.audit.record(*request.actor, "count Recall", PatientId{}, purpose, "ok");
  if (!audited) co_return problem(audited.error());
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("dry_run", true).member("readings", reach->readings).member("patients", reach->patients);
  writer.member("at_least", reach->more).end_object();
  co_return http::json_response(200, std::move(out));
}

class AskJob : public journal::AwaitedJob {
 public:
  AskJob(ingest::Recall recall, store::Tenant tenant) : recall_(std::move(recall)), tenant_(tenant) {}
  void decide(journal::Working& working) override {
    recall_.id = RecallId{working.next_id()};
    ingest::ask_recall(working, recall_);
    store::Audit audit;
    audit.at = working.now;
    audit.tenant = tenant_;
    audit.client = recall_.who;
    audit.action = "write Recall";
    audit.purpose = purpose;
    audit.outcome = "ok";
    working.changes.audits.push_back(std::move(audit));
  }
  RecallId id() const { return recall_.id; }

 private:
  ingest::Recall recall_;
  store::Tenant tenant_;
};

http::Awaitable<http::Response> post_recall(http::Request& request, const AdminDeps& deps) {
  auto asked = asked_of(request, deps);
  if (!asked) co_return problem(asked.error());
  if (asked->dry_run) {
    http::Response counted = co_await count_only(request, deps, asked->recall);
    co_return counted;
  }
  auto job = std::make_shared<AskJob>(asked->recall, request.actor->tenant);
  fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::urgent);
  if (!done) co_return problem(done.error());
  std::string out;
  fhir::JsonWriter(out).begin_object().member("id", job->id().text()).member("state", "asked").end_object();
  http::Response response = http::json_response(202, std::move(out));
  response.headers.emplace_back("Location", "/admin/recalls/" + job->id().text());
  co_return response;
}

struct Shown {
  RecallId id;
  fhir::Time asked{};
  ingest::Recall recall;
  std::optional<fhir::Time> done;
  std::string count;  // JSON
  std::int64_t judged_again = 0;
};

std::vector<Shown> recalls(store::Reader& reader, store::Tenant tenant) {
  std::map<std::int64_t, Shown> found;
  constexpr std::uint32_t kinds = 1u << static_cast<unsigned>(store::Entry::recall);
  store::Position after = 0;
  for (;;) {
    const std::vector<store::JournalEntry> entries = reader.journal(after, entries_page, kinds, tenant);
    for (const store::JournalEntry& entry : entries) {
      Shown& shown = found[entry.ref];
      shown.id = RecallId{entry.ref};
      if (entry.change == "asked") {
        shown.asked = entry.at;
        if (auto recall = ingest::Recall::from_json(entry.data)) shown.recall = std::move(*recall);
      } else if (entry.change == "done") {
        shown.done = entry.at;
        shown.count = entry.data;
      } else {
        ++shown.judged_again;
      }
      after = entry.position;
    }
    if (entries.size() < entries_page) break;
  }
  std::vector<Shown> all;
  for (auto& [id, shown] : found) all.push_back(std::move(shown));
  return all;
}

void write(fhir::JsonWriter& writer, const Shown& shown, const ingest::Sources& sources) {
  writer.begin_object().member("id", shown.id.text()).member("state", shown.done ? "done" : "asked");
  writer.member("asked", fhir::utc_millis_text(shown.asked)).member("by", shown.recall.who).member("reason", shown.recall.reason);
  const store::RecallFilter& which = shown.recall.which;
  if (which.source) {
    const ingest::ConfiguredSource* source = sources.find(*which.source);
    writer.member("source", source == nullptr ? std::string_view("(no longer configured)") : std::string_view(source->facts.id));
  }
  if (which.device) writer.member("device", *which.device);
  if (which.model) writer.member("model", *which.model);
  writer.member_if("firmware", shown.recall.firmware).member_if("batch", shown.recall.batch);
  if (which.from) writer.member("from", fhir::utc_millis_text(*which.from));
  if (which.to) writer.member("to", fhir::utc_millis_text(*which.to));
  if (shown.done) writer.member("done", fhir::utc_millis_text(*shown.done));
  if (auto count = fhir::JsonDocument::parse(shown.count)) {
    for (fhir::JsonValue member : count->root()) writer.key(member.key()).copy(member);
  }
  writer.member("judged_again", shown.judged_again).end_object();
}

http::Awaitable<http::Response> get_recalls(http::Request& request, const AdminDeps& deps) {
  const store::Tenant tenant = request.actor->tenant;
  using All = std::vector<Shown>;
  std::function<fhir::Result<All>(store::Reader&)> read = [tenant](store::Reader& reader) {
    return fhir::Result<All>(recalls(reader, tenant));
  };
  auto all = co_await deps.reads.run<All>(std::move(read));
  if (!all) co_return problem(all.error());
  auto audited = co_await deps.audit.record(*request.actor, "list Recall", PatientId{}, purpose, "ok");
  if (!audited) co_return problem(audited.error());
  const std::string wanted(request.capture("id"));
  std::string out;
  fhir::JsonWriter writer(out);
  if (wanted.empty()) writer.begin_object().key("recalls").begin_array();
  for (const Shown& shown : *all) {
    if (wanted.empty() || shown.id.text() == wanted) write(writer, shown, deps.sources);
  }
  if (wanted.empty()) writer.end_array().end_object();
  if (out.empty()) co_return problem(404, "no such recall");
  co_return http::json_response(200, std::move(out));
}

}  // namespace

void add_recall_routes(http::Router& router, const AdminDeps& deps) {
  AdminRoutes routes(router, deps);
  routes.add(http::Method::post, "/admin/recalls", &post_recall);
  routes.add(http::Method::get, "/admin/recalls", &get_recalls);
  routes.add(http::Method::get, "/admin/recalls/{id}", &get_recalls);
}

}  // namespace gateway::api
