// The request target (RFC 9112 3.2): forms, characters and percent-decoding, stricter than the RFC wherever two readers
// could disagree. Pure, fuzzed by tests/fuzz/http_target_fuzz.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway::http {

enum class Plus { literal, space };  // '+' is a space in forms and queries, itself in a path

// Nothing for a malformed escape, a NUL or bytes that are not UTF-8.
std::optional<std::string> percent_decode(std::string_view, Plus);

struct Target {
  std::string path;            // decoded; "*" for the asterisk form
  std::string_view query;      // raw, into the argument
  std::string_view authority;  // of the absolute form; empty otherwise
};

// Origin form, absolute form with http or https, or "*". Nothing for anything else, and for a path that another
// component could read differently: encoded slash or backslash, control characters, "." and ".." segments (also
// encoded), a fragment. `target.path` keeps its memory between calls.
bool parse_target(std::string_view text, Target& target);

// "host[:port]" of a Host field or an absolute target; not empty, no user information.
bool valid_authority(std::string_view);

}  // namespace gateway::http
