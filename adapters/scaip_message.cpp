// Bytes from outside in XML: the library reads neither DTDs nor external entities, and a document that declares any is
// refused before it is parsed. Size and depth are bounded; a message has a few dozen short tags.
#include "adapters/scaip_message.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <pugixml.hpp>

#include "adapters/draft.hpp"
#include "fhir/utf8.hpp"

namespace adapters {
namespace {

constexpr std::size_t longest_message = 64 * 1024;
constexpr std::size_t longest_text = 1024;
constexpr int deepest = 16;

struct Tag {
  const char* name;
  std::string ScaipMessage::*text;
};
constexpr std::array<Tag, 16> tags = {{{"ref", &ScaipMessage::ref},
                                       {"cid", &ScaipMessage::cid},
                                       {"dty", &ScaipMessage::dty},
                                       {"mty", &ScaipMessage::mty},
                                       {"did", &ScaipMessage::did},
                                       {"dco", &ScaipMessage::dco},
                                       {"stc", &ScaipMessage::stc},
                                       {"lco", &ScaipMessage::lco},
                                       {"lva", &ScaipMessage::lva},
                                       {"lte", &ScaipMessage::lte},
                                       {"cha", &ScaipMessage::cha},
                                       {"crd", &ScaipMessage::crd},
                                       {"tnu", &ScaipMessage::tnu},
                                       {"dte", &ScaipMessage::dte},
                                       {"stt", &ScaipMessage::stt},
                                       {"ite", &ScaipMessage::ite}}};

ScaipRead failed(ScaipStatus status, std::string detail) {
  ScaipRead read;
  read.status = status;
  read.detail = std::move(detail);
  return read;
}

// "<!" begins a comment, a CDATA section, or something a message has no use for: a document type, an entity.
bool declares_something(std::string_view xml) {
  for (std::size_t at = xml.find("<!"); at != std::string_view::npos; at = xml.find("<!", at)) {
    const std::string_view rest = xml.substr(at);
    std::string_view end;
    if (rest.starts_with("<!--")) {
      end = "-->";
    } else if (rest.starts_with("<![CDATA[")) {
      end = "]]>";
    } else {
      return true;
    }
    const std::size_t closed = xml.find(end, at + 4);
    if (closed == std::string_view::npos) return false;  // the parser says what is wrong
    at = closed + end.size();
  }
  return false;
}

// A depth no message has is refused before the parser builds it.
bool too_deep(std::string_view xml) {
  int depth = 0;
  for (std::size_t at = xml.find('<'); at != std::string_view::npos && at + 1 < xml.size(); at = xml.find('<', at + 1)) {
    const char next = xml[at + 1];
    if (next == '/') {
      --depth;
    } else if (next != '!' && next != '?') {
      const std::size_t end = xml.find('>', at);
      if (end != std::string_view::npos && xml[end - 1] == '/') continue;
      if (++depth > deepest) return true;
    }
  }
  return false;
}

// A press must not be lost over a kitchen in ISO 8859-1 under a declaration that says UTF-8: bytes that are not UTF-8 are
// taken as that, which every byte is.
std::string as_utf8(std::string_view bytes) {
  if (fhir::is_utf8(bytes)) return std::string(bytes);
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | (byte >> 6));
      text += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return text;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string clean(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  if (text.size() > longest_text) {
    std::size_t end = longest_text;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text = text.substr(0, end);
  }
  // Character references can name anything, also what is no text (&#xD800;).
  return fhir::is_utf8(text) ? printable(text) : std::string();
}

std::string lower(std::string_view name) {
  const std::size_t colon = name.rfind(':');  // a prefix of a namespace says nothing here
  std::string out(colon == std::string_view::npos ? name : name.substr(colon + 1));
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string own_text(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node child : node.children())
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
  return clean(text);
}

// The texts below an element, one after the other.
void append_texts(const pugi::xml_node& node, std::string& out) {
  for (const pugi::xml_node child : node.children()) {
    if (child.type() == pugi::node_element) {
      append_texts(child, out);
    } else if (const std::string text = clean(child.value()); !text.empty() && out.size() < longest_text) {
      out += out.empty() ? text : " " + text;
    }
  }
}

struct Seen {
  bool any = false, answer = false;
};

Seen read_tags(const pugi::xml_node& parent, ScaipMessage& message) {
  Seen seen;
  for (const pugi::xml_node child : parent.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string name = lower(child.name());
    if (name == "snu") seen.answer = true;
    if (name == "lge") {
      append_texts(child, message.geo);
      seen.any = true;
    }
    const auto tag = std::find_if(tags.begin(), tags.end(), [&](const Tag& each) { return name == each.name; });
    if (tag == tags.end()) continue;
    seen.any = true;
    // Given twice, the first stands.
    if (std::string& text = message.*(tag->text); text.empty()) text = own_text(child);
  }
  return seen;
}

// Open implementations differ in the root (mrq, scaip), so a message is whatever holds its tags; a wrapper or two around
// it is looked through.
Seen find_tags(pugi::xml_node root, ScaipMessage& message) {
  Seen seen = read_tags(root, message);
  for (int level = 0; level < 3 && !seen.any; ++level) {
    pugi::xml_node only;
    for (const pugi::xml_node child : root.children()) {
      if (child.type() != pugi::node_element) continue;
      if (only) return seen;
      only = child;
    }
    if (!only) return seen;
    root = only;
    seen = read_tags(root, message);
  }
  return seen;
}

}  // namespace

ScaipRead read_scaip(std::string_view xml) {
  if (xml.size() > longest_message) return failed(ScaipStatus::too_long, "the document: longer than 65,536 bytes");
  if (xml.starts_with("\xef\xbb\xbf")) xml.remove_prefix(3);
  if (xml.find('\0') != std::string_view::npos)
    return failed(ScaipStatus::invalid_format, "the document: expected UTF-8 or ISO 8859-1");
  if (declares_something(xml))
    return failed(ScaipStatus::invalid_format, "the document: a document type or entity is declared, which is refused");
  if (too_deep(xml)) return failed(ScaipStatus::invalid_format, "the document: elements nested deeper than 16");

  const std::string text = as_utf8(xml);
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_escapes | pugi::parse_eol | pugi::parse_cdata, pugi::encoding_utf8);
  ScaipRead read;
  const pugi::xml_node root = document.document_element();
  const Seen seen = find_tags(root, read.message);
  for (char& c : read.message.mty)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (!parsed) {
    read.status = ScaipStatus::invalid_format;
    read.detail = "byte " + std::to_string(parsed.offset) + ": not well-formed XML";
  } else if (root.next_sibling()) {
    read.status = ScaipStatus::invalid_format;
    read.detail = "the document: expected one element";
  } else if (!seen.any || seen.answer) {
    read.status = ScaipStatus::wrong_content;
    read.detail = seen.answer ? "the document: an answer, expected a message" : "the document: no tag of a SCAIP message";
  } else if (read.message.cid.empty() && read.message.did.empty() && read.message.dty.empty() && read.message.stc.empty() &&
             read.message.mty.empty()) {
    read.status = ScaipStatus::tag_missing;
    read.detail = "cid, dty: mandatory tags missing";
  }
  return read;
}

}  // namespace adapters
