// Every file tests/golden/<adapter>/<case>.json decodes to exactly <case>.expected.json. With UPDATE_GOLDEN=1 in the
// environment the expected files are written anew; read the difference before it is committed. <adapter>/ORIGIN.md says
// where each input comes from.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/decoded_json.hpp"

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> inputs(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".json") && !name.ends_with(".expected.json")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool updating() {
  const char* update = std::getenv("UPDATE_GOLDEN");
  return update != nullptr && std::string_view(update) == "1";
}

}  // namespace

TEST_CASE("golden payloads decode as recorded", "[adapters][golden]") {
  for (const adapters::Adapter& adapter : adapters::all_adapters()) {
    const fs::path folder = fs::path(HJEMPORT_TEST_DATA) / "golden" / adapter.name;
    REQUIRE(fs::is_directory(folder));
    const std::string origins = content(folder / "ORIGIN.md");
    const std::vector<fs::path> payloads = inputs(folder);
    CHECK(!payloads.empty());
    for (const fs::path& payload : payloads) {
      DYNAMIC_SECTION(adapter.name << ": " << payload.stem().string()) {
        const std::string decoded = test::decoded_json(test::decode(adapter.decode, content(payload)));
        fs::path expected = payload;
        expected.replace_extension(".expected.json");
        if (updating()) std::ofstream(expected, std::ios::binary) << decoded;
        CHECK(decoded == content(expected));
        CHECK(origins.find("`" + payload.filename().string() + "`") != std::string::npos);
      }
    }
  }
}
