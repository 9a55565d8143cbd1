#include "gateway/alarms/follow_up.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "fhir/follow_up_checks.hpp"
#include "fhir/json_writer.hpp"
#include "fhir/national_id.hpp"
#include "fhir/observation.hpp"
#include "gateway/alarms/alarm_text.hpp"
#include "gateway/alarms/detected_issue.hpp"
#include "gateway/alarms/follow_up_text.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::alarms {
namespace {

using fhir::JsonValue;
using fhir::JsonWriter;

// The fixed text of the hub's guide. Not translated: receivers know the document by it.
constexpr std::string_view document_title = "Journalnotat for respons på hendelse";
constexpr std::string_view gateway_device = "hjemport";  // as the DetectedIssue's author names it

struct Code {
  std::string_view code, display;
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t\r\n") - start + 1);
}

void write_coding(JsonWriter& writer, std::string_view system, const Code& code) {
  writer.begin_object().member("system", system).member("code", code.code).member_if("display", code.display);
  writer.end_object();
}

// A concept with one coding.
void write_concept(JsonWriter& writer, std::string_view system, const Code& code, std::string_view text = {}) {
  writer.begin_object().key("coding").begin_array();
  write_coding(writer, system, code);
  writer.end_array().member_if("text", text).end_object();
}

void write_identifier(JsonWriter& writer, std::string_view key, std::string_view system, std::string_view value) {
  writer.key(key).begin_object().member_if("system", system).member("value", value).end_object();
}

void write_profile(JsonWriter& writer, std::string_view profile) {
  writer.key("meta").begin_object().key("profile").begin_array().value(profile).end_array().end_object();
}

// vkp-composition-category-v090. A technical alarm goes with what the thing is for: an event's kind belongs to the
// safety alarms, a reading that could not be placed or a silent sender to home follow-up.
Code category(const Alarm& alarm) {
  const bool by_event = fhir::event_named(alarm.reason.rule) != fhir::EventKind::unknown;
  const bool event = alarm.origin == Origin::event || (alarm.origin == Origin::technical && by_event);
  return event ? Code{"1", "Trygghet og mestring"} : Code{"2", "Digital hjemmeoppfølging"};
}

// The alert code of a group, for what has only a code of ours: the hub's profile wants one of its list. A safety
// alarm's battery or contact has none of its own (fhir/event_kinds.cpp).
Code group(const Alarm& alarm) {
  return category(alarm).code == "1" ? Code{"3", "Trygghetsalarm"} : Code{"5", "Digital hjemmeoppfølging"};
}

// vkp-composition-event-v090 for a person's act; nothing for what it has no word for. "Kvittert" closes in VKP, so an
// acknowledgement is no 3.
std::optional<Code> event_code(std::string_view action) {
  struct Row {
    std::string_view action;
    Code code;
  };
  constexpr std::array<Row, 5> rows{{{"take", {"1", "hendelse behandles"}},
                                     {"dispatch", {"4", "hendelse til utrykning"}},
                                     {"accept-dispatch", {"5", "hendelse ok utrykning"}},
                                     {"hand-over", {"9", "aksjon"}},
                                     {"resolve", {"3", "hendelse kvittert"}}}};
  auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.action == action; });
  if (found == rows.end()) return std::nullopt;
  return found->code;
}

class Rendering {
 public:
  Rendering(const Alarm& alarm, const Closing& closing, const FollowUpContext& context)
      : alarm_(alarm), closing_(closing), context_(context), writer_(out_) {
    alarm_.events.resize(closing.line + 1);
  }

  std::string document() {
    writer_.begin_object().member("resourceType", "Bundle");
    write_identifier(writer_, "identifier", document_identifier_system,
                     document_identifier(alarm_.id, closing_.number));
    writer_.member("type", "document").member("timestamp", fhir::utc_millis_text(closing_.at));
    writer_.key("entry").begin_array();
    entry("Composition", alarm_.id.text(), [&] { composition(); });
    entry("DetectedIssue", alarm_.id.text(), [&] { finding(); });
    entry("Device", std::string(gateway_device), [&] { gateway(); });
    for (const DocumentDevice& device : context_.devices)
      if (used(device)) entry("Device", device.id.text(), [&] { measuring_device(device.identifier, device.model); });
    if (device_by_name()) entry("Device", named_device, [&] { measuring_device(alarm_.device, {}); });
    for (const DocumentReading& reading : context_.readings)
      entry("Observation", reading.id.text(), [&] { observation(reading); });
    writer_.end_array().end_object();
    return std::move(out_);
  }

 private:
  static constexpr std::string_view named_device = "by-name";

  // -- entries

  // A name-based UUID (RFC 9562 version 8): the same thing has the same one in every document of this tenant.
  std::string url(std::string_view type, std::string_view id) const {
    std::string name = context_.publisher.organization;
    name.append("|").append(type).append("|").append(id);
    std::string hex = sha256_hex(name).substr(0, 32);
    hex[12] = '8';
    hex[16] = "89ab"[static_cast<unsigned char>(hex[16]) % 4];
    return "urn:uuid:" + hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
           hex.substr(16, 4) + "-" + hex.substr(20);
  }

  template <class Write>
  void entry(std::string_view type, std::string_view id, Write write) {
    writer_.begin_object().member("fullUrl", url(type, id)).key("resource");
    write();
    writer_.end_object();
  }

  void reference(std::string_view type, std::string_view id) {
    writer_.begin_object().member("reference", url(type, id)).member("type", type).end_object();
  }

  bool used(const DocumentDevice& device) const {
    return !is_blank(device.identifier) &&
           std::any_of(context_.readings.begin(), context_.readings.end(),
                       [&](const DocumentReading& reading) { return reading.device == device.id; });
  }
  // A press or a silent device: no Observation names it.
  bool device_by_name() const { return context_.readings.empty() && !is_blank(alarm_.device); }

  // -- Composition

  void subject(std::string_view key) {
    writer_.key(key).begin_object().member("type", "Patient");
    write_identifier(writer_, "identifier", context_.patient_system, context_.patient_value);
    writer_.end_object();
  }

  void organisation(std::string_view key) {
    if (!key.empty()) writer_.key(key);
    writer_.begin_object().member("type", "Organization");
    write_identifier(writer_, "identifier", fhir::organization_system, context_.publisher.organization);
    writer_.member_if("display", context_.publisher.name).end_object();
  }

  void composition() {
    writer_.begin_object().member("resourceType", "Composition");
    write_profile(writer_, fhir::vkp_composition_profile);
    writer_.member("language", context_.publisher.language == Language::en ? "en" : "nb");
    write_identifier(writer_, "identifier", follow_up_identifier_system, alarm_.id.text());
    writer_.member("status", closing_.number == 1 ? "final" : "amended").key("type");
    write_concept(writer_, fhir::loinc, {fhir::episode_note_code, "Summarization of episode note"});
    writer_.key("category").begin_array();
    write_concept(writer_, fhir::vkp_composition_category, category(alarm_));
    writer_.end_array();
    subject("subject");
    writer_.member("date", fhir::utc_millis_text(closing_.at));
    writer_.key("author").begin_array();
    organisation({});
    writer_.end_array().member("title", document_title);
    if (closing_.number > 1) replaced();
    events();
    sections();
    writer_.end_object();
  }

  void replaced() {
    writer_.key("relatesTo").begin_array().begin_object().member("code", "replaces");
    write_identifier(writer_, "targetIdentifier", document_identifier_system,
                     document_identifier(alarm_.id, closing_.number - 1));
    writer_.end_object().end_array();
  }

  void event(const Code& code, Time at, const Person* who, std::string_view text = {}) {
    writer_.begin_object().key("code").begin_array();
    write_concept(writer_, fhir::vkp_composition_event, code, text);
    writer_.end_array().key("period").begin_object().member("start", fhir::utc_millis_text(at)).end_object();
    if (who != nullptr) {
      writer_.key("detail").begin_array().begin_object();
      if (!is_blank(who->name)) writer_.member("type", "Practitioner");  // else it is the client that is named
      writer_.member("display", who_text(*who)).end_object().end_array();
    }
    writer_.end_object();
  }

  void events() {
    writer_.key("event").begin_array();
    event({"0", "hendelse meldt"}, alarm_.raised, nullptr);
    for (const LogEntry& line : alarm_.events)
      if (line.who)
        if (const auto code = event_code(line.action)) event(*code, line.at, &*line.who);
    const LogEntry& closing = alarm_.events.back();
    const Outcome outcome = outcome_of(closing);
    if (!outcome.cause.empty()) event({"6", "årsak"}, closing.at, &*closing.who, outcome.cause);
    if (!outcome.measure.empty()) event({"7", "tiltak"}, closing.at, &*closing.who, outcome.measure);
    writer_.end_array();
  }

  void section(const Code& code, std::string_view title, const std::string& div, bool about_the_finding) {
    if (div.empty()) return;
    writer_.begin_object().member("title", title).key("code");
    write_concept(writer_, fhir::vkp_composition_section, code);
    writer_.key("text").begin_object().member("status", "additional").member("div", div).end_object();
    if (about_the_finding) {
      writer_.key("entry").begin_array();
      reference("DetectedIssue", alarm_.id.text());
      writer_.end_array();
    }
    writer_.end_object();
  }

  void sections() {
    const Publisher& publisher = context_.publisher;
    const SectionTitles titles = section_titles(publisher.language);
    writer_.key("section").begin_array();
    section({"1.2", "beskrivelse av hendelse"}, titles.event, event_description(alarm_, publisher), true);
    section({"1.1", "beskrivelse av oppfølging"}, titles.follow_up, follow_up_description(alarm_, publisher), true);
    section({"1", "notat"}, titles.notes, notes(alarm_, publisher), false);
    section({"2", "sammenstilt tekst"}, titles.timeline, timeline(alarm_, publisher), false);
    writer_.end_array();
  }

  // -- DetectedIssue: the one that is sent by itself, as an entry of a document

  void finding() {
    const std::string issue = detected_issue(alarm_, {context_.patient_system, context_.patient_value, gateway_device});
    auto parsed = fhir::JsonDocument::parse(issue);
    assert(parsed);
    writer_.begin_object().member("resourceType", "DetectedIssue");
    write_profile(writer_, fhir::vkp_detected_issue_profile);
    for (JsonValue member : parsed->root()) {
      const std::string_view key = member.key();
      if (key == "resourceType" || key == "id" || key == "meta" || key == "patient" || key == "author" ||
          key == "implicated" || key == "detail")
        continue;
      writer_.key(key);
      if (key == "code")
        alert_code();
      else
        writer_.copy(member);
    }
    subject("patient");
    writer_.key("author");
    reference("Device", gateway_device);
    implicated();
    // The guide's word for people; why is in the text.
    writer_.member("detail", thresholds::name(thresholds::colour_of(alarm_.machine.severity))).end_object();
  }

  void alert_code() {
    writer_.begin_object().key("coding").begin_array();
    write_coding(writer_, alarm_.code.system, {alarm_.code.code, alarm_.code.display});
    if (alarm_.code.system != fhir::vkp_alert_code) write_coding(writer_, fhir::vkp_alert_code, group(alarm_));
    writer_.end_array().end_object();
  }

  void implicated() {
    if (context_.readings.empty() && !device_by_name()) return;
    writer_.key("implicated").begin_array();
    for (const DocumentReading& reading : context_.readings) reference("Observation", reading.id.text());
    if (device_by_name()) reference("Device", named_device);
    writer_.end_array();
  }

  // -- Device and Observation

  void begin_device(std::string_view identifier, std::string_view model) {
    writer_.begin_object().member("resourceType", "Device").key("identifier").begin_array();
    writer_.begin_object().member("system", fhir::device_identifier_system).member("value", identifier).end_object();
    writer_.end_array();
    if (is_blank(model)) return;
    writer_.key("deviceName").begin_array().begin_object();
    writer_.member("name", model).member("type", "model-name").end_object().end_array();
  }

  void gateway() {
    begin_device(gateway_device, "Hjemport");
    organisation("owner");
    writer_.end_object();
  }

  void measuring_device(std::string_view identifier, std::string_view model) {
    begin_device(identifier, model);
    writer_.end_object();
  }

  void observation(const DocumentReading& reading) {
    auto parsed = fhir::JsonDocument::parse(reading.resource);
    if (!parsed) {  // the caller's business; what cannot be read is refused by the checks
      writer_.null();
      return;
    }
    const bool device = std::any_of(context_.devices.begin(), context_.devices.end(), [&](const DocumentDevice& one) {
      return one.id == reading.device && used(one);
    });
    writer_.begin_object();
    for (JsonValue member : parsed->root()) {
      if (device && member.key() == "device") continue;
      writer_.key(member.key()).copy(member);
    }
    if (device) {
      writer_.key("device").begin_object().member("reference", url("Device", reading.device.text()));
      for (JsonValue member : parsed->root()["device"])
        if (member.key() != "reference") writer_.key(member.key()).copy(member);
      writer_.end_object();
    }
    writer_.end_object();
  }

  Alarm alarm_;  // as it was closed
  const Closing& closing_;
  const FollowUpContext& context_;
  std::string out_;
  JsonWriter writer_;
};

fhir::Error none(std::string why) {
  return {fhir::ErrorCategory::conflict, std::move(why)};
}

}  // namespace

Language language_named(std::string_view name) {
  return name == "en" ? Language::en : Language::nb;
}

Result<Closing> closing_of(const Alarm& alarm) {
  if (alarm.open()) return none("there is no follow-up document before the alarm is resolved");
  if (alarm.closing != thresholds::name(thresholds::Action::resolve))
    return none("the alarm ended by itself: there is no follow-up to document");
  if (!alarm.patient) return none("whose alarm it was is not known: there is no record to follow up in");
  Closing closing;
  closing.number = 0;
  for (std::size_t i = 0; i < alarm.events.size(); ++i) {
    const LogEntry& line = alarm.events[i];
    if (line.action == "patient-known") closing.number = 0;  // what was closed before was owed to nobody
    if (!line.who || line.action != alarm.closing) continue;
    ++closing.number;
    closing.line = i;
    closing.at = line.at;
  }
  if (closing.number == 0) return fhir::internal("the alarm's log does not say who resolved it");
  return closing;
}

Outcome outcome_of(const LogEntry& closing) {
  struct Label {
    std::string_view text;
    std::string Outcome::*part;
  };
  constexpr std::array<Label, 8> labels{{{"Årsak:", &Outcome::cause},
                                         {"årsak:", &Outcome::cause},
                                         {"Cause:", &Outcome::cause},
                                         {"cause:", &Outcome::cause},
                                         {"Tiltak:", &Outcome::measure},
                                         {"tiltak:", &Outcome::measure},
                                         {"Measure:", &Outcome::measure},
                                         {"measure:", &Outcome::measure}}};
  Outcome outcome;
  std::string_view rest = closing.note;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::string_view said = trimmed(line);
    std::string* part = &outcome.description;
    for (const Label& label : labels) {
      if (!said.starts_with(label.text)) continue;
      part = &(outcome.*label.part);
      said = trimmed(said.substr(label.text.size()));
      break;
    }
    if (said.empty()) continue;
    if (!part->empty()) *part += part == &outcome.description ? "\n" : "; ";
    *part += said;
  }
  return outcome;
}

std::string document_identifier(AlarmId id, int number) {
  return id.text() + "-" + std::to_string(number);
}

std::string follow_up_document(const Alarm& alarm, const Closing& closing, const FollowUpContext& context) {
  return Rendering(alarm, closing, context).document();
}

}  // namespace gateway::alarms
