#include "adapters/mapping/examples.hpp"

#include <algorithm>

#include "adapters/mapping/decode.hpp"
#include "adapters/mapping/nearest_word.hpp"

namespace adapters::mapping {
namespace {

const std::vector<std::string> item_fields = {"kind",      "value",   "unit",    "comparator", "components", "origin",
                                              "uncertain", "version", "note",    "event",      "text",       "location",
                                              "contact",   "subject", "patient", "device",     "model",      "time",
                                              "id",        "ignored", "held",    "step"};

std::string_view sign(Comparator comparator) {
  static constexpr std::string_view signs[] = {"none", "<", "<=", ">=", ">"};
  return signs[static_cast<std::size_t>(comparator)];
}

std::string_view word(Origin origin) {
  static constexpr std::string_view words[] = {"unstated", "automatic", "manual"};
  return words[static_cast<std::size_t>(origin)];
}

bool equal_numbers(const std::string& expected, const std::string& found) {
  const auto left = fhir::Decimal::parse(expected), right = fhir::Decimal::parse(found);
  return left && right ? *left == *right : expected == found;
}

bool equal_times(const std::string& expected, const std::string& found) {
  const auto left = fhir::DateTime::parse(expected), right = fhir::DateTime::parse(found);
  return left && right && left->utc == right->utc;
}

// What an item has under a field of an expectation; nothing: it has no such field.
class Fields {
 public:
  explicit Fields(const Item& item) : item_(item) {}

  std::optional<std::string> operator()(const std::string& field) const {
    return std::visit([&](const auto& one) { return of(one, field); }, item_);
  }

 private:
  using Text = std::optional<std::string>;

  static Text whom(const std::string& field, const Subject& subject, const Device& device, const std::string& record) {
    if (field == "subject") return subject.id;
    if (field == "patient") return subject.patient ? subject.patient->value : "";
    if (field == "device") return device.id;
    if (field == "model") return device.model;
    if (field == "id") return record;
    return std::nullopt;
  }

  static Text component(const std::string& field, const std::vector<Component>& components) {
    constexpr std::string_view prefix = "components.";
    if (!field.starts_with(prefix)) return std::nullopt;
    for (const Component& each : components)
      if (fhir::info(each.kind).name == field.substr(prefix.size())) return each.value.text();
    return std::nullopt;
  }

  static Text of(const Measurement& item, const std::string& field) {
    if (field == "kind") return std::string(fhir::info(item.kind).name);
    if (field == "value") return item.text.empty() ? item.value.text() : item.text;
    if (field == "unit") return item.unit;
    if (field == "comparator") return std::string(sign(item.comparator));
    if (field == "origin") return std::string(word(item.origin));
    if (field == "uncertain") return item.time_uncertain ? "true" : "false";
    if (field == "version") return item.version;
    if (field == "note") return item.note;
    if (field == "time") return item.time.text();
    if (auto part = component(field, item.components)) return part;
    return whom(field, item.subject, item.device, item.record_id);
  }

  static Text of(const Event& item, const std::string& field) {
    if (field == "event") return std::string(fhir::info(item.kind).name);
    if (field == "text") return item.text;
    if (field == "location") return item.location;
    if (field == "contact") return item.contact;
    if (field == "time") return item.time.text();
    return whom(field, item.subject, item.device, item.record_id);
  }

  static Text of(const Ignored& item, const std::string& field) {
    if (field == "ignored") return std::string(name(item.reason));
    if (field == "step") return item.note;
    return std::nullopt;
  }

  static Text of(const Held& item, const std::string& field) {
    if (field == "held") return std::string(name(item.reason));
    if (field == "step") return item.note;
    if (field == "kind") return std::string(fhir::info(item.kind).name);
    if (field == "value") return item.value ? item.value->text() : "";
    if (field == "unit") return item.unit;
    if (field == "time") return item.time ? item.time->text() : "";
    if (auto part = component(field, item.components)) return part;
    return whom(field, item.subject, item.device, item.record_id);
  }

  const Item& item_;
};

std::string kind_of(const Item& item) {
  if (const auto* held = std::get_if<Held>(&item))
    return "held, " + std::string(name(held->reason)) + ": " + held->note;
  if (const auto* ignored = std::get_if<Ignored>(&item)) return "ignored, " + std::string(name(ignored->reason));
  if (const auto* event = std::get_if<Event>(&item)) return "event " + std::string(fhir::info(event->kind).name);
  return "reading of " + std::string(fhir::info(std::get<Measurement>(item).kind).name);
}

void compile_item(const YamlNode& node, const std::string& place, Report& report, Example& example) {
  Expected expected;
  expected.line = node.line;
  YamlMap map(node, place, report);
  const auto add = [&](const std::string& field, const YamlNode& value) {
    if (!value.is_text()) return report.error(value.line, place + "." + field + ": must be a word");
    expected.fields.emplace_back(field, value.text);
    expected.lines.push_back(value.line);
  };
  for (const std::string& field : item_fields) {
    const YamlNode* const value = map.get(field);
    if (value == nullptr) continue;
    if (field != "components") {
      add(field, *value);
      continue;
    }
    YamlMap parts(*value, map.at(field), report);
    for (std::size_t i = 0; i < value->keys.size(); ++i) add("components." + value->keys[i].text, value->items[i]);
  }
  map.refuse_unknown();
  const std::size_t outcomes = map.has("event") + map.has("ignored") + map.has("held");
  if (outcomes + (map.has("kind") && outcomes == 0) != 1)
    report.error(node.line, place + ": says what it is by one of kind, event, ignored and held");
  if (const auto time = map.text("time"); time && !fhir::DateTime::parse(*time))
    map.error("time", "must be a time with offset, like 2026-11-20T08:00:00+01:00");
  example.items.push_back(std::move(expected));
}

void compile_example(const YamlNode& node, const std::string& place, Report& report, Mapping& mapping) {
  Example example;
  example.line = node.line;
  example.received = fhir::Time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::hours{9}};
  YamlMap map(node, place, report);
  example.name = map.text("name").value_or(place);
  if (const auto payload = map.text("payload"))
    example.payload = *payload;
  else if (!map.has("payload"))
    report.error(node.line, place + ": 'payload' is missing");
  if (const auto zone = map.text("timezone")) example.timezone = *zone;
  if (const auto received = map.text("received")) {
    if (const auto time = fhir::DateTime::parse(*received))
      example.received = time->utc;
    else
      map.error("received", "must be a time with offset, like 2026-11-20T09:00:00Z");
  }
  example.error = map.text("error");
  const YamlNode* const items = map.get("items");
  if ((items != nullptr) == example.error.has_value())
    report.error(node.line, place + ": says what comes out by one of items and error");
  if (items != nullptr && !items->is_list()) map.error("items", "must be a list; each entry begins with '-'");
  if (items != nullptr && items->is_list())
    for (std::size_t i = 0; i < items->items.size(); ++i)
      compile_item(items->items[i], map.at("items") + "[" + std::to_string(i) + "]", report, example);
  map.refuse_unknown();
  mapping.examples.push_back(std::move(example));
}

// Compares one item; `say` gets the line and the difference.
template <class Say>
void compare(const Item& item, const Expected& expected, const std::string& where, const Say& say) {
  const Fields found(item);
  for (std::size_t i = 0; i < expected.fields.size(); ++i) {
    const auto& [field, wanted] = expected.fields[i];
    const auto is = found(field);
    if (!is) {
      say(expected.lines[i], where + "." + field + ": expected " + wanted + ", but it is a " + kind_of(item));
      return;
    }
    bool same = *is == wanted;
    if (field == "value" || field.starts_with("components.")) same = equal_numbers(wanted, *is);
    if (field == "time") same = equal_times(wanted, *is);
    if (field == "step") same = is->find(wanted) != std::string::npos;
    if (!same)
      say(expected.lines[i],
          where + "." + field + ": expected " + wanted + ", it is " + (is->empty() ? "nothing" : *is));
  }
}

}  // namespace

void compile_examples(const YamlNode& list, Report& report, Mapping& mapping) {
  mapping.examples_line = list.line;
  if (!list.is_list()) return report.error(list.line, "examples: must be a list; each entry begins with '-'");
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const std::string place = "examples[" + std::to_string(i) + "]";
    if (list.items[i].is_map())
      compile_example(list.items[i], place, report, mapping);
    else
      report.error(list.items[i].line, place + ": must be a section of keys and values");
  }
}

std::vector<Problem> run_examples(const Mapping& mapping, const ZoneByName& zones) {
  std::vector<Problem> problems;
  fhir::JsonDocument scratch;
  for (std::size_t i = 0; i < mapping.examples.size(); ++i) {
    const Example& example = mapping.examples[i];
    const std::string place = "examples[" + std::to_string(i) + "]";
    const auto say = [&](int line, std::string text) {
      problems.push_back({mapping.file, line, std::move(text), false});
    };
    const auto zone = zones(example.timezone);
    if (!zone) {
      say(example.line, place + ".timezone: there is no time zone '" + example.timezone + "'");
      continue;
    }
    const auto decoded = decode(example.payload, Context{*zone, example.received, scratch}, mapping);
    if (!decoded) {
      const std::string& is = decoded.error().detail;
      if (!example.error || is.find(*example.error) == std::string::npos)
        say(example.line, place + ": the payload is refused: " + is);
      continue;
    }
    if (example.error) {
      say(example.line, place + ".error: expected '" + *example.error + "', but the payload was read");
      continue;
    }
    const std::size_t both = std::min(decoded->items.size(), example.items.size());
    for (std::size_t n = 0; n < both; ++n)
      compare(decoded->items[n], example.items[n], place + ".items[" + std::to_string(n) + "]", say);
    for (std::size_t n = both; n < example.items.size(); ++n)
      say(example.items[n].line, place + ".items[" + std::to_string(n) +
                                     "]: there is no such item; the payload gives " +
                                     std::to_string(decoded->items.size()));
    for (std::size_t n = both; n < decoded->items.size(); ++n)
      say(example.line,
          place + ": gives an item more, number " + std::to_string(n) + ": " + kind_of(decoded->items[n]));
  }
  return problems;
}

}  // namespace adapters::mapping
