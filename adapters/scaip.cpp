// One message is one item. What is missing or not understood is said in the event's text and the alarm is raised all the
// same: a controller's message is a person who pressed something (invariant 5). Only a document that is no message at all
// is undecodable.
#include "adapters/scaip.hpp"

#include <algorithm>

#include "adapters/draft.hpp"
#include "adapters/scaip_codes.hpp"
#include "adapters/scaip_message.hpp"

namespace adapters {
namespace {

void append(std::string& text, std::string_view more) {
  if (more.empty()) return;
  if (!text.empty()) text += ", ";
  text.append(more);
}

// Longer ids are no ids; an alarm is not lost over one, so it goes without.
std::string id_of(const std::string& text) {
  return text.size() > longest_id / 2 ? std::string() : text;
}

class AlarmReader {
 public:
  AlarmReader(const ScaipMessage& message, const Context& context) : message_(message), context_(context) {}

  Item read() {
    const ScaipMeaning meaning = scaip_meaning(message_.mty, message_.dty, message_.stc);
    if (meaning.what == ScaipMeaning::What::heartbeat)
      return Ignored{IgnoreReason::heartbeat, message_.mty == "PI" ? "mty PI: a sign of life" : "stc: a test of the line"};
    Event event;
    event.kind = meaning.kind;
    const std::string controller = id_of(message_.cid);
    const std::string unit = id_of(message_.did);
    // A unit's number is only its own within its controller.
    event.device.id = controller.empty() || unit.empty() ? controller + unit : controller + "/" + unit;
    event.subject.id = controller.empty() ? event.device.id : controller;
    event.time = fhir::DateTime::from(context_.received, context_.zone.offset_at(context_.received), fhir::Precision::fraction);
    event.time_stands_in = true;  // the message has none
    event.record_id = record_id(controller, event.time);
    event.location = location();
    event.contact = contact();
    event.text = text(meaning);
    if (event.kind == fhir::EventKind::medication_dispensed) event.dispense = "1";
    return event;
  }

 private:
  // A controller's counter of references starts anew some day, and a press that passed for an old one would be lost. A
  // retry comes within minutes, so a reference is one message for a day; a retry over midnight calls once more.
  std::string record_id(const std::string& controller, const fhir::DateTime& received) const {
    const std::string reference = id_of(message_.ref);
    if (reference.empty()) return {};
    return controller + "/" + reference + "/" + received.text().substr(0, 10);
  }

  std::string location() const {
    std::string text;
    const std::string_view word = scaip_location_word(message_.lco);
    append(text, word);
    if (word.empty() && !message_.lco.empty()) append(text, "sted " + message_.lco);
    append(text, message_.lva);
    append(text, message_.lte);
    append(text, message_.geo);
    return text;
  }

  // How the home is reached: the caller's own address, else the controller's number, and whether it waits to be called.
  std::string contact() const {
    std::string text = message_.crd == "sip:" ? std::string() : message_.crd;
    if (text.empty() && !message_.cid.empty()) text = message_.cid;
    if (!message_.tnu.empty()) append(text, "tel. " + message_.tnu);
    if (text.empty()) return text;
    if (message_.cha == "1") return text + " (venter på oppringning)";
    if (message_.cha == "0") return text + " (ringer selv)";
    return text;
  }

  std::string text(const ScaipMeaning& meaning) const {
    std::string text;
    append(text, message_.dte.empty() ? scaip_device_word(message_.dty) : std::string_view(message_.dte));
    append(text, scaip_status_word(message_.stc));
    if (message_.dco >= "003" && message_.dco <= "006" && message_.dco.size() == 3)
      append(text, std::string("knapp ") + static_cast<char>(message_.dco[2] - 1));
    append(text, message_.stt);
    append(text, message_.ite);
    std::string remarks;
    const auto remark = [&](std::string_view what) { remarks.append(remarks.empty() ? "" : "; ").append(what); };
    if (message_.mty == "RE") append(text, "tilbakestilling");
    if (message_.cid.empty()) remark("cid: missing");
    if (message_.dty.empty()) remark("dty: missing");
    if (!message_.dty.empty() && scaip_device_word(message_.dty).empty()) remark("dty: unknown code " + quoted_word(message_.dty));
    if (!message_.stc.empty() && scaip_status_word(message_.stc).empty()) remark("stc: unknown code " + quoted_word(message_.stc));
    if (!meaning.known && message_.dty.empty() && message_.stc.empty()) remark("it does not say what happened");
    if (remarks.empty()) return text;
    return text.empty() ? "(" + remarks + ")" : text + " (" + remarks + ")";
  }

  const ScaipMessage& message_;
  const Context& context_;
};

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
}

void append_tag(std::string& out, std::string_view tag, std::string_view text) {
  out.append("<").append(tag).append(">");
  append_escaped(out, text);
  out.append("</").append(tag).append(">");
}

// The reference of a document that was not parsed, if it stands there plainly: a controller that learns which message
// was refused need not wait for its own clock.
std::string plain_reference(std::string_view xml) {
  constexpr std::string_view open = "<ref>";
  const std::size_t at = xml.find(open);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + open.size();
  const std::size_t end = xml.find('<', begin);
  if (end == std::string_view::npos || end == begin || end - begin > 16) return {};
  const std::string_view text = xml.substr(begin, end - begin);
  const auto allowed = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return std::all_of(text.begin(), text.end(), allowed) ? std::string(text) : std::string();
}

ScaipStatus status_of(const Fate& fate, const ScaipRead& read) {
  switch (fate.what) {
    case Fate::What::stored:
      return ScaipStatus::ok;
    case Fate::What::undecodable:
      return read.status == ScaipStatus::ok ? ScaipStatus::invalid_format : read.status;
    case Fate::What::refused:
      break;
  }
  return ScaipStatus::busy;
}

}  // namespace

fhir::Result<Decoded> decode_scaip(std::string_view payload, const Context& context) {
  const ScaipRead read = read_scaip(payload);
  if (read.status != ScaipStatus::ok) return fhir::invalid(read.detail);
  Decoded decoded;
  decoded.items.push_back(AlarmReader(read.message, context).read());
  return decoded;
}

Reply answer_scaip(std::string_view payload, const Fate& fate, fhir::Time, const Settings& settings) {
  const ScaipRead read = read_scaip(payload);
  const ScaipStatus status = status_of(fate, read);
  std::string xml = R"(<?xml version="1.0" encoding="UTF-8"?><mrs>)";
  append_tag(xml, "ref", read.message.ref.empty() ? plain_reference(payload) : read.message.ref);
  append_tag(xml, "snu", std::to_string(static_cast<int>(status)));
  if (status == ScaipStatus::ok) {
    const ScaipMeaning meaning = scaip_meaning(read.message.mty, read.message.dty, read.message.stc);
    const bool calls = meaning.what == ScaipMeaning::What::event && fhir::info(meaning.kind).safety;
    append_tag(xml, "mre", calls ? "1" : "0");  // a duplex call, or none
    if (calls) append_tag(xml, "cre", settings.transfer_number.empty() ? "61" : "62");
    if (calls && !settings.transfer_number.empty()) append_tag(xml, "tnu", settings.transfer_number);
  }
  xml += "</mrs>";
  return {"application/scaip+xml", std::move(xml)};
}

}  // namespace adapters
