#include "gateway/registry/suppression.hpp"

#include <algorithm>
#include <utility>

#include "fhir/json_writer.hpp"

namespace gateway::registry {
namespace {

using fhir::JsonValue;
using fhir::JsonWriter;
using Of = thresholds::Suppression::Of;

void time_member(JsonWriter& writer, std::string_view key, const std::optional<fhir::Time>& time) {
  writer.key(key);
  if (time) {
    writer.value(fhir::utc_millis_text(*time));
  } else {
    writer.null();
  }
}

void person_member(JsonWriter& writer, std::string_view key, const std::optional<alarms::Person>& person) {
  writer.key(key);
  if (!person) {
    writer.null();
    return;
  }
  writer.begin_object().member("client", person->client).member("id", person->id).member("name", person->name).end_object();
}

std::string_view state_of(const Suppression& suppression) {
  if (suppression.reviewed) return "reviewed";
  if (suppression.over) return suppression.hidden_count > 0 ? "to-review" : "over";
  return "open";
}

// Collects the first fault; what is read after it is not used.
struct Reading {
  std::optional<fhir::Error> fault;

  template <class T>
  T take(fhir::Result<T> result) {
    if (result) return std::move(*result);
    if (!fault) fault = result.error();
    return T{};
  }
  std::string text(JsonValue value) { return std::string(take(value.as_string())); }
  fhir::Time time(JsonValue value) { return take(fhir::DateTime::parse(take(value.as_string()))).utc; }
  std::optional<fhir::Time> optional_time(JsonValue value) { return value.is_null() ? std::nullopt : std::optional(time(value)); }
  alarms::Person person(JsonValue value) { return {text(value["client"]), text(value["id"]), text(value["name"])}; }
  std::optional<alarms::Person> optional_person(JsonValue value) {
    return value.is_null() ? std::nullopt : std::optional(person(value));
  }
  thresholds::Severity severity(JsonValue value) {
    const auto named = thresholds::severity_named(text(value));
    if (!named && !fault) fault = fhir::internal(value.path() + ": not a severity");
    return named.value_or(thresholds::Severity::normal);
  }
  Of of(JsonValue value) {
    const std::string named = text(value);
    for (const Of one : {Of::absence, Of::limit, Of::rule}) {
      if (thresholds::name(one) == named) return one;
    }
    if (!fault) fault = fhir::internal(value.path() + ": not a known value");
    return Of::absence;
  }
};

void read_hidden(Reading& read, JsonValue list, std::vector<HiddenFinding>& hidden) {
  for (JsonValue each : list) {
    HiddenFinding& finding = hidden.emplace_back();
    finding.at = read.time(each["at"]);
    finding.measured = read.time(each["measured"]);
    finding.rule = read.text(each["rule"]);
    if (!each["observation"].is_null()) {
      std::string reference = read.text(each["observation"]);
      finding.observation = ObservationId::parse(reference.substr(std::min(reference.size(), std::size_t{12}))).value_or(ObservationId{});
    }
    finding.severity = read.severity(each["severity"]);
    finding.text = read.text(each["text"]);
  }
}

}  // namespace

std::optional<fhir::Time> Suppression::due() const {
  if (reviewed || review_asked) return std::nullopt;
  if (over) return terms.until + absence_echo;
  return warned ? terms.until : std::min(terms.until, std::max(terms.from, terms.until - warn_before));
}

void hide(Suppression& suppression, HiddenFinding finding) {
  if (finding.observation) {
    const auto known = std::find_if(suppression.hidden.begin(), suppression.hidden.end(), [&](const HiddenFinding& one) {
      return one.observation == finding.observation && one.rule == finding.rule;
    });
    if (known != suppression.hidden.end()) {
      *known = std::move(finding);
      return;
    }
  }
  ++suppression.hidden_count;
  suppression.hidden.insert(suppression.hidden.begin(), std::move(finding));
  if (suppression.hidden.size() > hidden_kept) suppression.hidden.pop_back();
}

std::string suppression_json(const Suppression& suppression) {
  std::string out;
  JsonWriter writer(out);
  const thresholds::Suppression& terms = suppression.terms;
  writer.begin_object().member("id", suppression.id.text()).member("version", static_cast<std::int64_t>(suppression.version));
  writer.member("patient", suppression.patient.text()).member("state", state_of(suppression));
  writer.member("of", thresholds::name(terms.of)).member_if("target", terms.target);
  if (terms.of != Of::absence) writer.member("up_to", thresholds::name(terms.up_to));
  time_member(writer, "from", terms.from);
  time_member(writer, "until", terms.until);
  writer.member("reason", suppression.reason).member("timezone", suppression.timezone);
  person_member(writer, "owner", suppression.owner);
  person_member(writer, "approver", suppression.approver);
  time_member(writer, "made", suppression.made);
  writer.member("warn_before_minutes", suppression.warn_before.count() / 60);
  writer.member("warned", suppression.warned).member("over", suppression.over);
  writer.member("review_asked", suppression.review_asked);
  person_member(writer, "ended_by", suppression.ended_by);
  writer.member("hidden_count", suppression.hidden_count).key("hidden").begin_array();
  for (const HiddenFinding& finding : suppression.hidden) {
    writer.begin_object();
    time_member(writer, "at", finding.at);
    time_member(writer, "measured", finding.measured);
    writer.member("rule", finding.rule).key("observation");
    if (finding.observation) {
      writer.value("Observation/" + finding.observation.text());
    } else {
      writer.null();
    }
    writer.member("severity", thresholds::name(finding.severity)).member("text", finding.text).end_object();
  }
  writer.end_array();
  time_member(writer, "reviewed", suppression.reviewed);
  person_member(writer, "reviewed_by", suppression.reviewed_by);
  writer.member("review", suppression.review).end_object();
  return out;
}

fhir::Result<Suppression> suppression_from(const store::Suppression& row) {
  auto document = fhir::JsonDocument::parse(row.document);
  if (!document) return document.error();
  const JsonValue json = document->root();
  Reading read;
  Suppression suppression;
  suppression.id = row.id;
  suppression.version = row.version;
  suppression.patient = row.patient;
  suppression.terms.of = read.of(json["of"]);
  if (!json["target"].is_null()) suppression.terms.target = read.text(json["target"]);
  if (!json["up_to"].is_null()) suppression.terms.up_to = read.severity(json["up_to"]);
  suppression.terms.from = read.time(json["from"]);
  suppression.terms.until = read.time(json["until"]);
  suppression.reason = read.text(json["reason"]);
  suppression.timezone = read.text(json["timezone"]);
  suppression.owner = read.person(json["owner"]);
  suppression.approver = read.optional_person(json["approver"]);
  suppression.made = read.time(json["made"]);
  suppression.warn_before = std::chrono::minutes(read.take(json["warn_before_minutes"].as_integer()));
  suppression.warned = read.take(json["warned"].as_boolean());
  suppression.over = read.take(json["over"].as_boolean());
  suppression.review_asked = read.take(json["review_asked"].as_boolean());
  suppression.ended_by = read.optional_person(json["ended_by"]);
  suppression.hidden_count = read.take(json["hidden_count"].as_integer());
  read_hidden(read, json["hidden"], suppression.hidden);
  suppression.reviewed = read.optional_time(json["reviewed"]);
  suppression.reviewed_by = read.optional_person(json["reviewed_by"]);
  suppression.review = read.text(json["review"]);
  if (read.fault) return *read.fault;
  return suppression;
}

store::Suppression suppression_row(const Suppression& suppression, store::Tenant tenant) {
  return {suppression.id, suppression.version, tenant, suppression.patient, suppression.open(), suppression.due(),
          suppression_json(suppression)};
}

}  // namespace gateway::registry
