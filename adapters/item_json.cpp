#include "adapters/item_json.hpp"

#include "fhir/json_writer.hpp"

namespace adapters {
namespace {

using fhir::JsonWriter;

std::string_view sign(Comparator comparator) {
  static constexpr std::string_view signs[] = {"", "<", "<=", ">=", ">"};
  return signs[static_cast<std::size_t>(comparator)];
}

void write_whom(JsonWriter& out, const Subject& subject, const Device& device) {
  out.member_if("subject", subject.id);
  if (subject.patient)
    out.key("patient")
        .begin_object()
        .member("system", subject.patient->system)
        .member("value", subject.patient->value)
        .end_object();
  out.member_if("device", device.id).member_if("model", device.model);
}

void write_components(JsonWriter& out, const std::vector<Component>& components) {
  if (components.empty()) return;
  out.key("components").begin_array();
  for (const Component& component : components) {
    out.begin_object().member("kind", fhir::info(component.kind).name);
    if (component.absent == fhir::AbsentReason::none) out.member("value", component.value);
    out.member_if("absent", fhir::code(component.absent));
    out.member_if("unit", component.unit).member_if("comparator", sign(component.comparator)).end_object();
  }
  out.end_array();
}

struct ItemWriter {
  JsonWriter& out;

  void operator()(const Measurement& item) const {
    out.member("item", "measurement").member("kind", fhir::info(item.kind).name);
    out.member_if("record", item.record_id).member_if("version", item.version);
    write_whom(out, item.subject, item.device);
    out.member("time", item.time.text()).member("utc", fhir::utc_millis_text(item.time.utc));
    if (item.time_uncertain) out.member("time_uncertain", true);
    if (item.doubled_hour) out.member("doubled_hour", true);
    if (item.sequence != 0) out.member("sequence", static_cast<std::int64_t>(item.sequence));
    if (item.components.empty() && item.absent == fhir::AbsentReason::none && !item.stated) out.member("value", item.value);
    out.member_if("absent", fhir::code(item.absent));
    if (item.stated) {
      std::string stated = "{\"code\":";
      fhir::append_stated_concept(stated, item.stated->code);
      stated += ',';
      fhir::append_stated_values(stated, *item.stated);
      out.key("stated").raw(stated + "}");
    }
    out.member_if("unit", item.unit).member_if("text", item.text).member_if("comparator", sign(item.comparator));
    write_components(out, item.components);
    if (item.origin != Origin::unstated)
      out.member("origin", item.origin == Origin::manual ? "manual" : "automatic");
    if (!item.interpretations.empty()) {
      out.key("interpretations").begin_array();
      for (const fhir::Interpretation& each : item.interpretations) out.value(each.system + "|" + each.code);
      out.end_array();
    }
    out.member_if("note", item.note).member_if("correlation", item.correlation);
    out.member_if("meal", item.meal).member_if("oxygen", item.oxygen).member_if("site", item.site);
  }
  void operator()(const Event& item) const {
    out.member("item", "event").member("kind", fhir::info(item.kind).name).member_if("record", item.record_id);
    write_whom(out, item.subject, item.device);
    out.member("time", item.time.text());
    out.member_if("text", item.text).member_if("location", item.location).member_if("contact", item.contact);
    if (item.alarm) out.member("alarm", true);
    if (item.time_stands_in) out.member("time_stands_in", true);
    out.member_if("dispense", item.dispense).member_if("medication", item.medication).member_if("dosage", item.dosage);
  }
  void operator()(const Ignored& item) const {
    out.member("item", "ignored").member("reason", name(item.reason)).member_if("note", item.note);
  }
  void operator()(const Held& item) const {
    out.member("item", "held").member("reason", name(item.reason)).member("note", item.note);
    out.member("kind", fhir::info(item.kind).name).member_if("record", item.record_id);
    write_whom(out, item.subject, item.device);
    if (item.time) out.member("time", item.time->text());
    if (item.value) out.member("value", *item.value);
    out.member_if("unit", item.unit);
    write_components(out, item.components);
  }
};

}  // namespace

std::string item_json(const Item& item) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  std::visit(ItemWriter{out}, item);
  out.end_object();
  return text;
}

}  // namespace adapters
