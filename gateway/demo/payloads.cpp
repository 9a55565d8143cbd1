#include "gateway/demo/payloads.hpp"

#include <algorithm>
#include <utility>

#include "fhir/json_writer.hpp"
#include "fhir/national_id.hpp"

namespace gateway::demo {
namespace {

using fhir::JsonWriter;

constexpr std::size_t readings_per_payload = 100, readings_per_sitting = 5;

std::int64_t millis(fhir::Time at) {
  return std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch().count();
}

// Seconds are what withings and opentele can say; the same instant everywhere.
std::string local_text(const Sitting& sitting) {
  return fhir::DateTime::from(std::chrono::floor<std::chrono::seconds>(sitting.at), sitting.offset).text();
}

// Record ids follow from whose, when and what, so that a resend is the same record.
std::string record_id(const Account& account, fhir::Time at, std::string_view what) {
  return account.subject + "-" + std::to_string(millis(at)) + "-" + std::string(what);
}

void write_whom(JsonWriter& writer, const Account& account, std::string_view device_suffix) {
  writer.member("subject", account.subject);
  if (!account.national_number.empty()) {
    writer.key("patient").begin_object();
    writer.member("system", fhir::fnr_system).member("value", account.national_number).end_object();
  }
  writer.key("device").begin_object().member("id", account.device + std::string(device_suffix)).end_object();
}

class NativeSitting {
 public:
  NativeSitting(JsonWriter& writer, const Account& account, const Sitting& sitting)
      : writer_(writer), account_(account), sitting_(sitting) {}

  void write() {
    const Vitals& vitals = sitting_.vitals;
    value("oxygen-saturation", fhir::Decimal(vitals.oxygen_saturation_percent), "%", "-ox");
    value("pulse-rate", fhir::Decimal(vitals.pulse_per_minute), "/min", "-ox");
    if (sitting_.condition == Condition::copd) {
      value("respiratory-rate", fhir::Decimal(vitals.respiratory_rate_per_minute), "/min", "");
      value("body-temperature", vitals.temperature_celsius, "Cel", "-th");
      value("pef", fhir::Decimal(vitals.peak_flow_litres_per_minute), "L/min", "-pf");
    } else {
      value("body-weight", vitals.weight_kg, "kg", "-sc");
      begin("blood-pressure", "-bp");
      writer_.key("components").begin_array();
      component("systolic", vitals.systolic_mmhg);
      component("diastolic", vitals.diastolic_mmhg);
      writer_.end_array().end_object();
    }
  }

 private:
  void begin(std::string_view kind, std::string_view device_suffix) {
    writer_.begin_object().member("id", record_id(account_, sitting_.at, kind));
    write_whom(writer_, account_, device_suffix);
    writer_.member("time", local_text(sitting_)).member("kind", kind).member("manual", false);
  }
  void value(std::string_view kind, const fhir::Decimal& number, std::string_view unit, std::string_view device) {
    begin(kind, device);
    writer_.member("value", number).member("unit", unit).end_object();
  }
  void component(std::string_view kind, std::int64_t number) {
    writer_.begin_object().member("kind", kind).member("value", number).member("unit", "mm[Hg]").end_object();
  }

  JsonWriter& writer_;
  const Account& account_;
  const Sitting& sitting_;
};

std::string native(const Account& account, std::span<const Sitting> sittings) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().key("measurements").begin_array();
  for (const Sitting& sitting : sittings) NativeSitting(writer, account, sitting).write();
  writer.end_array().end_object();
  return out;
}

std::string opentele(const Account& account, const Sitting& sitting) {
  std::string out;
  JsonWriter writer(out);
  auto field = [&](std::string_view name, std::string_view type, const auto& value) {
    writer.begin_object().member("name", name).member("type", type).member("value", value).end_object();
  };
  const Vitals& vitals = sitting.vitals;
  const bool copd = sitting.condition == Condition::copd;
  writer.begin_object().member("name", copd ? "KOLS, daglig" : "Hjertesvikt, daglig").member("version", "1.0");
  writer.member("QuestionnaireId", copd ? 41 : 42).key("PatientId").raw(account.subject);
  writer.member("date", local_text(sitting)).key("output").begin_array();
  field("118.SAT#SATURATION", "Integer", vitals.oxygen_saturation_percent);
  field("118.SAT#PULSE", "Integer", vitals.pulse_per_minute);
  field("118.SAT#DEVICE_ID", "String", account.device + "-ox");
  if (copd) {
    field("119.TEMPERATURE", "Float", vitals.temperature_celsius);
    field("120.LF#FEV1", "Float", vitals.fev1_litres);
    field("120.LF#DEVICE_ID", "String", account.device + "-sp");
  } else {
    field("121.WEIGHT", "Float", vitals.weight_kg);
    field("122.BP#SYSTOLIC", "Integer", vitals.systolic_mmhg);
    field("122.BP#DIASTOLIC", "Integer", vitals.diastolic_mmhg);
    field("122.BP#DEVICE_ID", "String", account.device + "-bp");
  }
  writer.end_array().end_object();
  return out;
}

// One message per reading, as the devices send them; all of a patient under one device number, which is the vendor's
// only word for a person.
template <class WriteData>
std::string telli(const Account& account, const Sitting& sitting, std::string_view type, WriteData write_data) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().member("deviceId", account.subject).member("readingType", type);
  writer.member("time", std::to_string(millis(sitting.at))).member("mem", "0");
  writer.member("tzOffsetMinutes", std::to_string(sitting.offset.count())).member("genVer", "2");
  writer.key("devdata").begin_object().member("r", "1").member("batt", "9").member("cycles", "0").end_object();
  writer.key("data").begin_object();
  write_data(writer);
  writer.end_object().end_object();
  return out;
}

void add_telli(std::vector<std::string>& out, const Account& account, const Sitting& sitting) {
  const Vitals& vitals = sitting.vitals;
  out.push_back(telli(account, sitting, "SpO2", [&](JsonWriter& data) {
    data.member("spo2", vitals.oxygen_saturation_percent).member("pulse", vitals.pulse_per_minute);
  }));
  if (sitting.condition == Condition::copd) {
    out.push_back(telli(account, sitting, "PeakFlow", [&](JsonWriter& data) {
      data.member("pef", vitals.peak_flow_litres_per_minute).member("fev1", vitals.fev1_litres);
    }));
    out.push_back(telli(account, sitting, "Temperature", [&](JsonWriter& data) {
      data.member("temperature", vitals.temperature_celsius).member("unit", "C");
    }));
  } else {
    out.push_back(telli(account, sitting, "BloodPressure", [&](JsonWriter& data) {
      data.member("systolic", vitals.systolic_mmhg).member("diastolic", vitals.diastolic_mmhg);
      data.member("pulse", vitals.pulse_per_minute).member("arrhythmia", 0);
    }));
    out.push_back(telli(account, sitting, "Weight",
                        [&](JsonWriter& data) { data.member("weight", vitals.weight_kg).member("unit", "kg"); }));
  }
}

void write_measure(JsonWriter& writer, int type, const fhir::Decimal& value) {
  writer.begin_object().member("value", value.coefficient()).member("type", type).member("unit", -value.scale());
  writer.end_object();
}

std::string withings(const Account& account, std::span<const Sitting> sittings) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().member("status", 0).key("userid").raw(account.subject).key("body").begin_object();
  writer.member("updatetime", millis(sittings.back().at) / 1000).member("timezone", "Europe/Oslo").member("more", 0);
  writer.key("measuregrps").begin_array();
  for (const Sitting& sitting : sittings) {
    const std::int64_t seconds = millis(sitting.at) / 1000;
    const Vitals& vitals = sitting.vitals;
    writer.begin_object().key("grpid").raw(account.subject + std::to_string(seconds)).member("attrib", 0);
    writer.member("category", 1).member("date", seconds).member("created", seconds).member("modified", seconds);
    writer.member("deviceid", account.device).key("measures").begin_array();
    write_measure(writer, 54, fhir::Decimal(vitals.oxygen_saturation_percent));
    write_measure(writer, 11, fhir::Decimal(vitals.pulse_per_minute));
    if (sitting.condition == Condition::copd) {
      write_measure(writer, 71, vitals.temperature_celsius);
    } else {
      write_measure(writer, 10, fhir::Decimal(vitals.systolic_mmhg));
      write_measure(writer, 9, fhir::Decimal(vitals.diastolic_mmhg));
      write_measure(writer, 1, vitals.weight_kg);
    }
    writer.end_array().end_object();
  }
  writer.end_array().end_object().end_object();
  return out;
}

template <class Write>
void in_portions(std::vector<std::string>& out, std::span<const Sitting> sittings, Write write) {
  constexpr std::size_t portion = readings_per_payload / readings_per_sitting;
  for (std::size_t at = 0; at < sittings.size(); at += portion)
    out.push_back(write(sittings.subspan(at, std::min(portion, sittings.size() - at))));
}

}  // namespace

std::optional<Format> format_named(std::string_view adapter) {
  constexpr std::pair<std::string_view, Format> formats[] = {{"hjemport", Format::hjemport},
                                                             {"opentele", Format::opentele},
                                                             {"telli", Format::telli},
                                                             {"withings", Format::withings}};
  for (const auto& [name, format] : formats)
    if (name == adapter) return format;
  return std::nullopt;
}

std::vector<std::string> payloads(Format format, const Account& account, std::span<const Sitting> sittings) {
  std::vector<std::string> out;
  switch (format) {
    case Format::hjemport:
      in_portions(out, sittings, [&](std::span<const Sitting> some) { return native(account, some); });
      break;
    case Format::opentele:
      for (const Sitting& sitting : sittings) out.push_back(opentele(account, sitting));
      break;
    case Format::telli:
      for (const Sitting& sitting : sittings) add_telli(out, account, sitting);
      break;
    case Format::withings:
      in_portions(out, sittings, [&](std::span<const Sitting> some) { return withings(account, some); });
      break;
  }
  return out;
}

std::string event_payload(const Account& account, const Happening& happening) {
  std::string out;
  JsonWriter writer(out);
  const std::string_view kind = fhir::info(happening.kind).name;
  writer.begin_object().key("events").begin_array().begin_object();
  writer.member("id", record_id(account, happening.at, kind));
  write_whom(writer, account, "-alarm");
  writer.member("time",
                fhir::DateTime::from(std::chrono::floor<std::chrono::seconds>(happening.at), happening.offset).text());
  writer.member("kind", kind).end_object().end_array().end_object();
  return out;
}

}  // namespace gateway::demo
