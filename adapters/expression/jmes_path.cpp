#include "adapters/expression/jmes_path.hpp"

#include <algorithm>

#include "adapters/expression/jmes_syntax.hpp"

namespace adapters::expression {

// One evaluation. Recursion is bounded by the nesting compile() allows. After a failure every part returns null at once
// and the result is replaced by the failure.
class JmesEvaluator {
 public:
  JmesEvaluator(const JmesProgram& program, Workspace& workspace) : program_(program), workspace_(workspace) {}

  Value evaluate(std::uint32_t id, const Value& current) {
    if (!workspace_.spend()) return {};
    const JmesNode& node = program_.nodes[id];
    switch (node.operation) {
      case JmesOperation::current:
        return current;
      case JmesOperation::field:
        return workspace_.spend(current.size()) ? current.member(node.text).value_or(Value()) : Value();
      case JmesOperation::literal:
        return node.literal;
      case JmesOperation::chain:
      case JmesOperation::pipe:
        return evaluate(node.right, evaluate(node.left, current));
      case JmesOperation::index:
        return element(node, evaluate(node.left, current));
      case JmesOperation::slice:
        return slice(node, evaluate(node.left, current));
      case JmesOperation::projection:
      case JmesOperation::value_projection:
      case JmesOperation::filter_projection:
        return project(node, evaluate(node.left, current));
      case JmesOperation::flatten:
        return flatten(evaluate(node.left, current));
      case JmesOperation::equal:
      case JmesOperation::not_equal:
      case JmesOperation::less:
      case JmesOperation::less_or_equal:
      case JmesOperation::greater:
      case JmesOperation::greater_or_equal:
        return compare(node.operation, evaluate(node.left, current), evaluate(node.right, current));
      case JmesOperation::logical_or: {
        const Value left = evaluate(node.left, current);
        return is_true(left) ? left : evaluate(node.right, current);
      }
      case JmesOperation::logical_and: {
        const Value left = evaluate(node.left, current);
        return is_true(left) ? evaluate(node.right, current) : left;
      }
      case JmesOperation::logical_not:
        return Value::boolean(!is_true(evaluate(node.left, current)));
      case JmesOperation::multi_list:
        return multi_list(node, current);
      case JmesOperation::multi_hash:
        return multi_hash(node, current);
      case JmesOperation::call:
        return call(id, current);
      case JmesOperation::reference:
        return {};  // taken by call() unevaluated
    }
    return {};
  }

  Value fail(std::uint32_t id, std::string_view what) {
    const JmesNode& node = program_.nodes[id];
    const std::string named = node.function->name + ": " + std::string(what);
    return workspace_.fail(problem("JMESPath", program_.text, node.offset, named));
  }

 private:
  static bool is_true(const Value& value) {
    switch (value.type()) {
      case Type::null:
        return false;
      case Type::boolean:
        return *value.boolean();
      case Type::number:
        return true;  // 0 too
      case Type::string:
        return !value.string()->empty();
      case Type::array:
      case Type::object:
        return value.size() > 0;
    }
    return false;
  }

  Value element(const JmesNode& node, const Value& list) {
    if (list.type() != Type::array) return {};
    const auto size = static_cast<std::int64_t>(list.size());
    const std::int64_t position = node.number < 0 ? size + node.number : node.number;
    if (position < 0 || position >= size) return {};
    // An element of a document is reached one after the other.
    if (!workspace_.spend(static_cast<std::uint64_t>(position) / 4)) return {};
    return *list.element(static_cast<std::size_t>(position));
  }

  Value slice(const JmesNode& node, const Value& list) {
    if (list.type() != Type::array) return {};
    ListBuilder result(workspace_);
    add_slice(list, node.slice, workspace_, result);
    return result.finish();
  }

  Value project(const JmesNode& node, const Value& from) {
    const Type wanted = node.operation == JmesOperation::value_projection ? Type::object : Type::array;
    if (from.type() != wanted) return {};
    ListBuilder result(workspace_);
    for (const Child child : from) {
      if (node.operation == JmesOperation::filter_projection && !is_true(evaluate(node.condition, child.value))) {
        if (workspace_.failed()) return {};
        continue;
      }
      const Value value = evaluate(node.right, child.value);
      if (workspace_.failed()) return {};
      if (!value.is_null() && !result.add(value)) return {};
    }
    return result.finish();
  }

  Value flatten(const Value& list) {
    if (list.type() != Type::array) return {};
    ListBuilder result(workspace_);
    for (const Child child : list) {
      if (child.value.type() != Type::array) {
        if (!result.add(child.value)) return {};
        continue;
      }
      if (!workspace_.spend()) return {};
      for (const Child inner : child.value) {
        if (!result.add(inner.value)) return {};
      }
    }
    return result.finish();
  }

  Value compare(JmesOperation operation, const Value& left, const Value& right) {
    if (operation == JmesOperation::equal) return Value::boolean(equal(left, right, workspace_));
    if (operation == JmesOperation::not_equal) return Value::boolean(!equal(left, right, workspace_));
    const auto a = left.number(), b = right.number();
    if (!a || !b) return {};  // only numbers have an order
    switch (operation) {
      case JmesOperation::less:
        return Value::boolean(*a < *b);
      case JmesOperation::less_or_equal:
        return Value::boolean(*a <= *b);
      case JmesOperation::greater:
        return Value::boolean(*a > *b);
      default:
        return Value::boolean(*a >= *b);
    }
  }

  Value multi_list(const JmesNode& node, const Value& current) {
    if (current.is_null()) return {};
    ListBuilder result(workspace_);
    for (const std::uint32_t child : node.children) {
      if (!result.add(evaluate(child, current))) return {};
    }
    return result.finish();
  }

  Value multi_hash(const JmesNode& node, const Value& current) {
    if (current.is_null()) return {};
    std::vector<Member> members;
    members.reserve(node.children.size());
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (!workspace_.spend()) return {};
      members.push_back({node.names[i], evaluate(node.children[i], current)});
    }
    return workspace_.object(members);
  }

  bool is_one_of(const Value& value, std::uint16_t types) {
    switch (value.type()) {
      case Type::null:
        return (types & null_type) != 0;
      case Type::boolean:
        return (types & boolean_type) != 0;
      case Type::number:
        return (types & wide_number_type) != 0 || types == any_type ||
               ((types & number_type) != 0 && value.number().has_value()) ||
               ((types & integer_type) != 0 && !value.is_real());
      case Type::string:
        return (types & string_type) != 0;
      case Type::object:
        return (types & object_type) != 0;
      case Type::array:
        return (types & array_type) != 0 || ((types & numbers_type) != 0 && holds_only(value, Type::number)) ||
               ((types & strings_type) != 0 && holds_only(value, Type::string));
    }
    return false;
  }

  bool holds_only(const Value& list, Type type) {
    for (const Child child : list) {
      if (!workspace_.spend() || child.value.type() != type) return false;
      if (type == Type::number && !child.value.number()) return false;
    }
    return true;
  }

  Value call(std::uint32_t id, const Value& current) {
    const JmesNode& node = program_.nodes[id];
    const Function& function = *node.function;
    std::vector<Argument> arguments(node.children.size());
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::uint16_t types = function.parameters[std::min(i, function.parameters.size() - 1)];
      const JmesNode& argument = program_.nodes[node.children[i]];
      if (argument.operation == JmesOperation::reference) {
        arguments[i].expression = argument.left;
        continue;
      }
      arguments[i].value = evaluate(node.children[i], current);
      if (workspace_.failed()) return {};
      if (is_one_of(arguments[i].value, types)) continue;
      if (workspace_.failed()) return {};
      return fail(id, "argument " + std::to_string(i + 1) + " is of the wrong type (" +
                          std::string(name(arguments[i].value.type())) + ")");
    }
    Call call(*this, workspace_, id, arguments);
    return function.call(call);
  }

  const JmesProgram& program_;
  Workspace& workspace_;
};

Value Call::apply(std::size_t i, const Value& current) {
  return evaluator_.evaluate(arguments_[i].expression, current);
}

Value Call::fail(std::string_view what) {
  return evaluator_.fail(node_, what);
}

JmesPath::JmesPath(std::unique_ptr<const JmesProgram> program) : program_(std::move(program)) {}
JmesPath::JmesPath(JmesPath&&) noexcept = default;
JmesPath& JmesPath::operator=(JmesPath&&) noexcept = default;
JmesPath::~JmesPath() = default;

fhir::Result<JmesPath> JmesPath::compile(std::string_view expression, const FunctionTable& functions,
                                         const CompileLimits& limits) {
  auto parsed = parse_jmes_path(expression, functions, limits);
  if (!parsed) return parsed.error();
  auto program = std::make_unique<JmesProgram>(std::move(*parsed));
  // Raw strings refer to their node's text, which stays where it is from now on.
  for (JmesNode& node : program->nodes) {
    if (node.operation == JmesOperation::literal && node.literal.place().absent())
      node.literal = Value::string(node.text);
  }
  return JmesPath(std::move(program));
}

fhir::Result<Value> JmesPath::evaluate(const Value& root, Workspace& workspace) const {
  workspace.begin();
  JmesEvaluator evaluator(*program_, workspace);
  const Value result = evaluator.evaluate(program_->root, root);
  if (workspace.failed()) return workspace.failure();
  return result;
}

bool JmesPath::projects() const {
  std::uint32_t id = program_->root;
  while (program_->nodes[id].operation == JmesOperation::pipe || program_->nodes[id].operation == JmesOperation::chain)
    id = program_->nodes[id].right;
  const JmesOperation operation = program_->nodes[id].operation;
  return operation == JmesOperation::projection || operation == JmesOperation::value_projection ||
         operation == JmesOperation::filter_projection;
}

const std::string& JmesPath::text() const {
  return program_->text;
}

}  // namespace adapters::expression
