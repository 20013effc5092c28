// SPDX-License-Identifier: Apache-2.0
// Packets to the MTA. All that answers one step goes into one text and one write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "milter/front/answer.h"
#include "milter/front/negotiation.h"
#include "policy/rules/verdict.h"

namespace milterward::front {

/// Appends a packet to `out`.
void append_packet(std::string& out, char answer, std::string_view data = {});
/// A number as the protocol writes it.
void append_number(std::string& data, std::uint32_t number);

/// The answer to a negotiation: version, what was agreed, and the macros wished for.
void append_agreement(std::string& out, std::uint32_t version, const Agreement& agreement);

/// What a step with a reply is told.
void append_reaction(std::string& out, const rules::Verdict& verdict);

/// The changes of a message, to stand before its reaction. False when the MTA cannot be
/// told one of them; a message whose forged fields could not be removed, or which cannot be
/// held, must
/// not pass as if it had been.
bool append_changes(std::string& out, const rules::Verdict& verdict,
                    const Agreement& agreement);

}  // namespace milterward::front
