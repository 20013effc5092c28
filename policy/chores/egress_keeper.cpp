// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/egress_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "policy/auth/dnsbl/dnsbl.h"
#include "policy/auth/iprev/iprev.h"
#include "policy/base/deadline.h"
#include "policy/base/sink.h"
#include "policy/base/unreachable.h"

namespace milterward::chores {
namespace {

using ChangeKind = EgressChange::Kind;

std::vector<conf::DnsList> rows_against(const std::vector<conf::DnsList>& lists) {
  std::vector<conf::DnsList> rows;
  std::ranges::copy_if(lists, std::back_inserter(rows), [](const conf::DnsList& row) {
    return row.kind == conf::ListKind::block;
  });
  return rows;
}

EgressAnswer answer_about_name(const IpAddress& address, const auth::IprevFinding& found) {
  EgressAnswer answer{address, "", EgressSays::ill, ""};
  switch (found.result) {
    case auth::IprevResult::pass:
      answer.says = EgressSays::well;
      answer.detail = found.name;
      return answer;
    case auth::IprevResult::temperror:
      answer.says = EgressSays::nothing;
      answer.detail = to_text(auth::ListFault::unanswered);
      return answer;
    case auth::IprevResult::permerror:
      answer.detail = "there is no PTR record";
      return answer;
    case auth::IprevResult::fail:
      answer.detail = fmt::format("{} does not lead back to it", found.name);
      return answer;
  }
  unreachable();
}

/// One answer for each list, however many rows are about it.
void add_lists(const std::vector<conf::DnsList>& rows, const IpAddress& address,
               const auth::ListFindings& findings, std::vector<EgressAnswer>& answers) {
  std::map<std::string, EgressAnswer> by_list;
  for (const auto& row : rows)
    by_list[row.shown()] = {address, row.shown(), EgressSays::well, ""};
  for (const auto& listing : findings.listings) {
    if (!auth::speaks_against(rows, listing)) continue;
    auto& answer = by_list[listing.list];
    answer.says = EgressSays::ill;
    answer.detail += (answer.detail.empty() ? "" : ",") + listing.code.text();
  }
  for (const auto& faulty : findings.faulty)
    by_list[faulty.list] = {address, faulty.list, EgressSays::nothing,
                            std::string{to_text(faulty.fault)}};
  for (auto& [list, answer] : by_list) answers.push_back(std::move(answer));
}

/// Silence is about who was asked, so all addresses it concerns stand in one line.
void tell_of_silence(const std::vector<EgressChange>& changes) {
  std::map<std::pair<std::string, std::string>, std::string> addresses;
  for (const auto& change : changes) {
    if (change.kind != ChangeKind::unanswered) continue;
    auto& text = addresses[{change.list.empty() ? "ptr" : change.list, change.detail}];
    text += (text.empty() ? "" : ",") + change.address.text();
  }
  for (const auto& [asked, text] : addresses)
    log_event(Event::egress_unanswered,
              {{"asked", asked.first}, {"addresses", text}, {"reason", asked.second}});
}

void tell_of_change(const EgressChange& change) {
  const auto address = change.address.text();
  switch (change.kind) {
    case ChangeKind::listed:
      log_event(Event::egress_listed,
                {{"address", address}, {"list", change.list}, {"codes", change.detail}});
      return;
    case ChangeKind::delisted:
      log_event(Event::egress_delisted, {{"address", address}, {"list", change.list}});
      return;
    case ChangeKind::name_broken:
      log_event(Event::egress_name_broken,
                {{"address", address}, {"reason", change.detail}});
      return;
    case ChangeKind::name_mended:
      log_event(Event::egress_name_mended, {{"address", address}, {"name", change.detail}});
      return;
    case ChangeKind::unanswered:
      return;  // together with others
  }
  unreachable();
}

}  // namespace

void EgressKeeper::look(const World& world) {
  const auto rows = rows_against(world.lists);
  std::vector<EgressAnswer> answers;
  for (const auto& network : world.egress) {
    const auto& address = network.address();
    const auto deadline = Deadline::after(world.clock, world.patience);
    const auth::ListCheck lists{rows, address, world.dns, deadline};
    answers.push_back(
        answer_about_name(address, auth::check_iprev(address, world.dns, deadline)));
    add_lists(rows, address, lists.finish(deadline), answers);
    if (world.is_unwanted()) return;
  }
  if (world.state != nullptr && !std::exchange(has_read_, true)) read_state(*world.state);
  const auto changes = watch_.note(answers);
  for (const auto& known : watch_.take_restored())
    log_event(Event::egress_known, {{"address", known.address.text()},
                                    {"list", known.list.empty() ? "ptr" : known.list},
                                    {"detail", known.detail}});
  for (const auto& change : changes) tell_of_change(change);
  tell_of_silence(changes);
  // Also before the hook is called, which may take longer than we live.
  if (world.state != nullptr) write_state(*world.state);
  hand_over(world);
  if (world.state != nullptr) write_state(*world.state);
}

void EgressKeeper::read_state(ports::StateFile& state) {
  const auto tell = [&](const std::string& reason) {
    log_event(Event::egress_state_failing, {{"file", state.place()}, {"reason", reason}});
  };
  auto text = state.read(longest_egress_state);
  if (!text) return tell(text.fault());
  if (text->empty()) return;  // the first start
  const auto points = parse_egress_state(*text);
  if (!points) return tell("it is not what was written there; it is written anew");
  watch_.restore(*points);
  written_ = std::move(*text);
}

void EgressKeeper::write_state(ports::StateFile& state) {
  auto text = egress_state(watch_.points());
  if (text == written_) return;
  if (const auto fault = state.write(text)) {
    log_event(Event::egress_state_failing, {{"file", state.place()}, {"reason", *fault}});
    return;
  }
  written_ = std::move(text);
}

void EgressKeeper::hand_over(const World& world) {
  for (const auto& change : watch_.to_hand_over()) {
    if (world.is_unwanted()) return;
    if (const auto fault = world.hook ? world.hook(change) : std::nullopt)
      log_event(Event::egress_hook_failed, {{"action", std::string{to_text(change.kind)}},
                                            {"address", change.address.text()},
                                            {"list", change.list},
                                            {"reason", *fault}});
    else
      watch_.handed_over(change);
  }
}

}  // namespace milterward::chores
