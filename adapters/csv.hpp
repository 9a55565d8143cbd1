// Comma-separated values as RFC 4180 defines them: records of fields, a field in double quotes may hold commas, line
// breaks and doubled quotes. Lines may end in LF alone, and a byte order mark is skipped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/result.hpp"

namespace adapters {

class CsvReader {
 public:
  // `text` must outlive the reader.
  explicit CsvReader(std::string_view text);

  // The next record into `fields`, whose memory is re-used; false at the end. The error is a quoted field that does not
  // end or is followed by something else than a comma or the line's end, or more than 1000 fields; nothing can be read
  // after it.
  fhir::Result<bool> next(std::vector<std::string>& fields);

  std::size_t line() const { return line_; }  // where the record read last begins, from 1

 private:
  fhir::Result<void> quoted_field(std::string& field);
  bool take(char c);
  bool take_line_end();

  std::string_view rest_;
  std::size_t line_ = 0;
  std::size_t next_line_ = 1;
};

}  // namespace adapters
