#include "adapters/mdc_units.hpp"

#include <algorithm>
#include <array>

namespace adapters {

std::string_view ucum_of_mdc_unit(std::string_view code) {
  struct Unit {
    std::string_view code, ucum;
  };
  // 264992 is L/min/m2 and is left out: some senders mistake it for L/min (264992 is 2848 of the partition, L/min
  // 3072).
  static constexpr auto units = std::to_array<Unit>(
      {{"262688", "%"},      {"264864", "/min"},    {"264928", "/min"},   {"266016", "mm[Hg]"}, {"265987", "kPa"},
       {"265986", "hPa"},    {"268192", "Cel"},     {"266560", "[degF]"}, {"266528", "K"},      {"263875", "kg"},
       {"263872", "g"},      {"263904", "[lb_av]"}, {"263441", "cm"},     {"263424", "m"},      {"263520", "[in_i]"},
       {"263488", "[ft_i]"}, {"264096", "kg/m2"},   {"266866", "mmol/L"}, {"264274", "mg/dL"},  {"263744", "L"},
       {"263762", "mL"},     {"265216", "L/min"},   {"265184", "L/s"},    {"268752", "{INR}"},  {"268800", "{steps}"},
       {"262656", "1"}});
  const auto found = std::find_if(units.begin(), units.end(), [&](const Unit& each) { return each.code == code; });
  return found == units.end() ? std::string_view() : found->ucum;
}

std::string_view ucum_of_mdc_unit_name(std::string_view reference_id) {
  struct Unit {
    std::string_view name, ucum;
  };
  // The names of the numbers above.
  static constexpr auto units = std::to_array<Unit>({{"MDC_DIM_PERCENT", "%"},
                                                     {"MDC_DIM_BEAT_PER_MIN", "/min"},
                                                     {"MDC_DIM_RESP_PER_MIN", "/min"},
                                                     {"MDC_DIM_MMHG", "mm[Hg]"},
                                                     {"MDC_DIM_KILO_PASCAL", "kPa"},
                                                     {"MDC_DIM_HECTO_PASCAL", "hPa"},
                                                     {"MDC_DIM_DEGC", "Cel"},
                                                     {"MDC_DIM_FAHR", "[degF]"},
                                                     {"MDC_DIM_KELVIN", "K"},
                                                     {"MDC_DIM_KILO_G", "kg"},
                                                     {"MDC_DIM_G", "g"},
                                                     {"MDC_DIM_LB", "[lb_av]"},
                                                     {"MDC_DIM_CENTI_M", "cm"},
                                                     {"MDC_DIM_M", "m"},
                                                     {"MDC_DIM_INCH", "[in_i]"},
                                                     {"MDC_DIM_FOOT", "[ft_i]"},
                                                     {"MDC_DIM_KG_PER_M_SQ", "kg/m2"},
                                                     {"MDC_DIM_MILLI_MOLE_PER_L", "mmol/L"},
                                                     {"MDC_DIM_MILLI_G_PER_DL", "mg/dL"},
                                                     {"MDC_DIM_L", "L"},
                                                     {"MDC_DIM_MILLI_L", "mL"},
                                                     {"MDC_DIM_L_PER_MIN", "L/min"},
                                                     {"MDC_DIM_L_PER_SEC", "L/s"},
                                                     {"MDC_DIM_STEP", "{steps}"},
                                                     {"MDC_DIM_DIMLESS", "1"}});
  const auto found = std::find_if(units.begin(), units.end(), [&](const Unit& each) { return each.name == reference_id; });
  return found == units.end() ? std::string_view() : found->ucum;
}

}  // namespace adapters
