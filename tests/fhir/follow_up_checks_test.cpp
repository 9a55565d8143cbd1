#include "fhir/follow_up_checks.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

using namespace fhir;

namespace {

// Made up by hand from R4, the profiles and the hub's guide (norway.md 2.5 to 2.7), independent of our rendering. The
// patient is synthetic.
const std::string good =
    R"({"resourceType":"Bundle","identifier":{"system":"urn:x:document","value":"1-2"},"type":"document",)"
    R"("timestamp":"2026-11-20T08:30:00Z","entry":[{"fullUrl":"urn:uuid:c","resource":{"resourceType":"Composition",)"
    R"("meta":{"profile":["http://ehelse.no/fhir/StructureDefinition/vkp-Composition-v090"]},)"
    R"("identifier":{"system":"urn:x","value":"1"},"status":"amended",)"
    R"("type":{"coding":[{"system":"http://loinc.org","code":"34133-9"}]},)"
    R"("category":[{"coding":[{"system":"http://ehelse.no/fhir/CodeSystem/vkp-composition-category-v090","code":"2"}]}],)"
    R"("subject":{"type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}},)"
    R"("date":"2026-11-20T08:30:00Z","author":[{"type":"Organization",)"
    R"("identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"972418013"},"display":"Bodø kommune"}],)"
    R"("title":"Journalnotat for respons på hendelse",)"
    R"("relatesTo":[{"code":"replaces","targetIdentifier":{"system":"urn:x:document","value":"1-1"}}],)"
    R"("event":[{"code":[{"coding":[{"system":"http://ehelse.no/fhir/CodeSystem/vkp-composition-event-v090","code":"3"}]}],)"
    R"("period":{"start":"2026-11-20T08:30:00Z"},"detail":[{"type":"Practitioner","display":"Kari"}]}],)"
    R"("section":[{"title":"Oppfølging",)"
    R"("code":{"coding":[{"system":"http://ehelse.no/fhir/CodeSystem/vkp-composition-section-v090","code":"1.1"}]},)"
    R"("text":{"status":"additional","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">ringt</div>"},)"
    R"("entry":[{"reference":"urn:uuid:i"}]}]}},)"
    R"({"fullUrl":"urn:uuid:i","resource":{"resourceType":"DetectedIssue",)"
    R"("meta":{"profile":["http://ehelse.no/fhir/StructureDefinition/vkp-DetectedIssue-v090"]},"status":"final",)"
    R"("code":{"coding":[{"system":"http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090","code":"5.2.1"}]},)"
    R"("severity":"high",)"
    R"("patient":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"},"display":"N N"},)"
    R"("identifiedDateTime":"2026-11-20T08:00:00+01:00","author":{"reference":"urn:uuid:d"},)"
    R"("implicated":[{"reference":"urn:uuid:o"}],"detail":"red",)"
    R"("mitigation":[{"action":{"text":"ringt"},"date":"2026-11-20T08:30:00Z","author":{"display":"Kari"}}]}},)"
    R"({"fullUrl":"urn:uuid:d","resource":{"resourceType":"Device","identifier":[{"system":"urn:x","value":"SN-9"}],)"
    R"("deviceName":[{"name":"X","type":"model-name"}],"owner":{"display":"Bodø kommune"}}},)"
    R"({"fullUrl":"urn:uuid:o","resource":{"resourceType":"Observation","status":"final",)"
    R"("code":{"coding":[{"system":"http://loinc.org","code":"59408-5"}]},)"
    R"("subject":{"type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}},)"
    R"("valueQuantity":{"value":86,"unit":"%","system":"http://unitsofmeasure.org","code":"%"},)"
    R"("device":{"reference":"urn:uuid:d"}}}]})";

using Found = std::vector<std::string>;

Found problems_of(const std::string& json) {
  CAPTURE(json);
  const auto document = JsonDocument::parse(json);
  if (!document) FAIL(document.error().detail);
  return follow_up_document_problems(document->root());
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) FAIL("the example has no " << from);
  return text.replace(at, from.size(), to);
}

const std::string composition = "Bundle.entry[0].resource", issue = "Bundle.entry[1].resource";

}  // namespace

TEST_CASE("follow-up checks: a conforming document has no problems", "[follow_up_checks]") {
  CHECK(problems_of(good) == Found{});
  // The hub's own sample names patients by a number of the sender's system.
  std::string local = good;
  for (std::size_t at; (at = local.find("urn:oid:2.16.578.1.12.4.1.4.1\"")) != std::string::npos;)
    local.replace(at, 29, "http://cosdoc.dips.no/lopenummer");
  CHECK(problems_of(local) == Found{});
}

TEST_CASE("follow-up checks: each broken rule is named with profile and element", "[follow_up_checks]") {
  struct Row {
    const char* name;
    std::string from, to, problem;
  };
  const auto row = GENERATE(values<Row>({
      // FHIR R4: a Bundle of type document
      {"another resource", R"("resourceType":"Bundle")", R"("resourceType":"Parameters")",
       "R4: Bundle.resourceType: must be Bundle"},
      {"a transaction", R"("type":"document")", R"("type":"transaction")", "R4: Bundle.type: must be document"},
      {"no identifier", R"("identifier":{"system":"urn:x:document","value":"1-2"},)", "",
       "R4: Bundle.identifier: is required"},
      {"identifier without system", R"({"system":"urn:x:document","value":"1-2"})", R"({"value":"1-2"})",
       "R4: Bundle.identifier.system: is required of a document (bdl-9)"},
      {"identifier without value", R"("system":"urn:x:document","value":"1-2")", R"("system":"urn:x:document")",
       "R4: Bundle.identifier.value: is required"},
      {"no timestamp", R"("timestamp":"2026-11-20T08:30:00Z",)", "",
       "R4: Bundle.timestamp: is required of a document (bdl-10)"},
      {"timestamp without time", R"("timestamp":"2026-11-20T08:30:00Z")", R"("timestamp":"2026-11-20")",
       "R4: Bundle.timestamp: must be an instant"},
      {"the Composition is not first", R"("resourceType":"Composition")", R"("resourceType":"Basic")",
       "R4: Bundle.entry: must begin with the Composition (bdl-11)"},
      {"an entry of a batch", R"({"fullUrl":"urn:uuid:c",)", R"({"request":{"method":"POST","url":"x"},"fullUrl":"urn:uuid:c",)",
       "R4: Bundle.entry[0].request: is no element of FHIR R4 here"},
      {"entries with one name", R"("fullUrl":"urn:uuid:o")", R"("fullUrl":"urn:uuid:d")",
       "R4: Bundle.entry[3].fullUrl: must be there once only (bdl-7)"},
      {"an entry with a name of ours", R"("fullUrl":"urn:uuid:c")", R"("fullUrl":"Composition/1")",
       "R4: Bundle.entry[0].fullUrl: must be a urn:uuid"},
      {"a resource that does not belong", R"("resourceType":"Device")", R"("resourceType":"Patient")",
       "vkp-guide: Bundle.entry[2].resource.resourceType: is no resource of a follow-up document"},
      {"about nothing", R"("resourceType":"DetectedIssue")", R"("resourceType":"Basic")",
       "vkp-guide: Bundle.entry: must have the DetectedIssue it is about"},
      {"something empty", R"("display":"Kari")", R"("display":"")", "R4: " + composition +
       ".event[0].detail[0].display: must not be empty"},
      // Composition
      {"profile not named", "vkp-Composition-v090\"]", "vkp-Composition\"]",
       "vkp-Composition-v090: " + composition + ".meta.profile: must name it"},
      {"unknown element", R"("title":"J)", R"("name":"x","title":"J)",
       "R4: " + composition + ".name: is no element of FHIR R4 here"},
      {"unknown status", R"("status":"amended")", R"("status":"done")",
       "R4: " + composition + ".status: must be a composition status"},
      {"another version, and final", R"("status":"amended")", R"("status":"final")",
       "R4: " + composition + ".status: must be amended where another version is replaced"},
      {"no type", R"("type":{"coding":[{"system":"http://loinc.org","code":"34133-9"}]},)", "",
       "R4: " + composition + ".type: is required"},
      {"the alert code as type", R"({"system":"http://loinc.org","code":"34133-9"})",
       R"({"system":"http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090","code":"3"})",
       "vkp-guide: " + composition + ".type: must have LOINC 34133-9"},
      {"no category",
       R"("category":[{"coding":[{"system":"http://ehelse.no/fhir/CodeSystem/vkp-composition-category-v090","code":"2"}]}],)",
       "", "vkp-Composition-v090: " + composition + ".category: is required"},
      {"unknown category", R"(category-v090","code":"2")", R"(category-v090","code":"9")",
       "vkp-Composition-v090: " + composition + ".category[0].coding[0].code: is no code of its list"},
      {"category of another list", "vkp-composition-category-v090", "vkp-careplan-category-v090",
       "vkp-Composition-v090: " + composition +
           ".category[0].coding: must have a code of http://ehelse.no/fhir/CodeSystem/vkp-composition-category-v090"},
      {"no subject",
       R"("subject":{"type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}},"date")",
       R"("date")", "vkp-Composition-v090: " + composition + ".subject: is required"},
      {"subject by name", R"("subject":{"type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}},"date")",
       R"("subject":{"display":"N N"},"date")", "vkp-guide: " + composition + ".subject.identifier: is required"},
      {"subject without system", R"("subject":{"type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1",)",
       R"("subject":{"type":"Patient","identifier":{)", "vkp-guide: " + composition + ".subject.identifier.system: is required"},
      {"a number nobody has", R"("value":"05898597468"}},"date")", R"("value":"05898597469"}},"date")",
       "vkp-guide: " + composition + ".subject.identifier.value: is no valid national identity number"},
      {"a number of another kind", R"("subject":{"type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1")",
       R"("subject":{"type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.2")",
       "vkp-guide: " + composition + ".subject.identifier.system: is not the system of this kind of number"},
      {"no date", R"("date":"2026-11-20T08:30:00Z","author":[)", R"("author":[)", "R4: " + composition + ".date: is required"},
      {"date without seconds", R"("date":"2026-11-20T08:30:00Z","author":[)", R"("date":"2026-11-20T08:30Z","author":[)",
       "R4: " + composition + ".date: must have seconds when it has a time"},
      {"author by name", R"("identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"972418013"},)", "",
       "vkp-guide: " + composition + ".author[0].identifier: is required"},
      {"author without name", R"("value":"972418013"},"display":"Bodø kommune"})", R"("value":"972418013"}})",
       "vkp-guide: " + composition + ".author[0].display: is required"},
      {"an author that is no author", R"("type":"Organization")", R"("type":"Group")",
       "R4: " + composition + ".author[0].type: is not allowed here"},
      {"no title", R"("title":"Journalnotat for respons på hendelse",)", "", "R4: " + composition + ".title: is required"},
      {"unknown relation", R"("code":"replaces")", R"("code":"follows")",
       "R4: " + composition + ".relatesTo[0].code: must be a relationship of documents"},
      {"relation to nothing", R"("code":"replaces","targetIdentifier":{"system":"urn:x:document","value":"1-1"})",
       R"("code":"replaces")", "R4: " + composition + ".relatesTo[0].target[x]: must be given once"},
      {"event without code",
       R"("code":[{"coding":[{"system":"http://ehelse.no/fhir/CodeSystem/vkp-composition-event-v090","code":"3"}]}],)", "",
       "vkp-Composition-v090: " + composition + ".event[0].code: is required"},
      {"event that is no code", R"(event-v090","code":"3")", R"(event-v090","code":"2")",
       "vkp-Composition-v090: " + composition + ".event[0].code[0].coding[0].code: is no code of its list"},
      {"event of another list", "vkp-composition-event-v090", "other",
       "vkp-Composition-v090: " + composition +
           ".event[0].code[0].coding: must have a code of http://ehelse.no/fhir/CodeSystem/vkp-composition-event-v090"},
      {"nothing closed", R"(event-v090","code":"3")", R"(event-v090","code":"1")",
       "vkp-guide: " + composition + ".event: must have 3 (hendelse kvittert)"},
      {"event without time", R"("period":{"start":"2026-11-20T08:30:00Z"},)", "",
       "vkp-guide: " + composition + ".event[0].period.start: is required"},
      {"no sections", R"("section":[)", R"("sections":[)", "R4: " + composition + ".section: is required"},
      {"section without title", R"("title":"Oppfølging",)", "",
       "vkp-guide: " + composition + ".section[0].title: is required"},
      {"section that is no code", R"(section-v090","code":"1.1")", R"(section-v090","code":"1.10")",
       "vkp-Composition-v090: " + composition + ".section[0].code.coding[0].code: is no code of its list"},
      {"generated text", R"("status":"additional")", R"("status":"generated")",
       "vkp-guide: " + composition + ".section[0].text.status: must be additional"},
      {"unknown text status", R"("status":"additional")", R"("status":"x")",
       "R4: " + composition + ".section[0].text.status: must be a narrative status"},
      {"markup of somebody's", ">ringt<", "><script>x</script><",
       "R4: " + composition + ".section[0].text.div: has an element that is not allowed"},
      {"section with nothing",
       R"("text":{"status":"additional","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">ringt</div>"},"entry":[{"reference":"urn:uuid:i"}]})",
       R"("mode":"working"})", "R4: " + composition + ".section[0]: must have text, entries or sections (cmp-1)"},
      {"section about what is not there", R"("entry":[{"reference":"urn:uuid:i"}])", R"("entry":[{"reference":"urn:uuid:x"}])",
       "R4: " + composition + ".section[0].entry[0].reference: must be an entry of the document"},
      // DetectedIssue
      {"issue's profile not named", "vkp-DetectedIssue-v090\"]", "x\"]",
       "vkp-DetectedIssue-v090: " + issue + ".meta.profile: must name it"},
      {"issue without code", R"("code":{"coding":[{"system":"http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090","code":"5.2.1"}]},)",
       "", "vkp-DetectedIssue-v090: " + issue + ".code: is required"},
      {"a code by another writing", R"("code":"5.2.1")", R"("code":"5.20")",
       "vkp-DetectedIssue-v090: " + issue + ".code.coding[0].code: is no code of its list"},
      {"a code of ours alone", "http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090", "urn:hjemport:alarm-code",
       "vkp-DetectedIssue-v090: " + issue +
           ".code.coding: must have a code of http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090"},
      {"issue without status", R"("status":"final","code":{"coding":[{"system":"http://ehelse)",
       R"("code":{"coding":[{"system":"http://ehelse)", "R4: " + issue + ".status: must be an observation status"},
      {"severity by another word", R"("severity":"high")", R"("severity":"red")",
       "R4: " + issue + ".severity: must be high, moderate or low"},
      {"issue without patient",
       R"("patient":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"},"display":"N N"},)", "",
       "vkp-DetectedIssue-v090: " + issue + ".patient: is required"},
      {"issue of another person", R"("value":"05898597468"},"display":"N N")", R"("value":"13816098745"},"display":"N N")",
       "vkp-guide: " + issue + ".patient: must be the person the Composition is about"},
      {"issue without time", R"("identifiedDateTime":"2026-11-20T08:00:00+01:00",)", "",
       "vkp-guide: " + issue + ".identifiedDateTime: is required"},
      {"issue without author", R"("author":{"reference":"urn:uuid:d"},)", "", "vkp-guide: " + issue + ".author: is required"},
      {"author that is no device", R"("author":{"reference":"urn:uuid:d"})", R"("author":{"reference":"urn:uuid:o"})",
       "R4: " + issue + ".author.reference: refers to a type that is not allowed here"},
      {"implicated by our own name", R"("implicated":[{"reference":"urn:uuid:o"}])",
       R"("implicated":[{"reference":"Observation/1"}])",
       "R4: " + issue + ".implicated[0].reference: must be an entry of the document"},
      {"mitigation without action", R"("mitigation":[{"action":{"text":"ringt"},)", R"("mitigation":[{)",
       "R4: " + issue + ".mitigation[0].action: is required"},
      // Device and Observation
      {"a device without its number", R"("identifier":[{"system":"urn:x","value":"SN-9"}])",
       R"("identifier":[{"system":"urn:x","value":""}])",
       "R4: Bundle.entry[2].resource.identifier[0].value: must not be empty"},
      {"device name of no kind", R"("type":"model-name")", R"("type":"model")",
       "R4: Bundle.entry[2].resource.deviceName[0].type: must be a kind of device name"},
      {"an observation with a fault of its own", R"("unit":"%","system":"http://unitsofmeasure.org")", R"("unit":"%")",
       "R4: Bundle.entry[3].resource.valueQuantity.system: is required beside a code (qty-3)"},
      {"an observation of another person", R"("value":"05898597468"}},"valueQuantity")",
       R"("value":"13816098745"}},"valueQuantity")",
       "vkp-guide: Bundle.entry[3].resource.subject: must be the person the Composition is about"},
      {"a device that is not there", R"("device":{"reference":"urn:uuid:d"})", R"("device":{"reference":"urn:uuid:y"})",
       "R4: Bundle.entry[3].resource.device.reference: must be an entry of the document"},
  }));
  CAPTURE(row.name);
  const Found found = problems_of(replaced(good, row.from, row.to));
  CAPTURE(found);
  CHECK(std::find(found.begin(), found.end(), row.problem) != found.end());
}

TEST_CASE("follow-up checks: what is no document at all has problems and nothing worse", "[follow_up_checks]") {
  for (const char* json : {"[]", "7", "{}", R"({"resourceType":"Bundle","entry":[]})", R"({"entry":[1,null,{"resource":2}]})"})
    CHECK_FALSE(problems_of(json).empty());
}
