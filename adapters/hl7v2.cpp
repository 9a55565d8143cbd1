// A message is read top down: MSH, then for each PID its orders (OBR) with their rows (OBX). Rows of one blood pressure
// are put together when the patient's part is over, because nothing says in which order they come.
#include "adapters/hl7v2.hpp"

#include <algorithm>
#include <map>

#include "adapters/fhir_payload.hpp"
#include "adapters/hl7v2_observation.hpp"
#include "adapters/hl7v2_patient.hpp"

namespace adapters {
namespace {

constexpr auto undecodable = QuarantineReason::undecodable;

// Where a pressure's rows may stand: one device, order, containment and time.
struct Pressures {
  struct Part {
    std::size_t place;  // in the items, reserved
    Hl7Observation row;
  };
  std::map<std::string, std::vector<Part>> groups;
};

bool twice_the_same(const std::vector<Pressures::Part>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (parts[i].row.part.reading.kind == parts[k].row.part.reading.kind) return true;
  return parts.size() > 3;
}

class MessageReader {
 public:
  MessageReader(const Hl7Message& message, std::string place, const Context& context, std::vector<Item>& items)
      : message_(message), place_(std::move(place)), around_{context, {}, {}, {}, false, {}, {}, {}, {}, {}}, items_(items) {}

  // False when there are too many items.
  bool read() {
    const std::size_t before = items_.size();
    read_header();
    bool fits = true;
    message_.each([&](std::string_view line) {
      read_line(line);
      fits = items_.size() <= most_items;
      return fits;
    });
    finish_patient();
    fits = fits && items_.size() <= most_items;
    if (fits && items_.size() == before)
      items_.push_back(Ignored{IgnoreReason::not_a_reading, place_ + "MSH: a message without a result"});
    return fits;
  }

 private:
  void read_header() {
    const Hl7Segment header = message_.header();
    around_.message_id = printable(header.text(10));
    if (around_.message_id.size() > longest_id) around_.message_id.clear();
    const std::string processing = header.text(11, 1);
    around_.test = processing == "T" || processing == "D";
    const auto sent = hl7_time(header.text(7, 1), around_.context.zone, std::nullopt);
    if (!sent) return;
    around_.message_version = sent->time.time.text();
    // A zone in MSH-7 holds for all times of the message that name none (chapter 2). Where it is what the source's own
    // zone had then, that zone is used: it also knows when the clocks change.
    const auto offset = sent->time.time.offset;
    if (offset && around_.context.zone.offset_at(sent->time.time.utc) != *offset) around_.offset = offset;
  }

  void read_line(std::string_view line) {
    if (!message_.is_segment(line)) return hold_line();
    const Hl7Segment segment(line, message_.separators());
    const std::string_view name = segment.name();
    if (name == "PID") {
      finish_patient();
      around_.devices.clear();
      around_.order.clear();
      around_.order_time.clear();
      const Hl7Patient patient = hl7_patient(segment, place_ + "PID.3");
      around_.subject = patient.subject;
      around_.subject_fault = patient.fault;
    } else if (name == "OBR") {
      keep_last();
      around_.order = segment.text(3);
      if (around_.order.empty()) around_.order = segment.text(2);
      if (around_.order.size() > longest_id) around_.order.clear();
      around_.order_time = segment.text(7, 1);
      ++orders_;
    } else if (name == "OBX") {
      keep_last();
      last_ = read_hl7_observation(segment, around_, place_ + "OBX[" + std::to_string(++rows_) + "]");
    } else if (name == "NTE" && last_) {
      add_hl7_comment(*last_, segment.text(3));
    }
  }

  // A line break inside a field, most likely: what was behind it is lost for the segment before it.
  void hold_line() {
    keep_last();
    Draft draft;
    draft.reading.subject = around_.subject;
    draft.hold(undecodable, place_ + "a line that is no segment, after OBX[" + std::to_string(rows_) + "]");
    items_.push_back(std::move(draft).item());
  }

  void keep_last() {
    if (!last_) return;
    Hl7Observation row = std::move(*last_);
    last_.reset();
    if (row.what == Hl7Observation::What::structure) return;
    if (row.what == Hl7Observation::What::item) return items_.push_back(std::move(row.item));
    const std::string group = row.part.reading.device.id + "|" + std::to_string(orders_) + "|" + row.parent + "|" + row.instant;
    pressures_.groups[group].push_back({items_.size(), std::move(row)});
    items_.push_back(Ignored{IgnoreReason::not_a_reading, {}});  // replaced or taken out by finish_patient
  }

  void finish_patient() {
    keep_last();
    std::vector<std::size_t> joined;
    for (auto& [name, parts] : pressures_.groups) {
      if (!twice_the_same(parts)) {
        join(std::move(parts), joined);
        continue;
      }
      // Several pressures in one place: OBX-4 has to say which rows belong together.
      std::map<std::string, std::vector<Pressures::Part>> by_sub_id;
      for (Pressures::Part& part : parts) by_sub_id[part.row.sub_id].push_back(std::move(part));
      for (auto& [sub_id, of_one] : by_sub_id) {
        if (twice_the_same(of_one)) {
          for (Pressures::Part& part : of_one)
            part.row.part.hold(undecodable, place_ + "OBX.4: several blood pressures that cannot be told apart");
          for (Pressures::Part& part : of_one) {
            std::vector<Pressures::Part> alone;
            alone.push_back(std::move(part));
            join(std::move(alone), joined);
          }
        } else {
          join(std::move(of_one), joined);
        }
      }
    }
    pressures_.groups.clear();
    std::sort(joined.begin(), joined.end());
    remove_joined(joined);
  }

  // The pressure stands at the place of its first row; the places of the others go away.
  void join(std::vector<Pressures::Part> parts, std::vector<std::size_t>& joined) {
    Draft whole = parts.front().row.part;
    Measurement& reading = whole.reading;
    reading.kind = fhir::kinds().blood_pressure;
    reading.value = {};
    reading.unit.clear();
    reading.comparator = Comparator::none;
    whole.valued = false;
    bool has_systolic = false, has_diastolic = false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      Draft& part = parts[i].row.part;
      if (i > 0 && part.reading.note != reading.note) append_remark(reading.note, part.reading.note);
      has_systolic = has_systolic || (part.valued && part.reading.kind == fhir::kinds().systolic);
      has_diastolic = has_diastolic || (part.valued && part.reading.kind == fhir::kinds().diastolic);
      if (part.valued)
        reading.components.push_back({part.reading.kind, part.reading.value, part.reading.unit, part.reading.comparator});
      if (i > 0) joined.push_back(parts[i].place);
      if (!part.held()) continue;
      const auto held = std::get<Held>(std::move(part).item());
      whole.hold(held.reason, held.note);
    }
    std::sort(reading.components.begin(), reading.components.end(),
              [](const Component& a, const Component& b) { return a.kind < b.kind; });
    const Hl7Observation& first = parts.front().row;
    if (whole.timed) {
      const bool one_group = std::all_of(parts.begin(), parts.end(), [&](const Pressures::Part& part) {
        return part.row.sub_id == first.sub_id;
      });
      const std::string& named = one_group ? first.sub_id : first.parent;
      reading.record_id = printable(reading.device.id + "|pressure|" + named + "|" + first.instant);
      if (reading.record_id.size() > longest_id) {
        reading.record_id.clear();
        whole.hold(undecodable, place_ + "OBX.4: device and order are longer than 256 bytes");
      }
    }
    if (!has_systolic || !has_diastolic)
      whole.hold(undecodable, place_ + "a blood pressure without " + (has_systolic ? "diastolic" : "systolic") +
                                  " of the same device, order and time");
    items_[parts.front().place] = std::move(whole).item();
  }

  void remove_joined(const std::vector<std::size_t>& sorted) {
    if (sorted.empty()) return;
    std::size_t next = 0, to = sorted.front();
    for (std::size_t from = sorted.front(); from < items_.size(); ++from) {
      if (next < sorted.size() && sorted[next] == from) {
        ++next;
      } else {
        items_[to++] = std::move(items_[from]);
      }
    }
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(to), items_.end());
  }

  const Hl7Message& message_;
  const std::string place_;
  Hl7Surroundings around_;
  std::vector<Item>& items_;
  std::optional<Hl7Observation> last_;  // an NTE after it is about it
  Pressures pressures_;
  std::size_t rows_ = 0, orders_ = 0;
};

// MSH-18. The default is ASCII, of which UTF-8 is a superset; what is neither has to be named.
fhir::Result<std::string_view> as_utf8(std::string_view text, const Hl7Segment& header, std::string& converted) {
  const std::string name = header.text(18, 1);
  if (name == "8859/1" || name == "ISO-8859-1" || name == "ISO 8859-1") {
    converted = utf8_of_latin1(text);
    return std::string_view(converted);
  }
  const bool known = name.empty() || name == "ASCII" || name == "UNICODE UTF-8" || name == "UTF-8" || name == "UNICODE";
  if (!known) return fhir::invalid("MSH.18: expected UNICODE UTF-8, 8859/1 or ASCII");
  if (!is_utf8(text)) return fhir::invalid("MSH.18: the text is not of this character set");
  return text;
}

struct Outcome {
  std::optional<fhir::Error> error;
  bool by_name = false;  // a message that is known, and no result: an alarm
};

// A known type that is no ORU^R01 is kept by its name: PCD-04 alarms (ORU^R40) must not be lost, and are not read yet.
Outcome read_message(std::string_view text, const std::string& place, const Context& context, std::vector<Item>& items) {
  auto message = Hl7Message::read(text);
  if (!message) return {message.error()};
  std::string converted;
  const auto as_text = as_utf8(text, message->header(), converted);
  if (!as_text) return {as_text.error()};
  message = Hl7Message::read(*as_text);
  if (!message) return {message.error()};
  const Hl7Segment header = message->header();
  const std::string type = header.text(9, 1), trigger = header.text(9, 2);
  if (type == "ORU" && trigger == "R01") {
    if (!MessageReader(*message, place, context, items).read()) return {too_many_items()};
    return {};
  }
  const bool alarm = type == "ORU" && trigger == "R40";
  fhir::Error error = fhir::invalid("MSH.9: expected ORU^R01, found " + quoted_word(type) + " " + quoted_word(trigger));
  if (alarm) error.detail = "MSH.9: ORU^R40, the alarm of a device (IHE PCD-04), is not read";
  return {error, alarm};
}

// The message is held as one item, with whom it concerns as far as that can be read.
Held held_message(std::string_view text, const std::string& place, std::string note, bool by_name) {
  Draft draft;
  draft.hold(by_name ? QuarantineReason::unknown_kind : undecodable, place + std::move(note));
  const auto message = Hl7Message::read(text);
  if (message && is_utf8(text))
    message->each([&](std::string_view line) {
      if (!line.starts_with("PID") || !message->is_segment(line)) return true;
      const Hl7Segment pid(line, message->separators());
      draft.reading.subject = hl7_patient(pid, place + "PID.3").subject;
      return false;
    });
  return std::get<Held>(std::move(draft).item());
}

}  // namespace

fhir::Result<Decoded> decode_hl7v2(std::string_view payload, const Context& context) {
  const auto messages = hl7_messages(payload);
  if (!messages) return messages.error();
  Decoded decoded;
  std::vector<Held> failed;
  for (std::size_t i = 0; i < messages->size(); ++i) {
    const std::string place = messages->size() == 1 ? std::string() : "message " + std::to_string(i + 1) + ", ";
    const Outcome outcome = read_message((*messages)[i], place, context, decoded.items);
    if (!outcome.error) continue;
    const bool whole = messages->size() == 1 && !outcome.by_name;
    if (whole || outcome.error->category == fhir::ErrorCategory::too_large) return *outcome.error;
    decoded.items.push_back(
        held_message((*messages)[i], place, outcome.error->detail, outcome.by_name));
    if (decoded.items.size() > most_items) return too_many_items();
  }
  return decoded;
}

}  // namespace adapters
