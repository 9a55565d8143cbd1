// The operator's hand on deliveries that were given up: list, retry, discard. The acts are jobs of the committer,
// journaled with who and why; the forwarder hears of them from the journal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/journal/submit.hpp"
#include "gateway/store/store.hpp"

namespace gateway::deliver {

std::vector<store::Delivery> dead_letters(store::Reader&, std::string_view destination, std::size_t limit);

// Back into its patient's order, tried at once and as often as a new one. Refused (the commit's Result): not_found,
// also for another tenant's; conflict when it is not a dead letter (any more).
class RetryDeadLetter final : public journal::AwaitedJob {
 public:
  RetryDeadLetter(DeliveryId id, store::Tenant tenant, std::string who)
      : id_(id), tenant_(tenant), who_(std::move(who)) {}
  void decide(journal::Working&) override;

 private:
  DeliveryId id_;
  store::Tenant tenant_;
  std::string who_;
};

class DiscardDeadLetter final : public journal::AwaitedJob {
 public:
  DiscardDeadLetter(DeliveryId id, store::Tenant tenant, std::string who, std::string reason)
      : id_(id), tenant_(tenant), who_(std::move(who)), reason_(std::move(reason)) {}
  void decide(journal::Working&) override;

 private:
  DeliveryId id_;
  store::Tenant tenant_;
  std::string who_, reason_;
};

// Of a committed retry or discard (Entry::delivery): which destination it was about. Empty when the entry is another.
std::string destination_of(const store::JournalEntry&);

}  // namespace gateway::deliver
