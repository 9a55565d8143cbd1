#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/gateway/store/conformance.hpp"

namespace gateway::store::conformance {
namespace {

using fhir::DateCondition;
using fhir::DatePrefix;
using fhir::SortKey;
using Ids = std::vector<std::int64_t>;

fhir::Kind kind(int number) {
  return static_cast<fhir::Kind>(number);
}

ObservationFilter of_patient(std::int64_t patient, int of_kind) {
  ObservationFilter filter;
  filter.tenant = Tenant{1};
  filter.patients = {{patient}};
  filter.kinds = {kind(of_kind)};
  return filter;
}

Ids ids_of(const ObservationPage& page) {
  Ids ids;
  for (const Observation& o : page.rows) ids.push_back(o.id.value);
  return ids;
}

// Page after page as a client does, with what happens in between.
Ids all_pages(Backend& backend, ObservationFilter filter, const std::function<void()>& in_between = {}) {
  Ids ids;
  constexpr int without_end = 10'000;  // far above the rows a test writes: a page holds at least one
  for (int pages = 0; pages < without_end; ++pages) {
    ObservationPage page = backend.store().reader()->search(filter);
    for (std::int64_t id : ids_of(page)) ids.push_back(id);
    if (!page.more) return ids;
    REQUIRE(page.rows.size() == filter.limit);
    const Observation& last = page.rows.back();
    filter.horizon = page.horizon;
    filter.after = {filter.sort.key == SortKey::date ? last.measured : last.updated, last.id};
    if (in_between) in_between();
  }
  FAIL("pages without end");
  return ids;
}

void newest_first(Backend& backend) {
  std::vector<Observation> rows;
  for (std::int64_t id = 1; id <= 60; ++id) {
    rows.push_back(observation(id, 100 + id % 2, 1, at(id / 4 * 4)));  // two of a patient at each instant
    if (rows.size() == 6) commit(backend, changes_of(std::exchange(rows, {})));
  }
  ObservationFilter filter = of_patient(100, 1);
  filter.limit = 5;
  ObservationPage page = backend.store().reader()->search(filter);
  CHECK(ids_of(page) == Ids{60, 58, 56, 54, 52});
  CHECK(page.more);
  CHECK(page.horizon == 60);
  CHECK(page.rows[0].resource == observation(60).resource);
  CHECK(page.rows[0].patient == PatientId{100});
  CHECK(page.rows[0].tenant == Tenant{1});
  CHECK(page.rows[0].kind == kind(1));
  CHECK(page.rows[0].updated == at(60));
  CHECK(page.rows[0].version == 1);
  filter.limit = 30;
  page = backend.store().reader()->search(filter);
  CHECK(page.rows.size() == 30);
  CHECK_FALSE(page.more);
  filter.sort.descending = false;
  filter.limit = 3;
  CHECK(ids_of(backend.store().reader()->search(filter)) == Ids{2, 4, 6});
  CHECK(backend.store().reader()->count(filter) == 30);
  filter.tenant = Tenant{2};
  CHECK(backend.store().reader()->search(filter).rows.empty());
  CHECK(backend.store().reader()->count(of_patient(100, 2)) == 0);
}

void date_prefixes(Backend& backend) {
  std::vector<Observation> rows;
  for (std::int64_t id = 1; id <= 9; ++id) rows.push_back(observation(id, 100, 1, at(id * 10)));
  commit(backend, changes_of(rows));
  struct Row {
    const char* name;
    std::vector<DateCondition> conditions;
    Ids expected;
  };
  // The written period is [40, 60): readings at 40 and 50 are in it, one at 60 is not.
  auto date = [](DatePrefix prefix) { return DateCondition{prefix, at(40), at(60)}; };
  const Row table[] = {
      {"eq", {date(DatePrefix::eq)}, {4, 5}},
      {"ne", {date(DatePrefix::ne)}, {1, 2, 3, 6, 7, 8, 9}},
      {"gt", {date(DatePrefix::gt)}, {6, 7, 8, 9}},
      {"lt", {date(DatePrefix::lt)}, {1, 2, 3}},
      {"ge", {date(DatePrefix::ge)}, {4, 5, 6, 7, 8, 9}},
      {"le", {date(DatePrefix::le)}, {1, 2, 3, 4, 5}},
      {"sa", {date(DatePrefix::sa)}, {6, 7, 8, 9}},
      {"eb", {date(DatePrefix::eb)}, {1, 2, 3}},
      {"both ends", {{DatePrefix::ge, at(30), at(31)}, {DatePrefix::lt, at(60), at(61)}}, {3, 4, 5}},
      {"empty range", {{DatePrefix::gt, at(50), at(51)}, {DatePrefix::lt, at(50), at(51)}}, {}},
  };
  for (const Row& row : table) {
    DYNAMIC_SECTION(row.name) {
      for (bool with_patient : {true, false}) {
        ObservationFilter filter;
        filter.tenant = Tenant{1};
        if (with_patient) filter.patients = {{100}};
        filter.sort.descending = false;
        filter.measured = row.conditions;
        CHECK(ids_of(backend.store().reader()->search(filter)) == row.expected);
        CHECK(backend.store().reader()->count(filter) == static_cast<std::int64_t>(row.expected.size()));
      }
    }
  }
}

void by_ids_and_keys(Backend& backend) {
  std::vector<Observation> rows;
  for (std::int64_t id = 1; id <= 9; ++id)
    rows.push_back(observation(id, 100 + id % 2, static_cast<int>(1 + id % 3), at(id * 10)));
  rows[8].tenant = Tenant{2};
  commit(backend, changes_of(rows));
  ObservationFilter filter;
  filter.tenant = Tenant{1};
  filter.ids = {{2}, {7}, {9}, {99}};
  CHECK(ids_of(backend.store().reader()->search(filter)) == Ids{7, 2});
  CHECK(backend.store().reader()->count(filter) == 2);
  filter.patients = {{100}};
  CHECK(ids_of(backend.store().reader()->search(filter)) == Ids{2});
  filter.patients.clear();
  filter.keys = {key_of(7), key_of(8)};
  CHECK(ids_of(backend.store().reader()->search(filter)) == Ids{7});
  filter.ids.clear();
  CHECK(ids_of(backend.store().reader()->search(filter)) == Ids{8, 7});
  filter.keys = {key_of(1000)};
  CHECK(backend.store().reader()->search(filter).rows.empty());
}

// -- a model of the whole: every version with the position it was committed at, searched by brute force

struct Model {
  struct Version {
    Observation row;
    Position from = 0, until = INT64_MAX;
  };
  std::vector<Version> versions;
  std::map<std::int64_t, std::size_t> current;  // id -> version
  std::int64_t next_id = 1;

  void put(const Observation& o, Position position) {
    if (auto before = current.find(o.id.value); before != current.end()) versions[before->second].until = position;
    current[o.id.value] = versions.size();
    versions.push_back({o, position});
  }

  Ids search(const ObservationFilter& f, Position horizon) const {
    std::vector<std::pair<Time, std::int64_t>> found;
    for (const Version& v : versions) {
      const Observation& o = v.row;
      auto in = [](const auto& list, const auto& value) {
        return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
      };
      auto satisfied = [](const std::vector<DateCondition>& conditions, Time t) {
        return std::all_of(conditions.begin(), conditions.end(),
                           [&](const DateCondition& c) { return fhir::satisfies(c, t); });
      };
      if (v.from > horizon || v.until <= horizon || o.tenant != f.tenant || !in(f.patients, o.patient) ||
          !in(f.kinds, o.kind) || !in(f.ids, o.id) || !in(f.keys, o.key) || !satisfied(f.measured, o.measured) ||
          !satisfied(f.updated, o.updated)) {
        continue;
      }
      found.emplace_back(f.sort.key == SortKey::date ? o.measured : o.updated, o.id.value);
    }
    std::sort(found.begin(), found.end());
    if (f.sort.descending) std::reverse(found.begin(), found.end());
    Ids ids;
    for (auto& [time, id] : found) ids.push_back(id);
    return ids;
  }
};

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::int64_t below(std::int64_t n) { return std::uniform_int_distribution<std::int64_t>(0, n - 1)(engine_); }
  bool one_in(std::int64_t n) { return below(n) == 0; }

 private:
  std::mt19937 engine_;
};

// A few new rows and now and then an amendment, which may move the row in time, as one group.
void write_some(Backend& backend, Model& model, Random& random, std::int64_t most = 8) {
  Changes changes;
  Time now = at(1000 + model.next_id);
  for (std::int64_t n = random.below(most) + 1; n > 0; --n) {
    Observation o = observation(model.next_id++, 100 + random.below(4), static_cast<int>(1 + random.below(3)),
                                at(random.below(60)));
    o.updated = now;
    o.tenant = random.one_in(9) ? Tenant{2} : Tenant{1};
    if (o.tenant == Tenant{2}) o.patient.value += 100;
    changes.observations.push_back(o);
  }
  if (!model.versions.empty() && random.one_in(2)) {
    std::size_t any = model.current[1 + random.below(static_cast<std::int64_t>(model.current.size()))];
    Observation o = model.versions[any].row;
    ++o.version;
    o.updated = now;
    o.status = Status::amended;
    if (random.one_in(2)) o.measured = at(random.below(60));
    if (random.one_in(4)) o.kind = kind(static_cast<int>(1 + random.below(3)));
    changes.observations.push_back(o);
  }
  Position first = commit(backend, changes);
  Position last = first + static_cast<Position>(changes.observations.size()) - 1;
  for (const Observation& o : changes.observations) model.put(o, last);
}

ObservationFilter some_filter(Random& random) {
  ObservationFilter f;
  f.tenant = random.one_in(6) ? Tenant{2} : Tenant{1};
  for (std::int64_t n = random.below(3); n > 0; --n) f.patients.push_back({100 + random.below(4)});
  for (std::int64_t n = random.below(3); n > 0; --n) f.kinds.push_back(kind(static_cast<int>(1 + random.below(3))));
  if (random.one_in(8)) {
    for (int i = 0; i < 9; ++i) f.ids.push_back({1 + random.below(60)});
  }
  if (random.one_in(8)) {
    for (int i = 0; i < 9; ++i) f.keys.push_back(key_of(1 + random.below(60)));
  }
  for (std::int64_t n = random.below(3); n > 0; --n) {
    Time from = at(random.below(60));
    f.measured.push_back(
        {static_cast<DatePrefix>(random.below(8)), from, from + std::chrono::seconds(1 + random.below(20))});
  }
  for (std::int64_t n = random.one_in(3) ? 1 : 0; n > 0; --n) {
    Time from = at(1000 + random.below(60));
    f.updated.push_back(
        {static_cast<DatePrefix>(random.below(8)), from, from + std::chrono::seconds(1 + random.below(20))});
  }
  f.sort.key = random.one_in(3) ? SortKey::last_updated : SortKey::date;
  f.sort.descending = !random.one_in(3);
  f.limit = static_cast<std::size_t>(1 + random.below(12));
  return f;
}

void like_the_model(Backend& backend) {
  Random random(1);
  Model model;
  for (int round = 0; round < 60; ++round) {
    write_some(backend, model, random);
    if (random.one_in(20)) backend.reopen();
    for (int i = 0; i < 6; ++i) {
      ObservationFilter f = some_filter(random);
      Ids expected = model.search(f, backend.store().own().newest());
      CHECK(backend.store().reader()->count(f) == static_cast<std::int64_t>(expected.size()));
      REQUIRE(all_pages(backend, f) == expected);
    }
  }
}

void stable_pages(Backend& backend) {
  Random random(7);
  Model model;
  while (model.next_id < 150) write_some(backend, model, random);
  for (int i = 0; i < 60; ++i) {
    ObservationFilter f = some_filter(random);
    f.limit = static_cast<std::size_t>(1 + random.below(4));
    Position horizon = backend.store().own().newest();
    Ids expected = model.search(f, horizon);
    // New rows, amendments and moves between every two pages: the pages are those of the first one's instant. Not for
    // ever: a filter that finds everything would double the store each time.
    int writes = 40;
    auto between = [&] {
      if (writes-- > 0) write_some(backend, model, random, 3);
    };
    REQUIRE(all_pages(backend, f, between) == expected);
    f.horizon = horizon;
    CHECK(backend.store().reader()->count(f) == static_cast<std::int64_t>(expected.size()));
  }
}

}  // namespace

std::span<const Case> search_cases() {
  static const Case cases[] = {
      {"last of a patient and kind, both directions, ties by id", newest_first},
      {"date prefixes", date_prefixes},
      {"by ids and keys", by_ids_and_keys},
      {"any filter finds what a brute-force model finds", like_the_model},
      {"pages are stable while others write", stable_pages},
  };
  return cases;
}

}  // namespace gateway::store::conformance
