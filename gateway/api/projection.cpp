#include "gateway/api/projection.hpp"

#include <algorithm>
#include <tuple>

#include "fhir/national_id.hpp"
#include "fhir/operation_outcome.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::api {
namespace {

// Of one answer; each is parsed. A day of one reading a second is more than this, and asks for part of the day.
constexpr std::size_t most_readings = 20'000;

http::Response outcome(const fhir::Error& error) { return http::error_response(error, http::ErrorBody::operation_outcome); }
http::Response outcome(int status, std::string_view detail) {
  return http::error_response(status, detail, http::ErrorBody::operation_outcome);
}

struct Asked {
  PatientId patient;
  std::string type;        // empty: every type
  std::string identifier;  // of one merged Observation; empty: all
  std::vector<fhir::DateCondition> dates;
};

// yyyyMMddHHmmssZ, as the original's identifiers have it; nothing when it is none.
std::optional<fhir::Time> segment_time(std::string_view text) {
  if (text.size() != 15) return std::nullopt;
  std::string iso(text);
  for (const std::size_t place : {12, 10}) iso.insert(place, ":");
  iso.insert(8, "T");
  for (const std::size_t place : {6, 4}) iso.insert(place, "-");
  const auto time = fhir::DateTime::parse(iso);
  return time ? std::optional(time->utc) : std::nullopt;
}

// Only the readings of its period are needed for a merged Observation that has one.
void narrow_to_segment(Asked& asked) {
  constexpr std::size_t segment = 31;
  const std::string_view text = asked.identifier;
  if (text.size() < segment) return;
  const auto start = segment_time(text.substr(text.size() - segment, 15)), end = segment_time(text.substr(text.size() - 15));
  if (start && end && text[text.size() - 16] == '.')
    asked.dates.push_back({fhir::DatePrefix::eq, *start, *end + std::chrono::seconds(1)});
}

// "{patient}.{device}.{type}.{segment}": the patient is ours, so the rest may be whatever the original wrote.
fhir::Result<void> read_identifier(const std::vector<std::vector<fhir::Token>>& identifiers, Asked& asked) {
  if (identifiers.size() != 1 || identifiers.front().size() != 1) return fhir::invalid("identifier: one, please");
  asked.identifier = identifiers.front().front().code;
  const auto patient = PatientId::parse(std::string_view(asked.identifier).substr(0, asked.identifier.find('.')));
  if (!patient) return fhir::invalid("identifier: expected {patient}.{device}.{type}.{period or correlation id}");
  if (asked.patient && asked.patient != *patient) return fhir::invalid("identifier: of another patient");
  asked.patient = *patient;
  narrow_to_segment(asked);
  return {};
}

fhir::Result<Asked> read_query(const http::Request& request, const fhir::WallTime& wall_time) {
  auto parameters = http::parse_form(request.query);
  if (!parameters) return fhir::invalid("the query cannot be read");
  Asked asked;
  for (const auto& [name, value] : *parameters) {
    if (name == "type") asked.type = value;
    // Numbers of people stay out of URLs (invariant 12); a merged Observation's identifier has times that look like some.
    if (name != "identifier" && name != "date" && fhir::may_contain_national_id(value))
      return fhir::invalid("a national identifier does not belong in a URL");
  }
  std::erase_if(*parameters, [](const auto& parameter) { return parameter.first == "type"; });
  auto query = fhir::parse_search("Observation", *parameters, wall_time);
  if (!query) return query.error();
  if (!query->unknown.empty() || !query->codes.empty() || !query->categories.empty() || !query->ids.empty() ||
      !query->patient_identifiers.empty() || !query->last_updated.empty())
    return fhir::invalid("only patient, type, date and identifier are understood here");
  if (!query->patients.empty()) {
    std::string_view text;
    if (query->patients.size() == 1 && query->patients.front().size() == 1) text = query->patients.front().front();
    if (text.starts_with("Patient/")) text.remove_prefix(8);
    const auto patient = PatientId::parse(text);
    if (!patient) return fhir::invalid("patient: expected one id of a Patient");
    asked.patient = *patient;
  }
  asked.dates = query->dates;
  if (!query->identifiers.empty()) {
    if (auto read = read_identifier(query->identifiers, asked); !read) return read.error();
  }
  if (!asked.patient) return fhir::invalid("patient or identifier is needed");
  return asked;
}

fhir::Result<std::string> bundle(store::Reader& reader, const Asked& asked, const ingest::SourceFacts& source,
                                 const adapters::Project& project) {
  store::ObservationFilter filter;
  filter.tenant = source.tenant_no;
  filter.patients = {asked.patient};
  filter.measured = asked.dates;
  filter.sort = {fhir::SortKey::date, false};
  filter.limit = 1000;
  std::vector<store::Observation> rows;
  for (;;) {
    store::ObservationPage page = reader.search(filter);
    for (store::Observation& row : page.rows) {
      filter.after = store::ObservationFilter::After{row.measured, row.id};
      if (row.source == source.source) rows.push_back(std::move(row));
    }
    if (rows.size() > most_readings)
      return fhir::Error{fhir::ErrorCategory::too_large, "more readings than one answer is made from: ask for a shorter period (date)"};
    if (!page.more) break;
    filter.horizon = page.horizon;
  }
  // In the order in which they came to be known: a later one is merged into what was there.
  std::sort(rows.begin(), rows.end(), [](const store::Observation& a, const store::Observation& b) {
    return std::tie(a.updated, a.id.value) < std::tie(b.updated, b.id.value);
  });
  std::vector<adapters::StoredReading> readings;
  readings.reserve(rows.size());
  for (const store::Observation& row : rows) readings.push_back({row.resource, row.updated});
  const adapters::Views views = project(readings, adapters::Batches::each_alone, &sha256_hex);

  std::string out = R"({"resourceType":"Bundle","type":"searchset","entry":[)";
  std::size_t total = 0;
  for (const adapters::View& view : views.resources) {
    if (!asked.identifier.empty() && view.identifier != asked.identifier) continue;
    if (!asked.type.empty() && view.type != asked.type) continue;
    if (out.back() != '[') out += ',';
    out.append(R"({"resource":)").append(view.resource).append(R"(,"search":{"mode":"match"}})");
    ++total;
  }
  if (!views.faults.empty()) {
    if (out.back() != '[') out += ',';
    const std::string text = std::to_string(views.faults.size()) + " groups could not be merged, the first: " + views.faults.front();
    out.append(R"({"resource":)").append(fhir::operation_outcome("warning", "incomplete", text));
    out.append(R"(,"search":{"mode":"outcome"}})");
  }
  constexpr std::string_view nothing = R"(,"entry":[)";
  if (out.back() == '[')
    out.resize(out.size() - nothing.size());  // FHIR has no empty arrays
  else
    out += ']';
  return out.append(",\"total\":").append(std::to_string(total)).append("}");
}

http::Awaitable<http::Response> answer(http::Request& request, const ProjectionDeps& deps) {
  const ingest::ConfiguredSource* source = deps.sources.find(request.capture("source"));
  // Another tenant's source is one that is not there (invariant 11).
  if (source == nullptr || source->facts.tenant_no != request.actor->tenant) co_return outcome(404, "no such source");
  const std::shared_ptr<const adapters::Adapter> adapter = source->adapter;
  if (!adapter->project) co_return outcome(404, "this source's readings are not merged into anything");
  auto asked = read_query(request, deps.fhir.wall_time);
  if (!asked) co_return outcome(asked.error());
  const PatientId patient = asked->patient;
  const ingest::SourceFacts* facts = &source->facts;
  const std::shared_ptr<const auth::Actor> actor = request.actor;
  std::function<fhir::Result<std::string>(store::Reader&)> read = [asked = *asked, facts, adapter, actor](store::Reader& reader) {
    if (!auth::may(*actor, facts->tenant_no, asked.patient, auth::Purpose::care))
      return fhir::Result<std::string>(fhir::not_found("no such patient"));
    return bundle(reader, asked, *facts, adapter->project);
  };
  auto found = co_await deps.fhir.reads.run<std::string>(std::move(read));
  const std::string action = "project Observation";
  const std::string_view result = found ? "ok" : "refused";
  auto audited = co_await deps.fhir.audit.record(*actor, action, patient, auth::name(auth::Purpose::care), result);
  if (!audited) co_return outcome(audited.error());
  if (!found) co_return outcome(found.error());
  co_return http::fhir_response(200, std::move(*found));
}

}  // namespace

void add_projection_route(http::Router& router, const ProjectionDeps& deps) {
  http::Route route;
  route.method = http::Method::get;
  route.pattern = "/projection/{source}/Observation";
  route.roles = http::Role::hospital | http::Role::clinician;
  route.errors = http::ErrorBody::operation_outcome;
  route.handler = [&deps](http::Request& request) { return answer(request, deps); };
  router.add(std::move(route));
}

}  // namespace gateway::api
