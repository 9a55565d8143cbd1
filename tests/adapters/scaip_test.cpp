#include "adapters/scaip.hpp"

#include <catch2/catch.hpp>
#include <pugixml.hpp>

#include "adapters/scaip_message.hpp"
#include "tests/support/items.hpp"

using namespace adapters;
using test::error_of;
using test::only;
using test::outcome;

namespace {

std::string message(const std::string& tags) {
  return "<mrq><ref>a1</ref><cid>4712</cid>" + tags + "</mrq>";
}
Event event(const std::string& tags) {
  return std::get<Event>(only(decode_scaip, message(tags)));
}
std::string_view kind(const std::string& dty, const std::string& stc, const std::string& mty = "ME") {
  return fhir::info(event("<mty>" + mty + "</mty><dty>" + dty + "</dty><stc>" + stc + "</stc>").kind).name;
}

int answered(const std::string& payload, Fate::What what) {
  const Reply reply = answer_scaip(payload, {what, "", 0}, {}, {});
  pugi::xml_document document;
  REQUIRE(document.load_buffer(reply.body.data(), reply.body.size()));
  return document.child("mrs").child("snu").text().as_int(-1);
}

}  // namespace

TEST_CASE("scaip: device and status become events", "[adapters][scaip]") {
  struct Row {
    const char *dty, *stc, *kind;
  };
  for (const Row& row : {
           // an alarm of a device is the device's
           Row{"0002", "0009", "safety-alarm"}, Row{"0003", "0010", "safety-alarm"}, Row{"0004", "0010", "safety-alarm"},
           Row{"0005", "0009", "fall"}, Row{"0030", "0009", "fall"}, Row{"0006", "0010", "safety-alarm"},
           Row{"0007", "0010", "safety-alarm"}, Row{"0010", "0009", "inactivity"}, Row{"0010", "0104", "inactivity"},
           Row{"0011", "0009", "medication-alarm"}, Row{"0012", "0009", "bed-exit"}, Row{"0012", "0104", "bed-exit"},
           Row{"0013", "0009", "movement"}, Row{"0014", "0009", "door"}, Row{"0014", "0076", "door-opened"},
           Row{"0014", "0077", "door-opened"}, Row{"0014", "0021", "door-closed"}, Row{"0015", "0009", "location"},
           Row{"0016", "0009", "incontinence"}, Row{"0017", "0009", "epilepsy"}, Row{"0018", "0009", "absence"},
           Row{"0019", "0009", "safety-alarm"}, Row{"0021", "0009", "gas"}, Row{"0023", "0009", "fire"},
           Row{"0025", "0009", "fire"}, Row{"0026", "0009", "gas"}, Row{"0033", "0009", "water"},
           Row{"0044", "0009", "rose-from-chair"}, Row{"0051", "0009", "location"}, Row{"0047", "0011", "fire"},
           // a status that says what happened decides
           Row{"0003", "0014", "low-battery"}, Row{"0003", "0016", "low-battery"}, Row{"0003", "0015", "battery-ok"},
           Row{"0045", "0023", "no-contact"}, Row{"0045", "0112", "contact-restored"}, Row{"0003", "0063", "no-contact"},
           Row{"0045", "0085", "no-mains"}, Row{"0045", "0086", "mains-restored"}, Row{"0023", "0067", "technical"},
           Row{"0012", "0117", "lying-down"}, Row{"0012", "0071", "lying-down"}, Row{"0012", "0003", "bed-exit"},
           Row{"0010", "0119", "movement"}, Row{"0038", "0125", "technical"}, Row{"0020", "0126", "fire"},
           Row{"0003", "0110", "safety-alarm"}, Row{"0045", "0070", "device-status"},
           // the dispenser's own
           Row{"0011", "0081", "medication-missed"}, Row{"0011", "0082", "medication-reminder"},
           Row{"0011", "0083", "medication-dispensed"}, Row{"0011", "0016", "dispenser-low-battery"},
           Row{"0011", "0014", "dispenser-battery-empty"}, Row{"0011", "0023", "dispenser-no-contact"},
           Row{"0011", "0064", "medication-soon-empty"}, Row{"0011", "0125", "dispenser-break-in"},
           Row{"0011", "0052", "dispenser-fault"}, Row{"0011", "0076", "dispenser-open"},
           // notes about an alarm that stands
           Row{"0003", "0019", "alarm-note"}, Row{"0003", "0092", "alarm-note"}, Row{"0003", "0093", "alarm-note"},
           Row{"0048", "0088", "alarm-note"}, Row{"0048", "0111", "alarm-note"},
           // a person pressed, whatever the press came through; and what nobody knows
           Row{"0040", "0010", "safety-alarm"}, Row{"0999", "0010", "safety-alarm"}, Row{"0999", "0999", "safety-alarm"},
           Row{"0000", "0009", "safety-alarm"}}) {
    DYNAMIC_SECTION(row.dty << "+" << row.stc) { CHECK(kind(row.dty, row.stc) == row.kind); }
  }
}

TEST_CASE("scaip: the kind of message", "[adapters][scaip]") {
  for (const char* status : {"0010", "0009", "0016", ""})
    CHECK(outcome(only(decode_scaip, message("<mty>PI</mty><dty>0003</dty><stc>" + std::string(status) + "</stc>"))) ==
          "heartbeat");
  CHECK(outcome(only(decode_scaip, message("<mty> pi </mty>"))) == "heartbeat");
  CHECK(outcome(only(decode_scaip, message("<mty>ME</mty><dty>0045</dty><stc>0102</stc>"))) == "heartbeat");
  CHECK(kind("0003", "0010", "RE") == "alarm-note");
  CHECK(kind("0003", "0015", "RE") == "battery-ok");
  CHECK(kind("0003", "0010", "IN") == "safety-alarm");
  CHECK(kind("0010", "0119", "IN") == "activity");
  CHECK(kind("0003", "0010", "XX") == "safety-alarm");
  CHECK(kind("0003", "0010", "") == "safety-alarm");
}

TEST_CASE("scaip: a message without its mandatory tags is an alarm that says so", "[adapters][scaip]") {
  const Event no_type = event("");
  CHECK(no_type.kind == fhir::EventKind::safety_alarm);
  CHECK(no_type.text.find("dty: missing") != std::string::npos);
  const Event no_controller = std::get<Event>(only(decode_scaip, "<x><dty>0005</dty><did>7</did></x>"));
  CHECK(no_controller.kind == fhir::EventKind::fall);
  CHECK(no_controller.subject.id == "7");
  CHECK(no_controller.record_id.empty());
  CHECK(error_of(decode_scaip, "<mrq><ref>a1</ref></mrq>") == "cid, dty: mandatory tags missing");
}

TEST_CASE("scaip: who, where and how to ring back", "[adapters][scaip]") {
  const Event plain = event("<dty>0003</dty><did>00A1</did><stc>0010</stc>");
  CHECK(plain.subject.id == "4712");
  CHECK(plain.device.id == "4712/00A1");
  CHECK(plain.record_id == "4712/a1/2026-11-20");
  CHECK(plain.contact == "4712");
  CHECK(plain.time_stands_in);
  CHECK(event("<crd>sip:</crd><cha>0</cha>").contact == "4712 (ringer selv)");
  CHECK(event("<crd>sip:a@b.example</crd><cha>1</cha><tnu>+47 1</tnu>").contact == "sip:a@b.example, tel. +47 1 (venter på oppringning)");
  CHECK(event("<lco>012</lco><lva>3</lva><lte>ved vinduet</lte>").location == "soverom, 3, ved vinduet");
  CHECK(event("<lco>999</lco>").location == "sted 999");
  CHECK(event("<lge><tim>t</tim><geo>67 N</geo></lge>").location == "t 67 N");
  CHECK(event("<dty>0003</dty><dte>Armbånd</dte><dco>004</dco><stc>0010</stc><ite>x</ite>").text ==
        "Armbånd, manuell alarm, knapp 3, x");
}

TEST_CASE("scaip: the root is not looked at, wrappers are looked through", "[adapters][scaip]") {
  for (const char* payload :
       {"<scaip><cid>1</cid><dty>0005</dty></scaip>", "<a:b xmlns:a='u'><a:cid>1</a:cid><a:dty>0005</a:dty></a:b>",
        "<MRQ><CID>1</CID><DTY>0005</DTY></MRQ>", "<a><b><mrq><cid>1</cid><dty>0005</dty></mrq></b></a>",
        "\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><!-- c --><mrq><cid>1</cid><dty><![CDATA[0005]]></dty></mrq>",
        "<mrq><cid>1</cid><dty> 0005\n</dty><dty>0003</dty></mrq>"})
    CHECK(std::get<Event>(only(decode_scaip, payload)).kind == fhir::EventKind::fall);
}

TEST_CASE("scaip: entities, document types and external references are refused before anything is read", "[adapters][scaip]") {
  std::string lol = "<!DOCTYPE lolz [<!ENTITY lol \"lol\">";
  for (int i = 1; i < 10; ++i) {
    lol += "<!ENTITY lol" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k) lol += "&lol" + (i == 1 ? std::string() : std::to_string(i - 1)) + ";";
    lol += "\">";
  }
  lol += "]>";
  const std::string refused = "the document: a document type or entity is declared, which is refused";
  for (const std::string& prolog :
       {lol, std::string("<!DOCTYPE mrq SYSTEM \"file:///etc/passwd\">"), std::string("<!doctype mrq>"),
        std::string("<!DOCTYPE mrq [<!ENTITY x SYSTEM \"http://127.0.0.1/\">]>"), std::string("<!-- c --><!ENTITY a 'b'>"),
        std::string("<!DOCTYPE mrq [<!ENTITY % p SYSTEM 'x'>%p;]>")}) {
    const std::string payload = prolog + message("<dty>0003</dty><lte>&lol9;</lte>");
    CHECK(error_of(decode_scaip, payload) == refused);
    CHECK(answered(payload, Fate::What::undecodable) == 2);
  }
  // An entity nobody declared is text like any other, never looked up.
  CHECK(event("<dty>0003</dty><lte>&x;</lte>").location == "&x;");
  CHECK(event("<dty>0003</dty><lte>a &amp; b &#x26; &lt;</lte>").location == "a & b & <");
  // Inside a comment or CDATA it declares nothing.
  CHECK(event("<dty>0003</dty><!-- <!DOCTYPE x> --><lte><![CDATA[<!ENTITY]]></lte>").location == "<!ENTITY");
}

TEST_CASE("scaip: size, depth and bytes are bounded", "[adapters][scaip]") {
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "<a>";
  CHECK(error_of(decode_scaip, deep) == "the document: elements nested deeper than 16");
  std::string nested;
  while (nested.size() < 10'000'000) nested += "<lge>";
  CHECK(error_of(decode_scaip, nested) == "the document: longer than 65,536 bytes");
  CHECK(answered(nested, Fate::What::undecodable) == 1);
  CHECK(error_of(decode_scaip, message("<lte>" + std::string(70'000, 'x') + "</lte>")) ==
        "the document: longer than 65,536 bytes");
  CHECK(event("<dty>0003</dty><lte>" + std::string(3'000, 'x') + "</lte>").location.size() == 1024);
  CHECK(event("<dty>0003</dty><did>" + std::string(1'000, '7') + "</did>").device.id == "4712");
}

TEST_CASE("scaip: truncated and malformed documents", "[adapters][scaip]") {
  const std::string whole = message("<dty>0003</dty><stc>0010</stc>");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    if (test::decode(decode_scaip, whole.substr(0, length)).has_value()) FAIL_CHECK("accepted at byte " << length);
  }
  for (const char* bad : {"<mrq><cid>1</mrq>", "<mrq><cid>1</cid></mrq><mrq/>", "{}", "<mrq cid=1/>"})
    CHECK(error_of(decode_scaip, bad) != "none");
}

TEST_CASE("scaip: encodings", "[adapters][scaip]") {
  CHECK(event("<dty>0003</dty><lte>kj\xc3\xb8kken</lte>").location == "kjøkken");
  // Not UTF-8, whatever is declared: a kitchen in ISO 8859-1 must not cost the press.
  CHECK(event("<dty>0003</dty><lte>kj\xf8kken</lte>").location == "kjøkken");
  CHECK(std::get<Event>(only(decode_scaip, "<?xml version='1.0' encoding='ISO-8859-1'?>" +
                                               message("<dty>0003</dty><lte>kj\xf8kken</lte>")))
            .location == "kjøkken");
  const std::string wide("\xff\xfe<\0m\0r\0q\0/\0>\0", 14);
  CHECK(error_of(decode_scaip, wide) == "the document: expected UTF-8 or ISO 8859-1");
  CHECK(event("<dty>0003</dty><lte>a&#1;b&#xD800;</lte>").location.find('\x01') == std::string::npos);
}

TEST_CASE("scaip: the answer", "[adapters][scaip]") {
  Settings settings;
  settings.transfer_number = "+47&75";
  using What = Fate::What;
  const auto body = [&](const std::string& payload, What what) {
    return answer_scaip(payload, {what, "", 0}, {}, settings).body;
  };
  const std::string pressed = message("<dty>0003</dty><stc>0010</stc>");
  const std::string head = R"(<?xml version="1.0" encoding="UTF-8"?><mrs><ref>a1</ref>)";
  CHECK(body(pressed, What::stored) == head + "<snu>0</snu><mre>1</mre><cre>62</cre><tnu>+47&amp;75</tnu></mrs>");
  CHECK(body(pressed, What::refused) == head + "<snu>6</snu></mrs>");
  CHECK(body(message("<mty>PI</mty>"), What::stored) == head + "<snu>0</snu><mre>0</mre></mrs>");
  CHECK(body(message("<dty>0003</dty><stc>0016</stc>"), What::stored) == head + "<snu>0</snu><mre>0</mre></mrs>");
  settings.transfer_number.clear();
  CHECK(body(pressed, What::stored) == head + "<snu>0</snu><mre>1</mre><cre>61</cre></mrs>");
  CHECK(answered("<mrq><ref>a1</ref></mrq>", What::undecodable) == 7);
  CHECK(answered("<html/>", What::undecodable) == 3);
  CHECK(answered("<mrs><ref>a</ref><snu>0</snu></mrs>", What::undecodable) == 3);
  CHECK(answered("", What::undecodable) == 2);
  // What is repeated is escaped, and of what was not parsed only a plain reference is.
  CHECK(body("<mrq><ref>a&amp;b&lt;</ref><cid>1</cid></mrq>", What::stored).find("<ref>a&amp;b&lt;</ref>") != std::string::npos);
  CHECK(body("<mrq><ref>a1</ref><cid", What::undecodable) == head + "<snu>2</snu></mrs>");
  CHECK(body("<!DOCTYPE x><mrq><ref>a1</ref></mrq>", What::undecodable) == head + "<snu>2</snu></mrs>");
  CHECK(body("<!DOCTYPE x><mrq><ref>&x;</ref></mrq>", What::undecodable).find("<ref></ref>") != std::string::npos);
}
