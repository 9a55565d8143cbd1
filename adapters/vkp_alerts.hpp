// The alert codes of the national hub (vkp-alert-code-v090, version 0.9.0; norway.md 2.6): what each is as an event.
#pragma once

#include <string_view>

#include "fhir/kinds.hpp"

namespace adapters {

struct VkpAlert {
  std::string_view code;  // text, not a number: "1.10" is not "1.1"
  std::string_view display;
  fhir::EventKind kind;  // unknown: no event but a word about readings and forms
};

const VkpAlert* vkp_alert(std::string_view code);  // null when it is not in the code system

}  // namespace adapters
