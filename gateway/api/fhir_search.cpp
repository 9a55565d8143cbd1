#include <algorithm>
#include <charconv>
#include <set>

#include "fhir/json_writer.hpp"
#include "fhir/national_id.hpp"
#include "fhir/observation.hpp"
#include "fhir/operation_outcome.hpp"
#include "fhir/patient.hpp"
#include "gateway/api/fhir.hpp"
#include "gateway/api/search_filter.hpp"
#include "gateway/auth/may.hpp"
#include "gateway/ingest/dispense.hpp"
#include "gateway/ingest/keys.hpp"
#include "gateway/journal/submit.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::api {
namespace {

constexpr int count_max = 1000;

http::Response outcome(const fhir::Error& error) { return http::error_response(error, http::ErrorBody::operation_outcome); }
http::Response outcome(int status, std::string_view detail) {
  return http::error_response(status, detail, http::ErrorBody::operation_outcome);
}

// What one page of a search came to.
struct Page {
  std::vector<std::string> resources;      // rendered, in order
  std::vector<std::string> ids;
  std::vector<PatientId> patients;         // distinct, for the audit
  std::optional<std::int64_t> total;
  bool more = false;
  store::Position horizon = 0;
  store::ObservationFilter::After last;
};

struct Search {
  fhir::SearchQuery query;
  std::optional<SearchCursor> cursor;
  std::shared_ptr<const auth::Actor> actor;
  const config::Tenant* tenant = nullptr;
};

void note_patient(Page& page, PatientId patient) {
  if (patient && std::find(page.patients.begin(), page.patients.end(), patient) == page.patients.end()) {
    page.patients.push_back(patient);
  }
}

bool wants_total(const fhir::SearchQuery& query) { return query.total == fhir::Total::accurate || query.count == 0; }

bool fits(const Search& search, const store::Observation& row) {
  return row.kind != fhir::Kind::unknown || (search.query.codes.empty() && search.query.categories.empty()) ||
         stated_fits(search.query, row.resource);
}

// The store counts by kind; readings of none are few and looked at one by one.
std::int64_t total_of(store::Reader& reader, const Search& search, store::ObservationFilter filter) {
  const auto stated = std::find(filter.kinds.begin(), filter.kinds.end(), fhir::Kind::unknown);
  if (stated == filter.kinds.end()) return reader.count(filter);
  std::int64_t total = 0;
  std::erase(filter.kinds, fhir::Kind::unknown);
  if (!filter.kinds.empty()) total = reader.count(filter);
  filter.kinds = {fhir::Kind::unknown};
  filter.sort = {fhir::SortKey::date, false};
  filter.limit = 1000;
  for (bool more = true; more;) {
    store::ObservationPage page = reader.search(filter);
    for (const store::Observation& row : page.rows) {
      if (fits(search, row)) ++total;
      filter.after = store::ObservationFilter::After{row.measured, row.id};
    }
    filter.horizon = page.horizon;
    more = page.more;
  }
  return total;
}

Page observations(store::Reader& reader, const Search& search) {
  Page page;
  ObservationSearch asked = observation_search(search.query, search.actor->tenant, reader);
  if (wants_total(search.query)) {
    page.total = asked.nothing ? 0 : total_of(reader, search, asked.filter);
  }
  if (asked.nothing || search.query.count == 0) return page;
  if (search.cursor) {
    asked.filter.horizon = search.cursor->horizon;
    asked.filter.after = search.cursor->after;
  }
  store::ObservationPage found = reader.search(asked.filter);
  page.more = found.more;
  page.horizon = found.horizon;
  for (store::Observation& row : found.rows) {
    page.last = {asked.filter.sort.key == fhir::SortKey::date ? row.measured : row.updated, row.id};
    if (!fits(search, row)) continue;
    if (!auth::may(*search.actor, row.tenant, row.patient, auth::Purpose::care)) continue;
    note_patient(page, row.patient);
    page.ids.push_back(row.id.text());
    page.resources.push_back(std::move(row.resource));
  }
  return page;
}

std::string render(const store::Patient& row, const Search& search) {
  const std::string id = row.id.text();
  return fhir::patient_resource({id, row.system, row.value, row.created, search.tenant->organization, search.tenant->name});
}

std::string render(const store::Device& row, const Search& search) {
  const std::string id = row.id.text();
  return fhir::device_resource({id, row.identifier, row.model, row.first_seen, search.tenant->organization, search.tenant->name});
}

PatientId about(const store::Patient& row) { return row.id; }
PatientId about(const store::Device&) { return {}; }
PatientId about(const store::Event& row) { return row.patient; }

// Every row that `fetch` gives after an id, in the order of ids, until `each` has enough.
template <class Id, class Fetch, class Each>
void walk(std::optional<Id> after, const Fetch& fetch, const Each& each) {
  constexpr std::size_t portion = 500;
  for (;;) {
    const auto rows = fetch(after, portion);
    for (const auto& row : rows) {
      if (!each(row)) return;
    }
    if (rows.size() < portion) return;
    after = rows.back().id;
  }
}

bool updated_as_asked(const fhir::SearchQuery& query, fhir::Time updated) {
  return std::all_of(query.last_updated.begin(), query.last_updated.end(),
                     [&](const fhir::DateCondition& condition) { return fhir::satisfies(condition, updated); });
}

// Patients, devices and one patient's doses are few, so what matches is found, and counted, by looking at each.
template <class Id, class Fetch, class Matches, class Render>
Page paged(const Search& search, const Fetch& fetch, const Matches& matches, const Render& rendered) {
  Page page;
  if (wants_total(search.query)) {
    std::int64_t total = 0;
    walk<Id>(std::nullopt, fetch, [&](const auto& row) {
      if (matches(row)) ++total;
      return true;
    });
    page.total = total;
  }
  if (search.query.count == 0) return page;
  const auto limit = static_cast<std::size_t>(search.query.count);
  std::optional<Id> after;
  if (search.cursor) after = Id{search.cursor->after.id.value};
  walk<Id>(after, fetch, [&](const auto& row) {
    if (!matches(row)) return true;
    page.more = page.ids.size() == limit;
    if (page.more) return false;
    page.last.id = ObservationId{row.id.value};
    page.ids.push_back(row.id.text());
    page.resources.push_back(rendered(row));
    note_patient(page, about(row));
    return true;
  });
  return page;
}

// The patients that _id or identifier name, in the order of ids; nothing when the search names none.
std::optional<std::set<std::int64_t>> named_patients(store::Reader& reader, const Search& search) {
  std::set<std::int64_t> named;
  if (!search.query.identifiers.empty()) {
    for (const fhir::Token& token : search.query.identifiers.front()) {
      if (auto id = patient_named(reader, search.actor->tenant, token)) named.insert(id->value);
    }
    return named;
  }
  if (search.query.ids.empty()) return std::nullopt;
  for (const std::string& text : search.query.ids.front()) {
    if (auto id = PatientId::parse(text)) named.insert(id->value);
  }
  return named;
}

Page patients(store::Reader& reader, const Search& search) {
  const store::Tenant tenant = search.actor->tenant;
  const std::optional<std::set<std::int64_t>> named = named_patients(reader, search);
  auto fetch = [&](std::optional<PatientId> after, std::size_t limit) {
    if (!named) return reader.patients(tenant, after, limit);
    std::vector<store::Patient> rows;
    for (auto id = after ? named->upper_bound(after->value) : named->begin(); id != named->end() && rows.size() < limit; ++id) {
      if (auto row = reader.patient(PatientId{*id})) rows.push_back(std::move(*row));
    }
    return rows;
  };
  auto matches = [&](const store::Patient& row) {
    auto is_row = [&](const std::string& text) { return PatientId::parse(text) == row.id; };
    auto names_row = [&](const fhir::Token& token) { return patient_named(reader, tenant, token) == row.id; };
    return row.tenant == tenant && auth::may(*search.actor, row.tenant, row.id, auth::Purpose::care) &&
           updated_as_asked(search.query, row.created) &&
           std::all_of(search.query.ids.begin(), search.query.ids.end(),
                       [&](const auto& texts) { return std::any_of(texts.begin(), texts.end(), is_row); }) &&
           std::all_of(search.query.identifiers.begin(), search.query.identifiers.end(),
                       [&](const auto& tokens) { return std::any_of(tokens.begin(), tokens.end(), names_row); });
  };
  return paged<PatientId>(search, fetch, matches, [&](const store::Patient& row) { return render(row, search); });
}

Page devices(store::Reader& reader, const Search& search) {
  const store::Tenant tenant = search.actor->tenant;
  auto fetch = [&](std::optional<DeviceId> after, std::size_t limit) { return reader.devices(tenant, after, limit); };
  auto matches = [&](const store::Device& row) {
    auto is_row = [&](const std::string& text) { return DeviceId::parse(text) == row.id; };
    auto names_row = [&](const fhir::Token& token) {
      return token.code == row.identifier && (!token.system || *token.system == fhir::device_identifier_system);
    };
    return updated_as_asked(search.query, row.first_seen) &&
           std::all_of(search.query.ids.begin(), search.query.ids.end(),
                       [&](const auto& texts) { return std::any_of(texts.begin(), texts.end(), is_row); }) &&
           std::all_of(search.query.identifiers.begin(), search.query.identifiers.end(),
                       [&](const auto& tokens) { return std::any_of(tokens.begin(), tokens.end(), names_row); });
  };
  return paged<DeviceId>(search, fetch, matches, [&](const store::Device& row) { return render(row, search); });
}

// The patients a search of doses is about; nothing when it names none. Repeats are ANDed, so of several sets the meeting counts.
std::optional<std::set<std::int64_t>> patients_asked(store::Reader& reader, const Search& search) {
  std::optional<std::set<std::int64_t>> asked;
  auto meet = [&](const std::set<std::int64_t>& named) {
    if (!asked) {
      asked = named;
    } else {
      std::erase_if(*asked, [&](std::int64_t id) { return !named.contains(id); });
    }
  };
  for (const auto& texts : search.query.patients) {
    std::set<std::int64_t> named;
    for (const std::string& text : texts) {
      if (auto id = PatientId::parse(text)) named.insert(id->value);
    }
    meet(named);
  }
  for (const auto& tokens : search.query.patient_identifiers) {
    std::set<std::int64_t> named;
    for (const fhir::Token& token : tokens) {
      if (auto id = patient_named(reader, search.actor->tenant, token)) named.insert(id->value);
    }
    meet(named);
  }
  return asked;
}

Page dispenses(store::Reader& reader, const Search& search) {
  const store::Tenant tenant = search.actor->tenant;
  const std::optional<std::set<std::int64_t>> asked = patients_asked(reader, search);
  std::optional<PatientId> only;
  if (asked && asked->size() == 1) only = PatientId{*asked->begin()};
  auto fetch = [&](std::optional<EventId> after, std::size_t limit) {
    if (asked && asked->empty()) return std::vector<store::Event>();
    return reader.dispenses(tenant, only, after, limit);
  };
  auto matches = [&](const store::Event& row) {
    auto is_row = [&](const std::string& text) { return EventId::parse(text) == row.id; };
    return (!asked || asked->contains(row.patient.value)) &&
           auth::may(*search.actor, row.tenant, row.patient, auth::Purpose::care) &&
           updated_as_asked(search.query, row.received) &&
           std::all_of(search.query.dates.begin(), search.query.dates.end(),
                       [&](const fhir::DateCondition& condition) { return fhir::satisfies(condition, row.measured); }) &&
           std::all_of(search.query.ids.begin(), search.query.ids.end(),
                       [&](const auto& texts) { return std::any_of(texts.begin(), texts.end(), is_row); });
  };
  auto with_patient = [&](const store::Event& row) {
    auto patient = reader.patient(row.patient);
    return patient ? ingest::dispense_resource(row, *patient) : std::string();
  };
  return paged<EventId>(search, fetch, matches, with_patient);
}

// One for each patient that has any, so it is found by walking patients.
Page care_plans(store::Reader& reader, const Search& search) {
  const store::Tenant tenant = search.actor->tenant;
  const std::optional<std::set<std::int64_t>> asked = patients_asked(reader, search);
  auto fetch = [&](std::optional<PatientId> after, std::size_t limit) {
    if (!asked) return reader.patients(tenant, after, limit);
    std::vector<store::Patient> rows;
    for (auto id = after ? asked->upper_bound(after->value) : asked->begin(); id != asked->end() && rows.size() < limit; ++id) {
      if (auto row = reader.patient(PatientId{*id})) rows.push_back(std::move(*row));
    }
    return rows;
  };
  std::string resource;
  auto matches = [&](const store::Patient& row) {
    auto is_row = [&](const std::string& text) { return PatientId::parse(text) == row.id; };
    const bool wanted = row.tenant == tenant && auth::may(*search.actor, row.tenant, row.id, auth::Purpose::care) &&
                        std::all_of(search.query.ids.begin(), search.query.ids.end(),
                                    [&](const auto& texts) { return std::any_of(texts.begin(), texts.end(), is_row); });
    auto plan = wanted ? reader.care_plan(row.id) : std::nullopt;
    if (plan) resource = std::move(plan->resource);
    return plan.has_value();
  };
  return paged<PatientId>(search, fetch, matches, [&](const store::Patient&) { return std::move(resource); });
}

std::string form(const fhir::Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    text.append(http::percent_encode(name)).append("=").append(http::percent_encode(value));
  }
  return text;
}

// `self` says what was understood. Patients stand in it by our id, never by an identifier (design.md 8.2).
std::string self_link(const std::string& base, const Search& search, const std::vector<PatientId>& resolved) {
  fhir::Parameters shown;
  for (const auto& [name, value] : search.query.used) {
    const bool names_patient = name != "identifier" && name.ends_with("identifier");  // also under subject, also as modifier
    if (names_patient || (search.query.type == "Patient" && name == "identifier")) {
      const std::string_view plain_name = search.query.type == "Patient" ? "_id" : "patient";
      std::string ids;
      for (PatientId patient : resolved) ids.append(ids.empty() ? "" : ",").append(patient.text());
      if (!ids.empty()) shown.emplace_back(plain_name, ids);
      continue;
    }
    shown.emplace_back(name, value);
  }
  std::string query = form(shown);
  return base + "/" + search.query.type + (query.empty() ? "" : "?" + query);
}

std::vector<PatientId> resolved_patients(store::Reader& reader, const Search& search) {
  std::vector<PatientId> ids;
  auto add = [&](const std::vector<std::vector<fhir::Token>>& lists) {
    for (const auto& tokens : lists) {
      for (const fhir::Token& token : tokens) {
        if (auto id = patient_named(reader, search.actor->tenant, token)) ids.push_back(*id);
      }
    }
  };
  add(search.query.patient_identifiers);
  if (search.query.type == "Patient") add(search.query.identifiers);
  return ids;
}

struct Answer {
  std::string body;
  std::vector<PatientId> patients;
};

Answer bundle(store::Reader& reader, const Search& search, const CursorSeal& seal, const std::string& base) {
  Page page;
  if (search.query.type == "Observation") {
    page = observations(reader, search);
  } else if (search.query.type == "Patient") {
    page = patients(reader, search);
  } else if (search.query.type == "MedicationDispense") {
    page = dispenses(reader, search);
  } else if (search.query.type == "CarePlan") {
    page = care_plans(reader, search);
  } else {
    page = devices(reader, search);
  }
  std::size_t size = 1024;
  for (const std::string& resource : page.resources) size += resource.size() + 160;
  Answer answer;
  answer.patients = std::move(page.patients);
  std::string& out = answer.body;
  out.reserve(size);
  out += R"({"resourceType":"Bundle","type":"searchset",)";
  if (page.total) out.append("\"total\":").append(std::to_string(*page.total)).append(",");
  out += R"("link":[{"relation":"self","url":)";
  fhir::append_json_string(out, self_link(base, search, resolved_patients(reader, search)));
  out += '}';
  if (page.more) {
    SearchCursor next{search.query.type, form(search.query.used), page.horizon, page.last};
    out += R"(,{"relation":"next","url":)";
    fhir::append_json_string(out, base + "/" + search.query.type + "?_cursor=" + seal.seal(next, search.actor->tenant_name));
    out += '}';
  }
  out += ']';
  const std::string base_of_type = base + "/" + search.query.type + "/";
  bool first = true;
  auto entry = [&] {
    out += first ? ",\"entry\":[" : ",";
    first = false;
  };
  for (std::size_t i = 0; i < page.resources.size(); ++i) {
    entry();
    out.append(R"({"fullUrl":")").append(base_of_type).append(page.ids[i]).append(R"(","resource":)");
    out.append(page.resources[i]).append(R"(,"search":{"mode":"match"}})");
  }
  if (!search.query.unknown.empty() && !search.cursor) {
    entry();
    out.append(R"({"resource":)");
    out.append(fhir::operation_outcome("warning", "not-supported", "some parameters are not supported and were ignored; see self"));
    out.append(R"(,"search":{"mode":"outcome"}})");
  }
  if (!first) out += ']';
  out += '}';
  return answer;
}

// Our own ids and identifiers are hexadecimal: eleven digits in a row between letters name nobody.
bool is_ours(std::string_view code) {
  const std::size_t slash = code.rfind('/');
  if (slash != std::string_view::npos) code.remove_prefix(slash + 1);
  return id_from_text(code) || ingest::key_of_identifier(code);
}

bool names_nationally(std::string_view value) {
  const std::size_t bar = value.rfind('|');
  const std::string_view code = bar == std::string_view::npos ? value : value.substr(bar + 1);
  if (bar != std::string_view::npos && fhir::is_national_id_system(value.substr(0, bar))) return true;
  if (is_ours(code)) return false;
  return fhir::classify_national_id(code) || fhir::may_contain_national_id(value);
}

// National numbers stay out of URLs (invariant 12), whatever parameter they come in.
bool names_a_person_nationally(const fhir::Parameters& parameters) {
  return std::any_of(parameters.begin(), parameters.end(), [](const auto& parameter) {
    std::string_view rest = parameter.second;
    for (;;) {
      const std::size_t comma = rest.find(',');
      if (names_nationally(rest.substr(0, comma))) return true;
      if (comma == std::string_view::npos) return false;
      rest.remove_prefix(comma + 1);
    }
  });
}

// Several patients in one answer: one row each (norway.md 12.18), in one commit.
class AuditRows : public journal::AwaitedJob {
 public:
  AuditRows(std::shared_ptr<const auth::Actor> actor, std::string action, std::vector<PatientId> patients)
      : actor_(std::move(actor)), action_(std::move(action)), patients_(std::move(patients)) {}
  std::size_t rows() const override { return patients_.size(); }
  void decide(journal::Working& working) override {
    for (PatientId patient : patients_) {
      store::Audit row;
      row.at = working.now;
      row.tenant = actor_->tenant;
      row.client = actor_->id;
      row.action = action_;
      row.patient = patient;
      row.purpose = auth::name(auth::Purpose::care);
      row.outcome = "ok";
      working.changes.audits.push_back(std::move(row));
    }
  }

 private:
  std::shared_ptr<const auth::Actor> actor_;
  std::string action_;
  std::vector<PatientId> patients_;
};

http::Awaitable<fhir::Result<void>> audit(const FhirDeps& deps, std::shared_ptr<const auth::Actor> actor, std::string type,
                                          std::vector<PatientId> patients) {
  std::string action = "search " + type;
  if (patients.size() > 1) {
    auto job = std::make_shared<AuditRows>(actor, action, patients);
    fhir::Result<void> done = co_await journal::commit(deps.committer, job, store::Lane::bulk);
    if (done) co_return done;
  }
  // One patient or none; also the way round a store that cannot be written now, where the trail keeps rows in memory.
  if (patients.empty()) patients.emplace_back();
  for (PatientId patient : patients) {
    fhir::Result<void> done = co_await deps.audit.record(*actor, action, patient, auth::name(auth::Purpose::care), "ok");
    if (!done) co_return done;
  }
  co_return fhir::Result<void>();
}

http::Awaitable<http::Response> search(http::Request& request, const FhirDeps& deps, std::string type, bool posted) {
  const std::string_view text = posted ? std::string_view(request.body) : std::string_view(request.query);
  auto parameters = http::parse_form(text);
  if (!parameters) co_return outcome(400, "the parameters cannot be read");
  if (posted && !request.query.empty()) {
    auto more = http::parse_form(request.query);
    if (!more) co_return outcome(400, "the query cannot be read");
    if (names_a_person_nationally(*more)) co_return outcome(400, "a national identifier does not belong in a URL: put it in the body");
    parameters->insert(parameters->end(), more->begin(), more->end());
  }
  auto asked = std::make_shared<Search>();
  asked->actor = request.actor;
  asked->tenant = tenant_of(deps, *request.actor);
  if (!posted) {
    auto sealed = std::find_if(parameters->begin(), parameters->end(), [](const auto& one) { return one.first == "_cursor"; });
    if (sealed != parameters->end()) {
      asked->cursor = deps.cursors.open(sealed->second, request.actor->tenant_name);
      if (!asked->cursor || asked->cursor->type != type) co_return outcome(400, "_cursor: not a link this server gave out");
      parameters = http::parse_form(asked->cursor->parameters);
    } else if (names_a_person_nationally(*parameters)) {
      co_return outcome(400, "a national identifier does not belong in a URL: use POST " + type + "/_search");
    }
  }
  auto query = fhir::parse_search(type, *parameters, deps.wall_time);
  if (!query) co_return outcome(query.error());
  if (!query->unknown.empty() && request.header("prefer").find("handling=strict") != std::string_view::npos) {
    co_return outcome(400, "a parameter of this search is not supported (handling=strict)");
  }
  query->count = std::clamp(query->count, 0, count_max);
  asked->query = std::move(*query);

  const std::string base = base_url(request, deps.config);
  const CursorSeal& seal = deps.cursors;
  std::function<fhir::Result<Answer>(store::Reader&)> read = [asked, base, &seal](store::Reader& reader) {
    return fhir::Result<Answer>(bundle(reader, *asked, seal, base));
  };
  auto answer = co_await deps.reads.run<Answer>(std::move(read));
  if (!answer) co_return outcome(answer.error());
  auto audited = co_await audit(deps, request.actor, type, std::move(answer->patients));
  if (!audited) co_return outcome(audited.error());
  co_return http::fhir_response(200, std::move(answer->body));
}

}  // namespace

void add_fhir_search_routes(http::Router& router, const FhirDeps& deps) {
  for (const char* type : {"Observation", "Patient", "MedicationDispense", "CarePlan", "Device"}) {
    http::Route get;
    get.method = http::Method::get;
    get.pattern = std::string("/fhir/") + type;
    get.roles = http::Role::hospital | http::Role::clinician;
    get.errors = http::ErrorBody::operation_outcome;
    get.handler = [&deps, type](http::Request& request) { return search(request, deps, type, false); };
    router.add(get);

    http::Route post = get;
    post.method = http::Method::post;
    post.pattern += "/_search";
    post.content_types = {"application/x-www-form-urlencoded"};
    post.handler = [&deps, type](http::Request& request) { return search(request, deps, type, true); };
    router.add(post);
  }
}

}  // namespace gateway::api
