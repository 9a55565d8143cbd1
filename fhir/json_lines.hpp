// On which line of a JSON text a value stands. The reader keeps no positions, because only problems of files a person wrote
// ask for one: this reads the text a second time, and only then.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace fhir {

class JsonLines {
 public:
  // `text` is JSON that was read without error; of anything else what could be followed is known.
  explicit JsonLines(std::string_view text);

  // Of a path as JsonValue::path() writes it: a member's name, or an element's first character. Of a place that is not
  // there, the nearest one around it ("template[2].template.typeName: missing" is where template[2].template begins).
  int of(std::string path) const;

 private:
  std::map<std::string, int, std::less<>> lines_;
};

// Of the error of a text that is no JSON ("byte 1041: missing a comma or }"); 0 when it names no byte.
int line_of_error(std::string_view text, std::string_view detail);

}  // namespace fhir
