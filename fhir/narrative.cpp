#include "fhir/narrative.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace fhir {
namespace {

constexpr std::array<std::string_view, 23> elements{"div", "p",  "br", "b",  "i",  "strong", "em", "span",
                                                    "ul",  "ol", "li", "dl", "dt", "dd",     "h1", "h2",
                                                    "h3",  "table", "thead", "tbody", "tr", "th", "td"};
constexpr std::array<std::string_view, 3> attributes{"lang", "xml:lang", "class"};
constexpr std::size_t depth_max = 20;

template <std::size_t size>
bool among(const std::array<std::string_view, size>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '-' || c == '_';
}

// U+FFFE and U+FFFF, the two of three bytes that XML has no place for.
bool is_noncharacter(std::string_view text) {
  return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  std::optional<std::string> problem() {
    if (!rest_.starts_with("<div")) return "must begin with <div";
    while (!rest_.empty() && !problem_) step();
    if (problem_) return problem_;
    if (!open_.empty()) return "has an element that is not closed";
    if (!text_seen_) return "must not be empty (txt-2)";
    return std::nullopt;
  }

 private:
  void fail(std::string_view what) {
    if (!problem_) problem_ = std::string(what);
  }

  void step() {
    if (rest_.starts_with("</"))
      close_element();
    else if (rest_.starts_with("<"))
      open_element();
    else if (rest_.starts_with("&"))
      entity();
    else
      character();
  }

  void character() {
    const char c = rest_.front();
    if (open_.empty()) return fail("has text outside its div");
    if ((static_cast<unsigned char>(c) < 0x20 && !is_blank(c)) || is_noncharacter(rest_))
      return fail("has a character that XML does not allow");
    text_seen_ = text_seen_ || !is_blank(c);
    rest_.remove_prefix(1);
  }

  void entity() {
    if (open_.empty()) return fail("has text outside its div");
    const std::string_view name = rest_.substr(0, rest_.find(';') + 1);
    constexpr std::array<std::string_view, 5> known{"&lt;", "&gt;", "&amp;", "&quot;", "&apos;"};
    if (!among(known, name)) return fail("has an entity other than the five of XML");
    text_seen_ = true;
    rest_.remove_prefix(name.size());
  }

  std::string_view take_name() {
    std::size_t size = 0;
    while (size < rest_.size() && is_name(rest_[size])) ++size;
    const std::string_view name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return name;
  }

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  void open_element() {
    rest_.remove_prefix(1);
    const std::string_view name = take_name();
    if (!among(elements, name)) return fail("has an element that is not allowed");
    if (open_.empty() && closed_root_) return fail("has more than one root element");
    if (open_.size() >= depth_max) return fail("is nested too deeply");
    const bool root = open_.empty();
    bool in_namespace = false;
    for (;;) {
      const std::string_view before = rest_;
      skip_blanks();
      if (rest_.starts_with("/>") || rest_.starts_with(">")) break;
      if (before.size() == rest_.size()) return fail("has a tag that is not well-formed");
      attribute(root, in_namespace);
      if (problem_) return;
    }
    if (root && !in_namespace) return fail("must be in the namespace of XHTML");
    const bool empty = rest_.starts_with("/>");
    rest_.remove_prefix(empty ? 2 : 1);
    if (!empty)
      open_.push_back(name);
    else if (root)
      closed_root_ = true;
  }

  void attribute(bool root, bool& in_namespace) {
    const std::string_view name = take_name();
    if (name.empty() || !rest_.starts_with("=\"")) return fail("has a tag that is not well-formed");
    rest_.remove_prefix(2);
    const std::size_t end = rest_.find('"');
    if (end == std::string_view::npos) return fail("has a tag that is not well-formed");
    const std::string_view value = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (value.find_first_of("<&") != std::string_view::npos) return fail("has markup in an attribute");
    if (root && name == "xmlns" && value == xhtml_namespace)
      in_namespace = true;
    else if (!among(attributes, name))
      fail("has an attribute that is not allowed");
  }

  void close_element() {
    rest_.remove_prefix(2);
    const std::string_view name = take_name();
    skip_blanks();
    if (open_.empty() || open_.back() != name || !rest_.starts_with(">"))
      return fail("closes an element that is not open");
    rest_.remove_prefix(1);
    open_.pop_back();
    closed_root_ = closed_root_ || open_.empty();
  }

  std::string_view rest_;
  std::vector<std::string_view> open_;
  bool closed_root_ = false, text_seen_ = false;
  std::optional<std::string> problem_;
};

}  // namespace

void append_xhtml_text(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const char c = text.front();
    std::size_t taken = 1;
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&apos;";
    } else if (c == '\n' || text.starts_with("\r\n") || c == '\r') {
      taken = text.starts_with("\r\n") ? 2 : 1;
      out += "<br/>";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {
      out += ' ';
    } else if (is_noncharacter(text)) {
      taken = 3;
      out += ' ';
    } else {
      out += c;
    }
    text.remove_prefix(taken);
  }
}

std::optional<std::string> narrative_problem(std::string_view div) {
  return Scanner(div).problem();
}

}  // namespace fhir
