#include "thresholds/backtest.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <numeric>
#include <tuple>
#include <utility>

namespace thresholds {
namespace {

constexpr std::string_view pulse = "pulse-rate", heart = "heart-rate";
constexpr std::chrono::hours doubled_span{1};  // clocks are put back by an hour wherever home monitoring is likely to be

// A missing rule and what meets it.
struct Expected {
  const Rule* rule;
  Applies applies;               // of the clock only: circumstances are a reading's, and there is none
  std::vector<bool> kinds;       // of the vocabulary
  std::vector<bool> series;
};

}  // namespace

struct Backtest::Watched {
  const RuleSet* rules;
  std::vector<std::vector<std::uint16_t>> places;  // by series of the vocabulary, those of the rule set that take it
  std::vector<std::size_t> limit_alarm;  // by limit: its alarm in direction low; the next one is high
  std::size_t rule_alarm = 0;            // the first rule's
  std::vector<bool> limit_looks_back, rule_looks_back;
  bool any_looks_back = false;
  std::vector<Expected> expected;
};

namespace {

bool means(std::string_view wanted, std::string_view given, bool pulse_is_heart_rate) {
  return wanted == given || wanted == any_kind || (pulse_is_heart_rate && wanted == heart && given == pulse);
}

Expected expected_of(const Rule& rule, const Vocabulary& vocabulary, bool pulse_is_heart_rate) {
  const SeriesName& wanted = rule.missing()->series;
  Expected made{&rule, rule.applies, {}, {}};
  made.applies.meal.reset();
  made.applies.oxygen.reset();
  made.applies.site.clear();
  for (const std::string& kind : vocabulary.kinds) {
    made.kinds.push_back(wanted.component.empty() && means(wanted.kind, kind, pulse_is_heart_rate));
  }
  for (const SeriesName& series : vocabulary.series) {
    made.series.push_back(series.component == wanted.component && means(wanted.kind, series.kind, pulse_is_heart_rate));
  }
  return made;
}

Backtest::Watched watched(const RuleSet& rules, const Vocabulary& vocabulary, bool pulse_is_heart_rate) {
  Backtest::Watched made;
  made.rules = &rules;
  for (const SeriesName& series : vocabulary.series) {
    std::vector<std::uint16_t> places;
    if (const auto place = rules.place_of(series.kind, series.component)) places.push_back(static_cast<std::uint16_t>(*place));
    if (pulse_is_heart_rate && series.kind == pulse) {
      if (const auto place = rules.place_of(heart, series.component)) places.push_back(static_cast<std::uint16_t>(*place));
    }
    made.places.push_back(std::move(places));
  }
  const std::span<const Limit> limits = rules.limits();
  std::size_t alarms = 0;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    std::size_t alarm = alarms;
    for (std::size_t j = 0; j < i; ++j) {
      if (limits[j].kind == limits[i].kind && limits[j].component == limits[i].component) alarm = made.limit_alarm[j];
    }
    if (alarm == alarms) alarms += 2;
    made.limit_alarm.push_back(alarm);
    made.limit_looks_back.push_back(looks_back(limits[i]));
    made.any_looks_back = made.any_looks_back || made.limit_looks_back.back();
  }
  made.rule_alarm = alarms;
  for (const Rule& rule : rules.rules()) {
    made.rule_looks_back.push_back(!rule.shadow && looks_back(rule));
    made.any_looks_back = made.any_looks_back || made.rule_looks_back.back();
    if (rule.missing() != nullptr && !rule.shadow) made.expected.push_back(expected_of(rule, vocabulary, pulse_is_heart_rate));
  }
  return made;
}

struct OpenAlarm {
  AlarmState machine;
  Time raised{}, measured{};
  std::string rule;
};

// One missing rule of one patient.
struct Waiting {
  std::vector<Time> measured;  // of the readings that came, in order
  std::optional<Expectation> next;
  bool overdue = false;        // `every`: told of this expectation already
  Expectation missed{};        // the newest that ran out
  int misses = 0;              // in a row
  std::optional<OpenAlarm> alarm;
};

struct OfSet {
  std::vector<std::vector<Reading>> history;
  std::vector<Series> series;
  std::vector<std::optional<OpenAlarm>> alarms;
  std::vector<Waiting> waiting;
};

}  // namespace

class Backtest::PatientRun {
 public:
  PatientRun(const Backtest& backtest, const Past& past) : backtest_(backtest), settings_(backtest.settings_), past_(past) {
    latest_.resize(backtest.kinds_);
    for (const Watched& watched : backtest.watched_) {
      OfSet set;
      set.history.resize(watched.rules->series().size());
      set.series.resize(set.history.size());
      set.alarms.resize(watched.rule_alarm + watched.rules->rules().size());
      set.waiting.resize(watched.expected.size());
      sets_.push_back(std::move(set));
    }
  }

  std::vector<BacktestChange> run() {
    std::vector<std::uint32_t> arrivals(past_.readings.size());
    std::iota(arrivals.begin(), arrivals.end(), 0U);
    std::stable_sort(arrivals.begin(), arrivals.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return past_.readings[a].arrived < past_.readings[b].arrived; });
    if (arrivals.empty() || past_.readings[arrivals.front()].arrived > settings_.until) return {};
    begin(past_.readings[arrivals.front()].arrived);
    for (const std::uint32_t place : arrivals) {
      const Time arrived = past_.readings[place].arrived;
      if (arrived > settings_.until) break;
      // What ran out at this very instant has not: arrivals come first.
      while (run_out([&](Time deadline) { return deadline < arrived; })) {
      }
      now_ = std::max(now_, arrived);
      take(place);
    }
    while (run_out([&](Time deadline) { return deadline <= settings_.until; })) {
    }
    return std::move(changes_);
  }

 private:
  // ---- readings

  void take(std::uint32_t place) {
    const PastReading& reading = past_.readings[place];
    if (reading.absent) return;
    std::optional<Time>& latest = latest_[reading.kind];
    standing_ = standing(reading.measured, now_, latest && reading.measured < *latest, settings_.age);
    if (reading.doubled_hour) standing_.may_be_later = doubled_span;
    place_ = place;
    newest_ = latest.value_or(reading.measured);
    for (set_ = 0; set_ < sets_.size(); ++set_) {
      judge(reading);
      restore(reading);
    }
    if (!latest || *latest < reading.measured) latest = reading.measured;
  }

  void judge(const PastReading& reading) {
    const Watched& watched = backtest_.watched_[set_];
    OfSet& set = sets_[set_];
    changed_.clear();
    for (const PastValue& value : values_of(reading)) {
      for (const std::uint16_t series : watched.places[value.series]) {
        insert(set.history[series], reading, value);
        set.series[series] = set.history[series];
        if (std::find(changed_.begin(), changed_.end(), series) == changed_.end()) changed_.push_back(series);
      }
    }
    if (changed_.empty()) return;
    judgements_.clear();
    watched.rules->judge(set.series, changed_, reading.measured, past_.person, judgements_);
    for (const Judgement& judgement : judgements_.limits) limit(judgement);
    for (const Judgement& judgement : judgements_.rules) rule(judgement);
    if (standing_.superseded && watched.any_looks_back) judge_at_newest();
  }

  // See looks_back().
  void judge_at_newest() {
    const Watched& watched = backtest_.watched_[set_];
    judgements_.clear();
    watched.rules->judge(sets_[set_].series, changed_, newest_, past_.person, judgements_);
    for (const Judgement& judgement : judgements_.limits) {
      if (judgement.verdict.outcome != Outcome::breach || !watched.limit_looks_back[judgement.place]) continue;
      if (!open(limit_alarm(judgement.place, judgement.verdict.direction))) limit(judgement);
    }
    for (const Judgement& judgement : judgements_.rules) {
      if (judgement.verdict.outcome != Outcome::breach || !watched.rule_looks_back[judgement.place]) continue;
      if (!open(rule_alarm(judgement.place))) rule(judgement);
    }
  }

  std::span<const PastValue> values_of(const PastReading& reading) const {
    return std::span(past_.values).subspan(reading.first_value, reading.value_count);
  }

  void insert(std::vector<Reading>& history, const PastReading& past, const PastValue& value) {
    Reading reading;
    reading.measured = past.measured;
    reading.value = value.value;
    reading.comparator = value.comparator;
    reading.circumstances = past.circumstances;
    reading.id = place_;
    auto after = history.end();
    if (!history.empty() && past.measured < history.back().measured) {
      after = std::upper_bound(history.begin(), history.end(), past.measured,
                               [](Time measured, const Reading& other) { return measured < other.measured; });
    }
    history.insert(after, reading);
  }

  void limit(const Judgement& judgement) {
    const Limit& limit = backtest_.watched_[set_].rules->limits()[judgement.place];
    for (const Direction direction : {Direction::low, Direction::high}) {
      const auto judged = judged_limit(judgement.verdict, direction, judgement.evidence.value, standing_);
      if (judged) hear(limit_alarm(judgement.place, direction), *judged, judgement.evidence, [&] { return limit_rule(limit, judged->bound); });
    }
  }

  void rule(const Judgement& judgement) {
    const Rule& rule = backtest_.watched_[set_].rules->rules()[judgement.place];
    if (rule.shadow) return;
    if (const auto judged = judged_rule(judgement.verdict, standing_)) {
      hear(rule_alarm(judgement.place), *judged, judgement.evidence, [&] { return rule.id; });
    }
  }

  template <class Name>
  void hear(std::optional<OpenAlarm>& alarm, const Judged& judged, const Evidence& evidence, const Name& name) {
    if (!open(alarm)) {
      if (!judged.breach) return;
      const Step step = raise(judged);
      alarm = OpenAlarm{step.next, now_, judged.measured, name()};
      tell(step, *alarm);
      changes_.back().readings = behind(evidence);
      return;
    }
    const Step step = judge_open(alarm->machine, judged, settings_.alarms, now_);
    const Severity shown = alarm->machine.severity;
    alarm->machine = step.next;
    if (step.change == Change::none) return;
    if (judged.breach) {
      if (explains_better(judged, shown, alarm->measured)) alarm->rule = name();
      if (!judged.superseded) alarm->measured = std::max(alarm->measured, judged.measured);
    }
    tell(step, *alarm);
    if (step.change == Change::normal && !settings_.handled_after) alarm.reset();
  }

  std::vector<std::uint32_t> behind(const Evidence& evidence) const {
    std::vector<std::uint32_t> found{place_};
    for (const Evidence::Input& input : evidence.all()) {
      const auto place = static_cast<std::uint32_t>(input.id);
      if (std::find(found.begin(), found.end(), place) == found.end()) found.push_back(place);
    }
    return found;
  }

  // ---- alarms

  std::optional<OpenAlarm>& limit_alarm(std::size_t limit, Direction direction) {
    return sets_[set_].alarms[backtest_.watched_[set_].limit_alarm[limit] + (direction == Direction::high ? 1 : 0)];
  }
  std::optional<OpenAlarm>& rule_alarm(std::size_t rule) { return sets_[set_].alarms[backtest_.watched_[set_].rule_alarm + rule]; }

  // Whether it is open now: somebody may have handled it since.
  bool open(std::optional<OpenAlarm>& alarm) const {
    if (alarm && settings_.handled_after && now_ >= alarm->raised + *settings_.handled_after) alarm.reset();
    return alarm.has_value();
  }

  BacktestChange& tell(const Step& step, const OpenAlarm& alarm) {
    BacktestChange change;
    change.at = now_;
    change.rule = alarm.rule;
    change.change = step.change;
    change.severity = alarm.machine.severity;
    change.measured = standing_.measured;
    change.late = standing_.late;
    change.superseded = standing_.superseded;
    change.reason = step.reason;
    change.order = past_.readings[place_].order;
    change.programme = static_cast<std::uint16_t>(set_);
    changes_.push_back(std::move(change));
    return changes_.back();
  }

  // ---- readings that do not come

  void begin(Time first) {
    began_ = now_ = first;
    for (std::size_t set = 0; set < sets_.size(); ++set) {
      for (std::size_t i = 0; i < sets_[set].waiting.size(); ++i) {
        sets_[set].waiting[i].next = next_expectation(schedule(set, i), began_, began_, std::nullopt);
      }
    }
  }

  const Schedule& schedule(std::size_t set, std::size_t i) const { return backtest_.watched_[set].expected[i].rule->missing()->schedule; }

  bool is_periodic(std::size_t set, std::size_t i) const { return schedule(set, i).every.count() != 0; }

  bool concerns(const Expected& expected, const PastReading& reading) const {
    if (expected.kinds[reading.kind]) return true;
    const std::span<const PastValue> values = values_of(reading);
    return std::any_of(values.begin(), values.end(), [&](const PastValue& value) { return expected.series[value.series]; });
  }

  void restore(const PastReading& reading) {
    OfSet& set = sets_[set_];
    for (std::size_t i = 0; i < set.waiting.size(); ++i) {
      const Expected& expected = backtest_.watched_[set_].expected[i];
      if (!concerns(expected, reading)) continue;
      Waiting& waiting = set.waiting[i];
      auto& measured = waiting.measured;
      measured.insert(std::upper_bound(measured.begin(), measured.end(), reading.measured), reading.measured);
      // What was measured before the window that was missed says nothing of it (invariant 6).
      bool came = meets_or_follows(schedule(set_, i), waiting.missed, reading.measured);
      if (is_periodic(set_, i)) {
        const std::optional<Expectation> next = next_expectation(schedule(set_, i), began_, now_, measured.back());
        if (next == waiting.next) continue;
        waiting.next = next;
        const bool due = next->deadline < now_;  // so old that the next one is overdue already: the cause stands
        came = came && !due;
        if (!due || !open(waiting.alarm)) waiting.overdue = false;
      }
      if (!came) continue;
      waiting.misses = 0;
      if (!open(waiting.alarm)) continue;
      const Step step = thresholds::restore(waiting.alarm->machine);
      waiting.alarm->machine = step.next;
      tell(step, *waiting.alarm);
      waiting.alarm.reset();
    }
  }

  static bool meets_or_follows(const Schedule& schedule, const Expectation& missed, Time measured) {
    return measured > missed.deadline || meets(schedule, missed, measured);
  }

  // The earliest expectation that runs out before a time, if there is one.
  template <class Before>
  bool run_out(const Before& before) {
    Waiting* first = nullptr;
    std::size_t in_set = 0, place = 0;
    for (std::size_t set = 0; set < sets_.size(); ++set) {
      for (std::size_t i = 0; i < sets_[set].waiting.size(); ++i) {
        Waiting& waiting = sets_[set].waiting[i];
        if (!waiting.next || waiting.overdue || !before(waiting.next->deadline)) continue;
        if (first != nullptr && first->next->deadline <= waiting.next->deadline) continue;
        first = &waiting;
        in_set = set;
        place = i;
      }
    }
    if (first == nullptr) return false;
    set_ = in_set;
    now_ = std::max(now_, first->next->deadline);
    ran_out(*first, place);
    return true;
  }

  void ran_out(Waiting& waiting, std::size_t i) {
    const Expectation expectation = *waiting.next;
    const Expected& expected = backtest_.watched_[set_].expected[i];
    bool met = false;
    if (is_periodic(set_, i)) {
      waiting.overdue = true;
    } else {
      waiting.next = next_expectation(schedule(set_, i), began_, expectation.deadline, std::nullopt);
      const auto from = std::lower_bound(waiting.measured.begin(), waiting.measured.end(), expectation.begin);
      met = from != waiting.measured.end() && meets(schedule(set_, i), expectation, *from);
    }
    if (met) {
      waiting.misses = 0;
      return;
    }
    if (!expected.applies.always() && !expected.applies.holds(expectation.begin, {})) return;
    ++waiting.misses;
    waiting.missed = expectation;
    const bool stands = open(waiting.alarm);
    const Step step = missed(stands ? &waiting.alarm->machine : nullptr, missing_severity(*expected.rule, waiting.misses),
                             expectation.deadline, settings_.alarms, now_);
    if (stands) {
      waiting.alarm->machine = step.next;
    } else {
      waiting.alarm = OpenAlarm{step.next, now_, expectation.deadline, expected.rule->id};
    }
    standing_ = {};
    standing_.measured = expectation.deadline;
    BacktestChange& change = tell(step, *waiting.alarm);
    change.by_deadline = true;
    change.order = past_.readings.front().order;
  }

  const Backtest& backtest_;
  const BacktestSettings& settings_;
  const Past& past_;
  std::vector<OfSet> sets_;
  std::vector<std::optional<Time>> latest_;  // by kind, newest measured of those judged
  std::vector<BacktestChange> changes_;
  Judgements judgements_;
  std::vector<std::uint16_t> changed_;

  // Of the step being made.
  Time began_{}, now_{}, newest_{};
  Standing standing_;
  std::size_t set_ = 0;
  std::uint32_t place_ = 0;
};

Backtest::Backtest(std::span<const RuleSet> sets, const Vocabulary& vocabulary, BacktestSettings settings)
    : settings_(settings), kinds_(vocabulary.kinds.size()) {
  // Live a patient in several programmes has one plan, so what any of them says of pulse-rate holds for all.
  const bool pulse_is_heart_rate =
      std::all_of(sets.begin(), sets.end(), [](const RuleSet& rules) { return rules.pulse_is_heart_rate(); });
  for (const RuleSet& rules : sets) watched_.push_back(watched(rules, vocabulary, pulse_is_heart_rate));
}

Backtest::~Backtest() = default;

std::vector<BacktestChange> Backtest::run(const Past& past) const { return PatientRun(*this, past).run(); }

bool before(const BacktestChange& a, const BacktestChange& b) {
  return std::tie(a.at, a.by_deadline, a.order) < std::tie(b.at, b.by_deadline, b.order);
}

}  // namespace thresholds
