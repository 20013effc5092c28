// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/joined_directory.h"

#include <algorithm>
#include <optional>

namespace milterward::backends {
namespace {

using ports::DirectoryFault;
using ports::DirectoryResult;

/// The first answer that says something; else silence, if any was silent; else nothing.
template <class Answer, class Parts, class Question>
DirectoryResult<Answer> first_of(const Parts& parts, const Answer& nothing,
                                 Question question) {
  std::optional<DirectoryFault> fault;
  for (const auto& part : parts) {
    auto answer = question(*part);
    if (!answer)
      fault = answer.fault();
    else if (*answer != nothing)
      return answer;
  }
  if (fault) return Unexpected{*fault};
  return nothing;
}

}  // namespace

bool JoinedDirectory::knows_domains() const noexcept {
  return std::ranges::any_of(parts_,
                             [](const auto& part) { return part->knows_domains(); });
}

bool JoinedDirectory::knows_owners() const noexcept {
  return std::ranges::any_of(parts_, [](const auto& part) { return part->knows_owners(); });
}

DirectoryResult<bool> JoinedDirectory::is_ours(const Domain& domain,
                                               Deadline deadline) const {
  return first_of(parts_, false,
                  [&](const auto& part) { return part.is_ours(domain, deadline); });
}

DirectoryResult<bool> JoinedDirectory::may_use(std::string_view login,
                                               const MailAddress& address,
                                               Deadline deadline) const {
  return first_of(parts_, false,
                  [&](const auto& part) { return part.may_use(login, address, deadline); });
}

DirectoryResult<std::string> JoinedDirectory::class_of(std::string_view login,
                                                       Deadline deadline) const {
  return first_of(parts_, std::string{},
                  [&](const auto& part) { return part.class_of(login, deadline); });
}

DirectoryResult<bool> JoinedDirectory::is_established(std::string_view login,
                                                      Deadline deadline) const {
  return first_of(parts_, false,
                  [&](const auto& part) { return part.is_established(login, deadline); });
}

}  // namespace milterward::backends
