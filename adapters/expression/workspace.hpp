// Memory and budget of evaluations. Expressions and payloads come from outside, so every step, every value put into a
// result and every byte of computed text is counted; what exceeds its limit ends the evaluation with an error, never
// the process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/expression/value.hpp"
#include "fhir/result.hpp"

namespace adapters::expression {

// Of a compiled expression; compile() refuses what is longer or deeper.
struct CompileLimits {
  std::size_t length_bytes = 4096;
  std::size_t nesting = 100;  // brackets within brackets, and steps of one path
};

// Of one evaluation, except the bytes and total_steps, which are counted until reset().
struct EvaluationLimits {
  std::uint64_t steps = 10'000'000;  // about one visited or compared value each; a tenth of a second
  std::size_t values = 1'000'000;    // all values put into results, intermediate ones included
  std::size_t bytes = 64U << 20;     // memory for computed lists and texts
  std::uint64_t total_steps = std::numeric_limits<std::uint64_t>::max();  // of all evaluations together
};

// "JMESPath: expected ] at character 7 of: foo[bar". Expressions are configuration, so they may stand in an error.
fhir::Error problem(std::string_view language, std::string_view expression, std::size_t offset, std::string_view what);

// One thread at a time. Evaluations may share one: what an earlier one yielded stays valid until reset().
class Workspace {
 public:
  explicit Workspace(const EvaluationLimits& limits = {});
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  void reset();  // frees everything computed so far
  void begin();  // a new evaluation: full budget, no failure
  std::uint64_t spent() const { return spent_ + granted_ - steps_left_; }  // by all evaluations so far

  // False once a limit is reached or something failed: loops end there, what they made is not used.
  bool spend(std::uint64_t steps = 1);
  bool failed() const { return failure_.has_value(); }
  bool used_up() const;  // nothing is left of total_steps
  Value fail(fhir::Error error);  // the first failure is kept; gives null so that callers can return it
  const fhir::Error& failure() const { return *failure_; }

  std::string_view keep(std::string_view text);  // a copy that lives until reset()
  std::span<const Value> keep(std::span<const Value> values);
  Value string(std::string_view text) { return Value::string(keep(text)); }
  Value array(std::span<const Value> elements);
  Value object(std::span<const Member> members);
  // `object` with `key` set to `value`: the same members by reference, one of that name replaced (matchedToken).
  Value with_member(const Value& object, std::string_view key, const Value& value);

 private:
  friend class ListBuilder;
  void* allocate(std::size_t bytes, std::size_t alignment);

  EvaluationLimits limits_;
  std::uint64_t total_left_;  // before what the present evaluation spends
  std::uint64_t granted_;     // to the present evaluation
  std::uint64_t steps_left_;
  std::uint64_t spent_ = 0;
  std::size_t values_left_;
  std::size_t bytes_left_;
  std::optional<fhir::Error> failure_;
  std::array<std::byte, 4096> first_block_;  // most payloads' results fit: no allocation
  std::pmr::monotonic_buffer_resource memory_;
  std::vector<Value> stack_;  // lists under construction, innermost last
};

// Collects the elements of one array. Builders nest; an inner one ends before the outer one goes on.
class ListBuilder {
 public:
  explicit ListBuilder(Workspace& workspace) : workspace_(workspace), mark_(workspace.stack_.size()) {}
  ~ListBuilder() { workspace_.stack_.resize(mark_); }
  ListBuilder(const ListBuilder&) = delete;
  ListBuilder& operator=(const ListBuilder&) = delete;

  bool add(const Value& value);  // false when a limit is reached
  void reverse();
  std::span<const Value> so_far() const { return std::span(workspace_.stack_).subspan(mark_); }
  Value finish() { return workspace_.array(so_far()); }

 private:
  Workspace& workspace_;
  std::size_t mark_;
};

// Deep equality by content: numbers by value (1 and 1.0 are equal), objects whatever their order.
bool equal(const Value& a, const Value& b, Workspace& workspace);

// array[start:stop:step] with Python's rules, which both languages share; step is not 0. Adds the elements to `out`.
struct Slice {
  std::optional<std::int64_t> start, stop;
  std::int64_t step = 1;
};
void add_slice(const Value& array, const Slice& slice, Workspace& workspace, ListBuilder& out);

}  // namespace adapters::expression
