// A parsed search as the store's filter: codes to kinds, identifiers to keys and patients.
#pragma once

#include "fhir/search.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/store/store.hpp"

namespace gateway::api {

struct ObservationSearch {
  store::ObservationFilter filter;
  bool nothing = false;  // the conditions exclude each other or name what does not exist: an empty answer, not an error
};

ObservationSearch observation_search(const fhir::SearchQuery&, store::Tenant, store::Reader&);

// Readings of no kind of ours (Kind::unknown) are found by patient and time only: whether one carries the codes and categories asked
// for is read from the resource.
bool stated_fits(const fhir::SearchQuery&, std::string_view resource);

// The patient an identifier token names in this tenant. A national number without system is tried under what its digits say.
std::optional<PatientId> patient_named(store::Reader&, store::Tenant, const fhir::Token&);

}  // namespace gateway::api
