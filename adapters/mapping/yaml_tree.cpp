#include "adapters/mapping/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "adapters/expression/utf8.hpp"
#include "adapters/mapping/nearest_word.hpp"

namespace adapters::mapping {
namespace {

constexpr std::size_t most_problems = 200;  // a file with more is not read to the end by anybody

int line_of(const YAML::Mark& mark) {
  return mark.is_null() ? 0 : mark.line + 1;
}

// Ends the parsing from inside yaml-cpp, which passes exceptions of its handlers through.
struct Refused {
  int line;
  std::string why;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(Report& report, const YamlLimits& limits) : report_(report), limits_(limits) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(make(YamlNode::Kind::nothing, mark)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    report_.error(line_of(mark), std::string("aliases (*name) are refused; ") + limits_.instead_of_alias);
    add(make(YamlNode::Kind::nothing, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string& value) override {
    YamlNode node = make(YamlNode::Kind::text, mark);
    node.text = value;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::list, mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  YamlNode make(YamlNode::Kind kind, const YAML::Mark& mark) {
    if (++nodes_ > limits_.nodes) throw Refused{line_of(mark), std::string("more than ") + limits_.file + " can need"};
    YamlNode node;
    node.kind = kind;
    node.line = line_of(mark);
    return node;
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark) {
    if (open_.size() >= limits_.depth) throw Refused{line_of(mark), std::string("nested deeper than ") + limits_.file + " can need"};
    open_.push_back(make(kind, mark));
  }

  void close() {
    YamlNode done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done));
  }

  // In a map keys and values come in turns.
  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    YamlNode& parent = open_.back();
    if (parent.is_list() || parent.keys.size() > parent.items.size()) {
      parent.items.push_back(std::move(node));
      return;
    }
    if (!node.is_text()) report_.error(node.line, "a key must be a word");
    parent.keys.push_back({std::move(node.text), node.line});
  }

  Report& report_;
  const YamlLimits& limits_;
  YamlNode root_;
  std::vector<YamlNode> open_;
  std::size_t nodes_ = 0;
};

}  // namespace

void Report::add(int line, std::string text, bool warning) {
  if (!warning) ++errors_;
  if (full_) return;
  const auto same = [&](const Problem& known) { return known.line == line && known.text == text; };
  if (std::any_of(problems_.begin(), problems_.end(), same)) return;
  if (problems_.size() >= most_problems) {
    full_ = true;
    line = 0;
    text = "more problems than are worth reading; correct these first";
  }
  problems_.push_back({file_, line, std::move(text), warning});
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) return &items[i];
  }
  return nullptr;
}

std::optional<YamlNode> parse_yaml(std::string_view text, Report& report, const YamlLimits& limits) {
  if (text.size() > limits.bytes) {
    report.error(0, "larger than " + std::to_string(limits.bytes / 1024) + " KiB, the most " + limits.file + " may have");
    return std::nullopt;
  }
  if (!expression::is_utf8(text) || text.find('\0') != std::string_view::npos) {
    report.error(0, "is not UTF-8 text");
    return std::nullopt;
  }
  std::istringstream stream{std::string(text)};
  TreeBuilder builder(report, limits);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    YamlNode root = builder.take();
    TreeBuilder rest(report, limits);
    if (parser.HandleNextDocument(rest)) {
      report.error(rest.take().line, std::string("a second document; ") + limits.file + " holds one");
      return std::nullopt;
    }
    if (root.is_map()) return root;
    report.error(0, "must hold one YAML mapping of keys and values");
  } catch (const Refused& refused) {
    report.error(refused.line, refused.why);
  } catch (const YAML::Exception& broken) {
    report.error(line_of(broken.mark), "not valid YAML: " + broken.msg);
  }
  return std::nullopt;
}

YamlMap::YamlMap(const YamlNode& node, std::string place, Report& report)
    : node_(node), place_(std::move(place)), report_(report) {
  if (!node.is_map()) report_.error(node.line, place_ + ": must be a section of keys and values");
  std::set<std::string_view> seen;
  for (const YamlNode::Key& key : node.keys) {
    if (!seen.insert(key.text).second) report_.error(key.line, at(key.text) + ": is given twice");
  }
}

std::string YamlMap::at(std::string_view key) const {
  std::string path = place_;
  if (!path.empty()) path += '.';
  return path.append(key);
}

int YamlMap::line(std::string_view key) const {
  const YamlNode* const value = node_.find(key);
  return value != nullptr && value->line != 0 ? value->line : node_.line;
}

void YamlMap::error(std::string_view key, std::string text) {
  report_.error(line(key), at(key) + ": " + std::move(text));
}

const YamlNode* YamlMap::get(std::string_view key) {
  asked_.emplace_back(key);
  const YamlNode* const value = node_.find(key);
  if (value == nullptr || !value->is_nothing()) return value;
  error(key, "has no value");
  return nullptr;
}

std::optional<std::string> YamlMap::text(std::string_view key) {
  const YamlNode* const value = get(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_text() && !value->text.empty()) return value->text;
  error(key, "must be a text");
  return std::nullopt;
}

bool YamlMap::flag(std::string_view key) {
  const auto word = text(key);
  if (!word) return false;
  if (*word != "true" && *word != "false") error(key, "must be true or false");
  return *word == "true";
}

void YamlMap::refuse_unknown() {
  for (const YamlNode::Key& key : node_.keys) {
    if (std::find(asked_.begin(), asked_.end(), key.text) != asked_.end()) continue;
    std::string text = at(key.text) + ": unknown key";
    const std::string meant = nearest_word(key.text, asked_);
    if (!meant.empty()) text += "; did you mean '" + meant + "'?";
    report_.error(key.line, std::move(text));
  }
}

}  // namespace adapters::mapping
