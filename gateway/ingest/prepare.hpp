// From an adapter's item to what the committer needs: unit to UCUM, codes, key, digest, and the FHIR body, everything that does
// not depend on the store. Pure; runs on the request's thread, before the committer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/measurement.hpp"
#include "fhir/national_id.hpp"
#include "gateway/ingest/keys.hpp"
#include "gateway/store/rows.hpp"

namespace gateway::ingest {

// The facts of a source that preparing and admitting need.
struct SourceFacts {
  std::string id, tenant;               // configured names
  store::Source source{};
  store::Tenant tenant_no{};
  std::string organization, organization_name;
  std::string adapter;
  bool create_patients = true;
  bool watches_devices = false;         // each device has a deadline of its own
  bool self_test = false;               // what it sends is made up and marked so (gateway/timers/self_test.hpp)
  std::size_t quarantine_items = 10'000;
  std::size_t quarantine_bytes = 64 * 1024 * 1024;
};

struct PrepareSettings {
  fhir::Environment environment = fhir::Environment::test;
  std::chrono::seconds future_tolerance{300};
};

// Who an item says it is about; decided on in the committer.
struct Whom {
  std::string subject;                          // vendor's subject
  std::string device;                           // vendor's device id
  std::optional<adapters::Identifier> patient;  // checked: a national identifier is valid and its system classified
};

struct PreparedDevice {
  DeviceId id;  // none: the payload names no device
  std::string identifier, model;
};

struct PreparedReading {
  std::uint32_t index = 0;
  Whom whom;
  PreparedDevice device;
  store::Observation row;   // id, version, patient, updated, judgement and resource are the committer's; sequence as sent
  std::string body;         // fhir::observation_body
};

struct PreparedEvent {
  std::uint32_t index = 0;
  Whom whom;
  PreparedDevice device;
  store::Event row;
  std::string note;         // why the event is raised without its patient or time, when it is
};

struct PreparedIgnored {
  std::uint32_t index = 0;
  adapters::IgnoreReason reason{};
};

struct PreparedHeld {
  std::uint32_t index = 0;
  Whom whom;
  adapters::QuarantineReason reason{};
  std::string note;
  store::Key key{};
  fhir::Kind kind{};
  std::optional<fhir::Time> measured;
  // The value as far as it could be read, canonical if the unit could be; judged to say how urgent the technical alarm is.
  std::vector<store::ComponentValue> values;
};

using Prepared = std::variant<PreparedReading, PreparedEvent, PreparedIgnored, PreparedHeld>;

// What is made once for the items of one payload. One thread.
class PayloadKey {
 public:
  PayloadKey(const Keys& keys, const SourceFacts& source, std::string_view bytes) : keys_(keys), source_(source), bytes_(bytes) {}
  // Of the bytes the items came in, made when the first of them asks: hashing megabytes again for each of thousands of held
  // items would stop the gateway.
  const store::Key& key() {
    if (!key_) key_ = keys_.payload(source_.tenant, source_.id, bytes_);
    return *key_;
  }
  // Of a device of the source. Most payloads are one device's.
  DeviceId device(const std::string& vendor_id) {
    if (!device_ || vendor_id != device_name_) {
      device_ = keys_.device(source_.tenant, source_.id, vendor_id);
      device_name_ = vendor_id;
    }
    return device_;
  }

 private:
  const Keys& keys_;
  const SourceFacts& source_;
  std::string_view bytes_;
  std::optional<store::Key> key_;
  DeviceId device_;  // none: nobody asked yet
  std::string device_name_;
};

// `payload`: what the item came in; a held item without record id is told apart by it.
Prepared prepare(const adapters::Item&, std::uint32_t index, PayloadKey& payload, const SourceFacts&, const Keys&, const PrepareSettings&,
                 fhir::Time received);

// Content of invariant 3: kind, measured instant, canonical decimals, units, comparators, components, status; the reason why there
// is no value, which stands in its place. Interpretations are not: a device's flags come and go with each upload of one reading.
// The patient is
// compared on its own (subject-changed).
// `word`: the value of a kind that is measured in words, which the row has no column for.
store::Digest content_digest(const store::Observation&, std::string_view word = {});

}  // namespace gateway::ingest
