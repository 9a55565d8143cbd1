#include "adapters/csv.hpp"

#include <catch2/catch.hpp>

using adapters::CsvReader;

namespace {

// Fields joined by "|", records by "/"; the error's text when there is one.
std::string read_all(const std::string& text) {
  CsvReader csv(text);
  std::vector<std::string> fields;
  std::string all;
  for (;;) {
    const auto more = csv.next(fields);
    if (!more) return more.error().detail;
    if (!*more) return all;
    for (const std::string& field : fields) all += field + "|";
    all += "/";
  }
}

}  // namespace

TEST_CASE("csv: records and fields as RFC 4180 has them", "[adapters][csv]") {
  struct Row {
    const char* text;
    const char* expected;
  };
  const Row rows[] = {{"", ""},
                      {"a,b", "a|b|/"},
                      {"a,b\r\n", "a|b|/"},
                      {"a\nb\r\nc", "a|/b|/c|/"},
                      {"a,", "a||/"},
                      {",\n,", "||/||/"},
                      {"a\n\nb", "a|/|/b|/"},
                      {"\"a,b\",c", "a,b|c|/"},
                      {"\"a\"\"b\"", "a\"b|/"},
                      {"\"\",\"\"", "||/"},
                      {"\"a\r\nb\",c\nd", "a\r\nb|c|/d|/"},
                      {"a\"b,c", "a\"b|c|/"},
                      {"\xef\xbb\xbf"
                       "a,b",
                       "a|b|/"},
                      {"\"a", "line 1: a quoted field that does not end"},
                      {"a\n\"b\nc\n", "line 2: a quoted field that does not end"},
                      {"\"a\"b,c", "line 1: expected a comma or the end of the line after a field"},
                      {"\"a\" ,c", "line 1: expected a comma or the end of the line after a field"},
                      {"\"a\nb\"\n\"c\"d", "line 3: expected a comma or the end of the line after a field"},
                      {"a\rb", "line 1: expected a comma or the end of the line after a field"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.text) {
      CHECK(read_all(row.text) == row.expected);
    }
  }
}

TEST_CASE("csv: a record has at most a thousand fields", "[adapters][csv]") {
  CHECK(read_all(std::string(999, ',')) == std::string(1000, '|') + "/");
  CHECK(read_all(std::string(1000, ',')) == "line 1: more than 1000 fields");
}
