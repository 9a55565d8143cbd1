#include "gateway/api/admin_mapping.hpp"

#include <array>
#include <map>

#include "adapters/item_json.hpp"
#include "fhir/json_writer.hpp"
#include "gateway/api/admin_routes.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/config/source_adapter.hpp"
#include "gateway/ingest/conversion.hpp"
#include "gateway/ingest/hold.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "administration";
constexpr std::size_t looked_at = 1'000;  // waiting items a preview decodes; it says when there are more

const ingest::ConfiguredSource* source_of(const http::Request& request, const AdminDeps& deps) {
  const ingest::ConfiguredSource* source = deps.sources.find(request.capture("id"));
  return source == nullptr || source->facts.tenant_no != request.actor->tenant ? nullptr : source;
}

// Who an item belongs to by now; creates nobody. As ingest/place.cpp decides, without a store's working view.
std::optional<store::Patient> person(store::Reader& reader, const ingest::SourceFacts& source, const ingest::Whom& whom,
                                     fhir::Time measured) {
  if (whom.patient) {
    if (auto known = reader.patient_by_identifier(source.tenant_no, whom.patient->system, whom.patient->value)) return known;
    if (fhir::is_national_id_system(whom.patient->system)) return std::nullopt;
  }
  const std::string& subject = whom.subject.empty() ? whom.device : whom.subject;
  for (const store::Link& link : reader.links(source.source, subject)) {
    if (link.from <= measured && (!link.to || measured < *link.to)) return reader.patient(link.patient);
  }
  return std::nullopt;
}

// -- explain: one payload, step by step

std::string explained(store::Reader& reader, const ingest::ConfiguredSource& source, const std::string& payload, fhir::Time now) {
  std::vector<std::string> steps, resources, left_out;
  ingest::ConversionLines lines;
  lines.step = [&](const std::string& line) { steps.push_back(line); };
  lines.resource = [&](const std::string& line) { resources.push_back(line); };
  lines.left_out = [&](const std::string& line) { left_out.push_back(line); };
  ingest::PersonOf whose = [&](const ingest::Whom& whom, fhir::Time measured) { return person(reader, source.facts, whom, measured); };
  ingest::Conversion conversion(source.facts.adapter, payload, now, std::move(whose), std::move(lines));
  const adapters::Steps tell = [&](std::size_t index, std::string_view detail) { conversion.told(index, detail); };
  fhir::JsonDocument scratch;
  adapters::Context context{*source.zone, now, scratch, source.settings};
  context.steps = &tell;
  fhir::Result<adapters::Decoded> decoded = source.adapter->decode(payload, context);
  std::uint32_t index = 0;
  if (decoded) {
    for (const adapters::Item& item : decoded->items) conversion.item(item, index++);
  }
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("decoded", static_cast<bool>(decoded));
  if (!decoded) writer.member("reason", decoded.error().detail);
  auto list = [&](std::string_view key, const std::vector<std::string>& all) {
    writer.key(key).begin_array();
    for (const std::string& line : all) writer.raw(line);
    writer.end_array();
  };
  list("steps", steps);
  list("resources", resources);
  list("left_out", left_out);
  writer.end_object();
  return out;
}

http::Awaitable<http::Response> explain(http::Request& request, const AdminDeps& deps) {
  const ingest::ConfiguredSource* source = source_of(request, deps);
  if (source == nullptr) co_return problem(404, "no such source");
  const fhir::Time now = deps.clock.now();
  std::function<fhir::Result<std::string>(store::Reader&)> read = [source, payload = std::move(request.body), now](store::Reader& reader) {
    return fhir::Result<std::string>(explained(reader, *source, payload, now));
  };
  auto out = co_await deps.reads.run<std::string>(std::move(read));
  if (!out) co_return problem(out.error());
  auto audited = co_await deps.audit.record(*request.actor, "explain payload", PatientId{}, purpose, "ok");
  if (!audited) co_return problem(audited.error());
  co_return http::json_response(200, std::move(*out));
}

// -- preview: what waits, read by another mapping

struct Then {
  std::string_view outcome;
  std::string reason, note, decoded;
};

class Preview {
 public:
  Preview(store::Reader& reader, const ingest::ConfiguredSource& source, const adapters::Adapter& adapter, const AdminDeps& deps,
          fhir::Time now)
      : reader_(reader), source_(source), adapter_(adapter), keys_(deps.replays.keys()), now_(now) {
    settings_.environment = deps.config.environment;
    settings_.future_tolerance = deps.config.judging.future_tolerance;
  }

  void look_at(const store::Quarantined& item) {
    const std::optional<store::Payload> payload = reader_.payload(item.payload);
    if (!payload || payload->content_type.ends_with(ingest::withdrawn_mark)) return;
    fhir::JsonDocument scratch;
    auto decoded = adapter_.decode(payload->bytes, {*source_.zone, item.received, scratch, source_.settings});
    if (!decoded) {
      Then then{"undecodable", {}, decoded.error().detail, {}};
      return keep(item, {then});
    }
    ingest::PayloadKey key(keys_, source_.facts, payload->bytes);
    std::vector<Then> thens;
    for (std::size_t i = 0; i < decoded->items.size(); ++i) {
      if (i != item.index && !ingest::is_whole_payload(item)) continue;
      thens.push_back(then(decoded->items[i], static_cast<std::uint32_t>(i), key));
    }
    if (thens.empty()) thens.push_back({"gone", {}, "the payload would have no such item", {}});
    keep(item, thens);
  }

  std::string json(const std::vector<config::Problem>& problems, bool more) const {
    std::string out;
    fhir::JsonWriter writer(out);
    writer.begin_object().member("looked_at", looked_at_).member("more", more);
    writer.key("problems").begin_array();
    for (const config::Problem& one : problems) writer.value(config::text(one));
    writer.end_array().key("summary").begin_object();
    for (const auto& [outcome, n] : summary_) writer.member(outcome, n);
    writer.end_object().key("items").begin_array();
    for (const std::string& item : items_) writer.raw(item);
    writer.end_array().end_object();
    return out;
  }

 private:
  Then then(const adapters::Item& item, std::uint32_t index, ingest::PayloadKey& key) const {
    Then result;
    result.decoded = adapters::item_json(item);
    const ingest::Prepared prepared = ingest::prepare(item, index, key, source_.facts, keys_, settings_, now_);
    if (const auto* reading = std::get_if<ingest::PreparedReading>(&prepared)) {
      const bool placed = person(reader_, source_.facts, reading->whom, reading->row.measured).has_value();
      result.outcome = placed ? "accepted" : "quarantined";
      if (!placed) result.reason = adapters::name(adapters::QuarantineReason::unknown_subject);
    } else if (std::holds_alternative<ingest::PreparedEvent>(prepared)) {
      result.outcome = "accepted";
    } else if (const auto* ignored = std::get_if<ingest::PreparedIgnored>(&prepared)) {
      result.outcome = "ignored";
      result.reason = adapters::name(ignored->reason);
    } else {
      const auto& held = std::get<ingest::PreparedHeld>(prepared);
      result.outcome = "quarantined";
      result.reason = adapters::name(held.reason);
      result.note = held.note;
    }
    return result;
  }

  void keep(const store::Quarantined& item, const std::vector<Then>& thens) {
    ++looked_at_;
    std::string out;
    fhir::JsonWriter writer(out);
    writer.begin_object().member("quarantine", item.id.text());
    writer.member("reason", adapters::name(static_cast<adapters::QuarantineReason>(item.reason))).key("then").begin_array();
    for (const Then& one : thens) {
      ++summary_[std::string(one.outcome)];
      writer.begin_object().member("outcome", one.outcome).member_if("reason", one.reason).member_if("note", one.note);
      if (!one.decoded.empty()) writer.key("decoded").raw(one.decoded);
      writer.end_object();
    }
    writer.end_array().end_object();
    items_.push_back(std::move(out));
  }

  store::Reader& reader_;
  const ingest::ConfiguredSource& source_;
  const adapters::Adapter& adapter_;
  const ingest::Keys& keys_;
  ingest::PrepareSettings settings_;
  fhir::Time now_;
  std::int64_t looked_at_ = 0;
  std::map<std::string, std::int64_t> summary_;
  std::vector<std::string> items_;
};

// {"mapping": "…", "fhir_mapping": "…"}: texts of the source's files, each left out as the file is now.
fhir::Result<config::ChangedFiles> changed_files(const http::Request& request) {
  config::ChangedFiles changed;
  if (request.body.empty()) return changed;
  auto body = fhir::JsonDocument::parse(request.body);
  if (!body) return body.error();
  if (!body->root().is_object()) return fhir::invalid("an object with mapping and fhir_mapping");
  for (fhir::JsonValue member : body->root()) {
    auto text = member.as_string();
    if (!text) return text.error();
    if (member.key() == "mapping") {
      changed.mapping = *text;
    } else if (member.key() == "fhir_mapping") {
      changed.fhir_mapping = *text;
    } else {
      return fhir::invalid("unknown member; mapping and fhir_mapping are known");
    }
  }
  return changed;
}

http::Awaitable<http::Response> preview(http::Request& request, const AdminDeps& deps) {
  const ingest::ConfiguredSource* source = source_of(request, deps);
  if (source == nullptr) co_return problem(404, "no such source");
  auto changed = changed_files(request);
  if (!changed) co_return problem(changed.error());
  const config::ChangedFiles files = *changed;
  const fhir::Time now = deps.clock.now();
  std::function<fhir::Result<std::string>(store::Reader&)> read = [source, files, now, &deps](store::Reader& reader) -> fhir::Result<std::string> {
    const config::SourceAdapter made = config::load_adapter(source->configured, files);
    if (!made.adapter) {
      std::string detail = "the mapping cannot be used";
      for (const config::Problem& one : made.problems) {
        config::Problem shown = one;
        shown.file = shown.file.substr(shown.file.find_last_of('/') + 1);
        detail.append("; ").append(config::text(shown));
      }
      return fhir::invalid(detail);
    }
    store::QuarantineFilter filter;
    filter.tenant = source->facts.tenant_no;
    filter.source = source->facts.source;
    filter.state = store::QuarantineState::waiting;
    filter.limit = looked_at;
    const std::vector<store::Quarantined> waiting = reader.quarantine(filter);
    Preview shown(reader, *source, *made.adapter, deps, now);
    for (const store::Quarantined& item : waiting) shown.look_at(item);
    return shown.json(made.problems, waiting.size() == looked_at);
  };
  auto out = co_await deps.reads.run<std::string>(std::move(read));
  if (!out) co_return problem(out.error());
  auto audited = co_await deps.audit.record(*request.actor, "preview mapping", PatientId{}, purpose, "ok");
  if (!audited) co_return problem(audited.error());
  co_return http::json_response(200, std::move(*out));
}

}  // namespace

void add_mapping_routes(http::Router& router, const AdminDeps& deps) {
  AdminRoutes routes(router, deps);
  routes.add(http::Method::post, "/admin/sources/{id}/explain", &explain);
  routes.add(http::Method::post, "/admin/sources/{id}/preview", &preview);
}

}  // namespace gateway::api
