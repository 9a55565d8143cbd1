// iHealth OpenAPI v2 lists that somebody pulled (openmhealth/shimmer: ihealth mappers and fixtures; vendors.md C.10).
// The document does not say whose it is: the puller adds `userid`.
#include "adapters/ihealth.hpp"

#include <array>
#include <charconv>

#include "adapters/device_status.hpp"
#include "adapters/members.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;
using namespace std::chrono_literals;

constexpr auto undecodable = QuarantineReason::undecodable;

// "-0800" as text, 800 or -800 as a number: hours and minutes.
std::optional<std::chrono::minutes> stated_offset(JsonValue time_zone) {
  std::string_view digits = time_zone.scalar();
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < -1400 || number > 1400)
    return std::nullopt;
  if (number % 100 >= 60 || number % 100 <= -60) return std::nullopt;
  return std::chrono::hours(number / 100) + std::chrono::minutes(number % 100);
}

// 0 and -1 stand for "not measured".
bool measured(JsonValue value) {
  if (value.is_null()) return false;
  const auto number = value.as_decimal_or_text();
  return !number || (*number != fhir::Decimal(0) && *number != fhir::Decimal(-1));
}

// As a cuff of IEEE 11073 would say it, and in words.
void add_irregular_pulse(Draft& draft) {
  add_note(draft.reading.note, "arrhythmia detected by the device");
  add_interpretation(draft.reading, *status_bit("8410608.2"));
}

class ListReader {
 public:
  ListReader(JsonValue root, const std::string& user, const Context& context, std::vector<Item>& items)
      : root_(root), user_(user), context_(context), items_(items) {}

  struct List {
    std::string_view key;
    void (ListReader::*read)(JsonValue);
  };
  static const std::array<List, 4> lists;

  void read(const List& list) {
    for (const JsonValue entry : root_[list.key]) {
      if (!entry.is_object()) {
        items_.push_back(held_item(undecodable, entry.path() + ": expected an object"));
      } else {
        (this->*list.read)(entry);
      }
    }
  }

 private:
  Draft start(JsonValue entry, fhir::Kind kind) const {
    Draft draft;
    Measurement& reading = draft.reading;
    reading.kind = kind;
    reading.subject.id = user_;
    reading.record_id = id_or_hold(draft, entry, "DataID");
    reading.correlation = reading.record_id;
    reading.version = id_or_hold(draft, entry, "LastChangeTime");
    reading.note = text_or_hold(draft, entry, "Note");
    if (const auto source = entry["DataSource"].text())
      reading.origin = *source == "FromDevice" ? Origin::automatic
                       : *source == "Manual"   ? Origin::manual
                                               : Origin::unstated;
    read_time(draft, entry);
    return draft;
  }

  // QUIRK: MDate is the wall clock's reading counted as if it were UTC. Without a TimeZone it is wall time of the
  // source's zone; with one that cannot be read the instant is unknown by hours, so the item is held.
  void read_time(Draft& draft, JsonValue entry) const {
    const auto count = entry["MDate"].as_integer();
    const auto wall = count ? time_from_epoch(*count, 1s) : fhir::Result<fhir::Time>(count.error());
    constexpr fhir::Time earliest{std::chrono::sys_days{std::chrono::year{2000} / std::chrono::January / 1}};
    if (!wall || *wall < earliest)
      return draft.hold(undecodable, member_path(entry, "MDate") + ": expected local time as seconds since 1970");
    const JsonValue time_zone = entry["TimeZone"];
    if (time_zone.is_null()) {
      const Zone::Resolved resolved =
          context_.zone.resolve(std::chrono::local_time<std::chrono::microseconds>(wall->time_since_epoch()));
      draft.set_wall_time(fhir::DateTime::from(resolved.utc, resolved.offset), resolved.ambiguous);
      return;
    }
    const auto offset = stated_offset(time_zone);
    if (!offset) return draft.hold(undecodable, member_path(entry, "TimeZone") + ": expected an offset such as -0800");
    draft.set_time(fhir::DateTime::from(*wall - *offset, *offset));
  }

  // Units stand beside the list, as numbers.
  template <std::size_t N>
  std::string_view unit(Draft& draft, std::string_view key, const std::array<std::string_view, N>& units) const {
    const auto number = root_[key].as_integer();
    if (number && *number >= 0 && *number < static_cast<std::int64_t>(N))
      return units[static_cast<std::size_t>(*number)];
    draft.hold(QuarantineReason::unknown_unit, std::string(key) + ": expected a number below " + std::to_string(N));
    return {};
  }

  void blood_pressure(JsonValue entry) {
    Draft draft = start(entry, fhir::kinds().blood_pressure);
    const std::string_view pressure_unit = unit(draft, "BPUnit", std::array<std::string_view, 2>{"mmHg", "kPa"});
    add_component(draft, fhir::kinds().systolic, entry, "HP", pressure_unit);
    add_component(draft, fhir::kinds().diastolic, entry, "LP", pressure_unit);
    if (const auto arrhythmia = entry["IsArr"].as_integer(); arrhythmia && *arrhythmia == 1)
      add_irregular_pulse(draft);
    add(std::move(draft));
    pulse(entry);
  }

  void blood_glucose(JsonValue entry) {
    Draft draft = start(entry, fhir::kinds().blood_glucose);
    read_value(draft, entry, "BG");
    draft.reading.unit = unit(draft, "BGUnit", std::array<std::string_view, 2>{"mg/dL", "mmol/L"});
    for (const std::string_view key : {"DinnerSituation", "DrugSituation"})
      if (const auto situation = entry[key].text()) add_note(draft.reading.note, printable(*situation));
    // INFERRED: the words begin so ("Before_breakfast", "After_dinner", "Bedtime"); others state nothing.
    const std::string_view dinner = entry["DinnerSituation"].text().value_or("");
    if (dinner.starts_with("Before")) draft.reading.meal = "before";
    if (dinner.starts_with("After")) draft.reading.meal = "after";
    if (dinner.starts_with("Bedtime")) draft.reading.meal = "bedtime";
    add(std::move(draft));
  }

  void oxygen_saturation(JsonValue entry) {
    if (measured(entry["BO"]) || entry["BO"].is_null()) {
      Draft draft = start(entry, fhir::kinds().oxygen_saturation);
      read_value(draft, entry, "BO");
      draft.reading.unit = "%";
      add(std::move(draft));
    } else {
      items_.push_back(ignored_item(IgnoreReason::not_a_reading, member_path(entry, "BO") + ": not measured"));
    }
    pulse(entry);
  }

  void weight(JsonValue entry) {
    Draft draft = start(entry, fhir::kinds().body_weight);
    read_value(draft, entry, "WeightValue");
    draft.reading.unit = unit(draft, "WeightUnit", std::array<std::string_view, 3>{"kg", "lb", "[stone_av]"});
    add(std::move(draft));
    if (measured(entry["BMI"])) value_item(entry, fhir::kinds().bmi, "BMI", "kg/m2");
    // The share or the mass of fat: nothing read says which.
    if (measured(entry["FatValue"]))
      items_.push_back(ignored_item(IgnoreReason::not_a_reading, member_path(entry, "FatValue") + ": unit not stated"));
  }

  // Of a cuff or an oximeter, so no ECG heart rate (codes.md 1.2).
  void pulse(JsonValue entry) {
    if (measured(entry["HR"])) value_item(entry, fhir::kinds().pulse_rate, "HR", "/min");
  }

  void value_item(JsonValue entry, fhir::Kind kind, std::string_view key, std::string_view value_unit) {
    Draft draft = start(entry, kind);
    read_value(draft, entry, key);
    draft.reading.unit = value_unit;
    add(std::move(draft));
  }

  void add(Draft draft) { items_.push_back(std::move(draft).item()); }

  JsonValue root_;
  const std::string& user_;
  const Context& context_;
  std::vector<Item>& items_;
};

const std::array<ListReader::List, 4> ListReader::lists = {{
    {"BPDataList", &ListReader::blood_pressure},
    {"BGDataList", &ListReader::blood_glucose},
    {"BODataList", &ListReader::oxygen_saturation},
    {"WeightDataList", &ListReader::weight},
}};

}  // namespace

fhir::Result<Decoded> decode_ihealth(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  const auto user = read_id(root, "userid");
  if (!user) return user.error();
  Decoded decoded;
  std::size_t found = 0;
  for (const ListReader::List& list : ListReader::lists) {
    const JsonValue entries = root[list.key];
    if (entries.is_null()) continue;
    if (!entries.is_array()) return fhir::invalid(std::string(list.key) + ": expected an array");
    constexpr std::size_t most_per_entry = 3;
    if (decoded.items.size() + entries.size() * most_per_entry > most_items) return too_many_items();
    ++found;
    ListReader(root, *user, context, decoded.items).read(list);
  }
  if (found == 0) return fhir::invalid("the document: expected BPDataList, BGDataList, BODataList or WeightDataList");
  return decoded;
}

}  // namespace adapters
