// Garmin Health pushes: one object with a list per kind of summary. The specification is for partners only; the facts
// are those its public receivers show (the-momentum/open-wearables; vendors.md C.3).
#include "adapters/garmin.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "adapters/members.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;
using namespace std::chrono_literals;

constexpr auto undecodable = QuarantineReason::undecodable;

// Listed, and nothing in them is a reading we know the shape of: durations, scores, nightly averages, and messages
// about the account.
constexpr auto listed_without_readings = std::to_array<std::string_view>(
    {"epochs", "sleeps", "hrv", "stressDetails", "healthSnapshot", "skinTemp", "moveIQActivities", "mct", "userMetrics",
     "activities", "activityDetails", "activityFiles", "deregistrations", "userPermissionsChange"});

std::optional<std::chrono::minutes> stated_offset(JsonValue summary, std::string_view key) {
  const auto seconds = summary[key].as_integer();
  constexpr std::int64_t day = 24 * 60 * 60;
  if (!seconds || *seconds < -day || *seconds > day || *seconds % 60 != 0) return std::nullopt;
  return believable_offset(std::chrono::seconds(*seconds));
}

class SummaryReader {
 public:
  SummaryReader(const Context& context, std::vector<Item>& items) : context_(context), items_(items) {}

  struct List {
    std::string_view key;
    void (SummaryReader::*read)(JsonValue);
  };
  static const std::array<List, 5> lists;

  void read(JsonValue summary, const List& list) {
    if (!summary.is_object()) {
      items_.push_back(held_item(undecodable, summary.path() + ": expected an object"));
    } else if (!summary["callbackURL"].is_null()) {
      items_.push_back(ignored_item(IgnoreReason::not_a_reading, summary.path() + ": a ping, to be fetched"));
    } else {
      const std::size_t before = items_.size();
      (this->*list.read)(summary);
      if (items_.size() == before)
        items_.push_back(ignored_item(IgnoreReason::not_a_reading, summary.path() + ": no samples"));
    }
  }

 private:
  void blood_pressure(JsonValue summary) {
    Draft draft = at_measurement(summary, fhir::kinds().blood_pressure);
    add_component(draft, fhir::kinds().systolic, summary, "systolic", "mmHg");
    add_component(draft, fhir::kinds().diastolic, summary, "diastolic", "mmHg");
    add(std::move(draft));
    if (!summary["pulse"].is_null()) value_item(summary, fhir::kinds().pulse_rate, "pulse", "/min");
  }

  void body_composition(JsonValue summary) {
    value_item(summary, fhir::kinds().body_weight, "weightInGrams", "g");
    if (!summary["bodyFatInPercent"].is_null()) value_item(summary, fhir::kinds().body_fat, "bodyFatInPercent", "%");
    if (!summary["bodyMassIndex"].is_null()) value_item(summary, fhir::kinds().bmi, "bodyMassIndex", "kg/m2");
    ignore_member(summary, "muscleMassInGrams");
  }

  // The steps of the day so far; a later summary of the day has the same id and replaces them.
  void daily(JsonValue summary) {
    if (!summary["steps"].is_null()) {
      Draft draft = start(summary, fhir::kinds().steps);
      read_start(draft, summary);
      read_value(draft, summary, "steps");
      draft.reading.unit = "{steps}";
      add(std::move(draft));
    }
    samples(summary, "timeOffsetHeartRateSamples", fhir::kinds().heart_rate, "/min");
    for (const std::string_view key : {"restingHeartRateInBeatsPerMinute", "minHeartRateInBeatsPerMinute",
                                       "maxHeartRateInBeatsPerMinute", "averageHeartRateInBeatsPerMinute"})
      ignore_member(summary, key);
  }

  void pulse_oximetry(JsonValue summary) {
    samples(summary, "timeOffsetSpo2Values", fhir::kinds().oxygen_saturation, "%");
    ignore_member(summary, "avgSpo2");
  }

  void respiration(JsonValue summary) {
    samples(summary, "timeOffsetEpochToBreaths", fhir::kinds().respiratory_rate, "/min");
  }

  // {"15": 75}: a value 15 seconds after the summary's start.
  void samples(JsonValue summary, std::string_view key, fhir::Kind kind, std::string_view unit) {
    const JsonValue map = summary[key];
    if (map.is_null()) return;
    Draft common = start(summary, kind);
    read_start(common, summary);
    common.reading.unit = unit;
    if (!map.is_object()) {
      common.hold(undecodable, member_path(summary, key) + ": expected an object");
      return add(std::move(common));
    }
    std::size_t index = 0;
    for (const JsonValue value : map) {
      // Neither a time nor a number: not a sample but a member nobody told us of.
      const auto seconds = seconds_after_start(value.key());
      if (!seconds && !value.is_number() && !value.is_string()) continue;
      Draft draft = common;
      shift(draft, seconds, index++);
      draft.set_value(value.as_decimal_or_text());
      add(std::move(draft));
    }
  }

  static std::optional<int> seconds_after_start(std::string_view key) {
    constexpr int longest = 2 * 24 * 60 * 60;  // a summary is a day at most, and a day may have 25 hours
    int seconds = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), seconds);
    if (error != std::errc() || end != key.data() + key.size() || seconds < 0 || seconds > longest) return std::nullopt;
    return seconds;
  }

  // A sample is a record of its own, so that a summary sent again with more samples repeats the earlier ones.
  static void shift(Draft& draft, std::optional<int> seconds, std::size_t index) {
    std::string& record = draft.reading.record_id;
    if (!record.empty()) record += seconds ? "/" + std::to_string(*seconds) : "/#" + std::to_string(index);
    std::optional<fhir::Time> utc;
    if (seconds && draft.timed) {
      const auto measured = draft.reading.time.utc.time_since_epoch() + std::chrono::seconds(*seconds);
      if (const auto time = time_from_epoch(measured.count(), 1us)) utc = *time;
    }
    draft.timed = utc.has_value();
    if (utc) {
      draft.reading.time.utc = *utc;
    } else {
      // The key is the sender's and may hold anything: the note does not repeat it.
      draft.hold(undecodable, "a sample's key: expected seconds after the start of its summary");
    }
  }

  void value_item(JsonValue summary, fhir::Kind kind, std::string_view key, std::string_view unit) {
    Draft draft = at_measurement(summary, kind);
    read_value(draft, summary, key);
    draft.reading.unit = unit;
    add(std::move(draft));
  }

  void ignore_member(JsonValue summary, std::string_view key) {
    if (!summary[key].is_null()) items_.push_back(ignored_item(IgnoreReason::not_a_reading, member_path(summary, key)));
  }

  Draft at_measurement(JsonValue summary, fhir::Kind kind) const {
    Draft draft = start(summary, kind);
    read_epoch_time(draft, summary, "measurementTimeInSeconds", 1s,
                    stated_offset(summary, "measurementTimeOffsetInSeconds"), context_.zone);
    return draft;
  }
  void read_start(Draft& draft, JsonValue summary) const {
    read_epoch_time(draft, summary, "startTimeInSeconds", 1s, stated_offset(summary, "startTimeOffsetInSeconds"),
                    context_.zone);
  }

  Draft start(JsonValue summary, fhir::Kind kind) const {
    Draft draft;
    Measurement& reading = draft.reading;
    reading.kind = kind;
    reading.subject.id = id_or_hold(draft, summary, "userId");
    reading.record_id = id_or_hold(draft, summary, "summaryId");
    reading.correlation = reading.record_id;
    // INFERRED: the words.
    if (const auto source = summary["sourceType"].text())
      reading.origin = *source == "DEVICE"   ? Origin::automatic
                       : *source == "MANUAL" ? Origin::manual
                                             : Origin::unstated;
    return draft;
  }

  void add(Draft draft) { items_.push_back(std::move(draft).item()); }

  const Context& context_;
  std::vector<Item>& items_;
};

const std::array<SummaryReader::List, 5> SummaryReader::lists = {{
    {"bloodPressures", &SummaryReader::blood_pressure},
    {"bodyComps", &SummaryReader::body_composition},
    {"dailies", &SummaryReader::daily},
    {"pulseox", &SummaryReader::pulse_oximetry},
    {"allDayRespiration", &SummaryReader::respiration},
}};

// A list nobody told us of is held as one item: what is in it cannot be told apart.
Item unlisted(JsonValue list) {
  return held_item(QuarantineReason::unknown_kind, "the document: unknown list " + quoted_word(list.key()));
}

bool has_list(JsonValue root) {
  if (!root.is_object()) return false;
  for (const JsonValue member : root)
    if (member.is_array()) return true;
  return false;
}

fhir::Result<void> read_list(JsonValue list, const Context& context, std::vector<Item>& items) {
  const auto known = std::find_if(SummaryReader::lists.begin(), SummaryReader::lists.end(),
                                  [&](const SummaryReader::List& each) { return each.key == list.key(); });
  const bool listed = std::find(listed_without_readings.begin(), listed_without_readings.end(), list.key()) !=
                      listed_without_readings.end();
  if (known == SummaryReader::lists.end() && !listed) {
    if (list.is_array() && list.size() > 0) items.push_back(unlisted(list));
    return {};
  }
  if (!list.is_array()) return fhir::invalid(std::string(list.key()) + ": expected an array");
  for (const JsonValue summary : list) {
    if (listed) {
      items.push_back(ignored_item(IgnoreReason::not_a_reading, std::string(list.key())));
    } else {
      SummaryReader(context, items).read(summary, *known);
    }
    if (items.size() > most_items) return too_many_items();
  }
  return {};
}

}  // namespace

fhir::Result<Decoded> decode_garmin(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  if (!has_list(root)) return fhir::invalid("the document: expected an object with lists of summaries");
  Decoded decoded;
  for (const JsonValue list : root)
    if (const auto read = read_list(list, context, decoded.items); !read) return read.error();
  return decoded;
}

}  // namespace adapters
