#include "gateway/doors/mqtt_packet.hpp"

#include <algorithm>

#include "fhir/utf8.hpp"

namespace gateway::doors {
namespace {

void append_number(std::string& out, std::size_t number) {
  out += static_cast<char>(number >> 8 & 0xFF);
  out += static_cast<char>(number & 0xFF);
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, text.size());
  out.append(text);
}

void append_packet(std::string& out, std::uint8_t first, std::string_view body) {
  out += static_cast<char>(first);
  std::size_t left = body.size();
  do {  // 2.2.3: seven bits a byte, the lowest first
    const std::size_t bits = left & 0x7F;
    left >>= 7;
    out += static_cast<char>(left != 0 ? bits | 0x80 : bits);
  } while (left != 0);
  out.append(body);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[at]) << 8 | static_cast<std::uint8_t>(bytes[at + 1]));
}

bool known(std::uint8_t type) {
  switch (static_cast<PacketType>(type)) {
    case PacketType::connack:
    case PacketType::publish:
    case PacketType::puback:
    case PacketType::suback:
    case PacketType::unsuback:
    case PacketType::pingresp: return true;
  }
  return false;
}

}  // namespace

PacketReader::Progress PacketReader::header() {
  const std::string_view bytes = std::string_view(input_).substr(at_);
  if (bytes.empty()) return Progress::need_more;
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const std::uint8_t type = first >> 4, flags = first & 0x0F;
  if (!known(type) || (type != static_cast<std::uint8_t>(PacketType::publish) && flags != 0)) return Progress::malformed;
  std::uint64_t length = 0;
  for (std::size_t i = 1;; ++i) {
    if (i > 4) return Progress::malformed;
    if (i == bytes.size()) return Progress::need_more;
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    length |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * (i - 1));
    if ((byte & 0x80) != 0) continue;
    at_ += i + 1;
    break;
  }
  packet_.type = static_cast<PacketType>(type);
  packet_.flags = flags;
  packet_.size = left_ = length;
  packet_.body.clear();
  keep_ = static_cast<std::size_t>(length <= most_bytes_ ? length : std::min<std::uint64_t>(length, kept_bytes_));
  in_body_ = true;
  return Progress::packet;
}

PacketReader::Progress PacketReader::next(Packet& packet) {
  if (!in_body_) {
    const Progress begun = header();
    if (begun != Progress::packet) {
      input_.erase(0, at_);
      at_ = 0;
      return begun;
    }
  }
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input_.size() - at_));
  packet_.body.append(input_, at_, std::min(count, keep_ - packet_.body.size()));
  at_ += count;
  left_ -= count;
  if (left_ > 0) {
    input_.erase(0, at_);
    at_ = 0;
    return Progress::need_more;
  }
  in_body_ = false;
  packet = std::move(packet_);
  packet_ = Packet();
  return Progress::packet;
}

void append_connect(std::string& out, const Connect& connect) {
  std::string body;
  append_text(body, "MQTT");
  body += '\4';  // 3.1.1
  const int with_name = connect.username.empty() ? 0 : 0x80, with_password = with_name != 0 && !connect.password.empty() ? 0x40 : 0;
  body += static_cast<char>(with_name | with_password);
  append_number(body, connect.keep_alive_seconds);
  append_text(body, connect.client_id);
  if (with_name != 0) append_text(body, connect.username);
  if (with_password != 0) append_text(body, connect.password);
  append_packet(out, 0x10, body);
}

void append_subscribe(std::string& out, std::uint16_t packet_id, const std::vector<Subscription>& subscriptions) {
  std::string body;
  append_number(body, packet_id);
  for (const Subscription& one : subscriptions) {
    append_text(body, one.filter);
    body += static_cast<char>(one.qos);
  }
  append_packet(out, 0x82, body);
}

void append_puback(std::string& out, std::uint16_t packet_id) {
  std::string body;
  append_number(body, packet_id);
  append_packet(out, 0x40, body);
}

void append_ping(std::string& out) { append_packet(out, 0xC0, {}); }

void append_disconnect(std::string& out) { append_packet(out, 0xE0, {}); }

std::optional<Connack> read_connack(const Packet& packet) {
  if (packet.type != PacketType::connack || packet.body.size() != 2 || packet.cut()) return std::nullopt;
  if ((packet.body[0] & 0xFE) != 0) return std::nullopt;
  return Connack{packet.body[0] == 1, static_cast<std::uint8_t>(packet.body[1])};
}

std::optional<Suback> read_suback(const Packet& packet) {
  if (packet.type != PacketType::suback || packet.body.size() < 3 || packet.cut()) return std::nullopt;
  return Suback{number_at(packet.body, 0), std::string_view(packet.body).substr(2)};
}

std::optional<Publish> read_publish(const Packet& packet) {
  if (packet.type != PacketType::publish) return std::nullopt;
  Publish publish;
  publish.repeated = (packet.flags & 8) != 0;
  publish.retained = (packet.flags & 1) != 0;
  publish.qos = packet.flags >> 1 & 3;
  std::string_view rest = packet.body;
  if (publish.qos > 1 || rest.size() < 2) return std::nullopt;  // more than QoS 1 was never asked for
  const std::size_t length = number_at(rest, 0);
  rest.remove_prefix(2);
  if (rest.size() < length) return std::nullopt;
  publish.topic = rest.substr(0, length);
  rest.remove_prefix(length);
  if (publish.topic.empty() || publish.topic.find_first_of(std::string_view("+#\0", 3)) != std::string_view::npos ||
      !fhir::is_utf8(publish.topic)) {
    return std::nullopt;
  }
  if (publish.qos == 1) {
    if (rest.size() < 2) return std::nullopt;
    publish.packet_id = number_at(rest, 0);
    if (publish.packet_id == 0) return std::nullopt;
    rest.remove_prefix(2);
  }
  publish.payload = rest;
  return publish;
}

}  // namespace gateway::doors
