#include "gateway/cli/convert.hpp"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>

#include "adapters/stream.hpp"
#include "fhir/json_writer.hpp"
#include "fhir/medication_dispense.hpp"
#include "fhir/profile_checks.hpp"
#include "gateway/alarms/detected_issue.hpp"
#include "gateway/alarms/judgement.hpp"
#include "gateway/config/source_adapter.hpp"
#include "gateway/ingest/admit.hpp"
#include "gateway/ingest/dispense.hpp"
#include "gateway/ingest/event_finding.hpp"
#include "gateway/runtime/clock.hpp"
#include "gateway/runtime/hmac.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::cli {
namespace {

constexpr int usage = 64, undecodable = 2, bad_mapping = 1;

// Not a secret: identifiers made here belong to no installation, and equal input gives equal output.
constexpr std::string_view convert_secret = "hjemport convert makes identifiers of no installation";

class Conversion {
 public:
  Conversion(const ConvertOptions& options, const std::string& payload, std::optional<adapters::Identifier> patient, fhir::Time now,
             std::ostream& out, std::ostream& err)
      : options_(options),
        patient_(std::move(patient)),
        now_(now),
        out_(out),
        err_(err),
        keys_(convert_secret),
        payload_(keys_, facts_, payload),
        ids_(0) {
    facts_.id = "convert";
    facts_.tenant = "convert";
    facts_.adapter = options.adapter;
  }

  void item(const adapters::Item& item, std::uint32_t index) {
    // Synthetic and real numbers are both taken: nothing is stored.
    settings_.environment = fhir::Environment::test;
    ingest::Prepared prepared = ingest::prepare(item, index, payload_, facts_, keys_, settings_, now_);
    if (held_for_its_number(prepared)) {
      settings_.environment = fhir::Environment::production;
      prepared = ingest::prepare(item, index, payload_, facts_, keys_, settings_, now_);
    }
    explain_decoded(item, index);
    std::visit([&](auto& one) { convert(one); }, prepared);
  }

  // The payload is one batch, as the connector took it.
  void project(const adapters::Project& project) {
    std::vector<adapters::StoredReading> readings;
    for (const std::string& resource : resources_) readings.push_back({resource, now_});
    const adapters::Views views = project(readings, adapters::Batches::all_together, &sha256_hex);
    for (const adapters::View& view : views.resources) out_ << view.resource << '\n';
    for (const std::string& fault : views.faults) {
      std::string line;
      fhir::JsonWriter(line).begin_object().member("outcome", "not-merged").member("note", fault).end_object();
      err_ << line << '\n';
    }
  }

 private:
  static bool held_for_its_number(const ingest::Prepared& prepared) {
    const auto* held = std::get_if<ingest::PreparedHeld>(&prepared);
    return held != nullptr && held->reason == adapters::QuarantineReason::invalid_identifier;
  }

  void step(std::uint32_t index, std::string_view name, std::string_view text) {
    if (!options_.explain) return;
    std::string line;
    fhir::JsonWriter(line).begin_object().member("index", static_cast<std::int64_t>(index)).member("step", name).member("detail", text).end_object();
    err_ << line << '\n';
  }

  void explain_decoded(const adapters::Item& item, std::uint32_t index) {
    if (!options_.explain) return;
    if (const auto* measurement = std::get_if<adapters::Measurement>(&item)) {
      std::string text(fhir::info(measurement->kind).name);
      if (measurement->stated) {
        text = "no kind of ours, stored as stated and not judged: " + fhir::stated_name(measurement->stated->code);
      } else if (measurement->components.empty()) {
        text.append(" ").append(measurement->text.empty() ? measurement->value.text() : measurement->text);
        text.append(" ").append(measurement->unit);
      }
      for (const adapters::Component& component : measurement->components) {
        text.append(" ").append(fhir::info(component.kind).name).append(" ").append(component.value.text());
        text.append(" ").append(component.unit);
      }
      text.append(" at ").append(measurement->time.text());
      step(index, "decoded", text);
    } else if (const auto* event = std::get_if<adapters::Event>(&item)) {
      step(index, "decoded", std::string("event ").append(fhir::info(event->kind).name));
    } else if (const auto* held = std::get_if<adapters::Held>(&item)) {
      step(index, "decoded", "held by the adapter: " + held->note);
    } else {
      step(index, "decoded", "ignored by the adapter");
    }
  }

  void not_one(std::uint32_t index, std::string_view outcome, std::string_view reason, std::string_view note = {}) {
    std::string line;
    fhir::JsonWriter writer(line);
    writer.begin_object().member("outcome", outcome).member("reason", reason).member("index", static_cast<std::int64_t>(index));
    writer.member_if("note", note).end_object();
    err_ << line << '\n';
  }

  // The person an item belongs to: its own, else the one on the command line.
  std::optional<store::Patient> person(const ingest::Whom& whom) {
    const std::optional<adapters::Identifier>& identifier = whom.patient ? whom.patient : patient_;
    if (!identifier) return std::nullopt;
    for (const store::Patient& known : people_) {
      if (known.system == identifier->system && known.value == identifier->value) return known;
    }
    store::Patient patient;
    patient.id = PatientId{ids_.next(now_)};
    patient.system = identifier->system;
    patient.value = identifier->value;
    people_.push_back(patient);
    return patient;
  }

  void convert(ingest::PreparedReading& reading) {
    step(reading.index, "normalised", normalised_text(reading.row));
    std::optional<store::Patient> patient = person(reading.whom);
    if (!patient) {
      step(reading.index, "identified", "no person in the payload, no --patient: it would need a link for its subject");
      return not_one(reading.index, "quarantined", adapters::name(adapters::QuarantineReason::unknown_subject));
    }
    step(reading.index, "identified", "Patient/" + patient->id.text());
    store::Observation& row = reading.row;
    row.id = ObservationId{ids_.next(now_)};
    row.patient = patient->id;
    row.updated = now_;
    ingest::render_resource(row, *patient, facts_, reading.body);
    if (options_.projection)
      resources_.push_back(row.resource);
    else
      out_ << row.resource << '\n';
    if (!options_.explain) return;
    auto document = fhir::JsonDocument::parse(row.resource);
    std::vector<std::string> problems;
    if (document) problems = fhir::observation_problems(document->root());
    step(reading.index, "checked", problems.empty() ? std::string_view("conforms to the profiles it claims") : std::string_view(problems.front()));
  }

  static std::string normalised_text(const store::Observation& row) {
    std::string text;
    auto add = [&](fhir::Kind kind, const fhir::Decimal& value) {
      if (!text.empty()) text += ", ";
      text.append(fhir::info(kind).name).append(" ").append(value.text()).append(" ").append(fhir::info(kind).unit);
    };
    if (row.value) add(row.kind, *row.value);
    for (const store::ComponentValue& component : row.components) add(component.kind, component.value);
    return text;
  }

  void convert(ingest::PreparedEvent& event) {
    std::optional<store::Patient> patient = person(event.whom);
    if (event.row.kind == fhir::EventKind::medication_dispensed) return dispense(event, patient);
    const alarms::Judging judging{AlarmId{ids_.next(now_)}, now_, {}};
    const PatientId owner = patient ? patient->id : PatientId{};
    const ingest::EventFinding finding = ingest::event_finding(event.row, owner, facts_, now_, judge_);
    alarms::AlarmChange change;
    if (const auto* safety = std::get_if<alarms::SafetyEvent>(&finding)) {
      change = alarms::apply_event(nullptr, *safety, judging);
    } else if (const auto* cause = std::get_if<alarms::TechnicalCause>(&finding)) {
      change = alarms::apply_technical(nullptr, *cause, judging);
    }
    if (!change.alarm) return not_one(event.index, "accepted", "event-without-finding");
    alarms::IssueContext context;
    if (patient) {
      context.patient_system = patient->system;
      context.patient_value = patient->value;
    }
    out_ << alarms::detected_issue(*change.alarm, context) << '\n';
  }

  void dispense(ingest::PreparedEvent& event, const std::optional<store::Patient>& patient) {
    if (!patient) {
      step(event.index, "identified", "no person in the payload, no --patient: it would wait for a link of its subject");
      return not_one(event.index, "accepted", "dispense-without-patient");
    }
    event.row.id = EventId{ids_.next(now_)};
    const std::string resource = ingest::dispense_resource(event.row, *patient);
    out_ << resource << '\n';
    if (!options_.explain) return;
    auto document = fhir::JsonDocument::parse(resource);
    std::vector<std::string> problems;
    if (document) problems = fhir::medication_dispense_problems(document->root());
    step(event.index, "checked", problems.empty() ? std::string_view("conforms to the profile it claims") : std::string_view(problems.front()));
  }

  void convert(ingest::PreparedIgnored& ignored) { not_one(ignored.index, "ignored", adapters::name(ignored.reason)); }

  void convert(ingest::PreparedHeld& held) {
    not_one(held.index, "quarantined", adapters::name(held.reason), held.note);
  }

  const ConvertOptions& options_;
  std::optional<adapters::Identifier> patient_;
  fhir::Time now_;
  std::ostream& out_;
  std::ostream& err_;
  ingest::Keys keys_;
  ingest::SourceFacts facts_;
  ingest::PayloadKey payload_;
  IdSource ids_;
  ingest::PrepareSettings settings_;
  ingest::JudgeSettings judge_;
  std::vector<store::Patient> people_;
  std::vector<std::string> resources_;  // for a projection
};

// "SYSTEM|VALUE"; a national number is checked and its system corrected by what it is.
fhir::Result<std::optional<adapters::Identifier>> patient_option(const std::string& text) {
  if (text.empty()) return std::optional<adapters::Identifier>();
  const std::size_t bar = text.find('|');
  if (bar == std::string::npos || bar == 0 || bar + 1 == text.size()) return fhir::invalid("--patient takes SYSTEM|VALUE");
  adapters::Identifier identifier{text.substr(0, bar), text.substr(bar + 1)};
  if (fhir::is_national_id_system(identifier.system)) {
    auto national = fhir::classify_national_id(identifier.value);
    if (!national) return fhir::invalid("--patient: not a valid national identity number");
    identifier.system = national->system();
  }
  return std::optional(std::move(identifier));
}

// 0, or the exit status to stop with.
int find_adapter(const ConvertOptions& options, std::shared_ptr<const adapters::Adapter>& adapter, std::ostream& err) {
  if (!options.compat.empty() && options.compat != "exact") {
    err << "--compat takes exact\n";
    return usage;
  }
  const bool from_files = config::is_made_from_files(options.adapter);
  if (!from_files && adapters::adapter_named(options.adapter) == nullptr) {
    err << "no adapter of that name; known: " << config::known_adapters() << '\n';
    return usage;
  }
  const bool both_missing = options.mapping.empty() || (options.adapter == "iomt" && options.fhir_mapping.empty());
  if (from_files && both_missing) {
    err << "adapter " << options.adapter << (options.adapter == "iomt" ? " takes --mapping FILE and --fhir-mapping FILE\n" : " takes --mapping FILE\n");
    return usage;
  }
  if (!from_files && !(options.mapping.empty() && options.fhir_mapping.empty() && options.compat.empty())) {
    err << "--mapping, --fhir-mapping and --compat are for adapters made from files\n";
    return usage;
  }
  config::Source source;
  source.adapter = options.adapter;
  source.mapping = options.mapping;
  source.fhir_mapping = options.fhir_mapping;
  source.compat_exact = !options.compat.empty();
  // A mapping is tried out here before its examples are right; `check` runs them.
  config::SourceAdapter loaded = config::load_adapter(source, config::Examples::leave);
  for (const config::Problem& problem : loaded.problems) {
    if (!problem.warning) {
      err << config::text(problem) << '\n';
    } else if (options.explain) {
      std::string line;
      fhir::JsonWriter(line).begin_object().member("step", "mapping").member("detail", config::text(problem)).end_object();
      err << line << '\n';
    }
  }
  adapter = std::move(loaded.adapter);
  return adapter ? 0 : bad_mapping;
}

int undecodable_payload(const fhir::Error& error, std::ostream& err) {
  std::string line;
  fhir::JsonWriter(line).begin_object().member("outcome", "quarantined").member("reason", "undecodable").member("note", error.detail).end_object();
  err << line << '\n';
  return undecodable;
}

// What the options mean; `stop` is 0, or the exit status to stop with.
struct Setting {
  int stop = 0;
  std::shared_ptr<const adapters::Adapter> adapter;
  std::optional<adapters::Identifier> patient;
  std::shared_ptr<const adapters::Zone> zone;
  fhir::Time now;
};

Setting setting_of(const ConvertOptions& options, std::ostream& err) {
  Setting setting;
  setting.stop = find_adapter(options, setting.adapter, err);
  if (setting.stop != 0) return setting;
  setting.stop = usage;
  auto patient = patient_option(options.patient);
  if (!patient) {
    err << patient.error().detail << '\n';
    return setting;
  }
  setting.patient = std::move(*patient);
  auto zone = find_zone(options.timezone);
  if (!zone) {
    err << "--timezone: " << zone.error().detail << '\n';
    return setting;
  }
  setting.zone = *zone;
  setting.now = system_clock().now();
  if (!options.now.empty()) {
    auto given = fhir::DateTime::parse(options.now);
    if (!given) {
      err << "--now takes a time with offset, RFC 3339\n";
      return setting;
    }
    setting.now = given->utc;
  }
  if (options.projection && !setting.adapter->project) {
    err << "--projection is for the adapter iomt\n";
    return setting;
  }
  setting.stop = 0;
  return setting;
}

int convert_whole(const ConvertOptions& options, Setting setting, const std::string& payload, std::ostream& out, std::ostream& err) {
  fhir::JsonDocument scratch;
  const adapters::Steps tell = [&](std::size_t index, std::string_view detail) {
    std::string line;
    fhir::JsonWriter(line).begin_object().member("index", static_cast<std::int64_t>(index)).member("step", "mapping").member("detail", detail).end_object();
    err << line << '\n';
  };
  adapters::Context context{*setting.zone, setting.now, scratch};
  if (options.explain) context.steps = &tell;
  auto decoded = setting.adapter->decode(payload, context);
  if (!decoded) return undecodable_payload(decoded.error(), err);
  Conversion conversion(options, payload, std::move(setting.patient), setting.now, out, err);
  for (std::size_t i = 0; i < decoded->items.size(); ++i) conversion.item(decoded->items[i], static_cast<std::uint32_t>(i));
  if (options.projection) conversion.project(setting.adapter->project);
  return 0;
}

int convert_pieces(const ConvertOptions& options, Setting setting, adapters::Stream& stream, std::istream& in, std::ostream& out,
                   std::ostream& err) {
  const std::string no_payload;  // it only tells held items of different payloads apart
  Conversion conversion(options, no_payload, std::move(setting.patient), setting.now, out, err);
  std::string piece(256 * 1024, '\0');
  std::vector<adapters::Item> items;
  std::uint32_t index = 0;
  for (bool more = true; more;) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto count = static_cast<std::size_t>(in.gcount());
    more = count > 0;
    const fhir::Result<void> fed = more ? stream.feed(std::string_view(piece).substr(0, count), items) : stream.finish(items);
    for (const adapters::Item& item : items) conversion.item(item, index++);
    items.clear();
    if (!fed) return undecodable_payload(fed.error(), err);
  }
  return 0;
}

}  // namespace

int convert(const ConvertOptions& options, const std::string& payload, std::ostream& out, std::ostream& err) {
  Setting setting = setting_of(options, err);
  if (setting.stop != 0) return setting.stop;
  return convert_whole(options, std::move(setting), payload, out, err);
}

int convert(const ConvertOptions& options, std::istream& in, std::ostream& out, std::ostream& err) {
  Setting setting = setting_of(options, err);
  if (setting.stop != 0) return setting.stop;
  fhir::JsonDocument scratch;
  const std::shared_ptr<const adapters::Zone> zone = setting.zone;
  const adapters::Context context{*zone, setting.now, scratch};
  const std::unique_ptr<adapters::Stream> stream = adapters::open_stream(options.adapter, context);
  if (stream) return convert_pieces(options, std::move(setting), *stream, in, out, err);
  const std::string payload{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return convert_whole(options, std::move(setting), payload, out, err);
}

}  // namespace gateway::cli
