// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "conf/import/import.h"
#include "conf/import/write.h"
#include "conf/load.h"
#include "milter/commands/exit_codes.h"
#include "milter/commands/files.h"
#include "milter/commands/old_keys.h"

namespace milterward::commands {
namespace {

using importing::Daemon;
using importing::Draft;
using importing::Finding;
using importing::Outcome;

class FilesBelow final : public importing::OldFiles {
 public:
  explicit FilesBelow(std::string root) : root_(std::move(root)) {}

  Result<std::string, std::string> read(const std::string& path) const override {
    return read_file(root_ + path);
  }

  std::vector<std::string> names_in(const std::string& directory) const override {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator at{root_ + directory, error}, end;
         !error && at != end; at.increment(error))
      names.push_back(at->path().filename().string());
    std::ranges::sort(names);
    return names;
  }

 private:
  std::string root_;
};

/// "opendkim A opendmarc B C": what does not begin a daemon is a file of the one before it.
std::optional<std::vector<importing::Source>> sources_of(
    const std::vector<std::string>& words) {
  std::vector<importing::Source> sources;
  for (const auto& word : words) {
    if (const auto daemon = importing::daemon_called(word)) {
      sources.push_back({*daemon, {}});
    } else if (sources.empty()) {
      fmt::print(stderr,
                 "milterward: \"{}\" is no daemon that can be imported; name one of {}\n",
                 word, import_daemons());
      return std::nullopt;
    } else {
      sources.back().files.push_back(word);
    }
  }
  for (const auto& source : sources) {
    if (!source.files.empty()) continue;
    fmt::print(stderr, "milterward: {} wants its configuration file behind it\n",
               importing::name_of(source.daemon));
    return std::nullopt;
  }
  return sources;
}

struct Heading {
  Outcome outcome;
  const char* word;  // in JSON
  const char* title;
};

/// What needs a person comes last, where a terminal still shows it.
constexpr std::array headings{
    Heading{Outcome::covered, "covered", "Already so, or not needed"},
    Heading{Outcome::translated, "translated", "Translated"},
    Heading{Outcome::no_counterpart, "no_counterpart", "Without counterpart"},
    Heading{Outcome::look, "look", "Needs your eye"},
};

std::string place_of(const importing::Origin& origin) {
  return origin.line == 0 ? origin.said
                          : fmt::format("{}:{}: {}", origin.file, origin.line, origin.said);
}

void tell(const std::vector<Finding>& findings) {
  for (const auto& heading : headings) {
    bool is_first = true;
    for (const auto& finding : findings) {
      if (finding.outcome != heading.outcome) continue;
      if (is_first) fmt::print(stderr, "\n{}:\n", heading.title);
      is_first = false;
      fmt::print(stderr, "  {}\n      {}\n", place_of(finding.origin), finding.text);
    }
  }
}

std::string summary(const std::vector<Finding>& findings) {
  const auto count = [&](Outcome outcome) {
    return std::ranges::count(findings, outcome, &Finding::outcome);
  };
  return fmt::format(
      "{} translated, {} already so or not needed, {} without counterpart, {} to look at",
      count(Outcome::translated), count(Outcome::covered), count(Outcome::no_counterpart),
      count(Outcome::look));
}

nlohmann::json as_json(const std::string& toml, const std::vector<Finding>& findings,
                       const std::vector<OldKey>& keys) {
  auto list = nlohmann::json::array();
  for (const auto& finding : findings) {
    const auto* heading = std::ranges::find(headings, finding.outcome, &Heading::outcome);
    list.push_back({{"outcome", heading->word},
                    {"file", finding.origin.file},
                    {"line", finding.origin.line},
                    {"said", finding.origin.said},
                    {"text", finding.text}});
  }
  auto key_list = nlohmann::json::array();
  for (const auto& key : keys)
    key_list.push_back({{"domain", key.domain},
                        {"selector", key.selector},
                        {"file", key.file},
                        {"trouble", key.trouble}});
  return {{"toml", toml}, {"findings", list}, {"keys", key_list}};
}

bool write_file(const std::string& path, const std::string& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{
      std::fopen(path.c_str(), "wbx"), std::fclose};
  if (file && std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() &&
      std::fflush(file.get()) == 0)
    return true;
  fmt::print(stderr, "milterward: {}: {}\n", path, std::strerror(errno));
  return false;
}

std::string head_of(const std::vector<importing::Source>& sources) {
  std::string head =
      "Written by \"milterward import\"; each line names what it came from. What is not\n"
      "here keeps its default, see milterward.toml(5).";
  for (const auto& source : sources)
    head += fmt::format("\n  {}: {}", importing::name_of(source.daemon),
                        fmt::join(source.files, " "));
  return head;
}

/// What the loader doubts, and keys the daemon cannot use, belong to what needs an eye.
void add_doubts(Draft& draft, const conf::Config& config, const std::vector<OldKey>& keys) {
  for (const auto& warning : config.warnings)
    draft.tell(
        Outcome::look, {"", 0, warning.key},
        warning.way_out.empty() ? warning.wrong : warning.wrong + "; " + warning.way_out);
  for (const auto& key : keys)
    if (!key.trouble.empty())
      draft.tell(
          Outcome::look,
          {"", 0, fmt::format("the key of {}, selector {}", key.domain, key.selector)},
          key.trouble);
}

int not_loadable(const std::string& toml,
                 const std::vector<conf::ConfigProblem>& problems) {
  fmt::print(stderr, "milterward: what came out is no configuration that can be used:\n");
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", conf::to_text(problem));
  fmt::print(stderr, "\nThis is what came out:\n\n{}", toml);
  return wrong_config;
}

}  // namespace

std::string import_daemons() {
  std::string names;
  for (const auto daemon : {Daemon::opendkim, Daemon::opendmarc, Daemon::spf_engine,
                            Daemon::dkimpy_milter, Daemon::rspamd_dkim})
    names += (names.empty() ? "" : ",") + std::string{importing::name_of(daemon)};
  return names;
}

int import(const ImportArguments& arguments) {
  const auto sources = sources_of(arguments.words);
  if (!sources) return wrong_usage;
  const FilesBelow files{arguments.root};
  auto draft = importing::import(*sources, files);
  if (!draft) {
    const auto& fault = draft.fault();
    fmt::print(stderr, "milterward: {}{}\n",
               fault.line == 0 ? "" : fmt::format("{}:{}: ", fault.file, fault.line),
               fault.reason);
    return failed;
  }
  constexpr auto user = "milterward";
  auto root_of_keys = arguments.root;
  if (!arguments.copy_keys.empty()) {
    if (const auto fault = copy_keys(*draft, arguments.root, arguments.copy_keys, user)) {
      fmt::print(stderr, "milterward: {}\n", *fault);
      return failed;
    }
    root_of_keys.clear();
  }
  const auto toml = importing::to_toml(*draft, head_of(*sources));
  const auto config = conf::load_config(
      toml, arguments.output_file.empty() ? "output" : arguments.output_file);
  if (!config) return not_loadable(toml, config.fault());
  const auto keys = look_at_keys(*draft, root_of_keys, user);
  add_doubts(*draft, *config, keys);

  if (!arguments.output_file.empty() && !write_file(arguments.output_file, toml))
    return failed;
  if (arguments.output == Output::json) {
    fmt::print("{}\n", as_json(toml, draft->findings(), keys)
                           .dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    if (arguments.output_file.empty()) fmt::print("{}", toml);
    fmt::print(stderr, "milterward import: {}\n", summary(draft->findings()));
    tell(draft->findings());
  }
  return std::fflush(stdout) == 0 ? ok : failed;
}

}  // namespace milterward::commands
