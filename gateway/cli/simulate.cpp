#include "gateway/cli/simulate.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <ostream>

#include "gateway/cli/arguments.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/cli/secret_option.hpp"
#include "gateway/config/yaml_section.hpp"
#include "gateway/deliver/blocking_client.hpp"
#include "gateway/demo/enrolment.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::cli {
namespace {

constexpr std::chrono::hours late_sync_history{30};  // beyond the alarm horizon of 24 h, too

fhir::Result<std::string> target_url(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  auto url = boost::urls::parse_absolute_uri(text);
  if (!url || (url->scheme() != "http" && url->scheme() != "https") || url->host().empty() || url->has_userinfo() ||
      url->has_query()) {
    return fhir::invalid("--target has to be the gateway's address, like http://127.0.0.1:8080");
  }
  return text;
}

fhir::Result<demo::Target::Source> source_of(const std::string& text, const std::string& token) {
  demo::Target::Source source;
  const std::size_t colon = text.find(':');
  const std::string adapter = colon == std::string::npos ? "hjemport" : text.substr(0, colon);
  source.id = colon == std::string::npos ? text : text.substr(colon + 1);
  auto format = demo::format_named(adapter);
  if (!format || source.id.empty()) {
    return fhir::invalid("--source " + text + ": ADAPTER:ID, with the adapter hjemport, opentele, telli or withings");
  }
  source.format = *format;
  auto secret = named_secret(token);
  if (!secret) return fhir::invalid("--token " + secret.error().detail);
  source.token = std::move(*secret);
  return source;
}

fhir::Result<std::chrono::seconds> time_span(const char* option, const std::string& text) {
  if (text.empty()) return std::chrono::seconds(0);
  auto span = config::parse_duration(text);
  if (!span || span->count() < 1000) return fhir::invalid(std::string(option) + ": a time like 90s, 15m, 6h or 3d");
  return std::chrono::duration_cast<std::chrono::seconds>(*span);
}

// In a flood somebody presses their safety alarm: it has to be through at once, whatever queues up (invariant 4).
void add_presses(demo::Simulation& simulation) {
  const auto& people = simulation.people;
  for (std::size_t i = 0; i < people.size(); ++i) {
    if (simulation.target.sources[people[i].source].format != demo::Format::hjemport) continue;
    demo::Scripted press;
    press.after = press.every = std::chrono::seconds(5);
    press.person = i;
    press.kind = fhir::EventKind::safety_alarm;
    simulation.happenings.push_back(press);
    return;
  }
}

// Everybody, or the first problem.
std::string enrol_all(const demo::Simulation& simulation, const std::string& token) {
  deliver::BlockingClient client;
  demo::Enroller enroller;
  enroller.url = simulation.target.url;
  enroller.token = token;
  enroller.send = [&client](deliver::HttpRequest request) { return client.send(std::move(request)); };
  for (const demo::Person& person : simulation.people) {
    std::string problem = enroller.enrol(person, simulation.target.sources[person.source].id);
    if (!problem.empty()) return problem;
  }
  return {};
}

int run(demo::Simulation simulation, Streams& streams) {
  auto zone = find_zone("Europe/Oslo");
  if (!zone) {
    streams.error << "hjemport simulate: " << zone.error().detail << '\n';
    return 1;
  }
  boost::asio::io_context context{1};
  deliver::CurlClient client(context);
  demo::Simulator simulator(client, system_clock(), **zone, std::move(simulation));
  demo::Pace pace(context, simulator);
  boost::asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& fault, int) {
    if (!fault) pace.stop();
  });
  pace.start([&](const demo::Tally& tally) { streams.out << tally.line() << std::endl; }, [&] { context.stop(); });
  context.run();
  const demo::Tally& tally = simulator.tally();
  streams.out << "at the end: " << tally.line() << std::endl;
  return tally.sent_payloads() > 0 && tally.taken() == 0 ? 1 : 0;
}

void add_options(CLI::App& app, SimulateOptions& options) {
  app.add_option("--target", options.target, "the gateway, like http://127.0.0.1:8080")->required();
  app.add_option("--source", options.sources, "ADAPTER:ID of a configured source; repeat for several")->required();
  app.add_option("--token", options.tokens, "env:NAME or file:PATH, one for each --source in the same order")
      ->required();
  app.add_option("--operator", options.operator_token,
                 "env:NAME of a client with the roles admin and clinician: links and enrols everybody first");
  app.add_option("--patients", options.patients, "how many")->capture_default_str()->check(CLI::Range(1, 100'000));
  app.add_option("--speed", options.speed, "simulated minutes per second")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 100'000.0));
  app.add_option("--scenario", options.scenario, "normal, exacerbation, outage, late-sync or flood")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "the same seed gives the same people")->capture_default_str();
  app.add_option("--duration", options.duration, "real time, like 90s; left out: until Ctrl-C");
  app.add_option("--history", options.history, "measured before the start, like 2d; late-sync has 30h of its own");
  app.add_option("--summary", options.summary_seconds, "seconds between summary lines")
      ->capture_default_str()
      ->check(CLI::Range(1, 86'400));
}

}  // namespace

fhir::Result<demo::Simulation> simulation_of(const SimulateOptions& options) {
  demo::Simulation simulation;
  auto url = target_url(options.target);
  if (!url) return url.error();
  simulation.target.url = std::move(*url);
  if (options.sources.size() != options.tokens.size())
    return fhir::invalid("each --source needs its --token, in the same order");
  for (std::size_t i = 0; i < options.sources.size(); ++i) {
    auto source = source_of(options.sources[i], options.tokens[i]);
    if (!source) return source.error();
    simulation.target.sources.push_back(std::move(*source));
  }
  auto scenario = demo::scenario_named(options.scenario);
  if (!scenario) return fhir::invalid("--scenario: normal, exacerbation, outage, late-sync or flood");
  simulation.scenario = *scenario;
  simulation.seed = options.seed;
  simulation.speed = options.speed;
  simulation.summary_every = std::chrono::seconds(options.summary_seconds);
  auto duration = time_span("--duration", options.duration);
  if (!duration) return duration.error();
  simulation.duration = *duration;
  auto history = time_span("--history", options.history);
  if (!history) return history.error();
  const bool own_history = *scenario == demo::Scenario::late_sync && options.history.empty();
  simulation.history = own_history ? std::chrono::seconds(late_sync_history) : *history;
  return simulation;
}

int simulate_command(Arguments arguments, Streams& streams) {
  CLI::App app("Synthetic patients push believable readings at a gateway, in its vendors' formats.",
               "hjemport simulate");
  SimulateOptions options;
  add_options(app, options);
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;
  auto simulation = simulation_of(options);
  if (!simulation) {
    streams.error << "hjemport simulate: " << simulation.error().detail << '\n';
    return exit_usage;
  }
  std::vector<demo::Format> formats;
  for (const demo::Target::Source& source : simulation->target.sources) formats.push_back(source.format);
  simulation->people =
      demo::make_people(options.patients, formats, simulation->scenario, options.seed, system_clock().now());
  if (simulation->scenario == demo::Scenario::flood) add_presses(*simulation);
  if (!options.operator_token.empty()) {
    auto token = named_secret(options.operator_token);
    if (!token) {
      streams.error << "hjemport simulate: --operator " << token.error().detail << '\n';
      return exit_usage;
    }
    if (std::string problem = enrol_all(*simulation, *token); !problem.empty()) {
      streams.error << "hjemport simulate: nobody could be enrolled: " << problem << '\n';
      return 1;
    }
  }
  return run(std::move(*simulation), streams);
}

}  // namespace gateway::cli
