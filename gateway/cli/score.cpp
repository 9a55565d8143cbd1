// `hjemport score`: inputs in, scores out, one JSON object a line. Reads no store; what belongs together is for
// whoever makes the lines. docs/scores.md has the members.
#include <array>
#include <fstream>
#include <istream>
#include <limits>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json_reader.hpp"
#include "fhir/json_writer.hpp"
#include "gateway/cli/arguments.hpp"
#include "gateway/cli/cli.hpp"
#include "thresholds/news2.hpp"
#include "thresholds/weighted_score.hpp"

namespace gateway::cli {
namespace {

constexpr int bad_line = 2;
// OURS: a set of inputs is some 200 bytes; room for members of somebody else's, which are left alone.
constexpr std::size_t line_bytes_max = 64 * 1024;
constexpr fhir::JsonLimits line_limits{.depth = 16, .values = 10'000};

// What is read member by member; the first fault is kept and is the line's.
class Members {
 public:
  explicit Members(fhir::JsonValue object) : object_(object) {}

  std::optional<thresholds::Number> number(const char* name) {
    const auto value = read(name, &fhir::JsonValue::as_decimal_or_text);
    if (!value) return std::nullopt;
    return thresholds::Number{value->coefficient(), value->scale()};
  }

  std::optional<bool> boolean(const char* name) { return read(name, &fhir::JsonValue::as_boolean); }

  std::optional<thresholds::Consciousness> consciousness(const char* name) {
    const auto letter = read(name, &fhir::JsonValue::as_string);
    if (!letter) return std::nullopt;
    const auto named = thresholds::consciousness_named(*letter);
    if (!named) fault(std::string(name) + ": A, C, V, P or U");
    return named;
  }

  thresholds::SaturationScale scale(const char* name) {
    const auto value = read(name, &fhir::JsonValue::as_decimal_or_text);
    if (!value || *value == fhir::Decimal(1)) return thresholds::SaturationScale::one;
    if (*value != fhir::Decimal(2)) fault(std::string(name) + ": 1 or 2");
    return thresholds::SaturationScale::two;
  }

  // An answer as a questionnaire lists it: a number without zeros it does not need.
  std::optional<std::string> answer(const char* name) {
    const auto value = read(name, &fhir::JsonValue::as_decimal_or_text);
    if (!value) return std::nullopt;
    return value->canonical().text();
  }

  void fault(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }
  const std::string& fault() const { return fault_; }

 private:
  template <class T>
  std::optional<T> read(const char* name, fhir::Result<T> (fhir::JsonValue::*as)() const) {
    const fhir::JsonValue value = object_[name];
    if (value.is_null()) return std::nullopt;
    fhir::Result<T> result = (value.*as)();
    if (result) return *result;
    fault(result.error().detail);
    return std::nullopt;
  }

  fhir::JsonValue object_;
  std::string fault_;
};

void write(fhir::JsonWriter& json, std::string_view name, std::optional<std::int64_t> number) {
  json.key(name);
  if (number) {
    json.value(*number);
  } else {
    json.null();
  }
}

void write(fhir::JsonWriter& json, std::string_view name, std::optional<std::string_view> text) {
  json.key(name);
  if (text) {
    json.value(*text);
  } else {
    json.null();
  }
}

void write_state(fhir::JsonWriter& json, bool complete, const thresholds::ScoreRange& possible) {
  json.member("complete", complete);
  json.key("possible").begin_object().member("min", possible.min).member("max", possible.max).end_object();
}

template <class Names>
void write_names(fhir::JsonWriter& json, std::string_view name, const Names& names) {
  json.key(name).begin_array();
  for (std::string_view each : names) json.value(each);
  json.end_array();
}

std::vector<std::string_view> names_of(const std::vector<thresholds::News2Parameter>& parameters) {
  std::vector<std::string_view> names;
  for (const thresholds::News2Parameter parameter : parameters) names.push_back(name(parameter));
  return names;
}

std::optional<std::string_view> name_of(const std::optional<thresholds::News2Band>& band) {
  if (!band) return std::nullopt;
  return name(*band);
}

void score_news2(Members& line, fhir::JsonWriter& json) {
  thresholds::News2Inputs inputs;
  inputs.respiratory_rate = line.number("respiratory_rate");
  inputs.oxygen_saturation = line.number("oxygen_saturation");
  inputs.scale = line.scale("scale");
  inputs.oxygen = line.boolean("oxygen");
  inputs.systolic = line.number("systolic");
  inputs.pulse = line.number("pulse");
  inputs.consciousness = line.consciousness("consciousness");
  inputs.temperature = line.number("temperature");
  inputs.age = line.number("age");
  inputs.pregnant = line.boolean("pregnant");
  const thresholds::News2 result = thresholds::news2(inputs);

  json.begin_object();
  write(json, "total", result.total);
  json.key("components").begin_object();
  for (std::size_t i = 0; i < result.components.size(); ++i) {
    write(json, name(static_cast<thresholds::News2Parameter>(i)), result.components[i]);
  }
  json.end_object();
  write_state(json, result.complete(), result.possible);
  json.member("red_score", result.red_score);
  write(json, "band", name_of(result.band));
  write(json, "at_least", name_of(result.at_least));
  write_names(json, "missing", names_of(result.missing));
  write_names(json, "impossible", names_of(result.impossible));
  json.member("scale", static_cast<int>(inputs.scale));
  if (result.refused) json.member("refused", name(*result.refused));
  json.end_object();
}

void score_questionnaire(const thresholds::Questionnaire& questionnaire, Members& line, fhir::JsonWriter& json) {
  std::vector<std::optional<std::string>> answers;
  for (const auto& question : questionnaire.questions) answers.push_back(line.answer(question.name.c_str()));
  const thresholds::WeightedScore result = thresholds::weighted_score(questionnaire, answers);
  const auto names = [&questionnaire](const std::vector<std::size_t>& places) {
    std::vector<std::string_view> found;
    for (const std::size_t place : places) found.push_back(questionnaire.questions[place].name);
    return found;
  };

  json.begin_object();
  write(json, "total", result.total);
  json.key("components").begin_object();
  for (std::size_t i = 0; i < result.components.size(); ++i) {
    write(json, questionnaire.questions[i].name, result.components[i]);
  }
  json.end_object();
  write_state(json, result.total.has_value(), result.possible);
  if (result.band) json.member("band", result.band->name);
  if (!result.band && !questionnaire.bands.empty()) json.key("band").null();
  write_names(json, "missing", names(result.missing));
  write_names(json, "impossible", names(result.impossible));
  json.end_object();
}

void score_cat(Members& line, fhir::JsonWriter& json) {
  static const thresholds::Questionnaire cat = thresholds::copd_assessment_test();
  score_questionnaire(cat, line, json);
}

void score_cfs(Members& line, fhir::JsonWriter& json) {
  static const thresholds::Questionnaire cfs = thresholds::clinical_frailty_scale();
  score_questionnaire(cfs, line, json);
}

struct Score {
  std::string_view name;
  void (*write)(Members&, fhir::JsonWriter&);
};
constexpr std::array<Score, 3> scores{{{"news2", score_news2}, {"cat", score_cat}, {"cfs", score_cfs}}};

// Lines of at most line_bytes_max; what is longer is skipped to its end without being kept.
class Lines {
 public:
  explicit Lines(std::istream& in) : in_(in), buffer_(line_bytes_max + 1, '\0') {}

  enum class Next { line, too_long, end };
  Next next() {
    in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    auto count = static_cast<std::size_t>(in_.gcount());
    if (in_.bad()) return Next::end;
    if (in_.fail() && count == 0) return Next::end;
    if (in_.fail()) {
      in_.clear();
      in_.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
      return Next::too_long;
    }
    if (!in_.eof()) --count;  // the end of the line is counted, too
    line_ = std::string_view(buffer_).substr(0, count);
    return Next::line;
  }
  std::string_view line() const { return line_; }

 private:
  std::istream& in_;
  std::string buffer_;
  std::string_view line_;
};

// The fault, or nothing and the score in `out`.
std::string score_line(const Score& score, fhir::JsonDocument& document, std::string_view line, std::string& out) {
  if (auto parsed = document.reparse(line, line_limits); !parsed) return parsed.error().detail;
  if (!document.root().is_object()) return "expected an object";
  Members members(document.root());
  fhir::JsonWriter json(out);
  score.write(members, json);
  return members.fault();
}

int score_lines(const Score& score, std::istream& in, Streams& streams) {
  Lines lines(in);
  fhir::JsonDocument document;
  std::int64_t number = 0;
  int status = 0;
  while (streams.out) {
    const Lines::Next next = lines.next();
    if (next == Lines::Next::end) break;
    ++number;
    std::string out;
    std::string fault;
    if (next == Lines::Next::too_long) {
      fault = "longer than " + std::to_string(line_bytes_max) + " bytes";
    } else if (lines.line().find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    } else {
      fault = score_line(score, document, lines.line(), out);
    }
    if (fault.empty()) {
      streams.out << out << '\n';
      continue;
    }
    out.clear();
    fhir::JsonWriter(out).begin_object().member("error", fault).member("line", number).end_object();
    streams.error << out << '\n';
    status = bad_line;
  }
  if (!in.bad() && streams.out) return status;
  streams.error << (in.bad() ? "hjemport score: the input could not be read to its end\n"
                             : "hjemport score: the output could not be written\n");
  return 1;
}

}  // namespace

int score_command(Arguments arguments, Streams& streams) {
  CLI::App app(
      "Inputs as JSON, one object a line, to scores, one a line on standard output. A bad line is a JSON line on "
      "standard error, and the rest goes on; exit status 2 when there was one.",
      "hjemport score");
  std::string name, file = "-";
  app.add_option("NAME", name, "news2, cat or cfs")->required();
  app.add_option("FILE", file, "the inputs; - or nothing: standard input");
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;

  for (const Score& score : scores) {
    if (score.name != name) continue;
    if (file == "-") return score_lines(score, streams.in, streams);
    std::ifstream stream(file, std::ios::binary);
    if (stream) return score_lines(score, stream, streams);
    streams.error << "hjemport score: cannot read " << file << '\n';
    return exit_usage;
  }
  streams.error << "hjemport score: there is no score '" << name << "'; known: news2, cat, cfs\n";
  return exit_usage;
}

}  // namespace gateway::cli
