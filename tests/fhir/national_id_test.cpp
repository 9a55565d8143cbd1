#include "fhir/national_id.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace fhir;

// The worked numbers of norway.md 1.6: synthetic, or published as test data.
TEST_CASE("national id: the worked numbers are classified", "[national_id]") {
  struct Row {
    const char* number;
    NationalIdKind kind;
    bool synthetic, relaxed;
  };
  const auto row = GENERATE(values<Row>({
      {"13116900216", NationalIdKind::fnr, false, false},
      {"12057900499", NationalIdKind::fnr, false, false},
      {"12050050295", NationalIdKind::fnr, false, false},
      {"05073500186", NationalIdKind::fnr, false, false},
      {"13717404089", NationalIdKind::fnr, true, false},  // month +65
      {"02686525891", NationalIdKind::fnr, true, false},  // month +65
      {"05898597468", NationalIdKind::fnr, true, false},  // month +80
      {"10915596784", NationalIdKind::fnr, true, false},  // month +80
      {"13527248013", NationalIdKind::fnr, true, false},  // month +40
      {"43022014103", NationalIdKind::dnr, false, false},
      {"70019950032", NationalIdKind::dnr, false, false},
      {"68467038838", NationalIdKind::dnr, true, false},  // D-number and month +40 together
      {"81234567802", NationalIdKind::fhn, false, false},
      {"51834510352", NationalIdKind::dnr, true, false},  // D-number and month +80 together
      {"51834510360", NationalIdKind::dnr, true, true},
      {"51834510379", NationalIdKind::dnr, true, true},
      {"51834510387", NationalIdKind::dnr, true, true},
      {"05814032134", NationalIdKind::fnr, true, false},
      {"05814032142", NationalIdKind::fnr, true, true},
      {"05814032150", NationalIdKind::fnr, true, true},
      {"05814032169", NationalIdKind::fnr, true, true},
      {"05813361282", NationalIdKind::fnr, true, false},
      {"05813361290", NationalIdKind::fnr, true, true},
      {"05813361207", NationalIdKind::fnr, true, true},
  }));
  CAPTURE(row.number);
  const auto id = classify_national_id(row.number);
  REQUIRE(id);
  CHECK(id->kind == row.kind);
  CHECK(id->synthetic == row.synthetic);
  CHECK(id->relaxed == row.relaxed);
}

TEST_CASE("national id: what is no valid number is none", "[national_id]") {
  const auto number = GENERATE(values<std::string>({
      "12803590158",  // check digits pass in 2032, month field 80 is no month
      "05076600324",
      "13057444850",
      "01017012345",
      "12048645510",
      "12094812345",
      "20080012345",  // published, yet wrong
      "13116900217",  // last digit changed
      "31116900216",
      "1311690021",
      "131169002160",
      "",
      "1311690021a",
      "131169 0021",
      "81234567803",
  }));
  CAPTURE(number);
  CHECK_FALSE(classify_national_id(number));
}

// Skatteetaten's 2032 rule names fødselsnummer and D-number only: an FH-number with R1 = 1..3 stays invalid.
TEST_CASE("national id: the rule of 2032 is not stretched to FH-numbers", "[national_id]") {
  int accepted = 0;
  for (int control = 0; control < 100; ++control) {
    const std::string number = "812345678" + std::to_string(control / 10) + std::to_string(control % 10);
    if (classify_national_id(number)) ++accepted;
  }
  CHECK(accepted == 1);
}

TEST_CASE("national id: 29 February needs a year that some century makes a leap year", "[national_id]") {
  const auto count_valid = [](const std::string& first_six) {
    int valid = 0;
    for (int rest = 0; rest < 100000; ++rest) {
      const std::string tail = std::to_string(100000 + rest).substr(1);
      if (classify_national_id(first_six + tail)) ++valid;
    }
    return valid;
  };
  CHECK(count_valid("298296") > 0);  // 1996, synthetic month
  CHECK(count_valid("298200") > 0);  // 2000
  CHECK(count_valid("298297") == 0);
  CHECK(count_valid("308296") == 0);
  CHECK(count_valid("318496") == 0);  // 31 April
}

TEST_CASE("national id: the system follows the classification", "[national_id]") {
  CHECK(classify_national_id("05898597468")->system() == "urn:oid:2.16.578.1.12.4.1.4.1");
  CHECK(classify_national_id("51834510352")->system() == "urn:oid:2.16.578.1.12.4.1.4.2");
  CHECK(classify_national_id("81234567802")->system() == "urn:oid:2.16.578.1.12.4.1.4.3");
}

TEST_CASE("national id: production refuses synthetic numbers, test refuses real ones", "[national_id]") {
  struct Row {
    const char* number;
    bool production, test;
  };
  const auto row = GENERATE(values<Row>({
      {"13116900216", true, false},
      {"43022014103", true, false},
      {"05898597468", false, true},  // +80
      {"13717404089", false, true},  // +65
      {"13527248013", false, true},  // +40: NAV's or a local H-number, a national number of nobody
      {"51834510352", false, true},
      {"81234567802", true, true},  // an FH-number says nothing about itself
  }));
  CAPTURE(row.number);
  const auto id = classify_national_id(row.number);
  REQUIRE(id);
  CHECK(allowed_in(*id, Environment::production) == row.production);
  CHECK(allowed_in(*id, Environment::test) == row.test);
}

TEST_CASE("national id: systems and their published aliases are known", "[national_id]") {
  for (const char* system : {"urn:oid:2.16.578.1.12.4.1.4.1", "urn:oid:2.16.578.1.12.4.1.4.2",
                             "urn:oid:2.16.578.1.12.4.1.4.3", "http://hl7.no/fhir/NamingSystem/FNR",
                             "http://hl7.no/fhir/NamingSystem/DNR", "http://hl7.no/fhir/NamingSystem/FHNR"})
    CHECK(is_national_id_system(system));
  for (const char* system : {"urn:oid:2.16.578.1.12.4.1.4.4", "urn:oid:2.16.578.1.12.4.1.4.101",
                             "http://hl7.no/fhir/NamingSystem/HPR", "", "urn:oid:2.16.578.1.12.4.1.4.10"})
    CHECK_FALSE(is_national_id_system(system));
}

TEST_CASE("organisation number: mod 11", "[national_id]") {
  // norway.md 1.7: those with a right and those with a wrong checksum, all published.
  for (const char* number :
       {"994598759", "999977774", "313745392", "313325016", "312232324", "994919806", "994945688", "958935420",
        "894234482", "993467049", "874716782", "974589095", "100100673", "912159523", "922734046", "915933149"}) {
    CAPTURE(number);
    CHECK(valid_organization_number(number));
  }
  for (const char* number : {"314159265", "888134574", "999977776", "999977775", "312232326", "921592761", "",
                             "99459875", "9945987590", "99459875x"}) {
    CAPTURE(number);
    CHECK_FALSE(valid_organization_number(number));
  }
}

TEST_CASE("redaction: a national number is found however it is written", "[national_id]") {
  const auto text = GENERATE(values<std::string>({
      "05898597468",
      "058985 97468",
      "058985%2097468",
      "058985+97468",
      "058985-97468",
      "patient 05898597468.",
      "identifier=urn%3Aoid%3A2.16.578.1.12.4.1.4.1%7C05898597468",
      "fnr05898597468x",
      "%2205898597468%22",
      "%30%35898597468",
      "a058985 97468b",
      "81234567802",
      "51834510387",
      "100%05898597468",
  }));
  CAPTURE(text);
  CHECK(may_contain_national_id(text));
}

TEST_CASE("redaction: other digits are left alone", "[national_id]") {
  const auto text = GENERATE(values<std::string>({
      "",
      "no digits",
      "1721382524000",
      "864593000000000",  // epoch in milliseconds, IMEI
      "0589859746",
      "058985974680",
      "105898597468",  // part of another run
      "12803590158",
      "13116900217",
      "058985  97468",
      "05898 597468",
      "2026-11-20T08:00:00+01:00",
      "994598759",
      "%",
      "12%",
  }));
  CAPTURE(text);
  CHECK_FALSE(may_contain_national_id(text));
}
