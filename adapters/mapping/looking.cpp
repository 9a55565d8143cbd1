#include "adapters/mapping/looking.hpp"

#include <algorithm>
#include <array>

#include "adapters/draft.hpp"

namespace adapters::mapping {
namespace {

using namespace std::chrono;

constexpr std::size_t longest_text = 4000;  // of a text for people; longer ones are shortened

constexpr std::string_view nothing_there = "nothing there";

struct Sign {
  std::string_view sign;
  Comparator comparator;
};
// Longer signs first, so that "<=" is not read as "<".
constexpr std::array<Sign, 5> signs = {{{"<=", Comparator::less_or_equal},
                                        {">=", Comparator::greater_or_equal},
                                        {"<", Comparator::less},
                                        {">", Comparator::greater},
                                        {"none", Comparator::none}}};

class OffsetZone final : public Zone {
 public:
  explicit OffsetZone(minutes offset) : offset_(offset) {}
  Resolved resolve(local_time<microseconds> wall) const override {
    return {fhir::Time{wall.time_since_epoch() - offset_}, offset_, false};
  }
  minutes offset_at(fhir::Time) const override { return offset_; }

 private:
  minutes offset_;
};

bool is_empty(const Value& value) {
  switch (value.type()) {
    case expression::Type::null:
      return true;
    case expression::Type::boolean:
      return !*value.boolean();
    case expression::Type::string:
      return value.string()->empty();
    case expression::Type::array:
    case expression::Type::object:
      return value.size() == 0;
    case expression::Type::number:
      break;
  }
  return false;
}

bool same_word(std::string_view word, std::string_view found, bool number) {
  if (word == found) return true;
  if (!number) return false;
  const auto left = fhir::Decimal::parse(word), right = fhir::Decimal::parse(found);
  return left && right && *left == *right;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Cut between two characters.
std::string_view shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

void append_escaped(std::string& out, std::string_view part) {
  for (const char c : part) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
}

}  // namespace

std::optional<Comparator> comparator_of(std::string_view sign) {
  for (const Sign& each : signs)
    if (each.sign == sign) return each.comparator;
  return std::nullopt;
}

Looking::Looking(const Context& context, const Mapping& mapping, Workspace& workspace, std::size_t text_bytes)
    : context_(context), workspace_(workspace), document_slots_(mapping.slots), text_left_(text_bytes) {
  scopes_.push_back({Value(context.scratch.root()), 0, context.scratch.root()});
}

void Looking::enter(const Value& item, std::size_t index, fhir::JsonValue place) {
  const bool computed = place.absent();
  const fhir::JsonValue known = computed ? scopes_.back().place : place;
  scopes_.push_back({item, index, known, computed});
}

void Looking::leave() {
  scopes_.pop_back();
}

std::string Looking::item_text() const {
  if (scopes_.size() < 2) return {};
  std::string text = " of item ";
  for (std::size_t i = 1; i < scopes_.size(); ++i) text += "[" + std::to_string(scopes_[i].index) + "]";
  return text;
}

void Looking::pay(std::uint64_t steps) {
  workspace_.begin();
  if (!workspace_.spend(steps)) affordable_ = false;
}

std::string Looking::copy(std::string_view text) {
  if (text.size() > text_left_) {
    affordable_ = false;
    return {};
  }
  text_left_ -= text.size();
  return std::string(text);
}

void Looking::trace(std::string line) {
  if (tracing() && trace_.size() < 500) trace_.push_back(std::move(line));
}

void Looking::place_of_value(const Value& value) {
  if (const fhir::JsonValue place = value.place(); !place.absent()) taken_.push_back(place.position());
}

Looked Looking::look(const Slot& slot) {
  if (!slot.at) return {Value::string(slot.fixed), {}, {}};
  if (slot.scope != 0 || scopes_.size() == 1) return evaluate(slot);
  Remembered& remembered = document_slots_[slot.number];
  if (!remembered.known) remembered = {true, evaluate(slot)};
  return remembered.looked;
}

Looked Looking::evaluate(const Slot& slot) {
  Looked looked;
  const auto found = slot.at->single(scopes_[slot.scope].item, workspace_);
  if (!found) {
    looked.fault = Looked::Fault::failed;
    looked.why = found.error().detail;
  } else if (!*found) {
    if (slot.fallback) looked.value = Value::string(*slot.fallback);
  } else if (slot.table == nullptr) {
    looked.value = *found;
  } else {
    const expression::Type type = (*found)->type();
    const bool is_scalar = type != expression::Type::array && type != expression::Type::object;
    const std::string_view word = scalar(**found);
    if (const std::string* listed = is_scalar ? slot.table->find(word) : nullptr) {
      looked.value = Value::string(*listed);
      place_of_value(**found);
    } else {
      looked.fault = Looked::Fault::unlisted;
      looked.why = is_scalar ? "its table does not list " + quoted_word(word) : "expected a word for its table";
    }
  }
  if (tracing()) {
    std::string line = slot.step + item_text();
    if (looked.fault != Looked::Fault::none)
      line += ": " + looked.why;
    else if (!looked.value)
      line += ": " + std::string(nothing_there);
    else
      line += " = " + std::string(shortened(looked.value->json(), 80));
    trace(std::move(line));
  }
  return looked;
}

std::string_view Looking::scalar(const Value& value) {
  if (const fhir::JsonValue place = value.place(); !place.absent()) return place.scalar();
  if (const auto text = value.string()) return *text;
  if (const auto yes = value.boolean()) return *yes ? "true" : "false";
  return workspace_.keep(value.number_text());
}

fhir::Result<std::optional<std::string>> Looking::text(const Slot& slot) {
  using Text = std::optional<std::string>;
  const Looked looked = look(slot);
  if (looked.fault != Looked::Fault::none) return fault(slot, looked.why);
  if (!looked.value) {
    if (slot.optional) return Text();
    return fault(slot, nothing_there);
  }
  const expression::Type type = looked.value->type();
  if (type == expression::Type::array || type == expression::Type::object)
    return fault(slot, "expected a text or a number");
  return Text(copy(scalar(*looked.value)));
}

fhir::Result<std::optional<std::string>> Looking::id(const Slot& slot) {
  auto found = text(slot);
  if (!found || !*found) return found;
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if ((*found)->size() > longest_id || std::any_of((*found)->begin(), (*found)->end(), control))
    return fault(slot, "expected at most 256 bytes and no control characters");
  if ((*found)->empty() && !slot.optional) return fault(slot, nothing_there);
  return found;
}

fhir::Result<std::string> Looking::composite_id(const Slots& slots) {
  if (slots.parts.size() == 1) {
    auto only = id(slots.parts.front());
    if (!only) return only.error();
    return *only ? **std::move(only) : std::string();
  }
  std::string whole;
  bool any = false;
  for (std::size_t i = 0; i < slots.parts.size(); ++i) {
    const auto part = id(slots.parts[i]);
    if (!part) return part.error();
    if (i > 0) whole += '/';
    if (!*part) continue;
    any = any || slots.parts[i].at;
    append_escaped(whole, **part);
  }
  if (whole.size() > longest_id) return fault(slots.parts.front(), "the id is longer than 256 bytes");
  return any ? whole : std::string();
}

std::string Looking::free_text(const Slot& slot) {
  const Looked looked = look(slot);
  if (!looked.value) return {};
  const expression::Type type = looked.value->type();
  const bool is_scalar = type != expression::Type::array && type != expression::Type::object;
  const std::string written = is_scalar ? std::string() : looked.value->json();
  const std::string_view all = is_scalar ? scalar(*looked.value) : std::string_view(written);
  const std::string_view part = shortened(all, longest_text);
  std::string text = printable(copy(part));
  if (part.size() != all.size()) text += " (shortened)";
  return text;
}

std::string Looking::free_text(const Slots& slots) {
  std::string whole;
  for (const Slot& slot : slots.parts) {
    const std::string part = free_text(slot);
    if (part.empty()) continue;
    if (!whole.empty()) whole += ", ";
    whole += part;
  }
  return whole;
}

fhir::Result<std::optional<Number>> Looking::number(const NumberSlot& slot) {
  constexpr const char* expected = "expected a number of at most 18 digits";
  const Looked looked = look(slot.from);
  if (looked.fault != Looked::Fault::none) return fault(slot.from, looked.why);
  if (!looked.value) {
    if (slot.from.optional) return std::optional<Number>();
    return fault(slot.from, nothing_there);
  }
  place_of_value(*looked.value);
  Number number;
  if (looked.value->type() == expression::Type::number) {
    const auto value = looked.value->number();
    if (!value) return fault(slot.from, expected);
    number.value = *value;
  } else {
    const auto text = looked.value->string();
    if (!text || text->size() > 64) return fault(slot.from, expected);
    std::string digits(trimmed(*text));
    for (const Sign& sign : signs) {
      if (!digits.starts_with(sign.sign)) continue;
      number.comparator = sign.comparator;
      digits = trimmed(std::string_view(digits).substr(sign.sign.size()));
      break;
    }
    if (slot.comma) std::replace(digits.begin(), digits.end(), ',', '.');
    const auto value = fhir::Decimal::parse(digits);
    if (!value) return fault(slot.from, expected);
    number.value = *value;
  }
  std::optional<fhir::Decimal> factor = slot.times;
  if (slot.power) {
    const auto exponent = text(*slot.power);
    if (!exponent) return exponent.error();
    if (*exponent) {
      const auto parsed = fhir::Decimal::parse(**exponent);
      const bool whole =
          parsed && parsed->is_integer() && *parsed >= fhir::Decimal(-30) && *parsed <= fhir::Decimal(17);
      if (!whole) return fault(*slot.power, "expected a power of ten from -30 to 17");
      const auto ten = fhir::Decimal::scaled(1, static_cast<int>(parsed->rounded(0).coefficient()));
      if (!ten) return fault(*slot.power, "expected a power of ten from -30 to 17");
      const auto scaled = number.value.times(*ten);
      if (!scaled) return fault(slot.from, expected);
      number.value = *scaled;
    }
  }
  if (factor) {
    const auto scaled = number.value.times(*factor);
    if (!scaled) return fault(slot.from, expected);
    // A factor below 0 turns the side of a comparator round; nobody measures so, and it is not guessed.
    if (*factor < fhir::Decimal(0) && number.comparator != Comparator::none)
      return fault(slot.from, "a comparator and a negative factor");
    number.value = *scaled;
  }
  return std::optional(number);
}

fhir::Result<std::optional<minutes>> Looking::offset(const TimeRule& rule) {
  using Offset = std::optional<minutes>;
  if (rule.offset_form == TimeRule::Offset::of_source) return Offset();
  if (rule.offset_form == TimeRule::Offset::fixed) return Offset(rule.offset);
  const auto found = text(*rule.offset_slot);
  if (!found) return found.error();
  if (!*found) return Offset();
  std::string word = **found;
  if (rule.offset_form == TimeRule::Offset::text) {
    // iHealth writes 800 for +08:00.
    const bool bare = !word.empty() && word.size() <= 4 &&
                      std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (bare) word = "+" + std::string(word.size() % 2 == 1 ? "0" : "") + word;
    if (const auto parsed = parse_offset(word)) return Offset(*parsed);
    if (word.size() == 4 && word.front() == '-') {  // -800
      if (const auto parsed = parse_offset("-0" + word.substr(1))) return Offset(*parsed);
    }
    return fault(*rule.offset_slot, "expected an offset such as +01:00");
  }
  const auto parsed = fhir::Decimal::parse(word);
  const bool in_seconds = rule.offset_form == TimeRule::Offset::seconds;
  const std::int64_t widest = in_seconds ? 14 * 3600 : 14 * 60;
  if (!parsed || !parsed->is_integer() || *parsed > fhir::Decimal(widest) || *parsed < fhir::Decimal(-widest))
    return fault(*rule.offset_slot, in_seconds ? "expected an offset in seconds" : "expected an offset in minutes");
  const std::int64_t whole = parsed->rounded(0).coefficient();
  return Offset(in_seconds ? duration_cast<minutes>(seconds{whole}) : minutes{whole});
}

fhir::Result<VendorTime> Looking::wall_time(const TimeRule& rule, local_time<microseconds> wall,
                                            std::uint8_t fraction_digits) {
  const auto given = offset(rule);
  if (!given) return given.error();
  const Zone::Resolved resolved = *given ? OffsetZone(**given).resolve(wall) : context_.zone.resolve(wall);
  VendorTime time{fhir::DateTime::from(resolved.utc, resolved.offset), resolved.ambiguous};
  if (fraction_digits > 0) {
    time.time.precision = fhir::Precision::fraction;
    time.time.fraction_digits = fraction_digits;
  }
  return time;
}

fhir::Result<VendorTime> Looking::text_time(const TimeRule& rule) {
  constexpr std::size_t longest = 80;
  auto words = text(*rule.from);
  if (!words) return words.error();
  if (!*words) return fault(*rule.from, nothing_there);
  std::string whole = std::string(trimmed(**words));
  if (rule.time_of_day) {
    const auto clock = text(*rule.time_of_day);
    if (!clock) return clock.error();
    if (!*clock) return fault(*rule.time_of_day, nothing_there);
    whole.append(rule.pattern ? " " : "T").append(trimmed(**clock));
  }
  if (whole.size() > longest) return fault(*rule.from, "expected a time");
  if (rule.pattern) {
    const auto read = rule.pattern->read(whole);
    if (!read) return fault(*rule.from, "expected a time of the mapping's pattern");
    if (!read->offset) return wall_time(rule, read->wall, read->fraction_digits);
    VendorTime time{fhir::DateTime::from(fhir::Time{read->wall.time_since_epoch() - *read->offset}, *read->offset)};
    if (read->fraction_digits > 0) {
      time.time.precision = fhir::Precision::fraction;
      time.time.fraction_digits = read->fraction_digits;
    }
    return time;
  }
  // A time with an offset says everything itself; the rule's zone is for those without.
  const auto given = fhir::DateTime::parse(whole) ? fhir::Result<std::optional<minutes>>(std::nullopt) : offset(rule);
  if (!given) return given.error();
  const auto time = *given ? time_of(whole, OffsetZone(**given)) : time_of(whole, context_.zone);
  if (!time) return fault(*rule.from, time.error().detail);
  return time;
}

fhir::Result<VendorTime> Looking::epoch_time(const TimeRule& rule) {
  using Form = TimeRule::Form;
  const bool in_seconds = rule.form == Form::epoch_seconds || rule.form == Form::local_epoch_seconds;
  const bool local = rule.form == Form::local_epoch_seconds || rule.form == Form::local_epoch_millis;
  const auto expected = [&] {
    return fault(*rule.from, std::string("expected ") + (in_seconds ? "seconds" : "milliseconds") +
                                 " since 1970, later than the year 2000");
  };
  const auto words = text(*rule.from);
  if (!words) return words.error();
  if (!*words) return fault(*rule.from, nothing_there);
  const auto count = fhir::Decimal::parse(trimmed(**words));
  const auto micros = count ? count->times(fhir::Decimal(in_seconds ? 1'000'000 : 1'000)) : count;
  if (!micros) return expected();
  const auto utc = time_from_epoch(micros->rounded(0).coefficient(), microseconds{1});
  // Before, it is a clock that was never set or a count in another unit (vendors.md F).
  constexpr fhir::Time earliest{sys_days{year{2000} / January / 1}};
  if (!utc || *utc < earliest) return expected();
  const bool fraction = !in_seconds || utc->time_since_epoch() % seconds{1} != microseconds{0};
  if (local) return wall_time(rule, local_time<microseconds>{utc->time_since_epoch()}, fraction ? 3 : 0);
  const auto given = offset(rule);
  if (!given) return given.error();
  return VendorTime{fhir::DateTime::from(*utc, *given ? **given : context_.zone.offset_at(*utc),
                                         fraction ? fhir::Precision::fraction : fhir::Precision::second)};
}

fhir::Result<VendorTime> Looking::time(const TimeRule& rule) {
  using Form = TimeRule::Form;
  if (rule.form == Form::received) {
    VendorTime arrival{
        fhir::DateTime::from(context_.received, context_.zone.offset_at(context_.received), fhir::Precision::fraction)};
    arrival.uncertain = true;
    return arrival;
  }
  auto time = rule.form == Form::text || rule.form == Form::pattern ? text_time(rule) : epoch_time(rule);
  if (!time || !rule.plus_seconds) return time;
  const auto more = text(*rule.plus_seconds);
  if (!more) return more.error();
  if (!*more) return time;
  const auto seconds_more = fhir::Decimal::parse(**more);
  constexpr std::int64_t most = 366LL * 86'400;
  if (!seconds_more || *seconds_more > fhir::Decimal(most) || *seconds_more < fhir::Decimal(-most))
    return fault(*rule.plus_seconds, "expected seconds, at most a year of them");
  const auto micros = seconds_more->times(fhir::Decimal(1'000'000));
  if (!micros) return fault(*rule.plus_seconds, "expected seconds, at most a year of them");
  const fhir::Decimal whole = micros->rounded(0);
  const microseconds added{whole.coefficient()};
  time->time =
      fhir::DateTime::from(time->time.utc + added, time->time.offset.value_or(minutes{0}),
                           added % seconds{1} == microseconds{0} ? time->time.precision : fhir::Precision::fraction);
  return time;
}

// Whether something is there: also one of several, which is no single value.
fhir::Result<bool> Looking::exists(const Condition& condition) {
  const Slot& slot = condition.subject;
  std::vector<Value> found;
  if (const auto done = slot.at->matches(scopes_[slot.scope].item, workspace_, found); !done)
    return fault(slot, done.error().detail);
  const bool empty_counts = condition.test != Condition::Test::holds;
  const bool there = std::any_of(found.begin(), found.end(), [&](const Value& value) {
    return empty_counts ? !value.is_null() : !is_empty(value);
  });
  if (tracing()) trace(slot.step + item_text() + (there ? ": there" : ": " + std::string(nothing_there)));
  return there;
}

fhir::Result<bool> Looking::holds(const Condition& condition) {
  if (condition.test != Condition::Test::is && condition.test != Condition::Test::is_not) {
    const auto there = exists(condition);
    if (!there) return there;
    return *there != (condition.test == Condition::Test::absent);
  }
  const Looked looked = look(condition.subject);
  if (looked.fault != Looked::Fault::none) return fault(condition.subject, looked.why);
  const auto listed = [&] {
    if (!looked.value) return false;
    const expression::Type type = looked.value->type();
    if (type == expression::Type::array || type == expression::Type::object) return false;
    const std::string_view found = scalar(*looked.value);
    return std::any_of(condition.words.begin(), condition.words.end(), [&](const std::string& word) {
      return same_word(word, found, type == expression::Type::number);
    });
  };
  return listed() == (condition.test == Condition::Test::is);
}

fhir::Result<bool> Looking::hold(const Conditions& conditions) {
  for (const Condition& condition : conditions) {
    const auto one = holds(condition);
    if (!one || !*one) return one;
  }
  return true;
}

}  // namespace adapters::mapping
