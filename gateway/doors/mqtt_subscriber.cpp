#include "gateway/doors/mqtt_subscriber.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "gateway/config/topic_filter.hpp"
#include "gateway/deliver/backoff.hpp"
#include "gateway/doors/mqtt_packet.hpp"
#include "gateway/doors/mqtt_wire.hpp"
#include "gateway/http/timer.hpp"
#include "gateway/runtime/log.hpp"

namespace gateway::doors {
namespace asio = boost::asio;
namespace {

using http::Awaitable;
using http::Timer;
constexpr auto token = asio::as_tuple(asio::use_awaitable_t<http::Executor>{});
constexpr auto never = std::chrono::steady_clock::time_point::max();

constexpr std::size_t topic_bytes = 64 * 1024 + 4;  // with its length and the packet id
constexpr std::size_t kept_bytes = 64 * 1024;       // of a message that is too large
constexpr std::uint16_t subscribe_id = 1;           // the only packet of ours that is numbered
// How often a message that can be decoded and not be stored is tried before it is kept as it is: the next in its topic waits.
constexpr std::uint32_t tries_of_a_fault = 5;
constexpr deliver::Backoff retry_backoff{std::chrono::milliseconds(500), std::chrono::milliseconds(30'000)};
// A connection that lasted this long was a good one: the next failure is a new one.
constexpr std::chrono::seconds good_connection{10};
constexpr std::chrono::seconds farewell{2};

struct Topic {
  std::string filter;
  int qos = 1;
  std::string source;  // looked up for each message: a reload may put another in its place
};

// Received and not acknowledged.
struct Message {
  const ingest::ConfiguredSource* source = nullptr;  // none: no filter of ours fits
  std::string payload;
  std::uint64_t size = 0;  // of the payload as sent; more than is here when it is too large
  std::uint16_t packet_id = 0;
  bool done = false;
};

std::string_view refusal_words(std::uint8_t code) {  // 3.2.2.3
  switch (code) {
    case 1: return "the broker refuses this version of MQTT";
    case 2: return "the broker refuses the client_id";
    case 3: return "the broker is not available";
    case 4: return "the broker refuses the username or password";
    case 5: return "the broker does not let this client in";
    default: return "the broker refuses the connection";
  }
}

}  // namespace

struct MqttSubscriber::Impl : std::enable_shared_from_this<MqttSubscriber::Impl> {
  // What one connection needs; gone with it. Whoever works for it is counted, and the connection waits for them.
  struct Connection {
    Connection(http::Executor executor, std::size_t message_bytes)
        : reader(message_bytes + topic_bytes, kept_bytes + topic_bytes),
          deadline(executor),
          changed(executor, never),
          room(executor, never),
          idle(executor, never),
          pulse(executor) {}
    std::unique_ptr<Wire> wire;
    PacketReader reader;
    std::deque<std::shared_ptr<Message>> waiting;  // in the order received
    std::size_t waiting_bytes = 0;
    struct Lane {
      explicit Lane(http::Executor executor) : pause(executor) {}
      std::deque<std::shared_ptr<Message>> messages;
      Timer pause;
    };
    std::map<std::string, Lane, std::less<>> lanes;  // by topic, while it has messages
    std::string out;                                 // to be written
    bool reading_over = false;  // no more is read, and what is not begun stays with the broker
    bool finished = false;      // nothing more will be put into `out`
    bool broken = false;
    bool subscribed = false, heard = false, blocked = false, said_refused = false, said_unplaced = false;
    std::string why;  // the connection ended
    int workers = 0;
    bool writer = false, pinger = false;
    Timer deadline, changed, room, idle, pulse;
  };
  using ConnectionPtr = std::shared_ptr<Connection>;

  Impl(asio::io_context& context, const config::MqttBroker& configured, const MqttMeans& given)
      : executor(context.get_executor()),
        broker(configured),
        means(given),
        metrics(given.metrics.mqtt(configured.id)),
        tls(make_broker_tls(configured)),
        pause(executor),
        stop_limit(executor) {
    for (const config::MqttTopic& topic : broker.topics) {
      topics.push_back({topic.filter, topic.qos, topic.source});
    }
  }

  // Several coroutines share it; what they throw is a defect, ends the connection and is logged.
  template <class Done>
  void spawn(Awaitable<void> work, ConnectionPtr connection, Done ended) {
    asio::co_spawn(executor, std::move(work),
                   [self = shared_from_this(), connection, ended = std::move(ended)](std::exception_ptr failure) {
                     if (failure) {
                       log::error("mqtt_failed", {{"broker", std::string_view(self->broker.id)}});
                       self->end(*connection, "a fault in this program");
                     }
                     ended();
                   });
  }

  // No more is read on this connection.
  void end(Connection& connection, std::string_view why) {
    if (connection.why.empty()) connection.why = why;
    if (std::exchange(connection.reading_over, true)) return;
    connection.wire->stop_reading();
    connection.room.cancel();
    connection.pulse.cancel();
    for (auto& [topic, lane] : connection.lanes) lane.pause.cancel();
  }
  // And nothing can be written either.
  void cut(Connection& connection, std::string_view why) {
    connection.broken = true;
    end(connection, why);
    connection.wire->close();
    connection.changed.cancel();
  }

  static Awaitable<void> run(std::shared_ptr<Impl> self);
  Awaitable<void> serve(ConnectionPtr);
  Awaitable<bool> log_in(Connection&);
  Awaitable<void> read_all(ConnectionPtr);
  Awaitable<bool> next_packet(Connection&, Packet&);
  bool take_packet(const ConnectionPtr&, const Packet&);
  void take_suback(Connection&, const Packet&);
  void take_publish(const ConnectionPtr&, const Publish&, const Packet&);
  bool full(const Connection& connection) const {
    return !connection.waiting.empty() &&
           (connection.waiting.size() >= broker.in_flight || connection.waiting_bytes >= means.message_bytes);
  }
  static Awaitable<void> work(std::shared_ptr<Impl>, ConnectionPtr, std::string topic);
  Awaitable<bool> store(Connection&, Connection::Lane&, Message&);
  Awaitable<ingest::Receipt> attempt(const Message&, const std::optional<fhir::Error>& hopeless);
  void acknowledge(Connection&);
  static Awaitable<void> write_all(std::shared_ptr<Impl>, ConnectionPtr);
  static Awaitable<void> keep_alive(std::shared_ptr<Impl>, ConnectionPtr);
  void arm_deadline(const ConnectionPtr&, std::chrono::milliseconds, const char* why);
  void say_disconnected(const Connection&);

  http::Executor executor;
  const config::MqttBroker& broker;
  const MqttMeans means;
  MqttMetrics& metrics;
  std::vector<Topic> topics;
  std::shared_ptr<asio::ssl::context> tls;
  Timer pause, stop_limit;
  ConnectionPtr now;  // the connection there is
  bool running = false, stopping = false;
  bool had_session = false;
  std::uint32_t failures = 0;
  std::string said;  // the last reason that was logged, so that each is logged once
  std::function<void()> done;
};

MqttSubscriber::MqttSubscriber(asio::io_context& context, const config::MqttBroker& broker, const MqttMeans& means)
    : impl_(std::make_shared<Impl>(context, broker, means)) {}
MqttSubscriber::~MqttSubscriber() = default;

void MqttSubscriber::start() {
  asio::post(impl_->executor, [impl = impl_] {
    impl->running = true;
    asio::co_spawn(impl->executor, Impl::run(impl), [impl](std::exception_ptr failure) {
      if (failure) log::error("mqtt_failed", {{"broker", std::string_view(impl->broker.id)}});
      impl->running = false;
      impl->metrics.connected.set(0);
      impl->stop_limit.cancel();
      if (impl->done) std::exchange(impl->done, nullptr)();
    });
  });
}

void MqttSubscriber::stop(std::function<void()> done) {
  asio::post(impl_->executor, [impl = impl_, done = std::move(done)]() mutable {
    impl->stopping = true;
    if (!impl->running) return done();
    impl->done = std::move(done);
    impl->pause.cancel();
    if (!impl->now) return;
    // Before the subscriptions are confirmed there is nothing to be polite about.
    if (!impl->now->subscribed) return impl->cut(*impl->now, "the gateway stops");
    impl->end(*impl->now, "the gateway stops");
    impl->stop_limit.expires_after(impl->means.stop);
    impl->stop_limit.async_wait([impl](boost::system::error_code aborted) {
      if (!aborted && impl->now) impl->cut(*impl->now, "the gateway stops");
    });
  });
}

Awaitable<void> MqttSubscriber::Impl::run(std::shared_ptr<Impl> self) {
  const deliver::Backoff backoff{self->broker.backoff_first, self->broker.backoff_max};
  while (!self->stopping) {
    auto connection = std::make_shared<Connection>(self->executor, self->means.message_bytes);
    connection->wire = make_wire(self->executor, self->broker, self->tls);
    self->now = connection;
    const auto begun = self->means.clock.steady_now();
    co_await self->serve(connection);
    self->now = nullptr;
    self->metrics.connected.set(0);
    self->metrics.waiting.set(0);
    if (self->stopping) break;
    self->metrics.failures.add();
    const bool was_good = connection->subscribed && self->means.clock.steady_now() - begun >= good_connection;
    self->failures = was_good ? 1 : self->failures + 1;
    self->say_disconnected(*connection);
    self->pause.expires_after(backoff.wait(self->failures, self->means.random));
    co_await self->pause.async_wait(token);
  }
}

void MqttSubscriber::Impl::say_disconnected(const Connection& connection) {
  if (said == connection.why) return;
  said = connection.why;
  log::warning("mqtt_disconnected", {{"broker", std::string_view(broker.id)}, {"reason", std::string_view(said)}});
}

void MqttSubscriber::Impl::arm_deadline(const ConnectionPtr& connection, std::chrono::milliseconds duration, const char* why) {
  connection->deadline.expires_after(duration);
  connection->deadline.async_wait([self = shared_from_this(), connection, duration, why](boost::system::error_code aborted) {
    if (aborted) return;
    // While the window is full nothing is read, the broker's answer included.
    if (connection->blocked) return self->arm_deadline(connection, duration, why);
    self->cut(*connection, why);
  });
}

// From the first byte to the last, and until nobody works for the connection any more.
Awaitable<void> MqttSubscriber::Impl::serve(ConnectionPtr connection) {
  arm_deadline(connection, broker.timeout, "the broker did not answer in time");
  std::string why = co_await connection->wire->open();
  if (!why.empty()) end(*connection, why);
  bool logged_in = false;
  if (!connection->reading_over) logged_in = co_await log_in(*connection);
  if (logged_in) {
    connection->writer = connection->pinger = true;
    spawn(write_all(shared_from_this(), connection), connection, [connection] {
      connection->writer = false;
      connection->idle.cancel();
    });
    spawn(keep_alive(shared_from_this(), connection), connection, [connection] {
      connection->pinger = false;
      connection->idle.cancel();
    });
    co_await read_all(connection);
  }
  end(*connection, "the broker closed the connection");
  connection->deadline.cancel();
  while (connection->workers > 0) {
    connection->idle.expires_at(never);
    co_await connection->idle.async_wait(token);
  }
  if (logged_in && !connection->broken) append_disconnect(connection->out);
  connection->finished = true;
  connection->changed.cancel();
  arm_deadline(connection, farewell, "the broker did not answer in time");
  while (connection->writer || connection->pinger) {
    connection->idle.expires_at(never);
    co_await connection->idle.async_wait(token);
  }
  connection->deadline.cancel();
  connection->wire->close();
}

Awaitable<bool> MqttSubscriber::Impl::next_packet(Connection& connection, Packet& packet) {
  for (;;) {
    const PacketReader::Progress progress = connection.reader.next(packet);
    if (progress == PacketReader::Progress::packet) co_return true;
    if (progress == PacketReader::Progress::malformed) {
      cut(connection, "the broker sent what is not MQTT");
      co_return false;
    }
    if (connection.reading_over) co_return false;
    std::string bytes;
    const bool more = co_await connection.wire->read(bytes);
    connection.heard = true;
    connection.reader.received(bytes);
    if (!more && bytes.empty()) co_return false;
  }
}

Awaitable<bool> MqttSubscriber::Impl::log_in(Connection& connection) {
  std::string bytes;
  append_connect(bytes, {broker.client_id, broker.username, broker.password,
                         static_cast<std::uint16_t>(broker.keep_alive.count())});
  const bool sent = co_await connection.wire->write(bytes);
  if (!sent) co_return false;
  Packet packet;
  const bool received = co_await next_packet(connection, packet);
  if (!received) co_return false;
  const std::optional<Connack> answer = read_connack(packet);
  if (!answer) {
    cut(connection, "the broker sent what is not MQTT");
    co_return false;
  }
  if (answer->code != 0) {
    end(connection, refusal_words(answer->code));
    co_return false;
  }
  metrics.connections.add();
  if (had_session && !answer->session_present) {
    metrics.sessions_lost.add();
    log::warning("mqtt_session_lost", {{"broker", std::string_view(broker.id)}});
  }
  had_session = true;
  std::vector<Subscription> subscriptions;
  for (const Topic& topic : topics) subscriptions.push_back({topic.filter, topic.qos});
  append_subscribe(connection.out, subscribe_id, subscriptions);
  co_return true;
}

Awaitable<void> MqttSubscriber::Impl::read_all(ConnectionPtr connection) {
  Packet packet;
  while (!connection->reading_over) {
    const bool received = co_await next_packet(*connection, packet);
    if (!received || connection->reading_over) co_return;
    if (!take_packet(connection, packet)) {
      cut(*connection, "the broker sent what is not MQTT");
      co_return;
    }
    while (full(*connection) && !connection->reading_over) {
      connection->blocked = true;
      connection->room.expires_at(never);
      co_await connection->room.async_wait(token);
    }
    connection->blocked = false;
  }
}

bool MqttSubscriber::Impl::take_packet(const ConnectionPtr& connection, const Packet& packet) {
  switch (packet.type) {
    case PacketType::suback: {
      const std::optional<Suback> answer = read_suback(packet);
      if (!answer || answer->packet_id != subscribe_id || answer->codes.size() != topics.size()) return false;
      take_suback(*connection, packet);
      return true;
    }
    case PacketType::publish: {
      const std::optional<Publish> publish = read_publish(packet);
      if (!publish) return false;
      take_publish(connection, *publish, packet);
      return true;
    }
    case PacketType::pingresp: return true;
    case PacketType::connack:
    case PacketType::puback:
    case PacketType::unsuback: return false;  // an answer to what was not asked
  }
  return false;
}

void MqttSubscriber::Impl::take_suback(Connection& connection, const Packet& packet) {
  const Suback answer = *read_suback(packet);
  std::size_t refused = 0;
  std::string which;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    // Less than asked for is as bad as nothing: what QoS 0 loses nobody notices.
    if (static_cast<std::uint8_t>(answer.codes[i]) == topics[i].qos) continue;
    ++refused;
    which.append(which.empty() ? "" : " ").append(std::to_string(i));
  }
  metrics.subscriptions_refused.set(static_cast<double>(refused));
  connection.deadline.cancel();
  if (refused == topics.size()) return end(connection, "the broker refuses every topic filter");
  connection.subscribed = true;
  metrics.connected.set(1);
  if (refused > 0) {
    const std::string state = "topics refused: " + which;
    if (std::exchange(said, state) == state) return;
    log::error("mqtt_subscription_refused", {{"broker", std::string_view(broker.id)}, {"topics", std::string_view(which)}});
    return;
  }
  said.clear();
  log::info("mqtt_connected", {{"broker", std::string_view(broker.id)}});
}

void MqttSubscriber::Impl::take_publish(const ConnectionPtr& connection, const Publish& publish, const Packet& packet) {
  auto message = std::make_shared<Message>();
  message->packet_id = publish.packet_id;
  message->size = packet.size - (packet.body.size() - publish.payload.size());
  message->payload = publish.payload.substr(0, message->size > means.message_bytes ? kept_bytes : std::string_view::npos);
  const auto topic = std::find_if(topics.begin(), topics.end(),
                                  [&](const Topic& one) { return config::matches(one.filter, publish.topic); });
  if (topic != topics.end()) message->source = means.sources.find(topic->source);
  connection->waiting.push_back(message);
  connection->waiting_bytes += message->payload.size();
  metrics.waiting.set(static_cast<double>(connection->waiting.size()));
  if (message->source == nullptr) {
    // A subscription of an earlier configuration that the broker still holds: nobody says whose this would be.
    if (!std::exchange(connection->said_unplaced, true)) {
      log::warning("mqtt_message_unplaced", {{"broker", std::string_view(broker.id)}});
    }
    metrics.unplaced.add();
    message->done = true;
    acknowledge(*connection);
    return;
  }
  auto [lane, made] = connection->lanes.try_emplace(std::string(publish.topic), executor);
  lane->second.messages.push_back(std::move(message));
  if (!made) return;
  ++connection->workers;
  spawn(work(shared_from_this(), connection, std::string(publish.topic)), connection, [connection] {
    if (--connection->workers == 0) connection->idle.cancel();
  });
}

// The messages of one topic, one after the other, until there is none.
Awaitable<void> MqttSubscriber::Impl::work(std::shared_ptr<Impl> self, ConnectionPtr connection, std::string topic) {
  Connection::Lane& lane = connection->lanes.find(topic)->second;  // this coroutine's until it erases it
  while (!lane.messages.empty() && !connection->reading_over) {
    const std::shared_ptr<Message> message = lane.messages.front();
    const bool stored = co_await self->store(*connection, lane, *message);
    if (!stored) break;
    lane.messages.pop_front();
    message->done = true;
    self->acknowledge(*connection);
  }
  connection->lanes.erase(topic);
}

// True when the message is dealt with for good; false when the connection ends before that.
Awaitable<bool> MqttSubscriber::Impl::store(Connection& connection, Connection::Lane& lane, Message& message) {
  std::optional<fhir::Error> hopeless;
  if (message.size > means.message_bytes) {
    hopeless = fhir::Error(fhir::ErrorCategory::too_large, "a message of " + std::to_string(message.size) +
                                                               " bytes, more than http.body_bytes; its beginning is kept");
  }
  for (std::uint32_t tries = 1;; ++tries) {
    const ingest::Receipt receipt = co_await attempt(message, hopeless);
    if (!receipt.refusal || receipt.undecodable) {
      const Counter& outcome = hopeless ? metrics.too_large : receipt.undecodable ? metrics.undecodable : metrics.stored;
      outcome.add();
      co_return true;
    }
    const fhir::ErrorCategory category = receipt.refusal->category;
    const bool full = category == fhir::ErrorCategory::busy || category == fhir::ErrorCategory::unavailable;
    if (!hopeless && (category == fhir::ErrorCategory::too_large || (!full && tries >= tries_of_a_fault))) {
      hopeless = *receipt.refusal;
      continue;
    }
    if (connection.reading_over) co_return false;
    metrics.retries.add();
    if (!std::exchange(connection.said_refused, true)) {
      log::warning("mqtt_message_refused", {{"broker", std::string_view(broker.id)},
                                            {"source", std::string_view(message.source->facts.id)},
                                            {"reason", std::string_view(receipt.refusal->detail)}});
    }
    lane.pause.expires_after(retry_backoff.wait(tries, means.random));
    co_await lane.pause.async_wait(token);
    if (connection.reading_over) co_return false;
  }
}

// What can never be taken is kept, because nobody is there to be told.
Awaitable<ingest::Receipt> MqttSubscriber::Impl::attempt(const Message& message, const std::optional<fhir::Error>& hopeless) {
  std::string bytes = message.payload;
  ingest::Receipt receipt;
  if (hopeless) {
    fhir::Error why = *hopeless;
    receipt = co_await means.intake.keep(*message.source, std::move(bytes), std::move(why));
  } else {
    receipt = co_await means.intake.take(*message.source, std::move(bytes));
  }
  co_return receipt;
}

// 4.6: in the order the messages came, so one that is done may wait for one before it.
void MqttSubscriber::Impl::acknowledge(Connection& connection) {
  while (!connection.waiting.empty() && connection.waiting.front()->done) {
    const Message& first = *connection.waiting.front();
    if (first.packet_id != 0) append_puback(connection.out, first.packet_id);
    connection.waiting_bytes -= first.payload.size();
    connection.waiting.pop_front();
  }
  metrics.waiting.set(static_cast<double>(connection.waiting.size()));
  connection.changed.cancel();
  connection.room.cancel();
}

Awaitable<void> MqttSubscriber::Impl::write_all(std::shared_ptr<Impl> self, ConnectionPtr connection) {
  std::string bytes;
  while (!connection->broken) {
    bytes.clear();
    bytes.swap(connection->out);
    if (bytes.empty() && connection->finished) co_return;
    if (bytes.empty()) {
      connection->changed.expires_at(never);
      co_await connection->changed.async_wait(token);
      continue;
    }
    const bool written = co_await connection->wire->write(bytes);
    if (!written) self->cut(*connection, "the broker closed the connection");
  }
}

// Something has to be sent in the agreed time (3.1.2.10): asks twice in it. A broker that is silent for twice as long is gone.
Awaitable<void> MqttSubscriber::Impl::keep_alive(std::shared_ptr<Impl> self, ConnectionPtr connection) {
  int unanswered = 0;
  while (!connection->reading_over) {
    connection->pulse.expires_after(std::chrono::milliseconds(self->broker.keep_alive) / 2);
    co_await connection->pulse.async_wait(token);
    if (connection->reading_over) co_return;
    if (std::exchange(connection->heard, false) || connection->blocked) unanswered = 0;
    if (++unanswered > 3) {
      self->cut(*connection, "the broker is silent");
      co_return;
    }
    append_ping(connection->out);
    connection->changed.cancel();
  }
}

}  // namespace gateway::doors
