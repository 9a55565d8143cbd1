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
  const ingest::ConfiguredSource& source;
  const ingest::Intake& intake;
  const Clock& clock;
  Metrics& metrics;
};

http::Awaitable<std::string> take(const Receiving receiving, std::string message) {
  const std::shared_ptr<const adapters::Adapter> adapter = receiving.source.adapter();
  std::string payload = message;  // the acknowledgement repeats the message's number
  const ingest::Receipt receipt = co_await receiving.intake.take(receiving.source, std::move(message));
  const adapters::Fate fate = receipt.fate();
  count_answer(fate, receiving.metrics);
  if (!adapter->answer) co_return std::string();
  adapters::Reply reply = adapter->answer(payload, fate, receiving.clock.now(), receiving.source.settings);
  co_return std::move(reply.body);
}

}  // namespace

MllpReceiver mllp_receiver(const ingest::ConfiguredSource& source, const ingest::Intake& intake, const Clock& clock,
                           Metrics& metrics) {
  const Receiving receiving{source, intake, clock, metrics};
  MllpReceiver receiver;
  receiver.take = [receiving](std::string message) { return take(receiving, std::move(message)); };
  receiver.refuse = [receiving](std::string_view beginning, std::string_view why) {
    const adapters::Fate fate{adapters::Fate::What::refused, why, 0};
    count_answer(fate, receiving.metrics);
    const auto adapter = receiving.source.adapter();
    if (!adapter->answer) return std::string();
    return adapter->answer(beginning, fate, receiving.clock.now(), receiving.source.settings).body;
  };
  return receiver;
}

}  // namespace gateway::doors
