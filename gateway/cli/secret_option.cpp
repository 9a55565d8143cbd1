#include "gateway/cli/secret_option.hpp"

#include <filesystem>

#include "gateway/config/secrets.hpp"
#include "gateway/config/yaml_section.hpp"

namespace gateway::cli {

fhir::Result<std::string> named_secret(const std::string& reference) {
  config::Reading reading;
  reading.base = std::filesystem::current_path();
  config::SecretRead read = config::read_secret(reference, reading);
  if (!read.error.empty()) return fhir::invalid(std::move(read.error));
  return std::move(read.value);
}

}  // namespace gateway::cli
