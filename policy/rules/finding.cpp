// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/finding.h"

#include <fmt/format.h>

#include <utility>

namespace milterward::rules {
namespace {

Reply reply_for(Action action, std::string_view status_detail, std::string text) {
  if (action == Action::reject)
    return {550, fmt::format("5.{}", status_detail), std::move(text)};
  if (action == Action::defer)
    return {451, fmt::format("4.{}", status_detail), std::move(text)};
  return {};
}

}  // namespace

Finding finding(std::string rule, Action action, std::string_view status_detail,
                std::string text) {
  return {std::move(rule), action, reply_for(action, status_detail, std::move(text)), {}};
}

Finding unfinished(std::string rule, Action action, std::string_view status_detail,
                   std::string text) {
  return finding(std::move(rule), action == Action::reject ? Action::defer : action,
                 status_detail, std::move(text));
}

}  // namespace milterward::rules
