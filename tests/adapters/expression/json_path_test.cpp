// Json.NET's dialect of JSONPath: paths, filters, what differs from others, and what is refused.
#include "adapters/expression/json_path.hpp"

#include <catch2/catch.hpp>

namespace {

using adapters::expression::JsonPath;
using adapters::expression::Value;
using adapters::expression::Workspace;

// The matches as a JSON list; "syntax: ..." or "error: ..." otherwise.
std::string matches(std::string_view expression, const Value& root, Workspace& workspace) {
  const auto path = JsonPath::compile(expression);
  if (!path) return "syntax: " + path.error().detail;
  const auto found = path->evaluate(root, workspace);
  if (!found) return "error: " + found.error().detail;
  return Value::array(found->data(), found->size()).json();
}

std::string matches(std::string_view expression, std::string_view document) {
  const auto parsed = fhir::JsonDocument::parse(document);
  REQUIRE(parsed.has_value());
  Workspace workspace;
  return matches(expression, parsed->root(), workspace);
}

struct Row {
  const char* expression;
  const char* expected;
};

void check(std::string_view document, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.expression << "   of   " << document);
    CHECK(matches(row.expression, document) == row.expected);
  }
}

}  // namespace

TEST_CASE("jsonpath: names, quotes and wildcards", "[adapters][jsonpath]") {
  check(
      R"({"a":{"b":1,"c":null},"a b":2,"iothub-enqueuedtime":3,"$x":4,"it's":5,"list":[10,{"b":11}],"Blåbær":6})",
      {{"$",
        R"([{"a":{"b":1,"c":null},"a b":2,"iothub-enqueuedtime":3,"$x":4,"it's":5,"list":[10,{"b":11}],"Blåbær":6}])"},
       {"$.a.b", "[1]"},
       {"a.b", "[1]"},
       {"  $.a.b  ", "[1]"},
       {"$.a.c", "[null]"},
       {"$.a.d", "[]"},
       {"$.A", "[]"},
       {"$.a.b.c", "[]"},
       {"$['a']['b']", "[1]"},
       {"$['a'].b", "[1]"},
       {"$.['a'].b", "[1]"},
       {"$.a['b','c']", "[1,null]"},
       {"$.a['c', 'b', 'd']", "[null,1]"},
       {"$['a b']", "[2]"},
       {"$( 'a b' )", "[2]"},
       {"$.iothub-enqueuedtime", "[3]"},
       {"$x", "[4]"},
       {R"($['it\'s'])", "[5]"},
       {"$.Blåbær", "[6]"},
       {"$.a.*", "[1,null]"},
       {"$.list.*", "[]"},
       {"$.list[*]", R"([10,{"b":11}])"},
       {"$.a[*]", "[]"},
       {"$.list[*].b", "[11]"}});
}

TEST_CASE("jsonpath: indices and slices", "[adapters][jsonpath]") {
  check("[0,1,2,3,4]", {{"$[0]", "[0]"},
                        {"[4]", "[4]"},
                        {"(4)", "[4]"},
                        {"$[5]", "[]"},
                        {"$[ 1 ]", "[1]"},
                        {"$[3,0, 3]", "[3,0,3]"},
                        {"$[1:3]", "[1,2]"},
                        {"$[:2]", "[0,1]"},
                        {"$[3:]", "[3,4]"},
                        {"$[-1:]", "[4]"},
                        {"$[-2:]", "[3,4]"},
                        {"$[:-3]", "[0,1]"},
                        {"$[::2]", "[0,2,4]"},
                        {"$[::-1]", "[4,3,2,1,0]"},
                        {"$[3:0:-2]", "[3,1]"},
                        {"$[:]", "[0,1,2,3,4]"},
                        {"$[9:]", "[]"},
                        {"$.a[0]", "[]"}});
  check(R"([[1,2],[3,4]])",
        {{"$[1][0]", "[3]"}, {"$[*][1]", "[2,4]"}, {"$[0:][::-1]", "[2,1,4,3]"}, {"$[0](1)", "[2]"}});
}

TEST_CASE("jsonpath: two dots go through everything below in document order", "[adapters][jsonpath]") {
  check(R"({"v":1,"in":{"v":[{"v":2},5],"w":3}})", {{"$..v", R"([1,[{"v":2},5],2])"},
                                                    {"$..['v']", R"([1,[{"v":2},5],2])"},
                                                    {"$..['w','v']", R"([1,[{"v":2},5],2,3])"},
                                                    {"$.in..v", R"([[{"v":2},5],2])"},
                                                    {"$..in.w", "[3]"},
                                                    {"$..x", "[]"},
                                                    {"$.in.w..*", "[3]"}});
  check(R"({"a":[1]})", {{"$..*", R"([{"a":[1]},[1],1])"}});
  // Json.NET forgets the two dots before an index.
  check(R"([[1,2],[3]])", {{"$..[0]", "[[1,2]]"}, {"$..[*]", "[[1,2],[3]]"}});
}

TEST_CASE("jsonpath: filters test the elements of arrays", "[adapters][jsonpath]") {
  check(R"([{"n":1,"s":"a"},{"n":2.0,"s":"b","x":null},{"n":"3","s":""},{"n":false},{"n":[1]},4])",
        {{"$[?(@.x)]", R"([{"n":2.0,"s":"b","x":null}])"},
         {"$[?(@x)].n", "[2.0]"},
         {"$[?(@.s)].s", R"(["a","b",""])"},
         {"$[?(@.n == 1)].s", R"(["a"])"},
         {"$[?(@.n == 1.0)].s", R"(["a"])"},
         {"$[?(@.n === 2)].s", R"(["b"])"},
         {"$[?(@.n=='3')].s", R"([""])"},
         {"$[?(@.n == 3)].s", "[]"},
         {"$[?(@.n != 1)].n", R"([2.0,"3",false,[1]])"},
         {"$[?(@.n <> 1)].n", R"([2.0,"3",false,[1]])"},
         {"$[?(@.n !== 1)].n", R"([2.0,"3",false])"},
         {"$[?(@.n == false)].n", "[false]"},
         {"$[?(@.x == null)].n", "[2.0]"},
         {"$[?(@.x != 1)].n", "[2.0]"},
         {"$[?(@.n > 1)].n", R"([2.0,"3"])"},
         {"$[?(@.n >= 2)].n", R"([2.0,"3"])"},
         {"$[?(@.n < 2)].n", "[1]"},
         {"$[?(@.n <= 2)].n", "[1,2.0]"},
         {"$[?(1 < @.n)].n", R"([2.0,"3"])"},
         {"$[?(@.s > 'a')].s", R"(["b"])"},
         {"$[?(@.x < 5)].n", "[2.0]"},
         {"$[?(@ == 4)]", "[4]"},
         {"$[?(@.n[0])].n", "[[1]]"},
         {"$[?(@.n == $[0].n)].s", R"(["a"])"},
         {"$[?( $[1].x )].s", R"(["a","b",""])"},
         {"$[?(@['s'] == 'b')].n", "[2.0]"}});
  check(R"({"a":{"k":1},"b":{"k":2}})", {{"$[?(@.k == 1)]", "[]"}, {"$.a[?(@.k)]", "[]"}});
  check(R"d([{"s":"it's"},{"s":"a\tb"},{"s":"x)"}])d", {{R"($[?(@.s == 'it\'s')].s)", R"(["it's"])"},
                                                        {R"($[?(@.s == 'a\tb')].s)", R"(["a\tb"])"},
                                                        {"$[?(@.s == 'x)')].s", R"d(["x)"])d"}});
}

TEST_CASE("jsonpath: and, or, not and their quirks", "[adapters][jsonpath]") {
  const char* const document = R"([{"a":1},{"b":1},{"c":1},{"a":1,"c":1},{"b":1,"c":1}])";
  check(document, {{"$[?(@.a && @.c)]", R"([{"a":1,"c":1}])"},
                   {"$[?(@.a || @.b)]", R"([{"a":1},{"b":1},{"a":1,"c":1},{"b":1,"c":1}])"},
                   {"$[?(@a&&@c)]", R"([{"a":1,"c":1}])"},
                   // Nested on the right: a || (b && c), and a && (b || c).
                   {"$[?(@.a || @.b && @.c)]", R"([{"a":1},{"a":1,"c":1},{"b":1,"c":1}])"},
                   {"$[?(@.a && @.b || @.c)]", R"([{"a":1,"c":1}])"},
                   // Ours: Json.NET has neither ! nor parentheses.
                   {"$[?((@.a && @.b) || @.c)]", R"([{"c":1},{"a":1,"c":1},{"b":1,"c":1}])"},
                   {"$[?(!@.a)]", R"([{"b":1},{"c":1},{"b":1,"c":1}])"},
                   {"$[?(!(@.a == 1 || @.b) && @.c)]", R"([{"c":1}])"},
                   {"$[?(!!@.a && !@.c)]", R"([{"a":1}])"}});
}

TEST_CASE("jsonpath: the connector's published templates", "[adapters][jsonpath]") {
  check(
      R"({"Body":{"heartRate":78,"deviceId":"d","endDate":"2019-02-01T22:46:01Z"},"Properties":{},"SystemProperties":{"iothub-connection-device-id":"x"}})",
      {{"$..[?(@heartRate)]", R"([{"heartRate":78,"deviceId":"d","endDate":"2019-02-01T22:46:01Z"}])"},
       {"$..[?(@Body.heartRate && @Body.deviceId)].Body.heartRate", "[78]"},
       {"$..[?(@.heartRate == 78)].deviceId", R"(["d"])"},
       {"$.SystemProperties.iothub-connection-device-id", R"(["x"])"},
       {"$..[?(@heartRate)].none", "[]"}});
  check(R"({"Body":{"data":[{"unit":"kg","v":1},{"unit":"lb","v":2}]}})",
        {{"$..[?(@unit == 'kg')].v", "[1]"}, {"$.Body.data[?(@unit=='lb')].v", "[2]"}});
}

TEST_CASE("jsonpath: a matched token is seen as a member of the event", "[adapters][jsonpath]") {
  const auto document =
      fhir::JsonDocument::parse(R"({"Body":{"data":[{"hr":60,"unit":"bpm"},{"hr":70}],"deviceId":"d"}})");
  Workspace workspace;
  const auto token = JsonPath::compile("$.Body.data[?(@.unit)]")->evaluate(document->root(), workspace);
  REQUIRE(token->size() == 1);
  CHECK((*token)[0].place().path() == "Body.data[0]");
  const Value event = workspace.with_member(document->root(), "matchedToken", (*token)[0]);
  CHECK(matches("$.matchedToken.hr", event, workspace) == "[60]");
  CHECK(matches("$.Body.deviceId", event, workspace) == R"(["d"])");
  CHECK(matches("$..matchedToken", event, workspace) == R"([{"hr":60,"unit":"bpm"}])");
  CHECK(matches("$..hr", event, workspace) == "[60,70,60]");
  CHECK(matches("$..[?(@matchedToken)].matchedToken.unit", event, workspace) == R"(["bpm"])");
}

TEST_CASE("jsonpath: patterns", "[adapters][jsonpath]") {
  check(R"([{"s":"Heart rate"},{"s":"blod-trykk 120/80"},{"s":"BLÅ"},{"s":"a\nb"},{"s":""},{"s":5}])",
        {{"$[?(@.s =~ /rate$/)].s", R"(["Heart rate"])"},
         {"$[?(@.s =~ /^heart/i)].s", R"(["Heart rate"])"},
         {"$[?(@.s =~ /^heart/)].s", "[]"},
         {R"($[?(@.s =~ /\d{2,3}\/\d+/)].s)", R"(["blod-trykk 120/80"])"},
         {"$[?(@.s =~ /blå/i)].s", R"(["BLÅ"])"},
         {"$[?(@.s =~ /^b$/)].s", "[]"},
         {"$[?(@.s =~ /^b$/m)].s", R"(["a\nb"])"},
         {"$[?(@.s =~ /a.b/)].s", "[]"},
         {"$[?(@.s =~ /a.b/s)].s", R"(["a\nb"])"},
         {"$[?(@.s =~ /^$/)].s", R"([""])"},
         {"$[?(@.s =~ /5/)].s", "[]"},
         {"$[?(@.s =~ /(heart|blod)[ -]/i && @.s =~ /8/)].s", R"(["blod-trykk 120/80"])"}});
}

TEST_CASE("jsonpath: what is no path is refused when compiled", "[adapters][jsonpath]") {
  const char* const wrong[] = {"",
                               "   ",
                               "$.",
                               "$..",
                               "$...a",
                               "a.",
                               ".",
                               "a..",
                               "$.a.",
                               "[",
                               "$[",
                               "$]",
                               "$)",
                               "$[]",
                               "$[a]",
                               "$['a'",
                               "$['a]",
                               "$['a',]",
                               "$['a',b]",
                               "$[1",
                               "$[1,]",
                               "$[,1]",
                               "$[1 2]",
                               "$[-1]",
                               "$[0,-1]",
                               "$[::0]",
                               "$[1:2:3:4]",
                               "$[99999999999]",
                               "$[1)",
                               "$(1]",
                               "$[0]a",
                               "$[*",
                               "$[*a]",
                               "$[?]",
                               "$[?(",
                               "$[?()]",
                               "$[?(@.a]",
                               "$[?(@.a)",
                               "$[?(@.a) x]",
                               "$[?(@.a ==)]",
                               "$[?(@.a = 1)]",
                               "$[?(@.a == b)]",
                               "$[?(@.a == 'x)]",
                               "$[?(@.a & @.b)]",
                               "$[?(@.a && )]",
                               "$[?(&& @.a)]",
                               "$[?(@.a == 1 == 2)]",
                               "$[?(@.a == \"x\")]",
                               "$[?(!1)]",
                               "$[?(!@.a == 1)]",
                               "$[?((@.a)]",
                               "$[?(@.a == --1)]",
                               "$[?(@.a =~ 'x')]",
                               "$[?(@.a =~ /x)]",
                               "$[?(@.a =~ /(/)]",
                               "$[?(@.a =~ /x/q)]",
                               "$[?(/x/ =~ @.a)]",
                               "$[?(@.a == /x/)]",
                               "$[?(@.)]",
                               "$['\\x']",
                               "$.a b",
                               "$.a ]",
                               "\xC3"};
  for (const char* expression : wrong) {
    INFO(expression);
    CHECK(matches(expression, "{}").starts_with("syntax: JSONPath: "));
  }
  CHECK(matches("$.a[-1]", "{}") ==
        "syntax: JSONPath: a negative index (the last element is [-1:]) at character 5 of: $.a[-1]");
}

TEST_CASE("jsonpath: warnings name what surely means something else", "[adapters][jsonpath]") {
  const auto warnings = [](const char* expression) { return JsonPath::compile(expression)->warnings().size(); };
  CHECK(warnings("$[?(@.a && @.b || @.c)]") == 1);
  CHECK(warnings("$[?(@.a && (@.b || @.c))]") == 0);
  CHECK(warnings("$[?(@.a && @.b && @.c)]") == 0);
  CHECK(warnings("$..[0]") == 1);
  CHECK(warnings("$..[?(@.a)]") == 0);
  CHECK(warnings("$[?(true)]") == 1);
}
