#include "gateway/ingest/recall.hpp"

#include <algorithm>
#include <map>

#include "fhir/json_writer.hpp"
#include "fhir/observation.hpp"
#include "gateway/ingest/admit.hpp"
#include "gateway/ingest/annotate.hpp"
#include "gateway/ingest/computed_score.hpp"

namespace gateway::ingest {
namespace {

std::int64_t micros(fhir::Time time) { return time.time_since_epoch().count(); }

std::optional<fhir::Time> time_of(fhir::JsonValue value) {
  const auto number = value.as_integer();
  if (!number) return std::nullopt;
  return fhir::Time(std::chrono::microseconds(*number));
}

std::string annotation(ObservationId id) { return "Observation/" + id.text() + " er trukket tilbake (utstyret kan ikke stoles på)"; }

}  // namespace

bool Recall::narrowed() const { return which.source || which.device || which.model || !firmware.empty() || !batch.empty(); }

std::string Recall::json() const {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("tenant", static_cast<std::int64_t>(which.tenant));
  if (which.source) writer.member("source", static_cast<std::int64_t>(*which.source));
  if (which.device) writer.member("device", *which.device);
  if (which.model) writer.member("model", *which.model);
  writer.member_if("firmware", firmware).member_if("batch", batch);
  if (which.from) writer.member("from", micros(*which.from));
  if (which.to) writer.member("to", micros(*which.to));
  writer.member("reason", reason).member("who", who).end_object();
  return out;
}

std::optional<Recall> Recall::from_json(std::string_view text) {
  const auto document = fhir::JsonDocument::parse(text);
  if (!document) return std::nullopt;
  const fhir::JsonValue root = document->root();
  const auto tenant = root["tenant"].as_integer();
  if (!tenant) return std::nullopt;
  Recall recall;
  recall.which.tenant = static_cast<store::Tenant>(*tenant);
  if (const auto source = root["source"].as_integer()) recall.which.source = static_cast<store::Source>(*source);
  if (const auto device = root["device"].text()) recall.which.device = std::string(*device);
  if (const auto model = root["model"].text()) recall.which.model = std::string(*model);
  recall.firmware = root["firmware"].text().value_or("");
  recall.batch = root["batch"].text().value_or("");
  recall.which.from = time_of(root["from"]);
  recall.which.to = time_of(root["to"]);
  recall.reason = root["reason"].text().value_or("");
  recall.who = root["who"].text().value_or("");
  return recall;
}

bool Recall::reaches(const store::Observation& row) const {
  if (firmware.empty() && batch.empty()) return true;
  const auto resource = fhir::JsonDocument::parse(row.resource);
  if (!resource) return false;
  auto says = [&](std::string_view url, const std::string& wanted) {
    if (wanted.empty()) return true;
    for (fhir::JsonValue extension : resource->root()["device"]["extension"]) {
      if (extension["url"].text() == url) return extension["valueString"].text() == wanted;
    }
    return false;
  };
  return says(fhir::device_firmware_extension, firmware) && says(fhir::device_batch_extension, batch);
}

std::string RecallCount::json() const {
  std::string out;
  fhir::JsonWriter(out).begin_object().member("readings", readings).member("patients", patients).member("alarms", alarms).end_object();
  return out;
}

void ask_recall(journal::Working& working, const Recall& recall) {
  store::JournalEntry entry;
  entry.kind = store::Entry::recall;
  entry.tenant = recall.which.tenant;
  entry.ref = recall.id.value;
  entry.version = 1;
  entry.change = "asked";
  entry.data = recall.json();
  working.record(std::move(entry));
}

namespace {

// What a recall took from one patient.
struct Taken {
  fhir::Time from = fhir::Time::max(), to = fhir::Time::min();
  std::vector<ObservationId> readings;
  SourceFacts source;  // of one of them, to render with
};

}  // namespace

void recall_page(journal::Working& working, const std::vector<ObservationId>& readings, const Sources& sources, const JudgeSettings& settings,
                 Touched& touched, RecallCount& count) {
  std::map<PatientId, Taken> stale;
  for (ObservationId id : readings) {
    std::optional<store::Observation> row = working.reader.observation(id);
    if (!row) continue;
    fhir::Time& newest = touched.try_emplace({row->patient, row->kind}, row->measured).first->second;
    newest = std::max(newest, row->measured);
    if (row->status == store::Status::entered_in_error) {  // by the run that a restart cut short
      count.readings += 1;
      continue;
    }
    registry::PatientState* patient = working.patients.find(row->patient);
    if (patient == nullptr) continue;
    const std::string body(fhir::observation_body_of(row->resource));
    row->version += 1;
    row->status = store::Status::entered_in_error;
    row->recalled = true;
    row->updated = working.now;
    const ConfiguredSource* source = sources.find(row->source);
    // A source that is no longer configured has no facts to render with; whose reading it was still has.
    SourceFacts facts;
    if (source != nullptr) facts = source->facts;
    facts.tenant_no = row->tenant;
    render_resource(*row, patient->patient, facts, body);
    record_observation(working, *row, "entered-in-error");
    count.alarms += static_cast<std::int64_t>(annotate_alarms_on(working, *patient, row->tenant, row->id, annotation(row->id)).size());
    count.readings += 1;
    if (patient->series) patient->series->take_away(row->id);
    Taken& taken = stale[row->patient];
    taken.from = std::min(taken.from, row->measured);
    taken.to = std::max(taken.to, row->measured);
    taken.readings.push_back(row->id);
    taken.source = facts;
    working.changes.observations.push_back(std::move(*row));
  }
  for (const auto& [id, taken] : stale) {
    registry::PatientState* patient = working.patients.find(id);
    count.alarms += static_cast<std::int64_t>(
        revise_scores(working, *patient, taken.from, taken.to, taken.readings, taken.source, settings).size());
    working.patients.reload_later(id);
  }
}

void judge_again(journal::Working& working, PatientId id, fhir::Kind kind, fhir::Time taken_away, const Recall& recall,
                 const Sources& sources, const JudgeSettings& settings) {
  std::optional<store::Observation> newest = working.reader.latest(id, kind);
  if (!newest || newest->measured > taken_away) return;
  store::Observation& row = *newest;
  const ConfiguredSource* source = sources.find(row.source);
  registry::PatientState* patient = working.patients.find(id);
  if (patient == nullptr || source == nullptr) return;
  const std::optional<store::Device> device = row.device ? working.reader.device(row.device) : std::nullopt;
  judge_reading(working, *patient, row, source->facts, device ? device->identifier : std::string(), settings);
  // The reading stays the version it is; what it means now is an entry of the recall's own (invariant 10).
  store::JournalEntry entry;
  entry.kind = store::Entry::recall;
  entry.tenant = row.tenant;
  entry.patient = id;
  entry.ref = recall.id.value;
  entry.version = row.version;
  entry.change = "judged-again";
  std::string data;
  fhir::JsonWriter writer(data);
  writer.begin_object().member("observation", "Observation/" + row.id.text());
  if (const auto judgement = fhir::JsonDocument::parse(row.judgement)) writer.key("judgement").copy(judgement->root());
  writer.end_object();
  entry.data = std::move(data);
  working.record(std::move(entry));
}

void end_recall(journal::Working& working, const Recall& recall, const RecallCount& count) {
  store::JournalEntry entry;
  entry.kind = store::Entry::recall;
  entry.tenant = recall.which.tenant;
  entry.ref = recall.id.value;
  entry.version = 1;
  entry.change = "done";
  entry.data = count.json();
  working.record(std::move(entry));
}

}  // namespace gateway::ingest
