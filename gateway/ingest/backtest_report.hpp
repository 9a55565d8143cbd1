// A back-test over many patients, and what people are shown of it: the changes, counts, what other rules would have raised, and
// whether a shift could carry it. For `hjemport backtest` and POST /backtests. Pure but for the threads run_backtest uses.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "fhir/json_writer.hpp"
#include "gateway/config/config.hpp"
#include "gateway/ingest/past.hpp"

namespace gateway::ingest {

// One rule set for each programme. `personal` limits take the place of the programmes' limits of their kind and component; they stand
// in the first rule set.
std::vector<thresholds::RuleSet> rule_sets(std::vector<config::Programme>, std::vector<thresholds::Limit> personal);

struct PatientChange {
  std::uint32_t patient = 0;  // in PastReadings::patients()
  thresholds::BacktestChange change;
};

// Into the order of judging; each patient's own are in it already.
void sort_changes(std::vector<PatientChange>&);

// Every patient by every rule set, in order of judging. Stops early, with what it has, when told to; `done` counts patients.
struct BacktestProgress {
  std::atomic<std::uint64_t> done{0};
  std::atomic<bool> stop{false};
};
std::vector<PatientChange> run_backtest(const PastReadings&, std::span<const thresholds::RuleSet>, const thresholds::BacktestSettings&,
                                        unsigned threads, BacktestProgress&);

// {"at","patient","rule","change","severity","measured","late","superseded","reason"} (design.md 8.1).
void append_change(std::string& out, const PastReadings&, const PatientChange&);

// The shifts of a response centre, local time (OURS; a municipality's usual three). Each is of the day it begins on.
inline constexpr std::array<std::string_view, 3> shift_names{"07-15", "15-22", "22-07"};
struct Shift {
  std::chrono::local_days day;
  std::size_t shift = 0;
  auto operator<=>(const Shift&) const = default;
};
Shift shift_of(fhir::Time, const adapters::Zone&);

struct ReportSetting {
  const PastReadings& past;
  const adapters::Zone& zone;  // of days, hours and shifts
  fhir::Time until;
  // Names one reading a change rests on: the line it stood in, or the observation.
  std::function<void(fhir::JsonWriter&, const thresholds::PastReading&)> name_reading;
};

// Members of an object the caller has begun. Counts are of raised alarms, by when they were raised.
void write_summary(fhir::JsonWriter&, const ReportSetting&, std::span<const PatientChange>);
// What `ours` raises and `others` do not, and the other way round: of one patient, rule and local day, as many as the other has not.
// At most `alarms_max` of each are listed with their readings; all are counted.
void write_difference(fhir::JsonWriter&, const ReportSetting&, std::span<const PatientChange> ours, std::span<const PatientChange> others,
                      std::size_t alarms_max);
// How many shifts would have had more alarms than a person can take, the mean, the 95th percentile and the most, of all shifts from the
// first arrival to the end, and of each kind of shift.
void write_forecast(fhir::JsonWriter&, const ReportSetting&, std::span<const PatientChange>, std::uint64_t capacity);

}  // namespace gateway::ingest
