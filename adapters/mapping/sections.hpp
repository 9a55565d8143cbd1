// Compiling the sections of a mapping file: what a reading, an event and an ignored item are made of.
#pragma once

#include <string>
#include <vector>

#include "adapters/mapping/slots.hpp"

namespace adapters::mapping {

class SectionCompiler {
 public:
  // `defaults` may be null; it stands in for what a section does not say.
  SectionCompiler(SlotCompiler& slots, const YamlNode* defaults, Mapping& mapping);

  void reading(const YamlNode& node, std::string place);
  void event(const YamlNode& node, std::string place);
  void ignored(const YamlNode& node, std::string place);

 private:
  class Reader;
  Group& group(std::vector<Each> each);
  std::vector<Each> read_each(Reader& section, ScopeNames& scopes);

  SlotCompiler& slots_;
  const YamlNode* defaults_;
  Mapping& mapping_;
};

}  // namespace adapters::mapping
