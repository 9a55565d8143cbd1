#include "gateway/cli/table.hpp"

#include <algorithm>
#include <ostream>
#include <string_view>

namespace gateway::cli {
namespace {

// Characters, not bytes: vendors' subjects are in any script.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

void print_table(std::ostream& out, const Row& head, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(head.size(), 1);
  auto measure = [&](const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  };
  measure(head);
  for (const Row& row : rows) measure(row);
  auto print = [&](const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string_view cell = row[i].empty() ? std::string_view("-") : std::string_view(row[i]);
      out << cell;
      if (i + 1 < row.size()) out << std::string(widths[i] - width(cell) + 2, ' ');
    }
    out << '\n';
  };
  print(head);
  for (const Row& row : rows) print(row);
}

}  // namespace gateway::cli
