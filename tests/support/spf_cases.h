// SPDX-License-Identifier: Apache-2.0
// SPF checks as cases, the same for every engine:
//   zone:        records as FakeResolver reads them; `<<N x TEXT>>` stands for TEXT N times
//   client:      the IP address that connects
//   sender:      LOCAL@DOMAIN, or "" for the null sender
//   helo:        default "mail.example.org"
//   want:        the result
//   domain:      the checked domain as A-labels (checked when given, as all below)
//   mechanism:   the directive that matched
//   reason:      text that the reason contains
//   explanation: the text of exp=
//   asked:       the DNS questions in the order of evaluation, as `TYPE NAME`, one a line
//   questions:   at most so many questions, those asked early included
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/ports/spf_checker.h"
#include "tests/support/cases.h"

namespace milterward::tests {

/// "" when `checker` decides the case as it wants, else what differs.
std::string spf_difference(const Case& c, const ports::SpfChecker& checker);

/// How many DNS questions `checker` asks for the case.
std::size_t spf_questions(const Case& c, const ports::SpfChecker& checker);

/// `<<N x TEXT>>` written out.
std::string with_repeats(std::string_view text);

}  // namespace milterward::tests
