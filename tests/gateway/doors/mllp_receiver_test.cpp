// HL7 v2 over a real socket into the gateway's own committer: what is acknowledged is stored, and what is not stored says
// why.
#include "gateway/doors/mllp_receiver.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "gateway/doors/mllp_framing.hpp"
#include "tests/support/gate.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/raw_http.hpp"

using namespace gateway;
using doors::mllp_frame;
using support::RawHttp;
using tests::InProcessGateway;

namespace {

InProcessGateway::Options with_ward(std::size_t quarantine_items = 10'000, std::size_t bulk_rows = 10'000) {
  InProcessGateway::Options options;
  config::Source ward;
  ward.id = "ward";
  ward.tenant = "bodo";
  ward.adapter = "hl7v2";
  ward.bearer = "ward";
  ward.quarantine_items = quarantine_items;
  options.config.sources.push_back(ward);
  options.committer.bulk_rows = bulk_rows;
  return options;
}

// A listener of the source "ward" on a loop and thread of its own.
class Door {
 public:
  explicit Door(InProcessGateway& gateway)
      : intake_(keys_, prepare_, judge_, gateway.committer(), gateway.clock, gateway.metrics(), conformance_, heard_) {
    doors::MllpHooks hooks;
    hooks.metrics = &gateway.metrics();
    server_ = std::make_unique<doors::MllpServer>(std::vector<boost::asio::io_context*>{&loop_}, hooks);
    config::Mllp config;
    config.listen.address = "127.0.0.1";
    config.source = "ward";
    config.message_bytes = 4096;
    port_ = server_->listen(config, doors::mllp_receiver(gateway.sources(), "ward", intake_, gateway.clock, gateway.metrics()));
    server_->start();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Door() {
    std::promise<void> stopped;
    server_->stop([&stopped] { stopped.set_value(); });
    stopped.get_future().wait();
    guard_.reset();
    loop_.stop();
    thread_.join();
  }
  unsigned short port() const { return port_; }

 private:
  ingest::Keys keys_{"a secret of this test and of nothing else"};
  ingest::PrepareSettings prepare_;
  ingest::JudgeSettings judge_;
  ingest::Conformance conformance_;
  ingest::LastHeard heard_;
  ingest::Intake intake_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{loop_.get_executor()};
  std::unique_ptr<doors::MllpServer> server_;
  unsigned short port_ = 0;
  std::thread thread_;
};

std::string oru(const std::string& control_id, const std::string& value = "97", const std::string& status = "F",
                const std::string& sent = "20261120083000+0100") {
  return "MSH|^~\\&|GW|HOME|||" + sent + "||ORU^R01|" + control_id + "|P|2.6\rPID|||" + tests::synthetic_number(1) +
         "^^^^FNR\rOBR|1||O-1||||20261120080000+0100\rOBX|1|NM|2708-6^SpO2^LN||" + value + "|%|||||" + status + "\r";
}

// "AA M1" of the next acknowledgement.
std::string acknowledged(RawHttp& client) {
  const std::string frame = client.read_until("\x1c\r");
  const std::size_t at = frame.find("\rMSA|");
  if (at == std::string::npos) return "no acknowledgement: " + frame;
  std::string msa = frame.substr(at + 5, frame.find('\r', at + 5) - at - 5);
  msa[2] = ' ';
  return msa;
}

}  // namespace

TEST_CASE("hl7v2 over MLLP: stored, then acknowledged, and once", "[doors][mllp]") {
  InProcessGateway gateway(with_ward());
  Door door(gateway);
  RawHttp client(door.port());
  const auto& counts = gateway.metrics().source("bodo", "ward");
  {
    tests::Gate gate(gateway.committer());
    client.send(mllp_frame(oru("M1")));
    REQUIRE(gateway.eventually([&] { return counts.payloads.value() == 1; }));
    CHECK(counts.accepted.value() == 0);
    CHECK(gateway.metrics().mllp_accepted.value() == 0);
  }
  CHECK(acknowledged(client) == "AA M1");
  CHECK(counts.accepted.value() == 1);

  client.send(mllp_frame(oru("M1")) + mllp_frame(oru("M2")));
  CHECK(acknowledged(client) == "AA M1");
  CHECK(acknowledged(client) == "AA M2");
  CHECK(counts.duplicate.value() == 2);

  client.send(mllp_frame(oru("M3", "93", "C", "20261120090000+0100")));
  CHECK(acknowledged(client) == "AA M3");
  CHECK(counts.amended.value() == 1);
  CHECK(gateway.metrics().mllp_accepted.value() == 4);
}

TEST_CASE("hl7v2 over MLLP: what cannot be read is kept and answered AE, and a full quarantine AR", "[doors][mllp]") {
  InProcessGateway gateway(with_ward(1));
  Door door(gateway);
  RawHttp client(door.port());
  client.send(mllp_frame("rubbish"));
  CHECK(acknowledged(client) == "AE ");
  CHECK(gateway.reader().waiting_count(gateway.sources().find("ward")->facts.source) == 1);
  client.send(mllp_frame("MSH|^~\\&|A|B|||20261120||ADT^A01|M7|P|2.6\r"));
  CHECK(acknowledged(client) == "AR M7");
  CHECK(gateway.reader().waiting_count(gateway.sources().find("ward")->facts.source) == 1);
  client.send(mllp_frame(oru("M8")));
  CHECK(acknowledged(client) == "AA M8");
}

TEST_CASE("hl7v2 over MLLP: a full lane and a message beyond the limit are answered AR", "[doors][mllp]") {
  InProcessGateway gateway(with_ward(10'000, 1));
  Door door(gateway);
  RawHttp first(door.port()), second(door.port());
  {
    tests::Gate gate(gateway.committer());
    first.send(mllp_frame(oru("M1")));
    REQUIRE(gateway.eventually([&] { return gateway.committer().counts().bulk_queued > 0; }));
    second.send(mllp_frame(oru("M2", "96")));
    CHECK(acknowledged(second) == "AR M2");
  }
  CHECK(acknowledged(first) == "AA M1");
  second.send(mllp_frame(oru("M2", "96")));
  CHECK(acknowledged(second) == "AA M2");
  second.try_send(mllp_frame(oru("M3") + std::string(10'000, ' ')));
  CHECK(acknowledged(second) == "AR M3");
  CHECK(second.ended());
}
