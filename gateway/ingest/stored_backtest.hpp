// A back-test over stored readings: what the patients' plans with proposed limits and rules in them would have raised, beside what the plans as
// they are would have. Works in portions, each short enough for a thread that answers others in between. Reads only.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/ingest/backtest_report.hpp"
#include "gateway/registry/plan.hpp"
#include "gateway/store/store.hpp"

namespace gateway::ingest {

struct StoredBacktestAsked {
  store::Tenant tenant{};
  std::vector<PatientId> patients;  // empty: all of the tenant
  fhir::Time from{}, to{};          // readings measured in [from, to); `to` is also the last instant looked at
  std::vector<thresholds::Limit> limits;  // in place of each patient's limits of their kind and component
  std::vector<thresholds::Rule> rules;    // in place of each patient's rules of their id, or besides
  bool shadow = false;                    // each patient's shadow rules, as if they alarmed
  std::optional<std::chrono::seconds> handled_after;
  std::optional<std::uint64_t> capacity;
  thresholds::AgePolicy age;
  thresholds::AlarmPolicy alarms;
};

class StoredBacktest {
 public:
  // OURS: about 60 MB of readings, which is what a back-test may take of a gateway that serves others.
  static constexpr std::uint64_t readings_max = 500'000;
  static constexpr std::size_t patients_max = 20'000;
  static constexpr std::size_t changes_max = 1'000;  // listed in the report, of each list
  static constexpr std::size_t page_rows = 1'000;
  static constexpr std::size_t patients_judged_at_once = 10;

  StoredBacktest(StoredBacktestAsked, std::shared_ptr<const adapters::Zone>);
  ~StoredBacktest();

  // The next portion. True when there is more; an error ends it (`too_large`: name fewer patients or a shorter period).
  fhir::Result<bool> step(store::Reader&);
  // After the last step: members "summary", "changes", "difference" and, when asked for, "forecast", as one JSON object.
  std::string take_report() { return std::move(report_); }

  // Any thread.
  std::uint64_t patients() const { return patient_count_; }
  std::uint64_t read() const { return read_; }        // patients whose readings are loaded
  std::uint64_t judged() const { return judged_; }    // patients
  std::uint64_t readings() const { return reading_count_; }

 private:
  enum class Phase : std::uint8_t { people, reading, judging, reporting };
  fhir::Result<bool> find_people(store::Reader&);
  fhir::Result<bool> read_page(store::Reader&);
  void judge_some(store::Reader&);
  void report();

  StoredBacktestAsked asked_;
  std::shared_ptr<const adapters::Zone> zone_;
  PastDecoder decoder_;
  Phase phase_ = Phase::people;
  std::vector<PatientId> people_;
  std::optional<store::ObservationFilter> page_;  // of the patient being read
  PastReadings past_;
  std::vector<PatientId> past_patients_;           // by place in past_.patients()
  std::vector<ObservationId> observations_;        // by PastReading::order
  std::vector<PatientChange> proposed_, today_;
  std::vector<PastFault> faults_;
  std::vector<DecodedPast> decoded_;
  std::uint64_t unreadable_ = 0;
  std::string report_;
  std::atomic<std::uint64_t> patient_count_{0}, read_{0}, judged_{0}, reading_count_{0};
};

}  // namespace gateway::ingest
