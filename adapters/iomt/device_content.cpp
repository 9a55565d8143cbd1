#include "adapters/iomt/device_content.hpp"

#include <algorithm>

namespace adapters::iomt {
namespace {

using fhir::JsonValue;

struct Family {
  std::string_view name;
  bool with_suffix;  // the factories of the other two compare against the short name
  bool calculated;   // expressions may be JMESPath and see the event with matchedToken
  const char* device;
  std::vector<const char*> times;
};

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {"CalculatedContent", false, true, nullptr, {}},
      {"JsonPathContent", true, false, nullptr, {}},
      {"IotJsonPathContent",
       true,
       false,
       "$.SystemProperties.iothub-connection-device-id",
       {"$.Properties.iothub-creation-time-utc", "$.SystemProperties.iothub-enqueuedtime"}},
      {"IotCentralJsonPathContent", false, false, "$.deviceId", {"$.enqueuedTime"}}};
  return all;
}

// Compiles one template; problems and warnings go to their lists.
class Compiler {
 public:
  Compiler(const Family& family, expression::Arithmetic arithmetic, const Problems& problems, const Problems& warnings)
      : family_(family), arithmetic_(arithmetic), problems_(problems), warnings_(warnings) {}

  DeviceTemplate compile(JsonValue content) {
    const TemplateObject object = members(content);
    DeviceTemplate made;
    made.place = content.path();
    made.token_as_root = !family_.calculated;
    made.type = object.required_text("typeName");
    if (family_.calculated) read_language(object, "defaultExpressionLanguage", default_);
    made.match = required(object, "typeMatchExpression");
    if (family_.device == nullptr) {
      made.device = required(object, "deviceIdExpression");
      if (auto time = required(object, "timestampExpression")) made.times.push_back(std::move(*time));
    } else {
      made.device = built_in(family_.device);
      for (const char* time : family_.times) made.times.push_back(std::move(*built_in(time)));
    }
    made.patient = optional(object, "patientIdExpression");
    made.encounter = optional(object, "encounterIdExpression");
    made.correlation = optional(object, "correlationIdExpression");
    read_values(object, made.values);
    return made;
  }

 private:
  TemplateObject members(JsonValue content) const {
    if (family_.calculated)
      return {content,
              {"typeName", "typeMatchExpression", "deviceIdExpression", "timestampExpression", "patientIdExpression",
               "encounterIdExpression", "correlationIdExpression", "values", "defaultExpressionLanguage"},
              problems_};
    return {content,
            {"typeName", "typeMatchExpression", "deviceIdExpression", "timestampExpression", "patientIdExpression",
             "encounterIdExpression", "correlationIdExpression", "values"},
            problems_};
  }

  void read_language(const TemplateObject& object, std::string_view member, Language& language) const {
    const std::string word = object.text(member);
    if (word.empty()) return;
    if (same_word(word, "JsonPath"))
      language = Language::json_path;
    else if (same_word(word, "JmesPath"))
      language = Language::jmes_path;
    else
      problems_.add(object.place(member), "expected JsonPath or JmesPath");
  }

  std::optional<Expression> built_in(const char* text) const {
    auto made = Expression::compile(text, Language::json_path, arithmetic_);
    return std::optional<Expression>(std::move(*made));
  }

  std::optional<Expression> required(const TemplateObject& object, std::string_view member) const {
    if (object[member].absent()) {
      problems_.add(object.place(member), "missing");
      return std::nullopt;
    }
    return optional(object, member);
  }

  std::optional<Expression> optional(const TemplateObject& object, std::string_view member) const {
    const JsonValue written = object[member];
    if (written.absent()) return std::nullopt;
    if (written.is_string()) return compiled(written.scalar(), default_, written.path());
    if (!family_.calculated || !written.is_object()) {
      problems_.add(written.path(), family_.calculated ? "expected a text, or an object with value and language"
                                                       : "expected a text: JSONPath");
      return std::nullopt;
    }
    const TemplateObject inner(written, {"value", "language"}, problems_);
    Language language = default_;
    read_language(inner, "language", language);
    const std::string text = inner.required_text("value");
    if (text.empty()) return std::nullopt;
    return compiled(text, language, inner.place("value"));
  }

  std::optional<Expression> compiled(std::string_view text, Language language, const std::string& place) const {
    if (blank(text)) {
      problems_.add(place, "must not be blank");
      return std::nullopt;
    }
    auto made = Expression::compile(text, language, arithmetic_);
    if (!made) {
      problems_.add(place, made.error().detail);
      return std::nullopt;
    }
    for (const std::string& warning : made->warnings()) warnings_.add(place, warning);
    return std::optional<Expression>(std::move(*made));
  }

  // Required here: the original reads `values` unguarded when it loads the file.
  void read_values(const TemplateObject& object, std::vector<DeviceValue>& values) const {
    const JsonValue list = object["values"];
    if (!list.is_array()) return problems_.add(object.place("values"), "expected an array of values");
    for (const JsonValue element : list) {
      if (!element.is_object()) {
        problems_.add(element.path(), "expected an object");
        continue;
      }
      const TemplateObject value(element, {"valueName", "valueExpression", "required"}, problems_);
      DeviceValue made;
      made.name = value.required_text("valueName");
      made.expression = required(value, "valueExpression");
      made.required = value.flag("required");
      values.push_back(std::move(made));
    }
  }

  const Family& family_;
  expression::Arithmetic arithmetic_;
  const Problems& problems_;
  const Problems& warnings_;
  Language default_ = Language::json_path;
};

// One match of one template, read to the end whatever fails; the first fault is kept.
class Reading {
 public:
  Reading(const DeviceTemplate& from, const Value& root, Workspace& workspace)
      : from_(from), root_(root), workspace_(workspace) {}

  Normalised read() && {
    out_.type = from_.type;
    out_.device = must(*from_.device, "deviceIdExpression");
    out_.time = time();
    if (from_.patient) out_.patient = text(*from_.patient, "patientIdExpression").value_or("");
    if (from_.encounter) out_.encounter = text(*from_.encounter, "encounterIdExpression").value_or("");
    if (from_.correlation) out_.correlation = must(*from_.correlation, "correlationIdExpression");
    for (const DeviceValue& value : from_.values) {
      std::optional<std::string> found = text(*value.expression, value.name);
      if (value.required && (!found || blank(*found))) fault(value.name, "required and missing");
      // What is there and empty stays there.
      if (found) out_.values.emplace_back(value.name, std::move(*found));
    }
    return std::move(out_);
  }

 private:
  void fault(std::string_view member, std::string_view what) {
    if (!out_.fault.empty()) return;
    out_.fault.append(from_.type).append(", ").append(member).append(": ").append(what);
  }

  std::optional<std::string> text(const Expression& expression, std::string_view member) {
    const auto token = expression.single(root_, workspace_);
    if (!token) {
      fault(member, token.error().detail);
      return std::nullopt;
    }
    if (!*token) return std::nullopt;
    auto written = token_text(**token);
    if (written) return std::move(*written);
    fault(member, written.error().detail);
    return std::nullopt;
  }

  std::string must(const Expression& expression, std::string_view member) {
    std::string found = text(expression, member).value_or("");
    if (blank(found)) fault(member, "required and missing");
    return found;
  }

  std::string time() {
    for (const Expression& expression : from_.times) {
      const auto token = expression.single(root_, workspace_);
      if (!token) {
        fault("timestampExpression", token.error().detail);
        return {};
      }
      if (!*token || (*token)->is_null()) continue;
      const std::optional<std::string_view> written = (*token)->string();
      if (!written) {
        fault("timestampExpression", "expected a text; a number of seconds goes through fromUnixTimestamp");
        return {};
      }
      if (!blank(*written)) return std::string(*written);
    }
    fault("timestampExpression", "required and missing");
    return {};
  }

  const DeviceTemplate& from_;
  const Value& root_;
  Workspace& workspace_;
  Normalised out_;
};

expression::EvaluationLimits limits_within(const Budget& budget) {
  expression::EvaluationLimits limits;
  limits.steps = std::min(limits.steps, budget.steps);
  return limits;
}

}  // namespace

const std::string* Normalised::value(std::string_view name) const {
  for (const auto& [known, text] : values)
    if (known == name) return &text;
  return nullptr;
}

DeviceContent DeviceContent::compile(const TemplateFile& file, expression::Arithmetic arithmetic,
                                     std::vector<Problem>& problems) {
  DeviceContent made;
  const Problems faults{file.name, problems};
  const Problems warnings{file.name, made.warnings_};
  const auto document = fhir::JsonDocument::parse(file.text);
  if (!document) {
    faults.add({}, document.error().detail);
    return made;
  }
  for (const Wrapped& wrapped : collection(document->root(), "CollectionContent", faults)) {
    const auto family = std::find_if(families().begin(), families().end(), [&](const Family& known) {
      return is_type(wrapped.type, known.name, known.with_suffix);
    });
    if (family == families().end())
      faults.add(wrapped.content.path(), "unknown templateType " + wrapped.type);
    else
      made.templates_.push_back(Compiler(*family, arithmetic, faults, warnings).compile(wrapped.content));
  }
  return made;
}

std::vector<Normalised> DeviceContent::normalise(const Value& event, Budget& budget) const {
  std::vector<Normalised> all;
  bool failed = false;
  for (const DeviceTemplate& from : templates_) {
    Workspace match_memory(limits_within(budget));
    const auto matches = from.match->matches(event, match_memory);
    budget.spend(match_memory.spent() + 1);
    if (budget.exhausted()) return all;
    if (!matches) {
      Normalised broken;
      broken.type = from.type;
      broken.fault = from.type + ", typeMatchExpression: " + matches.error().detail;
      all.push_back(std::move(broken));
      failed = true;
      continue;
    }
    if (matches->empty()) continue;
    Workspace memory(limits_within(budget));
    std::uint64_t spent = 0;
    for (const Value& match : *matches) {
      --budget.measurements;
      memory.reset();
      memory.begin();
      const Value root = from.token_as_root ? match : memory.with_member(event, "matchedToken", match);
      Normalised reading = Reading(from, root, memory).read();
      budget.spend(memory.spent() - spent);
      spent = memory.spent();
      if (budget.exhausted()) return all;
      if (failed && reading.fault.empty()) reading.fault = from.type + ": an earlier measurement of this event failed";
      failed = failed || !reading.fault.empty();
      all.push_back(std::move(reading));
    }
  }
  return all;
}

}  // namespace adapters::iomt
