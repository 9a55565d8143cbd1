// The one way in: a payload of a source, whatever door it came through (HTTP, MLLP, MQTT, WebSocket), decoded, prepared, committed.
// What comes back is true and durable; each door says it in its own words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/ingest/answer.hpp"
#include "gateway/ingest/conformance.hpp"
#include "gateway/ingest/judge.hpp"
#include "gateway/ingest/last_heard.hpp"
#include "gateway/ingest/sources.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/runtime/metrics.hpp"

namespace gateway::ingest {

struct Receipt {
  // By payload order; empty when `refusal` says why nothing is to be relied on. Slices before a refused one are stored all the same;
  // the retry of the whole payload finds them as duplicates (invariant 1).
  std::vector<ItemResult> results;
  std::optional<fhir::Error> refusal;
  bool undecodable = false;  // with refusal: the bytes are kept as `kept`; sending them again is of no use
  QuarantineId kept;

  adapters::Fate fate() const;  // views into this receipt
};

// Immutable; any loop. Everything referred to outlives it.
class Intake {
 public:
  Intake(const Keys& keys, const PrepareSettings& prepare, const JudgeSettings& judge, journal::Committer& committer, const Clock& clock,
         Metrics& metrics, Conformance& watched, LastHeard& heard)
      : keys_(keys), prepare_(prepare), judge_(judge), committer_(committer), clock_(clock), metrics_(metrics), watched_(watched),
        heard_(heard) {}

  // Resumes on the caller's loop when all of it is committed, or with the reason why not. The source outlives the call.
  http::Awaitable<Receipt> take(const ConfiguredSource& source, std::string bytes) const;

  // For a door whose sender cannot be told that a payload will never be taken: kept in quarantine as undecodable, with the reason as
  // its note. The receipt says `undecodable`, or only a refusal when nothing could be kept.
  http::Awaitable<Receipt> keep(const ConfiguredSource& source, std::string bytes, fhir::Error why) const;

  // Decoded and prepared and not committed; for measuring.
  fhir::Result<std::vector<Prepared>> prepared(const ConfiguredSource& source, std::string_view bytes, fhir::Time received) const;

 private:
  http::Awaitable<Receipt> keep_undecodable(const ConfiguredSource&, std::string bytes, fhir::Time received, fhir::Error) const;

  const Keys& keys_;
  const PrepareSettings& prepare_;
  const JudgeSettings& judge_;
  journal::Committer& committer_;
  const Clock& clock_;
  Metrics& metrics_;
  Conformance& watched_;
  LastHeard& heard_;
};

}  // namespace gateway::ingest
