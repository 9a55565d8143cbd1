#include "gateway/demo/demo_files.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "gateway/config/config.hpp"
#include "gateway/demo/household.hpp"
#include "gateway/registry/plan.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace gateway;
using namespace gateway::demo;
namespace fs = std::filesystem;

namespace {

config::Config loaded(const fs::path& file) {
  config::Loaded all = config::load(file);
  for (const config::Problem& problem : all.problems) FAIL_CHECK(config::text(problem));
  return all.config;
}

std::string as_json(const config::Programme& programme) {
  std::vector<registry::PlannedLimit> limits;
  for (const thresholds::Limit& limit : programme.limits) limits.push_back({limit, programme.id});
  return registry::limits_json(limits);
}

}  // namespace

TEST_CASE("demo files: what is written is a configuration without a single remark", "[demo]") {
  tests::TemporaryFolder folder;
  support::SeededRandom random(1);
  auto files = write_demo_files(folder.path() / "hjemport.yaml", {8080, 9090}, random);
  REQUIRE(files.has_value());
  const config::Config config = loaded(files->config);
  CHECK(config.environment == fhir::Environment::test);
  CHECK(config.tenants.size() == 2);
  CHECK(config.sources.size() == std::size(demo_sources));
  CHECK(config.programmes.size() == 5);
  CHECK(config.listen.front().port == 8080);
  CHECK(config.destinations.front().url == "http://127.0.0.1:9090/fhir");
  CHECK(config.sqlite_path == folder.path() / "data/hjemport.db");
  std::set<std::string> adapters, secrets;
  for (const config::Source& source : config.sources) {
    adapters.insert(source.adapter);
    secrets.insert(source.bearer);
    CHECK(source.bearer == files->token(source.id));
  }
  for (const config::Client& client : config.clients) {
    secrets.insert(client.bearer);
    CHECK(client.bearer == files->token(client.id));
  }
  CHECK(adapters == std::set<std::string>{"hjemport", "opentele", "telli", "withings"});
  CHECK(secrets.size() == config.sources.size() + config.clients.size());
  CHECK(files->tokens.size() == secrets.size());
}

TEST_CASE("demo files: secrets are nobody else's to read", "[demo]") {
  tests::TemporaryFolder folder;
  support::SeededRandom random(1);
  REQUIRE(write_demo_files(folder.path() / "hjemport.yaml", {}, random).has_value());
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(folder.path() / "secrets")) {
    CHECK(fs::status(entry).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    ++seen;
  }
  CHECK(seen == 12);
}

TEST_CASE("demo files: another run keeps the secrets and takes the new ports", "[demo]") {
  tests::TemporaryFolder folder;
  support::SeededRandom random(1);
  auto first = write_demo_files(folder.path() / "hjemport.yaml", {8080, 9090}, random);
  auto second = write_demo_files(folder.path() / "hjemport.yaml", {0, 9091}, random);
  REQUIRE((first && second));
  CHECK(first->token("centre") == second->token("centre"));
  CHECK(loaded(second->config).listen.front().port == 0);
}

TEST_CASE("demo files: an installation's configuration is not overwritten", "[demo]") {
  tests::TemporaryFolder folder;
  support::SeededRandom random(1);
  const fs::path real = folder.write("hjemport.yaml", "environment: production\n");
  auto refused = write_demo_files(real, {}, random);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().category == fhir::ErrorCategory::conflict);
  std::ifstream in(real);
  std::string kept;
  std::getline(in, kept);
  CHECK(kept == "environment: production");
  CHECK_FALSE(fs::exists(folder.path() / "secrets"));
}

TEST_CASE("demo files: the programmes are the examples that come with the product", "[demo]") {
  tests::TemporaryFolder folder;
  support::SeededRandom random(1);
  auto files = write_demo_files(folder.path() / "hjemport.yaml", {}, random);
  REQUIRE(files.has_value());
  const fs::path examples = fs::path(HJEMPORT_TEST_DATA).parent_path() / "deploy/rules.d";
  const fs::path other =
      folder.write("examples/other.yaml", "tenants: [{id: bodo, name: Bodø, organization: \"972418013\"}]\nrules: \"" +
                                              examples.string() + "\"\n");
  const config::Config demo = loaded(files->config), shipped = loaded(other);
  REQUIRE(demo.programmes.size() == shipped.programmes.size());
  for (std::size_t i = 0; i < demo.programmes.size(); ++i) {
    CHECK(demo.programmes[i].id == shipped.programmes[i].id);
    CHECK(as_json(demo.programmes[i]) == as_json(shipped.programmes[i]));
  }
}

TEST_CASE("demo files: a temporary folder is gone with everything in it", "[demo]") {
  fs::path path;
  {
    demo::TemporaryFolder folder;
    path = folder.path();
    fs::create_directories(path / "data");
    std::ofstream(path / "data/file") << "x";
    CHECK((fs::status(path).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("demo: about twenty people in both tenants, events only from those who can send them", "[demo]") {
  tests::TemporaryFolder folder;
  support::SeededRandom random(1);
  auto files = write_demo_files(folder.path() / "hjemport.yaml", {}, random);
  REQUIRE(files.has_value());
  const Simulation simulation = demo_simulation(*files, support::ManualClock().now());
  CHECK(simulation.people.size() == 20);
  std::set<std::string_view> tenants, adapters;
  for (const Person& person : simulation.people) {
    tenants.insert(demo_sources[person.source].tenant);
    adapters.insert(demo_sources[person.source].adapter);
  }
  CHECK(tenants.size() == 2);
  CHECK(adapters.size() == 4);
  CHECK(demo_sources[simulation.people[first_to_fall_ill].source].id == std::string_view("sensors-bodo"));
  CHECK(simulation.people[first_to_fall_ill].body.condition == Condition::copd);
  CHECK_FALSE(simulation.happenings.empty());
  for (const Scripted& happening : simulation.happenings) {
    CHECK(demo_sources[simulation.people[happening.person].source].adapter == std::string_view("hjemport"));
  }
}

// The README tells a newcomer to push a reading for this person.
TEST_CASE("demo: the person of the README is the first to fall ill", "[demo]") {
  tests::TemporaryFolder folder;
  support::SeededRandom random(1);
  auto files = write_demo_files(folder.path() / "hjemport.yaml", {}, random);
  REQUIRE(files.has_value());
  const Simulation simulation = demo_simulation(*files, support::ManualClock().now());
  std::ifstream in(fs::path(HJEMPORT_TEST_DATA).parent_path() / "README.md");
  const std::string readme((std::istreambuf_iterator<char>(in)), {});
  CHECK(readme.find('"' + simulation.people[first_to_fall_ill].account.subject + '"') != std::string::npos);
}
