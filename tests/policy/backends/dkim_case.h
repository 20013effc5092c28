// SPDX-License-Identifier: Apache-2.0
// What a stanza of tests/cases/auth/dkim says about a letter and what happens to it.
#pragma once

#include "conf/settings/dkim.h"
#include "tests/policy/backends/dkim_workbench.h"
#include "tests/support/cases.h"

namespace milterward::tests {

/// The letter before anybody signs: `headers` and `body` replace those of the ordinary one.
Letter plain_letter_of(const Case& c);

/// The letter as it arrives: each `signature` crafted above the one before (by the key that
/// `signed_by` names), then what happens on the way:
///   later_headers  are put on top
///   later_body     is put behind
///   change         FIELD | old | new, in name, colon and value of the uppermost such
///   field;
///                  FIELD may be "body". change_last: of the lowest
///   move_to_end    FIELD: the uppermost such field becomes the last one
Letter letter_of(const Case& c);
void change_on_the_way(const Case& c, Letter& letter);

/// `dns`, or where the usual keys are.
std::string zone_of(const Case& c);
/// `body_length`
conf::BodyLength rule_of(const Case& c);
/// `want`, or what is wanted of that engine.
std::string want_of(const Case& c, const std::string& engine);

/// The findings as Authentication-Results (RFC 8601) has them, unfolded.
std::string authres_of(const std::vector<ports::DkimFinding>& findings);

}  // namespace milterward::tests
