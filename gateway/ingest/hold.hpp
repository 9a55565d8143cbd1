// Quarantine: items and payloads kept because they could not be placed or trusted yet. Bounded per source, once per key, the bytes
// kept once per digest; a full quarantine refuses (503), it never evicts (invariant 2).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/ingest/prepare.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::ingest {

// Marks, behind the adapter's name, a payload made from a reading that was withdrawn from a patient: it keeps its key.
inline constexpr std::string_view withdrawn_mark = ";withdrawn";

// The bytes an item came in, shared by all items of the payload; stored only when one of them is held.
struct RawPayload {
  const SourceFacts* source = nullptr;
  const Keys* keys = nullptr;
  std::string adapter;       // how to decode them again
  std::string bytes;
  fhir::Time received{};

  // Only the held pay for it, and once however many of a payload's items are held.
  const store::Key& digest() const {
    if (!digest_) digest_ = keys->payload(source->tenant, source->id, bytes);
    return *digest_;
  }

 private:
  mutable std::optional<store::Key> digest_;
};

struct Holding {
  store::Key key{};
  adapters::QuarantineReason reason{};
  std::string note;
  std::string subject;
  fhir::Kind kind{};
  std::optional<fhir::Time> measured;
  std::uint32_t index = 0;
};

// The waiting item's id: a new one, or the one already waiting under this key. Throws journal::JobRefused when the source's
// quarantine is full.
QuarantineId hold(journal::Working&, const SourceFacts&, const RawPayload&, const Holding&);

// An item as it is by now, with what this group did to it.
std::optional<store::Quarantined> quarantined_now(journal::Working&, QuarantineId);
// Whether an item stands for a whole payload that nobody could decode, not for one item in it.
bool is_whole_payload(const store::Quarantined&);

// A waiting item's end: released (with what became of it) or discarded (with who and why).
void end_waiting(journal::Working&, store::Quarantined item, store::QuarantineState, std::string who, std::string outcome);

}  // namespace gateway::ingest
