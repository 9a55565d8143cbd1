// A file of years is read as it comes: of what was read, only the halves of blood pressures are kept, because the file
// tells each pressure twice, as two Records and again as a Correlation, in any order.
#include "adapters/apple_health.hpp"

#include <expat.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <unordered_set>

#include "adapters/draft.hpp"
#include "adapters/fhir_payload.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

constexpr auto undecodable = QuarantineReason::undecodable;
constexpr std::size_t piece_bytes = 64 * 1024;
constexpr std::size_t longest_token = 1024 * 1024;  // a tag with its attributes
constexpr int deepest = 32;                         // HealthData, Correlation, Record, MetadataEntry are four
constexpr std::size_t most_halves = 250'000;        // of pressures: a century of three a day
constexpr std::string_view quantity_prefix = "HKQuantityTypeIdentifier";

struct Type {
  std::string_view name;  // after the prefix
  std::string_view kind;
  bool fraction = false;  // 0.97 with unit "%"
};
constexpr auto types = std::to_array<Type>({
    {"OxygenSaturation", "oxygen-saturation", true},
    {"HeartRate", "heart-rate"},
    {"BloodPressureSystolic", "systolic"},
    {"BloodPressureDiastolic", "diastolic"},
    {"BodyTemperature", "body-temperature"},
    {"BodyMass", "body-weight"},
    {"Height", "body-height"},
    {"BodyMassIndex", "bmi"},
    {"BodyFatPercentage", "body-fat", true},
    {"RespiratoryRate", "respiratory-rate"},
    {"BloodGlucose", "blood-glucose"},
    {"ForcedExpiratoryVolume1", "fev1"},
    {"ForcedVitalCapacity", "fvc"},
    {"PeakExpiratoryFlowRate", "pef"},
    {"PeripheralPerfusionIndex", "perfusion-index", true},
    {"StepCount", "steps"},
});

// Known and nothing is done with: averages of the app's own, movement, food, sound, and what is no vital sign.
constexpr auto others = std::to_array<std::string_view>({
    "RestingHeartRate", "WalkingHeartRateAverage", "HeartRateVariabilitySDNN", "HeartRateRecoveryOneMinute", "VO2Max",
    "ActiveEnergyBurned", "BasalEnergyBurned", "AppleExerciseTime", "AppleStandTime", "AppleMoveTime", "FlightsClimbed",
    "DistanceWalkingRunning", "DistanceCycling", "DistanceSwimming", "DistanceWheelchair", "DistanceDownhillSnowSports",
    "PushCount", "SwimmingStrokeCount", "WalkingSpeed", "WalkingStepLength", "WalkingAsymmetryPercentage",
    "WalkingDoubleSupportPercentage", "AppleWalkingSteadiness", "SixMinuteWalkTestDistance", "StairAscentSpeed",
    "StairDescentSpeed", "RunningSpeed", "RunningPower", "RunningStrideLength", "RunningVerticalOscillation",
    "RunningGroundContactTime", "CyclingSpeed", "CyclingPower", "CyclingCadence", "PhysicalEffort", "TimeInDaylight",
    "EnvironmentalAudioExposure", "HeadphoneAudioExposure", "EnvironmentalSoundReduction", "UVExposure",
    "LeanBodyMass", "WaistCircumference", "BasalBodyTemperature", "AppleSleepingWristTemperature", "WaterTemperature",
    "UnderwaterDepth", "ElectrodermalActivity", "InsulinDelivery", "NumberOfTimesFallen", "InhalerUsage",
    "BloodAlcoholContent", "NumberOfAlcoholicBeverages", "AtrialFibrillationBurden", "AppleSleepingBreathingDisturbances",
});

struct Attributes {
  std::string_view type, source, device, unit, value, start, end;
};

// Only what is written in the tag: a default of the DTD is nothing somebody measured.
Attributes attributes_of(XML_Parser parser, const char** given) {
  struct Name {
    std::string_view name;
    std::string_view Attributes::*member;
  };
  static constexpr std::array<Name, 7> names = {{{"type", &Attributes::type},
                                                 {"sourceName", &Attributes::source},
                                                 {"device", &Attributes::device},
                                                 {"unit", &Attributes::unit},
                                                 {"value", &Attributes::value},
                                                 {"startDate", &Attributes::start},
                                                 {"endDate", &Attributes::end}}};
  Attributes found;
  const int count = XML_GetSpecifiedAttributeCount(parser);
  for (int i = 0; i + 1 < count; i += 2)
    for (const Name& each : names)
      if (each.name == given[i]) found.*each.member = given[i + 1];
  return found;
}

std::string_view attribute(XML_Parser parser, const char** given, std::string_view name) {
  const int count = XML_GetSpecifiedAttributeCount(parser);
  for (int i = 0; i + 1 < count; i += 2)
    if (name == given[i]) return given[i + 1];
  return {};
}

// "2026-07-01 03:00:00 +0300"; the error is without path.
fhir::Result<VendorTime> export_time(std::string_view text, const Zone& zone) {
  if (text.size() != 25 || text[10] != ' ' || text[19] != ' ' || (text[20] != '+' && text[20] != '-'))
    return fhir::invalid("expected a time such as 2026-11-20 08:00:00 +0100");
  std::string written(text.substr(0, 10));
  written.append("T").append(text.substr(11, 8)).append(text.substr(20));
  auto time = time_of(written, zone);
  if (!time) return fhir::invalid("expected a time such as 2026-11-20 08:00:00 +0100");
  return time;
}

// "<<HKDevice: 0x2812>, name:Apple Watch, manufacturer:Apple Inc., hardware:Watch6,1, software:9.0>": the address in
// memory is another one in each export, so only what names the model is taken.
std::string model_of(std::string_view device) {
  std::string model;
  for (const std::string_view key : {", name:", ", hardware:"}) {
    const std::size_t at = device.find(key);
    if (at == std::string_view::npos) continue;
    std::string_view rest = device.substr(at + key.size());
    rest = rest.substr(0, std::min(rest.find(", "), rest.find('>')));
    model.append(model.empty() ? "" : " ").append(rest);
  }
  return model.size() <= longest_id ? printable(model) : std::string();
}

std::string unit_of(std::string_view unit, const Type& type) {
  // The number is the molar mass of glucose, which the app keeps with the unit.
  if (unit.starts_with("mmol<") && unit.ends_with(">/L")) return "mmol/L";
  if (unit == "count" && type.kind == "bmi") return "kg/m2";
  if (unit == "count" && type.kind == "steps") return "{steps}";
  return printable(unit);
}

struct Entry {
  Draft draft;
  std::string key;   // (type, source, start, end, value)
  std::string when;  // (source, start, end)
  std::string unsupported;  // set: ignored, and why
  bool half = false;        // of a blood pressure
};

class ExportReader final : public Stream {
 public:
  explicit ExportReader(const Context& context) : context_(context), parser_(XML_ParserCreate(nullptr)) {
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(
        parser_.get(), [](void* self, const char* name, const char** given) { of(self).start(name, given); },
        [](void* self, const char* name) { of(self).end(name); });
    XML_SetStartDoctypeDeclHandler(parser_.get(), [](void* self, const char*, const char* system, const char* pub, int) {
      if (system != nullptr || pub != nullptr) of(self).refuse("an external document type is refused");
    });
    XML_SetEntityDeclHandler(parser_.get(), [](void* self, const char*, int, const char*, int, const char*, const char*,
                                               const char*, const char*) {
      of(self).refuse("declarations of entities are refused");
    });
  }

  fhir::Result<void> feed(std::string_view piece, std::vector<Item>& out) override {
    out_ = &out;
    while (!piece.empty()) {
      const std::string_view part = piece.substr(0, piece_bytes);
      if (const auto parsed = parse(part, false); !parsed) return parsed;
      piece.remove_prefix(part.size());
    }
    return {};
  }

  fhir::Result<void> finish(std::vector<Item>& out) override {
    out_ = &out;
    if (const auto parsed = parse({}, true); !parsed) return parsed;
    pair_halves();
    return {};
  }

 private:
  static ExportReader& of(void* self) { return *static_cast<ExportReader*>(self); }

  fhir::Result<void> parse(std::string_view part, bool last) {
    fed_ += part.size();
    const XML_Status status = XML_Parse(parser_.get(), part.data(), static_cast<int>(part.size()), last);
    if (fault_) return *fault_;
    if (status == XML_STATUS_ERROR)
      return fhir::invalid(line() + ": " + XML_ErrorString(XML_GetErrorCode(parser_.get())));
    const XML_Index at = XML_GetCurrentByteIndex(parser_.get());
    if (at >= 0 && fed_ - static_cast<std::uint64_t>(at) > longest_token + piece_bytes)
      return fhir::invalid(line() + ": a tag longer than a megabyte");
    return {};
  }

  std::string line() const { return "line " + std::to_string(XML_GetCurrentLineNumber(parser_.get())); }

  void refuse(std::string_view why) { stop(fhir::invalid(line() + ": " + std::string(why))); }
  void stop(fhir::Error error) {
    if (!fault_) fault_ = std::move(error);
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  void start(std::string_view name, const char** given) {
    if (++depth_ > deepest) return refuse("nested too deeply");
    if (depth_ == 1) {
      if (name != "HealthData") refuse("expected HealthData, an export of the Health app");
      return;
    }
    if (name == "MetadataEntry") return take_metadata(given);
    if (name == "Record") return begin_record(given);
    if (depth_ == 2 && name == "Correlation") {
      in_correlation_ = true;
      correlation_type_ = attribute(parser_.get(), given, "type");
      correlation_line_ = line();
      parts_.clear();
      correlation_manual_ = false;
      return;
    }
    if (depth_ == 2 && name != "ExportDate" && name != "Me")
      ignore(line() + ": an element nothing is done with, " + quoted_word(name));
  }

  void end(std::string_view name) {
    if (name == "Record" && record_) end_record();
    if (name == "Correlation" && depth_ == 2 && in_correlation_) end_correlation();
    --depth_;
  }

  void ignore(std::string note) { out_->push_back(Ignored{IgnoreReason::not_a_reading, std::move(note)}); }

  void take_metadata(const char** given) {
    const std::string_view key = attribute(parser_.get(), given, "key"), value = attribute(parser_.get(), given, "value");
    if (key == "HKWasUserEntered" && value == "1") {
      if (record_) record_->draft.reading.origin = Origin::manual;
      if (!record_ && in_correlation_) correlation_manual_ = true;
    }
    if (key == "HKBloodGlucoseMealTime" && record_ && (value == "1" || value == "2"))
      append_remark(record_->draft.reading.note, value == "1" ? "before meal" : "after meal");
  }

  void begin_record(const char** given) {
    if (record_) return refuse("a Record within a Record");
    record_ = entry_of(attributes_of(parser_.get(), given));
  }

  Entry entry_of(const Attributes& given) {
    Entry entry;
    Measurement& reading = entry.draft.reading;
    reading.subject.id = "me";  // the file names nobody
    reading.device.model = model_of(given.device);
    if (!given.device.empty()) reading.origin = Origin::automatic;
    entry.when = std::string(given.source).append("|").append(instant_of(given.start)).append("|").append(instant_of(given.end));
    entry.key = std::string(given.type).append("|").append(entry.when).append("|").append(given.value);
    entry.draft.reading.record_id = printable(entry.key);
    if (entry.key.size() > longest_id) {
      reading.record_id.clear();
      entry.draft.hold(undecodable, line() + ", sourceName: too long to tell readings apart by");
    }
    read_times(given, entry);
    const Type* type = type_of(given.type, entry);
    if (type == nullptr) return entry;
    reading.kind = fhir::kind_named(type->kind);
    entry.half = reading.kind == fhir::kinds().systolic || reading.kind == fhir::kinds().diastolic;
    read_value(given, *type, entry.draft);
    return entry;
  }

  // The app writes the offset of where the phone is when it exports: after a journey the same instant looks different.
  std::string instant_of(std::string_view text) const {
    const auto time = export_time(text, context_.zone);
    return time ? fhir::utc_millis_text(time->time.utc) : std::string(text);
  }

  // Null for what is no reading we know: ignored when it is listed, held when it is not.
  const Type* type_of(std::string_view name, Entry& entry) const {
    if (name.starts_with(quantity_prefix)) {
      const std::string_view word = name.substr(quantity_prefix.size());
      const auto known = std::find_if(types.begin(), types.end(), [&](const Type& each) { return each.name == word; });
      if (known != types.end()) return &*known;
      if (word.starts_with("Dietary") || std::find(others.begin(), others.end(), word) != others.end()) {
        entry.unsupported = line() + ": " + quoted_word(word);
        return nullptr;
      }
    } else if (name.starts_with("HKCategoryTypeIdentifier") || name.starts_with("HKDataType")) {
      entry.unsupported = line() + ": a category, " + quoted_word(name);
      return nullptr;
    }
    entry.draft.hold(QuarantineReason::unknown_kind, line() + ", type: unknown, " + quoted_word(name));
    return nullptr;
  }

  void read_times(const Attributes& given, Entry& entry) const {
    const auto time = export_time(given.start, context_.zone);
    if (!time) return entry.draft.hold(undecodable, line() + ", startDate: " + time.error().detail);
    entry.draft.set_time(time->time);
    if (given.end == given.start || given.end.empty()) return;
    if (const auto end = export_time(given.end, context_.zone))
      append_remark(entry.draft.reading.note, "until " + end->time.text());
  }

  void read_value(const Attributes& given, const Type& type, Draft& draft) const {
    auto number = fhir::Decimal::parse(given.value);
    if (!number) return draft.hold(undecodable, line() + ", value: expected a number");
    if (type.fraction && given.unit == "%") number = fhir::Decimal::scaled(number->coefficient(), 2 - number->scale());
    if (!number) return draft.hold(undecodable, line() + ", value: expected a fraction");
    draft.set_value(number);
    draft.reading.unit = unit_of(given.unit, type);
    if (draft.reading.unit.empty()) draft.hold(QuarantineReason::unknown_unit, line() + ", unit: missing");
  }

  void end_record() {
    Entry entry = std::move(*record_);
    record_.reset();
    if (in_correlation_) {
      // What a correlation holds stands in the file once more by itself, but for nothing we know of.
      if (correlation_type_ == "HKCorrelationTypeIdentifierBloodPressure" && entry.half && parts_.size() < 8)
        parts_.push_back(std::move(entry));
      return;
    }
    if (!entry.unsupported.empty()) return ignore(std::move(entry.unsupported));
    if (!entry.half) return out_->push_back(std::move(entry.draft).item());
    if (halves_.size() == most_halves)
      return stop({fhir::ErrorCategory::too_large, line() + ": more halves of blood pressures than a life holds"});
    halves_.push_back(std::move(entry));
  }

  void end_correlation() {
    in_correlation_ = false;
    if (correlation_type_ != "HKCorrelationTypeIdentifierBloodPressure")
      return ignore(correlation_line_ + ": a correlation nothing is done with");
    std::string told;
    for (const Entry& part : parts_) told += part.key + "\n";
    if (!parts_.empty() && !told_.insert(told).second) return;  // the same once more
    for (Entry& part : parts_) {
      ++correlated_[part.key];
      if (correlation_manual_) part.draft.reading.origin = Origin::manual;
    }
    const std::string place = correlation_line_ + ": a blood pressure";
    out_->push_back(pressure(std::move(parts_), place));
    parts_.clear();
  }

  // Halves that no correlation tells of: two of one source and time are one pressure.
  void pair_halves() {
    std::map<std::string, std::vector<Entry>> by_when;
    for (Entry& half : halves_) {
      if (const auto known = correlated_.find(half.key); known != correlated_.end()) continue;
      std::vector<Entry>& group = by_when[half.when];
      const bool again = std::any_of(group.begin(), group.end(), [&](const Entry& each) { return each.key == half.key; });
      if (!again) group.push_back(std::move(half));
    }
    halves_.clear();
    for (auto& [when, group] : by_when) {
      if (group.size() > 2) {
        for (Entry& half : group) {
          half.draft.hold(undecodable, "several blood pressures of one source and time, and no Correlation");
          std::vector<Entry> alone;
          alone.push_back(std::move(half));
          out_->push_back(pressure(std::move(alone), "a blood pressure"));
        }
      } else {
        out_->push_back(pressure(std::move(group), "a blood pressure"));
      }
    }
  }

  static Item pressure(std::vector<Entry> parts, const std::string& place) {
    if (parts.empty()) {
      Draft draft;
      draft.reading.subject.id = "me";
      draft.reading.kind = fhir::kinds().blood_pressure;
      draft.hold(undecodable, place + " without values");
      return std::move(draft).item();
    }
    std::sort(parts.begin(), parts.end(),
              [](const Entry& a, const Entry& b) { return a.draft.reading.kind < b.draft.reading.kind; });
    Draft whole = parts.front().draft;
    Measurement& reading = whole.reading;
    reading.kind = fhir::kinds().blood_pressure;
    reading.value = {};
    reading.unit.clear();
    whole.valued = false;
    reading.record_id = "pressure";
    bool systolic = false, diastolic = false;
    for (Entry& part : parts) {
      const Measurement& one = part.draft.reading;
      systolic = systolic || (part.draft.valued && one.kind == fhir::kinds().systolic);
      diastolic = diastolic || (part.draft.valued && one.kind == fhir::kinds().diastolic);
      if (part.draft.valued) {
        reading.components.push_back({one.kind, one.value, one.unit, Comparator::none});
        reading.record_id += "|" + one.value.canonical().text();
      }
      if (one.origin == Origin::manual) reading.origin = Origin::manual;
      if (!part.draft.held()) continue;
      const auto held = std::get<Held>(std::move(part.draft).item());
      whole.hold(held.reason, held.note);
    }
    reading.record_id += "|" + printable(parts.front().when);
    if (reading.record_id.size() > longest_id) reading.record_id.clear();
    if (!systolic || !diastolic)
      whole.hold(undecodable, place + " without " + (systolic ? "diastolic" : "systolic") + " of the same source and time");
    if (parts.size() > 2) whole.hold(undecodable, place + " of more than two values");
    return std::move(whole).item();
  }

  struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };

  const Context& context_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> parser_;
  std::vector<Item>* out_ = nullptr;
  std::optional<fhir::Error> fault_;
  std::uint64_t fed_ = 0;
  int depth_ = 0;
  std::optional<Entry> record_;
  bool in_correlation_ = false, correlation_manual_ = false;
  std::string correlation_type_, correlation_line_;
  std::vector<Entry> parts_;
  std::vector<Entry> halves_;
  std::map<std::string, int> correlated_;
  std::unordered_set<std::string> told_;
};

}  // namespace

std::unique_ptr<Stream> stream_apple_health(const Context& context) {
  return std::make_unique<ExportReader>(context);
}

fhir::Result<Decoded> decode_apple_health(std::string_view payload, const Context& context) {
  ExportReader reader(context);
  Decoded decoded;
  while (!payload.empty()) {
    const std::string_view piece = payload.substr(0, piece_bytes);
    if (const auto fed = reader.feed(piece, decoded.items); !fed) return fed.error();
    if (decoded.items.size() > most_items) return too_many_items();
    payload.remove_prefix(piece.size());
  }
  if (const auto ended = reader.finish(decoded.items); !ended) return ended.error();
  if (decoded.items.size() > most_items) return too_many_items();
  return decoded;
}

std::unique_ptr<Stream> open_stream(std::string_view adapter, const Context& context) {
  return adapter == "apple-health" ? stream_apple_health(context) : nullptr;
}

}  // namespace adapters
