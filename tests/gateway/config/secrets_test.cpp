#include "gateway/config/secrets.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <string>

#include "gateway/config/config.hpp"
#include "tests/support/temporary_folder.hpp"

using gateway::config::Config;
using gateway::config::ensure_installation_secret;
using tests::TemporaryFolder;

namespace {

Config fresh(const TemporaryFolder& folder) {
  Config config;
  config.sqlite_path = folder.path() / "data/hjemport.db";
  config.installation_secret_file = folder.path() / "data/installation.secret";
  return config;
}

}  // namespace

TEST_CASE("installation secret: made at the very first start, for its owner only, and read ever after", "[config]") {
  TemporaryFolder folder;
  Config first = fresh(folder);
  REQUIRE(ensure_installation_secret(first, gateway::system_random()).has_value());
  CHECK(first.installation_secret.size() == 64);
  struct stat status {};
  REQUIRE(stat(first.installation_secret_file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);

  folder.write("data/hjemport.db", "a database");
  Config second = fresh(folder);
  REQUIRE(ensure_installation_secret(second, gateway::system_random()).has_value());
  CHECK(second.installation_secret == first.installation_secret);
}

TEST_CASE("installation secret: a database without its secret is refused, not given a new one", "[config]") {
  TemporaryFolder folder;
  folder.write("data/hjemport.db", "a database");
  Config config = fresh(folder);
  auto result = ensure_installation_secret(config, gateway::system_random());
  REQUIRE(result.has_error());
  CHECK(result.error().category == fhir::ErrorCategory::conflict);
  CHECK_FALSE(std::filesystem::exists(config.installation_secret_file));
  CHECK(config.installation_secret.empty());
}

TEST_CASE("installation secret: an empty file is no secret", "[config]") {
  TemporaryFolder folder;
  folder.write("data/installation.secret", "\n");
  Config config = fresh(folder);
  CHECK(ensure_installation_secret(config, gateway::system_random()).has_error());
}

TEST_CASE("installation secret: one from the environment makes no file", "[config]") {
  TemporaryFolder folder;
  Config config = fresh(folder);
  config.installation_secret = "from-the-environment";
  config.installation_secret_file.clear();
  REQUIRE(ensure_installation_secret(config, gateway::system_random()).has_value());
  CHECK(config.installation_secret == "from-the-environment");
  CHECK_FALSE(std::filesystem::exists(folder.path() / "data"));
}

TEST_CASE("installation secret: a folder that cannot be written is an error, not an exception", "[config]") {
  TemporaryFolder folder;
  folder.write("data", "a file where a folder should be");
  Config config = fresh(folder);
  auto result = ensure_installation_secret(config, gateway::system_random());
  REQUIRE(result.has_error());
  CHECK(result.error().detail.find(folder.path().string()) == std::string::npos);
}
