#include "fhir/json_lines.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "fhir/json_reader.hpp"

namespace fhir {
namespace {

int line_at(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte);
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
}

// The lines on which values stand, in document order: the order in which JsonValue is walked, too.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  std::vector<int> lines() && {
    while (at_ < text_.size()) step();
    return std::move(lines_);
  }

 private:
  struct Open {
    bool object;
    bool value_follows;  // of an object: its next string is no name
  };

  void step() {
    const char c = text_[at_];
    switch (c) {
      case '\n':
        ++line_;
        [[fallthrough]];
      case ' ':
      case '\t':
      case '\r':
        ++at_;
        return;
      case '{':
      case '[':
        value();
        open_.push_back({c == '{', false});
        ++at_;
        return;
      case '}':
      case ']':
        if (!open_.empty()) open_.pop_back();
        ++at_;
        return;
      case ',':
        if (!open_.empty()) open_.back().value_follows = false;
        ++at_;
        return;
      case ':':
        if (!open_.empty()) open_.back().value_follows = true;
        ++at_;
        return;
      case '"':
        if (in_object() && !open_.back().value_follows)
          name_line_ = line_;
        else
          value();
        return skip_string();
      default:
        value();
        at_ = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
    }
  }

  bool in_object() const { return !open_.empty() && open_.back().object; }
  void value() { lines_.push_back(in_object() ? name_line_ : line_); }

  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1, name_line_ = 1;
  std::vector<Open> open_;
  std::vector<int> lines_;
};

}  // namespace

JsonLines::JsonLines(std::string_view text) {
  const auto document = JsonDocument::parse(text);
  if (!document) return;
  const std::vector<int> lines = Scan(text).lines();
  std::size_t next = 0;
  std::vector<JsonValue> waiting = {document->root()};
  while (!waiting.empty()) {
    const JsonValue value = waiting.back();
    waiting.pop_back();
    if (next < lines.size()) lines_.emplace(value.path(), lines[next++]);  // of names that are not shown the first counts
    const std::size_t before = waiting.size();
    for (const JsonValue child : value) waiting.push_back(child);
    std::reverse(waiting.begin() + static_cast<std::ptrdiff_t>(before), waiting.end());
  }
}

int JsonLines::of(std::string path) const {
  for (;;) {
    const auto found = lines_.find(path);
    if (found != lines_.end()) return found->second;
    const std::size_t end = path.find_last_of(".[");
    if (path.empty()) return 0;
    path.resize(end == std::string::npos ? 0 : end);
  }
}

int line_of_error(std::string_view text, std::string_view detail) {
  constexpr std::string_view begin = "byte ";
  const std::size_t place = detail.find(begin);
  if (place == std::string_view::npos) return 0;
  std::size_t byte = 0;
  const std::string_view digits = detail.substr(place + begin.size());
  if (std::from_chars(digits.data(), digits.data() + digits.size(), byte).ec != std::errc{}) return 0;
  return line_at(text, byte);
}

}  // namespace fhir
