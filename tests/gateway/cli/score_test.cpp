#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "fhir/json_reader.hpp"
#include "tests/support/run_command.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using support::Ran;

Ran score(const std::string& input, const std::string& name = "news2") {
  return support::run_command({"score", name}, input);
}

const std::string normal = R"("respiratory_rate":14,"oxygen_saturation":97,"oxygen":false,"systolic":128,"pulse":72,)"
                           R"("consciousness":"A","temperature":36.7)";

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> found;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) found.push_back(line);
  return found;
}

}  // namespace

TEST_CASE("score: the examples of the page about scores are what comes out", "[cli][score]") {
  std::ifstream in(std::filesystem::path(HJEMPORT_TEST_DATA).parent_path() / "docs/scores.md");
  const std::string begin = "$ hjemport score ";
  int examples = 0;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(begin)) continue;
    INFO(line);
    const std::size_t quote = line.find(" <<< '");
    REQUIRE(quote != std::string::npos);
    REQUIRE(line.ends_with('\''));
    const std::string name = line.substr(begin.size(), quote - begin.size());
    const std::string inputs = line.substr(quote + 6, line.size() - quote - 7);
    std::string expected;
    REQUIRE(std::getline(in, expected));
    const Ran ran = score(inputs + "\n", name);
    CHECK(ran.status == 0);
    CHECK(ran.out == expected + "\n");
    CHECK(ran.error.empty());
    ++examples;
  }
  CHECK(examples >= 6);
}

TEST_CASE("score: numbers may be decimal strings, null is missing, other members are left alone", "[cli][score]") {
  const std::string expected = score("{" + normal + "}\n").out;
  REQUIRE(expected.find("\"total\":0,") != std::string::npos);
  for (const std::string& same : {
           R"({"id":"r-1","patient":{"a":[1]},)" + normal + "}\n",
           "{" + normal + R"(,"scale":1,"age":null,"pregnant":null})" + "\n",
           "{" + normal + R"(,"scale":null,"age":"16","pregnant":false})" + "\n",
           "{" + normal + "}",            // without an end of line
           "  {" + normal + " }\t\r\n",   // from Windows
           "\n \r\n{" + normal + "}\n\n"  // empty lines
       }) {
    INFO(same);
    const Ran ran = score(same);
    CHECK(ran.status == 0);
    CHECK(ran.out == expected);
    CHECK(ran.error.empty());
  }
  const Ran strings = score(
      R"({"respiratory_rate":"14","oxygen_saturation":"97.0","oxygen":false,"systolic":"1.28e2","pulse":"72",)"
      R"("consciousness":"A","temperature":"35.05"})");
  CHECK(strings.out.find(R"("total":1,)") != std::string::npos);
  const Ran missing = score(
      R"({"respiratory_rate":14,"oxygen_saturation":97,"oxygen":null,"systolic":128,"pulse":72,"consciousness":null,)"
      R"("temperature":36.7})");
  CHECK(missing.status == 0);
  CHECK(missing.out.find(R"("missing":["oxygen","consciousness"])") != std::string::npos);
  CHECK(missing.out.find(R"("possible":{"min":0,"max":5})") != std::string::npos);
}

TEST_CASE("score: a bad line is told with its number and the rest goes on", "[cli][score]") {
  const std::vector<std::string> bad{
      "nonsense",
      "[]",
      "null",
      "{",
      "{} {}",
      R"({"pulse":1,"pulse":2})",
      R"({"pulse":true})",
      R"({"pulse":">=131"})",
      R"({"pulse":""})",
      R"({"pulse":[70]})",
      R"({"pulse":1e99})",
      R"({"pulse":0x10})",
      R"({"pulse":NaN})",
      R"({"oxygen":"false"})",
      R"({"oxygen":0})",
      R"({"scale":3})",
      R"({"scale":1.5})",
      R"({"scale":true})",
      R"({"consciousness":"a"})",
      R"({"consciousness":"Alert"})",
      R"({"consciousness":true})",
      R"({"age":"old"})",
      R"({"pregnant":"no"})",
      "{\"id\":\"\xff\"}",
      "{\"pulse\":7" + std::string(1, '\0') + "}",
      std::string(1'000, '['),
      std::string(100'000, '['),
      "{\"id\":\"" + std::string(70'000, 'x') + "\"}",
  };
  std::string all;
  for (const std::string& line : bad) {
    const Ran ran = score("{\"pulse\":70}\n" + line + "\n{\"pulse\":40}\n");
    INFO(line.substr(0, 100));
    CHECK(ran.status == 2);
    CHECK(lines(ran.out).size() == 2);
    REQUIRE(lines(ran.error).size() == 1);
    const auto error = fhir::JsonDocument::parse(lines(ran.error).front());
    REQUIRE(error.has_value());
    CHECK_FALSE(error->root()["error"].text().value_or("").empty());
    CHECK(error->root()["line"].scalar() == "2");
    all += line + "\n";
  }
  const Ran ran = score(all);
  CHECK(ran.status == 2);
  CHECK(ran.out.empty());
  CHECK(lines(ran.error).size() == bad.size());
}

TEST_CASE("score: a line may be 64 KiB long and not longer", "[cli][score]") {
  const std::string start = "{\"pulse\":70,\"id\":\"", end = "\"}";
  for (const auto& [length, status] : {std::pair<std::size_t, int>{65'536, 0}, {65'537, 2}}) {
    const std::string line = start + std::string(length - start.size() - end.size(), 'x') + end;
    for (const std::string after : {"", "\n", "\n{\"pulse\":70}\n"}) {
      INFO(length << " bytes and " << after);
      const Ran ran = score(line + after);
      CHECK(ran.status == status);
      CHECK(lines(ran.out).size() == (after.size() > 1 ? 1u : 0u) + (status == 0 ? 1u : 0u));
      CHECK(lines(ran.error).size() == (status == 0 ? 0u : 1u));
    }
  }
}

TEST_CASE("score: questionnaires take their answers as numbers, and half of one has no total", "[cli][score]") {
  const Ran strings = score(R"({"cfs":"7.0"})", "cfs");
  CHECK(strings.out.find(R"("total":7,)") != std::string::npos);
  const Ran half = score(R"({"cough":5,"sleep":6,"energy":2.5})", "cat");
  CHECK(half.status == 0);
  CHECK(half.out ==
        R"({"total":null,"components":{"cough":5,"phlegm":null,"chest_tightness":null,"breathlessness":null,)"
        R"("activities":null,"confidence":null,"sleep":null,"energy":null},"complete":false,)"
        R"("possible":{"min":5,"max":40},"band":null,)"
        R"("missing":["phlegm","chest_tightness","breathlessness","activities","confidence"],)"
        R"("impossible":["sleep","energy"]})"
        "\n");
  CHECK(score(R"({"cough":true})", "cat").status == 2);
}

TEST_CASE("score: reads a file or standard input; an unknown score or file is a wrong use", "[cli][score]") {
  tests::TemporaryFolder folder;
  const std::string input = "{" + normal + "}\n";
  const std::string file = folder.write("inputs.ndjson", input).string();
  const std::string expected = score(input).out;
  CHECK(support::run_command({"score", "news2", file}).out == expected);
  CHECK(support::run_command({"score", "news2", "-"}, input).out == expected);
  CHECK(score("").status == 0);
  CHECK(score("").out.empty());
  const std::vector<std::vector<std::string>> wrong{{"score"},
                                                    {"score", "news"},
                                                    {"score", "NEWS2", file},
                                                    {"score", "news2", file, file},
                                                    {"score", "news2", "--nonsense"},
                                                    {"score", "news2", (folder.path() / "none").string()}};
  for (const auto& words : wrong) {
    const Ran ran = support::run_command(words, input);
    CHECK(ran.status == 64);
    CHECK(ran.out.empty());
    CHECK_FALSE(ran.error.empty());
  }
  // A folder opens and cannot be read.
  CHECK(support::run_command({"score", "news2", folder.path().string()}).status != 0);
}
