// The examples of docs/rules.md, each with the readings that stand under it.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace tests::rules_page {

struct Example {
  int line = 0;                       // of the page
  std::string yaml;                   // a whole rules file
  std::vector<std::string> readings;  // "2026-03-02T08:00 heart-rate 110 -> high-pulse within"
};

inline std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

inline const std::filesystem::path repository = std::filesystem::path(HJEMPORT_TEST_DATA).parent_path();

inline std::vector<Example> examples() {
  std::ifstream page(repository / "docs/rules.md");
  std::vector<Example> all;
  std::string line, block;
  for (int number = 1; std::getline(page, line); ++number) {
    if (block.empty()) {
      if (line == "```yaml" || line == "```readings") block = line.substr(3);
      if (block == "yaml") all.push_back({number, {}, {}});
    } else if (line == "```") {
      block.clear();
    } else if (block == "yaml") {
      // What stands in a programme is given one.
      Example& example = all.back();
      if (example.yaml.empty() && !line.starts_with("programmes:")) example.yaml = "programmes:\n  - id: example\n";
      const bool whole = example.yaml.empty() || !example.yaml.starts_with("programmes:\n  - id: example\n");
      example.yaml += (whole ? "" : "    ") + line + "\n";
    } else {
      all.back().readings.push_back(line);
    }
  }
  return all;
}

}  // namespace tests::rules_page
