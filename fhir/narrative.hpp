// Text for people inside a resource (R4 Narrative.div): XHTML of a closed set of elements. Whoever shows a narrative
// may put it into a page as it is, so nothing anybody wrote may become markup here, and what is made is checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fhir {

inline constexpr std::string_view xhtml_namespace = "http://www.w3.org/1999/xhtml";

// UTF-8 text as XHTML content or attribute value: the five characters of markup escaped, what XML 1.0 has no place for
// made a blank, line ends made <br/>. The result is one line.
void append_xhtml_text(std::string& out, std::string_view text);

// What is wrong with a div; nothing when it is well-formed, has text, and holds only elements and attributes of the set
// below (a part of what R4 allows: no links, images, styles, comments or processing instructions).
std::optional<std::string> narrative_problem(std::string_view div);

}  // namespace fhir
