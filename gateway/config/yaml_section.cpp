#include "gateway/config/yaml_section.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "adapters/mapping/nearest_word.hpp"
#include "fhir/decimal.hpp"
#include "gateway/config/secrets.hpp"

namespace gateway::config {
namespace {

int line_of(const YAML::Node& node) {
  YAML::Mark mark = node.Mark();
  return mark.is_null() ? 0 : mark.line + 1;
}

// "sources[2].tenant" -> "sources[].tenant"
std::string without_indexes(std::string_view path) {
  std::string text;
  for (char c : path) {
    if (c < '0' || c > '9' || text.empty() || text.back() != '[') text += c;
  }
  return text;
}

}  // namespace

void Reading::error(const Place& place, std::string text) {
  problems.push_back({place.file, place.line, std::move(text), false});
}
void Reading::warning(const Place& place, std::string text) {
  problems.push_back({place.file, place.line, std::move(text), true});
}

Place Reading::place(std::string path) const {
  for (;;) {
    if (auto found = places.find(path); found != places.end()) return found->second;
    std::size_t cut = path.find_last_of(".[");
    if (cut == std::string::npos) break;
    path.resize(cut);
  }
  auto whole = places.find("");
  return whole == places.end() ? Place{} : whole->second;
}

std::filesystem::path Reading::resolve(std::string_view path) const {
  std::filesystem::path given(path);
  return given.is_absolute() ? given : (base / given).lexically_normal();
}

Section::Section(YAML::Node node, std::string file, std::string path, Reading& reading)
    : node_(std::move(node)),
      present_(node_.IsDefined()),
      file_(std::move(file)),
      path_(std::move(path)),
      reading_(reading) {
  if (!present_) return;
  line_ = line_of(node_);
  if (path_.empty()) {
    reading_.places.emplace(path_, place());  // the main file is read first and stays the place of what stands nowhere
  } else {
    reading_.places.insert_or_assign(path_, place());  // the same path may stand in several rules files
  }
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) {
      reading_.error({file_, line_of(entry.first)}, "a key must be a word");
    } else if (!seen.insert(entry.first.Scalar()).second) {
      reading_.error({file_, line_of(entry.first)}, "'" + under(entry.first.Scalar()) + "' is given twice");
    }
  }
}

std::string Section::under(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

Place Section::place() const {
  return present_ ? Place{file_, line_} : reading_.place(path_);
}
Place Section::place(const char* key) const {
  return reading_.place(under(key));
}
void Section::error(const char* key, std::string text) {
  reading_.error(place(key), std::move(text));
}

bool Section::has(const char* key) const {
  if (!present_) return false;
  return std::any_of(node_.begin(), node_.end(),
                     [&](const auto& entry) { return entry.first.IsScalar() && entry.first.Scalar() == key; });
}

std::optional<YAML::Node> Section::value(const char* key, Need need) {
  asked_.emplace_back(key);
  reading_.settings.insert(without_indexes(under(key)));
  if (!present_) return std::nullopt;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar() || entry.first.Scalar() != key) continue;
    int line = line_of(entry.second) ? line_of(entry.second) : line_of(entry.first);
    if (entry.second.IsNull()) {
      reading_.error({file_, line_of(entry.first)},
                     "'" + under(key) + "' has no value; leave it out to keep its default");
      return std::nullopt;
    }
    reading_.places.insert_or_assign(under(key), Place{file_, line});
    return entry.second;
  }
  if (need == Need::required) reading_.error(place(), "'" + under(key) + "' is missing");
  return std::nullopt;
}

std::optional<std::string> Section::scalar(const char* key, Need need, const char* expected) {
  std::optional<YAML::Node> node = value(key, need);
  if (!node) return std::nullopt;
  if (!node->IsScalar()) {
    error(key, "'" + under(key) + "' must be " + expected);
    return std::nullopt;
  }
  return node->Scalar();
}

bool Section::text(const char* key, std::string& out, Need need) {
  std::optional<std::string> found = scalar(key, need, "a text");
  if (!found) return false;
  if (found->empty()) {
    error(key, "'" + under(key) + "' is empty");
    return false;
  }
  out = *found;
  return true;
}

bool Section::flag(const char* key, bool& out) {
  std::optional<std::string> found = scalar(key, Need::optional, "true or false");
  if (!found) return false;
  if (*found != "true" && *found != "false") {
    error(key, "'" + under(key) + "' must be true or false");
    return false;
  }
  out = *found == "true";
  return true;
}

bool Section::number(const char* key, std::int64_t& out, std::int64_t least, std::int64_t most) {
  const std::string expected = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  std::optional<std::string> found = scalar(key, Need::optional, expected.c_str());
  if (!found) return false;
  std::int64_t value = 0;
  auto [stop, failure] = std::from_chars(found->data(), found->data() + found->size(), value);
  if (failure != std::errc{} || stop != found->data() + found->size() || value < least || value > most) {
    error(key, "'" + under(key) + "' must be " + expected);
    return false;
  }
  out = value;
  return true;
}

bool Section::milliseconds(const char* key, std::chrono::milliseconds& out, std::chrono::milliseconds step,
                           std::chrono::milliseconds least, std::chrono::milliseconds most) {
  const std::string expected =
      "a duration from " + duration_text(least) + " to " + duration_text(most) + ", written like 90s, 15m, 6h or 3d";
  std::optional<std::string> found = scalar(key, Need::optional, expected.c_str());
  if (!found) return false;
  std::optional<std::chrono::milliseconds> value = parse_duration(*found);
  if (!value || *value < least || *value > most) {
    error(key, "'" + under(key) + "' must be " + expected);
    return false;
  }
  if (*value % step != std::chrono::milliseconds(0)) {
    error(key, "'" + under(key) + "' must be a multiple of " + duration_text(step));
    return false;
  }
  out = *value;
  return true;
}

bool Section::decimal(const char* key, std::optional<thresholds::Number>& out) {
  std::optional<std::string> found = scalar(key, Need::optional, "a number");
  if (!found) return false;
  fhir::Result<fhir::Decimal> value = fhir::Decimal::parse(*found);
  if (!value) {
    error(key, "'" + under(key) + "' must be a number, written like 37.5");
    return false;
  }
  out = thresholds::Number{value->coefficient(), value->scale()};
  return true;
}

bool Section::texts(const char* key, std::vector<std::string>& out, Need need) {
  std::optional<YAML::Node> node = value(key, need);
  if (!node) return false;
  bool right = node->IsSequence();
  std::vector<std::string> found;
  if (right) {
    for (const YAML::Node& item : *node) {
      right = right && item.IsScalar() && !item.Scalar().empty();
      if (right) found.push_back(item.Scalar());
    }
  }
  if (!right) {
    error(key, "'" + under(key) + "' must be a list of words, written like [a, b]");
    return false;
  }
  out = std::move(found);
  return true;
}

void Section::words(const char* key, const std::function<void(const std::string&, const std::string&)>& read) {
  std::optional<YAML::Node> node = value(key, Need::optional);
  if (!node) return;
  bool right = node->IsMap();
  if (right) {
    for (const auto& pair : *node) right = right && pair.first.IsScalar() && pair.second.IsScalar() && !pair.first.Scalar().empty();
  }
  if (!right) {
    error(key, "'" + under(key) + "' must be pairs of words, written like {a: b}");
    return;
  }
  for (const auto& pair : *node) read(pair.first.Scalar(), pair.second.Scalar());
}

bool Section::secret(const char* key, std::string& out, Need need) {
  std::optional<std::string> reference = scalar(key, need, "env:NAME or file:PATH");
  if (!reference) return false;
  SecretRead read = read_secret(*reference, reading_);
  for (const std::string& text : read.warnings) reading_.warning(place(key), "'" + under(key) + "' " + text);
  if (!read.error.empty()) {
    error(key, "'" + under(key) + "' " + read.error);
    return false;
  }
  out = std::move(read.value);
  return true;
}

void Section::section(const char* key, const std::function<void(Section&)>& read, Need need) {
  std::optional<YAML::Node> node = value(key, need);
  if (node && !node->IsMap()) {
    error(key, "'" + under(key) + "' must be a section of keys and values");
    node.reset();
  }
  Section inner(node ? *node : YAML::Node(YAML::NodeType::Undefined), file_, under(key), reading_);
  read(inner);
  inner.refuse_unknown();
}

void Section::each(const char* key, const std::function<void(Section&)>& read, Need need) {
  std::optional<YAML::Node> node = value(key, need);
  if (!node) return;
  if (!node->IsSequence()) {
    error(key, "'" + under(key) + "' must be a list; each entry begins with '-'");
    return;
  }
  std::size_t index = 0;
  for (const YAML::Node& item : *node) {
    std::string path = under(key) + "[" + std::to_string(index++) + "]";
    if (!item.IsMap()) {
      reading_.error({file_, line_of(item)}, "'" + path + "' must be a section of keys and values");
      continue;
    }
    Section inner(item, file_, path, reading_);
    read(inner);
    inner.refuse_unknown();
  }
}

void Section::refuse_unknown() {
  if (!present_) return;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) continue;
    const std::string& key = entry.first.Scalar();
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    std::string text = "unknown key '" + under(key) + "'";
    std::string meant = adapters::mapping::nearest_word(key, asked_);
    if (!meant.empty()) text += "; did you mean '" + meant + "'?";
    reading_.error({file_, line_of(entry.first)}, std::move(text));
  }
}

std::optional<YAML::Node> parse_file(const std::filesystem::path& file, Reading& reading) {
  std::error_code failure;
  std::ifstream stream;
  if (std::filesystem::is_regular_file(file, failure)) stream.open(file, std::ios::binary);
  if (!stream.is_open()) {
    reading.error({file.string(), 0}, "cannot be read as a file");
    return std::nullopt;
  }
  std::string content{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(content);
    if (documents.size() == 1 && documents.front().IsMap()) return documents.front();
    reading.error({file.string(), 0}, "must hold one YAML mapping of keys and values");
  } catch (const YAML::ParserException& broken) {
    reading.error({file.string(), broken.mark.is_null() ? 0 : broken.mark.line + 1}, "not valid YAML: " + broken.msg);
  } catch (const YAML::Exception& broken) {
    reading.error({file.string(), 0}, "not valid YAML: " + broken.msg);
  }
  return std::nullopt;
}

namespace {
struct Unit {
  std::string_view name;
  std::chrono::milliseconds length;
};
constexpr Unit units[] = {{"ms", std::chrono::milliseconds(1)},
                          {"s", std::chrono::seconds(1)},
                          {"m", std::chrono::minutes(1)},
                          {"h", std::chrono::hours(1)},
                          {"d", std::chrono::hours(24)}};
}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  constexpr std::int64_t most = 36'500;  // of any unit but milliseconds a hundred years are more than enough
  if (failure != std::errc{} || count < 0) return std::nullopt;
  std::string_view unit(stop, static_cast<std::size_t>(text.data() + text.size() - stop));
  for (const Unit& known : units) {
    if (unit != known.name) continue;
    if (known.length >= std::chrono::hours(24) && count > most) return std::nullopt;
    if (count > std::chrono::milliseconds(std::chrono::hours(24 * most)) / known.length) return std::nullopt;
    return count * known.length;
  }
  return std::nullopt;
}

std::string duration_text(std::chrono::milliseconds duration) {
  const Unit* fitting = &units[0];
  for (const Unit& unit : units) {
    if (duration >= unit.length && duration % unit.length == std::chrono::milliseconds(0)) fitting = &unit;
  }
  return std::to_string(duration / fitting->length) + std::string(fitting->name);
}

}  // namespace gateway::config
