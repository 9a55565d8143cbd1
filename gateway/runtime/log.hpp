// Structured log lines: time, level, event, fields, one JSON object a line on standard error. Events are nouns with a
// past verb
// ("observation_stored"). Never a payload, a name, a token or a national identity number: field values that could be
// one are replaced (fhir::may_contain_national_id), and only listed types are accepted.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace gateway::log {

enum class Level : std::uint8_t { debug, info, warning, error };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, bool> value;
  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, std::int64_t v) : name(n), value(v) {}
  Field(std::string_view n, int v) : name(n), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view n, std::size_t v) : name(n), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
};

void write(Level, std::string_view event, std::initializer_list<Field> fields = {});
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::info, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::warning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::error, event, fields);
}

void set_level(Level);
// Where lines go; standard error by default. A sink that blocks drops lines (counted), it never holds a request. Called
// from the log's own thread, with the line and its newline.
void set_sink(void (*sink)(std::string_view line));

inline constexpr std::size_t queue_lines = 8'192;  // waiting at most: about 2 MB, a second of a very busy gateway
std::uint64_t dropped();                           // lines lost since start because the sink did not keep up

// Waits until what was written so far has reached the sink; false when that took longer. For the end of the program and
// tests.
bool flush(std::chrono::milliseconds longest = std::chrono::milliseconds(500));

}  // namespace gateway::log
