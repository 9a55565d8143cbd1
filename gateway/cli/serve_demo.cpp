#include "gateway/cli/serve_demo.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <iostream>
#include <optional>
#include <thread>

#include "gateway/app.hpp"
#include "gateway/cli/serve.hpp"
#include "gateway/deliver/blocking_client.hpp"
#include "gateway/demo/demo_files.hpp"
#include "gateway/demo/enrolment.hpp"
#include "gateway/demo/household.hpp"
#include "gateway/demo/sink_server.hpp"
#include "gateway/demo/staff.hpp"
#include "gateway/runtime/log.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::cli {
namespace {

namespace asio = boost::asio;

constexpr unsigned short usual_port = 8080;

// Whether nobody listens there. Asked without SO_REUSEPORT, with which our own server would share a port with another
// process of the same user and see half of its requests.
bool free_port(unsigned short port) {
  asio::io_context context{1};
  boost::system::error_code taken;
  asio::ip::tcp::acceptor probe(context);
  const asio::ip::tcp::endpoint here(asio::ip::address_v4::loopback(), port);
  probe.open(here.protocol(), taken);
  if (!taken)
    probe.set_option(asio::socket_base::reuse_address(true), taken);  // connections of an earlier run may linger
  if (!taken) probe.bind(here, taken);
  if (!taken) probe.listen(1, taken);
  return !taken;
}

// Synthetic people pushing at the running gateway and response centres working with it, on a thread of their own.
class Townspeople {
 public:
  Townspeople(demo::Simulation simulation, const adapters::Zone& zone, std::vector<demo::Workplace> workplaces)
      : staff_(context_, client_, system_clock(), simulation.target.url, std::move(workplaces)),
        simulator_(client_, system_clock(), zone, std::move(simulation)) {}
  ~Townspeople() { stop(); }

  void start() {
    asio::post(context_, [this] {
      // It ends by itself only when nothing is taken, which the summaries have said by then.
      pace_.start([](const demo::Tally& tally) { std::cout << tally.line() << std::endl; }, [] {});
      staff_.start();
    });
    thread_ = std::thread([this] { context_.run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    // What is under way is cut: nobody waits for the answer any more.
    asio::post(context_, [this] {
      pace_.stop();
      staff_.stop();
      context_.stop();
    });
    thread_.join();
  }

 private:
  asio::io_context context_{1};
  deliver::CurlClient client_{context_};
  demo::Staff staff_;
  demo::Simulator simulator_;
  demo::Pace pace_{context_, simulator_};
  std::thread thread_;
};

// Throws what makes the demonstration impossible.
void enrol(const demo::Simulation& simulation, const demo::DemoFiles& files) {
  deliver::BlockingClient client;
  demo::Enroller enroller;
  enroller.url = simulation.target.url;
  enroller.send = [&client](deliver::HttpRequest request) { return client.send(std::move(request)); };
  for (const demo::Person& person : simulation.people) {
    const demo::DemoSource& source = demo::demo_sources[person.source];
    enroller.token = files.token(source.tenant == "bodo" ? "admin" : "admin-oslo");
    if (std::string problem = enroller.enrol(person, std::string(source.id)); !problem.empty())
      throw std::runtime_error(problem);
  }
}

std::vector<demo::Workplace> workplaces(const demo::DemoFiles& files) {
  return {{files.token("centre"), "synthetic-nurse", std::string(demo::demo_ward)},
          {files.token("ward"), "synthetic-doctor", "", false},
          {files.token("centre-oslo"), "synthetic-nurse", ""}};
}

std::string bearer(const demo::DemoFiles& files, std::string_view name) {
  return "-H 'Authorization: Bearer " + files.token(name) + "' ";
}

void print_how_to_look(const demo::Simulation& simulation, const demo::DemoFiles& files, unsigned short sink_port) {
  const std::string& url = simulation.target.url;
  const std::string& number = simulation.people[demo::first_to_fall_ill].account.national_number;
  std::cout << "\nA demonstration with synthetic people. Tokens, different at each new start:\n";
  for (const demo::DemoFiles::Token& token : files.tokens)
    std::cout << "  " << token.name << std::string(15 - token.name.size(), ' ') << token.value << '\n';
  std::cout << "\nAlarms as they happen, the first within twenty seconds (Ctrl-C ends it):\n"
            << "  curl -sN " << bearer(files, "centre") << url << "/alarms/stream\n"
            << "Alarms that are open:\n"
            << "  curl -s " << bearer(files, "centre") << "'" << url << "/alarms?state=open'\n"
            << "A patient's oxygen saturation, as a hospital asks for it:\n"
            << "  curl -s " << bearer(files, "hospital")
            << "--data-urlencode 'patient.identifier=urn:oid:2.16.578.1.12.4.1.4.1|" << number
            << "' --data-urlencode 'code=http://loinc.org|59408-5' --data-urlencode '_sort=-date' " << url
            << "/fhir/Observation/_search\n"
            << "A reading of yours, low enough for a red alarm:\n"
            << "  curl -s " << bearer(files, "sensors-bodo")
            << "-H 'Content-Type: application/json' -d '{\"measurements\":[{\"subject\":\""
            << simulation.people[demo::first_to_fall_ill].account.subject
            << "\",\"time\":\"'$(date -u +%FT%TZ)'\",\"kind\":\"oxygen-saturation\",\"value\":79,\"unit\":\"%\"}]}' "
            << url << "/ingest/sensors-bodo\n"
            << "What the record system has received:\n"
            << "  curl -s http://127.0.0.1:" << sink_port << "/fhir/counts\n"
            << "The newest document of a resolved alarm among it, after some three minutes:\n"
            << "  curl -s 'http://127.0.0.1:" << sink_port << "/fhir/Bundle?_count=1'\n"
            << "\nCtrl-C stops it all.\n"
            << std::endl;
}

int run(const std::filesystem::path& config_file) {
  demo::SinkServer sink(system_clock());
  demo::DemoPorts ports;
  ports.gateway = free_port(usual_port) ? usual_port : 0;
  ports.sink = sink.port();
  auto files = demo::write_demo_files(config_file, ports, system_random());
  if (!files) throw std::runtime_error(files.error().detail);
  std::optional<config::Config> config = usable_config(config_file.string());
  if (!config) return 1;
  auto zone = find_zone("Europe/Oslo");
  if (!zone) throw std::runtime_error(zone.error().detail);

  App app(std::move(*config));
  sink.start();
  app.start();
  demo::Simulation simulation = demo::demo_simulation(*files, system_clock().now());
  simulation.target.url = "http://127.0.0.1:" + std::to_string(app.ports().front());
  enrol(simulation, *files);
  print_listeners(app.config(), app.ports());
  print_how_to_look(simulation, *files, sink.port());
  {
    Townspeople people(std::move(simulation), **zone, workplaces(*files));
    people.start();
    run_until_stopped(app);
  }
  app.stop();
  sink.stop();
  return 0;
}

}  // namespace

int serve_demo(const std::string& config_file) {
  hold_signals();
  try {
    if (!config_file.empty()) return run(config_file);
    demo::TemporaryFolder folder;
    return run(folder.path() / "hjemport.yaml");
  } catch (const std::exception& error) {
    std::cerr << "the demonstration cannot start: " << error.what() << '\n';
    return 1;
  }
}

}  // namespace gateway::cli
