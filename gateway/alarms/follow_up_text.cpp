#include "gateway/alarms/follow_up_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "fhir/narrative.hpp"
#include "gateway/alarms/alarm_text.hpp"

namespace gateway::alarms {
namespace {

constexpr std::size_t readings_shown = 20;  // OURS: a table a person reads; the Observations are in the document

// Norwegian words: clinical.md section 6. "Kvittert" closes in VKP and not here, so acknowledging is "sett".
struct Words {
  std::string_view language, measured, value, reported, severity, device, call_back, more_readings, cause, measure,
      no_description, closed_by, when, what, who, raised, gateway;
};
constexpr Words norwegian{"nb",
                          "Målt",
                          "Verdi",
                          "Meldt",
                          "Alvorlighet",
                          "Utstyr",
                          "Ring tilbake",
                          "eldre hendelser er ikke vist",
                          "Årsak",
                          "Tiltak",
                          "Ingen beskrivelse er gitt.",
                          "Avsluttet av",
                          "Tid",
                          "Hva",
                          "Hvem",
                          "Meldt",
                          "Hjemport"};
constexpr Words english{"en",
                        "Measured",
                        "Value",
                        "Reported",
                        "Severity",
                        "Device",
                        "Call back",
                        "earlier occurrences are not shown",
                        "Cause",
                        "Measure",
                        "No description was given.",
                        "Closed by",
                        "Time",
                        "What",
                        "Who",
                        "Reported",
                        "Hjemport"};

const Words& words(Language language) {
  return language == Language::en ? english : norwegian;
}

struct Pair {
  std::string_view name, nb, en;
};
std::string_view of(const Pair& pair, Language language) {
  return language == Language::en ? pair.en : pair.nb;
}

constexpr std::array<Pair, 17> acts{{
    {"acknowledge", "Sett", "Acknowledged"},
    {"take", "Behandles", "Taken"},
    {"note", "Notat", "Note"},
    {"dispatch", "Til utrykning", "Responder sent"},
    {"accept-dispatch", "Utrykning bekreftet", "Accepted by responder"},
    {"snooze", "Utsatt", "Snoozed"},
    {"hand-over", "Ansvar overført", "Handed over"},
    {"resolve", "Avsluttet", "Closed"},
    {"reopen", "Gjenåpnet", "Reopened"},
    {"normal", "Tilbake til normal", "Back to normal"},
    {"restored", "Årsaken er borte", "Cause gone"},
    {"escalated", "Eskalert", "Escalated"},
    {"corrected", "Måling rettet", "Reading corrected"},
    {"patient-known", "Pasienten ble kjent", "Patient became known"},
    {"annotated", "Melding fra utstyret", "Message from the device"},
    {"repeated", "Meldt igjen", "Reported again"},
    {"raised", "Meldt", "Reported"},
}};

constexpr std::array<Pair, 4> severities{{
    {"normal", "normal (grønn)", "normal (green)"},
    {"moderate", "moderat (gul)", "moderate (yellow)"},
    {"severe", "alvorlig (rød)", "severe (red)"},
    {"critical", "kritisk (rød)", "critical (red)"},
}};

template <std::size_t size>
std::string_view word_for(const std::array<Pair, size>& pairs, std::string_view name, Language language) {
  auto found = std::find_if(pairs.begin(), pairs.end(), [&](const Pair& pair) { return pair.name == name; });
  return found == pairs.end() ? name : of(*found, language);
}

// XHTML, element by element.
class Div {
 public:
  explicit Div(const Words& words) {
    out_.append("<div xmlns=\"").append(fhir::xhtml_namespace).append("\" lang=\"").append(words.language);
    out_.append("\" xml:lang=\"").append(words.language).append("\">");
  }
  Div& open(std::string_view element) {
    out_.append("<").append(element).append(">");
    return *this;
  }
  Div& close(std::string_view element) {
    out_.append("</").append(element).append(">");
    return *this;
  }
  Div& text(std::string_view content) {
    fhir::append_xhtml_text(out_, content);
    return *this;
  }
  Div& element(std::string_view name, std::string_view content) { return open(name).text(content).close(name); }
  Div& labelled(std::string_view label, std::string_view content) {
    return open("p").element("b", label).text(": ").text(content).close("p");
  }
  template <std::size_t size>
  Div& row(std::string_view cell, const std::array<std::string_view, size>& cells) {
    open("tr");
    for (std::string_view one : cells) element(cell, one);
    return close("tr");
  }
  std::string done() { return std::move(close("div").out_); }

 private:
  std::string out_;
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// A unit as people write it; the ratio and score units say nothing.
std::string_view shown_unit(std::string_view ucum, Language language) {
  if (ucum == "/min") return language == Language::en ? "per minute" : "per minutt";
  return unit_text(ucum, fhir::kinds().respiratory_rate);
}

std::string quantity_text(const fhir::Decimal& value, std::string_view ucum, Language language) {
  std::string text = language == Language::en ? value.text() : number_text(value);
  std::string_view unit = shown_unit(ucum, language);
  if (!unit.empty()) text.append(" ").append(unit);
  return text;
}

// The reason's own text is Norwegian; in English it is made from its parts: the rule's name is an English word.
std::string reason_text(const Alarm& alarm, Language language) {
  const Reason& reason = alarm.reason;
  if (language == Language::nb && !is_blank(reason.text)) return reason.text;
  if (language == Language::nb) return alarm.code.display;
  std::string text = reason.rule;
  if (reason.value) text += " " + quantity_text(*reason.value, reason.unit, language);
  if (reason.limit) text += ", limit " + quantity_text(*reason.limit, {}, language);
  return is_blank(text) ? alarm.code.display : text;
}

void write_occurrences(Div& div, const Alarm& alarm, const Publisher& publisher, const Words& with) {
  const bool values = std::any_of(alarm.occurrences.begin(), alarm.occurrences.end(),
                                  [](const Occurrence& one) { return one.value.has_value(); });
  if (!values && alarm.occurrences.size() < 2) return;
  div.open("table").open("thead").row("th", std::array{with.measured, with.value}).close("thead").open("tbody");
  std::size_t shown = 0;
  for (const Occurrence& one : alarm.occurrences) {
    if (shown == readings_shown) break;
    ++shown;
    const std::string at = time_text(one.measured, publisher);
    std::string value;
    if (one.value) value = quantity_text(*one.value, one.unit, publisher.language);
    div.row("td", std::array<std::string_view, 2>{at, value});
  }
  div.close("tbody").close("table");
  const std::int64_t rest = alarm.occurrence_count - static_cast<std::int64_t>(shown);
  if (rest > 0) div.element("p", std::to_string(rest) + " " + std::string(with.more_readings));
}

}  // namespace

std::string time_text(Time at, const Publisher& publisher) {
  const auto offset = publisher.zone ? publisher.zone->offset_at(at) : std::chrono::minutes{0};
  const auto local = std::chrono::floor<std::chrono::minutes>(at + offset);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const auto minutes = (local - day).count();
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const unsigned month = static_cast<unsigned>(date.month());
  std::array<char, 64> text{};
  if (publisher.language == Language::en) {
    std::snprintf(text.data(), text.size(), "%u %s %d %02d:%02d", static_cast<unsigned>(date.day()), months[month - 1],
                  static_cast<int>(date.year()), static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
  } else {
    std::snprintf(text.data(), text.size(), "%02u.%02u.%d kl. %02d.%02d", static_cast<unsigned>(date.day()), month,
                  static_cast<int>(date.year()), static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
  }
  std::string out = text.data();
  if (!publisher.zone) out += " UTC";
  return out;
}

std::string who_text(const Person& person) {
  return is_blank(person.name) ? person.client : person.name;
}

std::string event_description(const Alarm& alarm, const Publisher& publisher) {
  const Words& with = words(publisher.language);
  Div div(with);
  div.open("p").element("b", reason_text(alarm, publisher.language)).close("p");
  div.labelled(with.severity, word_for(severities, thresholds::name(alarm.machine.severity), publisher.language));
  div.labelled(with.measured, time_text(alarm.measured, publisher));
  div.labelled(with.reported, time_text(alarm.raised, publisher));
  if (!is_blank(alarm.device)) div.labelled(with.device, alarm.device);
  if (!is_blank(alarm.contact)) div.labelled(with.call_back, alarm.contact);
  write_occurrences(div, alarm, publisher, with);
  return div.done();
}

std::string follow_up_description(const Alarm& alarm, const Publisher& publisher) {
  const Words& with = words(publisher.language);
  const LogEntry& closing = alarm.events.back();
  const Outcome outcome = outcome_of(closing);
  Div div(with);
  if (!outcome.cause.empty()) div.labelled(with.cause, outcome.cause);
  if (!outcome.measure.empty()) div.labelled(with.measure, outcome.measure);
  const bool nothing = outcome.cause.empty() && outcome.measure.empty() && outcome.description.empty();
  if (!outcome.description.empty() || nothing)
    div.element("p", nothing ? with.no_description : std::string_view(outcome.description));
  div.labelled(with.closed_by, who_text(*closing.who) + ", " + time_text(closing.at, publisher));
  return div.done();
}

std::string notes(const Alarm& alarm, const Publisher& publisher) {
  Div div(words(publisher.language));
  bool any = false;
  for (std::size_t i = 0; i + 1 < alarm.events.size(); ++i) {
    const LogEntry& line = alarm.events[i];
    if (!line.who || is_blank(line.note)) continue;
    any = true;
    std::string head = time_text(line.at, publisher) + ", " + who_text(*line.who);
    if (line.action != "note") head += " (" + std::string(word_for(acts, line.action, publisher.language)) + ")";
    div.labelled(head, line.note);
  }
  return any ? div.done() : std::string();
}

std::string timeline(const Alarm& alarm, const Publisher& publisher) {
  const Words& with = words(publisher.language);
  Div div(with);
  div.open("table").open("thead").row("th", std::array{with.when, with.what, with.who}).close("thead").open("tbody");
  const std::string raised = time_text(alarm.raised, publisher);
  div.row("td", std::array<std::string_view, 3>{raised, with.raised, with.gateway});
  for (const LogEntry& line : alarm.events) {
    const std::string at = time_text(line.at, publisher);
    std::string what(word_for(acts, line.action, publisher.language));
    if (!line.who && !is_blank(line.note)) what += ": " + line.note;  // a person's note has its own section
    const std::string who = line.who ? who_text(*line.who) : std::string(with.gateway);
    div.row("td", std::array<std::string_view, 3>{at, what, who});
  }
  div.close("tbody").close("table");
  return div.done();
}

SectionTitles section_titles(Language language) {
  if (language == Language::en)
    return {"Description of the event", "Description of the follow-up", "Notes", "Course of events"};
  return {"Beskrivelse av hendelse", "Beskrivelse av oppfølging", "Notat", "Sammenstilt tekst"};
}

}  // namespace gateway::alarms
