// One item of a payload, made by one section of a mapping.
#pragma once

#include <string>

#include "adapters/mapping/looking.hpp"

namespace adapters::mapping {

// Of what `looking` looks in now.
Item make_reading(Looking& looking, const ReadingRule& rule);
// Always an event: what cannot be read is said in its text, and the rest goes to a person (invariant 5).
Item make_event(Looking& looking, const EventRule& rule, const Context& context);
// What no section applies to is held with whom, when and which, as `rule` reads them.
Item make_unmatched(Looking& looking, const ItemRule& rule, std::string why);

}  // namespace adapters::mapping
