#include "adapters/expression/pattern.hpp"

#include <algorithm>
#include <optional>

#include "adapters/expression/utf8.hpp"

namespace adapters::expression {
namespace {

constexpr std::size_t instructions_max = 1000;
constexpr std::uint32_t repetitions_max = 1000;
constexpr std::size_t nesting_max = 50;
constexpr char32_t last_code_point = 0x10FFFF;

using Ranges = std::vector<std::pair<char32_t, char32_t>>;
using Operation = Pattern::Operation;

const Ranges digits{{'0', '9'}};
// Latin letters up to U+024F stand for .NET's Unicode letters: enough for names and units in European payloads.
const Ranges word_characters{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x24F}};
const Ranges blanks{{'\t', '\r'}, {' ', ' '}, {0x85, 0x85}, {0xA0, 0xA0}};

bool contains(const Ranges& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [c](const auto& r) { return r.first <= c && c <= r.second; });
}

Ranges complement(const Ranges& ranges) {  // of sorted ones
  Ranges rest;
  char32_t next = 0;
  for (const auto& [first, last] : ranges) {
    if (first > next) rest.emplace_back(next, first - 1);
    next = last + 1;
  }
  rest.emplace_back(next, last_code_point);
  return rest;
}

char32_t other_case(char32_t c) {
  const bool upper = (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7);
  const bool lower = (c >= 'a' && c <= 'z') || (c >= 0xE0 && c <= 0xFE && c != 0xF7);
  return upper ? c + 32 : (lower ? c - 32 : c);
}

// Reads a pattern into a tree; Emitter writes the tree as a program, repeated parts as often as they are repeated.
struct Node {
  enum class Kind : std::uint8_t { empty, set, assertion, sequence, choice, repeat } kind = Kind::empty;
  Pattern::Instruction instruction{Operation::match};
  std::vector<Node> children;
  std::uint32_t least = 0;
  std::optional<std::uint32_t> most;
};

class Reader {
 public:
  Reader(std::string_view text, std::vector<Pattern::Set>& sets) : text_(text), sets_(sets) {}

  std::optional<Node> run() {
    Node node = choice();
    if (wrong_.empty() && at_ < text_.size()) wrong("a ) that opens nothing");
    return wrong_.empty() ? std::optional(std::move(node)) : std::nullopt;
  }
  std::string_view what() const { return wrong_; }
  std::size_t where() const { return at_; }

 private:
  Node wrong(std::string_view what) {
    if (wrong_.empty()) wrong_ = what;
    return {};
  }
  bool at_end() const { return at_ >= text_.size() || !wrong_.empty(); }
  bool take(std::string_view wanted) {
    if (!text_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }
  char32_t next() {
    const auto point = first_code_point(text_.substr(at_));
    at_ += point ? point->bytes : 1;
    return point ? point->value : 0;
  }

  Node choice() {
    if (++open_ > nesting_max) return wrong("groups nested deeper than allowed");
    Node node;
    node.kind = Node::Kind::choice;
    do {
      node.children.push_back(sequence());
    } while (!at_end() && take("|"));
    --open_;
    return node;
  }

  Node sequence() {
    Node node;
    node.kind = Node::Kind::sequence;
    while (!at_end() && text_[at_] != '|' && text_[at_] != ')') node.children.push_back(repeated(atom()));
    return node;
  }

  Node repeated(Node node) {
    Node repeat;
    if (!repetition(repeat)) return node;
    take("?");  // laziness does not change whether there is a match
    repeat.children.push_back(std::move(node));
    if (Node again; repetition(again)) return wrong("a repetition of a repetition");
    return repeat;
  }

  bool repetition(Node& repeat) {
    if (at_end()) return false;
    repeat.kind = Node::Kind::repeat;
    if (take("*")) return true;
    if (take("+")) {
      repeat.least = 1;
      return true;
    }
    if (take("?")) {
      repeat.most = 1;
      return true;
    }
    return counted(repeat);
  }

  // {2}, {2,} or {2,3}; any other brace is itself.
  bool counted(Node& repeat) {
    const std::size_t before = at_;
    if (!take("{")) return false;
    const auto least = count();
    std::optional<std::uint32_t> most = least;
    if (least && take(",")) most = count();
    if (!least || !take("}")) {
      at_ = before;
      return false;
    }
    if (*least > repetitions_max || most.value_or(0) > repetitions_max || (most && *most < *least))
      wrong("a repetition out of range");
    repeat.least = *least;
    repeat.most = most;
    return true;
  }

  std::optional<std::uint32_t> count() {
    std::optional<std::uint32_t> number;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      number = std::min(number.value_or(0) * 10 + static_cast<std::uint32_t>(text_[at_] - '0'), repetitions_max + 1);
    return number;
  }

  static Node assertion(Operation operation) {
    Node node;
    node.kind = Node::Kind::assertion;
    node.instruction = {operation};
    return node;
  }

  Node set(Pattern::Set set) {
    Node node;
    node.kind = Node::Kind::set;
    node.instruction = {Operation::set, static_cast<std::uint32_t>(sets_.size())};
    sets_.push_back(std::move(set));
    return node;
  }

  Node atom() {
    if (take("(")) return group();
    if (take("[")) return bracket();
    if (take("^")) return assertion(Operation::begin);
    if (take("$")) return assertion(Operation::end);
    if (take("\\b")) return assertion(Operation::boundary);
    if (take("\\B")) return assertion(Operation::no_boundary);
    if (take(".")) {
      Node node;
      node.kind = Node::Kind::set;
      node.instruction = {Operation::any};
      return node;
    }
    if (text_[at_] == '*' || text_[at_] == '+' || text_[at_] == '?') return wrong("nothing to repeat");
    if (take("\\")) return set({escape(), false});
    const char32_t c = next();
    return set({{{c, c}}, false});
  }

  Node group() {
    if (text_.substr(at_).starts_with("?") && !take("?:")) return wrong("only plain and (?: ) groups are supported");
    Node inside = choice();
    if (wrong_.empty() && !take(")")) return wrong("a group without )");
    return inside;
  }

  // What follows a backslash, in and outside brackets.
  Ranges escape() {
    if (at_ >= text_.size()) {
      wrong("a \\ at the end");
      return {};
    }
    const char32_t c = next();
    switch (c) {
      case 'd':
        return digits;
      case 'D':
        return complement(digits);
      case 'w':
        return word_characters;
      case 'W':
        return complement(word_characters);
      case 's':
        return blanks;
      case 'S':
        return complement(blanks);
      case 't':
        return {{'\t', '\t'}};
      case 'n':
        return {{'\n', '\n'}};
      case 'r':
        return {{'\r', '\r'}};
      default:
        break;
    }
    if (c < 0x80 && (contains(word_characters, c) && c != '_')) {
      wrong("an escape that is not supported");
      return {};
    }
    return {{c, c}};
  }

  Node bracket() {
    Pattern::Set result;
    result.negated = take("^");
    bool first = true;
    while (wrong_.empty() && (first || !take("]"))) {
      first = false;
      if (at_ >= text_.size()) return wrong("a [ without ]");
      const Ranges low = member();
      if (text_.substr(at_).starts_with("-") && !text_.substr(at_).starts_with("-]")) {
        ++at_;
        if (at_ >= text_.size()) return wrong("a [ without ]");
        const Ranges high = member();
        const bool single =
            low.size() == 1 && high.size() == 1 && low[0].first == low[0].second && high[0].first == high[0].second;
        if (!single || low[0].first > high[0].first) return wrong("a range that is none");
        result.ranges.emplace_back(low[0].first, high[0].first);
      } else {
        result.ranges.insert(result.ranges.end(), low.begin(), low.end());
      }
    }
    return set(std::move(result));
  }

  Ranges member() {
    if (take("\\b")) return {{'\b', '\b'}};
    if (take("\\")) return escape();
    const char32_t c = next();
    return {{c, c}};
  }

  std::string_view text_;
  std::vector<Pattern::Set>& sets_;
  std::size_t at_ = 0;
  std::size_t open_ = 0;
  std::string_view wrong_;
};

class Emitter {
 public:
  explicit Emitter(std::vector<Pattern::Instruction>& program) : program_(program) {}

  bool run(const Node& node) {
    emit(node);
    add({Operation::match});
    return !too_large();
  }

 private:
  // Repeated empty groups write nothing, so the work is counted too.
  bool too_large() const { return program_.size() > instructions_max || work_ > 10 * instructions_max; }
  std::uint32_t here() const { return static_cast<std::uint32_t>(program_.size()); }
  std::uint32_t add(Pattern::Instruction instruction) {
    program_.push_back(instruction);
    return here() - 1;
  }

  void emit(const Node& node) {
    if (++work_; too_large()) return;
    switch (node.kind) {
      case Node::Kind::empty:
        return;
      case Node::Kind::set:
      case Node::Kind::assertion:
        add(node.instruction);
        return;
      case Node::Kind::sequence:
        for (const Node& child : node.children) emit(child);
        return;
      case Node::Kind::choice:
        emit_choice(node);
        return;
      case Node::Kind::repeat:
        emit_repeat(node);
        return;
    }
  }

  void emit_choice(const Node& node) {
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i + 1 < node.children.size(); ++i) {
      const std::uint32_t split = add({Operation::split, here() + 1});
      emit(node.children[i]);
      ends.push_back(add({Operation::jump}));
      program_[split].second = here();
    }
    emit(node.children.back());
    for (const std::uint32_t end : ends) program_[end].first = here();
  }

  void emit_repeat(const Node& node) {
    const Node& inside = node.children.front();
    for (std::uint32_t i = 0; i < node.least && !too_large(); ++i) emit(inside);
    if (!node.most) {
      const std::uint32_t split = add({Operation::split, here() + 1});
      emit(inside);
      add({Operation::jump, split});
      program_[split].second = here();
      return;
    }
    std::vector<std::uint32_t> splits;
    for (std::uint32_t i = node.least; i < *node.most && !too_large(); ++i) {
      splits.push_back(add({Operation::split, here() + 1}));
      emit(inside);
    }
    for (const std::uint32_t split : splits) program_[split].second = here();
  }

  std::vector<Pattern::Instruction>& program_;
  std::size_t work_ = 0;
};

}  // namespace

// One pass over a text with the set of all places in the program that are reachable so far.
class Pattern::Run {
 public:
  Run(const Pattern& pattern, std::string_view text, Workspace& workspace)
      : pattern_(pattern), text_(text), workspace_(workspace), seen_(pattern.program_.size(), 0) {}

  bool matches() {
    for (;;) {
      ++round_;
      waiting_.clear();
      follow(0);  // a match may begin anywhere
      for (const std::uint32_t place : arrived_) follow(place);
      arrived_.clear();
      if (matched_) return true;
      if (at_ >= text_.size() || !workspace_.spend(visited_)) return false;
      visited_ = 0;
      const CodePoint point = first_code_point(text_.substr(at_)).value_or(CodePoint{0, 1});
      for (const std::uint32_t place : waiting_) {
        if (accepts(pattern_.program_[place], point.value)) arrived_.push_back(place + 1);
      }
      before_ = point.value;
      at_ += point.bytes;
    }
  }

 private:
  // Follows jumps from `place`, each place once a round; what consumes a character waits for it.
  void follow(std::uint32_t place) {
    pending_.push_back(place);
    while (!pending_.empty()) {
      const std::uint32_t now = pending_.back();
      pending_.pop_back();
      if (seen_[now] == round_) continue;
      seen_[now] = round_;
      ++visited_;
      const Instruction& instruction = pattern_.program_[now];
      switch (instruction.operation) {
        case Operation::set:
        case Operation::any:
          waiting_.push_back(now);
          break;
        case Operation::split:
          pending_.push_back(instruction.second);
          pending_.push_back(instruction.first);
          break;
        case Operation::jump:
          pending_.push_back(instruction.first);
          break;
        case Operation::match:
          matched_ = true;
          break;
        default:
          if (holds(instruction.operation)) pending_.push_back(now + 1);
      }
    }
  }

  bool holds(Operation operation) const {
    const std::string_view rest = text_.substr(at_);
    if (operation == Operation::begin) return at_ == 0 || (pattern_.multiline_ && before_ == '\n');
    if (operation == Operation::end) return rest.empty() || rest == "\n" || (pattern_.multiline_ && rest[0] == '\n');
    const bool word_before = at_ > 0 && contains(word_characters, before_);
    const auto after = rest.empty() ? std::nullopt : first_code_point(rest);
    const bool word_after = after && contains(word_characters, after->value);
    return (word_before != word_after) == (operation == Operation::boundary);
  }

  bool accepts(const Instruction& instruction, char32_t c) const {
    if (instruction.operation == Operation::any) return c != '\n' || pattern_.dot_matches_newline_;
    const Set& set = pattern_.sets_[instruction.first];
    const bool in = contains(set.ranges, c) || (pattern_.ignore_case_ && contains(set.ranges, other_case(c)));
    return in != set.negated;
  }

  const Pattern& pattern_;
  std::string_view text_;
  Workspace& workspace_;
  std::size_t at_ = 0;
  char32_t before_ = 0;
  bool matched_ = false;
  std::size_t round_ = 0;
  std::size_t visited_ = 0;
  std::vector<std::size_t> seen_;  // the round a place was last reached in
  std::vector<std::uint32_t> waiting_, arrived_, pending_;
};

fhir::Result<Pattern> Pattern::compile(std::string_view pattern, std::string_view flags) {
  Pattern result;
  for (const char flag : flags) {
    if (flag == 'i') result.ignore_case_ = true;
    if (flag == 'm') result.multiline_ = true;
    if (flag == 's') result.dot_matches_newline_ = true;
    if (std::string_view("imsx").find(flag) == std::string_view::npos)
      return problem("pattern", pattern, pattern.size(), "a flag other than i, m, s, x");
  }
  Reader reader(pattern, result.sets_);
  const auto tree = reader.run();
  if (!tree) return problem("pattern", pattern, reader.where(), reader.what());
  if (!Emitter(result.program_).run(*tree)) return problem("pattern", pattern, 0, "larger than allowed");
  return result;
}

bool Pattern::found_in(std::string_view text, Workspace& workspace) const {
  if (!workspace.spend(1 + program_.size() / 16)) return false;
  return Run(*this, text, workspace).matches();
}

}  // namespace adapters::expression
