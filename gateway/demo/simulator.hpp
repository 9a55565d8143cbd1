// Synthetic people pushing at a target, over whatever HttpClient it is given, on one io_context and its thread.
#pragma once

#include <boost/asio/io_context.hpp>
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
  std::chrono::hours history{0};     // measured before the start
  std::chrono::seconds duration{0};  // real time; 0: until stop()
  std::chrono::seconds summary_every{10};
};

class Simulator {
 public:
  // All outlive it. `zone` gives the offset times are written with.
  Simulator(boost::asio::io_context&, deliver::HttpClient&, const Clock&, const adapters::Zone& zone, Simulation);
  ~Simulator();

  // `summary` every now and then, `done` once: the duration is over and all is answered (or ten seconds passed), the
  // target refuses everything, or stop() was called. Both on the context's thread.
  void start(std::function<void(const Tally&)> summary, std::function<void(const Tally&)> done);
  void stop();  // on the context's thread; harmless when it is over
  const Tally& tally() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::demo
