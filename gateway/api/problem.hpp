// What a route outside /fhir, /epj and /ingest answers when it cannot do what was asked: problem JSON (RFC 9457).
#pragma once

#include <string_view>

#include "gateway/http/response.hpp"

namespace gateway::api {

inline http::Response problem(const fhir::Error& error) { return http::error_response(error, http::ErrorBody::problem_json); }
// `detail` as http::error_response wants it: our own sentence, nothing of the request.
inline http::Response problem(int status, std::string_view detail) {
  return http::error_response(status, detail, http::ErrorBody::problem_json);
}

}  // namespace gateway::api
