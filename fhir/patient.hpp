// Patient as it is served: what the gateway knows, which is an identifier and whose patient it is. No name, no birth date: those
// belong to the record systems.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fhir/time.hpp"

namespace fhir {

struct PatientView {
  std::string_view id, system, value;               // identifier empty when there is none
  Time last_updated{};
  std::string_view organization, organization_name; // organisation number and name of the data controller
};
std::string patient_resource(const PatientView&);

struct DeviceView {
  std::string_view id, identifier, model;           // identifier as the vendor gave it
  Time last_updated{};
  std::string_view organization, organization_name;
};
std::string device_resource(const DeviceView&);

}  // namespace fhir
