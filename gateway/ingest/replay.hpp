// A waiting item once more through the normal path: decoded again from the bytes as received, prepared, admitted; a reading that was
// withdrawn from a patient as it was stored. Idempotent: what was stored meanwhile is a duplicate.
#pragma once

#include "gateway/ingest/admit.hpp"
#include "gateway/ingest/sources.hpp"

namespace gateway::ingest {

class Replays {
 public:
  Replays(const Sources& sources, const Keys& keys, const PrepareSettings& prepare, const JudgeSettings& judge)
      : sources_(sources), keys_(keys), prepare_(prepare), judge_(judge) {}

  struct Asked {
    std::string who;               // written to the item when it is released
    bool accept_unlikely = false;  // AdmitJob::accept_unlikely
  };
  // The job to commit for one waiting item. Not found when it does not wait or its bytes or source are gone; invalid when the
  // bytes still cannot be decoded.
  fhir::Result<std::shared_ptr<AdmitJob>> job(store::Reader&, QuarantineId, Asked, fhir::Time now) const;

  const Sources& sources() const { return sources_; }
  const Keys& keys() const { return keys_; }
  const JudgeSettings& judge() const { return judge_; }

 private:
  fhir::Result<std::vector<Prepared>> decoded_again(const store::Quarantined&, const store::Payload&, const ConfiguredSource&,
                                                    fhir::Time now) const;

  const Sources& sources_;
  const Keys& keys_;
  const PrepareSettings& prepare_;
  const JudgeSettings& judge_;
};

}  // namespace gateway::ingest
