// Drives one destination's Lane: reads the journal, sends, writes rows and the cursor through the committer, keeps the
// timer. All on the one thread that runs its io_context; only the counts are read from elsewhere.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "gateway/config/config.hpp"
#include "gateway/deliver/http_client.hpp"
#include "gateway/deliver/lane.hpp"
#include "gateway/deliver/owed.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/runtime/clock.hpp"
#include "gateway/store/store.hpp"

namespace gateway::deliver {

// For the metrics page; any thread.
struct DeliveryCounts {
  std::atomic<std::int64_t> lag_entries{0};       // journal positions not yet looked at, and entries read and unsent
  std::atomic<std::int64_t> oldest_unsent_us{0};  // commit time of the oldest unsent entry, Unix microseconds; 0: none
  std::atomic<std::int64_t> in_flight{0}, rows{0}, retrying{0}, dead_letters{0};
  std::atomic<bool> breaker_open{false};
  std::atomic<std::uint64_t> delivered{0}, not_delivered{0}, throttled{0}, parked{0};  // since start
};

struct OutletMeans {
  boost::asio::io_context& context;  // outlives the committer, which posts to it
  store::Store& store;
  journal::Committer& committer;
  const Clock& clock;
  Random& random;
  HttpClient& http;
};

class Outlet : public std::enable_shared_from_this<Outlet> {
 public:
  Outlet(const OutletMeans&, config::Destination, store::Tenant, alarms::Publisher);

  const config::Destination& destination() const { return destination_; }
  const DeliveryCounts& counts() const { return counts_; }

  // On the context's thread.
  void start();
  void journal_grew();
  void reinstated(const store::Delivery&);  // an operator's retry was committed
  void discarded();                         // an operator's discard was committed
  // Nothing new is sent; what is under way is waited for at most `patience`, what is decided is written; then `done`.
  void stop(std::chrono::milliseconds patience, std::function<void()> done);

 private:
  void load();
  void begin_here();
  void pump();
  bool step();
  void send(store::Position);
  void answered(store::Position, const Answer&);
  bool read(const Lane::Read&);
  bool write(Writes);
  void write_done(bool ok, const std::vector<DeliveryId>&);
  void report(const Lane::Wanted&);
  void arm();
  bool driven() const { return phase_ == Phase::running || phase_ == Phase::stopping; }
  void ended();
  void count();
  void cut_short();
  void try_again_in(std::chrono::milliseconds);

  OutletMeans means_;
  config::Destination destination_;
  OwedEntries owed_;
  Lane lane_;
  DeliveryCounts counts_;
  std::unique_ptr<store::Reader> reader_;
  boost::asio::steady_timer timer_, patience_;
  std::map<store::Position, HttpClient::Ticket> under_way_;
  std::vector<std::pair<store::Position, Answer>> answers_;  // known without asking anybody
  enum class Phase : std::uint8_t { starting, running, stopping, stopped };
  Phase phase_ = Phase::starting;
  bool pumping_ = false, store_failed_ = false;
  std::optional<fhir::Time> wake_;
  store::Position newest_ = 0;
  std::function<void()> stopped_;
};

}  // namespace gateway::deliver
