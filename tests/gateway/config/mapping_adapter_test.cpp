// Mapping files where the program meets them: check, convert, a source that takes payloads over HTTP.
#include "gateway/config/mapping_adapter.hpp"

#include <catch2/catch.hpp>

#include "gateway/config/source_adapter.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/run_command.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

const std::string scale = R"(version: 1
name: a scale
readings:
  - each: $.weights
    id: $.uuid
    subject: {at: $.user, from: root}
    device: {id: $.scale}
    time: $.taken
    kind: body-weight
    value: $.grams
    unit: g
events:
  - {when: $.fell, subject: $.user, time: received, kind: fall}
examples:
  - payload: '{"user":"u","weights":[{"uuid":"w","scale":"s","taken":"2026-11-20T08:00:00Z","grams":81450}]}'
    items:
      - {kind: body-weight, value: 81450}
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

const std::string two =
    R"({"user":"u-1","weights":[{"uuid":"w-1","scale":"s","taken":"2026-11-20T08:00:00","grams":81450},
 {"uuid":"w-2","scale":"s","taken":"2026-11-20T08:01:00+01:00"},{"uuid":"w-3","scale":"s","taken":"2026-11-20T08:02:00+01:00","grams":"82.5e3"}],"fell":1})";

}  // namespace

TEST_CASE("a source with a mapping takes a new vendor's payload over HTTP", "[config][mapping]") {
  tests::TemporaryFolder folder;
  InProcessGateway::Options options;
  for (config::Source& source : options.config.sources) {
    if (source.id != "sensors") continue;
    source.adapter = "mapping";
    source.mapping = folder.write("scale.yaml", scale).string();
  }
  InProcessGateway gateway(std::move(options));
  gateway.link("sensors", "u-1", 1, "2026-01-01T00:00:00Z");
  const std::vector<tests::Header> json = {{"Content-Type", "application/json"}};

  const auto response = gateway.post("/ingest/sensors", "sensors", two, json);
  INFO(response.body);
  REQUIRE(response.status == 200);
  const Json answer(response.body);
  CHECK(answer.text("received") == "4");
  CHECK(answer.text("accepted") == "3");
  CHECK(answer.text("quarantined") == "1");
  CHECK(answer.text("results", 0, "outcome") ==
        "accepted");  // the event concerns the whole document, which stands first

  const Json chart(gateway.get("/fhir/Observation?_sort=date&patient=" + gateway.patient(1).text(), "hospital").body);
  CHECK_THAT(chart.text("entry", 0, "resource", "valueQuantity", "value"), Catch::StartsWith("81.45"));
  CHECK(chart.text("entry", 0, "resource", "valueQuantity", "code") == "kg");
  CHECK(chart.text("entry", 0, "resource", "effectiveDateTime") == "2026-11-20T08:00:00+01:00");

  const Json again(gateway.post("/ingest/sensors", "sensors", two, json).body);
  CHECK(again.text("results", 1, "outcome") == "duplicate");
  CHECK(again.text("accepted") == "0");

  const auto refused = gateway.post("/ingest/sensors", "sensors", "nonsense", json);
  CHECK(refused.status == 400);
}

TEST_CASE("a mapping source: every problem of its file, and of its examples, is one of the configuration",
          "[config][mapping]") {
  tests::TemporaryFolder folder;
  config::Source source;
  source.adapter = "mapping";
  const auto problems = [&](const std::string& text) {
    source.mapping = folder.write("m.yaml", text).string();
    std::string all;
    const config::SourceAdapter loaded = config::load_adapter(source);
    for (const config::Problem& problem : loaded.problems)
      all += std::to_string(problem.line) + ": " + problem.text + "\n";
    CHECK((loaded.adapter == nullptr) == !all.empty());
    return all;
  };
  CHECK(problems(scale).empty());
  CHECK(problems(replaced(scale, "value: 81450}", "value: 81.45}")) ==
        "17: examples[0].items[0].value: expected 81.45, it is 81450\n");
  CHECK(problems(replaced(scale, "$.grams", "$.grams[")) ==
        "10: readings[0].value: JSONPath: expected an index, a quoted name, * or ? at character 9 of: $.grams[\n");
  source.mapping.clear();
  CHECK(config::load_adapter(source).problems.at(0).text == "adapter mapping needs 'mapping', a mapping file");
  source.mapping = (folder.path() / "none").string();
  CHECK(config::load_adapter(source).problems.at(0).text == "cannot be read as a file");
}

TEST_CASE("check --mapping: one file and its examples", "[cli][mapping]") {
  tests::TemporaryFolder folder;
  const std::string good = folder.write("good.yaml", scale).string();
  const support::Ran fine = support::run_command({"check", "--mapping", good});
  CHECK(fine.status == 0);
  CHECK(fine.out == good + ": usable; every example gives what it says\n");
  const std::string bad = folder.write("bad.yaml", replaced(scale, "81450}]}'", "81451}]}'")).string();
  const support::Ran refused = support::run_command({"check", "--mapping", bad});
  CHECK(refused.status == 1);
  CHECK(refused.out == bad + ":17: examples[0].items[0].value: expected 81450, it is 81451\n");
  CHECK(support::run_command({"check"}).status == 64);
  CHECK(support::run_command({"check", "--mapping", good, "--config", good}).status == 64);
}

TEST_CASE("convert --adapter mapping: resources, and with --explain the exact failing step", "[cli][mapping]") {
  tests::TemporaryFolder folder;
  const std::string file = folder.write("scale.yaml", scale).string();
  const support::Ran ran = support::run_command(
      {"convert", "--adapter", "mapping", "--mapping", file, "--patient", "urn:x|p", "--explain"}, two);
  INFO(ran.error);
  CHECK(ran.status == 0);
  CHECK(ran.out.find("29463-7") != std::string::npos);
  CHECK(ran.error.find(
            R"({"index":2,"step":"mapping","detail":"readings[0].value '$.grams' of item [1]: nothing there"})") !=
        std::string::npos);
  CHECK(support::run_command({"convert", "--adapter", "mapping"}, two).status == 64);
  const std::string bad = folder.write("bad.yaml", replaced(scale, "$.grams", "grams")).string();
  CHECK(support::run_command({"convert", "--adapter", "mapping", "--mapping", bad}, two).status == 1);
}
