// The bytes before a response's body, written straight into the connection's buffer: a response object and its
// serializer cost 2-2.5 us a request (limits.md section 2).
#pragma once

#include <string>
#include <string_view>

#include "fhir/time.hpp"
#include "gateway/http/response.hpp"

namespace gateway::http {

enum class Persistence { keep_alive, close };

// Appends status line and fields. framing follows RFC 9110 8.6: nothing of it for 101, 204 and 304, a length for everything
// else, chunked for a stream. A field with characters that could split the response is left out.
void append_head(std::string& out, const Response&, std::string_view date, Persistence);

// IMF-fixdate (RFC 9110 5.6.7): "Fri, 20 Nov 2026 08:00:00 GMT".
std::string http_date(fhir::Time);

}  // namespace gateway::http
