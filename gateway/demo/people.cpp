#include "gateway/demo/people.hpp"

#include <array>
#include <utility>

#include "gateway/demo/noise.hpp"
#include "gateway/demo/synthetic_number.hpp"

namespace gateway::demo {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::hours day{24};

// Digits that name person `index` of this seed, and nobody of another seed: links of an earlier run stay true.
std::string account_digits(std::uint64_t seed, std::size_t index) {
  const std::string number = std::to_string(index + 1);
  return std::to_string(1000 + mix(seed, 7) % 9000) + std::string(5 - std::min<std::size_t>(5, number.size()), '0') +
         number;
}

Account make_account(Format format, const std::string& digits, std::string national_number) {
  Account account;
  account.device = "SN-" + digits;
  account.national_number = std::move(national_number);
  switch (format) {
    case Format::hjemport:
      account.subject = "user-" + digits;
      break;
    case Format::telli:
      account.subject = "864593" + digits;
      break;  // 15 digits, as an IMEI
    case Format::opentele:
    case Format::withings:
      account.subject = digits;
      break;
  }
  return account;
}

Exacerbations make_exacerbations(Scenario scenario, std::size_t index, std::uint64_t seed, fhir::Time start) {
  Exacerbations all;
  if (scenario == Scenario::exacerbation) {
    // Every third person, one after the other, so that something begins each simulated hour.
    if (index % 3 != 0) return all;
    all.first_onset = start + std::chrono::hours(1 + index / 3);
    all.every = 60 * day;
    all.ramp = 12h;
    all.plateau = 2 * day;
    all.recovery = 4 * day;
    return all;
  }
  all.first_onset = start + std::chrono::hours(static_cast<int>(between(24, 20 * 24, seed, 2000 + index)));
  all.every = 20 * day;
  all.ramp = std::chrono::hours(static_cast<int>(between(18, 60, seed, 3000 + index)));
  all.plateau = day;
  all.recovery = 4 * day;
  return all;
}

}  // namespace

std::optional<Scenario> scenario_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Scenario>, 5> scenarios = {{{"normal", Scenario::normal},
                                                                               {"exacerbation", Scenario::exacerbation},
                                                                               {"outage", Scenario::outage},
                                                                               {"late-sync", Scenario::late_sync},
                                                                               {"flood", Scenario::flood}}};
  for (const auto& [known, scenario] : scenarios)
    if (known == name) return scenario;
  return std::nullopt;
}

std::vector<Person> make_people(std::size_t count, const std::vector<Format>& formats, Scenario scenario,
                                std::uint64_t seed, fhir::Time start) {
  const std::vector<std::string> numbers = synthetic_numbers(seed, count);
  std::vector<Person> people;
  people.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    Person person;
    person.source = i % formats.size();
    // Both conditions in every source.
    const bool copd = i / formats.size() % 2 == 0;
    person.body = make_body(copd ? Condition::copd : Condition::heart_failure, mix(seed, i));
    person.body.exacerbations = make_exacerbations(scenario, i, seed, start);
    person.account = make_account(formats[person.source], account_digits(seed, i), numbers[i]);
    // Every five simulated minutes: a meter gone wild, or a vendor's replay of everything it has.
    if (scenario == Scenario::flood) person.sittings_per_day = 288;
    people.push_back(std::move(person));
  }
  return people;
}

}  // namespace gateway::demo
