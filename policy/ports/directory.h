// SPDX-License-Identifier: Apache-2.0
// Who is ours, who may write as whom, which class an account has. "No" and "nobody
// answered" are different answers: on the first mail is refused, on the second it waits.
#pragma once

#include <string>
#include <string_view>

#include "policy/base/deadline.h"
#include "policy/base/result.h"
#include "policy/mail/address_pattern.h"
#include "policy/mail/domain.h"

namespace milterward::ports {

enum class DirectoryFault {
  silent,  // no answer before the deadline, or an error; the log says which
};

template <class Answer>
using DirectoryResult = Result<Answer, DirectoryFault>;

class Directory {
 public:
  virtual ~Directory() = default;

  /// Has anybody said which domains are ours? While nobody has, `is_ours` means nothing.
  virtual bool knows_domains() const noexcept = 0;
  /// Has anybody said who owns which address? While nobody has, all may write as all.
  virtual bool knows_owners() const noexcept = 0;

  /// Do we take mail for the recipients of this domain from anybody?
  virtual DirectoryResult<bool> is_ours(const Domain& domain, Deadline deadline) const = 0;
  /// May this login write as this address? Logins are full (mail/login.h); "" stands for
  /// mail without a login: trusted networks and sendmail(1).
  virtual DirectoryResult<bool> may_use(std::string_view login, const MailAddress& address,
                                        Deadline deadline) const = 0;
  /// The class of an account, "" for none.
  virtual DirectoryResult<std::string> class_of(std::string_view login,
                                                Deadline deadline) const = 0;
  /// Is the account known to have sent before it could be new here? "" is never.
  virtual DirectoryResult<bool> is_established(std::string_view login,
                                               Deadline deadline) const = 0;
};

}  // namespace milterward::ports
