// Bits: IEEE 11073-104xx specialisations by way of HL7/phd (vendors.md D.2). Measurement status: HL7/uv-pocd, mapping of
// MeasurementStatus to dataAbsentReason and interpretation; HL7/phd has the same table.
#include "adapters/device_status.hpp"

#include <algorithm>
#include <array>

namespace adapters {
namespace {

using fhir::AbsentReason;

struct BitString {
  std::string_view code;
  std::array<std::string_view, 16> bits;  // names by number
};

constexpr std::array<BitString, 3> bit_strings = {{
    {cuff_status,
     {"body-movement", "cuff-too-loose", "irregular-pulse", "pulse-over-range-limit", "pulse-under-range-limit",
      "improper-body-position"}},
    {oximeter_status,
     {"sensor-disconnected", "sensor-malfunction", "sensor-displaced", "sensor-unsupported", "sensor-off",
      "sensor-interference", "signal-searching", "signal-pulse-questionable", "signal-non-pulsatile", "signal-erratic",
      "signal-low-perfusion", "signal-poor", "signal-inadequate", "signal-processing-irregularity",
      "device-equipment-malfunction", "device-extended-update"}},
    {glucose_status,
     {"device-battery-low", "sensor-malfunction", "sensor-sample-insufficient", "sensor-strip-insertion",
      "sensor-strip-type", "sensor-result-too-high", "sensor-result-too-low", "sensor-temp-high", "sensor-temp-low",
      "sensor-read-interrupt", "device-gen-fault", "sensor-temp-range"}},
}};

struct StatusWord {
  std::string_view word;
  std::string_view code;  // of the code system; empty: none
  AbsentReason absent;
  bool test;
};

constexpr std::array<StatusWord, 13> status_words = {{
    {"invalid", "", AbsentReason::error, false},
    {"questionable", "questionable", AbsentReason::none, false},
    {"not-available", "", AbsentReason::not_performed, false},
    {"calibration-ongoing", "calibration-ongoing", AbsentReason::none, false},
    {"test-data", "", AbsentReason::none, true},
    {"demo-data", "", AbsentReason::none, true},
    {"validated-data", "validated-data", AbsentReason::none, false},
    {"early-indication", "early-indication", AbsentReason::none, false},
    {"msmt-ongoing", "msmt-ongoing", AbsentReason::temp_unknown, false},
    {"msmt-state-in-alarm", "in-alarm", AbsentReason::none, false},
    {"in-alarm", "in-alarm", AbsentReason::none, false},
    {"msmt-state-al-inhibited", "alarm-inhibited", AbsentReason::none, false},
    {"alarm-inhibited", "alarm-inhibited", AbsentReason::none, false},
}};

constexpr std::size_t most_interpretations = 24;

}  // namespace

bool is_device_status(std::string_view mdc_code) {
  return std::any_of(bit_strings.begin(), bit_strings.end(),
                     [&](const BitString& each) { return each.code == mdc_code; });
}

std::optional<fhir::Interpretation> status_bit(std::string_view code) {
  for (const BitString& each : bit_strings) {
    if (!code.starts_with(each.code) || code.size() < each.code.size() + 2 || code[each.code.size()] != '.') continue;
    const std::string_view digits = code.substr(each.code.size() + 1);
    std::size_t bit = 0;
    for (const char digit : digits) {
      if (digit < '0' || digit > '9') return std::nullopt;
      bit = bit * 10 + static_cast<std::size_t>(digit - '0');
      if (bit >= each.bits.size()) return std::nullopt;
    }
    if (each.bits[bit].empty() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
    return fhir::Interpretation{std::string(status_bit_system), std::string(code), std::string(each.bits[bit])};
  }
  return std::nullopt;
}

std::optional<StatusMeaning> measurement_status(std::string_view word) {
  const auto found = std::find_if(status_words.begin(), status_words.end(),
                                  [&](const StatusWord& each) { return each.word == word; });
  if (found == status_words.end()) return std::nullopt;
  StatusMeaning meaning;
  meaning.absent = found->absent;
  meaning.test = found->test;
  if (!found->code.empty())
    meaning.interpretation = {std::string(measurement_status_system), std::string(found->code), std::string(found->code)};
  return meaning;
}

void add_interpretation(Measurement& reading, fhir::Interpretation interpretation) {
  auto& known = reading.interpretations;
  if (known.size() >= most_interpretations) return;
  const bool there = std::any_of(known.begin(), known.end(), [&](const fhir::Interpretation& each) {
    return each.system == interpretation.system && each.code == interpretation.code;
  });
  if (!there) known.push_back(std::move(interpretation));
}

}  // namespace adapters
