// What in the journal a destination is owed, and what becomes of an entry when it is sent. Reads the store; sends
// nothing.
#pragma once

#include <vector>

#include "fhir/result.hpp"
#include "gateway/alarms/follow_up.hpp"
#include "gateway/config/config.hpp"
#include "gateway/deliver/http_client.hpp"
#include "gateway/deliver/lane.hpp"
#include "gateway/store/store.hpp"

namespace gateway::deliver {

struct OwedPage {
  std::vector<Owed> entries;
  store::Position read_to = 0;
  bool more = false;
};

class OwedEntries {
 public:
  OwedEntries(const config::Destination& destination, store::Tenant tenant, alarms::Publisher publisher)
      : destination_(destination), tenant_(tenant), publisher_(std::move(publisher)) {}

  // Entries after a position. Self-test entries have a kind of their own and are never among them.
  OwedPage after(store::Reader&, store::Position after, std::size_t limit) const;
  // A stored row with its entry's order and time.
  KnownRow known(store::Reader&, const store::Delivery&) const;
  // not_found or internal: it can never be sent.
  fhir::Result<HttpRequest> request(store::Reader&, store::Position) const;

 private:
  fhir::Result<HttpRequest> alarm(store::Reader&, const store::JournalEntry&) const;
  fhir::Result<HttpRequest> document(store::Reader&, const store::JournalEntry&) const;

  const config::Destination& destination_;
  store::Tenant tenant_;
  alarms::Publisher publisher_;  // of the tenant's documents
};

}  // namespace gateway::deliver
