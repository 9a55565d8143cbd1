// Files too large to be held in memory (an export of years) are read in pieces. For `hjemport convert`; what is sent to
// the gateway is one payload with the bounds of one.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "adapters/adapter.hpp"

namespace adapters {

// Items are appended in payload order as they are complete, the same as the adapter's decode gives; most_items does not
// bound them. After an error nothing more is asked of it.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual fhir::Result<void> feed(std::string_view piece, std::vector<Item>& out) = 0;
  virtual fhir::Result<void> finish(std::vector<Item>& out) = 0;
};

// Null for formats whose files do not grow that large. The context outlives the stream.
std::unique_ptr<Stream> open_stream(std::string_view adapter, const Context&);

}  // namespace adapters
