#include "fhir/search.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace fhir;

namespace {

Time at(const char* text) {
  return DateTime::parse(text).value().utc;
}

SearchQuery query_of(const Parameters& parameters) {
  auto query = parse_search("Observation", parameters);
  if (!query) FAIL(query.error().detail);
  return *query;
}

std::string token_text(const Token& token) {
  return (token.system ? *token.system + "|" : "") + token.code;
}

}  // namespace

TEST_CASE("search: patients by id or reference", "[search]") {
  const SearchQuery query = query_of({{"patient", "p-1,Patient/p-2"}, {"subject", "Patient/p-1"}});
  CHECK(query.patients == std::vector<std::vector<std::string>>{{"p-1", "p-2"}, {"p-1"}});
}

TEST_CASE("search: tokens", "[search]") {
  struct Row {
    const char* written;
    std::vector<std::string> read;
  };
  const auto row = GENERATE(values<Row>({
      {"8867-4", {"8867-4"}},
      {"http://loinc.org|8867-4", {"http://loinc.org|8867-4"}},
      {"http://loinc.org|8867-4,http://snomed.info/sct|78564009",
       {"http://loinc.org|8867-4", "http://snomed.info/sct|78564009"}},
      {"|8867-4", {"|8867-4"}},                      // no system at all
      {"http://loinc.org|", {"http://loinc.org|"}},  // any code of it
      {R"(a\|b\,c|d\\e)", {R"(a|b,c|d\e)"}},         // escapes
  }));
  CAPTURE(row.written);
  for (const char* name :
       {"code", "category", "identifier", "patient.identifier", "subject.identifier", "patient:identifier"}) {
    CAPTURE(name);
    const SearchQuery query = query_of({{name, row.written}});
    const std::string parameter = name;
    const auto& groups = parameter == "code"         ? query.codes
                         : parameter == "category"   ? query.categories
                         : parameter == "identifier" ? query.identifiers
                                                     : query.patient_identifiers;
    REQUIRE(groups.size() == 1);
    std::vector<std::string> read;
    for (const Token& token : groups[0]) read.push_back(token_text(token));
    CHECK(read == row.read);
  }
}

TEST_CASE("search: a repeated parameter is one more condition", "[search]") {
  const SearchQuery query = query_of({{"code", "a,b"}, {"code", "c"}, {"_id", "x"}, {"_id", "y,z"}});
  CHECK(query.codes.size() == 2);
  CHECK(query.ids == std::vector<std::vector<std::string>>{{"x"}, {"y", "z"}});
}

TEST_CASE("search: dates are read as the period they are written as", "[search]") {
  struct Row {
    const char *written, *from, *to;
    DatePrefix prefix;
  };
  const auto row = GENERATE(values<Row>({
      {"2026", "2026-01-01", "2027-01-01", DatePrefix::eq},
      {"ge2026-11", "2026-11-01", "2026-12-01", DatePrefix::ge},
      {"lt2026-11-20", "2026-11-20", "2026-11-21", DatePrefix::lt},
      {"gt2026-11-20T08:00+01:00", "2026-11-20T07:00:00Z", "2026-11-20T07:01:00Z", DatePrefix::gt},
      {"le2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z", "2026-11-20T08:00:01Z", DatePrefix::le},
      {"sa2026-11-20T08:00:00.5Z", "2026-11-20T08:00:00.5Z", "2026-11-20T08:00:00.6Z", DatePrefix::sa},
      {"eb2026-11-20T08:00:00 01:00", "2026-11-20T07:00:00Z", "2026-11-20T07:00:01Z",
       DatePrefix::eb},  // an unencoded plus
  }));
  CAPTURE(row.written);
  for (const char* name : {"date", "_lastUpdated"}) {
    const SearchQuery query = query_of({{name, row.written}});
    const auto& conditions = std::string(name) == "date" ? query.dates : query.last_updated;
    REQUIRE(conditions.size() == 1);
    CHECK(conditions[0].prefix == row.prefix);
    CHECK(conditions[0].from == at(row.from));
    CHECK(conditions[0].to == at(row.to));
  }
}

TEST_CASE("search: a day without zone is a day of the given zone", "[search]") {
  const WallTime oslo_in_winter = [](auto wall) { return Time{wall.time_since_epoch()} - std::chrono::hours{1}; };
  const auto query =
      parse_search("Observation", {{"date", "2026-11-20"}, {"date", "ge2026-11-20T00:00:00Z"}}, oslo_in_winter);
  REQUIRE(query.has_value());
  CHECK(query->dates[0].from == at("2026-11-19T23:00:00Z"));
  CHECK(query->dates[0].to == at("2026-11-20T23:00:00Z"));
  CHECK(query->dates[1].from == at("2026-11-20T00:00:00Z"));  // says its zone itself
}

TEST_CASE("search: prefixes at the edges of a day", "[search]") {
  const DateCondition day{DatePrefix::eq, at("2026-11-20"), at("2026-11-21")};
  const auto tick = std::chrono::microseconds{1};
  struct Row {
    DatePrefix prefix;
    bool before, first, last, after;  // the instant before the day, its first and last, the first of the next
  };
  const auto row = GENERATE(values<Row>({
      {DatePrefix::eq, false, true, true, false},
      {DatePrefix::ne, true, false, false, true},
      {DatePrefix::gt, false, false, false, true},
      {DatePrefix::sa, false, false, false, true},
      {DatePrefix::lt, true, false, false, false},
      {DatePrefix::eb, true, false, false, false},
      {DatePrefix::ge, false, true, true, true},
      {DatePrefix::le, true, true, true, false},
      {DatePrefix::ap, true, true, true, true},
  }));
  CAPTURE(static_cast<int>(row.prefix));
  DateCondition condition = day;
  condition.prefix = row.prefix;
  CHECK(satisfies(condition, day.from - tick) == row.before);
  CHECK(satisfies(condition, day.from) == row.first);
  CHECK(satisfies(condition, day.to - tick) == row.last);
  CHECK(satisfies(condition, day.to) == row.after);
}

TEST_CASE("search: approximately is within the period's own length, a day at least", "[search]") {
  const DateCondition second{DatePrefix::ap, at("2026-11-20T08:00:00Z"), at("2026-11-20T08:00:01Z")};
  CHECK(satisfies(second, at("2026-11-19T08:00:00Z")));
  CHECK_FALSE(satisfies(second, at("2026-11-19T07:59:59Z")));
  const DateCondition month{DatePrefix::ap, at("2026-11"), at("2026-12")};
  CHECK(satisfies(month, at("2026-10-02T00:00:00Z")));
  CHECK_FALSE(satisfies(month, at("2026-09-30T00:00:00Z")));
}

TEST_CASE("search: sort, count and total", "[search]") {
  const SearchQuery plain = query_of({});
  CHECK_FALSE(plain.sort);
  CHECK(plain.count == 50);
  CHECK(plain.total == Total::none);

  const SearchQuery query =
      query_of({{"_sort", "-date,_lastUpdated"}, {"_count", "10"}, {"_total", "accurate"}, {"_format", "json"}});
  REQUIRE(query.sort);
  CHECK(query.sort->key == SortKey::date);
  CHECK(query.sort->descending);
  CHECK(query.count == 10);
  CHECK(query.total == Total::accurate);

  const SearchQuery ascending = query_of({{"_sort", "_lastUpdated"}, {"_count", "99999999999999999999"}});
  CHECK(ascending.sort->key == SortKey::last_updated);
  CHECK_FALSE(ascending.sort->descending);
  CHECK(ascending.count == 1'000'000);
  CHECK(query_of({{"_count", "0"}}).count == 0);
}

TEST_CASE("search: what is not known is named apart and left out of what was used", "[search]") {
  const SearchQuery query = query_of({{"code", "8867-4"}, {"value-quantity", "gt5"}, {"performer:Practitioner", "x"}});
  CHECK(query.unknown == std::vector<std::string>{"value-quantity", "performer:Practitioner"});
  CHECK(query.used == Parameters{{"code", "8867-4"}});
  CHECK(query_of({{"05898597468", "x"}}).unknown == std::vector<std::string>{"(not shown)"});
}

TEST_CASE("search: each type has its own parameters", "[search]") {
  const auto patient = parse_search("Patient", {{"identifier", "urn:x|1"}, {"code", "a"}, {"date", "2026"}});
  REQUIRE(patient.has_value());
  CHECK(patient->identifiers.size() == 1);
  CHECK(patient->unknown == std::vector<std::string>{"code", "date"});
  const auto device = parse_search("Device", {{"patient", "p-1"}, {"subject", "p-1"}});
  REQUIRE(device.has_value());
  CHECK(device->unknown == std::vector<std::string>{"patient", "subject"});
  CHECK(parse_search("Patient", {{"_sort", "date"}})->unknown == std::vector<std::string>{"_sort"});
}

// Never ignored: an ignored condition shows more patients than were asked for. And no value comes back in the text.
TEST_CASE("search: a condition that cannot be read is an error without its value", "[search]") {
  struct Row {
    const char *name, *value, *error;
  };
  const auto row = GENERATE(values<Row>({
      {"patient", "", "search parameter patient: has no value"},
      {"patient", "a,,b", "search parameter patient: expected an id or Patient/{id}"},
      {"patient", "http://other.example/fhir/Patient/1", "search parameter patient: expected an id or Patient/{id}"},
      {"subject", "Device/1", "search parameter subject: expected an id or Patient/{id}"},
      {"_id", "Observation/1", "search parameter _id: expected an id"},
      {"code", "|", "search parameter code: expected code, system|code, |code or system|"},
      {"code", "a|b|c", "search parameter code: expected code, system|code, |code or system|"},
      {"code", "a,", "search parameter code: expected code, system|code, |code or system|"},
      {"code:text", "pulse", "search parameter code: this modifier is not supported"},
      {"patient:missing", "true", "search parameter patient: this modifier is not supported"},
      {"date", "xx2026", "search parameter date: unknown prefix"},
      {"date", "2026-13", "search parameter date: expected a date, or a time with zone"},
      {"date", "ge", "search parameter date: expected a date, or a time with zone"},
      {"date", "2026-11-20T08:00:00", "search parameter date: expected a date, or a time with zone"},
      {"date", "2026,2027", "search parameter date: one value only; repeat the parameter for a range"},
      {"_sort", "code", "search parameter _sort: results of this type cannot be sorted by this key"},
      {"_sort", "-date,code", "search parameter _sort: results of this type cannot be sorted by this key"},
      {"_count", "-1", "search parameter _count: expected a number from 0"},
      {"_count", "ten", "search parameter _count: expected a number from 0"},
      {"_total", "all", "search parameter _total: expected none, estimate or accurate"},
      {"_format", "xml", "search parameter _format: only JSON is served"},
  }));
  CAPTURE(row.name, row.value);
  const auto query = parse_search("Observation", {{row.name, row.value}});
  REQUIRE_FALSE(query.has_value());
  CHECK(query.error().detail == row.error);
}

TEST_CASE("search: an identity number in a wrong place is not repeated", "[search]") {
  for (const char* name : {"patient", "date", "_sort", "_count", "_total", "_format", "code:in"}) {
    CAPTURE(name);
    const auto query = parse_search("Observation", {{name, "058985 97468|"}});
    REQUIRE_FALSE(query.has_value());
    CHECK(query.error().detail.find("058985") == std::string::npos);
  }
}
