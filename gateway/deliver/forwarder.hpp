// All destinations' deliveries. The journal is the outbox: each destination has a cursor in it, committed with the rows
// of what could not simply be passed. Lives on one io_context (the maintenance thread's) and never blocks a request.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/deliver/document.hpp"
#include "gateway/deliver/outlet.hpp"

namespace gateway::deliver {

class Forwarder {
 public:
  // Before the committer starts: it is observed from here on. The committer is stopped before the Forwarder is
  // destroyed; the context outlives both. `publishers`: of the tenants whose destinations are sent documents.
  Forwarder(const OutletMeans&, const std::vector<config::Destination>&, const Publishers& publishers);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  void start();  // any thread
  // Any thread; `done` is called once on the context. Before the committer is stopped, so that the last rows and
  // cursors are written.
  void stop(std::function<void()> done, std::chrono::milliseconds patience = std::chrono::seconds(3));

  struct Shown {
    const config::Destination& destination;
    const DeliveryCounts& counts;
  };
  std::vector<Shown> shown() const;  // any thread

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // with the committer's observer
};

}  // namespace gateway::deliver
