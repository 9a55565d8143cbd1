// A dispensed dose as it is served: MedicationDispense, rendered from the event's row.
#pragma once

#include <string>

#include "gateway/store/rows.hpp"

namespace gateway::ingest {

std::string dispense_resource(const store::Event&, const store::Patient&);

}  // namespace gateway::ingest
