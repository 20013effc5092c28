// SPDX-License-Identifier: Apache-2.0
// Decisions on their way into the journal. The thread that serves the mail gives away what
// it has and formats nothing; the words are made when the journal's own thread asks for
// them (ports::JournalDraft).
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "policy/base/clock.h"
#include "policy/decide.h"
#include "policy/rules/facts.h"
#include "policy/services.h"

namespace milterward {

/// What is noted of a decision beside its facts.
struct Noted {
  std::string id;
  std::string queue_id;
  std::string message_id = {};
  Decision decision;
  std::string signed_with = {};
  std::string sealed_as = {};
  std::chrono::microseconds latency{0};
};

/// Needs a journal (Services::journal). A failure is an event; no mail waits or suffers.
void note_in_journal(const Services& services, rules::SenderFacts facts,
                     Noted noted) noexcept;
void note_in_journal(const Services& services, rules::RecipientFacts facts,
                     Noted noted) noexcept;
void note_in_journal(const Services& services, rules::MessageFacts facts,
                     Noted noted) noexcept;

/// What an address or a login is to be called instead.
using Renaming = std::function<std::string(std::string_view)>;

/// The same entry, with every address and login in it renamed.
ports::JournalEntry renamed(ports::JournalEntry entry, const Renaming& rename);

}  // namespace milterward
