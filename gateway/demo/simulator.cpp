#include "gateway/demo/simulator.hpp"

#include <utility>

namespace gateway::demo {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds pace = 50ms;
constexpr std::chrono::seconds grace = 10s;  // for the last answers
constexpr std::size_t at_once = 32;
constexpr std::size_t waiting_at_most = 5'000;  // beyond it simulated time stands still: the target sets the pace
constexpr std::uint64_t resent_one_in = 25, stray_one_in = 60;
constexpr std::chrono::seconds answer_within = 30s;

}  // namespace

struct Simulator::Impl {
  Impl(deliver::HttpClient& http, const Clock& the_clock, const adapters::Zone& the_zone, Simulation given)
      : client(http),
        clock(the_clock),
        zone(the_zone),
        simulation(std::move(given)),
        traffic(simulation.people, simulation.scenario, simulation.seed,
                std::chrono::duration_cast<Traffic::Moment>(simulation.history)),
        outbox(simulation.people.size() + 1, at_once) {}

  deliver::HttpClient& client;
  const Clock& clock;
  const adapters::Zone& zone;
  Simulation simulation;
  Traffic traffic;
  Outbox outbox;
  Report summary;
  fhir::Time began{};
  Outbox::Instant began_steady{}, stepped{}, next_summary{};
  Traffic::Moment simulated{0};
  std::uint64_t parcels = 0;
  bool over = false;

  // Before the start, simulated time is real; after it, it runs `speed` minutes a second, and a device's clock shows
  // the real time.
  fhir::Time shown(Traffic::Moment at) const {
    if (at.count() < 0) return began + at;
    return began + std::chrono::milliseconds(
                       static_cast<std::int64_t>(static_cast<double>(at.count()) / (simulation.speed * 60)));
  }

  Sitting sitting(const Person& person, Traffic::Moment at) const {
    Sitting one;
    one.at = std::min(shown(at), clock.now());
    one.offset = zone.offset_at(one.at);
    one.condition = person.body.condition;
    one.vitals = vitals_at(person.body, began + at);
    return one;
  }

  void add(std::size_t person, std::size_t source, std::string body) {
    Parcel parcel;
    parcel.person = person;
    parcel.source = source;
    parcel.body = std::move(body);
    parcel.again = ++parcels % resent_one_in == 0;
    outbox.add(std::move(parcel));
    if (parcels % stray_one_in == 0) add_stray();
  }

  // A device nobody has linked yet: its readings wait in quarantine for somebody to say whose they are.
  void add_stray() {
    for (std::size_t i = 0; i < simulation.target.sources.size(); ++i) {
      if (simulation.target.sources[i].format != Format::hjemport) continue;
      Person stranger;
      stranger.body = make_body(Condition::copd, simulation.seed);
      stranger.account.subject = stranger.account.device = "unlinked-device";
      const Sitting one = sitting(stranger, simulated);
      Parcel parcel;
      parcel.person = simulation.people.size();
      parcel.source = i;
      parcel.body = payloads(Format::hjemport, stranger.account, {&one, 1}).front();
      outbox.add(std::move(parcel));
      return;
    }
  }

  void measure() {
    for (const Traffic::Due& due : traffic.due(simulated)) {
      const Person& person = simulation.people[due.person];
      std::vector<Sitting> sittings;
      for (Traffic::Moment at : due.sittings) sittings.push_back(sitting(person, at));
      const Target::Source& source = simulation.target.sources[person.source];
      for (std::string& body : payloads(source.format, person.account, sittings))
        add(due.person, person.source, std::move(body));
    }
  }

  void happen(Outbox::Instant now) {
    for (Scripted& scripted : simulation.happenings) {
      if (scripted.after.count() < 0 || now - began_steady < scripted.after) continue;
      const Person& person = simulation.people[scripted.person];
      Happening happening;
      happening.at = clock.now();
      happening.offset = zone.offset_at(happening.at);
      happening.kind = scripted.kind;
      add(scripted.person, person.source, event_payload(person.account, happening));
      scripted.after = scripted.every.count() > 0 ? scripted.after + scripted.every : std::chrono::milliseconds(-1);
    }
  }

  void pump() {
    while (auto parcel = outbox.next(clock.steady_now())) {
      const Target::Source& source = simulation.target.sources[parcel->source];
      deliver::HttpRequest request;
      request.method = "POST";
      request.url = simulation.target.url + "/ingest/" + source.id;
      request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + source.token}};
      request.body = parcel->body;
      request.timeout = answer_within;
      client.send(std::move(request), [this, sent = std::move(*parcel)](const deliver::HttpResponse& response) {
        outbox.answered(sent, response, clock.steady_now(), clock.now());
        if (!over) pump();
      });
    }
  }

  bool step() {
    const Outbox::Instant now = clock.steady_now();
    const bool ended = simulation.duration.count() > 0 && now - began_steady >= simulation.duration;
    const bool answered = outbox.waiting() + outbox.under_way() == 0;
    over = outbox.tally().hopeless() || (ended && (answered || now - began_steady >= simulation.duration + grace));
    if (over) return false;
    if (!ended && outbox.waiting() < waiting_at_most) {
      const double passed = std::chrono::duration<double, std::milli>(now - stepped).count();
      simulated += Traffic::Moment(static_cast<std::int64_t>(passed * simulation.speed * 60));
      measure();
      happen(now);
    }
    stepped = now;
    pump();
    if (now >= next_summary && !ended) {
      next_summary += simulation.summary_every;
      summary(outbox.tally());
    }
    return true;
  }
};

Simulator::Simulator(deliver::HttpClient& client, const Clock& clock, const adapters::Zone& zone, Simulation simulation)
    : impl_(std::make_unique<Impl>(client, clock, zone, std::move(simulation))) {}

Simulator::~Simulator() = default;

void Simulator::begin(Report summary) {
  Impl& run = *impl_;
  run.summary = std::move(summary);
  run.began = run.clock.now();
  run.began_steady = run.stepped = run.clock.steady_now();
  run.next_summary = run.began_steady + run.simulation.summary_every;
}

bool Simulator::step() {
  return impl_->step();
}

const Tally& Simulator::tally() const {
  return impl_->outbox.tally();
}

void Pace::start(Simulator::Report summary, std::function<void()> done) {
  done_ = std::move(done);
  simulator_.begin(std::move(summary));
  step();
}

void Pace::step() {
  if (!done_) return;
  if (!simulator_.step()) return stop();
  timer_.expires_after(pace);
  timer_.async_wait([this](const boost::system::error_code& fault) {
    if (!fault) step();
  });
}

void Pace::stop() {
  timer_.cancel();
  if (auto done = std::exchange(done_, nullptr)) done();
}

}  // namespace gateway::demo
