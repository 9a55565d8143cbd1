// SenML packs in JSON (RFC 8428). A record is resolved against the base fields before it (4.6): name = bn + n,
// time = bt + t, value = bv + v, unit = u or bu. The last segment of the name says what was measured, what stands
// before it who or what measured (7: names are globally unique by a device identifier in front).
#include "adapters/senml.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "adapters/draft.hpp"
#include "adapters/strip_grade.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;
using namespace std::chrono_literals;

constexpr auto undecodable = QuarantineReason::undecodable;

struct SeenWord {
  std::string_view name;
  std::string_view kind;
};

// Words seen as last segments; matched without regard to case and to '_' and '-'. ours: SenML names no kinds. A plain
// "temp" or "temperature" is none of the body: rooms are measured far more often, and as a body it could look like
// hypothermia.
constexpr auto seen_words = std::to_array<SeenWord>({
    {"spo2", "oxygen-saturation"},
    {"sao2", "oxygen-saturation"},
    {"oxygensaturation", "oxygen-saturation"},
    {"hr", "heart-rate"},
    {"heartrate", "heart-rate"},
    {"pulse", "pulse-rate"},
    {"pulserate", "pulse-rate"},
    {"pr", "pulse-rate"},
    {"bodytemp", "body-temperature"},
    {"weight", "body-weight"},
    {"mass", "body-weight"},
    {"height", "body-height"},
    {"rr", "respiratory-rate"},
    {"resprate", "respiratory-rate"},
    {"glucose", "blood-glucose"},
    {"cgm", "interstitial-glucose"},
    {"bodyfat", "body-fat"},
    {"stepcount", "steps"},
    {"sys", "systolic"},
    {"sbp", "systolic"},
    {"dia", "diastolic"},
    {"dbp", "diastolic"},
    {"map", "mean-arterial-pressure"},
});

std::string folded(std::string_view word) {
  std::string out;
  for (const char c : word)
    if (c != '_' && c != '-') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// The source's own aliases, which may say that its "temp" is the body's; then our kind names, LOINC codes, MDC codes and
// the words above.
fhir::Kind kind_of_segment(std::string_view segment, const std::vector<Alias>& of_source) {
  if (!of_source.empty()) {
    const std::string asked = folded(segment);
    for (const Alias& alias : of_source)
      if (folded(alias.word) == asked) return alias.kind;
  }
  if (const fhir::Kind named = fhir::kind_named(segment); named != fhir::Kind::unknown) return named;
  for (const std::string_view system : {fhir::loinc, fhir::mdc})
    if (const fhir::Kind coded = fhir::kind_coded(system, segment); coded != fhir::Kind::unknown) return coded;
  const std::string word = folded(segment);
  for (const fhir::KindInfo& info : fhir::all_kinds())
    if (info.kind != fhir::Kind::unknown && folded(info.name) == word) return info.kind;
  for (const SeenWord& seen : seen_words)
    if (seen.name == word) return fhir::kind_named(seen.kind);
  return fhir::Kind::unknown;
}

bool is_pressure(fhir::Kind kind) {
  const fhir::KnownKinds& known = fhir::kinds();
  return kind == known.systolic || kind == known.diastolic || kind == known.mean_arterial_pressure;
}

// RFC 8428 12.1 writes a ratio "/"; everything else is UCUM or an alias of it, or pascal (see read_number).
std::string as_read(std::string unit) {
  return unit == "/" ? "1" : unit;
}

constexpr std::array<std::string_view, 6> base_labels = {"bn", "bt", "bu", "bv", "bs", "bver"};
constexpr std::array<std::string_view, 8> own_labels = {"v", "vs", "vb", "vd", "s", "n", "u", "t"};

struct Base {
  std::string name;
  fhir::Decimal time{0};
  std::string unit;
  fhir::Decimal value{0};
  std::optional<std::string> fault;  // a base that cannot be read makes every record after it doubtful
};

class PackReader {
 public:
  PackReader(const Context& context, std::vector<Item>& items) : context_(context), items_(items) {}

  void read(JsonValue record) {
    if (!record.is_object()) {
      Draft draft;
      draft.hold(undecodable, record.path() + ": expected a record");
      return add(std::move(draft));
    }
    take_base(record);
    // A record that only sets base fields measures nothing (4.1).
    if (only_base(record))
      return items_.push_back(Ignored{IgnoreReason::not_a_reading, record.path() + ": base fields only"});
    read_record(record);
  }

  // Blood pressures stand where their first part stood.
  void finish() {
    for (Pressure& pressure : pressures_) {
      for (const fhir::Kind required : {fhir::kinds().systolic, fhir::kinds().diastolic})
        if (!has_part(pressure.draft, required))
          pressure.draft.hold(undecodable, "a blood pressure without " + std::string(fhir::info(required).name) +
                                               " of the same name and time");
      items_[pressure.place] = std::move(pressure.draft).item();
    }
  }

 private:
  void take_base(JsonValue record) {
    const auto fault = [&](std::string_view key, const char* what) {
      base_.fault = member_path(record, key) + ": expected " + what;
    };
    for (const auto& [key, text] : {std::pair{"bn", &base_.name}, std::pair{"bu", &base_.unit}}) {
      if (record[key].is_null()) continue;
      const auto given = read_id(record, key);
      if (given && record[key].is_string()) {
        *text = *given;
      } else {
        fault(key, "text");
      }
    }
    for (const auto& [key, number] : {std::pair{"bt", &base_.time}, std::pair{"bv", &base_.value}}) {
      if (record[key].is_null()) continue;
      if (const auto given = record[key].as_decimal()) {
        *number = *given;
      } else {
        fault(key, "a number");
      }
    }
  }

  static bool only_base(JsonValue record) {
    bool base = false;
    for (const std::string_view key : own_labels)
      if (!record[key].is_null()) return false;
    for (const std::string_view key : base_labels) base = base || !record[key].is_null();
    return base;
  }

  void read_record(JsonValue record) {
    Draft draft;
    if (base_.fault) draft.hold(undecodable, *base_.fault);
    const std::string name = resolved_name(record, draft);
    const std::size_t cut = name.find_last_of("/:.");
    const std::string_view segment = std::string_view(name).substr(cut == std::string::npos ? 0 : cut + 1);
    draft.reading.device.id = cut == std::string::npos ? std::string() : name.substr(0, cut);
    draft.reading.subject.id = draft.reading.device.id;
    draft.reading.kind = kind_of_segment(segment, context_.settings.aliases);
    read_time_of(record, draft);
    if (draft.reading.kind == fhir::Kind::unknown && !draft.held())
      draft.hold(QuarantineReason::unknown_kind, member_path(record, "n") + ": unknown kind " + quoted_word(segment));
    if (!name.empty() && draft.timed && !draft.reading.time_uncertain)  // (name, time) is what makes a record one
      draft.reading.record_id = name + "@" + fhir::utc_millis_text(draft.reading.time.utc);
    if (is_sum(record))
      return items_.push_back(Ignored{IgnoreReason::not_a_reading, record.path() + ": a sum over time"});
    if (is_pressure(draft.reading.kind)) return read_part(record, std::move(draft));
    if (!draft.held() && has_no_form(draft.reading.kind))
      return items_.push_back(Ignored{IgnoreReason::not_a_reading, record.path() + ": no form for this kind"});
    read_value(record, draft);
    add(std::move(draft));
  }

  static bool is_sum(JsonValue record) {
    return !record["s"].is_null() && record["v"].is_null() && record["vs"].is_null();
  }

  static bool has_no_form(fhir::Kind kind) {
    const fhir::ValueType type = fhir::info(kind).value;
    return type == fhir::ValueType::waveform || type == fhir::ValueType::questionnaire ||
           type == fhir::ValueType::components;
  }

  std::string resolved_name(JsonValue record, Draft& draft) const {
    const auto own = read_id(record, "n");
    if (!own || record["n"].is_number()) {
      draft.hold(undecodable, member_path(record, "n") + ": expected a name");
      return {};
    }
    std::string name = base_.name + *own;
    if (name.empty()) draft.hold(undecodable, member_path(record, "n") + ": no name and no base name");
    if (name.size() <= longest_id) return name;
    draft.hold(undecodable, member_path(record, "n") + ": expected at most 256 bytes with the base name");
    return {};
  }

  // 4.5.3: seconds; below 2^28 relative to now, which is when the pack arrived. How long it was on its way nobody says,
  // so such a time is marked uncertain; and sent again it is another time, so no record id is made of it.
  void read_time_of(JsonValue record, Draft& draft) {
    fhir::Decimal seconds = base_.time;
    if (!record["t"].is_null()) {
      const auto own = record["t"].as_decimal();
      const auto sum = own ? base_.time.plus(*own) : own;
      if (!sum) return draft.hold(undecodable, member_path(record, "t") + ": expected seconds");
      seconds = *sum;
    }
    const bool relative = seconds < fhir::Decimal(std::int64_t{1} << 28);
    const auto micros = seconds.times(fhir::Decimal(1'000'000));
    const std::int64_t start = relative ? context_.received.time_since_epoch().count() : 0;
    const auto time = micros ? time_from_epoch(start + micros->rounded(0).coefficient(), 1us)
                             : fhir::Result<fhir::Time>(micros.error());
    if (!time) return draft.hold(undecodable, member_path(record, "t") + ": expected a time of years 1 to 9999");
    const bool whole = seconds.is_integer() && !relative;
    draft.set_time(fhir::DateTime::from(*time, context_.zone.offset_at(*time),
                                        whole ? fhir::Precision::second : fhir::Precision::fraction));
    draft.reading.time_uncertain = relative;
    if (relative) draft.reading.note = "the time is relative to when the pack arrived";
  }

  void read_value(JsonValue record, Draft& draft) const {
    const fhir::ValueType type = fhir::info(draft.reading.kind).value;
    const bool word = type == fhir::ValueType::ordinal || type == fhir::ValueType::text;
    if (draft.reading.kind == fhir::Kind::unknown && record["v"].is_null()) return;  // held for its name already
    if (!word || draft.reading.kind == fhir::Kind::unknown) return read_number(record, draft);
    const auto text = record["vs"].text();
    draft.reading.text = text ? printable(*text) : std::string();
    if (draft.reading.text.empty()) return draft.hold(undecodable, member_path(record, "vs") + ": expected a word");
    if (type != fhir::ValueType::ordinal) return;
    const auto grade = strip_grade(draft.reading.text);
    if (!grade) return draft.hold(undecodable, member_path(record, "vs") + ": expected neg, trace or +1 to +4");
    draft.reading.value = *grade;
    draft.valued = true;
  }

  void read_number(JsonValue record, Draft& draft) const {
    if (record["v"].is_null()) return draft.hold(undecodable, member_path(record, "v") + ": missing");
    const auto own = record["v"].as_decimal();
    draft.set_value(own ? own->plus(base_.value) : own);
    const auto unit = read_text(record, "u");
    if (!unit) return draft.hold(undecodable, unit.error().detail);
    draft.reading.unit = as_read(unit->empty() ? base_.unit : *unit);
    if (draft.reading.unit == "Pa" && draft.valued) {
      const auto kilo = fhir::Decimal::scaled(draft.reading.value.coefficient(), -3 - draft.reading.value.scale());
      draft.set_value(kilo);
      draft.reading.unit = "kPa";
    }
    const std::string_view canonical = fhir::info(draft.reading.kind).unit;
    if (!draft.reading.unit.empty() || canonical.empty()) return;
    if (canonical.starts_with('{')) {
      draft.reading.unit = canonical;
    } else {
      draft.hold(QuarantineReason::unknown_unit, member_path(record, "u") + ": missing, and no base unit");
    }
  }

  // Records of one pressure have one name before the last segment and one time, wherever they stand in the pack.
  struct Pressure {
    std::size_t place;
    Draft draft;
  };

  static bool has_part(const Draft& draft, fhir::Kind kind) {
    const auto& parts = draft.reading.components;
    return std::any_of(parts.begin(), parts.end(), [&](const Component& each) { return each.kind == kind; });
  }

  void read_part(JsonValue record, Draft part) {
    const fhir::Kind kind = part.reading.kind;
    read_number(record, part);
    Pressure& whole = pressure_of(part, kind);
    if (part.valued) {
      auto& parts = whole.draft.reading.components;
      parts.push_back({kind, part.reading.value, part.reading.unit, Comparator::none});
      std::sort(parts.begin(), parts.end(), [](const Component& a, const Component& b) { return a.kind < b.kind; });
    }
    if (!part.held()) return;
    const auto held = std::get<Held>(std::move(part).item());
    whole.draft.hold(held.reason, held.note);
  }

  Pressure& pressure_of(const Draft& part, fhir::Kind kind) {
    const std::string instant = part.timed ? fhir::utc_millis_text(part.reading.time.utc) : std::string();
    const std::string name = part.reading.device.id + "@" + instant;
    const auto known = pressure_named_.find(name);
    if (known != pressure_named_.end() && !has_part(pressures_[known->second].draft, kind))
      return pressures_[known->second];
    Draft whole = part;
    whole.reading.kind = fhir::kinds().blood_pressure;
    whole.reading.value = {};
    whole.reading.unit.clear();
    whole.valued = false;
    if (!whole.reading.record_id.empty()) whole.reading.record_id = name;
    pressure_named_[name] = pressures_.size();
    pressures_.push_back({items_.size(), std::move(whole)});
    items_.push_back(Ignored{IgnoreReason::not_a_reading, {}});  // replaced by finish
    return pressures_.back();
  }

  void add(Draft draft) { items_.push_back(std::move(draft).item()); }

  const Context& context_;
  std::vector<Item>& items_;
  Base base_;
  std::vector<Pressure> pressures_;
  std::unordered_map<std::string, std::size_t> pressure_named_;
};

// What forbids reading the pack at all: a version that is not 10 (4.4), or a label that must be understood and is not.
std::optional<fhir::Error> refusal(JsonValue record) {
  if (const JsonValue version = record["bver"]; !version.is_null()) {
    const auto number = version.as_decimal();
    if (!number || *number != fhir::Decimal(10))
      return fhir::invalid(member_path(record, "bver") + ": expected version 10");
  }
  for (const JsonValue member : record)
    if (record.is_object() && member.key().ends_with('_'))
      return fhir::invalid(record.path() + ": a label that must be understood and is not");
  return std::nullopt;
}

}  // namespace

fhir::Result<Decoded> decode_senml(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue pack = context.scratch.root();
  if (!pack.is_array()) return fhir::invalid("the document: expected a SenML pack, an array of records");
  if (pack.size() > most_items) return too_many_items();
  for (const JsonValue record : pack)
    if (const auto refused = refusal(record)) return *refused;
  Decoded decoded;
  PackReader reader(context, decoded.items);
  for (const JsonValue record : pack) reader.read(record);
  reader.finish();
  return decoded;
}

}  // namespace adapters
