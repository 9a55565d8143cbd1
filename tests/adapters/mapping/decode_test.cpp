// From a payload to items by a mapping: what is found, what is held and says where, what never vanishes.
#include "adapters/mapping/decode.hpp"

#include <catch2/catch.hpp>

#include "tests/support/mapping_files.hpp"

using test::decoded_with;

namespace {

const std::string weights = R"(version: 1
readings:
  - each: $.list
    id: {at: $.id, optional: true}
    subject: {at: $.who, from: root}
    time: $.t
    kind: body-weight
    value: $.v
    unit: kg
)";

std::string list(const std::string& items) {
  return R"({"who":"u-1","list":[)" + items + "]}";
}

std::string body(std::string_view lines) {
  return "version: 1\ndefaults: {subject: $.s, time: $.t}\n" + std::string(lines);
}

constexpr const char* eight = R"("t":"2026-11-20T08:00:00Z")";

}  // namespace

TEST_CASE("mapping: a part that is not there holds its own item, and says the step", "[adapters][mapping]") {
  const std::string items =
      decoded_with(weights, list(R"({"t":"2026-11-20T08:00:00+01:00","v":70.50},{"t":"2026-11-20T08:01:00+01:00"},
    {"t":"2026-11-20T08:02:00+01:00","v":"heavy"},{"t":"yesterday","v":71},{"t":"2026-11-20T08:04:00+01:00","v":[72]},7,null)"));
  CHECK(
      items ==
      R"({"item":"measurement","kind":"body-weight","subject":"u-1","time":"2026-11-20T08:00:00+01:00","utc":"2026-11-20T07:00:00.000Z","value":70.50,"unit":"kg"}
{"item":"held","reason":"undecodable","note":"readings[0].value '$.v' of item [1]: nothing there","kind":"body-weight","subject":"u-1","time":"2026-11-20T08:01:00+01:00","unit":"kg"}
{"item":"held","reason":"undecodable","note":"readings[0].value '$.v' of item [2]: expected a number of at most 18 digits","kind":"body-weight","subject":"u-1","time":"2026-11-20T08:02:00+01:00","unit":"kg"}
{"item":"held","reason":"undecodable","note":"readings[0].time '$.t' of item [3]: expected a date and time such as 2026-11-20T08:00:00+01:00","kind":"body-weight","subject":"u-1","value":71,"unit":"kg"}
{"item":"held","reason":"undecodable","note":"readings[0].value '$.v' of item [4]: expected a number of at most 18 digits","kind":"body-weight","subject":"u-1","time":"2026-11-20T08:04:00+01:00","unit":"kg"}
{"item":"held","reason":"undecodable","note":"readings[0].time '$.t' of item [5]: nothing there","kind":"body-weight","subject":"u-1","unit":"kg"}
{"item":"held","reason":"undecodable","note":"readings[0].time '$.t' of item [6]: nothing there","kind":"body-weight","subject":"u-1","unit":"kg"}
)");
}

TEST_CASE("mapping: notes never hold what the payload says", "[adapters][mapping]") {
  const std::string secret = "13816590072";
  for (const std::string& payload : {R"({"who":"13816590072","list":[{"t":"13816590072","v":"13816590072"}]})",
                                     R"({"who":{"13816590072":1},"list":[{"t":13816590072}]})",
                                     R"({"list":{"13816590072":{"13816590072":3}},"who":"u"})"}) {
    const auto compiled = adapters::mapping::compile(weights, "m.yaml");
    const auto decoded = test::decode_with(*compiled.mapping, payload);
    REQUIRE(decoded.has_value());
    for (const adapters::Item& item : decoded->items) {
      REQUIRE(std::holds_alternative<adapters::Held>(item));
      CHECK(std::get<adapters::Held>(item).note.find(secret) == std::string::npos);
    }
  }
}

TEST_CASE("mapping: an item no section applies to never vanishes", "[adapters][mapping]") {
  const std::string nested = body(R"(readings:
  - each: {at: $.groups, as: group}
    when: "$.m[?(@.k == 'sys')]"
    subject: $.who
    time: $.at
    kind: blood-pressure
    unit: mmHg
    components: {systolic: "$.m[?(@.k == 'sys')].v", diastolic: "$.m[?(@.k == 'dia')].v"}
  - each: [{at: $.groups, as: group}, $.m]
    when: {at: $.k, is: pulse}
    subject: {at: $.who, from: group}
    time: {at: $.at, from: group}
    kind: heart-rate
    value: $.v
    unit: /min
)");
  const auto group = [](const std::string& measures) {
    return R"({"groups":[{"who":"u-1","at":"2026-11-20T08:00:00Z","m":[)" + measures + "]}]}";
  };
  SECTION("what a section read from inside an item is accounted for") {
    const std::string items = decoded_with(
        nested, group(R"({"k":"sys","v":130},{"k":"dia","v":80},{"k":"pulse","v":60},{"k":"mood","v":3})"));
    CHECK_THAT(items, Catch::Contains(R"("kind":"blood-pressure")") && Catch::Contains(R"("kind":"heart-rate")"));
    CHECK_THAT(
        items,
        Catch::Contains(
            R"({"item":"held","reason":"unknown-kind","note":"no section of the mapping applies to item [0][3]","kind":"unknown","subject":"u-1","time":"2026-11-20T08:00:00Z"})"));
    CHECK(std::count(items.begin(), items.end(), '\n') == 3);
  }
  SECTION("a part of a reading that did not come about is one of its own") {
    const std::string items = decoded_with(nested, group(R"({"k":"dia","v":80})"));
    CHECK_THAT(items, Catch::Contains("no section of the mapping applies to item [0][0]"));
    CHECK(std::count(items.begin(), items.end(), '\n') == 1);
  }
  SECTION("a group with nothing in it is held once") {
    const std::string items = decoded_with(nested, R"({"groups":[{"who":"u-1","at":"2026-11-20T08:00:00Z"}]})");
    CHECK_THAT(items, Catch::Contains("no section of the mapping applies to item [0]"));
    CHECK(std::count(items.begin(), items.end(), '\n') == 1);
  }
  SECTION("an empty list is nothing") {
    CHECK(decoded_with(nested, R"({"groups":[]})").empty());
  }
  SECTION("another shape is one item") {
    for (const char* payload : {"{}", "[]", "7", "null", R"("x")", R"({"group":[{"who":"u"}]})"})
      CHECK_THAT(decoded_with(nested, payload), Catch::Contains("no section of the mapping applies to this payload"));
  }
  SECTION("otherwise: ignored") {
    CHECK(decoded_with("otherwise: ignored\n" + nested, group(R"({"k":"mood","v":80})")) ==
          "{\"item\":\"ignored\",\"reason\":\"not-a-reading\",\"note\":\"no section of the mapping applies to item "
          "[0][0]\"}\n");
  }
}

TEST_CASE("mapping: items stand in the order of the payload, whichever section made them", "[adapters][mapping]") {
  const std::string items = decoded_with(
      body(R"(readings:
  - {each: $.b, kind: inr, value: $.v, subject: $.s, time: $.t}
  - {each: $.a, kind: inr, value: $.v, subject: $.s, time: $.t}
events:
  - {each: $.a, when: $.low, kind: low-battery, subject: $.s, time: $.t}
)"),
      R"({"a":[{"s":"a0","t":"2026-11-20T08:00:00Z","v":2,"low":true},{"s":"a1","t":"2026-11-20T08:00:00Z","v":3}],
                                             "b":[{"s":"b0","t":"2026-11-20T08:00:00Z","v":4}]})");
  const std::vector<std::string> order = {R"("subject":"a0")", "low-battery", R"("subject":"a1")", R"("subject":"b0")"};
  std::size_t at = 0;
  for (const std::string& next : order) {
    at = items.find(next, at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("mapping: what an ignored section takes is taken whole", "[adapters][mapping]") {
  const std::string file = R"(version: 1
ignored:
  - {each: $.g, when: {at: $.category, is: 2}, reason: goal-not-reading}
readings:
  - {each: [{at: $.g, as: g}, $.m], kind: body-weight, value: $.v, unit: kg, subject: {at: $.s, from: root}, time: {at: $.t, from: root}}
)";
  const std::string items = decoded_with(
      file,
      R"({"s":"u","t":"2026-11-20T08:00:00Z","g":[{"category":2.0,"m":[{"v":60}]},{"category":1,"m":[{"v":70}]}]})");
  CHECK(items == R"({"item":"ignored","reason":"goal-not-reading","note":"ignored[0] of item [0]"}
{"item":"measurement","kind":"body-weight","subject":"u","time":"2026-11-20T08:00:00Z","utc":"2026-11-20T08:00:00.000Z","value":70,"unit":"kg"}
)");
}

TEST_CASE("mapping: items made by an expression are items too", "[adapters][mapping]") {
  const std::string file = R"(version: 1
ignored:
  - {each: {jmespath: "rows[*].{s: @[0], v: @[1]}"}, when: {at: $.v, is: 0}, reason: cancelled}
readings:
  - {each: {jmespath: "rows[*].{s: @[0], v: @[1]}"}, when: {at: $.v, is_not: 1}, kind: inr, value: $.v, subject: $.s, time: received}
)";
  CHECK(
      decoded_with(file, R"({"rows":[["a",2.1],["b",0],["c",1],["d",3]]})") ==
      R"({"item":"measurement","kind":"inr","subject":"a","time":"2026-11-20T10:00:00.000+01:00","utc":"2026-11-20T09:00:00.000Z","time_uncertain":true,"value":2.1,"unit":"{INR}"}
{"item":"ignored","reason":"cancelled","note":"ignored[0] of item [1]"}
{"item":"measurement","kind":"inr","subject":"d","time":"2026-11-20T10:00:00.000+01:00","utc":"2026-11-20T09:00:00.000Z","time_uncertain":true,"value":3,"unit":"{INR}"}
{"item":"held","reason":"unknown-kind","note":"no section of the mapping applies to item [2]","kind":"unknown","subject":"c","time":"2026-11-20T10:00:00.000+01:00"}
)");
}

TEST_CASE("mapping: the doubled hour of autumn is its first, and uncertain", "[adapters][mapping][time]") {
  const auto time = [](const std::string& rule, const std::string& payload) {
    const std::string item =
        decoded_with("version: 1\nreadings:\n  - {subject: $.s, kind: inr, value: $.v, time: " + rule + "}\n",
                     R"({"s":"u","v":2,)" + payload + "}");
    const std::size_t at = item.find("\"time\"");
    return at == std::string::npos ? item : item.substr(at, item.find(",\"value\"") - at);
  };
  CHECK(time("$.t", R"("t":"2026-10-25T02:30:00")") ==
        R"("time":"2026-10-25T02:30:00+02:00","utc":"2026-10-25T00:30:00.000Z","time_uncertain":true)");
  CHECK(time("$.t", R"("t":"2026-10-25T03:30:00")") ==
        R"("time":"2026-10-25T03:30:00+01:00","utc":"2026-10-25T02:30:00.000Z")");
  CHECK(time("$.t", R"("t":"2026-10-25T02:30:00+01:00")") ==
        R"("time":"2026-10-25T02:30:00+01:00","utc":"2026-10-25T01:30:00.000Z")");
  CHECK(time("{at: $.t, pattern: 'dd.MM.yyyy HH.mm'}", R"("t":"25.10.2026 02.30")") ==
        R"("time":"2026-10-25T02:30:00+02:00","utc":"2026-10-25T00:30:00.000Z","time_uncertain":true)");
  CHECK(time("{at: $.t, pattern: 'dd.MM.yyyy HH.mm', zone: '+01:00'}", R"("t":"25.10.2026 02.30")") ==
        R"("time":"2026-10-25T02:30:00+01:00","utc":"2026-10-25T01:30:00.000Z")");
  CHECK(time("{at: $.t, format: local-epoch-s}", R"("t":1792895400)") ==
        R"("time":"2026-10-25T02:30:00+02:00","utc":"2026-10-25T00:30:00.000Z","time_uncertain":true)");
  CHECK(time("{at: $.t, format: epoch-s}", R"("t":1792895400.25)") ==
        R"("time":"2026-10-25T03:30:00.250+01:00","utc":"2026-10-25T02:30:00.250Z")");
  CHECK(time("{date: $.d, time: $.t}", R"("d":"2026-10-25","t":"02:30:00")") ==
        R"("time":"2026-10-25T02:30:00+02:00","utc":"2026-10-25T00:30:00.000Z","time_uncertain":true)");
  SECTION("offsets of the payload") {
    const auto zoned = [&](const std::string& zone) {
      return time("{at: $.t, format: local-epoch-s, zone: $.z}", R"("t":1795165200,"z":)" + zone);
    };
    for (const char* zone : {"\"-0800\"", "\"-08:00\"", "\"-8\"", "-800"})
      CHECK_THAT(zoned(zone), Catch::StartsWith(R"("time":"2026-11-20T09:00:00-08:00")"));
    for (const char* zone : {"\"+0800\"", "\"0800\"", "800"})
      CHECK_THAT(zoned(zone), Catch::StartsWith(R"("time":"2026-11-20T09:00:00+08:00")"));
    for (const char* zone : {"\"Europe/Oslo\"", "\"+1500\"", "\"+01:75\"", "[]", "\"\""})
      CHECK_THAT(zoned(zone), Catch::Contains("readings[0].time.zone '$.z': expected a"));
  }
}

TEST_CASE("mapping: patterns of times", "[adapters][mapping][time]") {
  using adapters::mapping::TimePattern;
  const auto read = [](const char* pattern, const char* text) -> std::string {
    const auto compiled = TimePattern::compile(pattern);
    if (!compiled) return compiled.error().detail;
    const auto time = compiled->read(text);
    if (!time) return "none";
    return fhir::utc_millis_text(fhir::Time{time->wall.time_since_epoch()}) +
           (time->offset ? " " + std::to_string(time->offset->count()) : "");
  };
  CHECK(read("yyyy-MM-dd'T'HH:mm:ss.SSSX", "2026-11-20T08:09:10.5+0100") == "2026-11-20T08:09:10.500Z 60");
  CHECK(read("yyyyMMddHHmmss", "20261120080910") == "2026-11-20T08:09:10.000Z");
  CHECK(read("d.M.yy H:mm", "5.1.26 8:05") == "2026-01-05T08:05:00.000Z");
  CHECK(read("M/d/yyyy h:mm a", "11/5/2026 12:05 AM") == "2026-11-05T00:05:00.000Z");
  CHECK(read("M/d/yyyy h:mm a", "11/5/2026 12:05 PM") == "2026-11-05T12:05:00.000Z");
  CHECK(read("yyyy-MM-dd HH:mm", "2026-02-29 08:00") == "none");
  CHECK(read("yyyy-MM-dd HH:mm", "2026-02-28 24:00") == "none");
  CHECK(read("yyyy-MM-dd HH:mm", "2026-02-28 08:00 ") == "none");
  CHECK(read("yyyy-MM-dd HH:mm", "2026-2-28 08:00") == "none");
  CHECK(read("yyyy-MM-dd HH:mm", "") == "none");
  CHECK(read("yyyy-MM-dd HH:mmX", "2026-02-28 08:00+15:00") == "none");
  CHECK(read("HH:mm 'open", "x") == "pattern 'HH:mm 'open': a quote is not closed");
}

TEST_CASE("mapping: numbers, comparators and powers are exact", "[adapters][mapping]") {
  const auto value = [](const std::string& rule, const std::string& payload) {
    const std::string item =
        decoded_with(body("readings:\n  - {kind: blood-glucose, unit: mmol/L, value: " + rule + "}\n"),
                     R"({"s":"u",)" + std::string(eight) + "," + payload + "}");
    const std::size_t at = item.find(item.starts_with("{\"item\":\"held\"") ? "\"note\"" : "\"value\"");
    return item.substr(at, item.find(item.starts_with("{\"item\":\"held\"") ? ",\"kind\"" : "}\n", at) - at);
  };
  CHECK(value("$.v", R"("v":5.60)") == R"("value":5.60,"unit":"mmol/L")");
  CHECK(value("$.v", R"("v":"<1.1")") == R"("value":1.1,"unit":"mmol/L","comparator":"<")");
  CHECK(value("$.v", R"("v":">= 33.3")") == R"("value":33.3,"unit":"mmol/L","comparator":">=")");
  CHECK(value("{at: $.v, table: {LO: '<1.1', HI: '>33.3'}}", R"("v":"HI")") ==
        R"("value":33.3,"unit":"mmol/L","comparator":">")");
  CHECK(value("{at: $.v, table: {LO: '<1.1', HI: '>33.3'}}", R"("v":5)") ==
        R"("note":"readings[0].value '$.v': its table does not list \"5\"")");
  CHECK(value("{at: $.v, decimal: comma}", R"("v":"5,6")") == R"("value":5.6,"unit":"mmol/L")");
  CHECK(value("$.v", R"("v":"5,6")") == R"("note":"readings[0].value '$.v': expected a number of at most 18 digits")");
  CHECK(value("{at: $.v, times: 0.001}", R"("v":5600)") == R"("value":5.600,"unit":"mmol/L")");
  CHECK(value("{at: $.v, power: $.p}", R"("v":56,"p":-1)") == R"("value":5.6,"unit":"mmol/L")");
  CHECK(value("{at: $.v, power: $.p}", R"("v":5,"p":"2")") == R"("value":500,"unit":"mmol/L")");
  CHECK(value("{at: $.v, power: $.p}", R"("v":5)") == R"("note":"readings[0].value.power '$.p': nothing there")");
  CHECK(value("{at: $.v, power: $.p}", R"("v":5,"p":99)") ==
        R"("note":"readings[0].value.power '$.p': expected a power of ten from -30 to 17")");
  CHECK(value("$.v", R"("v":1234567890123456789)") ==
        R"("note":"readings[0].value '$.v': expected a number of at most 18 digits")");
}

TEST_CASE("mapping: composite ids are one to one", "[adapters][mapping]") {
  const std::string file = body("readings:\n  - {kind: inr, value: $.v, id: [$.a, $.b, {fixed: w}]}\n");
  const auto id = [&](const std::string& a, const std::string& b) {
    const std::string item = decoded_with(file, R"({"s":"u","v":2,"a":)" + a + R"(,"b":)" + b + "," + eight + "}");
    const std::size_t at = item.find("\"record\":\"");
    return at == std::string::npos ? item : item.substr(at + 10, item.find('"', at + 10) - at - 10);
  };
  CHECK(id("\"x\"", "7") == "x/7/w");
  CHECK(id("\"x/7\"", "\"w\"") == "x~17/w/w");
  CHECK(id("\"x~1\"", "\"w\"") == "x~01/w/w");
  CHECK_THAT(id("null", "7"), Catch::Contains("readings[0].id[0] '$.a': nothing there"));
  CHECK_THAT(id("\"\"", "7"), Catch::Contains("readings[0].id[0] '$.a': nothing there"));
  CHECK_THAT(id("{}", "7"), Catch::Contains("readings[0].id[0] '$.a': expected a text or a number"));
  CHECK_THAT(id("\"" + std::string(300, 'x') + "\"", "7"), Catch::Contains("at most 256 bytes"));
  CHECK_THAT(id("\"" + std::string(200, 'x') + "\"", "\"" + std::string(200, 'y') + "\""),
             Catch::Contains("longer than 256 bytes"));
}

TEST_CASE("mapping: kinds and units out of the payload", "[adapters][mapping]") {
  const std::string file = body(R"(readings:
  - kind: {at: $.k}
    value: $.v
    unit: {at: $.u, optional: true}
    components: {systolic: $.sys, diastolic: $.dia, mean-arterial-pressure: $.map}
)");
  const auto item = [&](const std::string& members) {
    return decoded_with(file, R"({"s":"u",)" + std::string(eight) + "," + members + "}");
  };
  CHECK_THAT(item(R"("k":"oxygen-saturation","v":93,"u":"%")"), Catch::Contains(R"("value":93,"unit":"%")"));
  CHECK_THAT(
      item(R"("k":"blood-pressure","sys":130,"dia":80,"u":"mmHg")"),
      Catch::Contains(
          R"("components":[{"kind":"systolic","value":130,"unit":"mmHg"},{"kind":"diastolic","value":80,"unit":"mmHg"}])"));
  CHECK_THAT(item(R"("k":"blood-pressure","sys":130,"u":"mmHg")"),
             Catch::Contains("readings[0].components.diastolic '$.dia': nothing there"));
  CHECK_THAT(item(R"("k":"urine-glucose","v":"+2")"), Catch::Contains(R"("value":2,"text":"+2")"));
  CHECK_THAT(item(R"("k":"urine-glucose","v":"plenty")"), Catch::Contains("expected neg, trace or +1 to +4"));
  CHECK_THAT(item(R"("k":"consciousness","v":"A")"), Catch::Contains(R"("text":"A")"));
  CHECK_THAT(item(R"("k":"inr","v":2.1)"), Catch::Contains(R"("unit":"{INR}")"));
  CHECK_THAT(item(R"("k":"oxygen-saturation","v":93)"),
             Catch::Contains(R"("reason":"unknown-unit","note":"readings[0].unit '$.u': nothing there")"));
  const std::string unknown = item(R"("k":"spo2","v":93,"u":"%")");
  CHECK_THAT(unknown,
             Catch::Contains(R"("reason":"unknown-kind","note":"readings[0].kind '$.k': unknown kind \"spo2\"")"));
  CHECK_THAT(unknown, Catch::Contains(R"("value":93,"unit":"%")"));
  CHECK_THAT(item(R"("k":"systolic","v":93,"u":"mmHg")"), Catch::Contains("only as a component of blood-pressure"));
  CHECK_THAT(item(R"("k":"ecg","v":93)"), Catch::Contains("a kind that is no single value"));
  CHECK_THAT(item(R"("k":["oxygen-saturation"],"v":93)"),
             Catch::Contains(R"("reason":"unknown-kind")") && Catch::Contains("expected a word"));
  CHECK_THAT(item(R"("v":93)"), Catch::Contains("readings[0].kind '$.k': nothing there"));
}

TEST_CASE("mapping: an event is always an event", "[adapters][mapping]") {
  const std::string file = R"(version: 1
events:
  - each: $.e
    when: {jmespath: "abs(level) > `1`"}
    id: $.id
    device: {id: $.d}
    time: $.t
    kind: {at: $.k, table: {P: safety-alarm}}
    location: $.pos
)";
  const auto event = [&](const std::string& members) {
    return decoded_with(file, R"({"e":[{"level":2,)" + members + "}]}");
  };
  CHECK(
      event(R"("id":1,"d":"x","k":"P","t":"2026-11-20T08:00:00Z","pos":{"lat":1.50})") ==
      R"({"item":"event","kind":"safety-alarm","record":"1","subject":"x","device":"x","time":"2026-11-20T08:00:00Z","location":"{\"lat\":1.50}"}
)");
  CHECK_THAT(
      event(R"("id":{},"d":[],"k":7,"t":false)"),
      Catch::StartsWith(R"({"item":"event","kind":"technical","time":"2026-11-20T10:00:00.000+01:00","text":"()"));
  // A `when` that cannot be decided does not swallow it.
  CHECK_THAT(decoded_with(file, R"({"e":[{"level":"high","id":1,"d":"x","k":"P","t":"2026-11-20T08:00:00Z"}]})"),
             Catch::Contains(R"("kind":"safety-alarm")"));
}

TEST_CASE("mapping: a condition of a reading that cannot be decided holds it", "[adapters][mapping]") {
  const std::string file = body("readings:\n  - {kind: inr, value: $.v, when: {jmespath: 'abs(v) > `1`'}}\n");
  CHECK_THAT(decoded_with(file, R"({"s":"u","v":"x"})"),
             Catch::Contains(R"("item":"held","reason":"undecodable","note":"readings[0].when 'abs(v) > `1`': )"));
}

TEST_CASE("mapping: readings of one item belong together", "[adapters][mapping]") {
  const std::string items = decoded_with(body(R"(readings:
  - {id: $.i, kind: blood-pressure, unit: mmHg, components: {systolic: $.a, diastolic: $.b}}
  - {id: $.i, kind: heart-rate, unit: /min, value: $.p, when: {at: $.p, is_not: [0, -1]}}
)"),
                                         R"({"s":"u","i":"r-1",)" + std::string(eight) + R"(,"a":130,"b":80,"p":61})");
  CHECK(items.find(R"("correlation":"r-1")") != items.rfind(R"("correlation":"r-1")"));
}

TEST_CASE("mapping: --explain is told each step and the one that failed", "[adapters][mapping]") {
  const auto compiled = adapters::mapping::compile(weights, "m.yaml");
  const test::NorwegianZone zone;
  fhir::JsonDocument scratch;
  std::string told;
  const adapters::Steps steps = [&](std::size_t item, std::string_view step) {
    told += std::to_string(item) + " " + std::string(step) + "\n";
  };
  adapters::Context context{zone, fhir::Time{}, scratch};
  context.steps = &steps;
  REQUIRE(
      adapters::mapping::decode(list(R"({"t":"2026-11-20T08:00:00Z","v":70},{"id":"r","t":"2026-11-20T08:00:00Z"})"),
                                context, *compiled.mapping)
          .has_value());
  CHECK(told == R"(0 readings[0].id '$.id' of item [0]: nothing there
0 readings[0].subject '$.who' of item [0] = "u-1"
0 readings[0].time '$.t' of item [0] = "2026-11-20T08:00:00Z"
0 readings[0].value '$.v' of item [0] = 70
1 readings[0].id '$.id' of item [1] = "r"
1 readings[0].time '$.t' of item [1] = "2026-11-20T08:00:00Z"
1 readings[0].value '$.v' of item [1]: nothing there
)");
}

// --- bounds ---

TEST_CASE("mapping: no mapping and payload take more than their budget", "[adapters][mapping][limits]") {
  std::string numbers = R"({"s":"u","t":"2026-11-20T08:00:00Z","list":[0)";
  for (int i = 1; i < 8'000; ++i) numbers += "," + std::to_string(i);
  numbers += "]}";
  const auto refused = [&](const std::string& file) {
    const auto compiled = adapters::mapping::compile(file, "m.yaml");
    REQUIRE(compiled.mapping != nullptr);
    const auto decoded = test::decode_with(*compiled.mapping, numbers);
    REQUIRE_FALSE(decoded.has_value());
    CHECK(decoded.error().category == fhir::ErrorCategory::invalid);
    return decoded.error().detail;
  };
  constexpr const char* too_much = "the mapping takes more work or memory on this payload than allowed";
  // Every item looks through the whole list, by a condition and by an expression.
  CHECK(refused("version: 1\nreadings:\n  - each: $.list\n    when: {at: \"$.list[?(@ > 7998)]\", from: root}\n    "
                "subject: {at: $.s, from: root}\n    time: {at: $.t, from: root}\n    kind: inr\n    value: $\n") ==
        too_much);
  // A list within each item of a list.
  CHECK(refused("version: 1\nreadings:\n  - each: [{at: $, as: a}, {at: $.list, as: b}, {jmespath: '[@]'}]\n    "
                "ignore: {cancelled: {at: \"$.list[?(@ == -1)]\", from: a}}\n    subject: {at: $.s, from: a}\n    "
                "time: {at: $.t, from: a}\n    kind: inr\n    value: $\n") == too_much);
}

TEST_CASE("mapping: a long text is not copied into every item without end", "[adapters][mapping][limits]") {
  const std::string file = R"(version: 1
readings:
  - each: $.list
    subject: {at: $.s, from: root}
    time: {at: $.t, from: root}
    kind: inr
    value: $
    note: {at: $.n, from: root}
)";
  const auto compiled = adapters::mapping::compile(file, "m.yaml");
  REQUIRE(compiled.mapping != nullptr);
  const auto payload = [](int items) {
    std::string text = R"({"s":"u","t":"2026-11-20T08:00:00Z","n":")" + std::string(100'000, 'x') + R"(","list":[1)";
    for (int i = 1; i < items; ++i) text += ",1";
    return text + "]}";
  };
  const auto few = test::decode_with(*compiled.mapping, payload(10));
  REQUIRE(few.has_value());
  CHECK(std::get<adapters::Measurement>(few->items[0]).note == std::string(4'000, 'x') + " (shortened)");
  const auto many = test::decode_with(*compiled.mapping, payload(100'000));
  REQUIRE_FALSE(many.has_value());
  CHECK(many.error().category == fhir::ErrorCategory::invalid);
}

TEST_CASE("mapping: more items than a payload may have", "[adapters][mapping][limits]") {
  const auto compiled = adapters::mapping::compile(weights, "m.yaml");
  std::string payload = R"({"who":"u","list":[0)";
  for (std::size_t i = 0; i < adapters::most_items; ++i) payload += ",0";
  const auto decoded = test::decode_with(*compiled.mapping, payload + "]}");
  REQUIRE_FALSE(decoded.has_value());
  CHECK(decoded.error().category == fhir::ErrorCategory::too_large);
}

TEST_CASE("mapping: one that is no JSON is undecodable", "[adapters][mapping]") {
  CHECK_THAT(decoded_with(weights, "a,b\n1,2\n"), Catch::StartsWith("refused: byte 0: "));
}
