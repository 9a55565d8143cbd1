// What came from each source since supervision last looked: a letterbox between the ingest path and the timer that judges silence
// (gateway/timers/supervision.hpp). Bounded: one note a source, one a device heard meanwhile. Replays and imports are no signs of life
// and do not pass here.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/ingest/answer.hpp"
#include "gateway/ingest/prepare.hpp"

namespace gateway::ingest {

// A device that sent something which is stored, or was already.
struct HeardDevice {
  DeviceId device;
  PatientId patient;
  std::string subject;     // it was placed by; empty: by the person's identifier
  std::string identifier;  // the vendor's device id as given
};

// Since the last look, of one source.
struct News {
  std::optional<fhir::Time> accepted;   // newest arrival of something accepted, amended or known already
  std::optional<fhir::Time> heartbeat;  // newest ignored as a heartbeat, or event about the sender's own machinery
  std::int64_t items = 0, payloads = 0;  // unusable in a row: after the last accepted one, if there was any
  std::unordered_map<DeviceId, std::pair<HeardDevice, fhir::Time>> devices;
};

// Whether a held item says that the mapping and not a person's link is at fault: who it belongs to is another question.
bool unusable(const ItemResult&);

// Any thread.
class LastHeard {
 public:
  // A payload that was decoded and committed. `technical`: one of its events was about the machinery.
  void payload(store::Source, const std::vector<ItemResult>&, std::vector<HeardDevice>, bool technical, fhir::Time received);
  void undecodable(store::Source);
  // All of it, and nothing is kept here.
  std::map<store::Source, News> take();

 private:
  std::mutex mutex_;
  std::map<store::Source, News> news_;
};

}  // namespace gateway::ingest
