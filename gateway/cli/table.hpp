// Rows as a person reads them on a terminal: columns as wide as their widest cell, two blanks between.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace gateway::cli {

using Row = std::vector<std::string>;

// All rows have as many cells as the head. An empty cell is shown as "-".
void print_table(std::ostream&, const Row& head, const std::vector<Row>& rows);

}  // namespace gateway::cli
