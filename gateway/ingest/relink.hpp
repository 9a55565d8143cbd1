// What follows a link or a recall, in the background. A corrected period moves readings by their measured time (withdrawn from the old
// patient, new on the right one, alarms told), and waiting items are released when asked for; a recall takes readings back (recall.hpp).
// Driven by the journal with a cursor of its own, so a restart goes on where it stopped; runs on a low-priority thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "gateway/ingest/replay.hpp"
#include "gateway/journal/committer.hpp"

namespace gateway::ingest {

// What a link entry of the journal asks for; its `data`.
struct LinkWork {
  std::string subject;
  store::Source source{};
  PatientId patient;
  struct Period {
    fhir::Time from{};
    std::optional<fhir::Time> to;
  };
  std::vector<Period> withdraw;     // no longer this patient's
  std::optional<Period> release;    // waiting items to send through the normal path

  std::string json() const;
  static std::optional<LinkWork> from_json(std::string_view);
};

class LinkWorker {
 public:
  LinkWorker(store::Store&, journal::Committer&, const Replays&, const Clock&);
  ~LinkWorker();
  void start();
  void stop();
  void committed(const store::Changes&, store::Position first);  // an Observer: wakes up for link entries

 private:
  void run();
  void catch_up();
  bool work(const store::JournalEntry&);   // false: stopped or the store refuses; tried again later
  bool recall(const store::JournalEntry&);
  bool withdraw(const LinkWork&, const LinkWork::Period&);
  bool release(const LinkWork&);
  fhir::Result<void> commit(std::shared_ptr<journal::Job>);

  store::Store& store_;
  journal::Committer& committer_;
  const Replays& replays_;
  const Clock& clock_;
  std::unique_ptr<store::Reader> reader_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = true, stopping_ = false;
  std::thread thread_;
};

}  // namespace gateway::ingest
