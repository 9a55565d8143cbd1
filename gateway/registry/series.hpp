// What is known of a patient's past for judging: the readings of each series that the plan looks at, as far back as it looks. Loaded
// from the store the first time, then kept in step with what is committed. On the committer's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "gateway/registry/judged_plan.hpp"
#include "gateway/store/store.hpp"
#include "thresholds/history.hpp"

namespace gateway::registry {

class PatientSeries {
 public:
  // OURS: a month of glucose every five minutes. A window with more readings than this is judged by the newest of them.
  static constexpr std::size_t readings_most = 10'000;

  explicit PatientSeries(std::shared_ptr<const JudgedPlan>);

  const JudgedPlan& plan() const { return *plan_; }

  // Makes sure that everything is known that judging at `at` may look at. `written`: what the group at hand wrote and the reader
  // does not see yet.
  void reach(fhir::Time at, store::Reader&, PatientId, std::span<const store::Observation> written);
  // A reading as it is now: new, changed, taken back (entered in error) or without value. The series in which it stands, without
  // repetition.
  std::vector<std::uint16_t> put(const store::Observation&);
  void take_away(ObservationId);

  // By place in RuleSet::series(). Valid until the next change.
  std::span<const thresholds::Series> views();

 private:
  struct Known {
    std::vector<thresholds::Reading> readings;  // by measured time, then by id
    fhir::Time from = fhir::Time::max();        // all that was measured from here on is in `readings`
    fhir::Time loaded_at{};                     // what was loaded is all there was to know then
    std::size_t trim_at = 64;
  };

  template <class Use>
  void each_value(const store::Observation&, const Use&) const;
  bool reaches(std::size_t place, fhir::Time at) const;
  void load(std::size_t place, fhir::Time at, store::Reader&, PatientId, std::span<const store::Observation> written);
  static void insert(Known&, const thresholds::Reading&);
  void trim(std::size_t place);

  std::shared_ptr<const JudgedPlan> plan_;
  std::vector<Known> known_;
  std::vector<thresholds::Series> views_;
};

}  // namespace gateway::registry
