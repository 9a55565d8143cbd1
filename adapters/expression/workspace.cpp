#include "adapters/expression/workspace.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

namespace adapters::expression {

// The memory is given back without destructors.
static_assert(std::is_trivially_destructible_v<Value> && std::is_trivially_copyable_v<Value>);

fhir::Error problem(std::string_view language, std::string_view expression, std::size_t offset, std::string_view what) {
  constexpr std::size_t shown = 200;
  std::string text(language);
  text.append(": ").append(what).append(" at character ").append(std::to_string(offset + 1)).append(" of: ");
  text.append(expression.substr(0, shown));
  if (expression.size() > shown) text += "...";
  return fhir::invalid(std::move(text));
}

Workspace::Workspace(const EvaluationLimits& limits)
    : limits_(limits),
      total_left_(limits.total_steps),
      granted_(std::min(limits.steps, limits.total_steps)),
      steps_left_(granted_),
      values_left_(limits.values),
      bytes_left_(limits.bytes),
      memory_(first_block_.data(), first_block_.size()) {}

void Workspace::reset() {
  memory_.release();
  bytes_left_ = limits_.bytes;
  spent_ = spent();
  total_left_ = limits_.total_steps;
  granted_ = steps_left_ = 0;
  begin();
}

void Workspace::begin() {
  spent_ = spent();
  total_left_ -= granted_ - steps_left_;
  granted_ = steps_left_ = std::min(limits_.steps, total_left_);
  values_left_ = limits_.values;
  failure_.reset();
}

bool Workspace::used_up() const {
  return total_left_ - (granted_ - steps_left_) == 0;
}

bool Workspace::spend(std::uint64_t steps) {
  if (failure_) return false;
  if (steps > steps_left_) {
    // What is left is spent: an evaluation that went beyond the total leaves nothing for the next one.
    steps_left_ = 0;
    fail({fhir::ErrorCategory::too_large, "the expression takes more steps on this payload than allowed"});
    return false;
  }
  steps_left_ -= steps;
  return true;
}

Value Workspace::fail(fhir::Error error) {
  if (!failure_) failure_ = std::move(error);
  return {};
}

void* Workspace::allocate(std::size_t bytes, std::size_t alignment) {
  if (failure_) return nullptr;
  if (bytes > bytes_left_) {
    fail({fhir::ErrorCategory::too_large, "the results of the expressions need more memory than allowed"});
    return nullptr;
  }
  bytes_left_ -= bytes;
  return memory_.allocate(bytes, alignment);
}

std::string_view Workspace::keep(std::string_view text) {
  if (text.empty()) return {};
  auto* const copy = static_cast<char*>(allocate(text.size(), 1));
  if (copy == nullptr) return {};
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

std::span<const Value> Workspace::keep(std::span<const Value> values) {
  if (values.empty()) return {};
  void* const memory = allocate(values.size_bytes(), alignof(Value));
  if (memory == nullptr) return {};
  auto* const copy = static_cast<Value*>(memory);
  std::uninitialized_copy(values.begin(), values.end(), copy);
  return {copy, values.size()};
}

Value Workspace::array(std::span<const Value> elements) {
  const std::span<const Value> kept = keep(elements);
  return Value::array(kept.data(), kept.size());
}

Value Workspace::object(std::span<const Member> members) {
  if (members.empty()) return Value::object(nullptr, 0);
  void* const memory = allocate(members.size_bytes(), alignof(Member));
  if (memory == nullptr) return {};
  auto* const copy = static_cast<Member*>(memory);
  std::uninitialized_copy(members.begin(), members.end(), copy);
  return Value::object(copy, members.size());
}

Value Workspace::with_member(const Value& object, std::string_view key, const Value& value) {
  std::vector<Member> members;
  members.reserve(object.size() + 1);
  if (object.type() == Type::object) {
    for (const Child child : object) {
      if (child.key != key) members.push_back({child.key, child.value});
    }
  }
  members.push_back({keep(key), value});
  return this->object(members);
}

bool ListBuilder::add(const Value& value) {
  if (!workspace_.spend()) return false;
  if (workspace_.values_left_ == 0) {
    workspace_.fail({fhir::ErrorCategory::too_large, "the expression yields more values on this payload than allowed"});
    return false;
  }
  --workspace_.values_left_;
  workspace_.stack_.push_back(value);
  return true;
}

void ListBuilder::reverse() {
  auto& stack = workspace_.stack_;
  std::reverse(stack.begin() + static_cast<std::ptrdiff_t>(mark_), stack.end());
}

namespace {

bool equal_numbers(const Value& a, const Value& b) {
  const auto left = a.number(), right = b.number();
  if (left && right) return *left == *right;
  return a.number_text() == b.number_text();  // beyond a Decimal: only the same digits are surely the same
}

bool equal_children(const Value& a, const Value& b, Workspace& workspace) {
  auto right = b.begin();
  for (const Child child : a) {
    if (a.type() == Type::array) {
      if (!equal(child.value, (*right).value, workspace)) return false;
      ++right;
      continue;
    }
    if (!workspace.spend(b.size())) return false;
    const auto other = b.member(child.key);
    if (!other || !equal(child.value, *other, workspace)) return false;
  }
  return true;
}

}  // namespace

bool equal(const Value& a, const Value& b, Workspace& workspace) {
  if (!workspace.spend() || a.type() != b.type()) return false;
  switch (a.type()) {
    case Type::null:
      return true;
    case Type::boolean:
      return a.boolean() == b.boolean();
    case Type::number:
      return equal_numbers(a, b);
    case Type::string:
      return workspace.spend(a.string()->size() / 32) && a.string() == b.string();
    case Type::array:
    case Type::object:
      return a.size() == b.size() && equal_children(a, b, workspace);
  }
  return false;
}

void add_slice(const Value& array, const Slice& slice, Workspace& workspace, ListBuilder& out) {
  const auto size = static_cast<std::int64_t>(array.size());
  const bool forward = slice.step > 0;
  const std::int64_t lowest = forward ? 0 : -1, highest = forward ? size : size - 1;
  const auto bound = [&](std::optional<std::int64_t> given, std::int64_t otherwise) {
    if (!given) return otherwise;
    return std::clamp(*given < 0 ? *given + size : *given, lowest, highest);
  };
  const std::int64_t start = bound(slice.start, forward ? 0 : highest);
  const std::int64_t stop = bound(slice.stop, forward ? size : lowest);
  // Elements of a document are reached one after the other, so both directions walk forward once.
  std::int64_t position = 0;
  for (const Child child : array) {
    const bool inside = forward ? position >= start && position < stop : position <= start && position > stop;
    if (inside && (position - start) % slice.step == 0) {
      if (!out.add(child.value)) return;
    } else if (!workspace.spend()) {
      return;
    }
    if (++position > std::max(start, stop)) break;
  }
  if (!forward) out.reverse();
}

}  // namespace adapters::expression
