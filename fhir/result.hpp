// Result<T>: a value or an Error, for what input or the outside world can cause (house style 3.5). Exceptions stay for what
// stops the work. A dropped Result is a compiler warning.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <stdexcept>

#include "fhir/error.hpp"

namespace fhir {

// Called by Result::value() on an error; tests and start-up code only, everything else tests first.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error(error.detail);
}

template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
 public:
  using boost::system::result<T, Error>::result;
};

}  // namespace fhir
