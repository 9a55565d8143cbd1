// The packets of MQTT 3.1.1 that a subscriber sends and receives (OASIS Standard, 29 October 2014; section numbers below). No
// socket and no clock, so tests and the fuzzer call it directly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::doors {

enum class PacketType : std::uint8_t {
  connack = 2,
  publish = 3,
  puback = 4,
  suback = 9,
  unsuback = 11,
  pingresp = 13
};

struct Packet {
  PacketType type{};
  std::uint8_t flags = 0;
  std::string body;        // after the fixed header; of a packet over the limit only its beginning
  std::uint64_t size = 0;  // of the whole body, as announced
  bool cut() const { return body.size() < size; }
};

// Bytes of a connection in, packets out. A packet whose body is over `most_bytes` keeps its first `kept_bytes`, and the rest is read
// over: what a broker passes on is bounded by its own settings, up to 256 MB.
class PacketReader {
 public:
  PacketReader(std::size_t most_bytes, std::size_t kept_bytes) : most_bytes_(most_bytes), kept_bytes_(kept_bytes) {}

  void received(std::string_view bytes) { input_.append(bytes); }
  enum class Progress : std::uint8_t { need_more, packet, malformed };
  Progress next(Packet& packet);

 private:
  Progress header();

  std::size_t most_bytes_, kept_bytes_;
  std::string input_;  // received, read up to at_
  std::size_t at_ = 0;
  bool in_body_ = false;
  std::uint64_t left_ = 0;   // of the body
  std::size_t keep_ = 0;     // how much of it is kept
  Packet packet_;
};

struct Connect {
  std::string_view client_id, username, password;  // without a username there is no password (3.1.2.9)
  std::uint16_t keep_alive_seconds = 0;
};

// Appended to `out`. The session is never clean: what arrives for it while nobody is connected is kept by the broker (3.1.2.4).
void append_connect(std::string& out, const Connect&);
struct Subscription {
  std::string_view filter;
  int qos = 1;
};
void append_subscribe(std::string& out, std::uint16_t packet_id, const std::vector<Subscription>&);
void append_puback(std::string& out, std::uint16_t packet_id);
void append_ping(std::string& out);
void append_disconnect(std::string& out);

// Nothing when the packet is not what its type must be.
struct Connack {
  bool session_present = false;
  std::uint8_t code = 0;  // 3.2.2.3; 0: accepted
};
std::optional<Connack> read_connack(const Packet&);

struct Suback {
  std::uint16_t packet_id = 0;
  std::string_view codes;  // one byte a filter: the granted QoS or 0x80. Of the packet
};
std::optional<Suback> read_suback(const Packet&);

struct Publish {
  std::string_view topic, payload;  // of the packet
  std::uint16_t packet_id = 0;      // 0 with QoS 0
  int qos = 0;
  bool retained = false, repeated = false;
};
std::optional<Publish> read_publish(const Packet&);

}  // namespace gateway::doors
