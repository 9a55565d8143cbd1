#include "gateway/ingest/hold.hpp"

#include "gateway/journal/committer.hpp"

namespace gateway::ingest {
namespace {

void record(journal::Working& working, const store::Quarantined& item, std::string change) {
  store::JournalEntry entry;
  entry.kind = store::Entry::quarantine;
  entry.tenant = item.tenant;
  entry.ref = item.id.value;
  entry.version = static_cast<std::uint32_t>(item.state) + 1;
  entry.change = std::move(change);
  entry.data = item.outcome;
  working.record(std::move(entry));
}

}  // namespace

QuarantineId hold(journal::Working& working, const SourceFacts& source, const RawPayload& raw, const Holding& holding) {
  if (QuarantineId waiting = working.waiting.find(source.source, holding.key)) return waiting;
  const store::Key digest = raw.digest();
  const bool kept = working.waiting.keeps(source.source, digest);
  const std::size_t more_bytes = kept ? 0 : raw.bytes.size();
  if (working.waiting.count(source.source) >= source.quarantine_items ||
      working.waiting.bytes(source.source) + more_bytes > source.quarantine_bytes) {
    throw journal::JobRefused{{fhir::ErrorCategory::busy, "the quarantine of this source is full; an operator has to look at it"}};
  }
  store::Quarantined item;
  item.id = QuarantineId{working.next_id()};
  item.tenant = source.tenant_no;
  item.source = source.source;
  item.reason = static_cast<std::uint8_t>(holding.reason);
  item.received = raw.received;
  item.measured = holding.measured;
  item.key = holding.key;
  item.subject = holding.subject;
  item.kind = holding.kind;
  item.index = holding.index;
  item.payload = digest;
  item.note = holding.note;

  if (!kept) {
    std::erase(working.changes.dropped_payloads, digest);  // given up earlier in this group, needed again
    store::Payload payload;
    payload.digest = item.payload;
    payload.source = source.source;
    payload.received = raw.received;
    payload.content_type = raw.adapter;
    payload.bytes = raw.bytes;
    working.changes.payloads.push_back(std::move(payload));
  }
  record(working, item, "waiting");
  working.waiting.put(item, raw.bytes.size());
  working.changes.quarantined.push_back(item);
  return item.id;
}

void end_waiting(journal::Working& working, store::Quarantined item, store::QuarantineState state, std::string who,
                 std::string outcome) {
  item.state = state;
  item.decided_by = std::move(who);
  item.outcome = std::move(outcome);
  if (working.waiting.erase(item)) working.changes.dropped_payloads.push_back(item.payload);
  record(working, item, state == store::QuarantineState::released ? "released" : "discarded");
  working.changes.quarantined.push_back(std::move(item));
}

}  // namespace gateway::ingest
