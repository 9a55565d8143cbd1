#include "gateway/demo/tally.hpp"

#include <utility>

#include "fhir/json_reader.hpp"

namespace gateway::demo {
namespace {

constexpr std::uint64_t tries_before_hopeless = 10;

}  // namespace

bool Tally::answered(std::string_view body) {
  auto document = fhir::JsonDocument::parse(body);
  if (!document || !document->root()["results"].is_array()) return false;
  const fhir::JsonValue root = document->root();
  auto add = [&](std::string_view name, std::uint64_t& counter) {
    if (auto count = root[name].as_integer(); count && *count > 0) counter += static_cast<std::uint64_t>(*count);
  };
  add("accepted", accepted_);
  add("duplicate", duplicate_);
  add("amended", amended_);
  add("quarantined", quarantined_);
  add("ignored", ignored_);
  for (fhir::JsonValue result : root["results"])
    for (fhir::JsonValue alarm : result["alarms"])
      if (auto id = alarm.text()) alarms_.emplace(*id);
  return true;
}

void Tally::refused(int status) {
  ++refused_;
  last_refusal_ = status;
}

void Tally::unreachable(std::string why) {
  ++unreachable_;
  last_failure_ = std::move(why);
}

bool Tally::hopeless() const {
  return taken() == 0 && refused_ + unreachable_ >= tries_before_hopeless;
}

std::string Tally::line() const {
  std::string text = "sent " + std::to_string(sent_);
  auto add = [&](std::string_view name, std::uint64_t count) {
    text.append(" ").append(name).append(" ").append(std::to_string(count));
  };
  add("accepted", accepted_);
  add("duplicate", duplicate_);
  add("amended", amended_);
  add("quarantined", quarantined_);
  add("ignored", ignored_);
  add("alarms", alarms_.size());
  if (put_off_ > 0) add("put-off", put_off_);
  if (unreachable_ > 0) {
    add("unreachable", unreachable_);
    text.append(" (").append(last_failure_).append(")");
  }
  if (refused_ > 0) {
    add("refused", refused_);
    text.append(" (last with status ").append(std::to_string(last_refusal_)).append(")");
  }
  return text;
}

}  // namespace gateway::demo
