#include "fhir/json_lines.hpp"

#include <catch2/catch.hpp>

#include "fhir/json_reader.hpp"

namespace {

const char* const text = R"({"a": 1,
 "b": [
   {"c": "}\"{\n,[", "d": [[], {}]},

   "x", true
 ],
 "e":
   {"f": null}
})";

}  // namespace

TEST_CASE("json lines: a member stands where its name does, an element where it begins", "[fhir][json]") {
  const fhir::JsonLines lines(text);
  struct Row {
    const char* path;
    int line;
  };
  for (const Row& row : {Row{"", 1}, Row{"a", 1}, Row{"b", 2}, Row{"b[0]", 3}, Row{"b[0].c", 3}, Row{"b[0].d[1]", 3}, Row{"b[1]", 5},
                         Row{"b[2]", 5}, Row{"e", 7}, Row{"e.f", 8}}) {
    INFO(row.path);
    CHECK(lines.of(row.path) == row.line);
  }
}

TEST_CASE("json lines: what is not there is in the nearest place around it", "[fhir][json]") {
  const fhir::JsonLines lines(text);
  CHECK(lines.of("e.g") == 7);
  CHECK(lines.of("e.g.h[3].i") == 7);
  CHECK(lines.of("b[7]") == 2);
  CHECK(lines.of("nothing") == 1);
  CHECK(fhir::JsonLines("{").of("a") == 0);
}

TEST_CASE("json lines: names that an error does not show share the first one's line", "[fhir][json]") {
  const fhir::JsonLines lines("{\"13816590072\":{\n\"x\":1},\n\"13816590072 \":2}");
  CHECK(lines.of("?") == 1);
  CHECK(lines.of("?.x") == 2);
}

TEST_CASE("json lines: an error's byte is on a line", "[fhir][json]") {
  const std::string broken = "{\"a\":1,\n\"b\":2\n\"c\":3}";
  const auto document = fhir::JsonDocument::parse(broken);
  REQUIRE_FALSE(document.has_value());
  CHECK(fhir::line_of_error(broken, document.error().detail) == 3);
  CHECK(fhir::line_of_error(broken, "not JSON at all") == 0);
}
