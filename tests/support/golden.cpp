#include "tests/support/golden.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace test {

std::string file_content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::filesystem::path golden_folder(std::string_view adapter) {
  return std::filesystem::path(HJEMPORT_TEST_DATA) / "golden" / adapter;
}

std::vector<std::filesystem::path> golden_payloads(std::string_view adapter) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder(adapter))) {
    const std::string name = entry.path().filename().string();
    const bool payload = name.ends_with(".json") || name.ends_with(".csv") || name.ends_with(".hl7") || name.ends_with(".xml");
    if (payload && !name.ends_with(".expected.json")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace test
