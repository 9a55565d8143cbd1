// The installation's secret turned into identifiers: idempotency keys, device ids, payload digests. HMAC-SHA256 over framed parts,
// so that no vendor id or national number can be read back from an identifier (invariants 3 and 12).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/measurement.hpp"
#include "gateway/runtime/hmac.hpp"
#include "gateway/store/rows.hpp"

namespace gateway::ingest {

class Keys {
 public:
  // At least 32 bytes; part of the backup: with another secret every retry would look new.
  explicit Keys(std::string_view secret) : hmac_(secret) {}

  // The key of a reading (invariant 3). `subject` is the vendor's subject, else the person's identifier, else the device.
  // Without a record id the measured instant and the canonical value take its place.
  store::Key reading(std::string_view tenant, std::string_view source, std::string_view subject, std::string_view record_id,
                     std::string_view kind, fhir::Time measured, std::string_view canonical_value) const;
  store::Key event(std::string_view tenant, std::string_view source, std::string_view subject, std::string_view record_id,
                   std::string_view kind, fhir::Time measured) const;
  store::Key payload(std::string_view tenant, std::string_view source, std::string_view bytes) const;
  DeviceId device(std::string_view tenant, std::string_view source, std::string_view vendor_id) const;

 private:
  Hmac hmac_;
};

std::string hex(const store::Key&);                      // 32 lower-case digits, identifier.value
std::optional<store::Key> key_from_hex(std::string_view);
// The identifier of a reading that was taken from a wrong patient and stands anew under its old key: another resource, so that a
// receiver keeps the withdrawn one as what it is.
std::string anew_identifier(const store::Key&, ObservationId);
// The key in an identifier of either form.
std::optional<store::Key> key_of_identifier(std::string_view);

}  // namespace gateway::ingest
