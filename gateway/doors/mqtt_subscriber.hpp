// Fetches a vendor's payloads from an MQTT broker (3.1.1, QoS 1). A message is acknowledged when all of it is committed or kept in
// quarantine, never before, and the session is persistent: what is published while nobody is connected, and what was received and
// not acknowledged, the broker sends when we are back; what was committed meanwhile is a duplicate (invariant 3).
//
// Messages of one topic are taken one after the other, in their order, also over refusals; topics go in parallel, so that a group
// commit holds many of them. Acknowledgements leave in the order of the messages (MQTT 4.6). A message that is refused because
// something is full is tried again, later and later, and nothing behind it in its topic overtakes it; when the window is full
// of such, reading stops and the broker keeps the rest.
//
// Not paho: see docs/decisions/0009-own-mqtt-subscriber.md.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "gateway/config/config.hpp"
#include "gateway/ingest/intake.hpp"
#include "gateway/runtime/clock.hpp"
#include "gateway/runtime/metrics.hpp"

namespace gateway::doors {

struct MqttMeans {
  const ingest::Sources& sources;
  const ingest::Intake& intake;
  const Clock& clock;
  Random& random;
  Metrics& metrics;
  std::size_t message_bytes;            // as for a body over HTTP; of a larger message the beginning is kept in quarantine
  std::chrono::milliseconds stop;       // time to finish what is under way
};

// One broker. Lives on one io_context's thread; start() and stop() may be called from any.
class MqttSubscriber {
 public:
  // Throws std::runtime_error for TLS files that cannot be used. Context and settings outlive the subscriber.
  MqttSubscriber(boost::asio::io_context&, const config::MqttBroker&, const MqttMeans&);
  ~MqttSubscriber();  // after `done`, or when the context does not run any more
  MqttSubscriber(const MqttSubscriber&) = delete;

  void start();
  // Reads no more, finishes the messages under way, acknowledges them, says goodbye to the broker; then `done`, on the
  // context's thread. A message still refused stays with the broker.
  void stop(std::function<void()> done);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gateway::doors
