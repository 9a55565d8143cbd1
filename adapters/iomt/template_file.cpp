#include "adapters/iomt/template_file.hpp"

#include <algorithm>

#include "adapters/draft.hpp"
#include "fhir/json_lines.hpp"

namespace adapters::iomt {
namespace {

using fhir::JsonValue;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string Problem::text() const {
  std::string out = file;
  if (line > 0) out.append(":").append(std::to_string(line));
  if (!place.empty()) out.append(": ").append(place);
  return out.append(": ").append(what);
}

void add_lines(const TemplateFile& file, std::vector<Problem>& problems) {
  std::optional<fhir::JsonLines> lines;
  for (Problem& problem : problems) {
    if (problem.file != file.name || problem.line != 0) continue;
    if (!lines) lines.emplace(file.text);
    problem.line = problem.place.empty() ? fhir::line_of_error(file.text, problem.what) : lines->of(problem.place);
  }
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

TemplateObject::TemplateObject(JsonValue object, std::initializer_list<std::string_view> known,
                               const Problems& problems)
    : object_(object), problems_(problems) {
  std::vector<std::string_view> seen;
  for (const JsonValue member : object) {
    const std::string_view key = member.key();
    const auto same = [&](std::string_view name) { return same_word(name, key); };
    if (std::none_of(known.begin(), known.end(), same)) problems.add(member.path(), "unknown member");
    if (std::any_of(seen.begin(), seen.end(), same)) problems.add(member.path(), "given twice");
    seen.push_back(key);
  }
}

JsonValue TemplateObject::operator[](std::string_view member) const {
  for (const JsonValue value : object_)
    if (same_word(value.key(), member)) return value.is_null() ? JsonValue() : value;
  return {};
}

std::string TemplateObject::place(std::string_view member) const {
  const JsonValue value = (*this)[member];
  return value.absent() ? member_path(object_, member) : value.path();
}

std::string TemplateObject::text(std::string_view member) const {
  const JsonValue value = (*this)[member];
  if (value.absent()) return {};
  if (value.is_string() || value.is_number()) return std::string(value.scalar());
  problems_.add(value.path(), "expected a text");
  return {};
}

std::string TemplateObject::required_text(std::string_view member) const {
  if ((*this)[member].absent()) {
    problems_.add(place(member), "missing");
    return {};
  }
  std::string value = text(member);
  if (blank(value)) problems_.add(place(member), "must not be blank");
  return value;
}

bool TemplateObject::flag(std::string_view member) const {
  const JsonValue value = (*this)[member];
  if (value.absent()) return false;
  const bool readable = value.is_boolean() || value.is_string();
  if (readable && same_word(value.scalar(), "true")) return true;
  if (!readable || !same_word(value.scalar(), "false")) problems_.add(value.path(), "expected true or false");
  return false;
}

bool is_type(std::string_view written, std::string_view name, bool with_suffix) {
  return same_word(written, name) || (with_suffix && same_word(written, std::string(name) + "Template"));
}

std::optional<Wrapped> unwrap(JsonValue wrapper, const Problems& problems) {
  if (!wrapper.is_object()) {
    problems.add(wrapper.path(), "expected an object with templateType and template");
    return std::nullopt;
  }
  const std::size_t before = problems.found.size();
  const TemplateObject object(wrapper, {"templateType", "template"}, problems);
  Wrapped wrapped{object.required_text("templateType"), object["template"]};
  if (wrapped.content.absent()) problems.add(object.place("template"), "missing");
  if (problems.found.size() != before) return std::nullopt;
  return wrapped;
}

std::vector<Wrapped> collection(JsonValue root, std::string_view type, const Problems& problems) {
  std::vector<Wrapped> all;
  const std::optional<Wrapped> outer = unwrap(root, problems);
  if (!outer) return all;
  if (!is_type(outer->type, type, true)) {
    problems.add("templateType", "expected " + std::string(type) + ", not " + outer->type);
    return all;
  }
  if (!outer->content.is_array()) {
    problems.add(outer->content.path(), "expected an array of templates");
    return all;
  }
  for (const JsonValue element : outer->content) {
    std::optional<Wrapped> inner = unwrap(element, problems);
    if (!inner) continue;
    if (inner->content.is_object())
      all.push_back(*inner);
    else
      problems.add(inner->content.path(), "expected an object");
  }
  return all;
}

}  // namespace adapters::iomt
