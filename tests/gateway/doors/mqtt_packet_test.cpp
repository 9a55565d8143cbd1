// MQTT 3.1.1 on the wire, byte by byte; the numbers in brackets are sections of the standard.
#include "gateway/doors/mqtt_packet.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "gateway/config/topic_filter.hpp"

using namespace gateway::doors;
using Progress = PacketReader::Progress;

namespace {

using namespace std::string_literals;

std::string publish(int first, std::string_view topic, std::string_view rest) {
  std::string body;
  body += static_cast<char>(topic.size() >> 8);
  body += static_cast<char>(topic.size() & 0xFF);
  body.append(topic).append(rest);
  std::string out(1, static_cast<char>(first));
  std::size_t left = body.size();
  do {
    out += static_cast<char>((left & 0x7F) | (left > 0x7F ? 0x80 : 0));
    left >>= 7;
  } while (left > 0);
  return out + body;
}

std::vector<Packet> read(std::string_view bytes, std::size_t step, std::size_t most, std::size_t kept, bool& malformed) {
  PacketReader reader(most, kept);
  std::vector<Packet> out;
  Packet packet;
  malformed = false;
  for (;;) {
    switch (reader.next(packet)) {
      case Progress::packet: out.push_back(packet); break;
      case Progress::malformed: malformed = true; return out;
      case Progress::need_more:
        if (bytes.empty()) return out;
        reader.received(bytes.substr(0, step));
        bytes.remove_prefix(std::min(step, bytes.size()));
        break;
    }
  }
}

}  // namespace

TEST_CASE("mqtt: what a subscriber sends", "[doors][mqtt]") {
  std::string out;
  append_connect(out, {"me", "", "", 60});
  CHECK(out == "\x10\x0E\0\4MQTT\4\0\0\x3C\0\2me"s);  // [3.1] not clean, no name
  out.clear();
  append_connect(out, {"me", "u", "pw", 300});
  CHECK(out == "\x10\x15\0\4MQTT\4\xC0\1\x2C\0\2me\0\1u\0\2pw"s);
  out.clear();
  append_connect(out, {"me", "", "pw", 5});
  CHECK(out == "\x10\x0E\0\4MQTT\4\0\0\5\0\2me"s);  // [3.1.2.9] no password without a name
  out.clear();
  append_subscribe(out, 10, {{"a/b", 1}, {"c/#", 0}});
  CHECK(out == "\x82\x0E\0\x0A\0\3a/b\1\0\3c/#\0"s);  // [3.8]
  out.clear();
  append_puback(out, 0x1234);
  CHECK(out == "\x40\2\x12\x34"s);
  out.clear();
  append_ping(out);
  append_disconnect(out);
  CHECK(out == "\xC0\0\xE0\0"s);
}

TEST_CASE("mqtt: packets are read the same in any pieces", "[doors][mqtt]") {
  const std::string bytes = "\x20\2\1\0"s + "\x90\4\0\1\1\x80"s + publish(0x32, "t/1", "\0\7payload"s) + "\xD0\0"s +
                            publish(0x30, "t", std::string(20'000, 'x'));
  for (const std::size_t step : {1u, 3u, 100u, 100'000u}) {
    DYNAMIC_SECTION("pieces of " << step) {
      bool malformed = true;
      const std::vector<Packet> packets = read(bytes, step, 100'000, 100, malformed);
      CHECK_FALSE(malformed);
      REQUIRE(packets.size() == 5);
      CHECK(read_connack(packets[0])->session_present);
      CHECK(read_suback(packets[1])->codes == "\1\x80");
      const Publish first = *read_publish(packets[2]);
      CHECK(first.topic == "t/1");
      CHECK(first.payload == "payload");
      CHECK(first.packet_id == 7);
      CHECK(first.qos == 1);
      CHECK(packets[3].type == PacketType::pingresp);
      CHECK(read_publish(packets[4])->payload.size() == 20'000);
    }
  }
}

TEST_CASE("mqtt: of a packet over the limit the beginning is kept, and the next is read whole", "[doors][mqtt]") {
  const std::string bytes = publish(0x32, "t/1", "\0\7"s + std::string(5'000, 'x')) + publish(0x32, "t/2", "\0\10after"s);
  for (const std::size_t step : {1u, 1'000u, 100'000u}) {
    DYNAMIC_SECTION("pieces of " << step) {
      bool malformed = true;
      const std::vector<Packet> packets = read(bytes, step, 1'000, 100, malformed);
      CHECK_FALSE(malformed);
      REQUIRE(packets.size() == 2);
      CHECK(packets[0].cut());
      CHECK(packets[0].size == 5'007);
      CHECK(packets[0].body.size() == 100);
      CHECK(read_publish(packets[0])->packet_id == 7);
      CHECK(read_publish(packets[1])->payload == "after");
    }
  }
}

TEST_CASE("mqtt: what is no packet a broker sends", "[doors][mqtt]") {
  struct Row {
    const char* name;
    std::string bytes;
  };
  const Row rows[] = {
      {"type 0", "\0\0"s},
      {"a CONNECT", "\x10\0"s},
      {"a length of five bytes", "\x30\x80\x80\x80\x80\1"s},
      {"flags on a SUBACK", "\x91\3\0\1\1"s},
      {"an HTTP server", "HTTP/1.1 400 Bad Request\r\n"s},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      bool malformed = false;
      CHECK(read(row.bytes, 1, 1'000, 100, malformed).empty());
      CHECK(malformed);
    }
  }
}

TEST_CASE("mqtt: a publish that is none", "[doors][mqtt]") {
  struct Row {
    const char* name;
    std::string bytes;
  };
  const Row rows[] = {
      {"QoS 2, which was not asked for", publish(0x34, "t", "\0\1x"s)},
      {"QoS 3", publish(0x36, "t", "\0\1x"s)},
      {"no topic", publish(0x32, "", "\0\1x"s)},
      {"a wildcard in the topic", publish(0x32, "t/+", "\0\1x"s)},
      {"a topic that is no UTF-8", publish(0x32, "t\xFF", "\0\1x"s)},
      {"a NUL in the topic", publish(0x32, "t\0t"s, "\0\1x"s)},
      {"packet id 0", publish(0x32, "t", "\0\0x"s)},
      {"no room for the packet id", publish(0x32, "t", "\1"s)},
      {"a topic longer than the packet", "\x32\3\0\5t"s},
      {"one byte", "\x32\1\0"s},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      bool malformed = true;
      const std::vector<Packet> packets = read(row.bytes, 100, 1'000, 100, malformed);
      REQUIRE(packets.size() == 1);
      CHECK_FALSE(read_publish(packets[0]));
    }
  }
}

TEST_CASE("topic filters: which topics they are for", "[config][mqtt]") {
  using gateway::config::matches;
  struct Row {
    const char *filter, *topic;
    bool fits;
  };
  const Row rows[] = {
      {"a/b", "a/b", true},      {"a/b", "a/b/c", false}, {"a/b", "a", false},      {"a/+", "a/b", true},   {"a/+", "a", false},
      {"a/+", "a/", true},       {"a/+", "a/b/c", false}, {"+/+", "/a", true},      {"+", "/a", false},     {"/+", "/a", true},
      {"a/#", "a", true},        {"a/#", "a/b/c", true},  {"a/#", "ab", false},     {"#", "a/b", true},     {"a/+/c", "a/b/c", true},
      {"a/+/c", "a/b/d", false}, {"#", "$SYS/x", false},  {"+/x", "$SYS/x", false}, {"$SYS/#", "$SYS/x", true},
      {"a/b/#", "a", false},     {"A/b", "a/b", false},
  };
  for (const Row& row : rows) {
    INFO(row.filter << " " << row.topic);
    CHECK(matches(row.filter, row.topic) == row.fits);
  }
}

TEST_CASE("topic filters: which are none", "[config][mqtt]") {
  using gateway::config::valid_filter;
  for (const char* good : {"a", "a/b", "+", "#", "a/+/b/#", "/", "$SYS/#", "+/+"}) CHECK(valid_filter(good));
  for (const char* bad : {"", "a+", "a/b#", "#/a", "a/#/b", "++", "a/##", "\xFF"}) CHECK_FALSE(valid_filter(bad));
}
