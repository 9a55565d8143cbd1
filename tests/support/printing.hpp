// How failed checks show our types; includes Catch2. Without it a Result of something Catch2 cannot print does not
// compile in a CHECK or REQUIRE.
#pragma once

#include <catch2/catch.hpp>

#include "fhir/decimal.hpp"
#include "fhir/result.hpp"
#include "fhir/time.hpp"

namespace Catch {

template <>
struct StringMaker<fhir::Decimal> {
  static std::string convert(const fhir::Decimal& number) { return number.text(); }
};

template <>
struct StringMaker<fhir::DateTime> {
  static std::string convert(const fhir::DateTime& time) { return time.text(); }
};

template <>
struct StringMaker<fhir::Time> {
  static std::string convert(const fhir::Time& time) {
    return fhir::DateTime::from(time, std::chrono::minutes(0), fhir::Precision::fraction).text();
  }
};

template <class T>
struct StringMaker<fhir::Result<T>> {
  static std::string convert(const fhir::Result<T>& result) {
    return result ? std::string("a value") : "the error \"" + result.error().detail + '"';
  }
};

}  // namespace Catch
