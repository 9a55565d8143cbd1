#include "fhir/narrative.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

using namespace fhir;

namespace {

std::string xhtml(std::string_view text) {
  std::string out;
  append_xhtml_text(out, text);
  return out;
}

std::string div(std::string_view content) {
  return "<div xmlns=\"http://www.w3.org/1999/xhtml\">" + std::string(content) + "</div>";
}

}  // namespace

TEST_CASE("narrative: what anybody wrote is text, never markup", "[narrative]") {
  struct Row {
    const char *written, *shown;
  };
  const auto row = GENERATE(values<Row>({
      {"SpO2 < 90 & \"falling\"", "SpO2 &lt; 90 &amp; &quot;falling&quot;"},
      {"<script>alert('x')</script>", "&lt;script&gt;alert(&apos;x&apos;)&lt;/script&gt;"},
      {"&lt;", "&amp;lt;"},
      {"en\nto\r\ntre\rfire", "en<br/>to<br/>tre<br/>fire"},
      {"a\x01\x1f\x7f"
       "b\tc",
       "a   b c"},
      {"\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD", "  \xEF\xBF\xBD"},
      {"]]>", "]]&gt;"},
      {"æøå – 😀", "æøå – 😀"},
  }));
  CHECK(xhtml(row.written) == row.shown);
}

TEST_CASE("narrative: a div of the allowed elements has no problem", "[narrative]") {
  CHECK_FALSE(narrative_problem(div("x")));
  CHECK_FALSE(narrative_problem(div("<p><b>Målt</b>: 86 %<br/>og &lt;90</p>")));
  CHECK_FALSE(narrative_problem(div("<table class=\"t\"><tbody><tr><td lang=\"nb\">x</td></tr></tbody></table>")));
  CHECK_FALSE(narrative_problem("<div xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"nb\" xml:lang=\"nb\"\n>x</div >"));
}

TEST_CASE("narrative: what is no safe XHTML is found", "[narrative]") {
  struct Row {
    const char* name;
    std::string text, problem;
  };
  const auto row = GENERATE(values<Row>({
      {"nothing", "", "must begin with <div"},
      {"text alone", "x", "must begin with <div"},
      {"no namespace", "<div>x</div>", "must be in the namespace of XHTML"},
      {"another namespace", "<div xmlns=\"http://www.w3.org/2000/svg\">x</div>", "has an attribute that is not allowed"},
      {"blank", div(" <p> </p>"), "must not be empty (txt-2)"},
      {"empty element", "<div xmlns=\"http://www.w3.org/1999/xhtml\"/>", "must not be empty (txt-2)"},
      {"a script", div("<script>x</script>"), "has an element that is not allowed"},
      {"an upper-case script", div("<SCRIPT>x</SCRIPT>"), "has an element that is not allowed"},
      {"an image", div("<img src=\"x\"/>x"), "has an element that is not allowed"},
      {"a link", div("<a href=\"http://x\">x</a>"), "has an element that is not allowed"},
      {"a handler", div("<p onclick=\"x\">x</p>"), "has an attribute that is not allowed"},
      {"a style", div("<p style=\"x\">x</p>"), "has an attribute that is not allowed"},
      {"an attribute without quotes", div("<p class=x>x</p>"), "has a tag that is not well-formed"},
      {"an attribute without end", "<div xmlns=\"x", "has a tag that is not well-formed"},
      {"markup in an attribute", div("<p class=\"<\">x</p>"), "has markup in an attribute"},
      {"attributes without blank", div("<p class=\"a\"lang=\"b\">x</p>"), "has a tag that is not well-formed"},
      {"a comment", div("<!-- x -->x"), "has an element that is not allowed"},
      {"a processing instruction", div("<?x ?>x"), "has an element that is not allowed"},
      {"character data", div("<![CDATA[x]]>"), "has an element that is not allowed"},
      {"an unknown entity", div("&nbsp;x"), "has an entity other than the five of XML"},
      {"a bare ampersand", div("a & b"), "has an entity other than the five of XML"},
      {"not closed", "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>x</div>", "closes an element that is not open"},
      {"not closed at the end", "<div xmlns=\"http://www.w3.org/1999/xhtml\">x", "has an element that is not closed"},
      {"two roots", div("x") + div("y"), "has more than one root element"},
      {"text behind", div("x") + "y", "has text outside its div"},
      {"a control character", div("x\x02"), "has a character that XML does not allow"},
      {"too deep", div("<p><p><p><p><p><p><p><p><p><p><p><p><p><p><p><p><p><p><p><p>x"), "is nested too deeply"},
  }));
  CAPTURE(row.name);
  CHECK(narrative_problem(row.text).value_or("none") == row.problem);
}

TEST_CASE("narrative: whatever the text, what is written is a safe div", "[narrative][property]") {
  std::mt19937 random{20261126};
  const std::string alphabet = "<>&\"'/ab \n\r\t\x01\xEF\xBF\xBE;=![]-?";
  for (int i = 0; i < 2000; ++i) {
    std::string text = "x";
    const std::size_t size = random() % 40;
    for (std::size_t k = 0; k < size; ++k) text += alphabet[random() % alphabet.size()];
    // A piece of a multi-byte character is no UTF-8, and no text that came through the reader.
    for (char& c : text)
      if (static_cast<unsigned char>(c) >= 0x80) c = 'y';
    CAPTURE(i, text);
    CHECK_FALSE(narrative_problem(div(xhtml(text))));
  }
}
