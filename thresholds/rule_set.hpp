// A patient's limits and rules made ready for judging, and the judging itself (docs/rules.md says what each form means). Made once per
// plan, immutable, shared by threads.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thresholds/history.hpp"
#include "thresholds/rule.hpp"

namespace thresholds {

// The readings a judgement rests on, newest first; of a long window those that decided it.
inline constexpr std::size_t evidence_max = 16;
struct Evidence {
  struct Input {
    std::uint64_t id = 0;
    std::uint32_t version = 0;
    std::uint16_t series = 0;  // place in RuleSet::series()
  };
  std::array<Input, evidence_max> inputs;
  std::uint8_t count = 0;
  std::optional<Number> value, bound;  // what was compared: "rose by 2.4", "at least 2"
  std::string_view why;                // static text, closed list: docs/rules.md "Reasons"

  void add(const Reading&, std::size_t series);
  std::span<const Input> all() const { return {inputs.data(), count}; }
};

// What one limit or one rule says of the reading.
struct Judgement {
  std::uint16_t place = 0;  // in limits() or rules()
  Verdict verdict;          // a rule's breach: its severity, direction high, no bound
  Evidence evidence;
};

struct Judgements {
  std::vector<Judgement> limits, rules;  // of those that have to do with the series judged; rules in order of the programme
  void clear();                          // keeps capacity
};

class RuleSet {
 public:
  // Problems were reported before (problems(...)); what has any is left out here, so that a plan stored by an older version still judges
  // with the rest. References are put in place.
  RuleSet(std::vector<Limit>, std::vector<Rule>);
  RuleSet(RuleSet&&) = default;
  RuleSet& operator=(RuleSet&&) = default;
  RuleSet(const RuleSet&) = delete;  // nodes point into the rules
  RuleSet& operator=(const RuleSet&) = delete;

  std::span<const Limit> limits() const { return limits_; }
  std::span<const Rule> rules() const { return rules_; }

  // The series that limits and rules look at. The caller gives judge() one Series for each, in this order.
  std::span<const SeriesName> series() const { return series_; }
  std::optional<std::size_t> place_of(std::string_view kind, std::string_view component) const;
  // What has to be known of a series before a reading of it or another is judged: so much of the time before the newest, but no fewer
  // than so many readings (when there are so many). 0 and 1: the newest alone.
  struct Need {
    std::chrono::minutes back{0};
    std::size_t readings = 1;
  };
  const Need& need(std::size_t series) const { return needs_[series]; }
  // Whether a heart-rate series takes pulse-rate readings too: nothing here speaks of pulse-rate itself (design.md 8.2).
  bool pulse_is_heart_rate() const { return pulse_is_heart_rate_; }

  // Judges the reading that was measured at `at` and just became known in the series named by `changed` (a blood pressure: several):
  // every limit of those series and every rule that looks at one of them, missing rules aside. Pure: the same history gives the
  // same verdicts, and judging twice changes nothing.
  void judge(std::span<const Series> history, std::span<const std::uint16_t> changed, Time at, const Person&, Judgements&) const;

 private:
  friend class RuleJudge;
  friend class RuleCompiler;
  // A condition with the series it looks at found.
  struct Node {
    const Condition* condition = nullptr;
    std::vector<std::uint16_t> series;  // a score: one for each input, no_series where nothing can come
    std::vector<Node> parts;
  };
  static constexpr std::uint16_t no_series = 0xffff;
  // Which readings of a series count for a limit or rule: as Applies, without its first and last day, because what was measured before
  // a rule began is still history. Null zone: all.
  std::vector<Limit> limits_;
  std::vector<Rule> rules_;
  std::vector<Node> nodes_;  // by rule
  std::vector<Applies> limit_sieves_, rule_sieves_;
  std::vector<SeriesName> series_;
  std::vector<Need> needs_;
  std::vector<std::vector<std::uint16_t>> limits_of_, rules_of_;  // by series
  bool pulse_is_heart_rate_ = false;
};

}  // namespace thresholds
