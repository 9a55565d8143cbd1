#include "fhir/json_reader.hpp"

#include "tests/support/printing.hpp"

using fhir::Decimal;
using fhir::JsonDocument;
using fhir::JsonType;
using fhir::JsonValue;

namespace {

JsonDocument parsed(std::string_view text) {
  return JsonDocument::parse(text).value();
}

constexpr std::string_view sample = R"({"subject":{"value":"x\u00e5\n"},"measurements":[{"value":96.50},{"value":"97"},
  {"value":{}}],"count":3,"done":true,"open":false,"nothing":null,"":"empty name"})";

}  // namespace

TEST_CASE("json: members and elements are reached by chains without checks", "[json]") {
  const JsonDocument document = parsed(sample);
  const JsonValue root = document.root();
  CHECK(root.is_object());
  CHECK(root.size() == 7);
  CHECK(root["subject"]["value"].as_string().value() == "x\xC3\xA5\n");
  CHECK(root["measurements"].size() == 3);
  CHECK(root["measurements"].at(0)["value"].scalar() == "96.50");
  CHECK(root["measurements"].at(2)["value"].is_object());
  CHECK(root[""].text() == "empty name");
  CHECK(root["nothing"].is_null());
  CHECK_FALSE(root["nothing"].absent());
  CHECK(root["done"].is_boolean());
  CHECK(root["count"].is_number());

  SECTION("what is not there is absent, whatever it is asked for") {
    const JsonValue absent[] = {JsonValue(),
                                root["missing"],
                                root["missing"]["deeper"].at(3)["still"],
                                root["Count"],
                                root["count"]["of"],
                                root["count"].at(0),
                                root["measurements"]["value"],
                                root["measurements"].at(3),
                                root.at(0),
                                root["subject"]["valu"],
                                root["subject"]["value2"]};
    for (const JsonValue& value : absent) {
      CHECK(value.absent());
      CHECK(value.is_null());
      CHECK(value.type() == JsonType::null);
      CHECK_FALSE(value.is_object());
      CHECK_FALSE(value.is_array());
      CHECK_FALSE(value.is_string());
      CHECK_FALSE(value.is_number());
      CHECK_FALSE(value.is_boolean());
      CHECK(value.size() == 0);
      CHECK(value.begin() == value.end());
      CHECK_FALSE(value.as_string());
      CHECK_FALSE(value.as_decimal());
      CHECK_FALSE(value.as_decimal_or_text());
      CHECK_FALSE(value.as_integer());
      CHECK_FALSE(value.as_boolean());
      CHECK_FALSE(value.text());
      CHECK(value.scalar().empty());
      CHECK(value.key().empty());
      CHECK(value.path().empty());
      CHECK(value.json() == "null");
    }
  }
}

// The search for a name and for the end of a string look at several things at once; here is one of each size and place.
TEST_CASE("json: every member is found by its name and by no other, however many there are", "[json]") {
  const std::string_view letters = "abAB01_-";
  std::vector<std::string> names{""};
  for (const char first : letters) {
    names.emplace_back(1, first);
    for (const char last : letters) names.push_back(std::string(1, first) + "x" + last);
  }
  for (std::size_t count = 0; count <= names.size(); count = count < 20 ? count + 1 : count + 13) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i)
      text += (i == 0 ? "\"" : ",\"") + names[i] + "\":" + std::to_string(i);
    const JsonDocument document = parsed(text + "}");
    for (std::size_t i = 0; i < names.size(); ++i) {
      CAPTURE(count, names[i]);
      REQUIRE(document.root()[names[i]].scalar() == (i < count ? std::to_string(i) : ""));
    }
    if (count > 0) CHECK(JsonDocument::parse(text + ",\"" + names[count / 2] + "\":0}").has_error());
  }
}

TEST_CASE("json: a string ends at its quote and nowhere else, at every length and place", "[json]") {
  for (std::size_t before = 0; before < 20; ++before) {
    for (std::size_t length = 0; length < 40; ++length) {
      CAPTURE(before, length);
      const std::string blanks(before, ' '), content(length, 'x');
      REQUIRE(parsed(blanks + '"' + content + '"').root().as_string().value() == content);
      const auto open = JsonDocument::parse(blanks + '"' + content);
      REQUIRE(open.has_error());
      const std::string after = "byte " + std::to_string(before + 1 + length);
      REQUIRE(open.error().detail == after + ": a string without end");
      const auto broken = JsonDocument::parse(blanks + '"' + content + "\n\"");
      REQUIRE(broken.has_error());
      REQUIRE(broken.error().detail == after + ": a raw control character in a string");
    }
  }
}

TEST_CASE("json: iteration gives members and elements in the order they were written", "[json]") {
  const JsonDocument document = parsed(R"({"z":[3,[1,[0]],{"q":[]},2],"a":{},"m":{"n":{"o":1}},"b":""})");
  std::string seen;
  for (const JsonValue member : document.root()) seen += std::string(member.key()) + '=' + member.json() + ' ';
  CHECK(seen == R"(z=[3,[1,[0]],{"q":[]},2] a={} m={"n":{"o":1}} b="" )");
  seen.clear();
  for (const JsonValue element : document.root()["z"]) seen += std::string(element.key()) + element.json() + ' ';
  CHECK(seen == R"(3 [1,[0]] {"q":[]} 2 )");
  CHECK(document.root()["a"].begin() == document.root()["a"].end());
  CHECK(document.root()["b"].begin() == document.root()["b"].end());
}

TEST_CASE("json: numbers stay the digits they were", "[json]") {
  const JsonDocument document =
      parsed("[96.50,1.20e2,-0.0,9007199254740993,0.1234567890123456789,12345678901234567890,1e-400,\"36.60\",\"x\"]");
  const JsonValue root = document.root();
  CHECK(root.json() ==
        "[96.50,1.20e2,-0.0,9007199254740993,0.1234567890123456789,12345678901234567890,1e-400,\"36.60\",\"x\"]");
  CHECK(root.at(0).as_decimal()->text() == "96.50");
  CHECK(root.at(1).as_decimal()->text() == "120");
  CHECK(root.at(3).as_decimal()->text() == "9007199254740993");
  CHECK(root.at(4).as_decimal().error().detail == "[4]: expected a number of at most 18 digits");
  CHECK_FALSE(root.at(5).as_decimal());
  CHECK_FALSE(root.at(6).as_decimal());
  CHECK(root.at(7).as_decimal().error().detail == "[7]: expected a number");
  CHECK(root.at(7).as_decimal_or_text()->text() == "36.60");
  CHECK(root.at(0).as_decimal_or_text()->text() == "96.50");
  CHECK_FALSE(root.at(8).as_decimal_or_text());
}

TEST_CASE("json: integers are whole numbers of 64 bits, however written", "[json]") {
  struct Row {
    const char* text;
    std::optional<std::int64_t> integer;
  };
  const Row rows[] = {{"0", 0},
                      {"-0", 0},
                      {"-17", -17},
                      {"3.00", 3},
                      {"1e3", 1000},
                      {"1200e-2", 12},
                      {"9223372036854775807", INT64_MAX},
                      {"-9223372036854775808", INT64_MIN},
                      {"9223372036854775808", std::nullopt},
                      {"1.5", std::nullopt},
                      {"1e18", std::nullopt},
                      {"1e-1", std::nullopt},
                      {"\"1\"", std::nullopt},
                      {"true", std::nullopt},
                      {"null", std::nullopt}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.text) {
      const JsonDocument document = parsed(row.text);
      const auto integer = document.root().as_integer();
      REQUIRE(integer.has_value() == row.integer.has_value());
      if (integer) CHECK(*integer == *row.integer);
      if (!integer) CHECK(integer.error().detail == "the document: expected an integer");
    }
  }
}

TEST_CASE("json: only the right type is read, and the error names the place", "[json]") {
  const JsonDocument document = parsed(sample);
  const JsonValue root = document.root();
  CHECK(root["done"].as_boolean().value());
  CHECK_FALSE(root["open"].as_boolean().value());
  CHECK(root["done"].scalar() == "true");
  CHECK(root["open"].scalar() == "false");
  CHECK(root["nothing"].scalar() == "null");
  CHECK(root["subject"].scalar().empty());
  CHECK_FALSE(root["count"].text());
  CHECK_FALSE(root["nothing"].text());

  CHECK(root["measurements"].at(2)["value"].as_decimal().error().detail == "measurements[2].value: expected a number");
  CHECK(root["measurements"].at(2)["value"].as_string().error().detail == "measurements[2].value: expected a string");
  CHECK(root["count"].as_boolean().error().detail == "count: expected true or false");
  CHECK(root["subject"].as_string().error().detail == "subject: expected a string");
  CHECK(root.as_string().error().detail == "the document: expected a string");
  CHECK(root["missing"].as_string().error().detail == "a missing value: expected a string");
}

TEST_CASE("json: paths show member names but never content in their place", "[json]") {
  const JsonDocument document =
      parsed(R"({"a":[[0,{"b_c-2":1}]],"13819900001":{"x":1},"urn:oid:2.16":1,"blod trykk":1,"":1,"p13819900001":1})");
  const JsonValue root = document.root();
  CHECK(root.path().empty());
  CHECK(root["a"].at(0).at(1)["b_c-2"].path() == "a[0][1].b_c-2");
  CHECK(root["13819900001"]["x"].path() == "?.x");
  CHECK(root["urn:oid:2.16"].path() == "?");
  CHECK(root["blod trykk"].path() == "?");
  CHECK(root[""].path() == "?");
  CHECK(root["p13819900001"].path() == "?");
  CHECK(parsed("[[1],[2,3]]").root().at(1).at(1).path() == "[1][1]");
}

TEST_CASE("json: a document is read again into the same memory", "[json]") {
  JsonDocument document;
  CHECK(document.root().is_null());
  REQUIRE(document.reparse(R"({"a":[1,2,3]})"));
  CHECK(document.root()["a"].size() == 3);
  REQUIRE(document.reparse("[]"));
  CHECK(document.root().json() == "[]");

  SECTION("after a refusal it holds nothing of either text") {
    REQUIRE_FALSE(document.reparse(R"({"a":[1,2,)"));
    CHECK(document.root().json() == "null");
    REQUIRE(document.reparse("{\"b\":1}"));
    CHECK(document.root().json() == "{\"b\":1}");
  }
  SECTION("after a large text") {
    std::string large = "[\"" + std::string(9'000'000, 'x') + "\"";
    for (int i = 0; i < 400'000; ++i) large += ",0";
    REQUIRE(document.reparse(large + "]"));
    CHECK(document.root().size() == 400'001);
    REQUIRE(document.reparse("[7]"));
    CHECK(document.root().json() == "[7]");
  }
  SECTION("moved") {
    REQUIRE(document.reparse(R"({"long enough not to sit in a small string":["abc","def"]})"));
    JsonDocument other = std::move(document);
    CHECK(other.root().json() == R"({"long enough not to sit in a small string":["abc","def"]})");
    document = parsed("[1]");
    CHECK(document.root().json() == "[1]");
  }
}

TEST_CASE("json: a part is written back alone", "[json]") {
  const JsonDocument document = parsed(R"( { "a" : [ { "b" : "x\/\u00e5\t" , "c" : [ ] } , 1.50 ] , "d" : { } } )");
  CHECK(document.root().json() == "{\"a\":[{\"b\":\"x/\xC3\xA5\\t\",\"c\":[]},1.50],\"d\":{}}");
  CHECK(document.root()["a"].json() == "[{\"b\":\"x/\xC3\xA5\\t\",\"c\":[]},1.50]");
  CHECK(document.root()["a"].at(0).json() == "{\"b\":\"x/\xC3\xA5\\t\",\"c\":[]}");
  CHECK(document.root()["a"].at(0)["c"].json() == "[]");
  CHECK(document.root()["a"].at(1).json() == "1.50");
  CHECK(document.root()["d"].json() == "{}");
  std::string out = "x";
  document.root()["a"].at(1).append_json(out);
  CHECK(out == "x1.50");
}
