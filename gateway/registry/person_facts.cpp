#include "gateway/registry/person_facts.hpp"

#include <charconv>
#include <cstdio>

#include "fhir/json_writer.hpp"

namespace gateway::registry {
namespace {

constexpr std::size_t reason_bytes_max = 1000;

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// "1950-03-01"
std::optional<std::chrono::year_month_day> day_named(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8, 2));
  if (!year || !month || !day || *year < 1800) return std::nullopt;
  const std::chrono::year_month_day made{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return made.ok() ? std::optional(made) : std::nullopt;
}

std::string day_text(std::chrono::year_month_day day) {
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                static_cast<unsigned>(day.day()));
  return text;
}

}  // namespace

thresholds::Person PersonFacts::at(fhir::Time time) const {
  thresholds::Person person;
  person.pregnant = pregnant;
  person.news2_scale = news2_scale;
  if (born) {
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(time));
    int age = static_cast<int>(today.year()) - static_cast<int>(born->year());
    if (today.month() < born->month() || (today.month() == born->month() && today.day() < born->day())) --age;
    person.age_years = age;
  }
  return person;
}

std::string person_json(const PersonFacts& person) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object();
  if (person.born) writer.member("born", day_text(*person.born));
  if (person.pregnant) writer.member("pregnant", *person.pregnant);
  if (person.news2_scale != 1) writer.member("news2_scale", static_cast<std::int64_t>(person.news2_scale));
  writer.member_if("reason", person.reason).end_object();
  return out;
}

fhir::Result<PersonFacts> person_from_json(fhir::JsonValue value) {
  if (!value.is_object()) return fhir::invalid("person: expected an object");
  PersonFacts person;
  std::string problems;
  const auto problem = [&](std::string_view text) { problems.append(problems.empty() ? "" : "; ").append(text); };
  for (const fhir::JsonValue member : value) {
    if (member.key() == "born") {
      person.born = day_named(member.text().value_or(""));
      if (!person.born) problem("person.born: expected a day, YYYY-MM-DD");
    } else if (member.key() == "pregnant") {
      if (!member.is_boolean()) problem("person.pregnant: expected true or false");
      person.pregnant = member.scalar() == "true";
    } else if (member.key() == "news2_scale") {
      const auto scale = member.as_integer();
      if (!scale || (*scale != 1 && *scale != 2)) problem("person.news2_scale: expected 1 or 2");
      person.news2_scale = scale && *scale == 2 ? 2 : 1;
    } else if (member.key() == "reason") {
      person.reason = member.text().value_or("");
      if (person.reason.empty() || person.reason.size() > reason_bytes_max) problem("person.reason: expected a text of at most 1000 bytes");
    } else {
      problem("person." + std::string(member.key().substr(0, 40)) + ": unknown; known are born, pregnant, news2_scale, reason");
    }
  }
  if (person.news2_scale == 2 && person.reason.empty()) problem("person.reason: scale 2 is a clinician's decision and needs its reason");
  if (!problems.empty()) return fhir::invalid(problems);
  return person;
}

PersonFacts stored_person(std::string_view json) {
  const auto document = fhir::JsonDocument::parse(json);
  if (!document) return {};
  auto person = person_from_json(document->root());
  return person ? std::move(*person) : PersonFacts{};
}

}  // namespace gateway::registry
