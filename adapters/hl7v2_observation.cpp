#include "adapters/hl7v2_observation.hpp"

#include <algorithm>
#include <array>

#include "adapters/fhir_payload.hpp"
#include "adapters/strip_grade.hpp"

namespace adapters {
namespace {

using fhir::ValueType;

constexpr auto undecodable = QuarantineReason::undecodable;
constexpr std::size_t longest_remark = 200;
constexpr std::size_t deepest_containment = 16;

bool is_pressure(fhir::Kind kind) {
  const fhir::KnownKinds& known = fhir::kinds();
  return kind == known.systolic || kind == known.diastolic || kind == known.mean_arterial_pressure;
}

// HL7 writes numbers as FORTRAN's people did: +37, .5, 007 and 5. are numbers.
std::string as_json_number(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(' ') + 1 - first);
  std::string out;
  if (text.starts_with('-')) out = "-";
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return {};
  while (text.size() > 1 && text[0] == '0' && text[1] != '.') text.remove_prefix(1);
  if (text.starts_with('.')) out += '0';
  out.append(text);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::optional<Comparator> comparator_of(std::string_view sign) {
  if (sign.empty() || sign == "=") return Comparator::none;
  if (sign == "<") return Comparator::less;
  if (sign == "<=") return Comparator::less_or_equal;
  if (sign == ">") return Comparator::greater;
  if (sign == ">=") return Comparator::greater_or_equal;
  return std::nullopt;
}

// "1.0.1.2" stands in "1.0.1"; a plain number or nothing stands in the order itself.
std::string parent_of(const std::string& sub_id) {
  const std::size_t point = sub_id.rfind('.');
  return point == std::string::npos ? std::string() : sub_id.substr(0, point);
}

class ObservationReader {
 public:
  ObservationReader(const Hl7Segment& obx, Hl7Surroundings& around, const std::string& place)
      : obx_(obx), around_(around), place_(place) {}

  Hl7Observation read() {
    meaning_ = hl7_meaning(obx_, around_.context.settings.aliases);
    status_ = obx_.field(11);
    read_device();
    if (is_structure()) {
      found_.what = Hl7Observation::What::structure;
      return std::move(found_);
    }
    if (!ignored()) read_reading();
    return std::move(found_);
  }

 private:
  std::string at(int field) const { return place_ + "." + std::to_string(field); }
  void hold(QuarantineReason reason, std::string note) { found_.part.hold(reason, std::move(note)); }
  void remark(std::string_view text) { append_remark(found_.part.reading.note, text); }
  void ignore(IgnoreReason reason, std::string note) { found_.item = Ignored{reason, std::move(note)}; }

  // Own OBX-18, else that of the nearest row around it.
  void read_device() {
    Device& device = found_.part.reading.device;
    found_.sub_id = obx_.text(4);
    if (found_.sub_id.size() > longest_id) found_.sub_id.clear();
    std::string own = obx_.text(18, 1);
    if (own.empty()) own = obx_.text(18, 3);
    if (own.size() <= longest_id) device.id = printable(own);
    if (own.size() > longest_id) hold(undecodable, at(18) + ": expected at most 256 bytes");
    std::string around = found_.sub_id;
    for (std::size_t i = 0; device.id.empty() && !around.empty() && i < deepest_containment; ++i) {
      if (const auto known = around_.devices.find(around); known != around_.devices.end()) device = known->second;
      around = parent_of(around);
    }
  }

  bool is_structure() {
    if (!obx_.field(5).empty() || !obx_.field(2).empty() || !(status_.empty() || status_ == "X")) return false;
    const bool group = fhir::info(meaning_.kind).value == ValueType::components || meaning_.kind == fhir::Kind::unknown;
    if (!group) return false;
    std::string around = found_.sub_id;
    while (around.ends_with(".0")) around.resize(around.size() - 2);
    const Device& device = found_.part.reading.device;
    if (!device.id.empty() && !around.empty()) around_.devices[around] = device;
    return true;
  }

  // Whatever is no reading of a patient, in the order of how sure that is.
  bool ignored() {
    if (around_.test) {
      ignore(IgnoreReason::not_a_reading, "MSH.11: training or debugging, no data of a patient");
      return true;
    }
    for (const std::string& flag : flags()) {
      if (flag != "DEMO" && flag != "TEST") continue;
      ignore(IgnoreReason::not_a_reading, at(8) + ": test data");
      return true;
    }
    if (meaning_.control_solution) {
      ignore(IgnoreReason::control_solution, at(3));
      return true;
    }
    if (meaning_.about_device) {
      ignore(IgnoreReason::not_a_reading, at(3) + ": about the device and no reading, " + meaning_.shown);
      return true;
    }
    // D and W withdraw what came before: nothing takes it back by itself yet, so a person has to see them.
    const bool withdraws = status_ == "D" || status_ == "W";
    if (!withdraws && obx_.field(5).empty() &&
        (status_ == "X" || status_ == "I" || status_ == "N" || status_ == "O" || has_flag("NAV"))) {
      ignore(IgnoreReason::not_a_reading, at(5) + ": no result, status " + quoted_word(status_));
      return true;
    }
    const std::string_view type = obx_.field(2);
    const bool curve = type == "NA" || type == "MA" || fhir::info(meaning_.kind).value == ValueType::waveform;
    if (curve) ignore(IgnoreReason::not_a_reading, place_ + ": a curve");
    return curve;
  }

  std::vector<std::string> flags() const {
    std::vector<std::string> all;
    const std::string_view field = obx_.field(8);
    for (std::size_t n = 1; n <= 16; ++n) {
      const std::string_view flag = hl7_part(field, obx_.separators().repetition, n);
      if (!flag.empty()) all.push_back(hl7_text(hl7_part(flag, obx_.separators().component, 1), obx_.separators()));
    }
    return all;
  }
  bool has_flag(std::string_view wanted) const {
    const auto all = flags();
    return std::find(all.begin(), all.end(), wanted) != all.end();
  }

  void read_reading() {
    Measurement& reading = found_.part.reading;
    read_subject();
    reading.kind = meaning_.kind;
    if (!reading.device.id.empty()) reading.origin = Origin::automatic;
    reading.version = around_.message_version;
    reading.correlation = around_.message_id;
    remark(meaning_.remark);
    if (reading.kind == fhir::Kind::unknown)
      hold(QuarantineReason::unknown_kind,
           at(3) + (meaning_.contradictory ? ": codes of different things, " : ": unknown code ") + meaning_.shown);
    read_moment();
    read_status();
    read_flags();
    remark_method();
    if (withdrawn_) {
      found_.item = std::move(found_.part).item();
      return;
    }
    read_value();
    if (is_pressure(reading.kind)) {
      found_.what = Hl7Observation::What::pressure_part;
      found_.parent = parent_of(found_.sub_id);
      return;
    }
    if (fhir::info(reading.kind).value == ValueType::components)
      hold(undecodable, at(5) + ": expected systolic and diastolic in rows of their own");
    set_record_id();
    found_.item = std::move(found_.part).item();
  }

  void read_subject() {
    Measurement& reading = found_.part.reading;
    reading.subject = around_.subject;
    if (around_.subject_fault) hold(around_.subject_fault->first, around_.subject_fault->second);
    if (reading.subject.id.empty() && !reading.subject.patient && !around_.subject_fault)
      reading.subject.id = reading.device.id;
  }

  void read_moment() {
    const bool own = !obx_.field(14).empty();
    const std::string text = own ? obx_.text(14, 1) : around_.order_time;
    if (text.empty()) return hold(undecodable, at(14) + ": missing, and no OBR-7");
    const auto time = hl7_time(text, around_.context.zone, around_.offset);
    if (!time) return hold(undecodable, (own ? at(14) : "OBR-7 of " + place_) + ": " + time.error().detail);
    found_.part.set_time(time->time.time);
    found_.part.reading.time_uncertain = time->time.uncertain;
    found_.instant = fhir::utc_millis_text(time->time.time.utc);
    // Two readings of one minute are two: there the order tells them apart.
    if (!time->has_seconds) found_.instant += "#" + around_.order;
  }

  // HL7 table 0085.
  void read_status() {
    static constexpr std::array<std::string_view, 7> plain = {"", "F", "C", "U", "A", "B", "V"};
    if (std::find(plain.begin(), plain.end(), status_) != plain.end()) return;
    if (status_ == "R") return remark("result status R, not verified");
    if (status_ == "P" || status_ == "S") return remark("preliminary result");
    withdrawn_ = status_ == "D" || status_ == "W";
    if (withdrawn_)
      return hold(undecodable, at(11) + ": the sender withdraws a result, which has to be taken back by a person");
    if (status_ == "X" || status_ == "I" || status_ == "N" || status_ == "O")
      return hold(undecodable, at(11) + ": a value, and a status that says there is none");
    hold(undecodable, at(11) + ": expected a result status");
  }

  // HL7 table 0078 and what IHE PCD adds for the measurement status of a device.
  void read_flags() {
    for (const std::string& flag : flags()) {
      if (flag == "INV" || flag == "NAV" || flag == "CALIB") {
        hold(undecodable, at(8) + ": the device says that the value is not valid, " + flag);
      } else if (flag == "SETTING" || flag == "MSETTING") {
        hold(QuarantineReason::unknown_kind, at(8) + ": a setting of the device");
      } else if (flag != "N") {
        remark("flag " + quoted_word(flag));
      }
    }
  }

  void remark_method() {
    std::string method = printable(obx_.text(17, 2));
    if (method.empty()) method = printable(obx_.text(17, 1));
    if (!method.empty() && method.size() <= longest_remark) remark("method " + method);
  }

  void read_value() {
    Measurement& reading = found_.part.reading;
    if (obx_.field(5).empty()) return hold(undecodable, at(5) + ": missing");
    if (obx_.field(5).find(obx_.separators().repetition) != std::string_view::npos)
      return hold(undecodable, at(5) + ": more than one value");
    const ValueType type = fhir::info(reading.kind).value;
    if (reading.kind != fhir::Kind::unknown && (type == ValueType::ordinal || type == ValueType::text))
      return read_word(type);
    read_number();
    Hl7Unit unit = hl7_unit(obx_);
    reading.unit = printable(unit.unit);
    remark(unit.remark);
    if (reading.unit.size() > longest_remark) reading.unit.clear();
    const std::string_view canonical = fhir::info(reading.kind).unit;
    if (!reading.unit.empty() || canonical.empty()) return;
    if (canonical.starts_with('{')) {
      reading.unit = canonical;
    } else {
      hold(QuarantineReason::unknown_unit, at(6) + ": missing");
    }
  }

  // CWE and CE carry a code and its text; the text is what people read.
  void read_word(ValueType type) {
    Measurement& reading = found_.part.reading;
    const std::string_view as = obx_.field(2);
    const bool coded = as == "CWE" || as == "CE" || as == "CNE" || as == "CF";
    std::string word = coded ? obx_.text(5, 2) : obx_.text(5);
    if (word.empty()) word = obx_.text(5, 1);
    reading.text = printable(word);
    if (reading.text.empty()) return hold(undecodable, at(5) + ": expected a word");
    if (type != ValueType::ordinal) return;
    auto grade = strip_grade(reading.text);
    if (!grade && coded) grade = strip_grade(obx_.text(5, 1));
    if (!grade) return hold(undecodable, at(5) + ": expected neg, trace or +1 to +4");
    reading.value = *grade;
    found_.part.valued = true;
  }

  // NM, SN and numbers written as text. SN is comparator^number^separator^number: a range or ratio is no one number.
  void read_number() {
    const std::string_view type = obx_.field(2);
    std::string sign, digits;
    if (type == "SN") {
      sign = obx_.text(5, 1);
      digits = obx_.text(5, 2);
      if (!obx_.component(5, 3).empty() || !obx_.component(5, 4).empty())
        return hold(undecodable, at(5) + ": a range or ratio where one number is expected");
    } else if (type == "NM" || type == "ST" || type == "TX" || type == "FT" || type.empty()) {
      digits = obx_.text(5);
      const std::size_t end = type == "NM" ? 0 : std::min(digits.find_first_not_of("<>= "), digits.size());
      sign = digits.substr(0, end);
      sign.erase(std::remove(sign.begin(), sign.end(), ' '), sign.end());
      digits.erase(0, end);
    } else {
      return hold(undecodable, at(2) + ": expected a number (NM, SN or ST)");
    }
    const auto comparator = comparator_of(sign);
    if (!comparator) return hold(undecodable, at(5) + ": expected a comparator <, <=, > or >=");
    const auto number = fhir::Decimal::parse(as_json_number(digits));
    if (!number) return hold(undecodable, at(5) + ": expected a number");
    found_.part.set_value(number);
    found_.part.reading.comparator = *comparator;
  }

  // The same reading has the same device, code, place and time, in whatever message it comes: a resend under a new
  // message number is a duplicate and a correction (OBX-11 C) a new version (vendors.md D.3 names MSH-10 first, by
  // which a correction would be another reading).
  void set_record_id() {
    Measurement& reading = found_.part.reading;
    if (!found_.part.timed) return;
    std::string code = obx_.text(3, 1);  // not its text, which is spelled in many ways, unless the code says nothing
    if (code.empty() || code == "0") code = obx_.text(3, 2);
    std::string id = printable(reading.device.id + "|" + code + "|" + found_.sub_id + "|" + found_.instant);
    if (id.size() > longest_id) return hold(undecodable, at(3) + ": device, code and order are longer than 256 bytes");
    reading.record_id = std::move(id);
  }

  const Hl7Segment& obx_;
  Hl7Surroundings& around_;
  const std::string& place_;
  Hl7Meaning meaning_;
  std::string_view status_;
  bool withdrawn_ = false;
  Hl7Observation found_;
};

}  // namespace

Hl7Observation read_hl7_observation(const Hl7Segment& obx, Hl7Surroundings& around, const std::string& place) {
  return ObservationReader(obx, around, place).read();
}

void add_hl7_comment(Hl7Observation& observation, const std::string& comment) {
  std::string text = printable(comment);
  if (text.size() > longest_remark) {
    std::size_t end = longest_remark;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // never half a character
    text.resize(end);
  }
  if (observation.what == Hl7Observation::What::pressure_part) append_remark(observation.part.reading.note, text);
  if (auto* reading = std::get_if<Measurement>(&observation.item)) append_remark(reading->note, text);
}

}  // namespace adapters
