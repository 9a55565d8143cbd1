#include "gateway/config/secrets.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "gateway/config/yaml_section.hpp"

namespace gateway::config {
namespace {

constexpr std::size_t secret_bytes = 4'096;  // a longer file is the wrong file

void trim_line_end(std::string& text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
}

std::optional<std::string> file_content(const std::filesystem::path& file) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(file, failure)) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  std::string content(secret_bytes + 1, '\0');
  stream.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(stream.gcount()));
  return content;
}

bool readable_by_others(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

// It has to fit into an Authorization header: printable ASCII without blanks.
bool header_safe(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

SecretRead read_secret(std::string_view reference, const Reading& reading) {
  SecretRead read;
  if (reference.starts_with("env:")) {
    std::string name(reference.substr(4));
    const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
    if (!value || !*value) {
      read.error = "names the environment variable '" + name + "', which is not set";
      return read;
    }
    read.value = value;
  } else if (reference.starts_with("file:")) {
    std::filesystem::path file = reading.resolve(reference.substr(5));
    std::optional<std::string> content = file_content(file);
    if (!content) {
      read.error = "names the file " + file.string() + ", which cannot be read";
      return read;
    }
    if (readable_by_others(file)) read.warnings.push_back("names a file that other users of this machine can read");
    read.value = std::move(*content);
    trim_line_end(read.value);
    if (read.value.empty()) read.error = "names an empty file";
  } else {
    read.error = "must be env:NAME or file:PATH; a secret never stands in the configuration itself";
    return read;
  }
  if (read.value.size() > secret_bytes) read.error = "is longer than " + std::to_string(secret_bytes) + " bytes";
  if (read.error.empty() && !header_safe(read.value))
    read.error = "holds blanks or characters other than printable ASCII";
  if (read.error.empty() && read.value.size() < short_secret) {
    read.warnings.push_back("is shorter than " + std::to_string(short_secret) + " characters and can be guessed");
  }
  return read;
}

namespace {

std::string new_secret(Random& random) {
  std::array<std::uint8_t, 32> bytes;
  random.fill(bytes);
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

fhir::Error cannot(const char* what) {
  return {fhir::ErrorCategory::unavailable,
          std::string("the installation secret could not be ") + what + ": " + std::strerror(errno)};
}

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

// On stable storage, name included, before anybody uses it: identifiers made with a secret that is lost again are
// orphans.
fhir::Result<void> write_new(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);  // open() below says what is wrong
  Descriptor made{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (made.number < 0) return cannot("created");
  const std::string line = text + "\n";
  if (::write(made.number, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fsync(made.number) != 0) {
    fhir::Error error = cannot("written");
    ::unlink(file.c_str());
    return error;
  }
  Descriptor around{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (around.number < 0 || ::fsync(around.number) != 0) return cannot("written");
  return {};
}

}  // namespace

fhir::Result<void> ensure_installation_secret(Config& config, Random& random) {
  if (!config.installation_secret.empty()) return {};
  const std::filesystem::path& file = config.installation_secret_file;
  std::error_code failure;
  if (std::filesystem::exists(file, failure)) {
    std::optional<std::string> content = file_content(file);
    if (content) trim_line_end(*content);
    if (!content || content->empty()) {
      return fhir::Error{fhir::ErrorCategory::unavailable, "the installation secret's file is empty or cannot be read"};
    }
    config.installation_secret = std::move(*content);
    return {};
  }
  if (std::filesystem::exists(config.sqlite_path, failure)) {
    return fhir::Error{
        fhir::ErrorCategory::conflict,
        "there is a database but no installation secret; restore the secret from the backup, a new one would "
        "change every identifier and store resent readings twice"};
  }
  std::string made = new_secret(random);
  if (fhir::Result<void> written = write_new(file, made); !written) return written;
  config.installation_secret = std::move(made);
  return {};
}

}  // namespace gateway::config
