#include "gateway/demo/outbox.hpp"

#include <algorithm>
#include <utility>

#include "gateway/deliver/answer.hpp"

namespace gateway::demo {
namespace {

constexpr std::chrono::seconds usual_pause{1};

std::chrono::seconds pause_asked_for(const deliver::HttpResponse& response, fhir::Time wall) {
  auto asked = deliver::parse_retry_after(response.header("retry-after"), wall);
  return std::min(asked.value_or(usual_pause), longest_pause);
}

}  // namespace

void Outbox::add(Parcel parcel) {
  Lane& lane = lanes_[parcel.person];
  if (lane.parcels.empty() && !lane.busy) ready_.push_back(parcel.person);
  lane.parcels.push_back(std::move(parcel));
  ++waiting_;
}

std::optional<Parcel> Outbox::next(Instant now) {
  if (ready_.empty() || under_way_ >= at_once_ || now < paused_until_) return std::nullopt;
  Lane& lane = lanes_[ready_.front()];
  ready_.pop_front();
  Parcel parcel = std::move(lane.parcels.front());
  lane.parcels.pop_front();
  lane.busy = true;
  --waiting_;
  ++under_way_;
  tally_.sent();
  return parcel;
}

void Outbox::put_back(Parcel parcel, Instant until) {
  paused_until_ = std::max(paused_until_, until);
  lanes_[parcel.person].parcels.push_front(std::move(parcel));
  ++waiting_;
}

void Outbox::answered(Parcel parcel, const deliver::HttpResponse& response, Instant now, fhir::Time wall) {
  const std::size_t person = parcel.person;
  Lane& lane = lanes_[person];
  lane.busy = false;
  --under_way_;
  if (response.status == 0) {
    tally_.unreachable(response.error);
    put_back(std::move(parcel), now + usual_pause);
  } else if (response.status == 503 || response.status == 429) {
    tally_.put_off();
    put_back(std::move(parcel), now + pause_asked_for(response, wall));
  } else if (response.status == 200 && tally_.answered(response.body)) {
    if (std::exchange(parcel.again, false)) put_back(std::move(parcel), now);
  } else {
    tally_.refused(response.status);
  }
  if (!lane.parcels.empty()) ready_.push_back(person);
}

}  // namespace gateway::demo
