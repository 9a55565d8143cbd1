#include "gateway/ingest/place.hpp"

#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::saturation;

namespace {

// Which of the synthetic patients 1..3 the first item was placed at ("1"), or its reason.
std::string placed_at(InProcessGateway& gateway, const std::string& item, std::string_view source = "sensors") {
  Json answer(gateway.ingest(source, item).body);
  if (answer.text("results", 0, "outcome") != "accepted") return answer.text("results", 0, "reason");
  auto row = gateway.reader().observation(*ObservationId::parse(answer.text("results", 0, "observation").substr(12)));
  for (int n = 1; n <= 3; ++n) {
    if (gateway.reader().patient(row->patient)->value == tests::synthetic_number(n)) return std::to_string(n);
  }
  return "somebody else";
}

std::string person(int n, std::string_view system = tests::fnr) {
  return R"("patient":{"system":")" + std::string(system) + R"(","value":")" + tests::synthetic_number(n) + "\"}";
}

}  // namespace

TEST_CASE("place: the link valid at the measured time decides, from its first instant to before its last",
          "[ingest][place]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, "2026-11-01T00:00:00Z", "2026-11-10T00:00:00Z");
  gateway.link("sensors", "u", 2, "2026-11-10T00:00:00Z");
  struct Row {
    const char* time;
    const char* expected;
  };
  const Row rows[] = {
      {"2026-10-31T23:59:59.999999Z", "unknown-subject"},
      {"2026-11-01T00:00:00Z", "1"},
      {"2026-11-09T23:59:59.999999Z", "1"},
      {"2026-11-10T00:00:00Z", "2"},
      {"2026-11-10T00:30:00+01:00", "1"},
      {"2026-11-20T08:00:00Z", "2"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.time) {
      CHECK(placed_at(gateway, saturation("u", row.time, "93")) == row.expected);
    }
  }
  SECTION("the same subject of another source is somebody else's affair") {
    CHECK(placed_at(gateway, saturation("u", "2026-11-20T08:00:00Z", "93"), "scales") == "unknown-subject");
    CHECK(placed_at(gateway, saturation("u", "2026-11-20T08:00:00Z", "93"), "elsewhere") == "unknown-subject");
  }
}

TEST_CASE("place: subject and device", "[ingest][place]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
  gateway.link("sensors", "SN-1", 1, "2026-01-01T00:00:00Z");
  gateway.link("sensors", "SN-2", 2, "2026-01-01T00:00:00Z");
  auto item = [](const char* subject, const char* device) {
    return saturation(subject, "2026-11-20T08:00:00Z", "93", R"("device":{"id":")" + std::string(device) + "\"}");
  };
  struct Row {
    const char* name;
    std::string item;
    const char* expected;
  };
  const Row rows[] = {
      {"both agree", item("u", "SN-1"), "1"},
      {"they disagree", item("u", "SN-2"), "ambiguous-subject"},
      {"the device is nobody's", item("u", "SN-9"), "1"},
      {"only a device", item("", "SN-2"), "2"},
      {"a subject nobody linked is not replaced by its device", item("stranger", "SN-2"), "unknown-subject"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(placed_at(gateway, row.item) == row.expected);
    }
  }
}

TEST_CASE("place: a valid national number places by itself, and makes the patient where that is allowed",
          "[ingest][place]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
  auto item = [](const char* subject, std::string who) {
    return saturation(subject, "2026-11-20T08:00:00Z", "93", who);
  };
  CHECK(placed_at(gateway, item("", person(2))) == "2");
  CHECK(placed_at(gateway, item("u", person(3))) == "3");  // whatever its subject is linked to
  CHECK(placed_at(gateway, item("", person(1)), "scales") == "1");
  CHECK(placed_at(gateway,
                  item("", R"("patient":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":")" +
                               tests::synthetic_number(9) + "\"}"),
                  "scales") == "unknown-subject");
  SECTION("in its own tenant only") {
    CHECK(placed_at(gateway, item("", person(2)), "elsewhere") == "2");
    CHECK(gateway.reader().patients(gateway.oslo(), {}, 10).size() == 1);
    CHECK(gateway.reader().patients(gateway.bodo(), {}, 10).size() == 3);
  }
}

TEST_CASE("place: an identifier that is no national number makes nobody, and leaves it to the link",
          "[ingest][place]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
  auto item = [](const char* subject) {
    return saturation(subject, "2026-11-20T08:00:00Z", "93",
                      R"("patient":{"system":"urn:vendor:person","value":"77"})");
  };
  CHECK(placed_at(gateway, item("")) == "unknown-subject");
  CHECK(placed_at(gateway, item("u")) == "1");
  CHECK(gateway.reader().patients(gateway.bodo(), {}, 10).size() == 1);
}

TEST_CASE("place: sixteen requests at once make one patient and one observation", "[ingest][place]") {
  InProcessGateway gateway;
  std::vector<tests::Asked> asked(16,
                                  tests::ingested("sensors", saturation("", "2026-11-20T08:00:00Z", "93", person(1))));
  int accepted = 0, duplicate = 0;
  for (const http::Response& response : gateway.together(asked)) {
    Json answer(response.body);
    accepted += answer.text("accepted") == "1" ? 1 : 0;
    duplicate += answer.text("duplicate") == "1" ? 1 : 0;
  }
  CHECK(accepted == 1);
  CHECK(duplicate == 15);
  CHECK(gateway.reader().patients(gateway.bodo(), {}, 10).size() == 1);
}
