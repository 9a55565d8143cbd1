// Secrets named in the configuration as env:NAME or file:PATH. Never a value in a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway::config {

struct Reading;

inline constexpr std::size_t short_secret =
    16;  // characters; anything shorter is worth guessing, so it is warned about

// Texts continue "'clients[0].auth.bearer' ...".
struct SecretRead {
  std::string value;  // valid when error is empty
  std::string error;
  std::vector<std::string> warnings;
};
SecretRead read_secret(std::string_view reference, const Reading&);

}  // namespace gateway::config
