// SPDX-License-Identifier: Apache-2.0
// `milterward doctor postfix` and `milterward doctor sendmail`: does the mail server ask
// us, and does it reach us? Looks where attach looks, connects as the mail server does, and
// changes nothing.
#pragma once

#include "milter/commands/attach.h"
#include "milter/commands/attach_sendmail.h"

namespace milterward::commands {

/// Codes as of doctor(); `failed` when Postfix cannot be read.
int doctor_postfix(const AttachArguments& arguments);
/// With no file named, /etc/mail/sendmail.cf.
int doctor_sendmail(const AttachArguments& arguments, SendmailFiles files);

}  // namespace milterward::commands
