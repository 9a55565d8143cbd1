#include "gateway/doors/mllp_receiver.hpp"

namespace gateway::doors {
namespace {

void count_answer(const adapters::Fate& fate, Metrics& metrics) {
  switch (fate.what) {
    case adapters::Fate::What::stored:
      return metrics.mllp_accepted.add();
    case adapters::Fate::What::undecodable:
      return metrics.mllp_errors.add();
    case adapters::Fate::What::refused:
      return metrics.mllp_rejected.add();
  }
}

struct Receiving {
  const ingest::Sources& sources;
  std::string source;  // looked up for each message: a reload may put another in its place
  const ingest::Intake& intake;
  const Clock& clock;
  Metrics& metrics;
};

std::string acknowledgement(const ingest::ConfiguredSource* source, std::string_view message, const adapters::Fate& fate,
                            const Receiving& receiving) {
  count_answer(fate, receiving.metrics);
  if (source == nullptr || !source->adapter->answer) return {};
  return source->adapter->answer(message, fate, receiving.clock.now(), source->settings).body;
}

http::Awaitable<std::string> take(const Receiving receiving, std::string message) {
  const ingest::ConfiguredSource* source = receiving.sources.find(receiving.source);
  if (source == nullptr) {  // taken out of the configuration: nothing is said, and the sender keeps the message
    const adapters::Fate gone{adapters::Fate::What::refused, "this source is no longer configured", 0};
    co_return acknowledgement(nullptr, message, gone, receiving);
  }
  std::string payload = message;  // the acknowledgement repeats the message's number
  const ingest::Receipt receipt = co_await receiving.intake.take(*source, std::move(message));
  co_return acknowledgement(source, payload, receipt.fate(), receiving);
}

}  // namespace

MllpReceiver mllp_receiver(const ingest::Sources& sources, std::string source, const ingest::Intake& intake, const Clock& clock,
                           Metrics& metrics) {
  const Receiving receiving{sources, std::move(source), intake, clock, metrics};
  MllpReceiver receiver;
  receiver.take = [receiving](std::string message) { return take(receiving, std::move(message)); };
  receiver.refuse = [receiving](std::string_view beginning, std::string_view why) {
    const adapters::Fate fate{adapters::Fate::What::refused, why, 0};
    return acknowledgement(receiving.sources.find(receiving.source), beginning, fate, receiving);
  };
  return receiver;
}

}  // namespace gateway::doors
