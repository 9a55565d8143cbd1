#include "adapters/csv.hpp"

#include <algorithm>

namespace adapters {
namespace {

// A record of empty fields costs a byte a field on the wire and a string each in memory; no export has as many columns.
constexpr std::size_t most_fields = 1000;

}  // namespace

CsvReader::CsvReader(std::string_view text) : rest_(text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
}

fhir::Result<bool> CsvReader::next(std::vector<std::string>& fields) {
  if (rest_.empty()) return false;
  line_ = next_line_;
  std::size_t count = 0;
  do {
    if (count == most_fields) return fhir::invalid("line " + std::to_string(line_) + ": more than 1000 fields");
    if (count == fields.size()) fields.emplace_back();
    std::string& field = fields[count++];
    field.clear();
    if (take('"')) {
      if (const auto read = quoted_field(field); !read) return read.error();
    } else {
      const std::size_t length = std::min(rest_.find_first_of(",\r\n"), rest_.size());
      field.assign(rest_.substr(0, length));
      rest_.remove_prefix(length);
    }
  } while (take(','));
  fields.resize(count);
  if (!rest_.empty() && !take_line_end())
    return fhir::invalid("line " + std::to_string(line_) + ": expected a comma or the end of the line after a field");
  return true;
}

fhir::Result<void> CsvReader::quoted_field(std::string& field) {
  for (;;) {
    const std::size_t quote = rest_.find('"');
    if (quote == std::string_view::npos)
      return fhir::invalid("line " + std::to_string(line_) + ": a quoted field that does not end");
    const std::string_view part = rest_.substr(0, quote);
    next_line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    field.append(part);
    rest_.remove_prefix(quote + 1);
    if (!take('"')) return {};
    field += '"';
  }
}

bool CsvReader::take(char c) {
  if (!rest_.starts_with(c)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool CsvReader::take_line_end() {
  const std::string_view before = rest_;
  take('\r');
  if (take('\n')) {
    ++next_line_;
    return true;
  }
  rest_ = before;
  return false;
}

}  // namespace adapters
