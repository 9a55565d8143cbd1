#include "gateway/deliver/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "fhir/json_reader.hpp"
#include "fhir/national_id.hpp"

namespace gateway::deliver {

namespace {

constexpr std::size_t reason_length = 200;

// What a receiver wrote, made fit to keep: one line, short, nothing that could name a person. Text from the first
// bracket on is cut, because some servers quote the resource they refuse.
std::string presentable(std::string_view text) {
  text = text.substr(0, text.find_first_of("{<"));
  if (fhir::may_contain_national_id(text)) return "(withheld: it may name a person)";
  std::string out;
  for (char c : text) {
    bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (out.size() > reason_length) {
    std::size_t end = reason_length;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;  // not inside a UTF-8 character
    out.resize(end);
    out += "…";
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

struct Complaint {
  bool serious = false;  // an issue of severity error or fatal
  std::string text;
};

// The first serious issue of an OperationOutcome, else the first; nothing when the body is none.
std::optional<Complaint> read_outcome(const HttpResponse& response) {
  if (response.truncated || response.body.empty()) return std::nullopt;
  auto document = fhir::JsonDocument::parse(response.body);
  if (!document) return std::nullopt;
  fhir::JsonValue root = document->root();
  if (root["resourceType"].text() != "OperationOutcome") return std::nullopt;
  Complaint found;
  for (fhir::JsonValue issue : root["issue"]) {
    std::string_view severity = issue["severity"].text().value_or("");
    bool serious = severity == "error" || severity == "fatal";
    if (found.serious || (!serious && !found.text.empty())) continue;
    found.serious = serious;
    found.text = std::string(issue["code"].text().value_or("unknown"));
    std::string_view detail = issue["details"]["text"].text().value_or(issue["diagnostics"].text().value_or(""));
    if (!detail.empty()) found.text += ": " + std::string(detail);
  }
  return found;
}

std::string reason_of(const HttpResponse& response, const std::optional<Complaint>& complaint) {
  std::string reason = "HTTP " + std::to_string(response.status);
  if (complaint && !complaint->text.empty()) reason += ", " + presentable(complaint->text);
  return reason;
}

bool is_html(const HttpResponse& response) {
  return !response.body.empty() && response.header("content-type").starts_with("text/html");
}

Outcome outcome_of(int status) {
  switch (status) {
    case 429:
      return Outcome::throttled;
    case 401:  // a credential that is not taken says nothing of the item; parking each would make the journal dead
               // letters
    case 407:
    case 408:
    case 425:
    case 502:
    case 503:
    case 504:
      return Outcome::unreachable;
    default:
      if (status < 400) return Outcome::unreachable;
      return status < 500 ? Outcome::refused : Outcome::failed;
  }
}

}  // namespace

Answer judge_answer(const HttpResponse& response, fhir::Time now) {
  if (response.status == 0) return {Outcome::unreachable, presentable(response.error), std::nullopt};
  std::optional<Complaint> complaint = read_outcome(response);
  if (response.status >= 200 && response.status < 300) {
    if (complaint && complaint->serious) return {Outcome::failed, reason_of(response, complaint), std::nullopt};
    if (is_html(response)) return {Outcome::unreachable, "HTTP 200 with a web page instead of FHIR", std::nullopt};
    return {Outcome::delivered, "", std::nullopt};
  }
  return {outcome_of(response.status), reason_of(response, complaint),
          parse_retry_after(response.header("retry-after"), now)};
}

namespace {

// "Sun, 06 Nov 1994 08:49:37 GMT", the one form senders may write today (RFC 9110 5.6.7).
std::optional<fhir::Time> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  auto number = [&](std::size_t at, std::size_t length) -> int {
    int value = 0;
    auto [end, error] = std::from_chars(text.data() + at, text.data() + at + length, value);
    return error == std::errc() && end == text.data() + at + length ? value : -1;
  };
  auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  int day = number(5, 2), year = number(12, 4), hour = number(17, 2), minute = number(20, 2), second = number(23, 2);
  if (month == months.end() || year < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60)
    return std::nullopt;
  std::chrono::year_month_day date{std::chrono::year(year),
                                   std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
                                   std::chrono::day(static_cast<unsigned>(std::max(day, 0)))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, fhir::Time now) {
  if (text.empty()) return std::nullopt;
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    if (text.size() > 6) return retry_after_max;
    std::int64_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::min(std::chrono::seconds(seconds), retry_after_max);
  }
  std::optional<fhir::Time> at = parse_http_date(text);
  if (!at) return std::nullopt;
  auto wait = std::chrono::ceil<std::chrono::seconds>(*at - now);
  return std::clamp(wait, std::chrono::seconds(0), retry_after_max);
}

}  // namespace gateway::deliver
