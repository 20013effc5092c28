// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/report_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "milter/commands/report.h"

namespace milterward::commands {
namespace {

struct Arguments {
  std::string what;
  ReportArguments monitor;
  ReportsSent sent;
  std::vector<std::string> files;
  std::string domain;
  std::size_t top = 0;  // not given
  ReceivedArguments received;
};

/// What can be told, and which options count with it; "--json" with each but "send".
const std::map<std::string, std::vector<std::string>> topics{
    {"ingest", {"LOG", "--config", "--json"}},
    {"monitor", {"LOG", "--since", "--top", "--json"}},
    {"preview", {"--config", "--domain", "--failure", "--json"}},
    {"received", {"--config", "--domain", "--days", "--top", "--json"}},
    {"send", {"--config"}},
    {"status", {"--config", "--limit", "--json"}},
};

/// An option of another topic would be left without effect.
void check_options(const CLI::App& command, const std::string& what) {
  const auto& allowed = topics.at(what);
  for (const auto* option : command.get_options()) {
    const auto name = option->get_single_name();
    const auto shown = option->get_lnames().empty() ? name : "--" + name;
    const bool fits = shown == "WHAT" || shown == "--help" ||
                      std::ranges::find(allowed, shown) != allowed.end();
    if (!option->empty() && !fits)
      throw CLI::ValidationError(shown, "is not for report " + what);
  }
}

int run_topic(const Arguments& arguments, const ByHand& by_hand, const ReportTools& tools,
              const FeedbackTools& feedback) {
  if (arguments.what == "ingest")
    return ingest_reports({arguments.files, by_hand.output}, config_of(by_hand), feedback);
  if (arguments.what == "received") {
    auto received = arguments.received;
    received.domain = arguments.domain;
    if (arguments.top > 0) received.top = arguments.top;
    received.output = by_hand.output;
    return show_received(received, config_of(by_hand), feedback);
  }
  auto sent = arguments.sent;
  sent.domain = arguments.domain;
  if (arguments.what == "preview") return preview_reports(sent, by_hand, tools);
  if (arguments.what == "send") return send_reports(by_hand, tools);
  if (arguments.what == "status") return tell_reports(sent, by_hand, tools);
  auto monitor = arguments.monitor;
  if (arguments.files.size() > 1)
    throw CLI::ValidationError("LOG", "is one file for report monitor");
  if (!arguments.files.empty()) monitor.log = arguments.files.front();
  if (arguments.top > 0) monitor.top = arguments.top;
  monitor.output = by_hand.output;
  return report_monitor(monitor);
}

}  // namespace

void add_report_commands(CLI::App& app, ByHand& by_hand, const ReportTools& tools,
                         const FeedbackTools& feedback, int& code) {
  const auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "report", "Tell what enforcement would have done; see to DMARC reports");
  std::vector<std::string> names;
  for (const auto& [name, options] : topics) names.push_back(name);
  command
      ->add_option("WHAT", arguments->what,
                   "monitor: what enforcement would have done; preview, send, status: "
                   "DMARC reports that are to be sent, and were; ingest, received: reports "
                   "of others")
      ->required()
      ->check(CLI::IsMember(names));
  auto* log =
      command->add_option("LOG", arguments->files,
                          "monitor: the log; - is standard input [the journal]; ingest: "
                          "mail or reports [standard input]");
  command
      ->add_option("--since", arguments->monitor.since,
                   "monitor: of the journal, as journalctl takes it")
      ->excludes(log);
  command
      ->add_option("--top", arguments->top,
                   "monitor, received: how many names of each kind are listed [5, 10]")
      ->check(CLI::Range(1, 1000));
  command->add_option("--domain", arguments->domain,
                      "preview: print the report about this domain, as it would be now; "
                      "received: only of this domain");
  command->add_flag_callback(
      "--failure", [arguments] { arguments->sent.kind = ports::ReportKind::failure; },
      "preview: of failure reports");
  command
      ->add_option("--days", arguments->received.days,
                   "received: of reports that ended within so many days")
      ->check(CLI::Range(1, 4000))
      ->capture_default_str();
  command->add_option("--limit", arguments->sent.most, "status: only the newest so many")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("-c,--config", by_hand.config_file,
                      "Configuration file [the installed one, or defaults]");
  command->add_flag_callback(
      "--json", [&by_hand] { by_hand.output = Output::json; }, "Print JSON");
  command->callback([command, arguments, tools, feedback, &by_hand, &code] {
    check_options(*command, arguments->what);
    code = run_topic(*arguments, by_hand, tools, feedback);
  });
}

}  // namespace milterward::commands
