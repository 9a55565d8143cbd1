// What a payload becomes, through the steps of the running gateway but without a store: `hjemport convert`, and the same over /admin.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.hpp"
#include "gateway/ingest/judge.hpp"
#include "gateway/ingest/prepare.hpp"

namespace gateway::ingest {

// Where the lines of JSON go.
struct ConversionLines {
  std::function<void(const std::string&)> resource;  // a FHIR resource
  std::function<void(const std::string&)> left_out;  // {"outcome","reason","index","note"}: an item that became none
  std::function<void(const std::string&)> step;      // {"index","step","detail"}; none: nobody asks
};

// The patient an item belongs to, by whoever knows; none: it could not be placed.
using PersonOf = std::function<std::optional<store::Patient>(const Whom&, fhir::Time measured)>;

class Conversion {
 public:
  // `payload` tells held items of different payloads apart. What is given by reference outlives the conversion.
  Conversion(std::string adapter, std::string_view payload, fhir::Time now, PersonOf person, ConversionLines lines);

  // In payload order.
  void item(const adapters::Item&, std::uint32_t index);
  // What a format made from files tells of its own (adapters::Context::steps).
  void told(std::size_t index, std::string_view detail);
  // Resources are kept for project() in place of being given one by one.
  void merge_later() { merging_ = true; }
  // The payload is one batch, as the IoMT connector took it.
  void project(const adapters::Project&);

 private:
  void step(std::uint32_t index, std::string_view name, std::string_view text);
  void explain_decoded(const adapters::Item&, std::uint32_t index);
  void not_one(std::uint32_t index, std::string_view outcome, std::string_view reason, std::string_view note = {});
  void convert(PreparedReading&);
  void convert(PreparedEvent&);
  void convert(PreparedIgnored&);
  void convert(PreparedHeld&);
  void dispense(PreparedEvent&, const std::optional<store::Patient>&);

  fhir::Time now_;
  PersonOf person_;
  ConversionLines lines_;
  Keys keys_;
  SourceFacts facts_;
  PayloadKey payload_;
  IdSource ids_;
  PrepareSettings settings_;
  JudgeSettings judge_;
  bool merging_ = false;
  std::vector<std::string> resources_;  // for a projection
};

// People known by the identifier their items carry, or else all by one: for whoever has no store.
PersonOf people_by_identifier(std::optional<adapters::Identifier> everybody, fhir::Time now);

}  // namespace gateway::ingest
