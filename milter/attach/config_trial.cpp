// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/config_trial.h"

#include <unistd.h>

#include <algorithm>

#include "milter/attach/child_program.h"
#include "milter/attach/scratch_directory.h"
#include "milter/attach/whole_file.h"
#include "policy/base/ascii.h"

namespace milterward::attach {
namespace {

/// "FILE:3:1: relay.domains: is wrong" -> "relay.domains: is wrong"
std::string without_place(std::string_view line, const std::string& file) {
  if (!line.starts_with(file)) return std::string{line};
  line.remove_prefix(file.size());
  while (!line.empty() && (line[0] == ':' || is_digit(line[0]))) line.remove_prefix(1);
  return std::string{trim(line)};
}

/// Standard error alone: there are errors, warnings are elsewhere.
std::vector<std::string> complaints_about(std::string_view text,
                                          const std::string& directory) {
  const auto file = directory + "/milterward.toml";
  if (auto fault = replace(file, {std::string{text}, 0600, ::geteuid(), ::getegid()}))
    return {*fault};
  const auto ran = run_program({"/proc/self/exe", "check-config", file});
  if (!ran) return {ran.fault()};
  std::vector<std::string> complaints;
  if (ran->code == 0) return complaints;
  for (const auto line : split(ran->complaints, '\n'))
    if (!line.empty()) complaints.push_back(without_place(line, file));
  return complaints;
}

}  // namespace

std::vector<std::string> new_complaints(std::string_view present,
                                        std::string_view proposed) {
  const ScratchDirectory scratch;
  if (scratch.path().empty()) return {"no directory for a copy of it can be made"};
  const auto known = complaints_about(present, scratch.path());
  auto found = complaints_about(proposed, scratch.path());
  std::erase_if(found, [&](const std::string& complaint) {
    return std::ranges::find(known, complaint) != known.end();
  });
  return found;
}

}  // namespace milterward::attach
