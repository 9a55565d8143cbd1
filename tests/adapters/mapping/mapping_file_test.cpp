// What a bad mapping file is told: every problem, with its line and the expression, and never only the first.
#include "adapters/mapping/mapping_file.hpp"

#include <catch2/catch.hpp>

#include "tests/support/golden.hpp"
#include "tests/support/mapping_files.hpp"

using adapters::mapping::compile;

namespace {

struct Bad {
  const char* name;
  std::string file;
  std::string problems;
};

// A sound section with one line added.
std::string with(const std::string& line) {
  return "version: 1\nreadings:\n  - subject: $.s\n    time: $.t\n    kind: body-weight\n    value: $.v\n    unit: "
         "kg\n" +
         line + "\n";
}

const std::vector<Bad> bad_files = {
    {"a broken JSONPath, where it breaks",
     "version: 1\nreadings:\n  - {subject: $.s, time: $.t, kind: pef, value: '$.v[', unit: L/min}\n",
     "3: readings[0].value: JSONPath: expected an index, a quoted name, * or ? at character 5 of: $.v[\n"},
    {"a broken JMESPath, in the map form", with("    note: {jmespath: 'a[0'}"),
     "8: readings[0].note.jmespath: JMESPath: expected ] after the index at character 4 of: a[0\n"},
    {"a broken pointer", with("    note: /a~2"),
     "8: readings[0].note: JSON Pointer: ~ stands for ~0 or ~1 only at character 3 of: /a~2\n"},
    {"an unknown function", with("    note: {jmespath: 'lower(a)'}"),
     "8: readings[0].note.jmespath: JMESPath: there is no function lower at character 1 of: lower(a)\n"},
    {"an unknown key, and the one that was meant", with("    vesion_stamp: $.m"),
     "8: readings[0].vesion_stamp: unknown key; did you mean 'version_stamp'?\n"},
    {"all problems, not the first",
     "version: 2\nlanguage: xpath\nreadings:\n  - {kind: spo2, value: v, colour: red}\nextra: 1\n",
     "1: version: must be 1\n2: language: must be jsonpath, jmespath or pointer\n"
     "4: readings[0]: names nobody; one of subject, patient and device is needed\n4: readings[0]: 'time' is missing\n"
     "4: readings[0].kind: 'spo2' is no kind of measurement\n"
     "4: readings[0].value: 'v' is no expression; begin it with $ (JSONPath) or / (JSON Pointer), write {jmespath: "
     "...}, or set 'language'\n"
     "4: readings[0].colour: unknown key\n5: extra: unknown key\n"},
    {"a fixed subject would put all patients into one",
     "version: 1\nreadings:\n  - {subject: patient, time: $.t, kind: body-weight, value: $.v, unit: kg}\n",
     "3: readings[0].subject: 'patient' is no expression; begin it with $ (JSONPath) or / (JSON Pointer), write "
     "{jmespath: ...}, or set 'language'\n"},
    {"so would a default",
     "version: 1\nreadings:\n  - subject: {at: $.s, default: x}\n    time: $.t\n    kind: body-weight\n    value: "
     "$.v\n    unit: kg\n",
     "3: readings[0].subject.default: is taken as the payload has it; a default would be the same for all\n"},
    {"a value is never made up",
     "version: 1\nreadings:\n  - subject: $.s\n    time: $.t\n    kind: body-weight\n    value: {at: $.v, default: "
     "70}\n    unit: kg\n",
     "6: readings[0].value.default: a value is never made up\n"},
    {"a misspelt kind in a table, on its line",
     "version: 1\ntables:\n  k:\n    a: body-weight\n    b: body-wight\nreadings:\n  - {subject: $.s, time: $.t, kind: "
     "{at: $.k, table: k}, value: $.v, unit: kg}\n",
     "5: tables.k.b: 'body-wight' is no kind of measurement; did you mean 'body-weight'?\n"},
    {"a table that is not there", with("    origin: {at: $.o, table: orgins}"),
     "8: readings[0].origin.table: there is no table 'orgins'\n"},
    {"a word that is none of an origin's", with("    origin: typed"),
     "8: readings[0].origin: must be one of automatic, manual, unstated\n"},
    {"a unit of something else",
     "version: 1\nreadings:\n  - {subject: $.s, time: $.t, kind: body-weight, value: $.v, unit: '%'}\n",
     "3: readings[0].unit: '%' is no unit of body-weight\n"},
    {"a pointer that reads as a unit",
     "version: 1\nreadings:\n  - {subject: $.s, time: $.t, kind: body-weight, value: $.v, unit: /unit}\n",
     "3: readings[0].unit: '/unit' is no unit of body-weight; a place in the payload is written {pointer: /unit}\n"},
    {"no unit", "version: 1\nreadings:\n  - {subject: $.s, time: $.t, kind: body-weight, value: $.v}\n",
     "3: readings[0]: 'unit' is missing\n"},
    {"half a blood pressure",
     "version: 1\nreadings:\n  - {subject: $.s, time: $.t, kind: blood-pressure, unit: mmHg, components: {systolic: "
     "$.a}}\n",
     "3: readings[0].components: 'diastolic' is missing\n"},
    {"a lone systolic",
     "version: 1\nreadings:\n  - {subject: $.s, time: $.t, kind: systolic, value: $.v, unit: mmHg}\n",
     "3: readings[0].kind: 'systolic' is only a component of blood-pressure\n"},
    {"a kind without a single value", "version: 1\nreadings:\n  - {subject: $.s, time: $.t, kind: ecg, value: $.v}\n",
     "3: readings[0].kind: 'ecg' is no single value, which is all a mapping can give\n"},
    {"a name nothing has", with("    note: {at: $.n, from: group}"),
     "8: readings[0].note.from: nothing is called 'group'; here are: root\n"},
    {"two expressions", with("    note: {at: $.n, jmespath: m}"), "8: readings[0].note: more than one expression\n"},
    {"a pattern of other letters",
     "version: 1\nreadings:\n  - subject: $.s\n    time: {at: $.t, pattern: DD.MM.yyyy}\n    kind: body-weight\n    "
     "value: $.v\n    unit: kg\n",
     "4: readings[0].time.pattern: pattern 'DD.MM.yyyy': 'D' means nothing; write text in quotes\n"},
    {"a pattern without an hour",
     "version: 1\nreadings:\n  - subject: $.s\n    time: {at: $.t, pattern: dd.MM.yyyy}\n    kind: body-weight\n    "
     "value: $.v\n    unit: kg\n",
     "4: readings[0].time.pattern: pattern 'dd.MM.yyyy': needs year, month, day and hour (yyyy MM dd HH, or hh with "
     "a)\n"},
    {"a reason that is none", with("    ignore: {boring: $.b}"),
     "8: readings[0].ignore.boring: must be one of control-solution, cancelled, heartbeat, goal-not-reading, "
     "not-a-reading\n"},
    {"a misspelt kind of event",
     "version: 1\nevents:\n  - {device: {id: $.d}, time: $.t, kind: {at: $.k, table: {a: fal}}}\n",
     "3: events[0].kind.table.a: 'fal' is no kind of event; did you mean 'fall'?\n"},
    {"defaults are told of once",
     "version: 1\ndefaults:\n  subject: s\n  tim: $.t\nreadings:\n  - {time: $.t, kind: inr, value: $.v}\n  - {time: "
     "$.t, kind: inr, value: $.w}\n",
     "4: defaults.tim: unknown key; did you mean 'time'?\n"
     "3: defaults.subject: 's' is no expression; begin it with $ (JSONPath) or / (JSON Pointer), write {jmespath: "
     "...}, or set 'language'\n"},
    {"given twice", "version: 1\nversion: 1\nreadings: []\n", "2: version: is given twice\n"},
    {"sections, and none of them", "version: 1\nreadings: []\n", "1: nothing to read; its sections are empty\n"},
    {"a plain word in an id would be the same for all",
     "version: 1\nreadings:\n  - {subject: $.s, time: $.t, kind: inr, value: $.v, id: [$.a, b]}\n",
     "3: readings[0].id[1]: 'b' is no expression; begin it with $ (JSONPath) or / (JSON Pointer), write {jmespath: "
     "...}, or set 'language'\n"},
    {"nothing to read", "version: 1\n", "1: nothing to read; a mapping has 'readings' or 'events'\n"},
    {"no YAML", "version: [1\n", "2: not valid YAML: end of sequence flow not found\n"},
    {"two documents", "version: 1\n---\nversion: 1\n", "3: a second document; a mapping file holds one\n"},
    {"no map", "- 1\n", "0: must hold one YAML mapping of keys and values\n"},
    {"aliases, which may stand for exponentially much", "a: &a [x, x]\nb: &b [*a, *a]\n",
     "2: aliases (*name) are refused; repeat it, or use 'defaults' or 'tables'\n"},
    {"not UTF-8", "name: \xff\n", "0: is not UTF-8 text\n"},
    {"an example of an unknown field", with("examples:\n  - payload: '{}'\n    items: [{kind: body-weight, valu: 1}]"),
     "10: examples[0].items[0].valu: unknown key; did you mean 'value'?\n"},
    {"an example that says nothing", with("examples:\n  - payload: '{}'"),
     "9: examples[0]: says what comes out by one of items and error\n"},
};

}  // namespace

TEST_CASE("a bad mapping file: every problem with its line", "[adapters][mapping]") {
  for (const Bad& bad : bad_files) {
    DYNAMIC_SECTION(bad.name) {
      CHECK(test::problems_of(bad.file) == bad.problems);
      CHECK(compile(bad.file, "m.yaml").mapping == nullptr);
    }
  }
}

TEST_CASE("a mapping file that would take the machine down is refused at once", "[adapters][mapping][limits]") {
  SECTION("nesting") {
    const std::string deep = "a: " + std::string(100'000, '[') + std::string(100'000, ']');
    CHECK(test::problems_of(deep) == "1: nested deeper than a mapping file can need\n");
    std::string blocks;
    for (int i = 0; i < 600; ++i) blocks += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
    CHECK_THAT(test::problems_of(blocks), Catch::Contains("nested deeper"));
  }
  SECTION("size") {
    CHECK(test::problems_of("a: " + std::string(600 * 1024, 'x')) ==
          "0: larger than 512 KiB, the most a mapping file may have\n");
  }
  SECTION("nodes") {
    std::string list = "a: [";
    for (int i = 0; i < 100'000; ++i) list += "1,";
    CHECK(test::problems_of(list + "1]") == "1: more than a mapping file can need\n");
  }
  SECTION("thousands of problems are not all kept") {
    std::string keys = "version: 1\n";
    for (int i = 0; i < 5'000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
    const auto compiled = compile(keys, "m.yaml");
    CHECK(compiled.problems.size() <= 201);
    CHECK(compiled.mapping == nullptr);
  }
}

TEST_CASE("a mapping without examples is usable, and warned of", "[adapters][mapping]") {
  const auto compiled = compile(with(""), "m.yaml");
  REQUIRE(compiled.mapping != nullptr);
  REQUIRE(compiled.problems.size() == 1);
  CHECK(compiled.problems[0].file == "m.yaml");
  CHECK(compiled.problems[0].warning);
}

TEST_CASE("examples that differ are told with the line of the expectation", "[adapters][mapping]") {
  const auto compiled = compile(with(R"(examples:
  - payload: '{"s":"u","t":"2026-11-20T08:00:00Z","v":70.5}'
    items:
      - kind: body-weight
        value: 70.50
        subject: v
        time: "2026-11-20T09:00:00+01:00"
  - payload: '{"s":"u"}'
    items: []
  - payload: '{'
    items: [{kind: body-weight}, {event: fall}]
  - payload: '{"s":"u"}'
    items: [{event: fall}, {kind: body-weight}]
  - payload: '{"s":"u"}'
    error: undecodable
  - payload: '{"s":"u"}'
    timezone: Europe/Atlantis
    items: [])"),
                                "m.yaml");
  REQUIRE(compiled.mapping != nullptr);
  std::string all;
  for (const auto& problem : adapters::mapping::run_examples(*compiled.mapping, test::zone_named))
    all += test::text(problem) + "\n";
  CHECK(all ==
        "13: examples[0].items[0].subject: expected v, it is u\n"
        "15: examples[1]: gives an item more, number 0: held, undecodable: readings[0].time '$.t': nothing there\n"
        "17: examples[2]: the payload is refused: byte 1: missing a member name\n"
        "20: examples[3].items[0].event: expected fall, but it is a held, undecodable: readings[0].time '$.t': nothing "
        "there\n"
        "20: examples[3].items[1]: there is no such item; the payload gives 1\n"
        "21: examples[4].error: expected 'undecodable', but the payload was read\n"
        "23: examples[5].timezone: there is no time zone 'Europe/Atlantis'\n");
}

// --- what is documented and shipped ---

namespace {

void check_file(const std::string& text, std::size_t at_least) {
  const auto compiled = compile(text, "m.yaml");
  for (const auto& problem : compiled.problems) CHECK(test::text(problem) == "");
  REQUIRE(compiled.mapping != nullptr);
  CHECK(compiled.mapping->examples.size() >= at_least);
  for (const auto& problem : adapters::mapping::run_examples(*compiled.mapping, test::zone_named))
    CHECK(test::text(problem) == "");
}

}  // namespace

TEST_CASE("every mapping of docs/mapping.md does what its examples say", "[adapters][mapping][docs]") {
  const std::string page = test::file_content(std::filesystem::path(HJEMPORT_TEST_DATA) / ".." / "docs" / "mapping.md");
  const std::string fence = "```yaml\n";
  std::size_t count = 0;
  for (std::size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at + 1)) {
    const std::size_t begin = at + fence.size();
    DYNAMIC_SECTION("block " << count++) {
      check_file(page.substr(begin, page.find("```", begin) - begin), 1);
    }
  }
  CHECK(count == 7);
}

TEST_CASE("every shipped mapping is usable, says that it is an example, and gives kinds and events we have",
          "[adapters][mapping][docs]") {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(HJEMPORT_TEST_DATA) / ".." / "deploy" / "mappings")) {
    const std::string text = test::file_content(entry.path());
    ++count;
    DYNAMIC_SECTION(entry.path().filename().string()) {
      CHECK(text.starts_with("# AN EXAMPLE TO ADJUST, NOT THE SUPPLIER'S FORMAT."));
      check_file(text, 1);
      const auto compiled = compile(text, "m.yaml");
      REQUIRE(compiled.mapping != nullptr);
      std::size_t taken = 0;
      for (const auto& example : compiled.mapping->examples) {
        const auto decoded = test::decode_with(*compiled.mapping, example.payload);
        if (!decoded) continue;
        for (const adapters::Item& item : decoded->items) {
          const auto* reading = std::get_if<adapters::Measurement>(&item);
          const auto* event = std::get_if<adapters::Event>(&item);
          if (reading != nullptr) CHECK(reading->kind != fhir::Kind::unknown);
          if (event != nullptr) CHECK(event->kind != fhir::EventKind::unknown);
          taken += reading != nullptr || event != nullptr;
        }
      }
      CHECK(taken >= 2);
    }
  }
  CHECK(count == 6);
}
