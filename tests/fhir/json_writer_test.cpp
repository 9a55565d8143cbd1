#include "fhir/json_writer.hpp"

#include <limits>
#include <random>

#include "fhir/json_reader.hpp"
#include "tests/support/printing.hpp"

using fhir::Decimal;
using fhir::JsonDocument;
using fhir::JsonWriter;
using namespace std::string_literals;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  fhir::append_json_string(out, text);
  return out;
}

// Random documents as this writer writes them: compact, any nesting, names that do not repeat, text of all sorts.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::string document() {
    std::string out;
    JsonWriter writer(out);
    value(writer, 0);
    return out;
  }

 private:
  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

  std::string text() {
    static const std::string pieces[] = {"a",
                                         "Z",
                                         "0",
                                         " ",
                                         "\"",
                                         "\\",
                                         "/",
                                         "\n",
                                         "\t",
                                         "\x01",
                                         "\x1F",
                                         "\x7F",
                                         "\xC3\xA5",
                                         "\xE2\x82\xAC",
                                         "\xF0\x9F\x92\xA9",
                                         "\xED\x9F\xBF",
                                         "\xEF\xBF\xBF",
                                         "longer plain text",
                                         "{",
                                         "]",
                                         ":",
                                         ","};
    std::string out;
    for (unsigned left = below(6); left > 0; --left) out += pieces[below(std::size(pieces))];
    return out;
  }

  void value(JsonWriter& writer, int depth) {
    switch (below(depth < 8 ? 9 : 6)) {
      case 0:
        writer.null();
        break;
      case 1:
        writer.value(below(2) == 0);
        break;
      case 2:
        writer.value(static_cast<std::int64_t>(random_()));
        break;
      case 3:
        writer.value(
            Decimal(static_cast<std::int64_t>(random_() % 1'000'000'000) - 500'000'000, static_cast<int>(below(31))));
        break;
      case 4:
      case 5:
        writer.value(text());
        break;
      case 6:
        writer.begin_array();
        for (unsigned left = below(6); left > 0; --left) value(writer, depth + 1);
        writer.end_array();
        break;
      default:
        writer.begin_object();
        for (unsigned left = below(10) == 0 ? 40 : below(6); left > 0; --left) {
          writer.key(text() + std::to_string(left));
          value(writer, depth + 1);
        }
        writer.end_object();
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("json writer: text is quoted and escaped as RFC 8259 asks, and no more", "[json]") {
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("SpO2 96 %") == "\"SpO2 96 %\"");
  CHECK(quoted("\"") == R"("\"")");
  CHECK(quoted("a\\b") == R"("a\\b")");
  CHECK(quoted("a/b") == R"("a/b")");
  CHECK(quoted("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(quoted("\x01\x0B\x1F") == R"("\u0001\u000b\u001f")");
  CHECK(quoted("\0"s) == R"("\u0000")");
  CHECK(quoted("\x7F") == "\"\x7F\"");
  CHECK(quoted("bl\xC3\xA5tt \xF0\x9F\x92\x99") == "\"bl\xC3\xA5tt \xF0\x9F\x92\x99\"");
  CHECK(quoted("\nmiddle\nend\n") == R"("\nmiddle\nend\n")");
}

TEST_CASE("json writer: every character survives the way out and back, at every place", "[json]") {
  for (int c = 1; c < 0x80; ++c) {
    for (std::size_t before = 0; before < 20; ++before) {
      const std::string text = std::string(before, 'x') + static_cast<char>(c) + std::string(20 - before, 'y');
      const auto back = JsonDocument::parse(quoted(text));
      REQUIRE(back);
      REQUIRE(back->root().as_string().value() == text);
    }
  }
}

TEST_CASE("json writer: commas stand where they belong", "[json]") {
  std::string out;
  JsonWriter writer(out);
  const JsonDocument copied = JsonDocument::parse(R"([ {"n" : 1.50} ])").value();
  writer.begin_object()
      .member("text", "x")
      .member("yes", true)
      .member("no", false)
      .member("int", -5)
      .member("smallest", std::numeric_limits<std::int64_t>::min())
      .member("largest", std::numeric_limits<std::uint64_t>::max())
      .member("decimal", Decimal(9650, 2))
      .member_if("left out", "")
      .member_if("kept", "k")
      .key("empty")
      .begin_array()
      .end_array()
      .key("list")
      .begin_array()
      .value(1)
      .null()
      .begin_object()
      .end_object()
      .begin_array()
      .value("a")
      .end_array()
      .raw("[1,2]")
      .copy(copied.root().at(0))
      .copy(fhir::JsonValue())
      .end_array()
      .key("copy")
      .copy(copied.root())
      .member("last", std::string("s"))
      .end_object();
  CHECK(out ==
        R"({"text":"x","yes":true,"no":false,"int":-5,"smallest":-9223372036854775808,"largest":18446744073709551615,)"
        R"("decimal":96.50,"kept":"k","empty":[],"list":[1,null,{},["a"],[1,2],{"n":1.50},null],"copy":[{"n":1.50}],)"
        R"("last":"s"})");
  CHECK(JsonDocument::parse(out));
}

TEST_CASE("json writer: what is written is read back the same", "[json][property]") {
  JsonDocument reused;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    CAPTURE(seed);
    const std::string text = Generator(seed).document();
    CAPTURE(text);
    const auto parsed = JsonDocument::parse(text);
    REQUIRE(parsed);
    REQUIRE(parsed->root().json() == text);
    REQUIRE(reused.reparse(text));
    REQUIRE(reused.root().json() == text);
  }
}

TEST_CASE("json writer: a cut or changed document is refused or read, never a crash", "[json][property]") {
  JsonDocument document;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    const std::string text = Generator(seed).document();
    std::mt19937_64 random(seed);
    for (int round = 0; round < 60; ++round) {
      const std::size_t cut = random() % text.size();
      // No proper beginning of an array or object is a document.
      if (text[0] == '[' || text[0] == '{') REQUIRE_FALSE(document.reparse(text.substr(0, cut)));
      std::string changed = text;
      changed[cut] = static_cast<char>(random());
      if (document.reparse(changed)) {
        const std::string back = document.root().json();
        REQUIRE(JsonDocument::parse(back)->root().json() == back);
      }
    }
  }
}
