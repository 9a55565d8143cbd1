// The committer's step of the ingest path: place, duplicate or amendment, judge, write. One job is one slice of a payload; events
// travel in a job of their own in the urgent lane (invariant 4).
#pragma once

#include <memory>
#include <vector>

#include "gateway/ingest/answer.hpp"
#include "gateway/ingest/history_guard.hpp"
#include "gateway/ingest/hold.hpp"
#include "gateway/ingest/judge.hpp"
#include "gateway/ingest/last_heard.hpp"
#include "gateway/ingest/place.hpp"
#include "gateway/ingest/prepare.hpp"
#include "gateway/journal/submit.hpp"

namespace gateway::ingest {

// Invariant 1: larger payloads are cut so that the fast lane is served between the slices.
inline constexpr std::size_t slice_items = 500;

class AdmitJob : public journal::AwaitedJob {
 public:
  AdmitJob(const SourceFacts& source, const JudgeSettings& settings, std::shared_ptr<const RawPayload> raw,
           std::vector<Prepared> items)
      : source_(source), settings_(settings), raw_(std::move(raw)), items_(std::move(items)) {}

  // A waiting item on its way out: what becomes of it is written to its quarantine row in the same commit.
  void replays(store::Quarantined item, std::string who) {
    replayed_ = std::move(item);
    who_ = std::move(who);
  }

  // A person looked at the readings and says that they are what they look like: they are not held against the patient's own
  // history (history_guard.hpp). Everything else that holds a reading still does.
  void accept_unlikely() { accept_unlikely_ = true; }

  std::size_t rows() const override { return items_.size(); }
  void keys(std::vector<store::Key>&) const override;
  void decide(journal::Working&) override;

  // After the commit.
  const std::vector<ItemResult>& results() const { return results_; }
  // For supervision: devices that sent something stored, or known already, and whether an event was about the machinery.
  const std::vector<HeardDevice>& heard() const { return heard_; }
  bool technical() const { return technical_; }

 private:
  void admit(journal::Working&, PreparedReading&);
  void admit(journal::Working&, PreparedEvent&);
  void admit(journal::Working&, PreparedIgnored&);
  void admit(journal::Working&, PreparedHeld&);
  void quarantine(journal::Working&, ItemResult, const Whom&, const Holding&,
                  const std::vector<store::ComponentValue>& values, std::string_view device);
  std::optional<UnitSlip> slipped_unit(journal::Working&, registry::PatientState&, const store::Observation& arrived,
                                       ObservationId itself) const;
  void count_backlog(const store::Observation&);
  // Of the observation written last; `before`: when the one it corrects was measured.
  void add_scores(journal::Working&, registry::PatientState&, std::optional<fhir::Time> before, ItemResult&);
  void remember_device(journal::Working&, const PreparedDevice&);
  void hear(const PreparedDevice&, const Placed&);
  void end_waiting_twin(journal::Working&, const store::Key&, const ItemResult&);
  void end_replay(journal::Working&);

  const SourceFacts& source_;
  const JudgeSettings& settings_;
  std::shared_ptr<const RawPayload> raw_;
  std::vector<Prepared> items_;
  std::vector<ItemResult> results_;
  std::vector<HeardDevice> heard_;
  bool technical_ = false;
  std::vector<Backlog> backlog_;
  std::optional<store::Quarantined> replayed_;
  std::string who_;
  bool accept_unlikely_ = false;
};

// The served resource of a row whose id, version, status and times are set.
void render_resource(store::Observation&, const store::Patient&, const SourceFacts&, std::string_view body);
void record_observation(journal::Working&, const store::Observation&, std::string_view change);

}  // namespace gateway::ingest
