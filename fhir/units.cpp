// Aliases and factors of codes.md section 4. Factors are exact by definition unless a comment says otherwise.
//
// Decimals of a converted value (KindInfo::conversion_decimals) are chosen so that two neighbouring readings of the
// sender's usual resolution stay apart, and no finer: 0.1 degF is 0.056 Cel, so 2; 1 mg/dL glucose is 0.056 mmol/L, so
// 2; 0.1 kPa is 0.75 mm[Hg], so 1; 0.5 in is 1.27 cm, so 1; 0.1 oz of a newborn is 2.8 g, so 3 for kg; 0.1 L/s is 6
// L/min, so 0. A factor that is a power of ten moves the point only: all digits stay.
//
// Not converted, since no source for the factor was checked: HbA1c in % to mmol/mol, haemoglobin in mmol/L to g/dL,
// ketones in mg/dL. Such a unit is unknown for its kind and the reading waits for a person.
#include "fhir/units.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace fhir {
namespace {

// UCUM codes we read. Case-sensitive: "Cel" is one, "cel" is not.
constexpr std::array<std::string_view, 34> known_ucum = {
    "%",     "/min",    "mm[Hg]",     "kPa",      "hPa",     "Cel",  "[degF]", "K",      "kg",
    "g",     "[lb_av]", "[stone_av]", "[oz_av]",  "cm",      "m",    "mm",     "[in_i]", "[ft_i]",
    "kg/m2", "mmol/L",  "mg/dL",      "mmol/mol", "mg/L",    "g/dL", "g/L",    "L",      "mL",
    "L/min", "L/s",     "{INR}",      "{score}",  "{steps}", "1",    "/d"};

struct UnitAlias {
  std::string_view as_sent;
  std::string_view ucum;
  // Canonical unit of the kinds it is read for; empty: the word has one meaning whatever is measured.
  std::string_view only_for = {};
};

constexpr UnitAlias unit_aliases[] = {
    {"percent", "%"},
    {"pct", "%"},
    {"PERCENT", "%"},
    {"MDC_DIM_PERCENT", "%"},

    // Per minute, of hearts or breaths as the kind says.
    {"bpm", "/min", "/min"},
    {"BPM", "/min", "/min"},
    {"beats/min", "/min", "/min"},
    {"beats/minute", "/min", "/min"},
    {"beat/min", "/min", "/min"},
    {"{beat}/min", "/min", "/min"},
    {"{beats}/min", "/min", "/min"},
    {"count/min", "/min", "/min"},
    {"slag/min", "/min", "/min"},
    {"brpm", "/min", "/min"},
    {"breaths/min", "/min", "/min"},
    {"breaths/minute", "/min", "/min"},
    {"{breath}/min", "/min", "/min"},
    {"{breaths}/min", "/min", "/min"},
    {"resp/min", "/min", "/min"},
    {"1/min", "/min", "/min"},
    {"min-1", "/min", "/min"},
    {"MDC_DIM_BEAT_PER_MIN", "/min", "/min"},
    {"MDC_DIM_RESP_PER_MIN", "/min", "/min"},

    {"mmHg", "mm[Hg]"},
    {"mm Hg", "mm[Hg]"},
    {"mmhg", "mm[Hg]"},
    {"MMHG", "mm[Hg]"},
    {"MDC_DIM_MMHG", "mm[Hg]"},
    {"kpa", "kPa"},
    {"KPa", "kPa"},
    {"mbar", "hPa"},

    // "C" and "F" are coulomb and farad in UCUM, which nobody measures in a home.
    {"C", "Cel", "Cel"},
    {"\u00b0C", "Cel"},
    {"degC", "Cel"},
    {"celsius", "Cel"},
    {"Celsius", "Cel"},
    {"MDC_DIM_DEGC", "Cel"},
    {"F", "[degF]", "Cel"},
    {"\u00b0F", "[degF]"},
    {"degF", "[degF]"},
    {"fahrenheit", "[degF]"},
    {"Fahrenheit", "[degF]"},
    {"MDC_DIM_FAHR", "[degF]"},
    {"kelvin", "K"},

    {"kilogram", "kg"},
    {"kilograms", "kg"},
    {"KGS", "kg"},
    {"KG", "kg"},
    {"kgs", "kg"},
    {"Kg", "kg"},
    {"Kilo", "kg"},
    {"kilo", "kg"},
    {"gram", "g"},
    {"grams", "g"},
    {"lb", "[lb_av]"},
    {"lbs", "[lb_av]"},
    {"pound", "[lb_av]"},
    {"pounds", "[lb_av]"},
    {"LB", "[lb_av]"},
    {"st", "[stone_av]", "kg"},
    {"stone", "[stone_av]"},
    {"oz", "[oz_av]"},

    {"meter", "m"},
    {"metre", "m"},
    {"in", "[in_i]"},
    {"inch", "[in_i]"},
    {"\"", "[in_i]", "cm"},
    {"ft", "[ft_i]", "cm"},
    {"'", "[ft_i]", "cm"},
    {"kg/m^2", "kg/m2"},
    {"kg/m\u00b2", "kg/m2"},

    // "mmol/l" is legal UCUM too, but one quantity is written in one way.
    {"mmol/l", "mmol/L"},
    {"mmoll", "mmol/L"},
    {"MMOLL", "mmol/L"},
    {"MMOL/L", "mmol/L"},
    {"mg/dl", "mg/dL"},
    {"mgdl", "mg/dL"},
    {"MGDL", "mg/dL"},
    {"MG/DL", "mg/dL"},
    {"mg%", "mg/dL"},
    {"mg/l", "mg/L"},
    {"g/dl", "g/dL"},
    {"g%", "g/dL", "g/dL"},
    {"g/l", "g/L"},

    {"l", "L"},
    {"litre", "L"},
    {"liter", "L"},
    {"Liter", "L"},
    {"ml", "mL"},
    {"cc", "mL"},
    {"l/min", "L/min"},
    {"lpm", "L/min"},
    {"LPM", "L/min"},
    {"l/s", "L/s"},
    {"lps", "L/s"},

    // Bare numbers. For a percentage they stay unknown: 0.7 and 70 would both be believable. "1" says a fraction.
    {"", "{INR}", "{INR}"},
    {"INR", "{INR}", "{INR}"},
    {"ratio", "{INR}", "{INR}"},
    {"1", "{INR}", "{INR}"},
    {"", "{score}", "{score}"},
    {"score", "{score}", "{score}"},
    {"1", "{score}", "{score}"},
    {"", "{steps}", "{steps}"},
    {"steps", "{steps}", "{steps}"},
    {"count", "{steps}", "{steps}"},
    {"1", "{steps}", "{steps}"},
    {"dimensionless", "1"},
};

// canonical = (value + add) * times / by, or the same digits with the point moved
struct Conversion {
  std::string_view from, to;
  Decimal add{0};
  Decimal times{1};
  Decimal by{1};
  int moved_point = 0;  // places to the right
  // Factors that go through a molar mass hold for one substance only.
  bool (*holds_for)(Kind) = nullptr;
};

bool is_glucose(Kind kind) {
  return kind == kinds().blood_glucose || kind == kinds().interstitial_glucose;
}
bool is_crp(Kind kind) {
  return kind == kinds().crp;
}
bool is_haemoglobin(Kind kind) {
  return kind == kinds().haemoglobin;
}

constexpr Conversion conversions[] = {
    {.from = "1", .to = "%", .moved_point = 2},
    // Conventional millimetre of mercury, 133.322387415 Pa. UCUM's own table says 133.322: 3 ppm apart.
    {.from = "kPa", .to = "mm[Hg]", .times = Decimal(1000), .by = Decimal(133322387415, 9)},
    {.from = "hPa", .to = "mm[Hg]", .times = Decimal(100), .by = Decimal(133322387415, 9)},
    {.from = "[degF]", .to = "Cel", .add = Decimal(-32), .times = Decimal(5), .by = Decimal(9)},
    {.from = "K", .to = "Cel", .add = Decimal(-27315, 2)},
    {.from = "g", .to = "kg", .moved_point = -3},
    {.from = "[lb_av]", .to = "kg", .times = Decimal(45359237, 8)},
    {.from = "[stone_av]", .to = "kg", .times = Decimal(635029318, 8)},
    {.from = "[oz_av]", .to = "kg", .times = Decimal(28349523125, 12)},
    {.from = "m", .to = "cm", .moved_point = 2},
    {.from = "mm", .to = "cm", .moved_point = -1},
    {.from = "[in_i]", .to = "cm", .times = Decimal(254, 2)},
    {.from = "[ft_i]", .to = "cm", .times = Decimal(3048, 2)},
    // 180.16 g/mol. Not exact: 18, 18.0 and 18.0182 are in use elsewhere; 18.016 is pinned (codes.md section 4).
    {.from = "mg/dL", .to = "mmol/L", .by = Decimal(18016, 3), .holds_for = is_glucose},
    {.from = "mg/dL", .to = "mg/L", .moved_point = 1, .holds_for = is_crp},
    {.from = "g/L", .to = "g/dL", .moved_point = -1, .holds_for = is_haemoglobin},
    {.from = "mL", .to = "L", .moved_point = -3},
    {.from = "L/s", .to = "L/min", .times = Decimal(60)},
    {.from = "L/min", .to = "L/s", .by = Decimal(60)},
};

std::optional<Decimal> converted(const Decimal& value, const Conversion& conversion, int decimals) {
  if (conversion.moved_point != 0) {
    const auto moved = Decimal::scaled(value.coefficient(), conversion.moved_point - value.scale());
    if (!moved) return std::nullopt;
    return *moved;
  }
  const auto sum = value.plus(conversion.add);
  if (!sum) return std::nullopt;
  const auto product = sum->times(conversion.times);
  if (!product) return std::nullopt;
  const auto quotient = product->divided_by(conversion.by, decimals);
  if (!quotient) return std::nullopt;
  return *quotient;
}

}  // namespace

std::string_view ucum_code(std::string_view as_sent, Kind kind) {
  const std::string_view canonical = info(kind).unit;
  if (as_sent == canonical) return canonical;  // as nearly every unit is sent
  // A bare "1" beside a counted unit is that unit; everywhere else it is UCUM's own "1".
  for (const UnitAlias& alias : unit_aliases)
    if (alias.as_sent == as_sent && !alias.only_for.empty() && alias.only_for == canonical) return alias.ucum;
  const auto known = std::find(known_ucum.begin(), known_ucum.end(), as_sent);
  if (known != known_ucum.end()) return *known;
  // "rpm" is revolutions per minute to a machine; only where breaths are counted does it say respirations.
  if (as_sent == "rpm" && kind == kinds().respiratory_rate) return "/min";
  for (const UnitAlias& alias : unit_aliases)
    if (alias.as_sent == as_sent && alias.only_for.empty()) return alias.ucum;
  return {};
}

std::optional<Converted> to_canonical(const Decimal& value, std::string_view unit, Kind kind) {
  const KindInfo& row = info(kind);
  if (unit.empty() || row.unit.empty()) return std::nullopt;
  if (unit == row.unit) return Converted{.value = value, .changed = false};
  for (const Conversion& conversion : conversions) {
    if (conversion.from != unit || conversion.to != row.unit) continue;
    if (conversion.holds_for && !conversion.holds_for(kind)) continue;
    auto result = converted(value, conversion, row.conversion_decimals);
    // Binary noise ("178.19999999999999") times a long factor does not fit 18 digits. Six decimals are a thousand times
    // finer than any result keeps.
    if (!result) result = converted(value.rounded(6), conversion, row.conversion_decimals);
    if (!result) return std::nullopt;
    return Converted{.value = *result, .changed = true};
  }
  return std::nullopt;
}

std::string_view unit_display(std::string_view unit, Kind kind) {
  if (unit == "/min") return kind == kinds().respiratory_rate ? "breaths/minute" : "beats/minute";
  struct Display {
    std::string_view code, text;
  };
  constexpr std::array<Display, 9> displays = {{{"mm[Hg]", "mmHg"},
                                                {"Cel", "\u00b0C"},
                                                {"[degF]", "\u00b0F"},
                                                {"[lb_av]", "lb"},
                                                {"[in_i]", "in"},
                                                {"kg/m2", "kg/m\u00b2"},
                                                {"{INR}", "INR"},
                                                {"{score}", "score"},
                                                {"{steps}", "steps"}}};
  const auto found =
      std::find_if(displays.begin(), displays.end(), [&](const Display& row) { return row.code == unit; });
  return found == displays.end() ? unit : found->text;
}

}  // namespace fhir
