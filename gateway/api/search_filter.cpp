#include "gateway/api/search_filter.hpp"

#include <algorithm>

#include "fhir/json_reader.hpp"
#include "fhir/national_id.hpp"
#include "fhir/observation.hpp"
#include "gateway/ingest/keys.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view category_system = "http://terminology.hl7.org/CodeSystem/observation-category";

// Each parameter names a set; given again, the sets meet (FHIR: repeats are ANDed, commas ORed).
template <class Value>
class Narrowed {
 public:
  void narrow(const std::vector<Value>& wanted) {
    if (!given_) {
      values_ = wanted;
    } else {
      std::erase_if(values_, [&](const Value& value) { return std::find(wanted.begin(), wanted.end(), value) == wanted.end(); });
    }
    given_ = true;
  }
  bool nothing() const { return given_ && values_.empty(); }
  std::vector<Value> take() { return std::move(values_); }

 private:
  std::vector<Value> values_;
  bool given_ = false;
};

template <class Text, class Parse>
auto parsed(const std::vector<Text>& texts, const Parse& parse) {
  std::vector<typename decltype(parse(texts.front()))::value_type> values;
  for (const Text& text : texts) {
    if (auto value = parse(text)) values.push_back(*value);
  }
  return values;
}

std::vector<fhir::Kind> kinds_with(const std::vector<fhir::Token>& tokens) {
  std::vector<fhir::Kind> kinds;
  for (const fhir::Token& token : tokens) {
    if (!token.code.empty()) {
      const std::vector<fhir::Kind> carrying = fhir::kinds_carrying(token.system, token.code);
      kinds.insert(kinds.end(), carrying.begin(), carrying.end());
      // A code of a kind of ours is never on a reading that is of none.
      if (carrying.empty()) kinds.push_back(fhir::Kind::unknown);
      continue;
    }
    kinds.push_back(fhir::Kind::unknown);
    for (const fhir::KindInfo& info : fhir::all_kinds()) {  // "http://loinc.org|": any code of the system
      const bool carries = std::any_of(info.codings.begin(), info.codings.end(),
                                       [&](const fhir::Code& code) { return token.system == code.system; });
      if (carries) kinds.push_back(info.kind);
    }
  }
  return kinds;
}

std::vector<fhir::Kind> kinds_in(const std::vector<fhir::Token>& categories) {
  std::vector<fhir::Kind> kinds = {fhir::Kind::unknown};
  for (const fhir::KindInfo& info : fhir::all_kinds()) {
    for (const fhir::Token& token : categories) {
      const bool code_fits = token.code.empty() || token.code == info.category;
      if (info.kind != fhir::Kind::unknown && code_fits && (!token.system || *token.system == category_system)) kinds.push_back(info.kind);
    }
  }
  return kinds;
}

std::string_view after_slash(std::string_view reference, std::string_view type) {
  if (reference.starts_with(type) && reference.size() > type.size() && reference[type.size()] == '/') {
    reference.remove_prefix(type.size() + 1);
  }
  return reference;
}

bool carries(fhir::JsonValue concept_value, const fhir::Token& token) {
  for (fhir::JsonValue coding : concept_value["coding"]) {
    const std::string_view system = coding["system"].text().value_or(""), code = coding["code"].text().value_or("");
    if ((!token.system || *token.system == system) && (token.code.empty() || token.code == code)) return true;
  }
  return false;
}

}  // namespace

bool stated_fits(const fhir::SearchQuery& query, std::string_view resource) {
  const auto document = fhir::JsonDocument::parse(resource);
  if (!document) return false;
  const fhir::JsonValue root = document->root();
  const auto any = [](const std::vector<fhir::Token>& tokens, const auto& fits) { return std::any_of(tokens.begin(), tokens.end(), fits); };
  for (const auto& tokens : query.codes) {
    if (!any(tokens, [&](const fhir::Token& token) { return carries(root["code"], token); })) return false;
  }
  for (const auto& tokens : query.categories) {
    const bool fits = any(tokens, [&](const fhir::Token& token) {
      for (fhir::JsonValue category : root["category"]) {
        if (carries(category, token)) return true;
      }
      return false;
    });
    if (!fits) return false;
  }
  return true;
}

std::optional<PatientId> patient_named(store::Reader& reader, store::Tenant tenant, const fhir::Token& token) {
  std::string system = token.system.value_or("");
  if (system.empty() || fhir::is_national_id_system(system)) {
    if (auto national = fhir::classify_national_id(token.code)) system = national->system();
  }
  if (system.empty()) return std::nullopt;
  auto patient = reader.patient_by_identifier(tenant, system, token.code);
  return patient ? std::optional(patient->id) : std::nullopt;
}

ObservationSearch observation_search(const fhir::SearchQuery& query, store::Tenant tenant, store::Reader& reader) {
  ObservationSearch search;
  search.filter.tenant = tenant;
  search.filter.measured = query.dates;
  search.filter.updated = query.last_updated;
  if (query.sort) search.filter.sort = *query.sort;
  search.filter.limit = static_cast<std::size_t>(query.count);

  Narrowed<PatientId> patients;
  for (const auto& texts : query.patients) {
    patients.narrow(parsed(texts, [](const std::string& text) { return PatientId::parse(after_slash(text, "Patient")); }));
  }
  for (const auto& tokens : query.patient_identifiers) {
    patients.narrow(parsed(tokens, [&](const fhir::Token& token) { return patient_named(reader, tenant, token); }));
  }
  Narrowed<fhir::Kind> kinds;
  for (const auto& tokens : query.codes) kinds.narrow(kinds_with(tokens));
  for (const auto& tokens : query.categories) kinds.narrow(kinds_in(tokens));
  Narrowed<ObservationId> ids;
  for (const auto& texts : query.ids) {
    ids.narrow(parsed(texts, [](const std::string& text) { return ObservationId::parse(text); }));
  }
  Narrowed<store::Key> keys;
  for (const auto& tokens : query.identifiers) {
    keys.narrow(parsed(tokens, [](const fhir::Token& token) -> std::optional<store::Key> {
      if (token.system && *token.system != fhir::observation_identifier_system) return std::nullopt;
      return ingest::key_of_identifier(token.code);
    }));
  }
  search.nothing = patients.nothing() || kinds.nothing() || ids.nothing() || keys.nothing();
  search.filter.patients = patients.take();
  search.filter.kinds = kinds.take();
  search.filter.ids = ids.take();
  search.filter.keys = keys.take();
  return search;
}

}  // namespace gateway::api
