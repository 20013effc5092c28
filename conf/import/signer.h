// SPDX-License-Identifier: Apache-2.0
// The signing half of opendkim, which dkimpy-milter took over: one key for some domains, or
// two tables; whose mail is signed; and the form of the signatures.
#pragma once

#include <optional>
#include <string>

#include "conf/import/draft.h"
#include "conf/import/old_files.h"
#include "conf/import/options.h"

namespace milterward::importing {

/// How an option that both know is called, and what holds without it.
struct SignerDialect {
  std::string_view name;         // of the daemon
  std::string_view forms;        // without Canonicalization
  std::string_view body_of_one;  // of "Canonicalization relaxed"
  bool has_ed25519 = false;      // KeyFileEd25519 and its kin
};

/// Tells of all options it reads, and of no other.
std::optional<Unreadable> translate_signer(Draft& draft, const OldFiles& files,
                                           const Options& options,
                                           const SignerDialect& dialect);

/// Is the option one that translate_signer() tells of?
bool is_of_signer(std::string_view name, const SignerDialect& dialect);

}  // namespace milterward::importing
