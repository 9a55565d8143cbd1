// `hjemport simulate`: synthetic patients pushing at a running gateway, over real adapters and real HTTP.
#pragma once

#include <string>
#include <vector>

#include "gateway/cli/command.hpp"
#include "gateway/demo/simulator.hpp"

namespace gateway::cli {

struct SimulateOptions {
  std::string target;
  std::vector<std::string> sources, tokens;  // "ADAPTER:ID" or "ID" (adapter hjemport), and env:NAME for each
  std::string operator_token;                // links and enrols everybody first; empty: only pushes
  std::string scenario = "normal", duration, history;
  std::size_t patients = 20;
  double speed = 60;
  std::uint64_t seed = 1;
  std::size_t summary_seconds = 10;
};

// What the options ask for, without people yet; the error is a sentence about the option.
fhir::Result<demo::Simulation> simulation_of(const SimulateOptions&);

}  // namespace gateway::cli
