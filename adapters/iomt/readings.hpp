// From a normalised measurement to the items of the ledger, by its FHIR template.
#pragma once

#include <vector>

#include "adapters/adapter.hpp"
#include "adapters/iomt/device_content.hpp"

namespace adapters::iomt {

class Templates;

// At least one item. Components that are no part of the template's kind (the pulse beside a blood pressure) are
// readings of their own, sharing a correlation. What is no kind of ours is stated as the template has it: stored, not judged.
void add_readings(const Normalised& from, const Context& context, const Templates& templates, std::vector<Item>& items);

}  // namespace adapters::iomt
