// A LibreView glucose export, CSV (vendors.md C.8; columns in English and German as public readers of such files name
// them, C). The export names no account: the subject is the reader's or the phone's serial number.
#include "adapters/libreview.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "adapters/csv.hpp"
#include "adapters/members.hpp"
#include "fhir/utf8.hpp"

namespace adapters {
namespace {

constexpr auto undecodable = QuarantineReason::undecodable;

using Fields = std::vector<std::string>;

// --- the header ---

struct Column {
  std::string_view english, german;
};
constexpr Column device_column{"Device", "Ger\u00e4t"};
constexpr Column serial_column{"Serial Number", "Seriennummer"};
constexpr Column time_column{"Device Timestamp", "Ger\u00e4tezeitstempel"};
constexpr Column type_column{"Record Type", "Aufzeichnungstyp"};

// A column of readings has the unit at the end of its title.
struct ReadingColumn {
  Column title;
  fhir::Kind kind;
  Origin origin;
};
const std::array<ReadingColumn, 4>& reading_columns() {
  const fhir::KnownKinds& known = fhir::kinds();
  static const std::array<ReadingColumn, 4> columns = {
      {{{"Historic Glucose", "Glukosewert-Verlauf"}, known.interstitial_glucose, Origin::automatic},
       {{"Scan Glucose", "Glukose-Scan"}, known.interstitial_glucose, Origin::automatic},
       {{"Strip Glucose", "Glukose-Teststreifen"}, known.blood_glucose, Origin::unstated},
       {{"Ketone", "Keton"}, known.ketones, Origin::unstated}}};
  return columns;
}

struct Header {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  struct Reading {
    std::size_t at = none;
    std::string unit;
  };
  std::size_t columns = 0;
  std::size_t device = none, serial = none, time = none, type = none;
  std::array<Reading, 4> readings;

  bool complete() const {
    const bool any = std::any_of(readings.begin(), readings.end(), [](const Reading& each) { return each.at != none; });
    return serial != none && time != none && type != none && any;
  }
};

bool is(std::string_view title, const Column& column) {
  return title == column.english || title == column.german;
}

// "mmol/L" of "Historic Glucose mmol/L"; empty when it is not this column.
std::string_view unit_in(std::string_view title, const Column& column) {
  for (const std::string_view name : {column.english, column.german})
    if (title.starts_with(name) && title.size() > name.size() + 1 && title[name.size()] == ' ')
      return title.substr(name.size() + 1);
  return {};
}

Header header_of(const Fields& titles) {
  Header header;
  header.columns = titles.size();
  for (std::size_t i = 0; i < titles.size(); ++i) {
    if (is(titles[i], device_column)) header.device = i;
    if (is(titles[i], serial_column)) header.serial = i;
    if (is(titles[i], time_column)) header.time = i;
    if (is(titles[i], type_column)) header.type = i;
    for (std::size_t r = 0; r < header.readings.size(); ++r) {
      const std::string_view unit = unit_in(titles[i], reading_columns()[r].title);
      if (!unit.empty()) header.readings[r] = {i, std::string(unit)};
    }
  }
  return header;
}

bool blank(const Fields& fields) {
  return fields.size() == 1 && fields[0].empty();
}

// One or two lines about the export, and sometimes an empty one, stand before the header.
fhir::Result<Header> find_header(CsvReader& csv) {
  constexpr int most_lines = 4;
  Fields fields;
  for (int i = 0; i < most_lines; ++i) {
    const auto more = csv.next(fields);
    if (!more) return more.error();
    if (!*more) break;
    Header header = header_of(fields);
    if (header.complete()) return header;
  }
  return fhir::invalid(
      "the header: expected Serial Number, Device Timestamp, Record Type and a glucose or ketone column with its unit, "
      "in English or German, in the first four lines");
}

// --- timestamps ---

// "14-05-2024 08:30" or "05-14-2024 08:30 AM": the parts as written, before it is decided which is the day.
struct Stamp {
  int first = 0, second = 0, year = 0, hour = 0, minute = 0;
  bool twelve_hours = false, afternoon = false;
};

bool take_number(std::string_view& text, std::size_t least, std::size_t most, int& number) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string_view start = text.substr(0, most);
  const auto digits = static_cast<std::size_t>(std::find_if_not(start.begin(), start.end(), is_digit) - start.begin());
  if (digits < least) return false;
  std::from_chars(text.data(), text.data() + digits, number);
  text.remove_prefix(digits);
  return true;
}

bool take_char(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Stamp> stamp_of(std::string_view text) {
  Stamp stamp;
  const bool read =
      take_number(text, 2, 2, stamp.first) && take_char(text, '-') && take_number(text, 2, 2, stamp.second) &&
      take_char(text, '-') && take_number(text, 4, 4, stamp.year) && take_char(text, ' ') &&
      take_number(text, 1, 2, stamp.hour) && take_char(text, ':') && take_number(text, 2, 2, stamp.minute);
  if (!read) return std::nullopt;
  stamp.twelve_hours = text == " AM" || text == " PM";
  stamp.afternoon = text == " PM";
  if (!stamp.twelve_hours && !text.empty()) return std::nullopt;
  return stamp;
}

std::optional<std::chrono::local_time<std::chrono::microseconds>> wall_time(const Stamp& stamp) {
  using namespace std::chrono;
  const int day_of_month = stamp.twelve_hours ? stamp.second : stamp.first;
  const int month_of_year = stamp.twelve_hours ? stamp.first : stamp.second;
  const year_month_day date{year{stamp.year}, month{static_cast<unsigned>(month_of_year)},
                            day{static_cast<unsigned>(day_of_month)}};
  int hour = stamp.hour;
  if (stamp.twelve_hours) {
    if (hour < 1 || hour > 12) return std::nullopt;
    hour = hour % 12 + (stamp.afternoon ? 12 : 0);
  }
  if (!date.ok() || stamp.year < 1 || hour > 23 || stamp.minute > 59) return std::nullopt;
  return local_days{date} + hours{hour} + minutes{stamp.minute} + microseconds{0};
}

// The account's locale decides which number is the day, and the file does not name it. OURS: by the two forms known, a
// 12-hour clock has the month first and a 24-hour clock the day. A file with a date that contradicts this, or with both
// clocks, is in a third form: then no date of it can be trusted, also those that look right.
fhir::Result<bool> dates_can_be_trusted(CsvReader csv, const Header& header) {
  Fields fields;
  bool twelve = false, twenty_four = false;
  for (;;) {
    const auto more = csv.next(fields);
    if (!more) return more.error();
    if (!*more) return true;
    if (fields.size() <= header.time) continue;
    const std::optional<Stamp> stamp = stamp_of(fields[header.time]);
    if (!stamp) continue;
    (stamp->twelve_hours ? twelve : twenty_four) = true;
    const int month_of_year = stamp->twelve_hours ? stamp->first : stamp->second;
    if (month_of_year > 12 || (twelve && twenty_four)) return false;
  }
}

// --- rows ---

// LO and HI of the reader: beyond what it shows. C: FreeStyle Libre readers give 2.2 to 27.8 mmol/L (40 to 500 mg/dL) for the
// sensor, 1.1 to 27.8 (20 to 500) for a glucose strip and up to 8.0 mmol/L for a ketone strip, in their manuals.
struct Bound {
  fhir::Decimal value;
  Comparator comparator;
};

std::optional<Bound> beyond_range(std::string_view word, const ReadingColumn& column, std::string_view unit) {
  const bool low = word == "LO" || word == "Lo" || word == "LOW";
  const bool high = word == "HI" || word == "Hi" || word == "HIGH";
  if (!low && !high) return std::nullopt;
  const fhir::KnownKinds& known = fhir::kinds();
  if (column.kind == known.ketones)
    return high && unit == "mmol/L" ? std::optional(Bound{fhir::Decimal(80, 1), Comparator::greater}) : std::nullopt;
  const bool mass = unit == "mg/dL";
  if (!mass && unit != "mmol/L") return std::nullopt;
  if (high) return Bound{mass ? fhir::Decimal(500) : fhir::Decimal(278, 1), Comparator::greater};
  const bool sensor = column.kind == known.interstitial_glucose;
  const fhir::Decimal lowest = mass ? fhir::Decimal(sensor ? 40 : 20) : fhir::Decimal(sensor ? 22 : 11, 1);
  return Bound{lowest, Comparator::less};
}

class RowReader {
 public:
  RowReader(const Header& header, bool dates_trusted, const Zone& zone, std::vector<Item>& items)
      : header_(header), dates_trusted_(dates_trusted), zone_(zone), items_(items) {}

  // Whatever the record type says, a value in a column of readings is a reading; the type tells what is missing.
  void read(const Fields& fields, std::size_t line) {
    where_ = "line " + std::to_string(line);
    if (fields.size() != header_.columns) {
      items_.push_back(held_item(undecodable, where_ + ": expected as many fields as the header has"));
      return;
    }
    const std::size_t before = items_.size();
    for (std::size_t r = 0; r < header_.readings.size(); ++r) {
      const Header::Reading& column = header_.readings[r];
      if (column.at != Header::none && !fields[column.at].empty()) read_value(fields, r);
    }
    if (items_.size() == before) without_value(fields);
  }

 private:
  void read_value(const Fields& fields, std::size_t r) {
    const ReadingColumn& column = reading_columns()[r];
    Draft draft = start(fields);
    draft.reading.kind = column.kind;
    draft.reading.origin = column.origin;
    draft.reading.unit = header_.readings[r].unit;
    const std::string& field = fields[header_.readings[r].at];
    const auto number = fhir::Decimal::parse(with_point(field));
    if (number) {
      draft.set_value(number);
    } else if (const auto bound = beyond_range(field, column, draft.reading.unit)) {
      draft.set_value(bound->value);
      draft.reading.comparator = bound->comparator;
    } else {
      draft.hold(undecodable, where_ + ", " + std::string(column.title.english) + ": expected a number");
    }
    items_.push_back(std::move(draft).item());
  }

  // Types 0, 1 and 2 are a historic value, a scan and a strip, in the order of their columns; 6 is a note, and what
  // else there is (insulin, food) has no column that is read.
  void without_value(const Fields& fields) {
    const std::string& type = fields[header_.type];
    if (type != "0" && type != "1" && type != "2") {
      items_.push_back(ignored_item(IgnoreReason::not_a_reading, where_ + ": no glucose and no ketone value"));
      return;
    }
    const ReadingColumn& column = reading_columns()[static_cast<std::size_t>(type[0] - '0')];
    Draft draft = start(fields);
    draft.reading.kind = column.kind;
    draft.hold(undecodable, where_ + ", " + std::string(column.title.english) + ": missing");
    items_.push_back(std::move(draft).item());
  }

  Draft start(const Fields& fields) const {
    Draft draft;
    const std::string& serial = fields[header_.serial];
    if (serial.size() <= longest_id && printable(serial) == serial) {
      draft.reading.device.id = serial;
      draft.reading.subject.id = serial;
    } else {
      draft.hold(undecodable, where_ + ", Serial Number: expected at most 256 bytes without control characters");
    }
    if (header_.device != Header::none) draft.reading.device.model = printable(fields[header_.device]);
    read_time(draft, fields[header_.time]);
    return draft;
  }

  void read_time(Draft& draft, std::string_view text) const {
    if (!dates_trusted_)
      return draft.hold(undecodable, where_ + ", Device Timestamp: the dates of this file are in neither known order");
    const std::optional<Stamp> stamp = stamp_of(text);
    const auto wall = stamp ? wall_time(*stamp) : std::nullopt;
    if (!wall)
      return draft.hold(undecodable,
                        where_ + ", Device Timestamp: expected a time such as 14-05-2024 08:30 or 05-14-2024 08:30 AM");
    const Zone::Resolved resolved = zone_.resolve(*wall);
    draft.set_wall_time(fhir::DateTime::from(resolved.utc, resolved.offset), resolved.ambiguous);
  }

  // No glucose or ketone value reaches a thousand, so one comma can only be a decimal comma.
  static std::string with_point(std::string number) {
    if (std::count(number.begin(), number.end(), ',') == 1) std::replace(number.begin(), number.end(), ',', '.');
    return number;
  }

  const Header& header_;
  bool dates_trusted_;
  const Zone& zone_;
  std::vector<Item>& items_;
  std::string where_;
};

}  // namespace

fhir::Result<Decoded> decode_libreview(std::string_view payload, const Context& context) {
  if (!fhir::is_utf8(payload)) return fhir::invalid("the document: expected UTF-8");
  CsvReader csv(payload);
  const auto header = find_header(csv);
  if (!header) return header.error();
  const auto trusted = dates_can_be_trusted(csv, *header);
  if (!trusted) return trusted.error();
  Decoded decoded;
  RowReader reader(*header, *trusted, context.zone, decoded.items);
  Fields fields;
  for (;;) {
    const auto more = csv.next(fields);
    if (!more) return more.error();
    if (!*more) return decoded;
    if (blank(fields)) continue;
    reader.read(fields, csv.line());
    if (decoded.items.size() > most_items) return too_many_items();
  }
}

}  // namespace adapters
