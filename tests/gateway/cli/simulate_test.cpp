#include "gateway/cli/simulate.hpp"

#include <stdlib.h>

#include <catch2/catch.hpp>

#include "tests/support/canned_admin.hpp"
#include "tests/support/run_command.hpp"

using namespace gateway;
using namespace std::chrono_literals;
using support::CannedAdmin;
using support::Ran;

namespace {

cli::SimulateOptions options() {
  setenv("HJEMPORT_TEST_TOKEN", "a-sources-secret-0", 1);
  cli::SimulateOptions one;
  one.target = "http://127.0.0.1:8080/";
  one.sources = {"sensors", "opentele:oth"};
  one.tokens = {"env:HJEMPORT_TEST_TOKEN", "env:HJEMPORT_TEST_TOKEN"};
  return one;
}

}  // namespace

TEST_CASE("simulate: what the options ask for", "[cli]") {
  cli::SimulateOptions asked = options();
  asked.duration = "90s";
  asked.history = "2d";
  asked.scenario = "outage";
  asked.speed = 5;
  auto simulation = cli::simulation_of(asked);
  REQUIRE(simulation.has_value());
  CHECK(simulation->target.url == "http://127.0.0.1:8080");
  REQUIRE(simulation->target.sources.size() == 2);
  CHECK(simulation->target.sources[0].id == "sensors");
  CHECK(simulation->target.sources[0].format == demo::Format::hjemport);
  CHECK(simulation->target.sources[1].id == "oth");
  CHECK(simulation->target.sources[1].format == demo::Format::opentele);
  CHECK(simulation->target.sources[1].token == "a-sources-secret-0");
  CHECK(simulation->duration == 90s);
  CHECK(simulation->history == 48h);
  CHECK(simulation->scenario == demo::Scenario::outage);
  CHECK(simulation->speed == 5);
}

TEST_CASE("simulate: late-sync brings a past of its own unless told", "[cli]") {
  cli::SimulateOptions asked = options();
  asked.scenario = "late-sync";
  CHECK(cli::simulation_of(asked)->history == 30h);
  asked.history = "3h";
  CHECK(cli::simulation_of(asked)->history == 3h);
}

TEST_CASE("simulate: an option that makes no sense is named", "[cli]") {
  struct Row {
    const char* name;
    void (*change)(cli::SimulateOptions&);
    const char* said;
  };
  const Row rows[] = {
      {"no url", [](cli::SimulateOptions& o) { o.target = "localhost"; }, "--target"},
      {"another scheme", [](cli::SimulateOptions& o) { o.target = "ftp://127.0.0.1"; }, "--target"},
      {"a credential in the url", [](cli::SimulateOptions& o) { o.target = "http://me:secret@127.0.0.1"; }, "--target"},
      {"a token too few", [](cli::SimulateOptions& o) { o.tokens.pop_back(); }, "--token"},
      {"an adapter nobody writes", [](cli::SimulateOptions& o) { o.sources[0] = "iomt:x"; }, "--source iomt:x"},
      {"no source id", [](cli::SimulateOptions& o) { o.sources[0] = "telli:"; }, "--source telli:"},
      {"a token in the open", [](cli::SimulateOptions& o) { o.tokens[0] = "hush"; }, "--token"},
      {"a scenario nobody wrote", [](cli::SimulateOptions& o) { o.scenario = "war"; }, "--scenario"},
      {"a duration without unit", [](cli::SimulateOptions& o) { o.duration = "90"; }, "--duration"},
      {"less than a second", [](cli::SimulateOptions& o) { o.history = "5ms"; }, "--history"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      cli::SimulateOptions asked = options();
      row.change(asked);
      auto refused = cli::simulation_of(asked);
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().detail.find(row.said) != std::string::npos);
      CHECK(refused.error().detail.find("hush") == std::string::npos);
    }
  }
}

TEST_CASE("simulate: the command ends by itself, tells what became of it, and exits 1 when all was refused", "[cli]") {
  setenv("HJEMPORT_TEST_TOKEN", "a-sources-secret-0", 1);
  auto run = [](const CannedAdmin& target, std::vector<std::string> more) {
    std::vector<std::string> words = {
        "simulate",   "--target", target.url(), "--source", "sensors", "--token", "env:HJEMPORT_TEST_TOKEN",
        "--patients", "30"};
    words.insert(words.end(), more.begin(), more.end());
    return support::run_command(words);
  };
  CannedAdmin closed([](const CannedAdmin::Asked&) { return CannedAdmin::Canned{401, ""}; });
  const Ran refused = run(closed, {"--speed", "600"});
  CHECK(refused.status == 1);
  CHECK(refused.out.find("refused") != std::string::npos);

  CannedAdmin open([](const CannedAdmin::Asked&) {
    return CannedAdmin::Canned{200, R"({"accepted":2,"results":[{"alarms":["a"]}]})"};
  });
  const Ran taken = run(open, {"--duration", "1s"});
  CHECK(taken.status == 0);
  CHECK(taken.out.find("at the end: sent ") == 0);
  CHECK(taken.out.find(" alarms 1") != std::string::npos);

  CannedAdmin no_operator([](const CannedAdmin::Asked&) { return CannedAdmin::Canned{403, ""}; });
  const Ran unlinked = run(no_operator, {"--operator", "env:HJEMPORT_TEST_TOKEN"});
  CHECK(unlinked.status == 1);
  CHECK(unlinked.error.find("POST /links was answered 403") != std::string::npos);
  CHECK(run(open, {"--operator", "hush"}).status == 64);
  CHECK(run(open, {"--speed", "0"}).status == 64);
  CHECK(run(open, {"--scenario", "war"}).status == 64);
}
