#include "gateway/deliver/http_client.hpp"

namespace gateway::deliver {

std::string_view HttpResponse::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_case_name) return value;
  return {};
}

}  // namespace gateway::deliver
