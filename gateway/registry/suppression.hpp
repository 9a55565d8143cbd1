// A suppression as an object (thresholds/suppression.hpp says what it hides): whose decision it is, why, until when, what it has hidden
// so far, that its end was told beforehand, and who reviewed it. Values; what writes one is journal/suppression_writer's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fhir/json_reader.hpp"
#include "gateway/alarms/alarm.hpp"
#include "gateway/store/rows.hpp"
#include "thresholds/suppression.hpp"

namespace gateway::registry {

// An alarm that was not raised.
struct HiddenFinding {
  fhir::Time at{};             // when it was judged
  fhir::Time measured{};       // of a missing reading: its deadline
  std::string rule;            // "oxygen-saturation:alert_low", or the rule's id
  ObservationId observation;   // none for a missing reading
  thresholds::Severity severity{};
  std::string text;            // as the alarm would have said it
  bool operator==(const HiddenFinding&) const = default;
};

// OURS: so long after an absence a window it reached into may still run out.
inline constexpr std::chrono::hours absence_echo{24};

inline constexpr std::size_t hidden_kept = 100;  // OURS: the newest; all are counted, and each stands in its reading's judgement

struct Suppression {
  SuppressionId id;
  std::uint32_t version = 1;
  PatientId patient;
  thresholds::Suppression terms;
  std::string reason;
  std::string timezone;  // in which people are told its times
  alarms::Person owner;
  std::optional<alarms::Person> approver;  // a second person; asked for when severe alarms are hidden
  fhir::Time made{};
  std::chrono::seconds warn_before{0};     // the end is told so long before it
  bool warned = false;                     // told, like the next
  bool over = false;
  bool review_asked = false;
  std::optional<alarms::Person> ended_by;  // before its time
  std::int64_t hidden_count = 0;
  std::vector<HiddenFinding> hidden;       // newest first, hidden_kept of them
  std::optional<fhir::Time> reviewed;
  std::optional<alarms::Person> reviewed_by;  // none with `reviewed`: nothing was hidden, so nobody had to
  std::string review;                         // what came of it
  bool operator==(const Suppression&) const = default;

  bool open() const { return !reviewed; }
  // When the timers have to look: the warning, the end, what an absence hid after its end; none once it waits for a person.
  std::optional<fhir::Time> due() const;
};

// Counts it. The same reading's finding of the same rule, judged again, replaces what it was.
void hide(Suppression&, HiddenFinding);

std::string suppression_json(const Suppression&);  // as shown and stored
fhir::Result<Suppression> suppression_from(const store::Suppression&);
store::Suppression suppression_row(const Suppression&, store::Tenant);

}  // namespace gateway::registry
