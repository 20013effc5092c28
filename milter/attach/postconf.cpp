// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/postconf.h"

#include <fmt/format.h>

#include "milter/attach/child_program.h"
#include "policy/base/ascii.h"

namespace milterward::attach {

std::vector<std::vector<std::string>> edits_of(const std::vector<Change>& changes) {
  std::vector<std::vector<std::string>> edits{{"-e"}, {"-X"}, {"-P"}, {"-PX"}};
  for (const auto& change : changes) {
    const bool is_main = change.service.empty();
    const auto name =
        is_main ? change.parameter : fmt::format("{}/{}", change.service, change.parameter);
    auto& edit = edits[(is_main ? 0U : 2U) + (change.after ? 0U : 1U)];
    edit.push_back(change.after ? fmt::format("{}={}", name, *change.after) : name);
  }
  std::erase_if(edits, [](const auto& edit) { return edit.size() == 1; });
  return edits;
}

std::vector<std::string> Postconf::command(std::vector<std::string> arguments) const {
  std::vector<std::string> words{"postconf"};
  if (!directory_.empty()) words.insert(words.end(), {"-c", directory_});
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

Result<std::string, std::string> Postconf::config_directory() const {
  if (!directory_.empty()) return directory_;
  auto answer = answer_of(command({"-h", "config_directory"}));
  if (!answer) return answer;
  return std::string{trim(*answer)};
}

Result<PostfixSetup, std::string> Postconf::read() const {
  std::vector<std::string> answers;
  for (const auto& question : std::vector<std::vector<std::string>>{
           {"-n"}, {"-x"}, {"-F", "*/*/chroot"}, {"-F", "*/*/command"}, {"-P"}}) {
    auto answer = answer_of(command(question));
    if (!answer) return Unexpected{answer.fault()};
    answers.push_back(std::move(*answer));
  }
  return PostfixSetup{parse_settings(answers[0]), parse_settings(answers[1]),
                      parse_services(answers[2], answers[3], answers[4])};
}

std::optional<std::string> Postconf::carry_out(const std::vector<Change>& changes) const {
  for (const auto& edit : edits_of(changes)) {
    const auto answer = answer_of(command(edit));
    if (!answer) return answer.fault();
  }
  return {};
}

}  // namespace milterward::attach
