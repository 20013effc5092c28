// SPDX-License-Identifier: Apache-2.0
// What is wrong between the mail server and us, as findings of the doctor: what attach
// would change or say, what stands in the way of the socket, and what a connection met.
#pragma once

#include <string>
#include <vector>

#include "milter/attach/milter_probe.h"
#include "milter/attach/postfix_plan.h"
#include "milter/attach/sendmail_check.h"
#include "milter/attach/socket_access.h"
#include "policy/doctor/finding.h"

namespace milterward::attach {

/// Lines of main.cf and master.cf that attach would write.
doctor::Findings findings_of(const Plan& plan);
/// Commands that would let the mail server open the socket.
doctor::Findings findings_of(const Missing& missing);
/// `line` is the one for sendmail.mc.
doctor::Findings findings_of(const SendmailFinding& found, const std::string& line);
/// What was tried: "unix:milterward/milterward.sock, as postfix, in the chroot
/// /var/spool/postfix"; none when it answers.
doctor::Findings findings_of(const ProbeAnswer& answer, const std::string& tried);

/// There is no address by which this Postfix could reach us; `why` names the way out.
doctor::Finding unreachable_socket(const std::string& why);
/// We are not root, so that nobody else can be tried.
doctor::Finding tried_as_ourselves();

}  // namespace milterward::attach
