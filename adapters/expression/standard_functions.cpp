#include <algorithm>
#include <bit>

#include "adapters/expression/functions.hpp"
#include "adapters/expression/utf8.hpp"

namespace adapters::expression {
namespace {

Value number_or_failure(Call& call, const fhir::Result<fhir::Decimal>& result) {
  if (result) return Value::number(*result);
  return call.fail(result.error().detail);
}

Value abs_of(Call& call) {
  const fhir::Decimal number = call.number(0);
  return number < fhir::Decimal() ? number_or_failure(call, fhir::Decimal().minus(number)) : call[0];
}

// The neighbouring integer on the side asked for; rounding halves to even may have gone to the other one.
Value whole(Call& call, bool up) {
  const fhir::Decimal number = call.number(0);
  if (number.is_integer()) return Value::number(number.canonical());
  const fhir::Decimal near = number.rounded(0);
  const fhir::Decimal one(1);
  if (up) return number_or_failure(call, near < number ? near.plus(one) : fhir::Result<fhir::Decimal>(near));
  return number_or_failure(call, near > number ? near.minus(one) : fhir::Result<fhir::Decimal>(near));
}

Value ceil_of(Call& call) {
  return whole(call, true);
}
Value floor_of(Call& call) {
  return whole(call, false);
}

fhir::Result<fhir::Decimal> total(Call& call) {
  fhir::Decimal sum;
  for (const Child child : call[0]) {
    if (!call.workspace.spend()) break;
    const auto next = sum.plus(*child.value.number());
    if (!next) return next;
    sum = *next;
  }
  return sum;
}

Value sum_of(Call& call) {
  return number_or_failure(call, total(call));
}

Value avg_of(Call& call) {
  if (call[0].size() == 0) return {};
  const auto sum = total(call);
  if (!sum) return number_or_failure(call, sum);
  return number_or_failure(call, quotient(*sum, fhir::Decimal(static_cast<std::int64_t>(call[0].size()))));
}

Value contains(Call& call) {
  if (const auto text = call[0].string()) {
    const auto wanted = call[1].string();
    if (!wanted) return Value::boolean(false);
    call.workspace.spend(text->size() / 16 * (1 + wanted->size() / 16));
    return Value::boolean(!call.workspace.failed() && text->find(*wanted) != std::string_view::npos);
  }
  for (const Child child : call[0]) {
    if (equal(child.value, call[1], call.workspace)) return Value::boolean(true);
    if (call.workspace.failed()) break;
  }
  return Value::boolean(false);
}

Value ends_with(Call& call) {
  return Value::boolean(call.text(0).ends_with(call.text(1)));
}
Value starts_with(Call& call) {
  return Value::boolean(call.text(0).starts_with(call.text(1)));
}

Value join(Call& call) {
  std::string joined;
  bool first = true;
  for (const Child child : call[1]) {
    if (!call.workspace.spend(1 + child.value.string()->size() / 32 + call.text(0).size() / 32)) return {};
    if (!first) joined += call.text(0);
    first = false;
    joined += *child.value.string();
  }
  return call.workspace.string(joined);
}

Value keys(Call& call) {
  ListBuilder list(call.workspace);
  for (const Child child : call[0]) {
    if (!list.add(Value::string(child.key))) return {};
  }
  return list.finish();
}

Value values(Call& call) {
  ListBuilder list(call.workspace);
  for (const Child child : call[0]) {
    if (!list.add(child.value)) return {};
  }
  return list.finish();
}

Value length(Call& call) {
  const auto text = call[0].string();
  const std::size_t count = text ? code_points(*text) : call[0].size();
  return Value::number(fhir::Decimal(static_cast<std::int64_t>(count)));
}

Value map_over(Call& call) {
  ListBuilder list(call.workspace);
  for (const Child child : call[1]) {
    if (!list.add(call.apply(0, child.value))) return {};
  }
  return list.finish();
}

Value merge(Call& call) {
  std::vector<Member> members;
  std::map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < call.size(); ++i) {
    for (const Child child : call[i]) {
      if (!call.workspace.spend(4)) return {};
      const auto [place, is_new] = places.emplace(child.key, members.size());
      if (is_new) {
        members.push_back({child.key, child.value});
      } else {
        members[place->second].value = child.value;
      }
    }
  }
  return call.workspace.object(members);
}

Value not_null(Call& call) {
  for (std::size_t i = 0; i < call.size(); ++i) {
    if (!call[i].is_null()) return call[i];
  }
  return {};
}

Value reverse(Call& call) {
  if (const auto text = call[0].string()) {
    std::string reversed(text->size(), '\0');
    std::size_t end = text->size();
    for (std::string_view rest = *text; !rest.empty();) {
      const auto point = first_code_point(rest);
      const std::size_t bytes = point ? point->bytes : 1;
      end -= bytes;
      std::copy_n(rest.data(), bytes, reversed.data() + end);
      rest.remove_prefix(bytes);
    }
    call.workspace.spend(text->size() / 8);
    return call.workspace.string(reversed);
  }
  ListBuilder list(call.workspace);
  for (const Child child : call[0]) {
    if (!list.add(child.value)) return {};
  }
  list.reverse();
  return list.finish();
}

// What max, min and sort order by: numbers only or strings only (code point order, which UTF-8 bytes keep).
struct Ranked {
  Value value;
  std::optional<fhir::Decimal> number;
  std::string_view text;
};

bool before(const Ranked& a, const Ranked& b) {
  return a.number ? *a.number < *b.number : a.text < b.text;
}

// The elements of `list` with the key each is ranked by: itself, or what the &expression of argument 1 gives.
std::vector<Ranked> ranked(Call& call, bool by_expression) {
  std::vector<Ranked> all;
  all.reserve(call[0].size());
  for (const Child child : call[0]) {
    if (!call.workspace.spend()) break;
    const Value key = by_expression ? call.apply(1, child.value) : child.value;
    if (call.workspace.failed()) break;
    Ranked entry{child.value, key.number(), key.string().value_or(std::string_view())};
    const bool usable = entry.number || key.type() == Type::string;
    if (!usable || (!all.empty() && all.front().number.has_value() != entry.number.has_value())) {
      call.fail("the values to order by must be all numbers or all strings");
      break;
    }
    all.push_back(entry);
  }
  return call.workspace.failed() ? std::vector<Ranked>() : all;
}

Value greatest(Call& call, bool by_expression) {
  const std::vector<Ranked> all = ranked(call, by_expression);
  return all.empty() ? Value() : std::max_element(all.begin(), all.end(), before)->value;
}

Value least(Call& call, bool by_expression) {
  const std::vector<Ranked> all = ranked(call, by_expression);
  return all.empty() ? Value() : std::min_element(all.begin(), all.end(), before)->value;
}

Value sorted(Call& call, bool by_expression) {
  std::vector<Ranked> all = ranked(call, by_expression);
  if (!call.workspace.spend(all.size() * static_cast<std::size_t>(std::bit_width(all.size())))) return {};
  std::stable_sort(all.begin(), all.end(), before);
  ListBuilder list(call.workspace);
  for (const Ranked& entry : all) {
    if (!list.add(entry.value)) return {};
  }
  return list.finish();
}

Value max_of(Call& call) {
  return greatest(call, false);
}
Value max_by(Call& call) {
  return greatest(call, true);
}
Value min_of(Call& call) {
  return least(call, false);
}
Value min_by(Call& call) {
  return least(call, true);
}
Value sort(Call& call) {
  return sorted(call, false);
}
Value sort_by(Call& call) {
  return sorted(call, true);
}

Value to_array(Call& call) {
  if (call[0].type() == Type::array) return call[0];
  return call.workspace.array({&call[0], 1});
}

Value to_number(Call& call) {
  if (call[0].type() == Type::number) return call[0];
  const auto text = call[0].string();
  if (!text) return {};
  const auto number = fhir::Decimal::parse(*text);
  if (!number) return {};
  // Kept as written, so that "1e2" stays a real number and "50" an integer for the connector's arithmetic.
  return Value::number_text(*text, text->find_first_of(".eE") != std::string_view::npos);
}

std::size_t weight(const Value& value, Workspace& workspace) {
  std::size_t sum = 1 + (value.string() ? value.string()->size() / 16 : 0);
  if (!workspace.spend(sum)) return sum;
  for (const Child child : value) sum += weight(child.value, workspace) + child.key.size() / 16;
  return sum;
}

Value to_string(Call& call) {
  if (call[0].type() == Type::string) return call[0];
  weight(call[0], call.workspace);  // charged before the text is made
  if (call.workspace.failed()) return {};
  return call.workspace.string(call[0].json());
}

Value type_of(Call& call) {
  return Value::string(name(call[0].type()));
}

}  // namespace

void FunctionTable::add(Function function) {
  std::string key = function.name;
  functions_.insert_or_assign(std::move(key), std::move(function));
}

const Function* FunctionTable::find(std::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

fhir::Result<fhir::Decimal> quotient(fhir::Decimal a, fhir::Decimal b) {
  if (b == fhir::Decimal()) return fhir::invalid("division by zero");
  constexpr int decimals = 15;
  fhir::Result<fhir::Decimal> result = fhir::invalid("the quotient has more than 18 digits");
  for (int scale = decimals; scale >= 0; --scale) {
    result = a.divided_by(b, scale);
    if (result) return result->canonical();
  }
  return result;
}

std::string_view name(Type type) {
  switch (type) {
    case Type::null:
      return "null";
    case Type::boolean:
      return "boolean";
    case Type::number:
      return "number";
    case Type::string:
      return "string";
    case Type::array:
      return "array";
    case Type::object:
      return "object";
  }
  return {};
}

void add_standard_functions(FunctionTable& table) {
  constexpr std::uint16_t ordered = numbers_type | strings_type;
  constexpr std::uint16_t text_or_list = string_type | array_type;
  const Function functions[] = {
      {"abs", {number_type}, false, abs_of},
      {"avg", {numbers_type}, false, avg_of},
      {"ceil", {number_type}, false, ceil_of},
      {"contains", {text_or_list, any_type}, false, contains},
      {"ends_with", {string_type, string_type}, false, ends_with},
      {"floor", {number_type}, false, floor_of},
      {"join", {string_type, strings_type}, false, join},
      {"keys", {object_type}, false, keys},
      {"length", {std::uint16_t(text_or_list | object_type)}, false, length},
      {"map", {expression_type, array_type}, false, map_over},
      {"max", {ordered}, false, max_of},
      {"max_by", {array_type, expression_type}, false, max_by},
      {"merge", {object_type}, true, merge},
      {"min", {ordered}, false, min_of},
      {"min_by", {array_type, expression_type}, false, min_by},
      {"not_null", {any_type}, true, not_null},
      {"reverse", {text_or_list}, false, reverse},
      {"sort", {ordered}, false, sort},
      {"sort_by", {array_type, expression_type}, false, sort_by},
      {"starts_with", {string_type, string_type}, false, starts_with},
      {"sum", {numbers_type}, false, sum_of},
      {"to_array", {any_type}, false, to_array},
      {"to_number", {any_type}, false, to_number},
      {"to_string", {any_type}, false, to_string},
      {"type", {any_type}, false, type_of},
      {"values", {object_type}, false, values},
  };
  for (const Function& function : functions) table.add(function);
}

}  // namespace adapters::expression
