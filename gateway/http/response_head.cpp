#include "gateway/http/response_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "gateway/http/characters.hpp"

namespace gateway::http {

namespace {

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

bool safe(std::string_view text) {
  return std::all_of(text.begin(), text.end(), value_char);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (!safe(name) || !safe(value)) return;
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_two_digits(std::string& out, unsigned number) {
  out += static_cast<char>('0' + number / 10);
  out += static_cast<char>('0' + number % 10);
}

}  // namespace

void append_head(std::string& out, const Response& response, std::string_view date, Persistence persistence) {
  if (response.status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
  } else {
    out.append("HTTP/1.1 ");
    append_number(out, static_cast<std::size_t>(response.status));
    out.append(" ").append(reason_of(response.status)).append("\r\n");
  }
  if (!date.empty()) out.append("Date: ").append(date).append("\r\n");
  if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
  if (response.stream) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (response.status != 101 && response.status != 204 && response.status != 304) {
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  bool cache_control = false;
  for (const auto& [name, value] : response.headers) {
    cache_control = cache_control || equals_lower(name, "cache-control");
    append_field(out, name, value);
  }
  // Most answers hold patient data; what may be cached (the console's files) says so itself.
  if (!cache_control) out.append("Cache-Control: no-store\r\n");
  out.append("X-Content-Type-Options: nosniff\r\n");
  if (persistence == Persistence::close) out.append("Connection: close\r\n");
  out.append("\r\n");
}

std::string http_date(fhir::Time time) {
  static constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto const day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::string out;
  out.append(weekdays[std::chrono::weekday(day).c_encoding()]).append(", ");
  append_two_digits(out, static_cast<unsigned>(date.day()));
  out.append(" ").append(months[static_cast<unsigned>(date.month()) - 1]).append(" ");
  out.append(std::to_string(static_cast<int>(date.year()))).append(" ");
  append_two_digits(out, static_cast<unsigned>(clock.hours().count()));
  out += ':';
  append_two_digits(out, static_cast<unsigned>(clock.minutes().count()));
  out += ':';
  append_two_digits(out, static_cast<unsigned>(clock.seconds().count()));
  return out.append(" GMT");
}

}  // namespace gateway::http
