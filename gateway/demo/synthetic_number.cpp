#include "gateway/demo/synthetic_number.hpp"

#include <array>
#include <optional>
#include <unordered_set>

#include "gateway/demo/noise.hpp"

namespace gateway::demo {
namespace {

// The control digit of the digits before it (Skatteetaten, modulus 11); none when it would have to be ten.
template <std::size_t N>
std::optional<char> control(const std::string& digits, const std::array<int, N>& weights) {
  int sum = 0;
  for (std::size_t i = 0; i < N; ++i) sum += weights[i] * (digits[i] - '0');
  const int digit = (11 - sum % 11) % 11;
  if (digit == 10) return std::nullopt;
  return static_cast<char>('0' + digit);
}

constexpr std::array<int, 9> first_weights = {3, 7, 6, 1, 8, 9, 4, 5, 2};
constexpr std::array<int, 10> second_weights = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};

void append_digits(std::string& out, std::uint64_t number, int width) {
  const std::string digits = std::to_string(number);
  out.append(static_cast<std::size_t>(width) - digits.size(), '0').append(digits);
}

std::optional<std::string> number_from(std::uint64_t random) {
  std::string digits;
  auto part = [&](std::uint64_t low, std::uint64_t high, int width) {
    append_digits(digits, low + random % (high - low + 1), width);
    random /= high - low + 1;
  };
  part(1, 28, 2);
  part(81, 92, 2);  // month + 80
  part(34, 60, 2);  // people of home monitoring's usual age
  part(0, 499, 3);  // the individual numbers of 1900 to 1999
  const std::optional<char> tenth = control(digits, first_weights);
  if (!tenth) return std::nullopt;
  digits += *tenth;
  const std::optional<char> eleventh = control(digits, second_weights);
  if (!eleventh) return std::nullopt;
  return digits + *eleventh;
}

}  // namespace

std::vector<std::string> synthetic_numbers(std::uint64_t seed, std::size_t count) {
  std::vector<std::string> numbers;
  std::unordered_set<std::string> taken;
  for (std::uint64_t attempt = 0; numbers.size() < count; ++attempt) {
    const std::optional<std::string> number = number_from(mix(seed, attempt));
    if (number && taken.insert(*number).second) numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace gateway::demo
