// What a rule found, in words for people: Norwegian bokmål as alarm_text.hpp.
#pragma once

#include <string>

#include "thresholds/rule_set.hpp"

namespace gateway::alarms {

// "Vekt steget 2,4 kg på 3 dager (grense 2)". The rule's own text, where it has one, with what was compared behind it.
std::string rule_text(const thresholds::Rule&, const thresholds::Evidence&);
// UCUM unit of Evidence::value and bound; empty where they are counts, points or nothing.
std::string compared_unit(const thresholds::Rule&);

}  // namespace gateway::alarms
