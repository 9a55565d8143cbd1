#include "adapters/expression/jmes_syntax.hpp"

#include <algorithm>

#include "adapters/expression/jmes_lexer.hpp"
#include "adapters/expression/utf8.hpp"

namespace adapters::expression {
namespace {

using Operation = JmesOperation;
using Word = JmesWord;
using NodeId = std::uint32_t;

// How tightly a word binds what stands left of it; the order is the specification's. What binds weaker than
// projection_end ends the right side of a projection.
int binding(Word word) {
  switch (word) {
    case Word::pipe:
      return 1;
    case Word::logical_or:
      return 2;
    case Word::logical_and:
      return 3;
    case Word::equal:
    case Word::not_equal:
    case Word::less:
    case Word::less_or_equal:
    case Word::greater:
    case Word::greater_or_equal:
      return 5;
    case Word::flatten:
      return 9;
    case Word::star:
      return 20;
    case Word::filter:
      return 21;
    case Word::dot:
      return 40;
    case Word::logical_not:
      return 45;
    case Word::left_brace:
      return 50;
    case Word::left_bracket:
      return 55;
    case Word::left_parenthesis:
      return 60;
    default:
      return 0;
  }
}
constexpr int projection_end = 10;

Operation comparison(Word word) {
  switch (word) {
    case Word::equal:
      return Operation::equal;
    case Word::not_equal:
      return Operation::not_equal;
    case Word::less:
      return Operation::less;
    case Word::less_or_equal:
      return Operation::less_or_equal;
    case Word::greater:
      return Operation::greater;
    default:
      return Operation::greater_or_equal;
  }
}

// Pratt's method: prefix() reads what can begin an expression, infix() what can follow one. After a problem everything
// returns quickly and nothing made is used.
class Parser {
 public:
  Parser(std::vector<JmesToken> tokens, const FunctionTable& functions, const CompileLimits& limits,
         JmesProgram& program)
      : tokens_(std::move(tokens)), functions_(functions), limits_(limits), program_(program) {}

  fhir::Result<void> run() {
    program_.nodes.emplace_back();
    program_.root = expression(0);
    if (wrong_.empty() && word() != Word::end) wrong("expected the end of the expression");
    if (wrong_.empty()) return {};
    return problem("JMESPath", program_.text, wrong_at_, wrong_);
  }

 private:
  const JmesToken& token(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  Word word(std::size_t ahead = 0) const { return token(ahead).word; }
  void advance() { at_ = std::min(at_ + 1, tokens_.size() - 1); }

  NodeId wrong(std::string_view what) { return wrong(what, token().offset); }
  NodeId wrong(std::string_view what, std::size_t offset) {
    if (wrong_.empty()) {
      wrong_ = what;
      wrong_at_ = offset;
    }
    return 0;
  }

  bool expect(Word wanted, std::string_view what) {
    if (word() != wanted) {
      wrong(what);
      return false;
    }
    advance();
    return true;
  }

  NodeId add(JmesNode node) {
    std::uint32_t below = 0;
    for (const NodeId child : node.children) below = std::max(below, program_.nodes[child].depth);
    for (const NodeId child : {node.left, node.right, node.condition})
      below = std::max(below, program_.nodes[child].depth);
    node.depth = below + 1;
    if (node.depth > limits_.nesting) return wrong("nested deeper than allowed", node.offset);
    program_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(program_.nodes.size() - 1);
  }
  NodeId add(Operation operation, std::uint32_t offset, NodeId left = 0, NodeId right = 0, NodeId condition = 0) {
    JmesNode node;
    node.operation = operation;
    node.offset = offset;
    node.left = left;
    node.right = right;
    node.condition = condition;
    return add(std::move(node));
  }

  NodeId expression(int tighter_than) {
    if (++open_ > limits_.nesting) wrong("nested deeper than allowed");
    NodeId left = wrong_.empty() ? prefix() : 0;
    left = continued(left, tighter_than);
    --open_;
    return left;
  }

  NodeId prefix() {
    const JmesToken& first = token();
    const std::uint32_t offset = first.offset;
    advance();
    switch (first.word) {
      case Word::identifier:
        return field(first);
      case Word::quoted_identifier:
        if (word() == Word::left_parenthesis) return wrong("a function's name is not quoted", offset);
        return field(first);
      case Word::raw_string:
      case Word::literal:
        return literal(first);
      case Word::at:
        return 0;
      case Word::star:
        return add(Operation::value_projection, offset, 0, projected(binding(Word::star)));
      case Word::filter:
        return filter(0, offset);
      case Word::flatten:
        return flatten(0, offset);
      case Word::left_brace:
        return multi_hash(offset);
      case Word::left_bracket:
        return bracket(offset);
      case Word::left_parenthesis: {
        const NodeId inside = expression(0);
        expect(Word::right_parenthesis, "expected )");
        // A pipe to @ keeps the value and ends a projection inside, as parentheses do.
        return add(Operation::pipe, offset, inside, 0);
      }
      case Word::logical_not:
        return add(Operation::logical_not, offset, expression(binding(Word::logical_not)));
      case Word::ampersand:
        return wrong("& belongs before an argument of a function", offset);
      case Word::end:
        return wrong("the expression ends too early", offset);
      default:
        return wrong("unexpected here", offset);
    }
  }

  NodeId infix(NodeId left) {
    const JmesToken& sign = token();
    const std::uint32_t offset = sign.offset;
    advance();
    switch (sign.word) {
      case Word::dot: {
        if (word() != Word::star) return chain(left, after_dot(binding(Word::dot)), offset);
        advance();
        return add(Operation::value_projection, offset, left, projected(binding(Word::dot)));
      }
      case Word::pipe:
        return add(Operation::pipe, offset, left, expression(binding(Word::pipe)));
      case Word::logical_or:
        return add(Operation::logical_or, offset, left, expression(binding(Word::logical_or)));
      case Word::logical_and:
        return add(Operation::logical_and, offset, left, expression(binding(Word::logical_and)));
      case Word::equal:
      case Word::not_equal:
      case Word::less:
      case Word::less_or_equal:
      case Word::greater:
      case Word::greater_or_equal:
        return add(comparison(sign.word), offset, left, expression(binding(sign.word)));
      case Word::flatten:
        return flatten(left, offset);
      case Word::filter:
        return filter(left, offset);
      case Word::left_bracket:
        if (word() == Word::number || word() == Word::colon) return index_or_slice(left, offset);
        if (word() == Word::star) {
          advance();
          if (!expect(Word::right_bracket, "expected ]")) return 0;
          return add(Operation::projection, offset, left, projected(binding(Word::star)));
        }
        return wrong("expected an index, a slice or * in the brackets");
      case Word::left_parenthesis:
        return wrong("only a function's name stands before (", offset);
      default:
        return wrong("unexpected here", offset);
    }
  }

  NodeId chain(NodeId left, NodeId right, std::uint32_t offset) { return add(Operation::chain, offset, left, right); }

  NodeId field(const JmesToken& name) {
    if (name.word == Word::identifier && word() == Word::left_parenthesis) return call(name);
    JmesNode node;
    node.operation = Operation::field;
    node.offset = name.offset;
    node.text = name.text;
    return add(std::move(node));
  }

  NodeId literal(const JmesToken& given) {
    JmesNode node;
    node.operation = Operation::literal;
    node.offset = given.offset;
    if (given.word == Word::literal) {
      auto document = fhir::JsonDocument::parse(given.text);
      if (!document) return wrong("a literal that is no JSON (a text is '...' or `\"...\"`)", given.offset);
      program_.literals.push_back(std::make_unique<const fhir::JsonDocument>(std::move(*document)));
      node.literal = program_.literals.back()->root();
    } else {
      node.text = given.text;  // its value is made when the program no longer moves
    }
    return add(std::move(node));
  }

  // What stands right of a projection belongs to it up to a weaker sign.
  NodeId projected(int tighter_than) {
    const Word next = word();
    if (binding(next) < projection_end) return 0;
    if (next == Word::left_bracket || next == Word::filter) return expression(tighter_than);
    if (next != Word::dot) return wrong("unexpected after a projection");
    advance();
    return after_dot(tighter_than);
  }

  NodeId after_dot(int tighter_than) {
    const std::uint32_t offset = token().offset;
    switch (word()) {
      case Word::identifier:
      case Word::quoted_identifier:
      case Word::star:
        return expression(tighter_than);
      case Word::left_bracket:
        advance();
        return continued(multi_list(offset), tighter_than);
      case Word::left_brace:
        advance();
        return continued(multi_hash(offset), tighter_than);
      default:
        return wrong("expected a name, *, [ or { after the dot");
    }
  }

  // In a[*].[b].c the .c belongs to the projection, as the grammar has it and the connector's library reads it (some
  // other libraries end the projection at the list).
  NodeId continued(NodeId left, int tighter_than) {
    while (wrong_.empty() && tighter_than < binding(word())) left = infix(left);
    return left;
  }

  NodeId bracket(std::uint32_t offset) {
    if (word() == Word::number || word() == Word::colon) return index_or_slice(0, offset);
    if (word() == Word::star && word(1) == Word::right_bracket) {
      advance();
      advance();
      return add(Operation::projection, offset, 0, projected(binding(Word::star)));
    }
    return multi_list(offset);
  }

  NodeId filter(NodeId left, std::uint32_t offset) {
    const NodeId condition = expression(0);
    if (!expect(Word::right_bracket, "expected ] after the filter")) return 0;
    const NodeId right = word() == Word::flatten ? 0 : projected(binding(Word::filter));
    return add(Operation::filter_projection, offset, left, right, condition);
  }

  NodeId flatten(NodeId left, std::uint32_t offset) {
    const NodeId flat = add(Operation::flatten, offset, left);
    return add(Operation::projection, offset, flat, projected(binding(Word::flatten)));
  }

  NodeId index_or_slice(NodeId left, std::uint32_t offset) {
    JmesNode node;
    node.offset = offset;
    node.left = left;
    if (word() == Word::number && word(1) != Word::colon) {
      node.operation = Operation::index;
      node.number = token().number;
      advance();
      if (!expect(Word::right_bracket, "expected ] after the index")) return 0;
      return add(std::move(node));
    }
    node.operation = Operation::slice;
    std::optional<std::int64_t> parts[3];
    for (int part = 0; part < 3; ++part) {
      if (word() == Word::number) {
        parts[part] = token().number;
        advance();
      }
      if (word() == Word::right_bracket) break;
      if (part == 2 || word() != Word::colon) return wrong("expected : or ] in the slice");
      advance();
    }
    if (!expect(Word::right_bracket, "expected ] after the slice")) return 0;
    if (parts[2] == 0) return wrong("a slice's step is not 0", offset);
    node.slice = {parts[0], parts[1], parts[2].value_or(1)};
    const NodeId slice = add(std::move(node));
    return add(Operation::projection, offset, slice, projected(binding(Word::star)));
  }

  NodeId multi_list(std::uint32_t offset) {
    JmesNode node;
    node.operation = Operation::multi_list;
    node.offset = offset;
    do {
      node.children.push_back(expression(0));
    } while (wrong_.empty() && another());
    if (!expect(Word::right_bracket, "expected , or ]")) return 0;
    return add(std::move(node));
  }

  NodeId multi_hash(std::uint32_t offset) {
    JmesNode node;
    node.operation = Operation::multi_hash;
    node.offset = offset;
    do {
      if (word() != Word::identifier && word() != Word::quoted_identifier) return wrong("expected a name");
      if (std::find(node.names.begin(), node.names.end(), token().text) != node.names.end())
        return wrong("a name given twice");
      node.names.push_back(token().text);
      advance();
      if (!expect(Word::colon, "expected : after the name")) return 0;
      node.children.push_back(expression(0));
    } while (wrong_.empty() && another());
    if (!expect(Word::right_brace, "expected , or }")) return 0;
    return add(std::move(node));
  }

  bool another() {
    if (word() != Word::comma) return false;
    advance();
    return true;
  }

  NodeId call(const JmesToken& name) {
    JmesNode node;
    node.operation = Operation::call;
    node.offset = name.offset;
    node.function = functions_.find(name.text);
    if (node.function == nullptr) return wrong("there is no function " + name.text, name.offset);
    advance();
    if (word() != Word::right_parenthesis) {
      do {
        node.children.push_back(argument(*node.function, node.children.size()));
      } while (wrong_.empty() && another());
    }
    if (!expect(Word::right_parenthesis, "expected , or )")) return 0;
    const std::size_t wanted = node.function->parameters.size();
    const bool right = node.children.size() == wanted || (node.function->variadic && node.children.size() > wanted);
    if (!right) {
      const std::string count = std::to_string(wanted) + (node.function->variadic ? " or more" : "");
      return wrong(name.text + " takes " + count + " arguments", name.offset);
    }
    return add(std::move(node));
  }

  NodeId argument(const Function& function, std::size_t number) {
    const std::size_t last = function.parameters.size() - 1;
    const bool wants_reference = function.parameters[std::min(number, last)] == expression_type;
    const std::uint32_t offset = token().offset;
    if (wants_reference != (word() == Word::ampersand))
      return wrong(wants_reference ? "expected &expression as argument" : "no &expression is expected as argument");
    if (!wants_reference) return expression(0);
    advance();
    return add(Operation::reference, offset, expression(0));
  }

  std::vector<JmesToken> tokens_;
  const FunctionTable& functions_;
  const CompileLimits& limits_;
  JmesProgram& program_;
  std::size_t at_ = 0;
  std::size_t open_ = 0;
  std::string wrong_;
  std::size_t wrong_at_ = 0;
};

}  // namespace

fhir::Result<JmesProgram> parse_jmes_path(std::string_view text, const FunctionTable& functions,
                                          const CompileLimits& limits) {
  if (text.size() > limits.length_bytes) return problem("JMESPath", text, limits.length_bytes, "longer than allowed");
  if (!is_utf8(text)) return fhir::invalid("JMESPath: the expression is not UTF-8");
  // Texts of an expression get into results, where U+0000 has no place (fhir/json_reader.cpp).
  if (text.find('\0') != std::string_view::npos) return fhir::invalid("JMESPath: a NUL character in the expression");
  auto words = jmes_words(text);
  if (!words) return words.error();
  JmesProgram program;
  program.text = text;
  const auto parsed = Parser(std::move(*words), functions, limits, program).run();
  if (!parsed) return parsed.error();
  return program;
}

}  // namespace adapters::expression
