#include "adapters/mapping/sections.hpp"

#include <algorithm>

#include "adapters/mapping/nearest_word.hpp"
#include "fhir/units.hpp"

namespace adapters::mapping {
namespace {

const std::vector<std::string> default_keys = {"each",    "ignore", "ambiguous", "id",     "subject",
                                               "patient", "device", "time",      "unit",   "version_stamp",
                                               "origin",  "note",   "location",  "contact"};

const std::vector<std::string>& kind_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> made;
    for (const fhir::KindInfo& kind : fhir::all_kinds())
      if (kind.kind != fhir::Kind::unknown) made.emplace_back(kind.name);
    return made;
  }();
  return names;
}

const std::vector<std::string>& event_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> made;
    for (int i = 0; i < static_cast<int>(fhir::EventKind::unknown); ++i)
      made.emplace_back(fhir::info(static_cast<fhir::EventKind>(i)).name);
    return made;
  }();
  return names;
}

std::string unknown_word(const std::string& what, const std::string& word, const std::vector<std::string>& known) {
  const std::string meant = nearest_word(word, known);
  std::string text = "'" + word + "' is no " + what;
  if (word.starts_with('{') || word.size() > 64) text = "is no " + what;
  return meant.empty() ? text : text + "; did you mean '" + meant + "'?";
}

bool is_part(fhir::Kind kind) {
  return std::any_of(fhir::all_kinds().begin(), fhir::all_kinds().end(), [&](const fhir::KindInfo& each) {
    return std::find(each.components.begin(), each.components.end(), kind) != each.components.end();
  });
}

// What is wrong with `word` as the kind of a reading; empty: nothing.
std::string wrong_kind(const std::string& word) {
  const fhir::Kind kind = fhir::kind_named(word);
  if (kind == fhir::Kind::unknown) return unknown_word("kind of measurement", word, kind_names());
  if (is_part(kind)) return "'" + word + "' is only a component of blood-pressure";
  const fhir::ValueType value = fhir::info(kind).value;
  if (value == fhir::ValueType::questionnaire || value == fhir::ValueType::waveform)
    return "'" + word + "' is no single value, which is all a mapping can give";
  return {};
}

std::string wrong_event(const std::string& word) {
  if (fhir::event_named(word) != fhir::EventKind::unknown) return {};
  return unknown_word("kind of event", word, event_names());
}

std::string wrong_word(const std::string& word, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), word) != known.end()) return {};
  std::string list;
  for (const std::string& each : known) list.append(list.empty() ? "" : ", ").append(each);
  return "must be one of " + list;
}

bool fits(const std::string& unit, fhir::Kind kind) {
  const std::string_view code = fhir::ucum_code(unit, kind);
  return !code.empty() && fhir::to_canonical(fhir::Decimal(1), code, kind).has_value();
}

// The kinds a slot may give; empty when only the payload knows.
std::vector<fhir::Kind> possible_kinds(const MaybeSlot& slot) {
  std::vector<fhir::Kind> kinds;
  const auto add = [&](const std::string& word) {
    const fhir::Kind kind = fhir::kind_named(word);
    if (kind != fhir::Kind::unknown) kinds.push_back(kind);
  };
  if (!slot) return kinds;
  if (!slot->at) add(slot->fixed);
  if (slot->table == nullptr) return kinds;
  for (const auto& [word, kind] : slot->table->words) add(kind);
  if (slot->table->otherwise) add(*slot->table->otherwise);
  if (slot->fallback) add(*slot->fallback);
  return kinds;
}

std::optional<IgnoreReason> ignore_reason(std::string_view word) {
  for (int i = 0; i <= static_cast<int>(IgnoreReason::not_a_reading); ++i)
    if (name(static_cast<IgnoreReason>(i)) == word) return static_cast<IgnoreReason>(i);
  return std::nullopt;
}

constexpr const char* ignore_reasons =
    "must be one of control-solution, cancelled, heartbeat, goal-not-reading, not-a-reading";

}  // namespace

// One section with the defaults behind it.
class SectionCompiler::Reader {
 public:
  Reader(const YamlNode& node, std::string place, const YamlNode* defaults, SlotCompiler& slots)
      : slots(slots), map(node, std::move(place), slots.report()), defaults_(defaults) {}

  struct Found {
    const YamlNode* node = nullptr;
    std::string place;
    explicit operator bool() const { return node != nullptr; }
  };
  Found find(const std::string& key) {
    if (map.has(key) || defaults_ == nullptr) return {map.get(key), map.at(key)};
    map.get(key);  // known
    const YamlNode* const shared = defaults_->find(key);
    return {shared != nullptr && !shared->is_nothing() ? shared : nullptr, "defaults." + key};
  }

  MaybeSlot slot(const std::string& key, Plain plain) {
    const Found found = find(key);
    return found ? slots.slot(*found.node, found.place, scopes, plain) : std::nullopt;
  }
  // With the words it may give checked.
  MaybeSlot word(const std::string& key, const SlotCompiler::Check& check) {
    const Found found = find(key);
    if (!found) return std::nullopt;
    MaybeSlot made = slots.slot(*found.node, found.place, scopes, Plain::fixed);
    slots.check_words(made, *found.node, found.place, check);
    return made;
  }
  Slots list(const std::string& key, Plain plain) {
    const Found found = find(key);
    return found ? slots.slots(*found.node, found.place, scopes, plain) : Slots{};
  }
  Conditions conditions(const std::string& key) {
    const Found found = find(key);
    return found ? slots.conditions(*found.node, found.place, scopes) : Conditions{};
  }

  void item(ItemRule& rule) {
    rule.place = map.place();
    rule.when = conditions("when");
    ignore(rule);
    rule.id = list("id", Plain::expression);
    rule.subject = slot("subject", Plain::expression);
    patient(rule);
    device(rule);
    const Found time = find("time");
    if (time) rule.time = slots.time(*time.node, time.place, scopes);
    if (!rule.subject && !rule.patient && !rule.device.id && !find("subject") && !find("patient") && !find("device"))
      slots.report().error(map.line(), map.place() + ": names nobody; one of subject, patient and device is needed");
    if (!time) slots.report().error(map.line(), map.place() + ": 'time' is missing");
  }

  void missing(const std::string& key) { slots.report().error(map.line(), map.place() + ": '" + key + "' is missing"); }

  SlotCompiler& slots;
  YamlMap map;
  ScopeNames scopes;

 private:
  void ignore(ItemRule& rule) {
    const Found found = find("ignore");
    if (!found) return;
    YamlMap reasons(*found.node, found.place, slots.report());
    for (std::size_t i = 0; i < found.node->keys.size(); ++i) {
      const std::string& word = found.node->keys[i].text;
      const auto reason = ignore_reason(word);
      if (!reason) {
        slots.report().error(found.node->keys[i].line, found.place + "." + word + ": " + ignore_reasons);
        continue;
      }
      rule.ignore.push_back({*reason, slots.conditions(found.node->items[i], found.place + "." + word, scopes)});
      if (rule.ignore.back().when.empty()) rule.ignore.pop_back();  // a problem, and never "always"
    }
  }

  void patient(ItemRule& rule) {
    const Found found = find("patient");
    if (!found) return;
    YamlMap patient(*found.node, found.place, slots.report());
    const YamlNode* const system = patient.get("system");
    const YamlNode* const value = patient.get("value");
    if (system == nullptr || value == nullptr)
      slots.report().error(found.node->line, found.place + ": needs system and value");
    auto system_slot =
        system == nullptr ? MaybeSlot() : slots.slot(*system, patient.at("system"), scopes, Plain::fixed);
    auto value_slot =
        value == nullptr ? MaybeSlot() : slots.slot(*value, patient.at("value"), scopes, Plain::expression);
    patient.refuse_unknown();
    if (system_slot && value_slot) rule.patient = PatientRule{std::move(*system_slot), std::move(*value_slot)};
  }

  void device(ItemRule& rule) {
    const Found found = find("device");
    if (!found) return;
    YamlMap device(*found.node, found.place, slots.report());
    if (const YamlNode* id = device.get("id"))
      rule.device.id = slots.slot(*id, device.at("id"), scopes, Plain::expression);
    if (const YamlNode* model = device.get("model"))
      rule.device.model = slots.slot(*model, device.at("model"), scopes, Plain::fixed);
    device.refuse_unknown();
  }

  const YamlNode* defaults_;
};

SectionCompiler::SectionCompiler(SlotCompiler& slots, const YamlNode* defaults, Mapping& mapping)
    : slots_(slots), defaults_(defaults), mapping_(mapping) {
  if (defaults == nullptr) return;
  YamlMap map(*defaults, "defaults", slots.report());
  for (const std::string& key : default_keys) map.get(key);
  map.refuse_unknown();
}

std::vector<Each> SectionCompiler::read_each(Reader& section, ScopeNames& scopes) {
  scopes = {"root"};
  std::vector<Each> all;
  const Reader::Found found = section.find("each");
  if (!found) return all;
  Report& report = slots_.report();
  const auto add = [&](const YamlNode& node, const std::string& place) {
    std::string name;
    bool members = false;
    std::optional<Expression> at;
    if (node.is_map()) {
      // The two keys of its own are taken off before the rest is read as an expression.
      YamlNode rest = node;
      for (std::size_t i = rest.keys.size(); i-- > 0;) {
        const std::string key = rest.keys[i].text;
        const YamlNode& value = rest.items[i];
        if (key != "as" && key != "members") continue;
        if (key == "as") {
          name = value.text;
          const bool taken = std::find(scopes.begin(), scopes.end(), name) != scopes.end();
          if (name.empty() || taken) report.error(value.line, place + ".as: must be a word not used before");
        } else {
          members = value.text == "true";
          if (!members && value.text != "false") report.error(value.line, place + ".members: must be true or false");
        }
        rest.keys.erase(rest.keys.begin() + static_cast<std::ptrdiff_t>(i));
        rest.items.erase(rest.items.begin() + static_cast<std::ptrdiff_t>(i));
      }
      at = slots_.expression(rest, place);
    } else {
      at = slots_.expression(node, place);
    }
    if (at) {
      std::string step = place + " '" + at->text().substr(0, 80) + "'";
      all.push_back({std::move(*at), static_cast<Scope>(scopes.size() - 1), members, std::move(step)});
    }
    scopes.push_back(name);
  };
  if (!found.node->is_list()) {
    add(*found.node, found.place);
    return all;
  }
  constexpr std::size_t deepest = 4;
  if (found.node->items.empty() || found.node->items.size() > deepest)
    report.error(found.node->line,
                 found.place + ": must be one to four expressions, each within the items of the one before");
  for (std::size_t i = 0; i < found.node->items.size(); ++i)
    add(found.node->items[i], found.place + "[" + std::to_string(i) + "]");
  return all;
}

Group& SectionCompiler::group(std::vector<Each> each) {
  const auto same = [&](const Group& known) {
    return std::equal(known.each.begin(), known.each.end(), each.begin(), each.end(), [](const Each& a, const Each& b) {
      return a.at.text() == b.at.text() && a.members == b.members;
    });
  };
  const auto found = std::find_if(mapping_.groups.begin(), mapping_.groups.end(), same);
  if (found != mapping_.groups.end()) return *found;
  mapping_.groups.emplace_back().each = std::move(each);
  return mapping_.groups.back();
}

void SectionCompiler::reading(const YamlNode& node, std::string place) {
  Reader section(node, std::move(place), defaults_, slots_);
  Report& report = slots_.report();
  std::vector<Each> each = read_each(section, section.scopes);
  ReadingRule rule;
  section.item(rule);
  rule.ambiguous = section.conditions("ambiguous");
  rule.kind = section.word("kind", wrong_kind);
  if (!section.map.has("kind")) section.missing("kind");
  const std::vector<fhir::Kind> kinds = possible_kinds(rule.kind);
  const auto any = [&](auto test) { return std::any_of(kinds.begin(), kinds.end(), test); };
  const auto is_panel = [](fhir::Kind kind) { return fhir::info(kind).value == fhir::ValueType::components; };

  const auto fitting = [&](const std::string& unit) -> std::string {
    const auto one = [&](fhir::Kind kind) { return fits(unit, kind); };
    const auto part = [&](fhir::Kind kind) {
      return is_panel(kind) && std::any_of(fhir::info(kind).components.begin(), fhir::info(kind).components.end(), one);
    };
    const bool known = kinds.empty() ? std::any_of(fhir::all_kinds().begin(), fhir::all_kinds().end(),
                                                   [&](const fhir::KindInfo& info) { return fits(unit, info.kind); })
                                     : any(one) || any(part);
    if (known) return {};
    std::string text = "'" + unit + "' is no unit of " +
                       (kinds.size() == 1 ? std::string(fhir::info(kinds[0]).name) : "any of these kinds");
    if (unit.starts_with('/')) text += "; a place in the payload is written {pointer: " + unit + "}";
    return text;
  };
  const auto unit_of = [&](const Reader::Found& found) -> MaybeSlot {
    if (!found) return std::nullopt;
    // "/min" is a unit and would read as a pointer.
    MaybeSlot slot;
    if (found.node->is_text() && found.node->text.starts_with('/')) {
      YamlNode fixed;
      fixed.kind = YamlNode::Kind::map;
      fixed.line = found.node->line;
      fixed.keys = {{"fixed", fixed.line}};
      fixed.items = {*found.node};
      slot = slots_.slot(fixed, found.place, section.scopes, Plain::fixed);
    } else {
      slot = slots_.slot(*found.node, found.place, section.scopes, Plain::fixed);
    }
    slots_.check_words(slot, *found.node, found.place, fitting);
    return slot;
  };
  static const std::vector<std::string> comparators = {"<", "<=", ">=", ">", "none"};
  const auto wrong_comparator = [](const std::string& word) { return wrong_word(word, comparators); };

  rule.unit = unit_of(section.find("unit"));
  if (const auto value = section.find("value")) rule.value = slots_.number(*value.node, value.place, section.scopes);
  rule.comparator = section.word("comparator", wrong_comparator);

  if (const auto components = section.find("components")) {
    const fhir::Kind panel = [&] {
      const auto found = std::find_if(kinds.begin(), kinds.end(), is_panel);
      return found == kinds.end() ? fhir::kinds().blood_pressure : *found;
    }();
    const std::span<const fhir::Kind> parts = fhir::info(panel).components;
    YamlMap map(*components.node, components.place, report);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::string name(fhir::info(parts[i]).name);
      const YamlNode* const part = map.get(name);
      if (part == nullptr) {
        if (i < 2) report.error(map.line(), components.place + ": '" + name + "' is missing");
        continue;
      }
      ComponentRule made;
      made.kind = parts[i];
      made.required = i < 2;
      made.unit = unit_of(section.find("unit"));
      const std::string at = map.at(name);
      std::optional<NumberSlot> value;
      if (part->is_map() && part->find("value") != nullptr) {
        YamlMap inner(*part, at, report);
        if (const YamlNode* number = inner.get("value"))
          value = slots_.number(*number, inner.at("value"), section.scopes);
        if (inner.has("unit")) made.unit = unit_of({inner.get("unit"), inner.at("unit")});
        inner.get("unit");
        if (const YamlNode* sign = inner.get("comparator")) {
          made.comparator = slots_.slot(*sign, inner.at("comparator"), section.scopes, Plain::fixed);
          slots_.check_words(made.comparator, *sign, inner.at("comparator"), wrong_comparator);
        }
        inner.refuse_unknown();
      } else {
        value = slots_.number(*part, at, section.scopes);
      }
      if (!made.unit && !section.map.has("unit")) report.error(part->line, at + ": has no unit");
      if (!value) continue;
      made.value = std::move(*value);
      rule.components.push_back(std::move(made));
    }
    map.refuse_unknown();
  }

  static const std::vector<std::string> origins = {"automatic", "manual", "unstated"};
  rule.origin = section.word("origin", [](const std::string& word) { return wrong_word(word, origins); });
  rule.version = section.slot("version_stamp", Plain::expression);
  rule.note = section.list("note", Plain::fixed);
  for (const char* of_events : {"location", "contact"})
    if (!section.map.has(of_events)) section.find(of_events);  // known where it stands in the defaults
  section.map.refuse_unknown();

  if (rule.kind) {
    const bool only_payload_knows = kinds.empty() && rule.kind->at && rule.kind->table == nullptr;
    const bool panels = any(is_panel), singles = any([&](fhir::Kind kind) { return !is_panel(kind); });
    if ((singles || only_payload_knows) && !section.map.has("value")) section.missing("value");
    if (panels && !section.map.has("components")) section.missing("components");
    if (!panels && !only_payload_knows && !kinds.empty() && section.map.has("components"))
      report.error(section.map.line("components"),
                   section.map.at("components") + ": none of these kinds has components");
    const auto needs_unit = [](fhir::Kind kind) {
      const std::string_view unit = fhir::info(kind).unit;
      return fhir::info(kind).value == fhir::ValueType::quantity && !unit.empty() && !unit.starts_with('{');
    };
    if ((only_payload_knows || any(needs_unit)) && !rule.unit && !section.find("unit")) section.missing("unit");
  }
  Group& into = group(std::move(each));
  into.order.emplace_back(true, into.readings.size());
  into.readings.push_back(std::move(rule));
}

void SectionCompiler::event(const YamlNode& node, std::string place) {
  Reader section(node, std::move(place), defaults_, slots_);
  std::vector<Each> each = read_each(section, section.scopes);
  EventRule rule;
  section.item(rule);
  rule.kind = section.word("kind", wrong_event);
  if (!section.map.has("kind")) section.missing("kind");
  rule.text = section.list("text", Plain::fixed);
  rule.location = section.list("location", Plain::fixed);
  rule.contact = section.list("contact", Plain::fixed);
  section.map.refuse_unknown();
  Group& into = group(std::move(each));
  into.order.emplace_back(false, into.events.size());
  into.events.push_back(std::move(rule));
}

void SectionCompiler::ignored(const YamlNode& node, std::string place) {
  // Without the defaults: what has no `each` of its own is the whole payload.
  Reader section(node, std::move(place), nullptr, slots_);
  std::vector<Each> each = read_each(section, section.scopes);
  IgnoredRule rule;
  rule.place = section.map.place();
  rule.when = section.conditions("when");
  if (const auto word = section.map.text("reason")) {
    const auto reason = ignore_reason(*word);
    if (reason)
      rule.reason = *reason;
    else
      section.map.error("reason", ignore_reasons);
  } else {
    section.missing("reason");
  }
  section.map.refuse_unknown();
  group(std::move(each)).ignored.push_back(std::move(rule));
}

}  // namespace adapters::mapping
