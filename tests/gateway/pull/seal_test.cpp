#include "gateway/pull/seal.hpp"

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.hpp"

using gateway::Hmac;
using gateway::pull::Holder;
using gateway::pull::TokenSeal;

TEST_CASE("seal: a token opens for its holder and nobody else", "[pull][seal]") {
  support::SeededRandom random(7);
  const Hmac secret("an installation secret"), other("another secret");
  const TokenSeal seal(secret, random);
  const Holder holder{"bodo", "scale", "12345"};
  const std::string sealed = seal.seal("refresh-token", holder);
  CHECK(sealed.find("refresh") == std::string::npos);
  CHECK(seal.open(sealed, holder) == "refresh-token");
  CHECK(seal.seal("refresh-token", holder) != sealed);  // a nonce of its own each time
  CHECK(seal.open(seal.seal("", holder), holder) == "");

  CHECK_FALSE(TokenSeal(other, random).open(sealed, holder));
  for (const Holder& stranger : {Holder{"oslo", "scale", "12345"}, Holder{"bodo", "scales", "12345"},
                                 Holder{"bodo", "scale", "12346"}, Holder{"bodo", "scale1", "2345"}}) {
    CHECK_FALSE(seal.open(sealed, stranger));
  }
}

TEST_CASE("seal: every damaged byte and every length is refused", "[pull][seal]") {
  support::SeededRandom random(7);
  const TokenSeal seal(Hmac("an installation secret"), random);
  const Holder holder{"bodo", "scale", "12345"};
  const std::string sealed = seal.seal("token", holder);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    CHECK_FALSE(seal.open(damaged, holder));
    CHECK_FALSE(seal.open(sealed.substr(0, i), holder));
  }
}
