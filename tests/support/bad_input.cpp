#include "tests/support/bad_input.hpp"

#include "fhir/json_reader.hpp"
#include "fhir/json_writer.hpp"
#include "tests/support/soundness.hpp"

namespace test {
namespace {

using fhir::JsonValue;

enum class Edit { none, replace, leave_out, add_member, repeat };

// Writes a document back with one edit at the value with number `target` in document order.
class Rewriter {
 public:
  Rewriter(std::size_t target, Edit edit, std::string_view with = {}) : target_(target), edit_(edit), with_(with) {}

  std::string run(JsonValue root) {
    write(root);
    return std::move(out_);
  }

 private:
  void write(JsonValue value) {
    const bool here = next_++ == target_;
    if (here && edit_ == Edit::replace) {
      next_ += below(value);
      out_ += with_;
    } else if (value.is_object() || value.is_array()) {
      write_container(value, here && edit_ == Edit::add_member);
    } else {
      out_ += value.json();
    }
  }

  void write_container(JsonValue value, bool add_member) {
    const bool object = value.is_object();
    out_ += object ? '{' : '[';
    bool first = true;
    for (const JsonValue child : value) {
      if (next_ == target_ && edit_ == Edit::leave_out) {
        next_ += 1 + below(child);
        continue;
      }
      const int times = next_ == target_ && edit_ == Edit::repeat ? 2 : 1;
      const std::size_t start = next_;
      for (int i = 0; i < times; ++i) {
        next_ = start;
        if (!first) out_ += ',';
        first = false;
        if (object) {
          fhir::append_json_string(out_, child.key());
          out_ += ':';
        }
        write(child);
      }
    }
    if (add_member && object) out_ += first ? R"("zz_unknown":{"a":[1]})" : R"(,"zz_unknown":{"a":[1]})";
    out_ += object ? '}' : ']';
  }

  static std::size_t below(JsonValue value) {
    std::size_t count = 0;
    for (const JsonValue child : value) count += 1 + below(child);
    return count;
  }

  std::size_t target_;
  Edit edit_;
  std::string_view with_;
  std::size_t next_ = 0;
  std::string out_;
};

void places(JsonValue value, std::vector<JsonValue>& into) {
  into.push_back(value);
  for (const JsonValue child : value) places(child, into);
}

struct Source {
  explicit Source(std::string_view json) : document(fhir::JsonDocument::parse(json).value()) {
    places(document.root(), values);
  }
  fhir::JsonDocument document;
  std::vector<JsonValue> values;
};

}  // namespace

const std::vector<std::string>& wrong_values() {
  static const std::vector<std::string> values = {"null",
                                                  "true",
                                                  "false",
                                                  "0",
                                                  "-1",
                                                  "1",
                                                  "2.5",
                                                  "1e300",
                                                  "-0",
                                                  "99999999999999999999",
                                                  "9223372036854775807",
                                                  "-9223372036854775808",
                                                  "\"\"",
                                                  "\" \"",
                                                  "\"x\"",
                                                  "\"1e400\"",
                                                  "\"NaN\"",
                                                  "\"\\u0001\"",
                                                  "\"\xc3\xa6\"",
                                                  "[]",
                                                  "[[]]",
                                                  "{}",
                                                  "{\"value\":{}}",
                                                  "\"" + std::string(identity_number) + "\"",
                                                  std::string(identity_number),
                                                  "\"0001-01-01T00:00:00Z\"",
                                                  "\"9999-12-31T23:59:59.999999-14:00\"",
                                                  "\"" + std::string(300, 'a') + "\""};
  return values;
}

std::vector<Variant> variants(std::string_view json) {
  const Source source(json);
  std::vector<Variant> result;
  for (std::size_t i = 0; i < source.values.size(); ++i) {
    const std::string place = "$." + source.values[i].path();
    const JsonValue root = source.document.root();
    for (const std::string& value : wrong_values())
      result.push_back({place + " = " + value, Rewriter(i, Edit::replace, value).run(root)});
    if (i > 0) result.push_back({place + " left out", Rewriter(i, Edit::leave_out).run(root)});
    if (source.values[i].is_object()) result.push_back({place + " + unknown", Rewriter(i, Edit::add_member).run(root)});
  }
  return result;
}

std::vector<Variant> doubled_members(std::string_view json) {
  const Source source(json);
  std::vector<Variant> result;
  for (std::size_t i = 1; i < source.values.size(); ++i) {
    if (source.values[i].key().empty()) continue;
    result.push_back(
        {"$." + source.values[i].path() + " doubled", Rewriter(i, Edit::repeat).run(source.document.root())});
  }
  return result;
}

}  // namespace test
