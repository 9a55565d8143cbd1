#include "gateway/config/form.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "adapters/mapping/nearest_word.hpp"
#include "fhir/national_id.hpp"
#include "thresholds/expression.hpp"

namespace gateway::config {
namespace {

using thresholds::Days;
using thresholds::DayWindow;

constexpr std::size_t longest_name = 64;
constexpr std::array<std::string_view, 7> weekday_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

bool printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool sayable(std::string_view text) {
  return text.size() <= longest_name && !fhir::may_contain_national_id(text) && printable(text);
}

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool only = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!only || failure != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// "07:05"
std::optional<int> minute_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = digits(text.substr(0, 2)), minute = digits(text.substr(3));
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  return *hour * 60 + *minute;
}

std::optional<DayWindow> window_of(std::string_view text) {
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  const auto from = minute_of_day(text.substr(0, 5)), to = minute_of_day(text.substr(6));
  if (!from || !to) return std::nullopt;
  return DayWindow{*from, *to};
}

constexpr const char* window_form = "must be a part of the day, written like \"07:00-22:00\", from 00:00 to 23:59";

std::optional<std::chrono::year_month_day> date_of(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day made{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!made.ok()) return std::nullopt;
  return made;
}

std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

void add_json(fhir::JsonValue value, Tree& node) {
  if (value.is_object()) {
    node.kind = Tree::Kind::map;
    for (fhir::JsonValue member : value) {
      if (member.is_null()) continue;
      node.keys.push_back({std::string(member.key()), 0});
      add_json(member, node.items.emplace_back());
    }
  } else if (value.is_array()) {
    node.kind = Tree::Kind::list;
    for (fhir::JsonValue item : value) add_json(item, node.items.emplace_back());
  } else if (!value.is_null()) {
    node.kind = Tree::Kind::text;
    node.text = value.scalar();
  }
}

}  // namespace

Tree tree_of(fhir::JsonValue value) {
  Tree root;
  add_json(value, root);
  return root;
}

std::string shown(std::string_view text) { return sayable(text) ? "'" + std::string(text) + "'" : "of this name"; }

std::size_t Findings::errors() const {
  return static_cast<std::size_t>(
      std::count_if(problems.begin(), problems.end(), [](const Problem& problem) { return !problem.warning; }));
}

std::string Findings::first_error() const {
  auto found = std::find_if(problems.begin(), problems.end(), [](const Problem& problem) { return !problem.warning; });
  return found == problems.end() ? std::string() : found->text;
}

Form::Form(const Tree& node, std::string path, Findings& findings)
    : node_(node), path_(std::move(path)), findings_(findings) {
  std::set<std::string_view> seen;
  for (const Tree::Key& key : node_.keys) {
    if (!seen.insert(key.text).second) add(key.line, "'" + under(key.text) + "' is given twice", false);
  }
}

std::string Form::under(std::string_view key) const {
  const std::string_view word = sayable(key) ? key : std::string_view("?");
  return path_.empty() ? std::string(word) : path_ + "." + std::string(word);
}

void Form::add(int line, std::string text, bool warning) {
  findings_.problems.push_back({findings_.file, line, std::move(text), warning});
}

void Form::error(const char* key, std::string text) {
  const Tree* const found = node_.find(key);
  add(found != nullptr && found->line != 0 ? found->line : node_.line, "'" + under(key) + "' " + std::move(text), false);
}

void Form::wrong(std::string text) {
  add(node_.line, findings_.file.empty() ? path_ + ": " + std::move(text) : std::move(text), false);
}
void Form::warn(std::string text) { add(node_.line, std::move(text), true); }

const Tree* Form::value(const char* key, Need need) {
  asked_.emplace_back(key);
  findings_.keys.insert(key);
  const Tree* const found = node_.find(key);
  if (found == nullptr) {
    if (need == Need::required) error(key, "is missing");
    return nullptr;
  }
  if (!found->is_nothing()) return found;
  error(key, "has no value; leave it out to keep its default");
  return nullptr;
}

bool Form::text(const char* key, std::string& out, Need need) {
  const Tree* const found = value(key, need);
  if (found == nullptr) return false;
  if (!found->is_text() || found->text.empty()) {
    error(key, found->is_text() ? "is empty" : "must be a text");
    return false;
  }
  out = found->text;
  return true;
}

bool Form::flag(const char* key, bool& out) {
  std::string word;
  if (!text(key, word)) return false;
  if (word != "true" && word != "false") {
    error(key, "must be true or false");
    return false;
  }
  out = word == "true";
  return true;
}

bool Form::whole(const char* key, int& out, int least, int most) {
  std::string word;
  if (!text(key, word)) return false;
  const std::optional<int> number = digits(word);
  if (!number || *number < least || *number > most) {
    error(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return false;
  }
  out = *number;
  return true;
}

bool Form::decimal(const char* key, std::optional<thresholds::Number>& out) {
  std::string word;
  if (!text(key, word)) return false;
  const fhir::Result<fhir::Decimal> number = fhir::Decimal::parse(word);
  if (!number) {
    error(key, "must be a number, written like 37.5");
    return false;
  }
  out = thresholds::Number{number->coefficient(), number->scale()};
  return true;
}

bool Form::span(const char* key, thresholds::Span& out) {
  std::string word;
  if (!text(key, word)) return false;
  const std::optional<thresholds::Span> made = thresholds::span_of(word);
  if (!made) {
    error(key, "must be a span from 1m to 366d, written like 3d (calendar days), 36h or 90m");
    return false;
  }
  out = *made;
  return true;
}

bool Form::minutes(const char* key, std::chrono::minutes& out) {
  std::string word;
  if (!text(key, word)) return false;
  const std::optional<thresholds::Span> made = thresholds::span_of(word);
  if (!made || made->days != 0) {
    error(key, made ? "is a length of time, not calendar days; write 24h for a day" : "must be a length of time, written like 10m or 2h");
    return false;
  }
  out = made->length;
  return true;
}

bool Form::date(const char* key, std::optional<std::chrono::year_month_day>& out) {
  std::string word;
  if (!text(key, word)) return false;
  const auto made = date_of(word);
  if (!made) {
    error(key, "must be a day of the calendar, written like 2026-01-31");
    return false;
  }
  out = made;
  return true;
}

bool Form::window(const char* key, std::optional<DayWindow>& out) {
  std::string word;
  if (!text(key, word)) return false;
  const auto made = window_of(word);
  if (!made) {
    error(key, window_form);
    return false;
  }
  out = made;
  return true;
}

bool Form::list(const char* key, std::vector<std::string>& out, const char* expected) {
  const Tree* const found = value(key, Need::optional);
  if (found == nullptr) return false;
  std::vector<std::string> words;
  if (found->is_text()) words.push_back(found->text);
  bool right = found->is_text() || found->is_list();
  for (const Tree& item : found->items) {
    right = right && item.is_text();
    words.push_back(item.text);
  }
  if (!right || words.empty()) {
    error(key, expected);
    return false;
  }
  out = std::move(words);
  return true;
}

bool Form::texts(const char* key, std::vector<std::string>& out) { return list(key, out, "must be a list of names"); }

bool Form::wholes(const char* key, std::vector<int>& out, int least, int most) {
  const std::string expected = "must be a list of whole numbers from " + std::to_string(least) + " to " + std::to_string(most);
  std::vector<std::string> words;
  if (!list(key, words, expected.c_str())) return false;
  std::vector<int> made;
  for (const std::string& word : words) {
    const bool negative = word.starts_with('-');
    const std::optional<int> number = digits(std::string_view(word).substr(negative ? 1 : 0));
    const int value = number ? (negative ? -*number : *number) : 0;
    if (!number || value < least || value > most) {
      error(key, expected);
      return false;
    }
    made.push_back(value);
  }
  out = std::move(made);
  return true;
}

bool Form::windows(const char* key, std::vector<DayWindow>& out) {
  std::vector<std::string> words;
  if (!list(key, words, "must be a list of parts of the day, written like [\"06:00-10:00\"]")) return false;
  std::vector<DayWindow> made;
  for (const std::string& word : words) {
    const auto window = window_of(word);
    if (!window) {
      error(key, window_form);
      return false;
    }
    made.push_back(*window);
  }
  out = std::move(made);
  return true;
}

bool Form::days(const char* key, Days& out) {
  constexpr const char* expected = "must be a list of days, of mon, tue, wed, thu, fri, sat, sun, weekends and holidays; or workdays";
  std::vector<std::string> words;
  if (!list(key, words, expected)) return false;
  Days made{0, Days::Holidays::as_weekday};
  for (const std::string& word : words) {
    auto weekday = std::find(weekday_names.begin(), weekday_names.end(), word);
    if (weekday != weekday_names.end()) {
      made.weekdays |= static_cast<std::uint8_t>(1U << (weekday - weekday_names.begin()));
    } else if (word == "weekends") {
      made.weekdays |= thresholds::weekends.weekdays;
    } else if (word == "holidays") {
      made.holidays = Days::Holidays::also;
    } else if (word == "workdays" && words.size() == 1) {
      made = thresholds::workdays;
    } else {
      // Workdays leave holidays out; together with another day it would be open which of the two is meant on a holiday.
      error(key, word == "workdays" ? "must have workdays alone: it leaves out holidays; name the days instead" : expected);
      return false;
    }
  }
  out = made;
  return true;
}

bool Form::section(const char* key, const std::function<void(Form&)>& read) {
  const Tree* const found = value(key, Need::optional);
  if (found == nullptr) return false;
  if (!found->is_map()) {
    error(key, "must be a section of keys and values");
    return false;
  }
  Form inner(*found, under(key), findings_);
  read(inner);
  inner.refuse_unknown();
  return true;
}

bool Form::each(const char* key, const std::function<void(Form&)>& read, Need need) {
  const Tree* const found = value(key, need);
  if (found == nullptr) return false;
  if (!found->is_list()) {
    error(key, "must be a list; each entry begins with '-'");
    return false;
  }
  for (std::size_t i = 0; i < found->items.size(); ++i) {
    const Tree& item = found->items[i];
    std::string path = under(key) + "[" + std::to_string(i) + "]";
    if (!item.is_map()) {
      add(item.line, "'" + path + "' must be a section of keys and values", false);
      continue;
    }
    Form inner(item, std::move(path), findings_);
    read(inner);
    inner.refuse_unknown();
  }
  return true;
}

void Form::refuse_unknown() {
  if (left_) return;
  for (const Tree::Key& key : node_.keys) {
    if (std::find(asked_.begin(), asked_.end(), key.text) != asked_.end()) continue;
    std::string text = "unknown key '" + under(key.text) + "'";
    const std::string meant = adapters::mapping::nearest_word(key.text, asked_);
    if (!meant.empty()) text += "; did you mean '" + meant + "'?";
    add(key.line, std::move(text), false);
  }
}

std::string text_of(std::chrono::year_month_day day) {
  std::string year = std::to_string(static_cast<int>(day.year()));
  year.insert(0, 4 - std::min<std::size_t>(4, year.size()), '0');
  return year + "-" + two_digits(static_cast<int>(static_cast<unsigned>(day.month()))) + "-" +
         two_digits(static_cast<int>(static_cast<unsigned>(day.day())));
}

std::string text_of(const DayWindow& window) {
  const auto clock = [](int minute) { return two_digits(minute / 60) + ":" + two_digits(minute % 60); };
  return clock(window.from_minute) + "-" + clock(window.to_minute);
}

std::vector<std::string> words_of(const Days& days) {
  if (days == thresholds::workdays) return {"workdays"};
  std::vector<std::string> words;
  for (std::size_t i = 0; i < weekday_names.size(); ++i) {
    if ((days.weekdays >> i & 1U) != 0) words.emplace_back(weekday_names[i]);
  }
  if (days.holidays == Days::Holidays::also) words.emplace_back("holidays");
  return words;
}

}  // namespace gateway::config
