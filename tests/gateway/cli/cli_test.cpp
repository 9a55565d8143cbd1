#include "gateway/cli/cli.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/run_command.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using support::Ran;

Ran run(const std::vector<std::string>& words, const std::string& input = "") {
  return support::run_command(words, input);
}

constexpr const char* fine = "tenants: [{id: bodo, name: Bodø, organization: \"972418013\"}]\n";

}  // namespace

TEST_CASE("cli: a wrong use is explained on the error stream and exits 64", "[cli]") {
  const std::vector<std::vector<std::string>> uses = {{},
                                                      {"nonsense"},
                                                      {"--nonsense"},
                                                      {"check"},
                                                      {"check", "--config"},
                                                      {"check", "--nonsense", "x"},
                                                      {"check", "--config", "x", "y"},
                                                      {"version", "x"},
                                                      {"serve"},
                                                      {"convert"}};
  for (const auto& words : uses) {
    std::string all;
    for (const std::string& word : words) all += word + " ";
    DYNAMIC_SECTION("hjemport " << all) {
      Ran ran = run(words);
      CHECK(ran.status == 64);
      CHECK(ran.out.empty());
      CHECK_FALSE(ran.error.empty());
    }
  }
}

TEST_CASE("cli: help is an answer, not an error", "[cli]") {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--help"}, {"help"}, {"check", "--help"}}) {
    Ran ran = run(words);
    CHECK(ran.status == 0);
    CHECK(ran.out.find("check") != std::string::npos);
    CHECK(ran.error.empty());
  }
  CHECK(run({"check", "--help"}).out.find("--config") != std::string::npos);
}

TEST_CASE("cli: every command has its part of the page about commands", "[cli]") {
  std::ifstream in(std::filesystem::path(HJEMPORT_TEST_DATA).parent_path() / "docs/commands.md");
  const std::string page((std::istreambuf_iterator<char>(in)), {});
  std::istringstream help(run({"--help"}).out);
  int commands = 0;
  for (std::string line; std::getline(help, line);) {
    if (!line.starts_with("  ")) continue;
    const std::string command = line.substr(2, line.find(' ', 2) - 2);
    INFO(command);
    CHECK(page.find("\n## " + command + "\n") != std::string::npos);
    CHECK(run({command, "--help"}).status == 0);
    ++commands;
  }
  CHECK(commands >= 7);
}

TEST_CASE("cli: the version", "[cli]") {
  CHECK(run({"version"}).out == "hjemport " HJEMPORT_VERSION "\n");
  CHECK(run({"--version"}).out == run({"version"}).out);
}

TEST_CASE("check: exits 0 for a usable file and says what is in it", "[cli]") {
  tests::TemporaryFolder folder;
  std::string file = folder.write("hjemport.yaml", fine).string();
  Ran ran = run({"check", "--config", file});
  CHECK(ran.status == 0);
  CHECK(ran.out == file + ": usable; tenants 1, sources 0, clients 0, destinations 0, programmes 0\n");
  CHECK(ran.error.empty());
  // It never writes: the secret is made by serve.
  CHECK_FALSE(std::filesystem::exists(folder.path() / "data"));
}

TEST_CASE("check: warnings are printed and do not change the exit status", "[cli]") {
  tests::TemporaryFolder folder;
  std::string file =
      folder.write("hjemport.yaml", "tenants: [{id: bodo, name: Bodø, organization: \"123\"}]\n").string();
  Ran ran = run({"check", "--config", file});
  CHECK(ran.status == 0);
  CHECK(ran.out.starts_with(file + ":1: warning: "));
}

TEST_CASE("check: exits 1 and prints every problem with file and line", "[cli]") {
  tests::TemporaryFolder folder;
  std::string file = folder.write("hjemport.yaml", std::string(fine) + "node: 99\nnod: 1\n").string();
  Ran ran = run({"check", "--config", file});
  CHECK(ran.status == 1);
  CHECK(ran.out == file + ":2: 'node' must be a whole number from 0 to 63\n" + file +
                       ":3: unknown key 'nod'; did you mean 'node'?\n");
  Ran missing = run({"check", "--config", (folder.path() / "none.yaml").string()});
  CHECK(missing.status == 1);
  CHECK(missing.out.find("none.yaml: cannot be read") != std::string::npos);
}

TEST_CASE("convert: reads a file or standard input, and says when there is no such file", "[cli]") {
  tests::TemporaryFolder folder;
  const std::string payload = "{\"measurements\":[]}";
  std::string file = folder.write("payload.json", payload).string();
  CHECK(run({"convert", "--adapter", "hjemport", file}).status == 0);
  CHECK(run({"convert", "--adapter", "hjemport"}, payload).status == 0);
  CHECK(run({"convert", "--adapter", "hjemport", "-"}, payload).status == 0);
  CHECK(run({"convert", "--adapter", "hjemport", "-"}, "nonsense").status == 2);
  CHECK(run({"convert", "--adapter", "nonsense", "-"}, payload).status == 64);
  CHECK(run({"convert", "--adapter", "hjemport", (folder.path() / "none").string()}).status == 64);
  CHECK(run({"convert", "-"}, payload).status == 64);
}

TEST_CASE("convert: the IoMT connector's template files, and every problem of bad ones with exit 1", "[cli]") {
  tests::TemporaryFolder folder;
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder.path() / name) << text;
    return (folder.path() / name).string();
  };
  const std::string device = write("device.json", R"({"templateType":"CollectionContent","template":[
    {"templateType":"JsonPathContent","template":{"typeName":"hr","typeMatchExpression":"$..[?(@heartRate)]",
     "deviceIdExpression":"$.deviceId","timestampExpression":"$.at",
     "values":[{"valueName":"hr","valueExpression":"$.heartRate","required":true}]}}]})");
  const std::string mapping = write("fhir.json", R"({"templateType":"CollectionFhir","template":[
    {"templateType":"CodeValueFhir","template":{"typeName":"hr","codes":[{"code":"8867-4","system":"http://loinc.org"}],
     "value":{"valueType":"Quantity","valueName":"hr","unit":"count/min"}}}]})");
  const std::string right = R"({"heartRate":78,"deviceId":"d","at":"2026-11-20T08:00:00Z"})";
  const std::string patient = "urn:example|p1";

  const Ran fine_pair = run(
      {"convert", "--adapter", "iomt", "--mapping", device, "--fhir-mapping", mapping, "--patient", patient}, right);
  INFO(fine_pair.error);
  CHECK(fine_pair.status == 0);
  CHECK(fine_pair.out.find("8867-4") != std::string::npos);
  CHECK(run({"convert", "--adapter", "iomt", "--mapping", device, "--fhir-mapping", mapping}, "nonsense").status == 2);

  const std::string bad = write("bad.json", R"({"templateType":"CollectionContent","template":[
    {"templateType":"JsonPathContent","template":{"typeName":"a","typeMatchExpression":"$..[?(",
     "deviceIdExpression":"$.d","timestampExpression":"$.t","values":[]}},{"templateType":"Other","template":{}}]})");
  const Ran refused = run({"convert", "--adapter", "iomt", "--mapping", bad, "--fhir-mapping", mapping}, right);
  CHECK(refused.status == 1);
  CHECK(refused.out.empty());
  CHECK(refused.error.find("bad.json:2: template[0].template.typeMatchExpression: JSONPath: ") != std::string::npos);
  CHECK(refused.error.find("bad.json:3: template[1].template: unknown templateType Other") != std::string::npos);

  CHECK(run({"convert", "--adapter", "iomt", "--mapping", device, "--fhir-mapping", device + "none"}, right).status ==
        1);
  CHECK(run({"convert", "--adapter", "iomt", "--mapping", device}, right).status == 64);
  CHECK(run({"convert", "--adapter", "hjemport", "--mapping", device}, right).status == 64);
  CHECK(run({"convert", "--adapter", "iomt", "--mapping", device, "--fhir-mapping", mapping, "--compat", "x"}, right)
            .status == 64);
}
