// Acknowledgements in the words of HL7's original mode (chapter 2.9.2): AA, AE or AR, after the commit. A sender that
// asks for the accept acknowledgement of the enhanced mode (MSH-15 AL, as IHE PCD-01 does) gets the same single answer:
// what it says, "it is on disk", is true of both, and senders of PCD-01 read MSA-1 AA (vendors.md D.3).
#include <algorithm>

#include "adapters/hl7v2.hpp"
#include "adapters/hl7v2_message.hpp"

namespace adapters {
namespace {

constexpr std::size_t longest_echo = 250;

// A field of the sender's, as it stands: in its own separators and character set, without what would end our segment.
std::string echo(std::string_view raw) {
  std::string out(raw.substr(0, longest_echo));
  out.erase(std::remove_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }), out.end());
  return out;
}

// Our own words, in ASCII so that they fit every character set.
std::string escaped(std::string_view text, const Hl7Separators& separators) {
  std::string out;
  for (const char c : text.substr(0, longest_echo)) {
    const auto append = [&](char code) {
      out += separators.escape;
      out += code;
      out += separators.escape;
    };
    if (c == separators.field) {
      append('F');
    } else if (c == separators.component) {
      append('S');
    } else if (c == separators.subcomponent) {
      append('T');
    } else if (c == separators.repetition) {
      append('R');
    } else if (c == separators.escape) {
      append('E');
    } else {
      out += c < ' ' || c > '~' ? '?' : c;
    }
  }
  return out;
}

std::string dtm(fhir::Time now) {
  std::string text = fhir::utc_millis_text(now);  // 2026-11-20T09:00:00.000Z
  std::erase_if(text, [](char c) { return c == '-' || c == ':' || c == 'T' || c == 'Z'; });
  return text + "+0000";
}

// MSH-15 and MSH-16: AL always, NE never, ER on error, SU on success. Neither given: the original mode, always.
bool wants(std::string_view condition, bool success) {
  return condition == "AL" || (condition == "ER" && !success) || (condition == "SU" && success);
}
bool is_wanted(const Hl7Segment& header, bool success) {
  const std::string_view accept = header.field(15), application = header.field(16);
  if (accept.empty() && application.empty()) return true;
  return wants(accept, success) || wants(application, success);
}

// HL7 table 0357.
std::string_view error_code(const Fate& fate) {
  if (fate.what == Fate::What::refused) return "207^Application internal error^HL70357";
  if (fate.detail.find("MSH.9") != std::string_view::npos) return "200^Unsupported message type^HL70357";
  return "102^Data type error^HL70357";
}

class Acknowledgement {
 public:
  Acknowledgement(const Hl7Message& message, const Fate& fate, fhir::Time now, std::size_t index)
      : header_(message.header()), separators_(message.separators()), fate_(fate), now_(now), index_(index) {}

  void append_to(std::string& out) const {
    if (!is_wanted(header_, fate_.what == Fate::What::stored)) return;
    const std::string bar(1, separators_.field), hat(1, separators_.component);
    const std::string trigger = echo(header_.component(9, 2));
    out += "MSH" + bar + echo(header_.field(2));
    for (const std::size_t n : {std::size_t{5}, std::size_t{6}, std::size_t{3}, std::size_t{4}}) out += bar + echo(header_.field(n));
    out += bar + dtm(now_) + bar + bar + "ACK" + hat + (trigger.empty() ? "R01" : trigger) + hat + "ACK";
    const std::int64_t number = now_.time_since_epoch().count();
    out += bar + "HP" + std::to_string(number) + "-" + std::to_string(index_);
    out += bar + echo(header_.field(11)) + bar + (header_.field(12).empty() ? "2.6" : echo(header_.field(12)));
    if (!header_.field(18).empty()) out += std::string(6, separators_.field) + echo(header_.field(18));
    out += "\rMSA" + bar + code() + bar + echo(header_.field(10)) + "\r";
    append_error(out, bar);
  }

 private:
  std::string code() const {
    switch (fate_.what) {
      case Fate::What::stored:
        return "AA";
      case Fate::What::undecodable:
        return "AE";
      case Fate::What::refused:
        break;
    }
    return "AR";
  }

  void append_error(std::string& out, const std::string& bar) const {
    std::string code(error_code(fate_)), severity = "E", words(fate_.detail);
    if (fate_.what == Fate::What::stored) {
      if (fate_.quarantined == 0) return;
      code = "0^Message accepted^HL70357";
      severity = "W";
      words = std::to_string(fate_.quarantined) + " kept for a person to look at";
    }
    std::replace(code.begin(), code.end(), '^', separators_.component);
    out += "ERR" + bar + bar + bar + code + bar + severity + std::string(4, separators_.field) +
           escaped(words, separators_) + "\r";
  }

  const Hl7Segment header_;
  const Hl7Separators& separators_;
  const Fate& fate_;
  fhir::Time now_;
  std::size_t index_;
};

constexpr std::string_view nameless = "MSH|^~\\&|||||||ORU^R01||P|2.6\r";

// A batch is answered as a batch (2.10.3); its own header's names go back as a message's do.
std::string in_batch(std::string_view payload, const std::string& acknowledgements) {
  if (payload.starts_with("\xef\xbb\xbf")) payload.remove_prefix(3);
  std::string_view first;
  while (!payload.empty() && first.empty()) first = Hl7Message::next_line(payload);
  if (!first.starts_with("FHS") && !first.starts_with("BHS")) return acknowledgements;
  return "BHS|^~\\&\r" + acknowledgements + "BTS\r";
}

}  // namespace

Reply acknowledge_hl7v2(std::string_view payload, const Fate& fate, fhir::Time now, const Settings&) {
  Reply reply{"application/hl7-v2", {}};
  const auto messages = hl7_messages(payload);
  std::size_t index = 0;
  if (messages)
    for (const std::string_view text : *messages) {
      const auto message = Hl7Message::read(text);
      if (!message) continue;
      Acknowledgement(*message, fate, now, ++index).append_to(reply.body);
    }
  // Nobody's number could be read: an answer to no message in particular, so that the sender does not wait.
  if (index == 0) {
    const auto message = Hl7Message::read(nameless);
    if (message) Acknowledgement(*message, fate, now, 1).append_to(reply.body);
  }
  if (!reply.body.empty()) reply.body = in_batch(payload, reply.body);
  return reply;
}

}  // namespace adapters
