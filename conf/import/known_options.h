// SPDX-License-Identifier: Apache-2.0
// Options of the old daemons that become no key of ours, each with the reason: a table for
// each daemon, so that nothing a postmaster wrote goes without a word.
#pragma once

#include <span>
#include <string_view>

#include "conf/import/draft.h"
#include "conf/import/options.h"

namespace milterward::importing {

struct KnownOption {
  std::string_view name;
  Outcome outcome;
  std::string_view why;
};

std::span<const KnownOption> opendkim_options() noexcept;
std::span<const KnownOption> opendmarc_options() noexcept;
std::span<const KnownOption> spf_engine_options() noexcept;
std::span<const KnownOption> dkimpy_options() noexcept;

/// Tells what becomes of an option by the table; false where the table does not know it. A
/// truth value that says "no" to something we do not do either is covered.
bool tell_known(Draft& draft, const Option& option, std::span<const KnownOption> known);

/// What is told of an option that nobody knows.
void tell_unknown(Draft& draft, const Option& option, std::string_view daemon);

}  // namespace milterward::importing
