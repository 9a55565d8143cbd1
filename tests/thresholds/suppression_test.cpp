#include "thresholds/suppression.hpp"

#include <catch2/catch.hpp>

using namespace thresholds;
using namespace std::chrono_literals;
using Of = Suppression::Of;

namespace {

Time at(int hour) { return Time(std::chrono::hours(hour)); }

Suppression of(Of what, std::string target, Severity up_to = Severity::moderate) { return {what, std::move(target), up_to, at(10), at(20)}; }

}  // namespace

TEST_CASE("suppression: hides what it is of, in its time, and nothing worse than it says", "[thresholds][suppression]") {
  struct Row {
    Suppression suppression;
    std::string_view limit, rule;
    Severity severity;
    Time now;
    bool limit_hidden, rule_hidden;
  };
  const Suppression limit = of(Of::limit, "oxygen-saturation"), rule = of(Of::rule, "weight-gain"), absence = of(Of::absence, "");
  for (const Row& row : {
           Row{limit, "oxygen-saturation", "oxygen-saturation", Severity::moderate, at(10), true, false},
           Row{limit, "oxygen-saturation", "weight-gain", Severity::normal, at(20) - 1us, true, false},
           Row{limit, "oxygen-saturation", "weight-gain", Severity::moderate, at(10) - 1us, false, false},
           Row{limit, "oxygen-saturation", "weight-gain", Severity::moderate, at(20), false, false},
           Row{limit, "oxygen-saturation", "weight-gain", Severity::severe, at(15), false, false},
           Row{limit, "heart-rate", "weight-gain", Severity::moderate, at(15), false, false},
           Row{rule, "weight-gain", "weight-gain", Severity::moderate, at(15), false, true},
           Row{rule, "body-weight", "weight-loss", Severity::moderate, at(15), false, false},
           Row{of(Of::limit, "heart-rate", Severity::severe), "heart-rate", "", Severity::severe, at(15), true, false},
           Row{of(Of::limit, "heart-rate", Severity::critical), "heart-rate", "", Severity::critical, at(15), false, false},
           Row{of(Of::rule, "r", Severity::normal), "", "r", Severity::moderate, at(15), false, false},
           Row{absence, "oxygen-saturation", "weight-gain", Severity::normal, at(15), false, false},
           Row{absence, "", "", Severity::normal, at(15), false, false},
       }) {
    CHECK(hides_limit(row.suppression, row.limit, row.severity, row.now) == row.limit_hidden);
    CHECK(hides_rule(row.suppression, row.rule, row.severity, row.now) == row.rule_hidden);
  }
}

TEST_CASE("suppression: a missing reading is hidden when any part of its time lies in it", "[thresholds][suppression]") {
  const Suppression absence = of(Of::absence, ""), rule = of(Of::rule, "no-weight");
  struct Row {
    Time begin, end;
    bool hidden;
  };
  for (const Row& row : {Row{at(8), at(9), false}, Row{at(8), at(10), true}, Row{at(12), at(13), true}, Row{at(8), at(30), true},
                         Row{at(19), at(30), true}, Row{at(20), at(30), false}}) {
    CHECK(hides_missing(absence, "no-weight", Severity::severe, row.begin, row.end) == row.hidden);
    CHECK(hides_missing(rule, "no-weight", Severity::normal, row.begin, row.end) == row.hidden);
    CHECK_FALSE(hides_missing(rule, "no-weight", Severity::severe, row.begin, row.end));
    CHECK_FALSE(hides_missing(rule, "no-sugar", Severity::normal, row.begin, row.end));
    CHECK_FALSE(hides_missing(of(Of::limit, "no-weight"), "no-weight", Severity::normal, row.begin, row.end));
  }
  Suppression ended_before_it_began = absence;
  ended_before_it_began.until = ended_before_it_began.from;
  CHECK_FALSE(hides_missing(ended_before_it_began, "no-weight", Severity::normal, at(8), at(30)));
}
