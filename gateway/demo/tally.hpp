// What became of the simulated payloads, from the answers of the target.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

namespace gateway::demo {

class Tally {
 public:
  void sent() { ++sent_; }
  // An ingest answer (design.md 8.2). False when the body is none.
  bool answered(std::string_view body);
  void refused(int status);
  void unreachable(std::string why);
  void put_off() { ++put_off_; }

  std::uint64_t sent_payloads() const { return sent_; }
  std::uint64_t taken() const { return accepted_ + duplicate_ + amended_ + quarantined_ + ignored_; }
  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t duplicate() const { return duplicate_; }
  std::uint64_t quarantined() const { return quarantined_; }
  std::uint64_t refused_payloads() const { return refused_; }
  std::size_t alarms() const { return alarms_.size(); }
  // Asked often enough, and nothing was ever taken.
  bool hopeless() const;
  // "sent 120 accepted 341 duplicate 6 amended 0 quarantined 2 ignored 1 alarms 3", and after it what went wrong, if
  // anything.
  std::string line() const;

 private:
  std::uint64_t sent_ = 0, accepted_ = 0, duplicate_ = 0, amended_ = 0, quarantined_ = 0, ignored_ = 0;
  std::uint64_t refused_ = 0, unreachable_ = 0, put_off_ = 0;
  int last_refusal_ = 0;
  std::string last_failure_;  // why there was no answer
  std::unordered_set<std::string> alarms_;  // raised or changed by what we sent
};

}  // namespace gateway::demo
