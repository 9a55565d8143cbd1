#include "gateway/api/suppression_body.hpp"

#include <algorithm>
#include <utility>

#include "gateway/alarms/actions.hpp"
#include "gateway/api/time_member.hpp"

namespace gateway::api {
namespace {

using fhir::JsonValue;
using registry::Suppression;
using Of = thresholds::Suppression::Of;

fhir::Result<std::string> text_member(JsonValue body, const std::string& name, std::size_t limit_bytes) {
  const JsonValue member = body[name];
  if (member.is_null()) return std::string();
  const auto text = member.as_string();
  if (!text) return fhir::invalid(name + ": expected a string");
  if (text->size() > limit_bytes) return fhir::invalid(name + ": more than " + std::to_string(limit_bytes) + " bytes");
  return std::string(*text);
}

fhir::Result<std::optional<alarms::Person>> person_member(JsonValue body, const std::string& name, std::string_view client) {
  const JsonValue member = body[name];
  if (member.is_null()) return std::optional<alarms::Person>();
  if (!member.is_object()) return fhir::invalid(name + ": expected an object");
  auto id = text_member(member, "id", alarms::person_limit_bytes);
  if (!id) return fhir::invalid(name + "." + id.error().detail);
  if (id->empty()) return fhir::invalid(name + ".id: missing");
  auto shown = text_member(member, "name", alarms::person_limit_bytes);
  if (!shown) return fhir::invalid(name + "." + shown.error().detail);
  return std::optional(alarms::Person{std::string(client), std::move(*id), std::move(*shown)});
}

fhir::Result<alarms::Person> needed_person(JsonValue body, const std::string& name, std::string_view client) {
  auto person = person_member(body, name, client);
  if (!person) return person.error();
  if (!*person) return fhir::invalid(name + ": missing");
  return std::move(**person);
}

std::optional<fhir::Error> read_of(JsonValue body, thresholds::Suppression& terms) {
  auto of = text_member(body, "of", 20);
  if (!of) return of.error();
  const auto known = {Of::absence, Of::limit, Of::rule};
  const auto named = std::find_if(known.begin(), known.end(), [&](Of one) { return thresholds::name(one) == *of; });
  if (named == known.end()) return fhir::invalid("of: expected absence, limit or rule");
  terms.of = *named;
  auto target = text_member(body, "target", alarms::person_limit_bytes);
  if (!target) return target.error();
  if (terms.of == Of::absence && !target->empty()) return fhir::invalid("target: an absence has none");
  if (terms.of == Of::limit && target->empty()) return fhir::invalid("target: missing; the kind the limit is on, like oxygen-saturation");
  if (terms.of == Of::rule && target->empty()) return fhir::invalid("target: missing; the id of the rule");
  terms.target = std::move(*target);
  if (body["up_to"].is_null()) return std::nullopt;
  if (terms.of == Of::absence) return fhir::invalid("up_to: an absence hides missing readings only, whatever their severity");
  const auto severity = thresholds::severity_named(body["up_to"].text().value_or(""));
  if (!severity || *severity == thresholds::Severity::critical) return fhir::invalid("up_to: expected normal, moderate or severe");
  terms.up_to = *severity;
  return std::nullopt;
}

std::optional<fhir::Error> read_times(JsonValue body, thresholds::Suppression& terms, fhir::Time now) {
  const auto from = time_member(body, "from");
  if (!from) return from.error();
  const auto until = time_member(body, "until");
  if (!until) return until.error();
  if (!*until) return fhir::invalid("until: missing; a suppression ends");
  terms.from = from->value_or(now);
  terms.until = **until;
  if (terms.of != Of::absence) terms.from = std::max(terms.from, now);
  if (terms.from < now - longest_ahead || terms.from > now + longest_ahead) return fhir::invalid("from: more than a year away");
  return std::nullopt;
}

}  // namespace

std::optional<fhir::Error> refusal(const thresholds::Suppression& terms, const alarms::Person& by,
                                   const std::optional<alarms::Person>& approver, fhir::Time now) {
  if (terms.until <= now) return fhir::invalid("until: it has passed");
  if (terms.until <= terms.from) return fhir::invalid("until: not after from");
  const fhir::Time begins = std::max(terms.from, now);
  if (terms.of == Of::absence) {
    if (terms.until > begins + longest_absence) return fhir::invalid("until: an absence lasts at most 92 days");
    return std::nullopt;
  }
  if (terms.up_to < thresholds::Severity::severe) {
    if (terms.until > begins + longest_quiet) return fhir::invalid("until: a limit or a rule is kept quiet for at most 14 days");
    return std::nullopt;
  }
  if (terms.until > begins + longest_severe_quiet) return fhir::invalid("until: severe alarms are kept quiet for at most 72 hours");
  if (!approver) return fhir::invalid("approved_by: missing; severe alarms are kept quiet by two persons");
  if (approver->id == by.id) return fhir::invalid("approved_by: has to be another person than by");
  return std::nullopt;
}

fhir::Result<Suppression> suppression_from_json(JsonValue body, std::string_view client, const std::string& timezone, fhir::Time now) {
  if (!body.is_object()) return fhir::invalid("expected an object");
  Suppression made;
  made.made = now;
  made.timezone = timezone;
  if (auto fault = read_of(body, made.terms)) return *fault;
  if (auto fault = read_times(body, made.terms, now)) return *fault;
  auto reason = text_member(body, "reason", reason_limit_bytes);
  if (!reason) return reason.error();
  if (reason->empty()) return fhir::invalid("reason: missing");
  made.reason = std::move(*reason);
  auto by = needed_person(body, "by", client);
  if (!by) return by.error();
  made.owner = std::move(*by);
  auto approver = person_member(body, "approved_by", client);
  if (!approver) return approver.error();
  made.approver = std::move(*approver);
  if (auto fault = refusal(made.terms, made.owner, made.approver, now)) return *fault;
  // OURS: a day before an absence ends, an hour before the others do; of a short one half of it.
  const auto lasts = std::chrono::floor<std::chrono::seconds>(made.terms.until - std::max(made.terms.from, now));
  made.warn_before = made.terms.of == Of::absence ? std::chrono::hours(24) : std::chrono::hours(1);
  if (!body["warn_before_minutes"].is_null()) {
    const auto minutes = body["warn_before_minutes"].as_integer();
    if (!minutes || *minutes < 1 || *minutes > 7 * 24 * 60) return fhir::invalid("warn_before_minutes: a whole number from 1 to 10080");
    made.warn_before = std::chrono::minutes(*minutes);
  }
  made.warn_before = std::chrono::floor<std::chrono::minutes>(std::min<std::chrono::seconds>(made.warn_before, lasts / 2));
  return made;
}

fhir::Result<SuppressionDecision> decision_from_json(JsonValue body, std::string_view client) {
  using What = SuppressionDecision::What;
  if (!body.is_object()) return fhir::invalid("expected an object");
  SuppressionDecision decision;
  const std::string_view action = body["action"].text().value_or("");
  if (action != "end" && action != "extend" && action != "review") return fhir::invalid("action: expected end, extend or review");
  decision.what = action == "end" ? What::end : action == "extend" ? What::extend : What::review;
  auto by = needed_person(body, "by", client);
  if (!by) return by.error();
  decision.by = std::move(*by);
  auto note = text_member(body, "note", alarms::note_limit_bytes);
  if (!note) return note.error();
  if (decision.what == What::review && note->empty()) return fhir::invalid("note: missing; what came of looking through what was hidden");
  decision.note = std::move(*note);
  auto approver = person_member(body, "approved_by", client);
  if (!approver) return approver.error();
  decision.approver = std::move(*approver);
  auto until = time_member(body, "until");
  if (!until) return until.error();
  decision.until = *until;
  if (decision.what == What::extend && !decision.until) return fhir::invalid("until: missing");
  return decision;
}

}  // namespace gateway::api
