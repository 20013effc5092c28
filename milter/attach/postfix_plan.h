// SPDX-License-Identifier: Apache-2.0
// Which lines of main.cf and master.cf a Postfix needs for us, and which it needs no more.
// Pure: reads a PostfixSetup and names changes; postfix_files.h carries them out.
//
// We are asked first unless told otherwise: SPF and DKIM are about the mail as it came,
// relaying is refused before other filters work for it, and those behind us can read the
// Authentication-Results we write. The price: a filter behind us that rewrites mail of our
// own users breaks the signature.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/attach/postfix_setup.h"
#include "milter/front/socket_spec.h"
#include "policy/base/result.h"

namespace milterward::attach {

/// A parameter of main.cf, or of a service in master.cf.
struct Change {
  std::string service;  // "" for main.cf
  std::string parameter;
  std::optional<std::string> before;  // as it is written; nothing where it is not
  std::optional<std::string> after;   // nothing: it goes
  std::string why;

  bool operator==(const Change&) const = default;
};

struct Plan {
  std::vector<Change> changes;
  std::vector<std::string> notes;  // what the postmaster should know, a sentence each
};

struct Wish {
  std::string address;  // ours, as Postfix spells it
  bool comes_last = false;
  bool filters_bounces = false;  // internal_mail_filter_classes = bounce
};

/// Our socket as smtpd and cleanup of that Postfix find it:
/// "unix:milterward/milterward.sock" (below the queue directory, which is right in a chroot
/// and without), "inet:HOST:PORT". The fault says why there is none and what to do.
Result<std::string, std::string> address_for(const front::SocketSpec& socket,
                                             const PostfixSetup& setup);

/// What is missing; no changes where nothing is. The fault: this Postfix cannot be told.
Result<Plan, std::string> plan_attachment(const PostfixSetup& setup, const Wish& wish);

/// Takes the filter at `address` out. What `made` says was changed for it gets its former
/// value, where it is as it was left; where somebody has edited it since, only our entry
/// goes, and a note says so.
Plan plan_detachment(const PostfixSetup& setup, std::string_view address,
                     const std::vector<Change>& made);

}  // namespace milterward::attach
