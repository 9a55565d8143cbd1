// Thrown when the store itself cannot serve: the file is gone, damaged or from a newer program, or the disk fails. What
// a caller's input can cause is a Result instead (store.hpp).
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace gateway::store {

class StoreError : public std::runtime_error {
 public:
  enum class Cause : std::uint8_t {
    disk_full,     // nothing written; goes on when there is space again
    conflict,      // a uniqueness rule
    in_use,        // another process has the store open
    newer_schema,  // written by a newer program: never touched
    damaged,       // not a store of ours, or corrupt
    failed         // I/O error: nothing more is written until the store is opened again
  };
  StoreError(Cause cause, const std::string& what) : std::runtime_error(what), cause_(cause) {}
  Cause cause() const { return cause_; }

 private:
  Cause cause_;
};

}  // namespace gateway::store
