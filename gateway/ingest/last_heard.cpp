#include "gateway/ingest/last_heard.hpp"

#include <algorithm>
#include <utility>

namespace gateway::ingest {
namespace {

void move_on(std::optional<fhir::Time>& last, fhir::Time at) { last = last ? std::max(*last, at) : at; }

bool heartbeat(const ItemResult& result) {
  return result.outcome == Outcome::ignored && result.reason == adapters::name(adapters::IgnoreReason::heartbeat);
}

bool accepted(const ItemResult& result) {
  return result.outcome == Outcome::accepted || result.outcome == Outcome::duplicate || result.outcome == Outcome::amended;
}

}  // namespace

bool unusable(const ItemResult& result) {
  using adapters::QuarantineReason;
  if (result.outcome != Outcome::quarantined) return false;
  for (const QuarantineReason reason : {QuarantineReason::unknown_subject, QuarantineReason::ambiguous_subject,
                                        QuarantineReason::subject_changed}) {
    if (result.reason == adapters::name(reason)) return false;
  }
  return true;
}

void LastHeard::payload(store::Source source, const std::vector<ItemResult>& results, std::vector<HeardDevice> devices,
                        bool technical, fhir::Time received) {
  const bool any_accepted = std::any_of(results.begin(), results.end(), accepted);
  const bool any_heartbeat = technical || std::any_of(results.begin(), results.end(), heartbeat);
  const auto of_no_use = std::count_if(results.begin(), results.end(), unusable);
  if (!any_accepted && !any_heartbeat && of_no_use == 0) return;
  std::lock_guard lock(mutex_);
  News& news = news_[source];
  if (any_accepted) {
    move_on(news.accepted, received);
    news.items = news.payloads = 0;  // part of it was of use: the mapping works
  } else if (of_no_use > 0) {
    news.items += of_no_use;
    ++news.payloads;
  }
  if (any_heartbeat) move_on(news.heartbeat, received);
  for (HeardDevice& heard : devices) {
    const DeviceId device = heard.device;
    news.devices.insert_or_assign(device, std::pair(std::move(heard), received));
  }
}

void LastHeard::undecodable(store::Source source) {
  std::lock_guard lock(mutex_);
  News& news = news_[source];
  ++news.items;
  ++news.payloads;
}

std::map<store::Source, News> LastHeard::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(news_, {});
}

}  // namespace gateway::ingest
