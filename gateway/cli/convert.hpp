// `hjemport convert`: a vendor's payload in, FHIR resources out, through the same steps as the running gateway but without a store.
#pragma once

#include <iosfwd>
#include <string>

namespace gateway::cli {

struct ConvertOptions {
  std::string adapter;
  std::string mapping, fhir_mapping;      // adapter mapping: its file; iomt: the connector's device content and FHIR mapping files
  std::string compat;                     // adapter iomt: "exact" is the connector's own arithmetic
  std::string patient;                    // "SYSTEM|VALUE"; empty: only items that name their person become resources
  std::string timezone = "Europe/Oslo";
  std::string now;                        // RFC 3339; empty: the machine's clock
  bool explain = false;
  bool projection = false;                // adapter iomt: the merged Observations of the payload instead of its single readings
};

// 0 decodable, 1 a bad mapping file with every problem on `err`, 2 undecodable, 64 a wrong option. One resource a line on `out`; on `err` one JSON line per item that did not become
// one, and with `explain` the steps of every item.
int convert(const ConvertOptions&, const std::string& payload, std::ostream& out, std::ostream& err);
// The same from a file. Formats whose files may be larger than memory are read in pieces; then what was read before a
// fault has been printed already.
int convert(const ConvertOptions&, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace gateway::cli
