#include "gateway/demo/fhir_sink.hpp"

#include <array>
#include <charconv>

#include "fhir/json_reader.hpp"
#include "fhir/json_writer.hpp"
#include "fhir/time.hpp"

namespace gateway::demo {

namespace {

using fhir::JsonValue;

constexpr std::array<const char*, 3> types{"Observation", "DetectedIssue", "Bundle"};
constexpr std::string_view document_type = "Bundle";  // posted whole, once; the others are updated by their identifier
constexpr std::size_t page_default = 20, page_max = 1'000;

std::string parameter(std::string_view query, std::string_view name) {
  auto form = http::parse_form(query);
  if (form)
    for (const auto& [key, value] : *form)
      if (key == name) return value;
  return "";
}

bool is_identifier(JsonValue one, std::string_view identifier) {
  return std::string(one["system"].text().value_or("")) + "|" + std::string(one["value"].text().value_or("")) == identifier;
}

bool has_identifier(JsonValue resource, std::string_view identifier) {
  const JsonValue all = resource["identifier"];
  if (all.is_object()) return is_identifier(all, identifier);  // a Bundle has one
  for (JsonValue one : all) {
    if (is_identifier(one, identifier)) return true;
  }
  return false;
}

// The resource with the id, version and time this server gave it.
void append_served(std::string& out, std::string_view body, std::string_view id, std::uint32_t version,
                   fhir::Time updated) {
  auto document = fhir::JsonDocument::parse(body);  // was parsed when it was taken
  fhir::JsonWriter writer(out);
  writer.begin_object();
  JsonValue root = document->root();
  writer.key("resourceType").copy(root["resourceType"]);
  writer.member("id", id);
  writer.key("meta").begin_object();
  writer.member("versionId", std::to_string(version)).member("lastUpdated", fhir::utc_millis_text(updated));
  for (JsonValue member : root["meta"]) writer.key(member.key()).copy(member);
  writer.end_object();
  for (JsonValue member : root)
    if (member.key() != "resourceType" && member.key() != "id" && member.key() != "meta")
      writer.key(member.key()).copy(member);
  writer.end_object();
}

http::Awaitable<http::Response> at_once(http::Response response) {
  co_return response;
}

}  // namespace

void FhirSink::add_routes(http::Router& router, const std::string& prefix, http::Roles roles) {
  auto add = [&](http::Method method, const std::string& path, auto answer) {
    http::Route route;
    route.method = method;
    route.pattern = prefix + path;
    route.roles = roles;
    route.errors = http::ErrorBody::operation_outcome;
    route.handler = [answer](http::Request& request) { return at_once(answer(request)); };
    router.add(std::move(route));
  };
  for (std::string type : types) {
    std::string path = "/" + type;
    if (type == document_type) {
      add(http::Method::post, path, [this](http::Request& request) { return post(request); });
    } else {
      add(http::Method::put, path, [this, type](http::Request& request) { return put(type, request); });
    }
    add(http::Method::get, path, [this, type](http::Request& request) { return search(type, request); });
    add(http::Method::get, path + "/{id}",
        [this, type](http::Request& request) { return read(type, request.capture("id")); });
  }
  add(http::Method::get, "/counts", [this](http::Request&) { return show_counts(); });
}

http::Response FhirSink::refuse(const std::string& type, std::string_view why) {
  ++shelves_[type].counts.refused;
  return http::error_response(400, why, http::ErrorBody::operation_outcome);
}

http::Response FhirSink::put(const std::string& type, const http::Request& request) {
  std::lock_guard lock(mutex_);
  return take(type, request, parameter(request.query, "identifier"));
}

// A repeat of one that is here is answered 200 and changes nothing.
http::Response FhirSink::post(const http::Request& request) {
  const std::string type(document_type), identifier = parameter(request.header("if-none-exist"), "identifier");
  std::lock_guard lock(mutex_);
  if (shelves_[type].by_identifier.contains(identifier)) return http::Response(200, "", "");
  return take(type, request, identifier);
}

http::Response FhirSink::take(const std::string& type, const http::Request& request, const std::string& identifier) {
  auto document = fhir::JsonDocument::parse(request.body);
  if (identifier.find('|') == std::string::npos)
    return refuse(type, "a conditional update needs identifier=system|value");
  if (!document) return refuse(type, "the body is not JSON");
  JsonValue root = document->root();
  if (root["resourceType"].text() != type) return refuse(type, "the body is another resource than the path says");
  if (!has_identifier(root, identifier)) return refuse(type, "the body does not have the identifier it is updated by");

  Shelf& shelf = shelves_[type];
  Resource resource;
  auto known = shelf.by_identifier.find(identifier);
  bool created = known == shelf.by_identifier.end();
  if (created) {
    resource.id = std::to_string(++shelf.last_id);
    resource.identifier = identifier;
    ++shelf.counts.created;
  } else {
    resource = std::move(*known->second);
    ++resource.version;
    shelf.newest_first.erase(known->second);
    ++shelf.counts.updated;
  }
  resource.body = request.body;
  resource.updated = clock_.now();
  http::Response response(created ? 201 : 200, "", "");
  response.headers.emplace_back("ETag", "W/\"" + std::to_string(resource.version) + "\"");
  shelf.newest_first.push_front(std::move(resource));
  shelf.by_identifier[identifier] = shelf.newest_first.begin();
  if (shelf.newest_first.size() > keep_) {
    shelf.by_identifier.erase(shelf.newest_first.back().identifier);
    shelf.newest_first.pop_back();
  }
  return response;
}

http::Response FhirSink::search(const std::string& type, const http::Request& request) {
  std::string identifier = parameter(request.query, "identifier");
  std::string wanted = parameter(request.query, "_count");
  std::size_t count = page_default;
  if (!wanted.empty()) std::from_chars(wanted.data(), wanted.data() + wanted.size(), count);
  count = std::min(count, page_max);

  std::string body;
  fhir::JsonWriter writer(body);
  writer.begin_object().member("resourceType", "Bundle").member("type", "searchset").key("entry").begin_array();
  std::lock_guard lock(mutex_);
  for (const Resource& resource : shelves_[type].newest_first) {
    if (!identifier.empty() && resource.identifier != identifier) continue;
    if (count-- == 0) break;
    std::string served;
    append_served(served, resource.body, resource.id, resource.version, resource.updated);
    writer.begin_object().key("resource").raw(served).end_object();
  }
  writer.end_array().end_object();
  return http::fhir_response(200, std::move(body));
}

http::Response FhirSink::read(const std::string& type, std::string_view id) {
  std::lock_guard lock(mutex_);
  for (const Resource& resource : shelves_[type].newest_first) {
    if (resource.id != id) continue;
    std::string served;
    append_served(served, resource.body, resource.id, resource.version, resource.updated);
    return http::fhir_response(200, std::move(served));
  }
  return http::error_response(404, "no such resource", http::ErrorBody::operation_outcome);
}

http::Response FhirSink::show_counts() {
  std::string body;
  fhir::JsonWriter writer(body);
  writer.begin_object();
  for (const char* type : types) {
    Counts shown = counts(type);
    writer.key(type).begin_object();
    writer.member("created", shown.created).member("updated", shown.updated).member("refused", shown.refused);
    writer.end_object();
  }
  writer.end_object();
  return http::json_response(200, std::move(body));
}

FhirSink::Counts FhirSink::counts(std::string_view type) const {
  std::lock_guard lock(mutex_);
  auto shelf = shelves_.find(type);
  return shelf == shelves_.end() ? Counts() : shelf->second.counts;
}

std::string FhirSink::sent(std::string_view type, std::string_view identifier) const {
  std::lock_guard lock(mutex_);
  auto shelf = shelves_.find(type);
  if (shelf == shelves_.end()) return "";
  auto resource = shelf->second.by_identifier.find(std::string(identifier));
  return resource == shelf->second.by_identifier.end() ? "" : resource->second->body;
}

}  // namespace gateway::demo
