// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/attach.h"

#include <fmt/format.h>

#include "milter/attach/config_trial.h"
#include "milter/attach/own_config.h"
#include "milter/attach/rehearsal.h"
#include "milter/commands/attach_case.h"
#include "milter/commands/attach_telling.h"
#include "milter/commands/complain.h"
#include "milter/commands/exit_codes.h"

namespace milterward::commands {
namespace {

using namespace attach;

/// Whether Postfix may open the socket, where it is one of this host's files.
void add_access(const Case& found, const front::SocketSpec& socket, Outcome& outcome) {
  const auto site = site_of(found, socket);
  if (!site) return;
  auto missing = missing_access(*site, group_name);
  outcome.to_run = std::move(missing.commands);
  for (const auto group : missing.groups) outcome.groups.push_back(group_name(group));
  outcome.plan.notes.insert(outcome.plan.notes.end(), missing.notes.begin(),
                            missing.notes.end());
}

/// What milterward.toml lacks, if the daemon can use it.
void add_config(const Case& found, Outcome& outcome) {
  auto proposal = propose_config(found.config_text.text, found.config,
                                 own_names(found.setup, readers(found.directory)));
  auto& notes = outcome.plan.notes;
  notes.insert(notes.end(), proposal.notes.begin(), proposal.notes.end());
  outcome.config_text = found.config_text.text;
  if (proposal.text == found.config_text.text) return;
  const auto complaints = new_complaints(found.config_text.text, proposal.text);
  if (complaints.empty()) {
    outcome.config_text = std::move(proposal.text);
    return;
  }
  for (const auto& complaint : complaints)
    notes.push_back(fmt::format(
        "what Postfix knows is not taken over into {}, since check-config would "
        "say: {}",
        found.config.places.file(), complaint));
}

/// One that was made for changes which have not come about.
void forget_needless_backup(const Case& found) {
  const auto now = read_files(found.directory);
  if (found.backup || !now) return;
  if (now->main.text == found.files.main.text &&
      now->master.text == found.files.master.text)
    remove_backup(found.directory);
}

}  // namespace

int attach_postfix(const AttachArguments& arguments) {
  auto found = look(arguments);
  if (!found) return complain("attach", found.fault());
  const auto socket = socket_of(arguments, found->config);
  if (!socket) return complain("attach", socket.fault());
  const auto address = address_for(*socket, found->setup);
  if (!address) return complain("attach", address.fault());
  found->address = *address;
  Outcome outcome;
  auto plan = plan_attachment(found->setup,
                              {*address, arguments.comes_last, arguments.filters_bounces});
  if (!plan) return complain("attach", plan.fault());
  outcome.plan = std::move(*plan);
  auto files = rehearse(found->files, outcome.plan.changes);
  if (!files) return complain("attach", files.fault());
  outcome.files = std::move(*files);
  add_config(*found, outcome);
  add_access(*found, *socket, outcome);
  int code = ok;
  const Words words{"attach", "it is attached already, nothing is to be changed",
                    "this would attach Milterward"};
  if (!tell(*found, outcome, words, arguments, code)) return code;
  if (const auto fault = link_in_the_way(*found, outcome))
    return complain(words.command, *fault);
  if (!outcome.plan.changes.empty())
    if (const auto fault = write_backup(found->directory, backup_for(*found, outcome)))
      return complain("attach", *fault);
  if (const auto fault = write(*found, outcome)) {
    forget_needless_backup(*found);
    return complain("attach", *fault);
  }
  if (arguments.output == Output::json)
    print_json(*found, outcome, "attached");
  else
    print_after_attaching(*found, outcome);
  return ok;
}

int detach_postfix(const AttachArguments& arguments) {
  auto found = look(arguments);
  if (!found) return complain("detach", found.fault());
  if (found->backup) {
    found->address = found->backup->address;
  } else {
    const auto socket = socket_of(arguments, found->config);
    if (!socket) return complain("detach", socket.fault());
    const auto address = address_for(*socket, found->setup);
    if (!address) return complain("detach", address.fault());
    found->address = *address;
  }
  Outcome outcome;
  outcome.config_text = found->config_text.text;
  outcome.plan =
      plan_detachment(found->setup, found->address,
                      found->backup ? found->backup->changes : std::vector<Change>{});
  if (found->backup)
    for (const auto& group : found->backup->groups)
      outcome.plan.notes.push_back(
          fmt::format("{0} stays in the group {1}, which attach had it join; gpasswd -d "
                      "{0} {1} ends it",
                      found->setup.meant_of("mail_owner"), group));
  outcome.restores_the_bytes =
      found->backup && found->backup->leads_back_from(found->files);
  if (outcome.restores_the_bytes) {
    outcome.files = found->backup->before;
  } else {
    auto files = rehearse(found->files, outcome.plan.changes);
    if (!files) return complain("detach", files.fault());
    outcome.files = std::move(*files);
    if (found->backup)
      outcome.plan.notes.insert(
          outcome.plan.notes.begin(),
          "main.cf or master.cf was edited since Milterward was attached: that stays, and "
          "only what attach wrote goes");
  }
  int code = ok;
  const Words words{"detach", "Milterward is not attached, nothing is to be changed",
                    "this would detach Milterward"};
  if (!tell(*found, outcome, words, arguments, code)) return code;
  if (const auto fault = link_in_the_way(*found, outcome))
    return complain(words.command, *fault);
  if (outcome.restores_the_bytes) {
    if (const auto fault = replace_files(found->directory, outcome.files))
      return complain("detach", *fault);
  } else if (const auto fault = write(*found, outcome)) {
    return complain("detach", *fault);
  }
  if (const auto fault = remove_backup(found->directory)) return complain("detach", *fault);
  if (arguments.output == Output::json)
    print_json(*found, outcome, "detached");
  else
    fmt::print("\nDone{}. Now: postfix reload\n",
               outcome.restores_the_bytes ? ": main.cf and master.cf are as before" : "");
  return ok;
}

}  // namespace milterward::commands
