// Synthetic people pushing at a target, over whatever HttpClient it is given.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "adapters/adapter.hpp"
#include "gateway/deliver/http_client.hpp"
#include "gateway/demo/outbox.hpp"
#include "gateway/demo/traffic.hpp"
#include "gateway/runtime/clock.hpp"

namespace gateway::demo {

struct Target {
  std::string url;  // "http://127.0.0.1:8080", no slash at the end
  struct Source {
    std::string id, token;
    Format format = Format::hjemport;
  };
  std::vector<Source> sources;
};

// A safety event that happens at a moment of the run.
struct Scripted {
  std::chrono::milliseconds after{0};  // real time since the start
  std::chrono::milliseconds every{0};  // and again; 0: once
  std::size_t person = 0;              // one of a native source
  fhir::EventKind kind = fhir::EventKind::fall;
};

struct Simulation {
  Target target;
  std::vector<Person> people;
  std::vector<Scripted> happenings;
  Scenario scenario = Scenario::normal;
  std::uint64_t seed = 1;
  double speed = 60;                 // simulated minutes per second
  std::chrono::seconds history{0};   // measured before the start
  std::chrono::seconds duration{0};  // real time; 0: until stop()
  std::chrono::seconds summary_every{10};
};

// Stepped by somebody: it has no timer and no thread of its own (Pace has). All calls on the client's thread.
class Simulator {
 public:
  // All outlive it, but the client must answer nothing any more when it is gone. `zone` gives the offset times are
  // written with.
  Simulator(deliver::HttpClient&, const Clock&, const adapters::Zone& zone, Simulation);
  ~Simulator();

  using Report = std::function<void(const Tally&)>;
  void begin(Report summary);  // `summary` is called every now and then
  // Measures and pushes what is due. False when it is over: the duration has passed and all is answered (or ten seconds
  // more have passed), or the target takes nothing.
  bool step();
  const Tally& tally() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Steps a simulator on an io_context until it is over or stopped; then `done`, once.
class Pace {
 public:
  Pace(boost::asio::io_context& context, Simulator& simulator) : simulator_(simulator), timer_(context) {}
  void start(Simulator::Report summary, std::function<void()> done);
  void stop();  // on the context's thread; harmless when it is over

 private:
  void step();

  Simulator& simulator_;
  boost::asio::steady_timer timer_;
  std::function<void()> done_;
};

}  // namespace gateway::demo
