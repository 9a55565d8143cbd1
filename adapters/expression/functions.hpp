// Functions a JMESPath expression may call. Names are resolved and arguments counted when the expression is compiled;
// types are checked at each call, before the function sees its arguments.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/expression/workspace.hpp"

namespace adapters::expression {

class JmesEvaluator;

// What an argument may be; combined with |.
enum TypeSet : std::uint16_t {
  null_type = 1,
  boolean_type = 2,
  number_type = 4,
  string_type = 8,
  array_type = 16,
  object_type = 32,
  any_type = 63,
  numbers_type = 64,       // an array of numbers only
  strings_type = 128,      // an array of strings only
  expression_type = 256,   // &expression
  integer_type = 512,      // a number written without fraction and exponent
  wide_number_type = 1024  // a number with any digits; the others have those of a Decimal
};

struct Argument {
  Value value;
  std::uint32_t expression = 0;  // node of an &expression; 0 for values
};

// The arguments of one call, of the types the function asked for.
class Call {
 public:
  Call(JmesEvaluator& evaluator, Workspace& memory, std::uint32_t node, std::span<const Argument> arguments)
      : workspace(memory), evaluator_(evaluator), node_(node), arguments_(arguments) {}

  std::size_t size() const { return arguments_.size(); }
  const Value& operator[](std::size_t i) const { return arguments_[i].value; }
  std::string_view text(std::size_t i) const { return *arguments_[i].value.string(); }
  fhir::Decimal number(std::size_t i) const { return *arguments_[i].value.number(); }
  // Argument i, an &expression, of `current`.
  Value apply(std::size_t i, const Value& current);
  // Ends the evaluation; the error names the function and its place in the expression.
  Value fail(std::string_view what);

  Workspace& workspace;

 private:
  JmesEvaluator& evaluator_;
  std::uint32_t node_;
  std::span<const Argument> arguments_;
};

struct Function {
  std::string name;
  std::vector<std::uint16_t> parameters;  // sets of TypeSet
  bool variadic = false;                  // the last parameter may be repeated
  Value (*call)(Call&) = nullptr;
};

// A compiled expression points into the table it was compiled with, which therefore outlives it.
class FunctionTable {
 public:
  void add(Function function);
  const Function* find(std::string_view name) const;

 private:
  std::map<std::string, Function, std::less<>> functions_;
};

// The functions of the JMESPath specification (jmespath.org/specification.html, "Built-in Functions").
void add_standard_functions(FunctionTable& table);

// a / b: exact when it ends within 15 decimals, otherwise rounded half to even there, or as far as 18 digits go.
fhir::Result<fhir::Decimal> quotient(fhir::Decimal a, fhir::Decimal b);

std::string_view name(Type type);  // as type() says it

}  // namespace adapters::expression
