// Payloads that are almost right: every way one place of a good one can be wrong. For decoders, which must answer all
// of them and lose nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace test {

struct Variant {
  std::string what;  // "$.measurements[0].value = []"
  std::string json;
};

// The payload with one value replaced by each of wrong_values(), one member left out, or one unknown member added, at
// every place.
std::vector<Variant> variants(std::string_view json);
// The same text with one member doubled, for every member: two receivers could read it differently.
std::vector<Variant> doubled_members(std::string_view json);

const std::vector<std::string>& wrong_values();

}  // namespace test
