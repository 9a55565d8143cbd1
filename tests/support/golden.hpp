// The payloads under tests/golden, by adapter.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace test {

std::string file_content(const std::filesystem::path&);
std::filesystem::path golden_folder(std::string_view adapter);
// The inputs, sorted by name; not the expected files.
std::vector<std::filesystem::path> golden_payloads(std::string_view adapter);

}  // namespace test
