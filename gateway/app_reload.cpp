#include "gateway/app_reload.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/runtime/log.hpp"

namespace gateway {
namespace {

// What a reload takes up; `links` are made through POST /links while running.
bool taken_up(const std::string& section) { return section == "sources" || section == "clients"; }

config::Loaded texts_of(config::Loaded loaded) {
  loaded.config = {};  // secrets are not kept twice
  loaded.problems.clear();
  return loaded;
}

void compare(const config::Loaded& last, const config::Loaded& now, api::ReloadReport& report) {
  for (const auto& [id, source] : now.sources) {
    const auto before = last.sources.find(id);
    if (before == last.sources.end()) {
      report.added.push_back({id, source.tenant});
    } else if (before->second != source) {
      report.changed.push_back({id, source.tenant});
    }
  }
  for (const auto& [id, source] : last.sources) {
    if (!now.sources.contains(id)) report.removed.push_back({id, source.tenant});
  }
  auto note = [&](const auto& these, const auto& others) {
    for (const auto& [name, text] : these) {
      const auto other = others.find(name);
      const bool same = other != others.end() && other->second == text;
      const bool noted = std::find(report.after_restart.begin(), report.after_restart.end(), name) != report.after_restart.end();
      if (!same && !noted && !taken_up(name)) report.after_restart.push_back(name);
    }
  };
  note(now.sections, last.sections);
  note(last.sections, now.sections);
}

}  // namespace

Reload::Reload(const config::Config& running, Means means)
    : file_(running.file), means_(std::move(means)), last_(file_.empty() ? config::Loaded{} : texts_of(config::load(file_))) {}

// On the committer's thread: a source's number may be new, and only that thread may write it.
fhir::Result<Reload::Made> Reload::make(const std::vector<const config::Source*>& sources, const config::Config& config) {
  struct Work {
    Made made;
    std::optional<fhir::Error> fault;
    std::promise<fhir::Result<void>> done;
  };
  auto work = std::make_shared<Work>();
  auto decide = [work, &sources, &config, this](journal::Working&) {
    work->made.clear();  // may run again after a neighbour failed
    for (const config::Source* source : sources) {
      auto made = ingest::Sources::make(*source, config, means_.store);
      if (!made) {
        work->fault = made.error();
        return;
      }
      work->made.push_back(std::move(*made));
    }
  };
  auto finished = [work](const fhir::Result<void>& result) { work->done.set_value(result); };
  if (!means_.committer.submit(journal::job(decide, finished), store::Lane::bulk)) {
    return fhir::Error(fhir::ErrorCategory::busy, "too much is waiting; try again");
  }
  if (fhir::Result<void> result = work->done.get_future().get(); !result) return result.error();
  if (work->fault) return *work->fault;
  return std::move(work->made);
}

api::ReloadReport Reload::apply(const config::Loaded& loaded) {
  api::ReloadReport report;
  report.problems = loaded.problems;
  if (!loaded.usable()) return report;
  compare(last_, loaded, report);
  auto wrong = [&](std::string text) {
    report.problems.push_back({loaded.config.file.string(), 0, std::move(text), false});
    return report;
  };
  // What these name is woven into everything that runs.
  for (const char* key : {"tenants", "environment"}) {
    if (std::find(report.after_restart.begin(), report.after_restart.end(), key) != report.after_restart.end()) {
      return wrong(std::string("'") + key + "' changed: that needs a restart, and nothing of this file is used before it");
    }
  }
  std::vector<const config::Source*> to_make;
  for (const config::Source& source : loaded.config.sources) {
    auto same = [&](const api::ReloadReport::Named& named) { return named.id == source.id; };
    if (std::any_of(report.added.begin(), report.added.end(), same) || std::any_of(report.changed.begin(), report.changed.end(), same)) {
      to_make.push_back(&source);
    }
  }
  try {
    fhir::Result<Made> made = make(to_make, loaded.config);
    if (!made) return wrong(made.error().detail);
    const std::function<void()> admit = means_.admission(loaded.config);
    for (auto& source : *made) means_.sources.put(std::move(source));
    admit();
    for (const api::ReloadReport::Named& source : report.removed) means_.sources.remove(source.id);
  } catch (const std::exception& error) {
    return wrong(error.what());
  }
  report.applied = true;
  return report;
}

api::ReloadReport Reload::run() {
  const std::lock_guard lock(mutex_);
  config::Loaded loaded = config::load(file_);
  api::ReloadReport report = apply(loaded);
  log::info("configuration_reloaded", {{"applied", report.applied},
                                       {"added", static_cast<std::int64_t>(report.added.size())},
                                       {"changed", static_cast<std::int64_t>(report.changed.size())},
                                       {"removed", static_cast<std::int64_t>(report.removed.size())}});
  if (report.applied) {
    // What waits for a restart stays different from what runs, and is named again next time.
    std::map<std::string, std::string> running = std::move(last_.sections);
    last_ = texts_of(std::move(loaded));
    last_.sections = std::move(running);
  }
  return report;
}

}  // namespace gateway
