// The functions: the specification's, restated after the compliance suite, and those the IoMT connector adds.
#include "adapters/expression/functions.hpp"

#include "tests/adapters/expression/expression_cases.hpp"

using test::check_jmes;
using test::jmes;

TEST_CASE("jmespath functions: numbers", "[adapters][jmespath]") {
  check_jmes(
      R"({"foo":-1,"zero":0,"numbers":[-1,3,4,5],"decimals":[1.01,1.90,-1.5],"strings":["a","b"],"empty":[],"f":0.1,"huge":123456789012345678901})",
      {{"abs(foo)", "1"},
       {"abs(zero)", "0"},
       {"abs(`-24.50`)", "24.50"},
       {"abs(numbers[1])", "3"},
       {"abs(strings)", "error"},
       {"abs('1')", "error"},
       {"abs(huge)", "error"},
       {"abs()", "syntax"},
       {"abs(foo, foo)", "syntax"},
       {"ceil(`1.2`)", "2"},
       {"ceil(`-1.9`)", "-1"},
       {"ceil(decimals[0])", "2"},
       {"ceil(`7.0`)", "7"},
       {"ceil(`0.5`)", "1"},
       {"ceil('a')", "error"},
       {"floor(`1.2`)", "1"},
       {"floor(`1.9`)", "1"},
       {"floor(`-0.5`)", "-1"},
       {"floor(foo)", "-1"},
       {"floor(strings)", "error"},
       {"avg(numbers)", "2.75"},
       {"avg(empty)", "null"},
       {"avg(`[1, 1, 2]`)", "1.333333333333333"},
       {"avg(strings)", "error"},
       {"avg('abc')", "error"},
       {"sum(numbers)", "11"},
       {"sum(decimals)", "1.41"},
       {"sum(`[0.1, 0.2]`)", "0.3"},
       {"sum(empty)", "0"},
       {"sum(numbers[?@ > `99`])", "0"},
       {"sum(strings)", "error"},
       {"sum(`[999999999999999999, 1]`)", "error"}});
}

TEST_CASE("jmespath functions: text and lists", "[adapters][jmespath]") {
  check_jmes(
      R"({"str":"Str","nor":"blåbær","strings":["a","b","c"],"numbers":[5,-1,3],"empty":[],"objects":{"foo":"bar","bar":"baz"},"mixed":[1,"a"],"none":null,"lists":[[1],[2]]})",
      {{"contains('abc', 'a')", "true"},
       {"contains('abc', 'd')", "false"},
       {"contains('abc', `1`)", "false"},
       {"contains(strings, 'a')", "true"},
       {"contains(numbers, `5.0`)", "true"},
       {"contains(lists, `[2]`)", "true"},
       {"contains(`false`, 'd')", "error"},
       {"contains(objects, 'foo')", "error"},
       {"starts_with(str, 'S')", "true"},
       {"starts_with(str, 's')", "false"},
       {"starts_with(str, `0`)", "error"},
       {"ends_with(str, 'tr')", "true"},
       {"ends_with(str, 'foo')", "false"},
       {"ends_with(str, `0`)", "error"},
       {"join(', ', strings)", R"("a, b, c")"},
       {"join('', empty)", R"("")"},
       {"join(',', mixed)", "error"},
       {"join(`0`, strings)", "error"},
       {"keys(objects)", R"(["foo","bar"])"},
       {"values(objects)", R"(["bar","baz"])"},
       {"keys(strings)", "error"},
       {"values(`false`)", "error"},
       {"keys(`{}`)", "[]"},
       {"length('abc')", "3"},
       {"length(nor)", "6"},
       {"length('')", "0"},
       {"length(strings)", "3"},
       {"length(objects)", "2"},
       {"length(none)", "error"},
       {"length(`1`)", "error"},
       {"strings.length(@)", "3"},
       {"map(&@, numbers)", "[5,-1,3]"},
       {"map(&[0], lists)", "[1,2]"},
       {"map(&missing, lists)", "[null,null]"},
       {"map(&foo, str)", "error"},
       {"map(numbers, &@)", "syntax"},
       {"map(foo, numbers)", "syntax"},
       {"merge(objects, `{\"bar\": 1, \"x\": 2}`)", R"({"foo":"bar","bar":1,"x":2})"},
       {"merge(`{}`)", "{}"},
       {"merge()", "syntax"},
       {"merge(objects, str)", "error"},
       {"not_null(none, missing, str)", R"("Str")"},
       {"not_null(none)", "null"},
       {"not_null(`false`, str)", "false"},
       {"not_null()", "syntax"},
       {"reverse(numbers)", "[3,-1,5]"},
       {"reverse(empty)", "[]"},
       {"reverse(nor)", R"("ræbålb")"},
       {"reverse(objects)", "error"},
       {"sort(numbers)", "[-1,3,5]"},
       {"sort(strings)", R"(["a","b","c"])"},
       {"sort(`[\"b\", \"å\", \"A\"]`)", R"(["A","b","å"])"},
       {"sort(empty)", "[]"},
       {"sort(mixed)", "error"},
       {"sort(`[true]`)", "error"},
       {"sort(objects)", "error"},
       {"max(numbers)", "5"},
       {"min(numbers)", "-1"},
       {"max(strings)", R"("c")"},
       {"min(strings)", R"("a")"},
       {"max(empty)", "null"},
       {"min(empty)", "null"},
       {"max(mixed)", "error"},
       {"max('abc')", "error"}});
}

TEST_CASE("jmespath functions: by an expression", "[adapters][jmespath]") {
  check_jmes(
      R"({"people":[{"age":20,"s":"b","n":1},{"age":40,"s":"a","n":2},{"age":30,"s":"c","n":3},{"age":40,"s":"a","n":4}],"empty":[],"bad":[{"age":1},{"age":"x"}]})",
      {{"sort_by(people, &age)[*].n", "[1,3,2,4]"},
       {"sort_by(people, &s)[*].n", "[2,4,1,3]"},
       {"sort_by(people, &to_string(age)) | [0].n", "1"},
       {"sort_by(empty, &age)", "[]"},
       {"sort_by(people, &missing)", "error"},
       {"sort_by(bad, &age)", "error"},
       {"sort_by(people, age)", "syntax"},
       {"sort_by(people)", "syntax"},
       {"max_by(people, &age).n", "2"},
       {"min_by(people, &age).n", "1"},
       {"max_by(empty, &age)", "null"},
       {"min_by(empty, &age)", "null"},
       {"max_by(bad, &age)", "error"},
       {"max_by(people, &people[?age == max_by(@, &age)])", "error"}});
}

TEST_CASE("jmespath functions: types", "[adapters][jmespath]") {
  check_jmes(R"({"text":"1.50","word":"x","list":[1, "a"],"hash":{"a": 1.0},"n":78,"big":"1e400"})",
             {{"to_number(text)", "1.50"},
              {"to_number(word)", "null"},
              {"to_number(n)", "78"},
              {"to_number(list)", "null"},
              {"to_number(`true`)", "null"},
              {"to_number(' 1')", "null"},
              {"to_number(big)", "null"},
              {"to_string(n)", R"("78")"},
              {"to_string(text)", R"("1.50")"},
              {"to_string(list)", R"("[1,\"a\"]")"},
              {"to_string(hash)", R"("{\"a\":1.0}")"},
              {"to_string(missing)", R"("null")"},
              {"to_array(list)", R"([1,"a"])"},
              {"to_array(n)", "[78]"},
              {"to_array(missing)", "[null]"},
              {"type(n)", R"("number")"},
              {"type(text)", R"("string")"},
              {"type(list)", R"("array")"},
              {"type(hash)", R"("object")"},
              {"type(`true`)", R"("boolean")"},
              {"type(missing)", R"("null")"},
              {"unknown(@)", "syntax"}});
}

TEST_CASE("connector functions: exact decimals unless the original's arithmetic is asked for", "[adapters][jmespath]") {
  adapters::expression::FunctionTable original;
  adapters::expression::add_standard_functions(original);
  adapters::expression::add_connector_functions(original, adapters::expression::Arithmetic::as_original);
  struct Row {
    const char* expression;
    const char* exact;
    const char* as_original;
  };
  const Row rows[] = {
      {"add(`1`, `2`)", "3", "3"},
      {"add(`0.1`, `0.2`)", "0.3", "0.30000000000000004"},
      {"subtract(`98.6`, `32`)", "66.6", "66.6"},
      {"multiply(to_number('78'), `0.0254`)", "1.9812", "1.9811999999999999"},
      {"multiply(`999999999999`, `999999999999`)", "error", "2003762205206896641"},
      {"divide(`40`, `50`)", "0.8", "0"},
      {"divide(`40`, `50.0`)", "0.8", "0.8"},
      {"divide(`1`, `3`)", "0.333333333333333", "0"},
      {"divide(`-7`, `2`)", "-3.5", "-3"},
      {"divide(`1`, `0`)", "error", "error"},
      {"divide(`1`, `0.0`)", "error", "Infinity"},
      {"divide(`-1`, `0.0`)", "error", "-Infinity"},
      {"divide(`0`, `0.0`)", "error", "NaN"},
      {"divide(`-9223372036854775808`, `-1`)", "error", "error"},
      {"add(`9223372036854775807`, `1`)", "error", "-9223372036854775808"},
      {"subtract(`-9223372036854775808`, `1`)", "error", "9223372036854775807"},
      {"add(`99999999999999999999`, `1`)", "error", "error"},
      {"multiply(`1e308`, `10.0`)", "error", "Infinity"},
      {"add(`1e-400`, `1.0`)", "error", "1"},
      {"pow(`2`, `10`)", "1024", "1024"},
      {"pow(`1.1`, `2`)", "1.21", "1.2100000000000002"},
      {"pow(`2`, `-2`)", "0.25", "0"},
      {"pow(`0`, `-1`)", "error", "error"},
      {"pow(`4`, `0.5`)", "error", "2"},
      {"pow(`10`, `18`)", "error", "1000000000000000000"},
      {"pow(`10`, `19`)", "error", "error"},
      {"pow(`1`, `1000000000`)", "error", "1"},
      {"add('1', `2`)", "error", "error"},
      {"add(`1`)", "syntax", "syntax"},
      {"insertString('height', '-', `0`)", R"("-height")", R"("-height")"},
      {"insertString('20260101', 'T', `8`)", R"("20260101T")", R"("20260101T")"},
      {"insertString('blå', '!', `3`)", R"("blå!")", R"("blå!")"},
      {"insertString('abc', '!', `4`)", "error", "error"},
      {"insertString('abc', '!', `-1`)", "error", "error"},
      {"insertString('abc', '!', `1.0`)", "error", "error"},
      {"insertString('abc', '!', `99999999999999999999`)", "error", "error"},
      {"fromUnixTimestamp(`0`)", R"("1970-01-01T00:00:00Z")", R"("1970-01-01T00:00:00Z")"},
      {"fromUnixTimestamp(`-1`)", R"("1969-12-31T23:59:59Z")", R"("1969-12-31T23:59:59Z")"},
      {"fromUnixTimestamp(`1625678769`)", R"("2021-07-07T17:26:09Z")", R"("2021-07-07T17:26:09Z")"},
      {"fromUnixTimestamp(to_number('1625678769'))", R"("2021-07-07T17:26:09Z")", R"("2021-07-07T17:26:09Z")"},
      {"fromUnixTimestamp('1625678769')", "error", "error"},
      {"fromUnixTimestamp(`1.5`)", "error", "error"},
      {"fromUnixTimestamp(`253402300799`)", R"("9999-12-31T23:59:59Z")", R"("9999-12-31T23:59:59Z")"},
      {"fromUnixTimestamp(`253402300800`)", "error", "error"},
      {"fromUnixTimestampMs(`1625678769001`)", R"("2021-07-07T17:26:09.001Z")", R"("2021-07-07T17:26:09.001Z")"},
      {"fromUnixTimestampMs(`-1`)", R"("1969-12-31T23:59:59.999Z")", R"("1969-12-31T23:59:59.999Z")"},
      {"fromUnixTimestampMs(`253402300799999`)", R"("9999-12-31T23:59:59.999Z")", R"("9999-12-31T23:59:59.999Z")"},
      {"fromUnixTimestampMs(`253402300800000`)", "error", "error"},
  };
  for (const Row& row : rows) {
    INFO(row.expression);
    const auto check = [](const std::string& result, std::string_view expected) {
      if (expected == "error" || expected == "syntax") {
        CHECK(result.starts_with(std::string(expected) + ": "));
      } else {
        CHECK(result == expected);
      }
    };
    check(jmes(row.expression, "{}"), row.exact);
    check(jmes(row.expression, "{}", original), row.as_original);
  }
}

TEST_CASE("a matched token is an object beside the others", "[adapters][jmespath]") {
  const auto document = fhir::JsonDocument::parse(R"({"Body":{"data":[{"hr":60},{"hr":70}]},"matchedToken":"old"})");
  adapters::expression::Workspace workspace;
  const auto match = document->root()["Body"]["data"].at(1);
  const auto event = workspace.with_member(document->root(), "matchedToken", match);
  CHECK(event.json() == R"({"Body":{"data":[{"hr":60},{"hr":70}]},"matchedToken":{"hr":70}})");
  const auto path =
      adapters::expression::JmesPath::compile("[matchedToken.hr, Body.data[0].hr]", test::exact_functions());
  const auto value = path->evaluate(event, workspace);
  REQUIRE(value.has_value());
  CHECK(value->json() == "[70,60]");
}
