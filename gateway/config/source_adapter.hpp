// From a source's configuration to the adapter it decodes with: a built-in format by its name, or one made from the files the source
// names. Used by the loader (every problem is reported at start), by the ingest path, and again when mappings are reloaded.
#pragma once

#include <memory>
#include <vector>

#include "adapters/adapter.hpp"
#include "gateway/config/config.hpp"
#include "gateway/config/mapping_adapter.hpp"

namespace gateway::config {

struct SourceAdapter {
  std::shared_ptr<const adapters::Adapter> adapter;  // null when there are errors
  std::vector<Problem> problems;                     // file, line and expression of each; warnings too
};

// Reads the files; relative names have been resolved by the loader. Adapter mapping: what differs from the examples of
// its file is an error too, unless they are left.
SourceAdapter load_adapter(const Source&, Examples examples = Examples::run);

// The same with these texts in place of what the files hold: a change is tried before it is saved. Empty: as the file is.
struct ChangedFiles {
  std::string mapping, fhir_mapping;
};
SourceAdapter load_adapter(const Source&, const ChangedFiles&, Examples examples = Examples::run);

// Made from files, so not in adapters::all_adapters().
bool is_made_from_files(std::string_view adapter);
std::string known_adapters();  // "dexcom, fhir, …, mapping", for messages

}  // namespace gateway::config
