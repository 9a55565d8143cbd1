// hjemport backtest: what limits and rules would have done with past readings.
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include "gateway/cli/arguments.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/config/plan_check.hpp"
#include "gateway/config/rules_file.hpp"
#include "gateway/config/yaml_section.hpp"
#include "gateway/ingest/backtest_report.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::cli {
namespace {

constexpr int bad_rules = 1, unreadable = 2;
constexpr unsigned threads_most = 16;
constexpr std::uint64_t progress_every = 50'000;  // lines
constexpr std::size_t alarms_listed_max = 10'000;  // of a difference, on each side
constexpr std::size_t write_at = 256 * 1024;       // bytes of output kept before they are written

struct Options {
  std::string rules, limits, compare, until, handled_after, timezone = "Europe/Oslo", file = "-";
  std::uint64_t capacity = 0;
  bool summary = false, forecast = false;
};

bool told(const std::vector<config::Problem>& problems, std::ostream& error) {
  bool usable = true;
  for (const config::Problem& problem : problems) {
    error << config::text(problem) << '\n';
    usable = usable && problem.warning;
  }
  return usable;
}

// The rules of a file with the personal limits over them; nothing when one of them is bad. Problems are told.
std::optional<std::vector<thresholds::RuleSet>> load_rules(const std::string& rules, const std::string& timezone,
                                                           const std::vector<thresholds::Limit>& personal, std::ostream& error) {
  config::Reading reading;
  std::vector<config::Programme> programmes;
  const config::Section named_by(YAML::Node(), rules, "", reading);
  config::read_rules(rules, named_by, timezone, reading, programmes);
  if (!told(reading.problems, error)) return std::nullopt;
  return ingest::rule_sets(std::move(programmes), personal);
}

bool load_limits(const std::string& file, const std::string& timezone, std::vector<thresholds::Limit>& limits, std::ostream& error) {
  config::Findings findings;
  config::PlanCheck check(findings, timezone);
  config::read_plan_file(file, findings, check);
  limits = std::move(check.limits);
  if (!told(findings.problems, error)) return false;
  if (check.rules.empty()) return true;
  error << file << ": rules are tried as a rules file of their own, with --rules\n";
  return false;
}

class Output {
 public:
  explicit Output(std::ostream& out) : out_(out) {}
  ~Output() { out_ << buffer_; }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  std::string& text() { return buffer_; }
  void end_line() {
    buffer_ += '\n';
    if (buffer_.size() < write_at) return;
    out_ << buffer_;
    buffer_.clear();
  }

 private:
  std::ostream& out_;
  std::string buffer_;
};

// A line that is written over, on a terminal only.
class ProgressLine {
 public:
  explicit ProgressLine(std::ostream& error) : error_(error), shown_(&error == &std::cerr && isatty(STDERR_FILENO) == 1) {}
  void operator()(std::uint64_t lines) {
    if (!shown_ || lines < next_) return;
    error_ << '\r' << lines << " lines" << std::flush;
    next_ = lines + progress_every;
    written_ = true;
  }
  void end() {
    if (written_) error_ << "\r\x1b[K" << std::flush;
    written_ = false;
    next_ = 0;
  }

 private:
  std::ostream& error_;
  bool shown_, written_ = false;
  std::uint64_t next_ = 0;
};

struct Result {
  std::vector<ingest::PatientChange> ours, others;
};

void write(const Options& options, const ingest::ReportSetting& setting, const Result& result, std::ostream& out) {
  Output output(out);
  const auto extras = [&](fhir::JsonWriter& writer) {
    if (!options.compare.empty()) ingest::write_difference(writer, setting, result.ours, result.others, alarms_listed_max);
    if (options.forecast) ingest::write_forecast(writer, setting, result.ours, options.capacity);
  };
  if (!options.summary) {
    for (const ingest::PatientChange& change : result.ours) {
      ingest::append_change(output.text(), setting.past, change);
      output.end_line();
    }
    if (options.compare.empty() && !options.forecast) return;
  }
  fhir::JsonWriter writer(output.text());
  writer.begin_object();
  if (options.summary) ingest::write_summary(writer, setting, result.ours);
  extras(writer);
  writer.end_object();
  output.end_line();
}

struct Rules {
  std::vector<thresholds::RuleSet> ours, others;
};

int run(const Options& options, const Rules& rules, thresholds::BacktestSettings settings, std::shared_ptr<const adapters::Zone> zone,
        std::istream& in, Streams& streams) {
  const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1U, threads_most);
  ingest::PastReadings past;
  ProgressLine progress(streams.error);
  const ingest::PastReport read = ingest::read_past(
      in, zone, threads, past,
      [&](const ingest::PastFault& fault) {
        progress.end();
        streams.error << "line " << fault.line << ": " << fault.text << '\n';
      },
      [&](std::uint64_t lines) { progress(lines); });
  progress.end();
  if (read.left_out > 0) streams.error << read.left_out << " resources left out: of no kind that is judged, or cancelled\n";
  if (read.broken_off) streams.error << "hjemport backtest: the input broke off after line " << read.lines << '\n';

  if (settings.until == fhir::Time::max()) settings.until = past.last_arrival().value_or(fhir::Time{});
  ingest::BacktestProgress done;
  Result result;
  result.ours = ingest::run_backtest(past, rules.ours, settings, threads, done);
  if (!options.compare.empty()) result.others = ingest::run_backtest(past, rules.others, settings, threads, done);
  const ingest::ReportSetting setting{past, *zone, settings.until, [](fhir::JsonWriter& writer, const thresholds::PastReading& reading) {
                                        writer.member("line", reading.order);
                                      }};
  write(options, setting, result, streams.out);
  return read.faults > 0 || read.broken_off ? unreadable : 0;
}

}  // namespace

int backtest_command(Arguments arguments, Streams& streams) {
  CLI::App app(
      "Judges past readings, FHIR Observations and QuestionnaireResponses one a line, by the programmes of a rules file, as the running "
      "gateway would have, and prints each change of an alarm as a JSON line. Stores nothing. Exit status 1 for a bad rules file, 2 "
      "when a line could not be read; the rest is judged all the same.",
      "hjemport backtest");
  Options options;
  app.add_option("--rules", options.rules, "the rules file, or a directory of them")->required();
  app.add_option("--limits", options.limits, "limits: [...] in YAML or JSON that take the place of the programmes', for everybody");
  app.add_option("--until", options.until, "the last instant looked at, RFC 3339; default: the last arrival");
  app.add_option("--handled-after", options.handled_after,
                 "an alarm is resolved so long after it was raised, like 2h; default: when its measurement is back to normal");
  app.add_flag("--summary", options.summary, "counts of raised alarms in place of the changes");
  app.add_option("--timezone", options.timezone, "of days, hours and shifts, and of times without offset")->capture_default_str();
  app.add_option("--compare", options.compare, "another rules file: what one raises and the other does not");
  CLI::Option* capacity = app.add_option("--capacity", options.capacity, "alarms a person can take in a shift: how many shifts would have had more");
  app.add_option("FILE", options.file, "the readings; - or nothing: standard input");
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;
  options.forecast = capacity->count() > 0;

  const auto wrong = [&](std::string_view what) {
    streams.error << "hjemport backtest: " << what << '\n';
    return exit_usage;
  };
  thresholds::BacktestSettings settings;
  settings.until = fhir::Time::max();
  if (!options.until.empty()) {
    const auto until = fhir::DateTime::parse(options.until);
    if (!until || !until->offset) return wrong("--until takes a time with offset, RFC 3339");
    settings.until = until->utc;
  }
  if (!options.handled_after.empty()) {
    const auto after = config::parse_duration(options.handled_after);
    if (!after || after->count() < 0) return wrong("--handled-after takes a duration like 30m, 2h or 1d");
    settings.handled_after = std::chrono::duration_cast<std::chrono::seconds>(*after);
  }
  const auto zone = find_zone(options.timezone);
  if (!zone) return wrong("--timezone: " + zone.error().detail);

  std::vector<thresholds::Limit> personal;
  if (!options.limits.empty() && !load_limits(options.limits, options.timezone, personal, streams.error)) return bad_rules;
  auto ours = load_rules(options.rules, options.timezone, personal, streams.error);
  if (!ours) return bad_rules;
  Rules rules{std::move(*ours), {}};
  if (!options.compare.empty()) {
    auto others = load_rules(options.compare, options.timezone, personal, streams.error);
    if (!others) return bad_rules;
    rules.others = std::move(*others);
  }
  if (options.file == "-") return run(options, rules, settings, *zone, streams.in, streams);
  std::ifstream in(options.file, std::ios::binary);
  if (!in) return wrong("cannot read " + options.file);
  return run(options, rules, settings, *zone, in, streams);
}

}  // namespace gateway::cli
