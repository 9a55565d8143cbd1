#include "gateway/ingest/hold.hpp"

#include <algorithm>

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
  const bool full = working.waiting.count(source.source) >= source.quarantine_items ||
                    working.waiting.bytes(source.source) + more_bytes > source.quarantine_bytes;
  // A reading taken from the wrong patient is ours already: it must not stay there because others fill the quarantine.
  if (full && !raw.adapter.ends_with(withdrawn_mark)) {
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

std::optional<store::Quarantined> quarantined_now(journal::Working& working, QuarantineId id) {
  const auto& rows = working.changes.quarantined;
  auto written = std::find_if(rows.rbegin(), rows.rend(), [&](const store::Quarantined& row) { return row.id == id; });
  return written == rows.rend() ? working.reader.quarantined(id) : std::optional(*written);
}

bool is_whole_payload(const store::Quarantined& item) {
  return static_cast<adapters::QuarantineReason>(item.reason) == adapters::QuarantineReason::undecodable &&
         item.key == item.payload;
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
