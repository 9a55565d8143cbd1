#include "adapters/mapping/decode.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <numeric>

#include "adapters/draft.hpp"
#include "adapters/mapping/items.hpp"
#include "adapters/mapping/looking.hpp"

namespace adapters::mapping {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

// One payload. Goes through the groups of sections, and afterwards through what no section made anything of.
class Reader {
 public:
  Reader(const Context& context, const Mapping& mapping, Workspace& workspace, const Budget& budget)
      : context_(context), mapping_(mapping), looking_(context, mapping, workspace, budget.text_bytes) {}

  fhir::Result<Decoded> read() {
    if (const auto matches = looking_.hold(mapping_.match); !matches || !*matches)
      return fhir::invalid(matches ? "the payload is not what this mapping is for: 'match' does not hold"
                                   : matches.error().detail);
    looking_.take_trace();
    const bool any_ignored = std::any_of(mapping_.groups.begin(), mapping_.groups.end(),
                                         [](const Group& group) { return !group.ignored.empty(); });
    for (const Pass pass : {Pass::ignoring, Pass::reading}) {
      if (pass == Pass::ignoring && !any_ignored) continue;
      pass_ = pass;
      for (const Group& group : mapping_.groups) {
        if (pass == Pass::ignoring && group.ignored.empty()) continue;
        walk(group, 0);
        if (const auto stop = stopped()) return *stop;
      }
    }
    rest();
    if (const auto stop = stopped()) return *stop;
    return in_order();
  }

 private:
  enum class Pass { ignoring, reading };
  struct Unmatched {
    std::uint32_t position, end;
    bool computed;
    Item item;
  };

  std::optional<fhir::Error> stopped() const {
    if (items_.size() > most_items || unmatched_.size() > most_items) return too_many_items();
    if (!looking_.affordable())
      return fhir::invalid("the mapping takes more work or memory on this payload than allowed");
    return std::nullopt;
  }

  void add(Item item, std::uint32_t position) {
    items_.push_back(std::move(item));
    positions_.push_back(position);
    if (looking_.tracing()) traces_.push_back(looking_.take_trace());
  }

  void walk(const Group& group, std::size_t depth) {
    if (depth == group.each.size()) return element(group);
    const Each& each = group.each[depth];
    std::vector<Value> found;
    looking_.pay(1);
    const auto done = each.at.matches(looking_.in(each.scope), looking_.workspace(), found);
    if (!done) {
      if (pass_ == Pass::reading) hold_each(each, done.error().detail);
      return;
    }
    std::size_t index = 0;
    const auto enter = [&](const Value& item, JsonValue place) {
      looking_.pay(10);
      if (stopped()) return false;
      looking_.enter(item, index++, place);
      walk(group, depth + 1);
      looking_.leave();
      return true;
    };
    for (const Value& match : found) {
      const bool is_list =
          each.members ? match.type() == expression::Type::object : match.type() == expression::Type::array;
      if (!is_list) {
        if (match.is_null() && found.size() == 1) continue;
        if (each.members) {
          if (pass_ == Pass::reading) hold_each(each, "expected an object");
        } else if (!enter(match, match.place())) {
          return;
        }
        continue;
      }
      // An empty list was understood, and gives nothing.
      if (match.size() == 0) looking_.place_of_value(match);
      for (const expression::Child child : match) {
        Value item = child.value;
        if (each.members) {
          const std::array<expression::Member, 2> pair = {expression::Member{"key", Value::string(child.key)},
                                                          expression::Member{"value", child.value}};
          looking_.workspace().begin();
          item = looking_.workspace().object(pair);
        }
        if (!enter(item, child.value.place())) return;
      }
    }
  }

  void hold_each(const Each& each, std::string_view why) {
    Held held;
    held.reason = undecodable;
    held.note = looking_.copy(each.step + looking_.item_text() + ": " + std::string(why));
    looking_.taken().push_back(looking_.place().position());
    add(std::move(held), looking_.place().position());
  }

  bool is_covered(std::uint32_t position) const {
    const auto after = covered_.upper_bound(position);
    return after != covered_.begin() && position < std::prev(after)->second;
  }

  void element(const Group& group) {
    const JsonValue place = looking_.place();
    const std::uint32_t position = place.position();
    if (is_covered(position)) return;
    // What an expression made stands nowhere, so it covers nothing and is looked at where it is read.
    if (looking_.computed() == (pass_ == Pass::reading) && ignore(group)) return;
    if (pass_ == Pass::ignoring) return;
    bool applied = false;
    const std::size_t first = items_.size();
    for (const auto& [is_reading, index] : group.order) {
      looking_.pay(10);
      const ItemRule& rule = is_reading ? static_cast<const ItemRule&>(group.readings[index]) : group.events[index];
      const auto holds = looking_.hold(rule.when);
      if (holds && !*holds) continue;
      applied = true;
      if (!holds && is_reading) {
        Held held;
        held.reason = undecodable;
        held.note = looking_.copy(holds.error().detail);
        add(std::move(held), position);
      } else if (is_reading) {
        add(make_reading(looking_, group.readings[index]), position);
      } else {
        // A `when` that cannot be decided does not swallow an event.
        add(make_event(looking_, group.events[index], context_), position);
      }
      if (stopped()) return;
    }
    if (applied) {
      looking_.taken().push_back(position);
      correlate(first);
    } else {
      keep_unmatched(group, place);
    }
  }

  bool ignore(const Group& group) {
    for (const IgnoredRule& rule : group.ignored) {
      const auto holds = looking_.hold(rule.when);
      if (!holds || !*holds) continue;  // one that cannot be decided ignores nothing
      const JsonValue place = looking_.place();
      if (!looking_.computed()) covered_.emplace(place.position(), place.position_end());
      looking_.taken().push_back(place.position());
      add(Ignored{rule.reason, rule.place + looking_.item_text()}, place.position());
      return true;
    }
    return false;
  }

  // Readings of one item of the payload are shown together.
  void correlate(std::size_t first) {
    if (items_.size() - first < 2) return;
    for (std::size_t i = first; i < items_.size(); ++i) {
      auto* reading = std::get_if<Measurement>(&items_[i]);
      if (reading != nullptr) reading->correlation = reading->record_id;
    }
  }

  void keep_unmatched(const Group& group, JsonValue place) {
    const std::string why =
        "no section of the mapping applies" +
        (looking_.item_text().empty() ? " to this payload" : " to" + looking_.item_text().substr(3));
    static const ReadingRule nothing;
    const ItemRule* rule = &nothing;
    if (!group.events.empty()) rule = &group.events.front();
    if (!group.readings.empty()) rule = &group.readings.front();
    if (mapping_.otherwise_ignored)
      unmatched_.push_back(
          {place.position(), place.position_end(), looking_.computed(), Ignored{IgnoreReason::not_a_reading, why}});
    else
      unmatched_.push_back(
          {place.position(), place.position_end(), looking_.computed(), make_unmatched(looking_, *rule, why)});
    looking_.take_trace();
  }

  // What no section applied to, and no section below or beside it took a value from, is an item too: it never vanishes.
  void rest() {
    const JsonValue root = context_.scratch.root();
    static const Group nowhere;
    if (!is_covered(root.position())) keep_unmatched(nowhere, root);
    std::vector<std::uint32_t>& taken = looking_.taken();
    std::sort(taken.begin(), taken.end());
    // Inner ones stand after the outer ones, so from the last to the first: what is held inside accounts for what is
    // around it.
    std::stable_sort(unmatched_.begin(), unmatched_.end(),
                     [](const Unmatched& a, const Unmatched& b) { return a.position > b.position; });
    std::uint32_t lowest_held = std::numeric_limits<std::uint32_t>::max();
    for (Unmatched& each : unmatched_) {
      const auto inside = std::lower_bound(taken.begin(), taken.end(), each.position);
      const bool is_taken = (inside != taken.end() && *inside < each.end) || lowest_held < each.end;
      if (is_taken && !each.computed) continue;
      lowest_held = each.position;
      if (looking_.tracing())
        looking_.trace(mapping_.otherwise_ignored ? "no section applies; otherwise: ignored" : "no section applies");
      add(std::move(each.item), each.position);
    }
  }

  Decoded in_order() {
    std::vector<std::uint32_t> order(items_.size());
    std::iota(order.begin(), order.end(), 0U);
    const bool sorted = std::is_sorted(positions_.begin(), positions_.end());
    if (!sorted)
      std::stable_sort(order.begin(), order.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return positions_[a] < positions_[b]; });
    for (std::size_t i = 0; i < traces_.size(); ++i)
      for (const std::string& line : traces_[order[i]]) (*context_.steps)(i, line);
    Decoded decoded;
    if (sorted) {
      decoded.items = std::move(items_);
      return decoded;
    }
    decoded.items.reserve(items_.size());
    for (const std::uint32_t index : order) decoded.items.push_back(std::move(items_[index]));
    return decoded;
  }

  const Context& context_;
  const Mapping& mapping_;
  Looking looking_;
  Pass pass_ = Pass::reading;
  std::vector<Item> items_;
  std::vector<std::uint32_t> positions_;  // in the document, of each item
  std::vector<std::vector<std::string>> traces_;
  std::vector<Unmatched> unmatched_;
  std::map<std::uint32_t, std::uint32_t> covered_;  // what `ignored` sections took whole: position to end
};

}  // namespace

fhir::Result<Decoded> decode(std::string_view payload, const Context& context, const Mapping& mapping,
                             const Budget& budget) {
  if (auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  expression::EvaluationLimits limits;
  limits.total_steps = budget.steps + budget.steps_per_byte * payload.size();
  Workspace workspace(limits);
  return Reader(context, mapping, workspace, budget).read();
}

}  // namespace adapters::mapping
