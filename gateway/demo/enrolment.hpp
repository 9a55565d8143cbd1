// Makes a target ready for synthetic people through its own API: links their subjects, enrols them in programmes, sets
// a weight limit. What an operator and a clinician would do by hand.
#pragma once

#include <functional>
#include <string>

#include "gateway/deliver/http_client.hpp"
#include "gateway/demo/people.hpp"

namespace gateway::demo {

using Send = std::function<deliver::HttpResponse(deliver::HttpRequest)>;

struct Enroller {
  std::string url;    // of the target
  std::string token;  // a client with the roles admin and clinician
  Send send;

  // Nothing when done, else why not: "POST /links was answered 403".
  std::string enrol(const Person&, const std::string& source) const;

 private:
  deliver::HttpResponse ask(std::string method, const std::string& path, std::string body) const;
};

// The programme somebody belongs in; the names of the example programmes.
std::string_view programme_of(Condition);

}  // namespace gateway::demo
