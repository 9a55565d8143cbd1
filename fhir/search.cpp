#include "fhir/search.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

#include "fhir/national_id.hpp"

namespace fhir {
namespace {

Error refused(std::string_view parameter, std::string_view why) {
  return invalid("search parameter " + std::string(parameter) + ": " + std::string(why));
}
Error unsupported(std::string_view parameter, std::string_view why) {
  return {ErrorCategory::unsupported, "search parameter " + std::string(parameter) + ": " + std::string(why)};
}

// Splits at a separator that no backslash protects (R4 "escaping search parameters"). The pieces keep their escapes.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == separator) {
      pieces.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  pieces.push_back(text.substr(begin));
  return pieces;
}

std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

bool is_resource_id(std::string_view id) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '.'; };
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), allowed);
}

// Each reader takes one written parameter and adds one AND-group to the query.
struct Reading {
  std::string_view name;
  std::string_view value;
  const WallTime& zone;
  SearchQuery& query;
};

Result<void> read_ids(const Reading& in, std::vector<std::vector<std::string>>& groups, std::string_view type) {
  std::vector<std::string> group;
  for (std::string_view id : split(in.value, ',')) {
    if (!type.empty() && id.substr(0, type.size()) == type) id.remove_prefix(type.size());
    if (!is_resource_id(id))
      return refused(in.name, "expected an id" + (type.empty() ? "" : " or " + std::string(type) + "{id}"));
    group.emplace_back(id);
  }
  groups.push_back(std::move(group));
  return {};
}

Result<void> read_tokens(const Reading& in, std::vector<std::vector<Token>>& groups) {
  std::vector<Token> group;
  for (const std::string_view written : split(in.value, ',')) {
    const std::vector<std::string_view> parts = split(written, '|');
    Token token;
    if (parts.size() == 2) token.system = unescaped(parts[0]);
    token.code = unescaped(parts.back());
    const bool says_something = !token.code.empty() || (token.system && !token.system->empty());
    if (parts.size() > 2 || !says_something) return refused(in.name, "expected code, system|code, |code or system|");
    group.push_back(std::move(token));
  }
  groups.push_back(std::move(group));
  return {};
}

std::optional<DatePrefix> date_prefix(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, DatePrefix>, 9> prefixes = {{{"eq", DatePrefix::eq},
                                                                                {"ne", DatePrefix::ne},
                                                                                {"gt", DatePrefix::gt},
                                                                                {"lt", DatePrefix::lt},
                                                                                {"ge", DatePrefix::ge},
                                                                                {"le", DatePrefix::le},
                                                                                {"sa", DatePrefix::sa},
                                                                                {"eb", DatePrefix::eb},
                                                                                {"ap", DatePrefix::ap}}};
  for (const auto& [name, prefix] : prefixes)
    if (text == name) return prefix;
  return std::nullopt;
}

Time in_zone(Time wall_as_utc, const WallTime& zone) {
  return zone ? zone(std::chrono::local_time<std::chrono::microseconds>{wall_as_utc.time_since_epoch()}) : wall_as_utc;
}

Result<void> read_date(const Reading& in, std::vector<DateCondition>& conditions) {
  std::string text(in.value);
  DateCondition condition;
  if (!text.empty() && std::isalpha(static_cast<unsigned char>(text[0]))) {
    const auto prefix = date_prefix(std::string_view(text).substr(0, 2));
    if (!prefix) return refused(in.name, "unknown prefix");
    condition.prefix = *prefix;
    text.erase(0, 2);
  }
  if (text.find(',') != std::string::npos)
    return unsupported(in.name, "one value only; repeat the parameter for a range");
  // A "+" of an offset that a client did not encode arrives as a blank.
  constexpr std::size_t offset_length = 6;  // "+01:00"
  if (text.size() > offset_length && text[text.size() - offset_length] == ' ') text[text.size() - offset_length] = '+';
  const auto time = DateTime::parse(text);
  if (!time) return refused(in.name, "expected a date, or a time with zone");
  condition.from = time->utc;
  condition.to = time->end();
  if (!time->offset) {
    condition.from = in_zone(condition.from, in.zone);
    condition.to = in_zone(condition.to, in.zone);
  }
  conditions.push_back(condition);
  return {};
}

Result<void> read_sort(const Reading& in) {
  if (in.query.sort) return refused(in.name, "given twice");
  for (std::string_view key : split(in.value, ',')) {
    Sort sort;
    sort.descending = !key.empty() && key.front() == '-';
    if (sort.descending) key.remove_prefix(1);
    if (key == "_lastUpdated")
      sort.key = SortKey::last_updated;
    else if (key == "date" && in.query.type == "Observation")
      sort.key = SortKey::date;
    else
      return unsupported(in.name, "results of this type cannot be sorted by this key");
    if (!in.query.sort) in.query.sort = sort;
  }
  return {};
}

Result<void> read_count(const Reading& in) {
  constexpr int largest = 1'000'000;  // beyond any page; the caller's own cap is smaller
  if (in.value.empty() ||
      !std::all_of(in.value.begin(), in.value.end(), [](unsigned char c) { return std::isdigit(c); }))
    return refused(in.name, "expected a number from 0");
  int count = 0;
  for (const char c : in.value) count = std::min(largest, count * 10 + (c - '0'));
  in.query.count = count;
  return {};
}

Result<void> read_total(const Reading& in) {
  if (in.value == "none")
    in.query.total = Total::none;
  else if (in.value == "estimate")
    in.query.total = Total::estimate;
  else if (in.value == "accurate")
    in.query.total = Total::accurate;
  else
    return refused(in.name, "expected none, estimate or accurate");
  return {};
}

Result<void> check_format(const Reading& in) {
  // "application/fhir json" is what an unencoded "+" becomes.
  for (const std::string_view json :
       {"json", "application/json", "text/json", "application/fhir+json", "application/fhir json"})
    if (in.value == json) return {};
  return unsupported(in.name, "only JSON is served");
}

struct Parameter {
  std::string_view name;
  Result<void> (*read)(const Reading&);
  bool observation, patient, device, dispense;  // resource types that have it; a CarePlan has what a dispense has, but for times
};

constexpr std::string_view patient_prefix = "Patient/";

// `subject` is `patient` here: nothing but a Patient is ever the subject of what we store. `:identifier` asks for the
// identifier in the reference, which we always write as the patient's own, so it is the chained search.
// A Device is nobody's here: whose it was stands in links and on each reading, so R4's Device.patient is not served.
constexpr Parameter parameters[] = {
    {"_id", [](const Reading& in) { return read_ids(in, in.query.ids, ""); }, true, true, true, true},
    {"_lastUpdated", [](const Reading& in) { return read_date(in, in.query.last_updated); }, true, true, true, true},
    {"_sort", read_sort, true, false, false, false},
    {"_count", read_count, true, true, true, true},
    {"_total", read_total, true, true, true, true},
    {"_format", check_format, true, true, true, true},
    {"identifier", [](const Reading& in) { return read_tokens(in, in.query.identifiers); }, true, true, true, false},
    {"patient", [](const Reading& in) { return read_ids(in, in.query.patients, patient_prefix); }, true, false, false,
     true},
    {"subject", [](const Reading& in) { return read_ids(in, in.query.patients, patient_prefix); }, true, false, false,
     true},
    {"patient.identifier", [](const Reading& in) { return read_tokens(in, in.query.patient_identifiers); }, true, false,
     false, true},
    {"subject.identifier", [](const Reading& in) { return read_tokens(in, in.query.patient_identifiers); }, true, false,
     false, true},
    {"patient:identifier", [](const Reading& in) { return read_tokens(in, in.query.patient_identifiers); }, true, false,
     false, true},
    {"subject:identifier", [](const Reading& in) { return read_tokens(in, in.query.patient_identifiers); }, true, false,
     false, true},
    {"code", [](const Reading& in) { return read_tokens(in, in.query.codes); }, true, false, false, false},
    {"category", [](const Reading& in) { return read_tokens(in, in.query.categories); }, true, false, false, false},
    {"date", [](const Reading& in) { return read_date(in, in.query.dates); }, true, false, false, false},
    {"whenhandedover", [](const Reading& in) { return read_date(in, in.query.dates); }, false, false, false, true},
};

const Parameter* parameter_named(std::string_view name, std::string_view type) {
  for (const Parameter& parameter : parameters) {
    const bool of_type = (type == "Observation" && parameter.observation) || (type == "Patient" && parameter.patient) ||
                         (type == "Device" && parameter.device) || (type == "MedicationDispense" && parameter.dispense) ||
                         (type == "CarePlan" && parameter.dispense && parameter.name != "whenhandedover" && parameter.name != "_lastUpdated");
    if (of_type && parameter.name == name) return &parameter;
  }
  return nullptr;
}

}  // namespace

bool satisfies(const DateCondition& condition, Time time) {
  const bool within = time >= condition.from && time < condition.to;
  switch (condition.prefix) {
    case DatePrefix::eq:
      return within;
    case DatePrefix::ne:
      return !within;
    case DatePrefix::gt:
    case DatePrefix::sa:
      return time >= condition.to;
    case DatePrefix::lt:
    case DatePrefix::eb:
      return time < condition.from;
    case DatePrefix::ge:
      return time >= condition.from;
    case DatePrefix::le:
      return time < condition.to;
    case DatePrefix::ap:
      break;
  }
  const auto margin = std::max<Time::duration>(condition.to - condition.from, std::chrono::days{1});
  return time >= condition.from - margin && time < condition.to + margin;
}

Result<SearchQuery> parse_search(std::string_view type, const Parameters& written, const WallTime& zone) {
  SearchQuery query;
  query.type = type;
  for (const auto& [name, value] : written) {
    const Parameter* parameter = parameter_named(name, type);
    if (parameter == nullptr) {
      const std::string_view plain = std::string_view(name).substr(0, name.find(':'));
      // A known parameter under a modifier we do not have must not be ignored: it would widen the search.
      const Parameter* modified = plain.size() < name.size() ? parameter_named(plain, type) : nullptr;
      if (modified != nullptr) return unsupported(modified->name, "this modifier is not supported");
      query.unknown.push_back(may_contain_national_id(name) ? "(not shown)" : name);
      continue;
    }
    // An empty value is refused, not skipped: a client that lost its patient id must not be shown every patient.
    if (value.empty()) return refused(parameter->name, "has no value");
    const Result<void> read = parameter->read({parameter->name, value, zone, query});
    if (!read) return read.error();
    query.used.emplace_back(name, value);
  }
  return query;
}

}  // namespace fhir
