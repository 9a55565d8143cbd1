// `hjemport conformance`: does a vendor send as a good sender does? Of recorded payloads, or of a source of the running gateway.
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "fhir/json_writer.hpp"
#include "gateway/cli/arguments.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/cli/operator_client.hpp"
#include "gateway/cli/secret_option.hpp"
#include "gateway/config/source_adapter.hpp"
#include "gateway/http/request.hpp"
#include "gateway/ingest/conformance.hpp"
#include "gateway/ingest/prepare.hpp"
#include "gateway/runtime/clock.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::cli {
namespace {

struct Options {
  OperatorOptions common;
  std::string source;
  bool start = false;
  int minutes = 60, refuse = 0;
  config::Source recorded;
  std::string now;
  std::vector<std::string> files;
};

int fault(Streams& streams, std::string_view text) {
  streams.error << "hjemport conformance: " << text << '\n';
  return 1;
}

int print(const std::string& json, bool as_json, Streams& streams) {
  auto report = fhir::JsonDocument::parse(json);
  if (!report) return fault(streams, "the answer is not JSON");
  if (as_json) {
    streams.out << json << '\n';
  } else {
    streams.out << report->root()["report"].text().value_or("");
  }
  bool failed = false;
  for (fhir::JsonValue check : report->root()["checks"]) failed = failed || check["verdict"].text() == "fail";
  return failed ? 1 : 0;
}

int ask(const Options& options, Streams& streams) {
  auto token = named_secret(options.common.token);
  if (!token) {
    streams.error << "hjemport conformance: --token " << token.error().detail << '\n';
    return exit_usage;
  }
  OperatorClient client(options.common.url, std::move(*token));
  const std::string path = "/admin/sources/" + http::percent_encode(options.source) + "/conformance";
  if (options.start) {
    std::string body;
    fhir::JsonWriter(body).begin_object().member("minutes", std::int64_t{options.minutes}).member("refuse", std::int64_t{options.refuse}).end_object();
    auto begun = client.post(path, body);
    if (!begun) return fault(streams, begun.error().detail);
    streams.error << "watching " << options.source << " for " << options.minutes << " minutes\n";
    return 0;
  }
  auto report = client.get(path);
  if (!report) return fault(streams, report.error().detail);
  return print(*report, options.common.json, streams);
}

// Each file is a payload, in the order given; what a store would say of repetitions is told by their keys.
int of_files(Options& options, Streams& streams) {
  config::SourceAdapter loaded = config::load_adapter(options.recorded);
  for (const config::Problem& problem : loaded.problems) streams.error << config::text(problem) << '\n';
  if (!loaded.adapter) return 1;
  auto zone = find_zone(options.recorded.timezone);
  if (!zone) return fault(streams, zone.error().detail);
  fhir::Time now = system_clock().now();
  if (!options.now.empty()) {
    auto given = fhir::DateTime::parse(options.now);
    if (!given) return fault(streams, "--now takes a time with offset, RFC 3339");
    now = given->utc;
  }
  const ingest::Keys keys("hjemport conformance makes keys of no installation");
  ingest::SourceFacts facts;
  facts.id = facts.tenant = "recorded";
  ingest::ConformanceWatch watch(now, now + std::chrono::hours(1), 0);
  std::set<store::Key> known;
  fhir::JsonDocument scratch;
  for (const std::string& file : options.files) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in.is_open()) return fault(streams, file + " cannot be read");
    auto decoded = loaded.adapter->decode(bytes, {**zone, now, scratch});
    if (!decoded) {
      streams.error << file << ": " << decoded.error().detail << '\n';
      watch.undecodable(bytes, now);
      continue;
    }
    watch.decoded(bytes, *decoded, now);
    std::vector<ingest::ItemResult> results;
    ingest::PayloadKey payload(keys, facts, bytes);
    for (std::size_t i = 0; i < decoded->items.size(); ++i) {
      ingest::ItemResult result;
      result.index = static_cast<std::uint32_t>(i);
      ingest::Prepared one = ingest::prepare(decoded->items[i], result.index, payload, facts, keys, {}, now);
      auto known_or_new = [&](const store::Key& key) { return known.insert(key).second ? ingest::Outcome::accepted : ingest::Outcome::duplicate; };
      if (const auto* reading = std::get_if<ingest::PreparedReading>(&one)) result.outcome = known_or_new(reading->row.key);
      if (const auto* event = std::get_if<ingest::PreparedEvent>(&one)) result.outcome = known_or_new(event->row.key);
      if (const auto* ignored = std::get_if<ingest::PreparedIgnored>(&one)) {
        result.outcome = ingest::Outcome::ignored;
        result.reason = adapters::name(ignored->reason);
      }
      if (const auto* held = std::get_if<ingest::PreparedHeld>(&one)) {
        result.outcome = ingest::Outcome::quarantined;
        result.reason = adapters::name(held->reason);
      }
      results.push_back(std::move(result));
    }
    watch.stored(results);
  }
  return print(watch.json(options.recorded.adapter, now), options.common.json, streams);
}

}  // namespace

int conformance_command(Arguments arguments, Streams& streams) {
  CLI::App app(
      "Checks how a vendor sends: duplicates, late data, clocks, units, kinds, retries. Prints the report a vendor is handed; exit 1 when a "
      "check fails. Of a running gateway's source (--source, first with --start), or of recorded payloads (--adapter FILE...).",
      "hjemport conformance");
  Options options;
  auto* source = app.add_option("--source", options.source, "a source of the running gateway");
  app.add_flag("--start", options.start, "begin to watch it")->needs(source);
  app.add_option("--minutes", options.minutes, "how long to watch")->capture_default_str()->check(CLI::Range(1, 10'080));
  app.add_option("--refuse", options.refuse, "answer this many payloads 503, to see whether they are sent again")
      ->capture_default_str()
      ->check(CLI::Range(0, 10));
  auto* adapter = app.add_option("--adapter", options.recorded.adapter, "the format of recorded payloads");
  adapter->excludes(source);
  app.add_option("--mapping", options.recorded.mapping, "for adapters made from files")->needs(adapter);
  app.add_option("--fhir-mapping", options.recorded.fhir_mapping, "for adapter iomt")->needs(adapter);
  app.add_option("--timezone", options.recorded.timezone, "for times without offset")->capture_default_str();
  app.add_option("--now", options.now, "when the payloads arrived, RFC 3339; else now");
  app.add_option("FILE", options.files, "recorded payloads, in the order of their arrival");
  add_operator_options(app, options.common);
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;
  if (!options.source.empty()) return ask(options, streams);
  if (options.recorded.adapter.empty() || options.files.empty()) {
    streams.error << "hjemport conformance: --source ID, or --adapter NAME and files\n";
    return exit_usage;
  }
  return of_files(options, streams);
}

}  // namespace gateway::cli
