#include "adapters/expression/json_path.hpp"

#include <algorithm>
#include <functional>

#include "adapters/expression/json_path_syntax.hpp"

namespace adapters::expression {
namespace {

using Kind = PathStep::Kind;
using Steps = std::span<const PathStep>;

// Given each match in order; false ends the search.
using Sink = std::function<bool(const Value&)>;

std::optional<std::partial_ordering> order(const Value& a, const Value& b) {
  const bool texts = a.type() == Type::string && b.type() == Type::string;
  if (texts) return *a.string() <=> *b.string();
  // As Json.NET converts: a text beside a number is read as one.
  const auto as_number = [](const Value& value) -> std::optional<fhir::Decimal> {
    if (value.type() != Type::string) return value.number();
    const auto parsed = fhir::Decimal::parse(*value.string());
    return parsed ? std::optional(*parsed) : std::nullopt;
  };
  const auto left = as_number(a), right = as_number(b);
  if (left && right) return *left <=> *right;
  if (a.type() == Type::boolean && b.type() == Type::boolean) return int(*a.boolean()) <=> int(*b.boolean());
  // Null stands before everything, as in JValue.CompareTo.
  if (a.is_null() || b.is_null()) return int(!a.is_null()) <=> int(!b.is_null());
  return std::nullopt;
}

bool is_scalar(const Value& value) {
  return value.type() != Type::array && value.type() != Type::object;
}

// One evaluation, depth first: each step hands its results to the next one, so a search that ends early costs no more
// than it looked at. Recursion is bounded by the number of steps and the depth of the document.
class Evaluator {
 public:
  Evaluator(const Value& root, Workspace& workspace) : root_(root), workspace_(workspace) {}

  bool walk(Steps steps, const Value& value, const Sink& sink) {
    if (!workspace_.spend()) return false;
    if (steps.empty()) return sink(value);
    const PathStep& step = steps.front();
    const Steps rest = steps.subspan(1);
    switch (step.kind) {
      case Kind::names:
        return members(step, value, rest, sink);
      case Kind::every_value:
        return value.type() != Type::object || children(value, rest, sink);
      case Kind::every_element:
        return value.type() != Type::array || children(value, rest, sink);
      case Kind::deep_names:
        return deep_names(step, value, rest, sink);
      case Kind::deep_every:
        return deep(value, [&](const Value& below) { return walk(rest, below, sink); });
      case Kind::indices:
        return elements(step, value, rest, sink);
      case Kind::slice:
        return slice(step, value, rest, sink);
      case Kind::filter:
        return filter(step, value, rest, sink);
      case Kind::deep_filter:
        return deep(value, [&](const Value& below) {
          return !holds(step.condition.front(), below) || walk(rest, below, sink);
        });
    }
    return true;
  }

 private:
  bool members(const PathStep& step, const Value& value, Steps rest, const Sink& sink) {
    if (value.type() != Type::object) return true;
    for (const std::string& name : step.names) {
      if (!workspace_.spend(1 + value.size() / 4)) return false;
      const auto member = value.member(name);
      if (member && !walk(rest, *member, sink)) return false;
    }
    return true;
  }

  bool children(const Value& value, Steps rest, const Sink& sink) {
    for (const Child child : value) {
      if (!walk(rest, child.value, sink)) return false;
    }
    return true;
  }

  bool deep(const Value& value, const Sink& sink) {
    if (!workspace_.spend() || !sink(value)) return false;
    for (const Child child : value) {
      if (!deep(child.value, sink)) return false;
    }
    return true;
  }

  bool deep_names(const PathStep& step, const Value& value, Steps rest, const Sink& sink) {
    const bool is_object = value.type() == Type::object;
    for (const Child child : value) {
      if (!workspace_.spend()) return false;
      const auto named = [&](const std::string& name) { return is_object && name == child.key; };
      const auto times = std::count_if(step.names.begin(), step.names.end(), named);
      for (auto i = times; i > 0; --i) {
        if (!walk(rest, child.value, sink)) return false;
      }
      if (!deep_names(step, child.value, rest, sink)) return false;
    }
    return true;
  }

  bool elements(const PathStep& step, const Value& value, Steps rest, const Sink& sink) {
    if (value.type() != Type::array) return true;
    for (const std::int64_t index : step.indices) {
      const auto position = static_cast<std::size_t>(index);
      if (position >= value.size()) continue;
      // An element of a document is reached one after the other.
      if (!workspace_.spend(1 + position / 4)) return false;
      if (!walk(rest, *value.element(position), sink)) return false;
    }
    return true;
  }

  bool slice(const PathStep& step, const Value& value, Steps rest, const Sink& sink) {
    if (value.type() != Type::array) return true;
    Value part;
    {
      ListBuilder list(workspace_);
      add_slice(value, step.slice, workspace_, list);
      part = list.finish();
    }
    return !workspace_.failed() && children(part, rest, sink);
  }

  bool filter(const PathStep& step, const Value& value, Steps rest, const Sink& sink) {
    if (value.type() != Type::array) return true;
    for (const Child child : value) {
      if (!workspace_.spend()) return false;
      if (holds(step.condition.front(), child.value) && !walk(rest, child.value, sink)) return false;
    }
    return !workspace_.failed();
  }

  // Calls `sink` for each value of an operand.
  bool values(const PathOperand& operand, const Value& current, const Sink& sink) {
    if (operand.kind == PathOperand::Kind::from_current) return walk(operand.steps, current, sink);
    if (operand.kind == PathOperand::Kind::from_root) return walk(operand.steps, root_, sink);
    return sink(operand.literal);
  }

  bool holds(const PathCondition& condition, const Value& current) {
    if (!workspace_.spend()) return false;
    switch (condition.kind) {
      case PathCondition::Kind::both:
        return holds(condition.parts[0], current) && holds(condition.parts[1], current);
      case PathCondition::Kind::either:
        return holds(condition.parts[0], current) || holds(condition.parts[1], current);
      case PathCondition::Kind::negation:
        return !holds(condition.parts[0], current);
      default:
        return some_pair(condition, current);
    }
  }

  // True as soon as one value of the left side and one of the right fit; an empty side fits nothing, != included.
  bool some_pair(const PathCondition& condition, const Value& current) {
    bool found = false;
    values(condition.left, current, [&](const Value& left) {
      if (condition.kind == PathCondition::Kind::exists) {
        found = true;
      } else if (condition.kind == PathCondition::Kind::matches) {
        found = left.type() == Type::string && condition.right.pattern.front().found_in(*left.string(), workspace_);
      } else {
        values(condition.right, current, [&](const Value& right) {
          found = fits(condition.kind, left, right);
          return !found;
        });
      }
      return !found;
    });
    return found && !workspace_.failed();
  }

  bool fits(PathCondition::Kind kind, const Value& left, const Value& right) {
    if (!is_scalar(left) || !is_scalar(right)) return kind == PathCondition::Kind::not_equal;
    switch (kind) {
      case PathCondition::Kind::equal:
        return equal(left, right, workspace_);
      case PathCondition::Kind::not_equal:
      case PathCondition::Kind::strictly_not_equal:
        return !equal(left, right, workspace_);
      default:
        break;
    }
    const auto ordered = order(left, right);
    if (!ordered) return false;
    switch (kind) {
      case PathCondition::Kind::less:
        return *ordered < 0;
      case PathCondition::Kind::less_or_equal:
        return *ordered <= 0;
      case PathCondition::Kind::greater:
        return *ordered > 0;
      default:
        return *ordered >= 0;
    }
  }

  const Value& root_;
  Workspace& workspace_;
};

// Literal texts refer to their operand's text, which stays where it is once the program is complete.
void settle(std::vector<PathStep>& steps);

void settle(PathCondition& condition) {
  for (PathOperand* operand : {&condition.left, &condition.right}) {
    if (operand->literal.type() == Type::string) operand->literal = Value::string(operand->text);
    settle(operand->steps);
  }
  for (PathCondition& part : condition.parts) settle(part);
}

void settle(std::vector<PathStep>& steps) {
  for (PathStep& step : steps) {
    for (PathCondition& condition : step.condition) settle(condition);
  }
}

}  // namespace

JsonPath::JsonPath(std::unique_ptr<const JsonPathProgram> program) : program_(std::move(program)) {}
JsonPath::JsonPath(JsonPath&&) noexcept = default;
JsonPath& JsonPath::operator=(JsonPath&&) noexcept = default;
JsonPath::~JsonPath() = default;

fhir::Result<JsonPath> JsonPath::compile(std::string_view expression, const CompileLimits& limits) {
  auto parsed = parse_json_path(expression, limits);
  if (!parsed) return parsed.error();
  auto program = std::make_unique<JsonPathProgram>(std::move(*parsed));
  settle(program->steps);
  return JsonPath(std::move(program));
}

fhir::Result<std::span<const Value>> JsonPath::evaluate(const Value& root, Workspace& workspace) const {
  workspace.begin();
  ListBuilder matches(workspace);
  Evaluator(root, workspace).walk(program_->steps, root, [&](const Value& match) { return matches.add(match); });
  const std::span<const Value> kept = workspace.keep(matches.so_far());
  if (workspace.failed()) return workspace.failure();
  return kept;
}

const std::vector<std::string>& JsonPath::warnings() const {
  return program_->warnings;
}

const std::string& JsonPath::text() const {
  return program_->text;
}

}  // namespace adapters::expression
