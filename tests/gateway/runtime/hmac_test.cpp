#include "gateway/runtime/hmac.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using gateway::Hmac;

namespace {

std::string framed(const std::vector<std::string>& parts) {
  std::string bytes;
  for (const std::string& part : parts) {
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(part.size() >> (8 * i));
    bytes += part;
  }
  return bytes;
}

const unsigned char* raw(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Hmac::Full reference(const std::string& secret, const std::vector<std::string>& parts) {
  std::string bytes = framed(parts);
  Hmac::Full result;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), raw(bytes), bytes.size(), result.data(), nullptr);
  return result;
}

Hmac::Full ours(const std::string& secret, const std::vector<std::string>& parts) {
  std::vector<std::string_view> views(parts.begin(), parts.end());
  return Hmac(secret).full(views);
}

}  // namespace

TEST_CASE("hmac: agrees with OpenSSL's one-shot HMAC over the framed parts", "[runtime][hmac]") {
  const std::string long_secret(131, 'k');  // longer than a block: hashed first (RFC 2104)
  const std::vector<std::vector<std::string>> inputs = {{},
                                                        {""},
                                                        {"reading", "bodo", "oth", "r-17"},
                                                        {std::string(480, 'a'), "b"},
                                                        {std::string(511, 'a')},
                                                        {std::string(5000, 'x'), "", std::string(513, 'y')},
                                                        {std::string("\0\xff\0", 3)}};
  for (const std::string& secret : {std::string("k"), std::string(64, 's'), std::string(65, 's'), long_secret}) {
    for (const auto& parts : inputs) CHECK(ours(secret, parts) == reference(secret, parts));
  }
}

TEST_CASE("hmac: where one part ends and the next begins counts", "[runtime][hmac]") {
  Hmac hmac("secret");
  CHECK(hmac.key({"ab", "c"}) != hmac.key({"a", "bc"}));
  CHECK(hmac.key({"a"}) != hmac.key({"a", ""}));
  CHECK(hmac.key({"a", ""}) != hmac.key({"", "a"}));
  CHECK(hmac.key({}) != hmac.key({""}));
  CHECK(hmac.key({std::string_view()}) == hmac.key({""}));  // no pointer behind it: undefined behaviour once
  CHECK(gateway::sha256_digest({"ab", "c"}) != gateway::sha256_digest({"a", "bc"}));
}

TEST_CASE("hmac: the key is the start of the full value and depends on the secret", "[runtime][hmac]") {
  Hmac hmac("secret"), other("Secret");
  Hmac::Full full = hmac.full({"a", "b"});
  Hmac::Short key = hmac.key({"a", "b"});
  CHECK(std::equal(key.begin(), key.end(), full.begin()));
  CHECK(key != other.key({"a", "b"}));
  CHECK_THROWS_AS(Hmac(""), std::invalid_argument);
}

TEST_CASE("digest: the first eight bytes of SHA-256", "[runtime][hmac]") {
  std::string bytes = framed({"93", "%"});
  Hmac::Full full;
  EVP_Digest(bytes.data(), bytes.size(), full.data(), nullptr, EVP_sha256(), nullptr);
  std::uint64_t expected = 0;
  for (int i = 0; i < 8; ++i) expected = expected << 8 | full[static_cast<std::size_t>(i)];
  CHECK(gateway::sha256_digest({"93", "%"}) == expected);
}

TEST_CASE("hmac: one object serves many threads", "[runtime][hmac]") {
  Hmac hmac("secret");
  const Hmac::Short expected = hmac.key({"reading", "17"});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) wrong += hmac.key({"reading", "17"}) != expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("secrets: equal only when every byte and the length agree", "[runtime][hmac]") {
  CHECK(gateway::same_secret("correct horse", "correct horse"));
  CHECK_FALSE(gateway::same_secret("correct horse", "correct horsf"));
  CHECK_FALSE(gateway::same_secret("correct horse", "correct hors"));
  CHECK_FALSE(gateway::same_secret("correct horse", ""));
  CHECK(gateway::same_secret("", ""));
}

// Not a timed test: run by hand to see what a key costs (budget 700 ns).
TEST_CASE("hmac: cost of a key", "[.bench][hmac]") {
  Hmac hmac("0123456789abcdef0123456789abcdef");
  constexpr int rounds = 500'000;
  unsigned sum = 0;
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) sum += hmac.key({"reading", "bodo", "oth-bodo", "record-000000017"})[0];
  std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  WARN("ns per key: " << took.count() / rounds << " (" << sum << ")");
}
