// What is JSON and what is not, after the manner of JSONTestSuite: RFC 8259's grammar, and our choice wherever the RFC
// leaves one. The choices all go the way that no two receivers of a payload can read it differently.
#include <chrono>
#include <string>

#include "fhir/json_reader.hpp"
#include "tests/support/printing.hpp"

using fhir::JsonDocument;
using fhir::JsonLimits;
using namespace std::string_literals;

namespace {

struct Row {
  const char* name;
  std::string text;
};

std::string repeated(const std::string& part, std::size_t times) {
  std::string all;
  all.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += part;
  return all;
}

// The error says where and why, in these words.
void check_refused(const std::string& text, const std::string& why, const JsonLimits& limits = {}) {
  const auto parsed = JsonDocument::parse(text, limits);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().category == fhir::ErrorCategory::invalid);
  CHECK(parsed.error().detail == why);
}

}  // namespace

TEST_CASE("json: every form of RFC 8259 is read", "[json]") {
  const Row rows[] = {
      {"lonely null", "null"},
      {"lonely true", "true"},
      {"lonely false", "false"},
      {"lonely integer", "42"},
      {"lonely negative", "-1"},
      {"lonely string", "\"asd\""},
      {"lonely empty string", "\"\""},
      {"empty array", "[]"},
      {"empty object", "{}"},
      {"white space around", " \t\r\n[ 1 ,\n2 ]\r\n "},
      {"array of everything", "[null,1,\"1\",{},[],true,false]"},
      {"array ends in newline", "[\"a\"]\n"},
      {"several nulls", "[1,null,null,null,2]"},
      {"zero", "[0]"},
      {"minus zero", "[-0]"},
      {"fraction", "[123.456789]"},
      {"exponents", "[1E22,1e-2,1E+2,0e1,0e+1,123e45,123.456e78,1.23E-5]"},
      {"more digits than a double", "[-0.000000000000000000000000000000000000000000000000000000000000000000001]"},
      {"more digits than 64 bits", "[12345678901234567890123456789]"},
      {"smaller than a double", "[1e-400,1e-99999999999]"},
      {"empty key", "{\"\":0}"},
      {"keys that differ in case", "{\"a\":1,\"A\":2}"},
      {"equal keys in different objects", "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}"},
      {"simple escapes", R"(["\"\\\/\b\f\n\r\t"])"},
      {"escaped control characters", R"(["\u0001\u001f\u007f"])"},
      {"escapes in both cases", R"(["\uABcd\u00e5"])"},
      {"surrogate pair", R"(["\uD801\udc37"])"},
      {"last surrogate pair", R"(["\uDBFF\uDFFF"])"},
      {"last before the surrogates", R"(["\uD7FF\uE000"])"},
      {"non-characters", R"(["\uFFFF\uFDD0"])"},
      {"two bytes", "[\"\xC3\xA5\"]"},
      {"three bytes", "[\"\xE2\x82\xAC\"]"},
      {"four bytes", "[\"\xF0\x9F\x92\xA9\"]"},
      {"highest code point", "[\"\xF4\x8F\xBF\xBF\"]"},
      {"last before the surrogates in bytes", "[\"\xED\x9F\xBF\xEE\x80\x80\"]"},
      {"delete", "[\"\x7F\"]"},
      {"line separator", "[\"\xE2\x80\xA8\"]"},
      {"byte order mark inside a string", "[\"\xEF\xBB\xBF\"]"},
      {"UTF-8 key", "{\"\xC3\xA5\":1}"},
      {"64 levels", std::string(64, '[') + std::string(64, ']')},
      {"long string", "\"" + std::string(100'000, 'x') + "\""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const auto parsed = JsonDocument::parse(row.text);
      INFO((parsed ? "" : parsed.error().detail));
      CHECK(parsed.has_value());
    }
  }
}

TEST_CASE("json: nothing else is read", "[json]") {
  const Row rows[] = {
      {"empty", ""},
      {"only white space", " \n\t"},
      {"form feed is no white space", "\f[1]"},
      {"no-break space is no white space", "\xC2\xA0[1]"},
      // structure
      {"open array", "["},
      {"open object", "{"},
      {"closed only", "]"},
      {"trailing comma in array", "[1,]"},
      {"trailing comma in object", "{\"a\":1,}"},
      {"two trailing commas", "[1,,]"},
      {"missing value", "[1,,2]"},
      {"leading comma", "[,1]"},
      {"only comma", "[,]"},
      {"leading comma in object", "{,\"a\":1}"},
      {"no comma", "[1 true]"},
      {"no comma in object", "{\"a\":1 \"b\":2}"},
      {"colon in array", "[\"a\":1]"},
      {"no colon", "{\"a\" 1}"},
      {"two colons", "{\"a\"::1}"},
      {"no value", "{\"a\":}"},
      {"key without value", "{\"a\"}"},
      {"no key", "{:1}"},
      {"number as key", "{1:1}"},
      {"bare key", "{a:1}"},
      {"single quotes", "{'a':1}"},
      {"null as key", "{null:1}"},
      {"mismatched", "[1}"},
      {"mismatched the other way", "{\"a\":1]"},
      {"closed twice", "[1]]"},
      {"object closed twice", "{\"a\":1}}"},
      {"two roots", "{}{}"},
      {"garbage after the end", "[1]x"},
      {"number after the end", "1 2"},
      {"comma after the end", "[1],"},
      {"open string", "[\"a"},
      {"open after a number", "[1"},
      {"open after a colon", "{\"a\":"},
      {"open after a comma", "[1,"},
      // literals
      {"capital true", "[True]"},
      {"short literal", "[nul]"},
      {"long literal", "[nulll]"},
      {"NaN", "[NaN]"},
      {"nan", "[nan]"},
      {"Infinity", "[Infinity]"},
      {"Inf", "[Inf]"},
      {"minus Infinity", "[-Infinity]"},
      {"undefined", "[undefined]"},
      // numbers
      {"plus", "[+1]"},
      {"minus alone", "[-]"},
      {"lonely minus", "-"},
      {"two minuses", "[--1]"},
      {"minus blank", "[- 1]"},
      {"leading zero", "[01]"},
      {"lonely leading zero", "01"},
      {"negative leading zero", "[-01]"},
      {"no integer part", "[.5]"},
      {"negative no integer part", "[-.5]"},
      {"no fraction", "[1.]"},
      {"lonely no fraction", "1."},
      {"fraction then exponent", "[1.e5]"},
      {"no exponent", "[1e]"},
      {"no exponent digits", "[1e+]"},
      {"exponent with point", "[1e1.5]"},
      {"two exponents", "[1e1e1]"},
      {"two points", "[1.2.3]"},
      {"hexadecimal", "[0x1]"},
      {"blank inside", "[1 000]"},
      {"letter after", "[1a]"},
      {"full-width digit", "[\xEF\xBC\x91]"},
      // strings
      {"raw newline", "[\"a\nb\"]"},
      {"raw tab", "[\"a\tb\"]"},
      {"raw unit separator", "[\"\x1F\"]"},
      {"unknown escape", R"(["\x41"])"},
      {"escape of a capital", R"(["\N"])"},
      {"escape of an apostrophe", R"(["\'"])"},
      {"escape at the end", "[\"\\"},
      {"escape of the quote at the end", "[\"\\\""},
      {"escape with three digits", R"(["\u00A"])"},
      {"escape without digits", R"(["\u"])"},
      {"escape with a wrong digit", R"(["\u00GA"])"},
      {"capital U", R"(["\U0041"])"},
      {"high surrogate alone", R"(["\uD800"])"},
      {"high surrogate then a letter", R"(["\uD800a"])"},
      {"two high surrogates", R"(["\uD800\uD800"])"},
      {"high surrogate then another escape", R"(["\uD800\n"])"},
      {"low surrogate alone", R"(["\uDC00"])"},
      {"low surrogate in a key", R"({"\uDFFF":1})"},
      {"surrogates turned round", R"(["\uDC00\uD800"])"},
      // UTF-8
      {"continuation alone", "[\"\x80\"]"},
      {"cut two-byte sequence", "[\"\xC3\"]"},
      {"cut three-byte sequence", "[\"\xE2\x82\"]"},
      {"cut at the very end", "[\"\xF0"},
      {"cut at the very end, one more", "[\"\xF0\x9F"},
      {"overlong slash", "[\"\xC0\xAF\"]"},
      {"overlong slash in three", "[\"\xE0\x80\xAF\"]"},
      {"overlong in four", "[\"\xF0\x80\x80\xAF\"]"},
      {"surrogate in bytes", "[\"\xED\xA0\x80\"]"},
      {"beyond Unicode", "[\"\xF4\x90\x80\x80\"]"},
      {"five bytes", "[\"\xF8\x88\x80\x80\x80\"]"},
      {"Latin-1", "[\"\xE5\"]"},
      {"wrong byte in a key", "{\"\xFF\":1}"},
      {"bytes outside strings", "[\xC3\xA5]"},
      {"byte order mark", "\xEF\xBB\xBF{}"},
      {"UTF-16", "\xFF\xFE[\0]\0"s},
      // NUL
      {"NUL after the end", "[1]\0"s},
      {"garbage behind a NUL", "[1]\0garbage"s},
      {"NUL in front", "\0[1]"s},
      {"NUL between", "[1,\0 2]"s},
      {"NUL in a string", "[\"a\0b\"]"s},
      // others' extensions
      {"line comment", "[1] // c"},
      {"block comment", "[1/* c */]"},
      {"hash comment", "# c\n[1]"},
      // Our choices where RFC 8259 leaves one
      {"repeated key", R"({"a":1,"a":1})"},
      {"repeated empty key", R"({"":1,"":2})"},
      {"repeated by an escape", R"({"a":1,"\u0061":2})"},
      {"repeated deep inside", R"([[{"x":{"a":1,"b":[],"a":{}}}]])"},
      {"repeated around a nested object", R"({"a":{"b":1},"c":2,"a":3})"},
      {"escaped NUL", R"(["\u0000"])"},
      {"escaped NUL in a key", R"({"a\u0000b":1})"},
      {"larger than a double", "[1e400]"},
      {"larger than a double, written out", "[" + std::string(400, '9') + "]"},
      {"65 levels", std::string(65, '[') + std::string(65, ']')},
      {"65 levels of objects", repeated("{\"a\":", 65) + "1" + std::string(65, '}')},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const auto parsed = JsonDocument::parse(row.text);
      REQUIRE_FALSE(parsed);
      CHECK(parsed.error().category == fhir::ErrorCategory::invalid);
      CHECK(parsed.error().detail.starts_with("byte "));
    }
  }
}

TEST_CASE("json: a refusal says where and why, and shows nothing of the payload", "[json]") {
  check_refused("", "byte 0: no value");
  check_refused("{\"a\":1 \"secret\":2}", "byte 7: missing a comma or }");
  check_refused("[1 2]", "byte 3: missing a comma or ]");
  check_refused("{\"a\" 1}", "byte 5: missing a colon");
  check_refused("{\"a\":1,}", "byte 7: missing a member name");
  check_refused("[1,]", "byte 3: not a JSON value");
  check_refused("[1]x", "byte 3: something after the end of the value");
  check_refused("[1]\0"s, "byte 3: a NUL byte");
  check_refused("[\"a\0b\"]"s, "byte 3: a NUL byte");
  check_refused("\xEF\xBB\xBF{}", "byte 0: a byte order mark");
  check_refused("[\"a", "byte 3: a string without end");
  check_refused("[\"\t\"]", "byte 2: a raw control character in a string");
  check_refused(R"(["a\q"])", "byte 3: an unknown escape");
  check_refused(R"(["\u12"])", "byte 2: an escape without four hexadecimal digits");
  check_refused(R"(["\ud800"])", "byte 2: half a surrogate pair");
  check_refused(R"(["ok","a\udc00"])", "byte 7: half a surrogate pair");
  check_refused(R"(["\u0000"])", "byte 2: a NUL character");
  check_refused("[\"\xC3(\"]", "byte 2: text that is not UTF-8");
  check_refused("[1.]", "byte 3: no digit after the decimal point");
  check_refused("[1e]", "byte 3: no digit in the exponent");
  check_refused("[1e400]", "byte 1: a number too large for any reader");
  check_refused(R"({"13819900001":1,"13819900001":2})", "byte 18: a repeated member name");
}

TEST_CASE("json: limits hold while parsing", "[json]") {
  const JsonLimits small{.depth = 2, .values = 5};
  CHECK(JsonDocument::parse("[[1,2,3]]", small));
  CHECK(JsonDocument::parse("{\"a\":[1,2,3]}", small));
  check_refused("[[1,2,3,4]]", "byte 8: more values than allowed", small);
  check_refused("[[],[],[],[],[]]", "byte 13: more values than allowed", small);
  check_refused("[[[]]]", "byte 2: nested deeper than allowed", small);
  check_refused("{\"a\":{\"b\":{}}}", "byte 10: nested deeper than allowed", small);
  CHECK(JsonDocument::parse("1", {.depth = 0, .values = 1}));
  check_refused("[]", "byte 0: nested deeper than allowed", {.depth = 0, .values = 1});
  check_refused("1", "byte 0: more values than allowed", {.depth = 64, .values = 0});
  // A million brackets are refused at the sixty-fifth.
  check_refused(std::string(1'000'000, '['), "byte 64: nested deeper than allowed");
}

TEST_CASE("json: repeated names are found in objects of any size", "[json]") {
  for (const int members : {2, 3, 15, 16, 17, 18, 100, 3000}) {
    for (const int twin : {0, members / 2 - 1, members - 2}) {
      std::string text = "{";
      std::size_t last_key = 0;
      for (int i = 0; i < members; ++i) {
        const int name = i == members - 1 ? twin : i;
        last_key = text.size() + 1;
        text += "\"k" + std::to_string(name) + "\":[{\"k0\":1}],";
      }
      text.back() = '}';
      INFO(members << " members, the last named as number " << twin);
      check_refused(text, "byte " + std::to_string(last_key) + ": a repeated member name");
    }
  }
}

// Quadratic work on any of these would take minutes.
TEST_CASE("json: hostile documents of a few megabytes are read or refused at once", "[json]") {
  const auto started = std::chrono::steady_clock::now();
  std::string many = "{";
  for (int i = 0; i < 100'000; ++i) many += "\"member" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  many.back() = '}';
  CHECK(JsonDocument::parse(many)->root().size() == 100'000);
  many.back() = ',';
  CHECK_FALSE(JsonDocument::parse(many + "\"member7\":0}"));

  // Long names with one beginning and one end, of which any hash by length and edges is the same.
  std::string alike = "{";
  for (int i = 100'000; i < 150'000; ++i) alike += "\"same-start-" + std::to_string(i) + "-same-end\":0,";
  alike.back() = '}';
  CHECK(JsonDocument::parse(alike));

  std::string objects = "[";
  for (int i = 0; i < 20'000; ++i) objects += R"({"aa":1,"ba":1,"ca":1,"da":1,"ea":1,"fa":1,"ga":1,"ha":1},)";
  objects.back() = ']';
  CHECK(JsonDocument::parse(objects)->root().size() == 20'000);

  check_refused("[" + repeated("0,", 4'000'000) + "0]", "byte 7999999: more values than allowed");
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(60));
}
