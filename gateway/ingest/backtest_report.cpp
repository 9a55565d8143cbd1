#include "gateway/ingest/backtest_report.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <thread>
#include <tuple>
#include <utility>

namespace gateway::ingest {
namespace {

using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;

struct LocalTime {
  local_days day;
  unsigned hour;
};

LocalTime local(fhir::Time time, const adapters::Zone& zone) {
  const std::chrono::local_time<std::chrono::microseconds> wall{(time + zone.offset_at(time)).time_since_epoch()};
  const auto day = floor<std::chrono::days>(wall);
  return {day, static_cast<unsigned>(floor<hours>(wall - day).count())};
}

std::string two(unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string day_text(local_days day) {
  const std::chrono::year_month_day date(day);
  return std::to_string(static_cast<int>(date.year())) + "-" + two(static_cast<unsigned>(date.month())) + "-" +
         two(static_cast<unsigned>(date.day()));
}

bool raised(const PatientChange& one) { return one.change.change == thresholds::Change::raised; }

template <class Key>
using Counts = std::map<Key, std::uint64_t>;

template <class Key, class Name>
void write_counts(fhir::JsonWriter& writer, std::string_view member, const Counts<Key>& counts, const Name& name) {
  writer.key(member).begin_object();
  for (const auto& [key, count] : counts) writer.member(name(key), count);
  writer.end_object();
}

const std::string& as_it_is(const std::string& text) { return text; }

// Counts shifts without a gap, positive for every day a time can name.
std::uint64_t place_in_time(const Shift& shift) {
  constexpr std::int64_t earliest_day = 200'000'000;
  return static_cast<std::uint64_t>(shift.day.time_since_epoch().count() + earliest_day) * shift_names.size() + shift.shift;
}

fhir::Decimal mean(std::uint64_t sum, std::uint64_t count) {
  return {static_cast<std::int64_t>((sum * 100 + count / 2) / count), 2};
}

// `counts` of the shifts that had alarms; the others had none.
void write_load(fhir::JsonWriter& writer, std::vector<std::uint64_t> counts, std::uint64_t shifts, std::uint64_t capacity) {
  writer.member("shifts", shifts);
  if (shifts == 0) return;
  counts.resize(std::max<std::size_t>(shifts, counts.size()));
  std::sort(counts.begin(), counts.end());
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) sum += count;
  const auto over = counts.end() - std::upper_bound(counts.begin(), counts.end(), capacity);
  writer.member("over", static_cast<std::uint64_t>(over)).member("mean", mean(sum, counts.size()));
  // Nearest rank: of twenty shifts the nineteenth.
  writer.member("p95", counts[(counts.size() * 95 + 99) / 100 - 1]).member("most", counts.back());
}

// What is the same alarm under other rules: raised for the same patient by the same rule on the same day, however many minutes apart.
using SameAlarm = std::tuple<std::uint32_t, std::string, local_days>;

std::map<SameAlarm, std::vector<const PatientChange*>> raised_by_day(const ReportSetting& setting, std::span<const PatientChange> changes) {
  std::map<SameAlarm, std::vector<const PatientChange*>> found;
  for (const PatientChange& one : changes) {
    if (raised(one)) found[{one.patient, one.change.rule, local(one.change.at, setting.zone).day}].push_back(&one);
  }
  return found;
}

void write_value(fhir::JsonWriter& writer, const ReportSetting& setting, const thresholds::PastValue& value) {
  const thresholds::SeriesName& series = setting.past.vocabulary().series[value.series];
  static constexpr std::array<std::string_view, 5> comparators{"", "<", "<=", ">=", ">"};
  writer.begin_object().member("kind", series.kind).member_if("component", series.component);
  writer.member_if("comparator", comparators[static_cast<std::size_t>(value.comparator)]);
  writer.member("value", fhir::Decimal(value.value.coefficient, value.value.scale)).end_object();
}

void write_alarm(fhir::JsonWriter& writer, const ReportSetting& setting, const PatientChange& one) {
  const PastReadings::Patient& patient = setting.past.patients()[one.patient];
  writer.begin_object().member("at", fhir::utc_text(one.change.at)).member("patient", patient.name).member("rule", one.change.rule);
  writer.member("severity", thresholds::name(one.change.severity)).key("readings").begin_array();
  for (const std::uint32_t place : one.change.readings) {
    const thresholds::PastReading& reading = patient.past.readings[place];
    writer.begin_object();
    setting.name_reading(writer, reading);
    writer.member("measured", fhir::utc_text(reading.measured)).key("values").begin_array();
    for (const auto& value : std::span(patient.past.values).subspan(reading.first_value, reading.value_count)) {
      write_value(writer, setting, value);
    }
    writer.end_array().end_object();
  }
  writer.end_array().end_object();
}

void write_missing_from(fhir::JsonWriter& writer, const ReportSetting& setting, std::span<const PatientChange> ours,
                        std::span<const PatientChange> others, std::size_t alarms_max) {
  const auto theirs = raised_by_day(setting, others);
  std::vector<const PatientChange*> only;
  std::map<std::string, Counts<local_days>> counts;
  for (const auto& [key, alarms] : raised_by_day(setting, ours)) {
    const auto other = theirs.find(key);
    std::vector<const PatientChange*> left = other == theirs.end() ? std::vector<const PatientChange*>() : other->second;
    // Those of one instant first, so that what is shown as one side's own is what the other did not see.
    std::vector<const PatientChange*> unpaired;
    for (const PatientChange* alarm : alarms) {
      const auto same = std::find_if(left.begin(), left.end(), [&](const PatientChange* one) { return one->change.at == alarm->change.at; });
      if (same == left.end()) {
        unpaired.push_back(alarm);
      } else {
        left.erase(same);
      }
    }
    for (std::size_t i = left.size(); i < unpaired.size(); ++i) {
      only.push_back(unpaired[i]);
      ++counts[std::get<1>(key)][std::get<2>(key)];
    }
  }
  std::stable_sort(only.begin(), only.end(), [](const PatientChange* a, const PatientChange* b) { return before(a->change, b->change); });
  writer.begin_object().member("total", static_cast<std::uint64_t>(only.size())).key("by_rule").begin_object();
  for (const auto& [rule, days] : counts) write_counts(writer, rule, days, day_text);
  writer.end_object().key("alarms").begin_array();
  for (std::size_t i = 0; i < std::min(only.size(), alarms_max); ++i) write_alarm(writer, setting, *only[i]);
  writer.end_array();
  if (only.size() > alarms_max) writer.member("alarms_left_out", static_cast<std::uint64_t>(only.size() - alarms_max));
  writer.end_object();
}

}  // namespace

std::vector<thresholds::RuleSet> rule_sets(std::vector<config::Programme> programmes, std::vector<thresholds::Limit> personal) {
  std::vector<thresholds::RuleSet> sets;
  if (programmes.empty()) programmes.emplace_back();
  for (config::Programme& programme : programmes) {
    std::erase_if(programme.limits, [&](const thresholds::Limit& limit) {
      return std::any_of(personal.begin(), personal.end(), [&](const thresholds::Limit& own) {
        return own.kind == limit.kind && own.component == limit.component;
      });
    });
  }
  std::vector<thresholds::Limit>& first = programmes.front().limits;
  first.insert(first.end(), std::make_move_iterator(personal.begin()), std::make_move_iterator(personal.end()));
  for (config::Programme& programme : programmes) sets.emplace_back(std::move(programme.limits), std::move(programme.rules));
  return sets;
}

void sort_changes(std::vector<PatientChange>& changes) {
  // Of one patient the order is that of judging already: changes of one reading are equal here and stay as they are. Patients come in
  // order of number, whichever thread was faster.
  std::stable_sort(changes.begin(), changes.end(), [](const PatientChange& a, const PatientChange& b) {
    if (before(a.change, b.change)) return true;
    if (before(b.change, a.change)) return false;
    return a.patient < b.patient;
  });
}

std::vector<PatientChange> run_backtest(const PastReadings& past, std::span<const thresholds::RuleSet> rules,
                                        const thresholds::BacktestSettings& settings, unsigned threads, BacktestProgress& progress) {
  const thresholds::Backtest backtest(rules, past.vocabulary(), settings);
  const std::size_t workers = std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(past.patients().size(), 1));
  std::vector<std::vector<PatientChange>> found(workers);
  std::vector<std::exception_ptr> failures(workers);
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t worker) {
    try {
      for (std::size_t i = next++; i < past.patients().size() && !progress.stop; i = next++) {
        for (thresholds::BacktestChange& change : backtest.run(past.patients()[i].past)) {
          found[worker].push_back({static_cast<std::uint32_t>(i), std::move(change)});
        }
        ++progress.done;
      }
    } catch (...) {
      failures[worker] = std::current_exception();  // thrown again where the caller can see it
      progress.stop = true;
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t worker = 1; worker < workers; ++worker) others.emplace_back(work, worker);
    work(0);
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  std::vector<PatientChange> all = std::move(found[0]);
  for (std::size_t worker = 1; worker < workers; ++worker) {
    all.insert(all.end(), std::make_move_iterator(found[worker].begin()), std::make_move_iterator(found[worker].end()));
  }
  sort_changes(all);
  return all;
}

void append_change(std::string& out, const PastReadings& past, const PatientChange& one) {
  const thresholds::BacktestChange& change = one.change;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("at", fhir::utc_text(change.at)).member("patient", past.patients()[one.patient].name);
  writer.member("rule", change.rule).member("change", thresholds::name(change.change)).member("severity", thresholds::name(change.severity));
  writer.member("measured", fhir::utc_text(change.measured)).member("late", change.late).member("superseded", change.superseded);
  writer.member("reason", change.reason).end_object();
}

Shift shift_of(fhir::Time time, const adapters::Zone& zone) {
  const LocalTime at = local(time, zone);
  if (at.hour < 7) return {at.day - std::chrono::days(1), 2};
  return {at.day, at.hour < 15 ? 0U : at.hour < 22 ? 1U : 2U};
}

void write_summary(fhir::JsonWriter& writer, const ReportSetting& setting, std::span<const PatientChange> changes) {
  std::uint64_t total = 0;
  Counts<local_days> days;
  Counts<std::string> patients, rules;
  Counts<unsigned> hour_counts;
  Counts<std::size_t> shifts;
  for (const PatientChange& one : changes) {
    if (!raised(one)) continue;
    ++total;
    const LocalTime at = local(one.change.at, setting.zone);
    ++days[at.day];
    ++patients[setting.past.patients()[one.patient].name];
    ++rules[one.change.rule];
    ++hour_counts[at.hour];
    ++shifts[shift_of(one.change.at, setting.zone).shift];
  }
  writer.member("total", total);
  writer.member("patients", static_cast<std::uint64_t>(setting.past.patients().size())).member("readings", setting.past.count());
  if (const auto first = setting.past.first_arrival()) writer.member("from", fhir::utc_text(*first));
  writer.member("until", fhir::utc_text(setting.until));
  write_counts(writer, "by_day", days, day_text);
  write_counts(writer, "by_patient", patients, as_it_is);
  write_counts(writer, "by_rule", rules, as_it_is);
  write_counts(writer, "by_hour", hour_counts, two);
  write_counts(writer, "by_shift", shifts, [](std::size_t shift) { return shift_names[shift]; });
}

void write_difference(fhir::JsonWriter& writer, const ReportSetting& setting, std::span<const PatientChange> ours,
                      std::span<const PatientChange> others, std::size_t alarms_max) {
  writer.key("difference").begin_object().key("only_here");
  write_missing_from(writer, setting, ours, others, alarms_max);
  writer.key("only_there");
  write_missing_from(writer, setting, others, ours, alarms_max);
  writer.end_object();
}

void write_forecast(fhir::JsonWriter& writer, const ReportSetting& setting, std::span<const PatientChange> changes, std::uint64_t capacity) {
  writer.key("forecast").begin_object().member("capacity", capacity);
  const auto first_arrival = setting.past.first_arrival();
  if (!first_arrival || *first_arrival > setting.until) {
    writer.member("shifts", 0).end_object();
    return;
  }
  Counts<Shift> counts;
  for (const PatientChange& one : changes) {
    if (raised(one)) ++counts[shift_of(one.change.at, setting.zone)];
  }
  const std::uint64_t first = place_in_time(shift_of(*first_arrival, setting.zone));
  const std::uint64_t last = place_in_time(shift_of(setting.until, setting.zone));
  std::vector<std::uint64_t> all;
  std::array<std::vector<std::uint64_t>, shift_names.size()> by_shift;
  for (const auto& [shift, count] : counts) {
    all.push_back(count);
    by_shift[shift.shift].push_back(count);
  }
  write_load(writer, std::move(all), last - first + 1, capacity);
  writer.key("by_shift").begin_object();
  for (std::size_t shift = 0; shift < shift_names.size(); ++shift) {
    // Places of this kind of shift among first..last.
    const std::uint64_t up_to_last = (last + shift_names.size() - shift) / shift_names.size();
    const std::uint64_t before_first = (first + shift_names.size() - 1 - shift) / shift_names.size();
    writer.key(shift_names[shift]).begin_object();
    write_load(writer, std::move(by_shift[shift]), up_to_last - before_first, capacity);
    writer.end_object();
  }
  writer.end_object().end_object();
}

}  // namespace gateway::ingest
