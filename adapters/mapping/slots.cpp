#include "adapters/mapping/slots.hpp"

#include <algorithm>

#include "adapters/mapping/nearest_word.hpp"

namespace adapters::mapping {
namespace {

bool begins_expression(const std::string& text) {
  return text.starts_with('$') || text.starts_with('/');
}

struct FormName {
  std::string_view name;
  TimeRule::Form form;
};
constexpr FormName forms[] = {{"text", TimeRule::Form::text},
                              {"epoch-s", TimeRule::Form::epoch_seconds},
                              {"epoch-ms", TimeRule::Form::epoch_millis},
                              {"local-epoch-s", TimeRule::Form::local_epoch_seconds},
                              {"local-epoch-ms", TimeRule::Form::local_epoch_millis}};

}  // namespace

const std::string* Table::find(std::string_view word) const {
  const auto found = words.find(word);
  if (found != words.end()) return &found->second;
  return otherwise ? &*otherwise : nullptr;
}

std::shared_ptr<const Table> SlotCompiler::make_table(const YamlNode& node, const std::string& place) {
  YamlMap map(node, place, report_);  // doubled words are problems
  if (!node.is_map()) return nullptr;
  auto made = std::make_shared<Table>();
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& word = node.keys[i].text;
    const YamlNode& value = node.items[i];
    if (!value.is_text()) {
      report_.error(node.keys[i].line, place + "." + word + ": must be a word");
    } else if (word == "default") {
      made->otherwise = value.text;
    } else {
      made->words.emplace(word, value.text);
    }
  }
  table_nodes_[made.get()] = {&node, place};
  return made;
}

void SlotCompiler::add_table(const std::string& name, const YamlNode& node) {
  tables_[name] = make_table(node, "tables." + name);
}

std::shared_ptr<const Table> SlotCompiler::table(const YamlNode& node, const std::string& place) {
  if (node.is_map()) return make_table(node, place);
  if (node.is_text()) {
    const auto found = tables_.find(node.text);
    if (found != tables_.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [name, table] : tables_) names.push_back(name);
    const std::string meant = nearest_word(node.text, names);
    report_.error(node.line, place + ": there is no table '" + node.text + "'" +
                                 (meant.empty() ? std::string() : "; did you mean '" + meant + "'?"));
    return nullptr;
  }
  report_.error(node.line, place + ": must be the name of a table, or one written out");
  return nullptr;
}

std::optional<Expression> SlotCompiler::compile(std::string_view text, Language language, int line,
                                                const std::string& place) {
  auto made = Expression::compile(text, language);
  if (!made) {
    report_.error(line, place + ": " + made.error().detail);
    return std::nullopt;
  }
  for (const std::string& warning : made->warnings()) report_.warning(line, place + ": " + warning);
  return *std::move(made);
}

std::optional<Expression> SlotCompiler::plain_text(const YamlNode& node, const std::string& place) {
  const std::string& text = node.text;
  if (text.starts_with('$')) return compile(text, Language::json_path, node.line, place);
  if (text.starts_with('/')) return compile(text, Language::pointer, node.line, place);
  if (!language_ || text.empty()) {
    report_.error(node.line, place + ": '" + text.substr(0, 80) +
                                 "' is no expression; begin it with $ (JSONPath) or / (JSON Pointer), write {jmespath: "
                                 "...}, or set 'language'");
    return std::nullopt;
  }
  return compile(*language_ == Language::pointer ? "/" + text : text, *language_, node.line, place);
}

// The expression of a map: {at: …}, or under the name of its language.
std::optional<Expression> SlotCompiler::expression_of(YamlMap& map) {
  struct Named {
    const char* key;
    Language language;
  };
  static constexpr Named named[] = {
      {"jsonpath", Language::json_path}, {"jmespath", Language::jmes_path}, {"pointer", Language::pointer}};
  std::optional<Expression> made;
  std::size_t given = map.has("at");
  if (const YamlNode* node = map.get("at")) {
    if (node->is_text())
      made = plain_text(*node, map.at("at"));
    else
      map.error("at", "must be an expression");
  }
  for (const Named& each : named) {
    given += map.has(each.key);
    if (const auto text = map.text(each.key))
      made = compile(*text, each.language, map.line(each.key), map.at(each.key));
  }
  if (given > 1) report_.error(map.line(), map.place() + ": more than one expression");
  if (given == 0)
    report_.error(map.line(), map.place() + ": no expression; one of at, jsonpath, jmespath and pointer is needed");
  return given == 1 ? std::move(made) : std::nullopt;
}

std::optional<Expression> SlotCompiler::expression(const YamlNode& node, const std::string& place) {
  if (node.is_text()) return plain_text(node, place);
  if (node.is_map()) {
    YamlMap map(node, place, report_);
    auto made = expression_of(map);
    map.refuse_unknown();
    return made;
  }
  report_.error(node.line, place + ": must be an expression");
  return std::nullopt;
}

Scope SlotCompiler::scope(YamlMap& map, const ScopeNames& scopes) {
  const auto name = map.text("from");
  if (!name) return static_cast<Scope>(scopes.size() - 1);
  const auto found = std::find(scopes.begin(), scopes.end(), *name);
  if (found == scopes.end()) {
    std::string known;
    for (const std::string& each : scopes)
      if (!each.empty()) known.append(known.empty() ? "" : ", ").append(each);
    map.error("from", "nothing is called '" + *name + "'; here are: " + known);
    return 0;
  }
  return static_cast<Scope>(found - scopes.begin());
}

void SlotCompiler::finish(Slot& slot, const std::string& place) {
  constexpr std::size_t shown = 80;
  slot.number = slots_made_++;
  slot.step = place;
  if (!slot.at) return;
  const std::string& text = slot.at->text();
  slot.step += " '" + text.substr(0, shown) + (text.size() > shown ? "..." : "") + "'";
}

MaybeSlot SlotCompiler::slot(const YamlNode& node, const std::string& place, const ScopeNames& scopes, Plain plain,
                             const More& more) {
  Slot made;
  made.scope = static_cast<Scope>(scopes.size() - 1);
  if (node.is_text()) {
    if (plain == Plain::fixed && !begins_expression(node.text)) {
      made.fixed = node.text;
    } else {
      made.at = plain_text(node, place);
      if (!made.at) return std::nullopt;
    }
    finish(made, place);
    return made;
  }
  if (!node.is_map()) {
    report_.error(node.line,
                  place + (plain == Plain::fixed ? ": must be a word or an expression" : ": must be an expression"));
    return std::nullopt;
  }
  YamlMap map(node, place, report_);
  const bool is_fixed = plain != Plain::expression && map.has("fixed");
  const bool as_it_is = plain != Plain::fixed && !more;  // subject, device id and their like
  if (is_fixed) {
    if (auto word = map.text("fixed")) made.fixed = *word;
  } else {
    made.at = expression_of(map);
    made.scope = scope(map, scopes);
    made.optional = map.flag("optional");
    if (auto word = map.text("default")) {
      if (as_it_is) map.error("default", "is taken as the payload has it; a default would be the same for all");
      made.fallback = std::move(word);
    }
    if (const YamlNode* table_node = map.get("table")) {
      if (as_it_is) map.error("table", "is taken as the payload has it");
      made.table = table(*table_node, map.at("table"));
    }
  }
  if (more) more(map);
  map.refuse_unknown();
  if (!made.at && !is_fixed) return std::nullopt;
  finish(made, place);
  return made;
}

Slots SlotCompiler::slots(const YamlNode& node, const std::string& place, const ScopeNames& scopes, Plain plain) {
  Slots made;
  if (!node.is_list()) {
    if (auto only = slot(node, place, scopes, plain)) made.parts.push_back(std::move(*only));
    return made;
  }
  if (node.items.empty()) report_.error(node.line, place + ": an empty list");
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Plain of_part = plain == Plain::expression ? Plain::part : plain;
    auto part = slot(node.items[i], place + "[" + std::to_string(i) + "]", scopes, of_part);
    if (part) made.parts.push_back(std::move(*part));
  }
  const auto varies = [](const Slot& part) { return part.at.has_value(); };
  if (plain == Plain::expression && std::none_of(made.parts.begin(), made.parts.end(), varies))
    report_.error(node.line, place + ": is the same for every item");
  return made;
}

std::optional<NumberSlot> SlotCompiler::number(const YamlNode& node, const std::string& place,
                                               const ScopeNames& scopes) {
  NumberSlot made;
  auto from = slot(node, place, scopes, Plain::expression, [&](YamlMap& map) {
    if (const auto factor = map.text("times")) {
      const auto parsed = fhir::Decimal::parse(*factor);
      if (parsed && *parsed != fhir::Decimal(0))
        made.times = *parsed;
      else
        map.error("times", "must be a number other than 0, written like 0.001");
    }
    if (const YamlNode* power = map.get("power")) made.power = slot(*power, map.at("power"), scopes, Plain::expression);
    if (const auto mark = map.text("decimal")) {
      made.comma = *mark == "comma";
      if (!made.comma && *mark != "point") map.error("decimal", "must be point or comma");
    }
    if (map.has("default")) map.error("default", "a value is never made up");
  });
  if (!from) return std::nullopt;
  made.from = std::move(*from);
  return made;
}

void SlotCompiler::read_offset(const YamlNode& node, const std::string& place, const ScopeNames& scopes,
                               TimeRule& rule) {
  if (node.is_text() && node.text == "source") return;
  if (node.is_text() && !begins_expression(node.text)) {
    const auto offset = node.text == "utc" ? std::optional(std::chrono::minutes(0)) : parse_offset(node.text);
    if (!offset)
      report_.error(node.line,
                    place + ": must be source, utc, an offset such as +01:00, or an expression that gives one");
    rule.offset_form = TimeRule::Offset::fixed;
    rule.offset = offset.value_or(std::chrono::minutes(0));
    return;
  }
  rule.offset_form = TimeRule::Offset::text;
  rule.offset_slot = slot(node, place, scopes, Plain::expression, [&](YamlMap& map) {
    const auto unit = map.text("unit");
    if (!unit) return;
    if (*unit == "minutes")
      rule.offset_form = TimeRule::Offset::minutes;
    else if (*unit == "seconds")
      rule.offset_form = TimeRule::Offset::seconds;
    else
      map.error("unit", "must be minutes or seconds; an offset written like +01:00 needs none");
  });
}

std::optional<TimeRule> SlotCompiler::time(const YamlNode& node, const std::string& place, const ScopeNames& scopes) {
  TimeRule made;
  if (node.is_text() && node.text == "received") {
    made.form = TimeRule::Form::received;
    return made;
  }
  const auto more = [&](YamlMap& map) {
    const auto form = map.text("format");
    if (form) {
      const auto* found =
          std::find_if(std::begin(forms), std::end(forms), [&](const FormName& each) { return each.name == *form; });
      if (found == std::end(forms))
        map.error("format", "must be text, epoch-s, epoch-ms, local-epoch-s or local-epoch-ms");
      else
        made.form = found->form;
    }
    if (const auto pattern = map.text("pattern")) {
      if (form) map.error("pattern", "beside 'format'; it is one itself");
      auto compiled = TimePattern::compile(*pattern);
      if (compiled)
        made.pattern = std::move(*compiled);
      else
        map.error("pattern", compiled.error().detail);
      made.form = TimeRule::Form::pattern;
    }
    if (const YamlNode* zone = map.get("zone")) read_offset(*zone, map.at("zone"), scopes, made);
    if (const YamlNode* plus = map.get("plus_seconds"))
      made.plus_seconds = slot(*plus, map.at("plus_seconds"), scopes, Plain::expression);
    if (map.has("table") || map.has("default")) map.error("at", "a time has neither 'table' nor 'default'");
  };
  if (!node.is_map() || node.find("date") == nullptr) {
    made.from = slot(node, place, scopes, Plain::expression, more);
    return made.from ? std::optional(std::move(made)) : std::nullopt;
  }
  YamlMap map(node, place, report_);
  if (const YamlNode* date = map.get("date")) made.from = slot(*date, map.at("date"), scopes, Plain::expression);
  if (const YamlNode* clock = map.get("time"))
    made.time_of_day = slot(*clock, map.at("time"), scopes, Plain::expression);
  else
    report_.error(map.line(), map.place() + ": 'date' without 'time'; a reading has a time of day");
  more(map);
  map.refuse_unknown();
  if (made.form != TimeRule::Form::text && made.form != TimeRule::Form::pattern)
    map.error("format", "date and time are texts");
  if (!made.from || !made.time_of_day) return std::nullopt;
  return made;
}

std::optional<Condition> SlotCompiler::condition(const YamlNode& node, const std::string& place,
                                                 const ScopeNames& scopes) {
  Condition made;
  MaybeSlot subject;
  if (!node.is_map()) {
    subject = slot(node, place, scopes, Plain::expression);
  } else {
    YamlMap map(node, place, report_);
    Slot looked;
    looked.at = expression_of(map);
    looked.scope = scope(map, scopes);
    const auto words = [&](const char* key, Condition::Test test) {
      const YamlNode* list = map.get(key);
      if (list == nullptr) return;
      if (made.test != Condition::Test::holds) map.error(key, "one of is, is_not and present is enough");
      made.test = test;
      const auto add = [&](const YamlNode& word) {
        if (word.is_text())
          made.words.push_back(word.text);
        else
          map.error(key, "must be a word or a list of words");
      };
      if (list->is_list())
        for (const YamlNode& word : list->items) add(word);
      else
        add(*list);
    };
    words("is", Condition::Test::is);
    words("is_not", Condition::Test::is_not);
    if (map.has("present")) {
      if (made.test != Condition::Test::holds) map.error("present", "one of is, is_not and present is enough");
      made.test = map.flag("present") ? Condition::Test::present : Condition::Test::absent;
    }
    map.refuse_unknown();
    if (looked.at) {
      finish(looked, place);
      subject = std::move(looked);
    }
  }
  if (!subject) return std::nullopt;
  made.subject = std::move(*subject);
  return made;
}

Conditions SlotCompiler::conditions(const YamlNode& node, const std::string& place, const ScopeNames& scopes) {
  Conditions made;
  if (!node.is_list()) {
    if (auto only = condition(node, place, scopes)) made.push_back(std::move(*only));
    return made;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    auto one = condition(node.items[i], place + "[" + std::to_string(i) + "]", scopes);
    if (one) made.push_back(std::move(*one));
  }
  return made;
}

void SlotCompiler::check_words(const MaybeSlot& slot, const YamlNode& node, const std::string& place,
                               const Check& check) {
  if (!slot) return;
  const auto report = [&](int line, const std::string& where, const std::string& word) {
    const std::string wrong = check(word);
    if (!wrong.empty()) report_.error(line, where + ": " + wrong);
  };
  if (!slot->at) report(node.line, place, slot->fixed);
  if (slot->fallback) {
    const YamlNode* const fallback = node.find("default");
    report(fallback == nullptr ? node.line : fallback->line, place + ".default", *slot->fallback);
  }
  if (!slot->table) return;
  const auto& [table, name] = table_nodes_.at(slot->table.get());
  for (std::size_t i = 0; i < table->keys.size(); ++i) {
    if (table->items[i].is_text()) report(table->items[i].line, name + "." + table->keys[i].text, table->items[i].text);
  }
}

}  // namespace adapters::mapping
