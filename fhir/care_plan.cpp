// Choices: advice is an activity each; medicines, contact and service are activities with a code.text that says which. How it feels is the
// condition's note. `goal` stands in the description, because a Goal of its own has a lifecycle nobody here keeps.
#include "fhir/care_plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "fhir/json_writer.hpp"

namespace fhir {
namespace {

constexpr std::array<std::string_view, 3> zone_names{"green", "yellow", "red"};
constexpr std::array<std::string_view, 7> statuses{"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"};

struct Labelled {
  std::string_view label;
  std::string CarePlanZone::*text;
};
constexpr std::array<Labelled, 3> labelled{{{"Medisiner", &CarePlanZone::medicines},
                                            {"Kontakt", &CarePlanZone::contact},
                                            {"Tjenesten", &CarePlanZone::service}}};

std::string_view zone_title(std::string_view zone) {
  if (zone == "green") return "Grønn sone";
  return zone == "yellow" ? "Gul sone" : "Rød sone";
}

// ---- reading

Error wrong(const std::string& path, std::string_view what) { return invalid(path + ": " + std::string(what)); }

std::optional<Error> only(JsonValue object, const std::string& path, std::initializer_list<std::string_view> known) {
  if (!object.is_object()) return wrong(path, "expected an object");
  for (JsonValue member : object) {
    if (std::find(known.begin(), known.end(), member.key()) == known.end()) {
      return wrong(path + "." + std::string(member.key()), "is not kept; leave it out");
    }
  }
  return std::nullopt;
}

Result<std::string> text(JsonValue value, const std::string& path) {
  if (value.is_null()) return std::string();
  const auto read = value.as_string();
  if (!read) return wrong(path, "expected a string");
  if (read->size() > care_plan_text_limit_bytes) return wrong(path, "more than 2000 bytes");
  for (const char c : *read) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') return wrong(path, "a control character");
  }
  return std::string(*read);
}

// Reads text members and remembers the first fault.
class Texts {
 public:
  void take(JsonValue value, const std::string& path, std::string& out) {
    auto read = text(value, path);
    if (read) {
      out = std::move(*read);
    } else if (!fault) {
      fault = read.error();
    }
  }
  std::optional<Error> fault;
};

std::optional<Error> read_period(JsonValue period, const std::string& path, CarePlan& plan) {
  if (period.is_null()) return std::nullopt;
  if (auto fault = only(period, path, {"start", "end"})) return fault;
  std::array<std::optional<DateTime>, 2> bounds;
  for (const auto& [place, name, out] : {std::tuple(0U, "start", &plan.start), std::tuple(1U, "end", &plan.end)}) {
    Texts texts;
    texts.take(period[name], path + "." + name, *out);
    if (texts.fault) return texts.fault;
    if (out->empty()) continue;
    auto time = DateTime::parse(*out);
    if (!time) return wrong(path + "." + name, "expected a FHIR dateTime, like 2026-11-20");
    bounds[place] = *time;
  }
  if (bounds[0] && bounds[1] && bounds[1]->utc < bounds[0]->utc) return wrong(path + ".end", "before start");
  return std::nullopt;
}

std::optional<Error> read_short_zone(JsonValue item, const std::string& path, CarePlanZone& zone) {
  if (auto fault = only(item, path, {"zone", "feel", "numbers", "advice", "medicines", "contact", "service"})) return fault;
  Texts texts;
  texts.take(item["zone"], path + ".zone", zone.zone);
  texts.take(item["feel"], path + ".feel", zone.feel);
  texts.take(item["numbers"], path + ".numbers", zone.numbers);
  texts.take(item["medicines"], path + ".medicines", zone.medicines);
  texts.take(item["contact"], path + ".contact", zone.contact);
  texts.take(item["service"], path + ".service", zone.service);
  if (texts.fault) return texts.fault;
  const JsonValue advice = item["advice"];
  if (advice.is_null()) return std::nullopt;
  if (!advice.is_array()) return wrong(path + ".advice", "expected an array of strings");
  for (JsonValue one : advice) {
    auto act = text(one, path + ".advice[" + std::to_string(zone.advice.size()) + "]");
    if (!act) return act.error();
    zone.advice.push_back(std::move(*act));
  }
  return std::nullopt;
}

std::optional<Error> read_short(JsonValue body, CarePlan& plan) {
  if (auto fault = only(body, "plan", {"title", "goal", "author", "status", "period", "zones"})) return fault;
  Texts texts;
  if (!body["status"].is_null()) texts.take(body["status"], "status", plan.status);
  texts.take(body["title"], "title", plan.title);
  texts.take(body["goal"], "goal", plan.goal);
  texts.take(body["author"], "author", plan.author);
  if (texts.fault) return texts.fault;
  if (auto fault = read_period(body["period"], "period", plan)) return fault;
  if (!body["zones"].is_array()) return wrong("zones", "expected an array");
  std::size_t place = 0;
  for (JsonValue item : body["zones"]) {
    if (auto fault = read_short_zone(item, "zones[" + std::to_string(place++) + "]", plan.zones.emplace_back())) return fault;
  }
  return std::nullopt;
}

// -- of a CarePlan

class Resource {
 public:
  Resource(JsonValue root, std::string_view patient, CarePlan& plan) : root_(root), patient_(patient), plan_(plan) {}

  std::optional<Error> read() {
    if (auto fault = only(root_, "CarePlan", {"resourceType", "id", "meta", "text", "language", "identifier", "status", "intent", "category", "title", "description",
                                              "subject", "period", "created", "author", "contained"})) {
      return fault;
    }
    if (root_["intent"].text() != "plan") return wrong("CarePlan.intent", "expected plan");
    if (auto fault = subject(root_["subject"], "CarePlan.subject")) return fault;
    if (auto fault = category()) return fault;
    Texts texts;
    texts.take(root_["status"], "CarePlan.status", plan_.status);
    texts.take(root_["title"], "CarePlan.title", plan_.title);
    texts.take(root_["description"], "CarePlan.description", plan_.goal);
    texts.take(root_["author"]["display"], "CarePlan.author.display", plan_.author);
    if (texts.fault) return texts.fault;
    if (auto fault = read_period(root_["period"], "CarePlan.period", plan_)) return fault;
    std::size_t place = 0, conditions = 0;
    for (JsonValue resource : root_["contained"]) {
      const std::string path = "CarePlan.contained[" + std::to_string(place++) + "]";
      const auto type = resource["resourceType"].text();
      if (type == "Condition") {
        ++conditions;
      } else if (type != "CarePlan") {
        return wrong(path + ".resourceType", "expected a CarePlan or the Condition it addresses");
      } else if (auto fault = zone(resource, path)) {
        return fault;
      }
    }
    if (conditions != plan_.zones.size()) return wrong("CarePlan.contained", "a Condition that no zone addresses");
    return std::nullopt;
  }

 private:
  std::optional<Error> subject(JsonValue subject, const std::string& path) const {
    const auto reference = subject["reference"].text();
    if (reference && *reference != patient_) return wrong(path + ".reference", "another patient than the address names");
    return std::nullopt;  // what it says besides is written anew
  }

  std::optional<Error> category() const {
    for (JsonValue one : root_["category"]) {
      for (JsonValue coding : one["coding"]) {
        if (coding["system"].text() == vkp_care_plan_category && coding["code"].text() != vkp_self_treatment) {
          return wrong("CarePlan.category", "another kind of plan; 2 is the self-treatment plan");
        }
      }
    }
    return std::nullopt;
  }

  JsonValue addressed(JsonValue zone_plan) const {
    const auto reference = zone_plan["addresses"].at(0)["reference"].text().value_or("");
    if (zone_plan["addresses"].size() != 1 || !reference.starts_with('#')) return {};
    for (JsonValue resource : root_["contained"]) {
      if (resource["resourceType"].text() == "Condition" && resource["id"].text() == reference.substr(1)) return resource;
    }
    return {};
  }

  std::optional<Error> zone(JsonValue zone_plan, const std::string& path) {
    if (auto fault = only(zone_plan, path, {"resourceType", "id", "status", "intent", "title", "subject", "partOf", "addresses", "activity"})) return fault;
    if (auto fault = subject(zone_plan["subject"], path + ".subject")) return fault;
    const JsonValue condition = addressed(zone_plan);
    if (!condition.is_object()) return wrong(path + ".addresses", "expected one reference to a contained Condition");
    if (auto fault = only(condition, path + ".addresses", {"resourceType", "id", "clinicalStatus", "severity", "code", "subject", "note"})) return fault;
    if (auto fault = subject(condition["subject"], path + ".addresses.subject")) return fault;
    CarePlanZone& zone = plan_.zones.emplace_back();
    for (JsonValue coding : condition["severity"]["coding"]) {
      const std::string_view code = coding["code"].text().value_or("");
      if (std::find(zone_names.begin(), zone_names.end(), code) != zone_names.end()) zone.zone = code;
    }
    Texts texts;
    texts.take(condition["code"]["text"], path + ".addresses.code.text", zone.numbers);
    texts.take(condition["note"].at(0)["text"], path + ".addresses.note[0].text", zone.feel);
    if (texts.fault) return texts.fault;
    std::size_t place = 0;
    for (JsonValue activity : zone_plan["activity"]) {
      if (auto fault = act(activity, path + ".activity[" + std::to_string(place++) + "]", zone)) return fault;
    }
    return std::nullopt;
  }

  static std::optional<Error> act(JsonValue activity, const std::string& path, CarePlanZone& zone) {
    if (auto fault = only(activity, path, {"detail"})) return fault;
    if (auto fault = only(activity["detail"], path + ".detail", {"status", "code", "description"})) return fault;
    std::string what, label;
    Texts texts;
    texts.take(activity["detail"]["description"], path + ".detail.description", what);
    texts.take(activity["detail"]["code"]["text"], path + ".detail.code.text", label);
    if (texts.fault) return texts.fault;
    for (const Labelled& one : labelled) {
      if (label != one.label) continue;
      std::string& place = zone.*one.text;
      place += place.empty() ? what : "\n" + what;
      return std::nullopt;
    }
    zone.advice.push_back(label.empty() ? what : label + ": " + what);
    return std::nullopt;
  }

  JsonValue root_;
  std::string_view patient_;
  CarePlan& plan_;
};

std::optional<Error> problem(const CarePlan& plan) {
  if (std::find(statuses.begin(), statuses.end(), plan.status) == statuses.end()) return wrong("status", "not a status of a CarePlan");
  if (plan.zones.empty()) return wrong("zones", "there is none");
  std::vector<std::string_view> seen;
  for (const CarePlanZone& zone : plan.zones) {
    if (std::find(zone_names.begin(), zone_names.end(), zone.zone) == zone_names.end()) return wrong("zone", "expected green, yellow or red");
    if (std::find(seen.begin(), seen.end(), zone.zone) != seen.end()) return wrong("zone " + zone.zone, "is there twice");
    seen.push_back(zone.zone);
    if (zone.advice.size() > care_plan_advice_limit) return wrong("zone " + zone.zone, "more than 20 acts of advice");
    if (std::any_of(zone.advice.begin(), zone.advice.end(), [](const std::string& act) { return act.empty(); })) {
      return wrong("zone " + zone.zone, "an act of advice without words");
    }
    if (zone.zone != "green" && zone.advice.empty()) return wrong("zone " + zone.zone, "without advice; what does the person do?");
  }
  return std::nullopt;
}

// ---- writing

void write_subject(JsonWriter& writer, const CarePlanView& view) {
  writer.key("subject").begin_object().member("reference", "Patient/" + std::string(view.patient_id)).member("type", "Patient");
  if (!view.patient_value.empty()) {
    writer.key("identifier").begin_object().member("system", view.patient_system).member("value", view.patient_value).end_object();
  }
  writer.end_object();
}

void write_activity(JsonWriter& writer, std::string_view label, std::string_view what) {
  if (what.empty()) return;
  writer.begin_object().key("detail").begin_object();
  if (!label.empty()) writer.key("code").begin_object().member("text", label).end_object();
  writer.member("status", "not-started").member("description", what).end_object().end_object();
}

void write_condition(JsonWriter& writer, const CarePlanZone& zone, const CarePlanView& view) {
  writer.begin_object().member("resourceType", "Condition").member("id", zone.zone + "-when");
  writer.key("clinicalStatus").begin_object().key("coding").begin_array().begin_object();
  writer.member("system", "http://terminology.hl7.org/CodeSystem/condition-clinical").member("code", "active").end_object().end_array().end_object();
  writer.key("severity").begin_object().key("coding").begin_array().begin_object();
  writer.member("system", zone_system).member("code", zone.zone).member("display", zone_title(zone.zone)).end_object().end_array().end_object();
  if (!zone.numbers.empty()) writer.key("code").begin_object().member("text", zone.numbers).end_object();
  write_subject(writer, view);
  if (!zone.feel.empty()) writer.key("note").begin_array().begin_object().member("text", zone.feel).end_object().end_array();
  writer.end_object();
}

void write_zone(JsonWriter& writer, const CarePlanZone& zone, const CarePlanView& view, const CarePlan& plan) {
  writer.begin_object().member("resourceType", "CarePlan").member("id", zone.zone);
  writer.key("partOf").begin_array().begin_object().member("reference", "#").end_object().end_array();
  writer.member("status", plan.status).member("intent", "plan").member("title", zone_title(zone.zone));
  write_subject(writer, view);
  writer.key("addresses").begin_array().begin_object().member("reference", "#" + zone.zone + "-when").end_object().end_array();
  const bool any = !zone.advice.empty() || std::any_of(labelled.begin(), labelled.end(), [&](const Labelled& one) { return !(zone.*one.text).empty(); });
  if (any) {
    writer.key("activity").begin_array();
    for (const std::string& act : zone.advice) write_activity(writer, {}, act);
    for (const Labelled& one : labelled) write_activity(writer, one.label, zone.*one.text);
    writer.end_array();
  }
  writer.end_object();
}

}  // namespace

Result<CarePlan> care_plan_from_json(JsonValue body, std::string_view patient_reference) {
  if (!body.is_object()) return invalid("expected an object");
  CarePlan plan;
  const bool resource = !body["resourceType"].is_null();
  if (resource && body["resourceType"].text() != "CarePlan") return invalid("resourceType: expected CarePlan");
  auto fault = resource ? Resource(body, patient_reference, plan).read() : read_short(body, plan);
  if (!fault) fault = problem(plan);
  if (fault) return *fault;
  std::sort(plan.zones.begin(), plan.zones.end(), [](const CarePlanZone& a, const CarePlanZone& b) {
    const auto place = [](const CarePlanZone& zone) { return std::find(zone_names.begin(), zone_names.end(), zone.zone) - zone_names.begin(); };
    return place(a) < place(b);
  });
  return plan;
}

std::string care_plan_resource(const CarePlan& plan, const CarePlanView& view) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().member("resourceType", "CarePlan").member("id", view.id);
  writer.key("meta").begin_object().member("versionId", std::to_string(view.version));
  writer.member("lastUpdated", utc_millis_text(view.last_updated)).end_object();
  writer.key("contained").begin_array();
  for (const CarePlanZone& zone : plan.zones) {
    write_condition(writer, zone, view);
    write_zone(writer, zone, view, plan);
  }
  writer.end_array();
  writer.member("status", plan.status).member("intent", "plan");
  writer.key("category").begin_array().begin_object().key("coding").begin_array().begin_object();
  writer.member("system", vkp_care_plan_category).member("code", vkp_self_treatment).member("display", "egenbehandlingsplan");
  writer.end_object().end_array().end_object().end_array();
  writer.member_if("title", plan.title).member_if("description", plan.goal);
  write_subject(writer, view);
  if (!plan.start.empty() || !plan.end.empty()) {
    writer.key("period").begin_object().member_if("start", plan.start).member_if("end", plan.end).end_object();
  }
  writer.member("created", utc_millis_text(view.last_updated));
  if (!plan.author.empty()) writer.key("author").begin_object().member("display", plan.author).end_object();
  writer.end_object();
  return out;
}

std::string zone_advice(const CarePlanZone& zone) {
  std::string all;
  const auto line = [&all](std::string_view text) {
    if (!all.empty()) all += "\n";
    all += text;
  };
  for (const std::string& act : zone.advice) line(act);
  for (const Labelled& one : labelled) {
    if (!(zone.*one.text).empty()) line(std::string(one.label) + ": " + zone.*one.text);
  }
  return all;
}

}  // namespace fhir
