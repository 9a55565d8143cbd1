#include "gateway/ingest/conformance.hpp"

#include <algorithm>

#include "fhir/json_writer.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::ingest {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Verdict = ConformanceWatch::Verdict;

constexpr std::size_t most_payloads = 100'000;  // remembered to tell resends; about 5 MB
constexpr std::size_t most_notes = 100;
constexpr seconds late_after{3600};        // design: what arrives an hour after it was measured is late
constexpr seconds clock_tolerance{300};    // a measured time further ahead is held as future-time
constexpr minutes retry_within{10};        // long enough for a cautious back-off, short enough for an alarm

std::uint64_t digest(std::string_view bytes) { return sha256_digest({bytes}); }

std::string count(std::int64_t n, std::string_view one, std::string_view many) {
  return std::to_string(n) + " " + std::string(n == 1 ? one : many);
}

std::string span(microseconds time) {
  const std::int64_t s = duration_cast<seconds>(time).count();
  if (s < 120) return std::to_string(s) + " s";
  if (s < 2 * 3600) return std::to_string(s / 60) + " min";
  if (s < 2 * 86400) return std::to_string(s / 3600) + " h";
  return std::to_string(s / 86400) + " days";
}

std::string_view verdict_name(Verdict verdict) {
  static constexpr std::string_view names[] = {"pass", "warn", "fail", "not seen"};
  return names[static_cast<std::size_t>(verdict)];
}

std::int64_t of(const std::map<std::string, std::int64_t>& counts, adapters::QuarantineReason reason) {
  const auto found = counts.find(std::string(adapters::name(reason)));
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

bool ConformanceWatch::refuses(std::string_view bytes, fhir::Time now) {
  const std::uint64_t key = digest(bytes);
  if (const auto known = refused_.find(key); known != refused_.end()) {
    known->second.times += 1;
    if (!known->second.again) known->second.again = now;
    return false;
  }
  if (to_refuse_ == 0) return false;
  --to_refuse_;
  refused_.emplace(key, Refused{now, std::nullopt, 0});
  return true;
}

void ConformanceWatch::undecodable(std::string_view, fhir::Time) {
  ++payloads_;
  ++undecodable_;
}

void ConformanceWatch::note(const std::string& text) {
  if (text.empty()) return;
  const auto found = notes_.find(text);
  if (found != notes_.end()) {
    ++found->second;
  } else if (notes_.size() < most_notes) {
    notes_.emplace(text, 1);
  }
}

void ConformanceWatch::reading(const adapters::Measurement& item, fhir::Time received) {
  ++readings_;
  if (item.record_id.empty()) ++without_id_;
  if (item.time_uncertain) ++uncertain_times_;
  const microseconds age = received - item.time.utc;
  latest_ = std::max(latest_, age);
  if (age > late_after) ++late_;
  if (age < microseconds(0)) {
    ++ahead_;
    furthest_ahead_ = std::max(furthest_ahead_, -age);
  }
}

void ConformanceWatch::decoded(std::string_view bytes, const adapters::Decoded& payload, fhir::Time received) {
  ++payloads_;
  const bool room = seen_.size() < most_payloads;
  const std::uint64_t key = digest(bytes);
  if (seen_.contains(key)) {
    ++same_payloads_;
  } else if (room) {
    seen_.emplace(key, received);
  }
  for (const adapters::Item& item : payload.items) {
    ++items_;
    if (const auto* measurement = std::get_if<adapters::Measurement>(&item)) reading(*measurement, received);
    if (std::holds_alternative<adapters::Event>(item)) ++events_;
    if (const auto* held = std::get_if<adapters::Held>(&item)) note(held->note);
  }
}

void ConformanceWatch::stored(const std::vector<ItemResult>& results) {
  for (const ItemResult& result : results) {
    ++outcomes_[static_cast<std::size_t>(result.outcome)];
    if (!result.reason.empty()) ++reasons_[std::string(result.reason)];
  }
}

ConformanceWatch::Check ConformanceWatch::decodable() const {
  Check check{"payloads can be read", Verdict::pass, count(payloads_, "payload", "payloads") + ", all readable", {}};
  if (payloads_ == 0) return {check.name, Verdict::unseen, "nothing was sent", {}};
  if (undecodable_ > 0) {
    check.verdict = Verdict::fail;
    check.finding = std::to_string(undecodable_) + " of " + count(payloads_, "payload", "payloads") + " could not be read";
    check.advice = "The answer 400 names the place; see the page of your format.";
  }
  return check;
}

ConformanceWatch::Check ConformanceWatch::record_ids() const {
  Check check{"every reading has a record id", Verdict::pass, count(readings_, "reading", "readings") + ", all with an id", {}};
  if (readings_ == 0) return {check.name, Verdict::unseen, "no readings", {}};
  if (without_id_ > 0) {
    check.verdict = Verdict::warn;
    check.finding = std::to_string(without_id_) + " of " + count(readings_, "reading", "readings") + " without";
    check.advice = "Without an id that stays the same over retries, a correction looks like a second reading.";
  }
  return check;
}

ConformanceWatch::Check ConformanceWatch::repeated() const {
  const std::int64_t duplicates = outcomes_[static_cast<std::size_t>(Outcome::duplicate)];
  const std::int64_t all = items_;
  Check check{"little is sent twice", Verdict::pass, std::to_string(duplicates) + " of " + count(all, "item was", "items were") +
                                                         " known already; " + count(same_payloads_, "payload", "payloads") +
                                                         " came again byte for byte", {}};
  if (all == 0) return {check.name, Verdict::unseen, "no items", {}};
  if (duplicates * 2 > all && all >= 10) {
    check.verdict = Verdict::warn;
    check.advice = "Resending is safe, but most of this traffic is known already: send what is new since the last answer 200.";
  }
  return check;
}

ConformanceWatch::Check ConformanceWatch::timely() const {
  Check check{"readings arrive soon", Verdict::pass, "the oldest was " + span(latest_) + " old on arrival", {}};
  if (readings_ == 0) return {check.name, Verdict::unseen, "no readings", {}};
  if (late_ > 0) {
    check.verdict = Verdict::warn;
    check.finding = std::to_string(late_) + " of " + count(readings_, "reading", "readings") + " older than " + span(late_after) +
                    " on arrival, the oldest " + span(latest_);
    check.advice = "A late reading can raise an alarm only as a late one. Push as it is measured.";
  }
  return check;
}

ConformanceWatch::Check ConformanceWatch::clock() const {
  const std::int64_t future = of(reasons_, adapters::QuarantineReason::future_time);
  Check check{"clocks are right", Verdict::pass, "no reading was measured after it arrived", {}};
  if (readings_ == 0) return {check.name, Verdict::unseen, "no readings", {}};
  if (ahead_ > 0) {
    const bool refused = future > 0 || furthest_ahead_ > clock_tolerance;
    check.verdict = refused ? Verdict::fail : Verdict::warn;
    check.finding = count(ahead_, "reading was", "readings were") + " measured after arrival, up to " + span(furthest_ahead_);
    check.advice = "A device clock or an offset is wrong; more than " + span(clock_tolerance) + " ahead is held.";
  }
  return check;
}

ConformanceWatch::Check ConformanceWatch::zones() const {
  Check check{"times say their offset", Verdict::pass, "all times are certain", {}};
  if (readings_ == 0) return {check.name, Verdict::unseen, "no readings", {}};
  if (uncertain_times_ > 0) {
    check.verdict = Verdict::warn;
    check.finding = count(uncertain_times_, "reading has", "readings have") + " an uncertain time";
    check.advice = "Send times with an offset (2026-11-20T08:00:00+01:00), and the time of measuring, not of sending.";
  }
  return check;
}

ConformanceWatch::Check ConformanceWatch::units() const {
  const std::int64_t unknown = of(reasons_, adapters::QuarantineReason::unknown_unit);
  Check check{"units are known", Verdict::pass, "all units are known", {}};
  if (readings_ == 0 && unknown == 0) return {check.name, Verdict::unseen, "no readings", {}};
  if (unknown > 0) {
    check.verdict = Verdict::fail;
    check.finding = count(unknown, "item has", "items have") + " a missing or unknown unit";
    check.advice = "Send UCUM (mm[Hg], /min, Cel) or an alias of your format's page; a unit is never guessed.";
  }
  return check;
}

ConformanceWatch::Check ConformanceWatch::kinds() const {
  const std::int64_t unknown = of(reasons_, adapters::QuarantineReason::unknown_kind);
  Check check{"kinds are known", Verdict::pass, "all kinds are known", {}};
  if (items_ == 0) return {check.name, Verdict::unseen, "no items", {}};
  if (unknown > 0) {
    check.verdict = Verdict::fail;
    check.finding = count(unknown, "item is", "items are") + " of no known kind";
    check.advice = "See the page of your format, or ask for the kind to be added.";
  }
  return check;
}

ConformanceWatch::Check ConformanceWatch::persons() const {
  using adapters::QuarantineReason;
  const std::int64_t wrong = of(reasons_, QuarantineReason::invalid_identifier) + of(reasons_, QuarantineReason::subject_changed);
  const std::int64_t unknown = of(reasons_, QuarantineReason::unknown_subject) + of(reasons_, QuarantineReason::ambiguous_subject);
  Check check{"persons can be placed", Verdict::pass, "every item could be placed", {}};
  if (items_ == 0) return {check.name, Verdict::unseen, "no items", {}};
  if (wrong > 0) {
    check.verdict = Verdict::fail;
    check.finding = count(wrong, "item names", "items name") + " a wrong identity number, or another person than before under the same id";
    check.advice = "A record id belongs to one person for ever; identity numbers need valid check digits.";
  } else if (unknown > 0) {
    check.verdict = Verdict::warn;
    check.finding = count(unknown, "item waits", "items wait") + " for a link of their user or device to a patient";
    check.advice = "Tell the operator which users and devices are in use before they send.";
  }
  return check;
}

ConformanceWatch::Check ConformanceWatch::values() const {
  using adapters::QuarantineReason;
  const std::int64_t unread = of(reasons_, QuarantineReason::undecodable), odd = of(reasons_, QuarantineReason::implausible);
  Check check{"values are believable", Verdict::pass, "no value was held", {}};
  if (items_ == 0) return {check.name, Verdict::unseen, "no items", {}};
  if (unread + odd > 0) {
    check.verdict = unread > 0 ? Verdict::fail : Verdict::warn;
    check.finding = count(unread, "item", "items") + " with an element that cannot be read, " + count(odd, "value", "values") +
                    " no living person has, or in a unit unlike the person's other readings";
    check.advice = "The most common places are listed below.";
  }
  return check;
}

ConformanceWatch::Check ConformanceWatch::retries(fhir::Time now) const {
  Check check{"a refused payload is sent again", Verdict::unseen, "no payload was refused", {}};
  if (refused_.empty()) return check;
  std::int64_t came = 0, hasty = 0, lost = 0;
  microseconds longest{0};
  for (const auto& [key, refused] : refused_) {
    if (!refused.again) {
      lost += now - refused.at > retry_within ? 1 : 0;
      continue;
    }
    ++came;
    const microseconds after = *refused.again - refused.at;
    longest = std::max(longest, after);
    hasty += after < seconds(1) ? 1 : 0;  // Retry-After said at least one second
  }
  const auto all = static_cast<std::int64_t>(refused_.size());
  check.finding = std::to_string(came) + " of " + count(all, "payload", "payloads") + " answered 503 came again, the last after " + span(longest);
  check.verdict = Verdict::pass;
  if (lost > 0) {
    check.verdict = Verdict::fail;
    check.finding += "; " + std::to_string(lost) + " did not within " + span(retry_within);
    check.advice = "503 means that nothing was kept: the same bytes have to be sent again after Retry-After, or a reading is lost.";
  } else if (hasty > 0) {
    check.verdict = Verdict::warn;
    check.advice = "Wait as long as Retry-After says.";
  } else if (came < all) {
    check.verdict = Verdict::unseen;
  }
  return check;
}

std::vector<ConformanceWatch::Check> ConformanceWatch::checks(fhir::Time now) const {
  return {decodable(), record_ids(), repeated(), timely(), clock(), zones(), units(), kinds(), persons(), values(), retries(now)};
}

std::string ConformanceWatch::json(std::string_view source, fhir::Time now) const {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("source", source).member("begun", fhir::utc_millis_text(begun_));
  writer.member("until", fhir::utc_millis_text(until_)).member("over", over(now));
  writer.member("payloads", payloads_).member("undecodable", undecodable_).member("items", items_);
  writer.member("readings", readings_).member("events", events_);
  writer.key("outcomes").begin_object();
  for (int i = 0; i < outcome_count; ++i) writer.member(ingest::name(static_cast<Outcome>(i)), outcomes_[static_cast<std::size_t>(i)]);
  writer.end_object().key("reasons").begin_object();
  for (const auto& [reason, n] : reasons_) writer.member(reason, n);
  writer.end_object().key("checks").begin_array();
  for (const Check& check : checks(now)) {
    writer.begin_object().member("check", check.name).member("verdict", verdict_name(check.verdict)).member("finding", check.finding);
    writer.member_if("advice", check.advice).end_object();
  }
  writer.end_array().key("places").begin_array();
  for (const auto& [text, n] : notes_) writer.begin_object().member("place", text).member("items", n).end_object();
  writer.end_array().member("report", markdown(source, now)).end_object();
  return out;
}

std::string ConformanceWatch::markdown(std::string_view source, fhir::Time now) const {
  std::string out = "# What " + std::string(source) + " sent\n\n";
  out += "Watched from " + fhir::utc_text(begun_) + " to " + fhir::utc_text(std::min(now, until_)) + " (UTC): ";
  out += count(payloads_, "payload", "payloads") + ", " + count(readings_, "reading", "readings") + ", " + count(events_, "event", "events") + ".\n\n";
  out += "| | check | found |\n|---|---|---|\n";
  for (const Check& check : checks(now)) {
    out.append("| ").append(verdict_name(check.verdict)).append(" | ").append(check.name).append(" | ").append(check.finding);
    if (!check.advice.empty()) out.append(". ").append(check.advice);
    out += " |\n";
  }
  std::vector<std::pair<std::int64_t, std::string_view>> places;
  for (const auto& [text, n] : notes_) places.emplace_back(n, text);
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (!places.empty()) out += "\nPlaces in payloads that could not be read, the most common first:\n\n";
  for (std::size_t i = 0; i < places.size() && i < 10; ++i) {
    out.append("- `").append(places[i].second).append("`: ").append(count(places[i].first, "item", "items")).append("\n");
  }
  return out;
}

void Conformance::begin(std::string source, fhir::Time now, seconds duration, int refuse) {
  const std::lock_guard lock(mutex_);
  by_source_[std::move(source)] = std::make_unique<ConformanceWatch>(now, now + duration, refuse);
  watches_ = static_cast<int>(by_source_.size());
}

bool Conformance::end(std::string_view source) {
  const std::lock_guard lock(mutex_);
  const auto found = by_source_.find(source);
  if (found == by_source_.end()) return false;
  by_source_.erase(found);
  watches_ = static_cast<int>(by_source_.size());
  return true;
}

std::optional<std::string> Conformance::json(std::string_view source, fhir::Time now) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_source_.find(source);
  if (found == by_source_.end()) return std::nullopt;
  return found->second->json(source, now);
}

ConformanceWatch* Conformance::watch(std::string_view source, fhir::Time now) {
  const auto found = by_source_.find(source);
  return found == by_source_.end() || found->second->over(now) ? nullptr : found->second.get();
}

bool Conformance::refuses(std::string_view source, std::string_view bytes, fhir::Time now) {
  if (watches_ == 0) return false;
  const std::lock_guard lock(mutex_);
  ConformanceWatch* watched = watch(source, now);
  return watched != nullptr && watched->refuses(bytes, now);
}

void Conformance::undecodable(std::string_view source, std::string_view bytes, fhir::Time received) {
  if (watches_ == 0) return;
  const std::lock_guard lock(mutex_);
  if (ConformanceWatch* watched = watch(source, received)) watched->undecodable(bytes, received);
}

void Conformance::decoded(std::string_view source, std::string_view bytes, const adapters::Decoded& payload, fhir::Time received) {
  if (watches_ == 0) return;
  const std::lock_guard lock(mutex_);
  if (ConformanceWatch* watched = watch(source, received)) watched->decoded(bytes, payload, received);
}

void Conformance::stored(std::string_view source, const std::vector<ItemResult>& results, fhir::Time now) {
  if (watches_ == 0) return;
  const std::lock_guard lock(mutex_);
  if (ConformanceWatch* watched = watch(source, now)) watched->stored(results);
}

}  // namespace gateway::ingest
