// Judging: one reading against everything a plan says of its series (rule_set.hpp). Each test answers yes, no, or why it cannot say;
// combinations follow the logic of three values, so that what is missing never looks like normal.
#include <algorithm>
#include <cstddef>

#include "thresholds/crossing.hpp"
#include "thresholds/form_total.hpp"
#include "thresholds/rule_set.hpp"
#include "thresholds/score_inputs.hpp"
#include "thresholds/statistics.hpp"
#include "thresholds/view.hpp"

namespace thresholds {
namespace {

Outcome outcome_of(Truth truth) {
  switch (truth) {
    case Truth::no:
      return Outcome::within;
    case Truth::yes:
      return Outcome::breach;
    case Truth::pending:
      return Outcome::pending;
    case Truth::open:
      return Outcome::undecidable;
    case Truth::missing:
      return Outcome::incomplete;
    case Truth::not_now:
      return Outcome::not_now;
  }
  return Outcome::incomplete;
}

}  // namespace

class RuleJudge {
 public:
  RuleJudge(const RuleSet& set, std::span<const Series> history, Time at, const Person& person)
      : set_(set), history_(history), at_(at), person_(person) {}

  Judgement limit(std::uint16_t place, std::uint16_t series) {
    const Limit& limit = set_.limits_[place];
    Judgement judgement{place, {}, {}};
    const View all(history_[series], everything_, at_, series);
    const Reading* reading = all.newest();
    if (reading == nullptr) return said(judgement, Outcome::incomplete, "no-reading");
    judgement.evidence.add(*reading, series);
    if (!limit.applies.holds(at_, reading->circumstances)) return said(judgement, Outcome::not_now, "not-now");
    const View view(history_[series], set_.limit_sieves_[place], at_, series);
    std::array<std::optional<Number>, 4> bounds{limit.alert_high, limit.alert_low, limit.warning_high, limit.warning_low};
    std::optional<Number> clear_low = limit.clear_low, clear_high = limit.clear_high;
    if (limit.baseline) {
      const std::optional<Number> baseline = baseline_of(*limit.baseline, view, zone_of(limit.applies), judgement.evidence);
      if (!baseline) return said(judgement, Outcome::incomplete, "no-baseline");
      for (std::optional<Number>* bound : {&bounds[0], &bounds[1], &bounds[2], &bounds[3], &clear_low, &clear_high}) {
        if (!*bound) continue;
        *bound = relative(**bound, *baseline, limit.baseline->percent);
        if (!*bound) return said(judgement, Outcome::undecidable, "out-of-range");
      }
    }
    judge_bounds(limit, view, *reading, bounds, judgement);
    if (judgement.verdict.outcome == Outcome::within) {
      const bool low_reached = !clear_low || at_least(reading->value, reading->comparator, *clear_low) == Crossing::yes;
      const bool high_reached = !clear_high || at_most(reading->value, reading->comparator, *clear_high) == Crossing::yes;
      judgement.verdict.clears = low_reached && high_reached;
      if (!judgement.verdict.clears) judgement.evidence.why = "inside-clear-bound";
    }
    return judgement;
  }

  Judgement rule(std::uint16_t place, const Reading* trigger) {
    const Rule& rule = set_.rules_[place];
    Judgement judgement{place, {}, {}};
    static const Circumstances unstated;
    if (!rule.applies.holds(at_, trigger == nullptr ? unstated : trigger->circumstances)) {
      if (trigger != nullptr) judgement.evidence.add(*trigger, 0);
      return said(judgement, Outcome::not_now, "not-now");
    }
    sieve_ = &set_.rule_sieves_[place];
    zone_ = &zone_of(rule.applies);
    const Answer answer = ask(set_.nodes_[place], judgement.evidence);
    judgement.verdict.outcome = outcome_of(answer.truth);
    judgement.verdict.clears = answer.clears;
    if (answer.truth == Truth::yes) judgement.verdict.severity = rule.severity;
    judgement.evidence.why = answer.why;
    return judgement;
  }

 private:
  using Node = RuleSet::Node;

  static Judgement said(Judgement& judgement, Outcome outcome, std::string_view why) {
    judgement.verdict.outcome = outcome;
    judgement.evidence.why = why;
    return judgement;
  }

  // Without the grammar nobody names a zone; then a calendar day is a day of UTC.
  static const Zone& zone_of(const Applies& applies) {
    class Utc final : public Zone {
     public:
      std::chrono::minutes offset_at(Time) const override { return std::chrono::minutes(0); }
      Time first(WallTime wall) const override { return Time(wall.time_since_epoch()); }
    };
    static const Utc utc;
    return applies.zone ? *applies.zone : static_cast<const Zone&>(utc);
  }

  View view_of(std::uint16_t place) const { return {history_[place], *sieve_, at_, place}; }

  // ---- limits

  void judge_bounds(const Limit& limit, const View& view, const Reading& reading, const std::array<std::optional<Number>, 4>& bounds,
                    Judgement& judgement) {
    struct Row {
      Bound bound;
      Severity severity;
      Direction direction;
    };
    // Outermost first on each side, as `bounds`. Warning is moderate, alert is severe (design.md section 7).
    static constexpr std::array<Row, 4> rows{{{Bound::alert_high, Severity::severe, Direction::high},
                                              {Bound::alert_low, Severity::severe, Direction::low},
                                              {Bound::warning_high, Severity::moderate, Direction::high},
                                              {Bound::warning_low, Severity::moderate, Direction::low}}};
    Verdict& verdict = judgement.verdict;
    verdict.outcome = Outcome::within;
    judgement.evidence.why = "within";
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!bounds[i]) continue;
      auto crossing_of = [&](const Reading& one) {
        return rows[i].direction == Direction::high ? above(one.value, one.comparator, *bounds[i])
                                                    : below(one.value, one.comparator, *bounds[i]);
      };
      Answer answer{truth_of(crossing_of(reading)), "crossed"};
      Evidence more;
      if (limit.of) answer = counted(view, *limit.of, crossing_of, more);
      if (limit.sustained.count() > 0) answer = lasting(view, limit.sustained, crossing_of, more);
      if (answer.truth == Truth::yes) {
        for (const Evidence::Input& input : more.all()) {
          if (judgement.evidence.count < evidence_max && input.id != reading.id) judgement.evidence.inputs[judgement.evidence.count++] = input;
        }
        judgement.evidence.why = answer.why;
        judgement.evidence.value = reading.value;
        judgement.evidence.bound = bounds[i];
        verdict = {Outcome::breach, rows[i].bound, rows[i].severity, rows[i].direction, bounds[i], true};
        return;
      }
      if (answer.truth == Truth::open) {
        verdict.outcome = Outcome::undecidable;
        judgement.evidence.why = "comparator";
      } else if (answer.truth == Truth::pending && verdict.outcome == Outcome::within) {
        verdict.outcome = Outcome::pending;
        judgement.evidence.why = answer.why;
      }
    }
  }

  // ---- what is usual

  std::optional<Number> baseline_of(const Baseline& baseline, const View& view, const Zone& zone, Evidence& evidence) const {
    if (baseline.statistic == Baseline::Statistic::given) return baseline.value;
    const Time begin = begin_of(baseline.window, at_, zone);
    Values values;
    view.backwards([&](const Reading& reading) {
      if (reading.measured < begin) return false;
      if (reading.measured < at_ && reading.comparator == Comparator::none) values.add(reading);
      return true;
    });
    if (values.size() < static_cast<std::size_t>(std::max(baseline.readings, 1))) return std::nullopt;
    const std::optional<Number> value = values.statistic(baseline.statistic);
    if (value) evidence.bound = value;
    return value;
  }

  static std::optional<Number> relative(const Number& bound, const Number& baseline, bool percent) {
    if (!percent) return plus(baseline, bound);
    std::optional<Number> value = times(baseline, bound);
    if (value) value->scale += 2;
    return value;
  }

  // ---- conditions

  Answer ask(const Node& node, Evidence& evidence) {
    return std::visit([&](const auto& test) { return ask(test, node, evidence); }, node.condition->test);
  }

  static Answer seen(Answer answer, const Reading& newest) {
    answer.from = answer.to = newest.measured;
    return answer;
  }

  Answer ask(const ValueTest& test, const Node& node, Evidence& evidence) {
    const View view = view_of(node.series.front());
    const Reading* newest = view.newest();
    if (newest == nullptr) return {Truth::missing, "no-reading"};
    Number bound = test.bound;
    std::optional<Number> clear = test.clear;
    evidence.add(*newest, view.place());
    if (test.baseline) {
      const std::optional<Number> baseline = baseline_of(*test.baseline, view, *zone_, evidence);
      if (!baseline) return seen({Truth::missing, "no-baseline"}, *newest);
      const std::optional<Number> made = relative(bound, *baseline, test.baseline->percent);
      if (clear) clear = relative(*clear, *baseline, test.baseline->percent);
      if (!made || (test.clear && !clear)) return seen({Truth::open, "out-of-range"}, *newest);
      bound = *made;
    }
    auto crossing_of = [&](const Reading& reading) { return crosses(test.compare, reading, bound); };
    Answer answer{truth_of(crossing_of(*newest)), {}};
    answer.why = answer.truth == Truth::yes ? "crossed" : answer.truth == Truth::no ? "within" : "comparator";
    if (test.of) {
      answer = counted(view, *test.of, crossing_of, evidence);
    } else if (test.sustained.count() > 0) {
      answer = lasting(view, test.sustained, crossing_of, evidence);
    }
    if (!test.of) {
      evidence.value = newest->value;
      evidence.bound = bound;
    }
    if (answer.truth == Truth::no && clear) {
      const Crossing reached = towards_high(test.compare) ? at_most(newest->value, newest->comparator, *clear)
                                                          : at_least(newest->value, newest->comparator, *clear);
      answer.clears = reached == Crossing::yes;
      if (!answer.clears) answer.why = "inside-clear-bound";
    }
    return seen(answer, *newest);
  }

  Answer ask(const ChangeTest& test, const Node& node, Evidence& evidence) {
    const View view = view_of(node.series.front());
    const Reading* newest = view.newest();
    if (newest == nullptr) return {Truth::missing, "no-reading"};
    evidence.add(*newest, view.place());
    if (newest->comparator != Comparator::none) return seen({Truth::open, "comparator"}, *newest);
    std::optional<Number> than;
    Number value = newest->value;
    if (test.against == ChangeTest::Against::baseline) {
      than = test.baseline ? baseline_of(*test.baseline, view, *zone_, evidence) : std::nullopt;
      if (!than) return seen({Truth::missing, "no-baseline"}, *newest);
    } else {
      const Reading* other = compared_with(test, view, *newest, value);
      if (other == nullptr) return seen({Truth::missing, "no-earlier-reading"}, *newest);
      than = other->value;
      evidence.add(*other, view.place());
    }
    std::optional<Number> change = test.falls ? minus(*than, value) : minus(value, *than);
    std::optional<Number> amount = test.amount;
    if (change && test.percent) {
      if (*than <= Number{0, 0}) return seen({Truth::open, "out-of-range"}, *newest);  // a percentage of nothing
      amount = times(test.amount, *than);
      if (amount) amount->scale += 2;
    }
    if (!change || !amount) return seen({Truth::open, "out-of-range"}, *newest);
    evidence.value = change;
    evidence.bound = amount;
    if (*change >= *amount) return seen({Truth::yes, test.falls ? std::string_view("fell") : std::string_view("rose")}, *newest);
    return seen({Truth::no, "no-change"}, *newest);
  }

  // The extreme of the window before the new reading, or the last one. Readings of one instant have no order among themselves: the
  // furthest of them is the new one and the others belong to the window, so that the order they came in decides nothing.
  const Reading* compared_with(const ChangeTest& test, const View& view, const Reading& newest, Number& value) const {
    const Time instant = newest.measured;
    const bool windowed = !test.within.empty();
    const Time begin = windowed ? begin_of(test.within, instant, *zone_) : Time{};
    const Reading* found = nullptr;
    view.backwards([&](const Reading& reading) {
      if (windowed && reading.measured < begin) return false;
      if (&reading == &newest || reading.comparator != Comparator::none) return true;
      if (reading.measured == instant && (test.falls ? reading.value < value : reading.value > value)) value = reading.value;
      if (test.against == ChangeTest::Against::last) {
        if (reading.measured == instant) return true;
        found = &reading;
        return false;
      }
      if (found == nullptr || (test.falls ? reading.value > found->value : reading.value < found->value)) found = &reading;
      return true;
    });
    if (test.against == ChangeTest::Against::window && found != nullptr &&
        (test.falls ? newest.value > found->value : newest.value < found->value) && value != newest.value) {
      found = &newest;
    }
    return found;
  }

  Answer ask(const TrendTest& test, const Node& node, Evidence& evidence) {
    const View view = view_of(node.series.front());
    const Reading* newest = view.newest();
    if (newest == nullptr) return {Truth::missing, "no-reading"};
    const Time begin = begin_of(test.within, newest->measured, *zone_);
    Values values;
    view.backwards([&](const Reading& reading) {
      if (reading.measured < begin) return false;
      if (reading.comparator == Comparator::none) {
        values.add(reading);
        evidence.add(reading, view.place());
      }
      return true;
    });
    const bool slope = test.statistic == TrendTest::Statistic::slope;
    const int fewest = std::max(test.readings, slope ? 2 : 1);
    if (values.size() < static_cast<std::size_t>(fewest)) return seen({Truth::missing, "too-few-readings"}, *newest);
    std::optional<Number> value;
    if (slope) {
      value = values.slope_per_day();
    } else {
      value = values.statistic(test.statistic == TrendTest::Statistic::median ? Baseline::Statistic::median : Baseline::Statistic::average);
    }
    if (!value) return seen({Truth::open, "out-of-range"}, *newest);
    evidence.value = value;
    evidence.bound = test.bound;
    if (met(test.compare, *value, test.bound)) return seen({Truth::yes, "crossed"}, *newest);
    return seen({Truth::no, "within"}, *newest);
  }

  Answer ask(const MissingTest& test, const Node& node, Evidence& evidence) {
    const View view = view_of(node.series.front());
    const Reading* newest = view.newest();
    if (newest != nullptr) evidence.add(*newest, view.place());
    const std::optional<Time> last = newest == nullptr ? std::nullopt : std::optional(newest->measured);
    if (test.schedule.every.count() > 0) {
      if (!last) return {Truth::yes, "no-reading", true, at_, at_};
      const bool late = *last + test.schedule.every + test.schedule.grace < at_;
      return {late ? Truth::yes : Truth::no, late ? std::string_view("missing") : std::string_view("measured"), true, at_, at_};
    }
    // The expectation that ran out last before the instant judged. A week holds every day of the week once.
    std::optional<Expectation> closed;
    Time after = at_ - std::chrono::days(8);
    const Time began = after;
    while (auto next = next_expectation(test.schedule, began, after, last)) {
      if (next->deadline >= at_) break;
      closed = next;
      after = next->deadline;
    }
    if (!closed) return {Truth::missing, "no-window-yet", true, at_, at_};
    bool measured = false;
    view.backwards([&](const Reading& reading) {
      measured = measured || meets(test.schedule, *closed, reading.measured);
      return !measured && reading.measured >= closed->begin;
    });
    return {measured ? Truth::no : Truth::yes, measured ? std::string_view("measured") : std::string_view("missing"), true, at_, at_};
  }

  Answer ask(const ScoreTest& test, const Node& node, Evidence& evidence) {
    std::array<const Reading*, 16> newest{};
    std::optional<Time> from, to;
    bool old = false;
    for (std::size_t i = 0; i < node.series.size() && i < newest.size(); ++i) {
      if (node.series[i] == RuleSet::no_series) continue;
      const View view = view_of(node.series[i]);
      const Reading* reading = view.newest();
      if (reading == nullptr) continue;
      if (at_ - reading->measured > test.max_age) {
        old = true;
        continue;
      }
      newest[i] = reading;
      evidence.add(*reading, node.series[i]);
      from = from ? std::min(*from, reading->measured) : reading->measured;
      to = to ? std::max(*to, reading->measured) : reading->measured;
    }
    const News2Readings found = news2_from(newest, person_);
    const News2 score = news2(found.inputs);
    auto said = [&](Truth truth, std::string_view why) { return Answer{truth, why, true, from, to}; };
    if (score.refused) return said(Truth::not_now, *score.refused == News2Refusal::under_16 ? "refused-under-16" : "refused-pregnant");
    evidence.value = Number{score.possible.min, 0};
    evidence.bound = test.at_least;
    if (test.at_least && Number{score.possible.min, 0} >= *test.at_least) return said(Truth::yes, "score-reached");
    if (test.red && score.red_score) return said(Truth::yes, "single-parameter-3");
    if (score.complete()) return said(Truth::no, "score-below");
    // A missing input could be the one that scores 3, and what it can add may reach the bound.
    if (test.red || (test.at_least && Number{score.possible.max, 0} >= *test.at_least)) {
      return said(Truth::missing, old ? "input-too-old" : "input-missing");
    }
    return said(Truth::no, "score-below");
  }

  Answer ask(const AnswerTest& test, const Node& node, Evidence& evidence) {
    const View view = view_of(node.series.front());
    const Reading* newest = view.newest();
    if (newest == nullptr) return {Truth::missing, "no-reading"};
    evidence.add(*newest, view.place());
    evidence.value = newest->value;
    evidence.bound = test.bound;
    const Truth truth = truth_of(crosses(test.compare, *newest, test.bound));
    return seen({truth, truth == Truth::yes ? "crossed" : truth == Truth::no ? "within" : "comparator"}, *newest);
  }

  // Answers of an older form than the newest say nothing of it.
  Answer ask(const FormTest& test, const Node& node, Evidence& evidence) {
    std::array<const Reading*, form_links_max> readings{};
    const Reading* newest = nullptr;
    for (std::size_t i = 0; i < node.series.size(); ++i) {
      readings[i] = view_of(node.series[i]).newest();
      if (readings[i] != nullptr && (newest == nullptr || later(*readings[i], *newest))) newest = readings[i];
    }
    if (newest == nullptr) return {Truth::missing, "no-reading"};
    std::array<std::optional<Number>, form_links_max> answers;
    for (std::size_t i = 0; i < node.series.size(); ++i) {
      if (readings[i] != nullptr && readings[i]->id == newest->id) answers[i] = readings[i]->value;
    }
    evidence.add(*newest, node.series.front());
    const FormTotal form = form_total(test, std::span(answers).first(node.series.size()));
    evidence.value = Number{form.possible.min, 0};
    evidence.bound = test.bound;
    const bool least = met(test.compare, Number{form.possible.min, 0}, test.bound);
    const bool most = met(test.compare, Number{form.possible.max, 0}, test.bound);
    if (least && most) return seen({Truth::yes, "crossed"}, *newest);
    if (!least && !most) return seen({Truth::no, "within"}, *newest);
    return seen({Truth::missing, "input-missing"}, *newest);
  }

  static bool later(const Reading& a, const Reading& b) { return a.measured != b.measured ? a.measured > b.measured : a.id > b.id; }

  Answer ask(const RuleReference&, const Node&, Evidence&) { return {Truth::missing, "no-such-rule"}; }

  Answer ask(const Condition::Combination& combination, const Node& node, Evidence& evidence) {
    std::array<Answer, condition_parts_max> answers;
    const std::size_t count = std::min(node.parts.size(), answers.size());
    std::optional<Time> to;
    for (std::size_t i = 0; i < count; ++i) {
      answers[i] = ask(node.parts[i], evidence);
      if (answers[i].to) to = to ? std::max(*to, *answers[i].to) : *answers[i].to;
    }
    // What was measured too long before the newest says nothing of now.
    if (!combination.within.empty() && to) {
      const Time begin = begin_of(combination.within, *to, *zone_);
      for (std::size_t i = 0; i < count; ++i) {
        if (answers[i].from && *answers[i].from < begin) answers[i] = {Truth::missing, "input-too-old"};
      }
    }
    const std::span<const Answer> parts(answers.data(), count);
    Answer answer = combination.how == Condition::Combination::How::all   ? all_of(parts)
                    : combination.how == Condition::Combination::How::any ? any_of(parts)
                                                                          : none_of(parts.front());
    for (const Answer& part : parts) {
      if (part.from) answer.from = answer.from ? std::min(*answer.from, *part.from) : *part.from;
    }
    answer.to = to;
    if (answer.truth == Truth::yes || answer.truth == Truth::no) {
      evidence.value.reset();
      evidence.bound.reset();
    }
    return answer;
  }

  static Answer first_unknown(std::span<const Answer> parts, Truth otherwise, std::string_view why) {
    for (Truth truth : {Truth::not_now, Truth::missing, Truth::open, Truth::pending}) {
      for (const Answer& part : parts) {
        if (part.truth == truth) return {truth, part.why};
      }
    }
    return {otherwise, why};
  }

  static Answer all_of(std::span<const Answer> parts) {
    bool no = false, clears = false;
    for (const Answer& part : parts) {
      if (part.truth != Truth::no) continue;
      no = true;
      clears = clears || part.clears;
    }
    if (no) return {Truth::no, "not-all", clears};
    return first_unknown(parts, Truth::yes, "all");
  }

  static Answer any_of(std::span<const Answer> parts) {
    bool clears = true;
    for (const Answer& part : parts) {
      if (part.truth == Truth::yes) return {Truth::yes, "any"};
      clears = clears && part.clears;
    }
    Answer answer = first_unknown(parts, Truth::no, "none");
    answer.clears = clears;
    return answer;
  }

  static Answer none_of(const Answer& part) {
    if (part.truth == Truth::yes) return {Truth::no, "not"};
    if (part.truth == Truth::no) return {Truth::yes, "not"};
    return {part.truth, part.why};
  }

  const RuleSet& set_;
  std::span<const Series> history_;
  Time at_;
  const Person& person_;
  Applies everything_;
  const Applies* sieve_ = &everything_;
  const Zone* zone_ = nullptr;
};

void RuleSet::judge(std::span<const Series> history, std::span<const std::uint16_t> changed, Time at, const Person& person,
                    Judgements& out) const {
  out.clear();
  RuleJudge judge(*this, history, at, person);
  const Applies everything;
  for (std::size_t i = 0; i < changed.size(); ++i) {
    const std::uint16_t series = changed[i];
    out.rules.reserve(out.rules.size() + rules_of_[series].size());
    for (std::uint16_t place : limits_of_[series]) out.limits.push_back(judge.limit(place, series));
    if (rules_of_[series].empty()) continue;
    const Reading* trigger = View(history[series], everything, at, series).newest();
    for (std::uint16_t place : rules_of_[series]) {
      // A blood pressure changes two series; a rule that looks at both is asked once.
      const bool asked = std::any_of(out.rules.begin(), out.rules.end(), [&](const Judgement& one) { return one.place == place; });
      if (!asked) out.rules.push_back(judge.rule(place, trigger));
    }
  }
  if (changed.size() > 1) {
    std::sort(out.rules.begin(), out.rules.end(), [](const Judgement& a, const Judgement& b) { return a.place < b.place; });
  }
}

}  // namespace thresholds
