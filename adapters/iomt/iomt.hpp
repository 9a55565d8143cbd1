// The IoMT FHIR Connector's two template files as an adapter: a user of that connector moves by pointing at the same
// files. Unlike the built-in adapters this one is not in the registry, because it is nothing without its files.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "adapters/adapter.hpp"
#include "adapters/iomt/device_content.hpp"
#include "adapters/iomt/fhir_mapping.hpp"

namespace adapters::iomt {

struct Options {
  // as_original is `compat: exact`: the original's arithmetic, and times without zone are UTC.
  expression::Arithmetic arithmetic = expression::Arithmetic::exact;
};

class Templates {
 public:
  // Nothing when there are problems: any fault blocks the whole pair, as in the original. Every one is reported.
  static std::optional<Templates> compile(const TemplateFile& device, const TemplateFile& fhir_mapping,
                                          const Options& options, std::vector<Problem>& problems);

  const DeviceContent& device() const { return device_; }
  const FhirMapping& mapping() const { return mapping_; }
  const Options& options() const { return options_; }
  // What works and surely means something else than it seems to.
  const std::vector<Problem>& warnings() const { return warnings_; }

 private:
  Templates(DeviceContent device, FhirMapping mapping, Options options);
  DeviceContent device_;
  FhirMapping mapping_;
  Options options_;
  std::vector<Problem> warnings_;
};

// One event or an array of them. An event is {"Body", "Properties", "SystemProperties"}; an object without Body is
// taken as the Body of one.
fhir::Result<Decoded> decode(std::string_view payload, const Context&, const Templates&);

}  // namespace adapters::iomt
