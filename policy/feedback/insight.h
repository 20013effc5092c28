// SPDX-License-Identifier: Apache-2.0
// What do the reports about a domain mean for its owner: who sends in its name, what
// breaks, and which change of its DMARC record is safe next? Pure: sums in, advice out. The
// ladder is none, quarantine, reject, one step at a time, and each needs so many days and
// so much mail that it would have been seen breaking. RFC 9989 section 7.4 advises against
// reject where people write to lists; that is said, and left to the owner.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/clock.h"
#include "policy/ports/feedback_store.h"

namespace milterward::feedback {

/// Days without another policy, messages, and receivers before a step is advised.
inline constexpr std::chrono::days days_before_a_step{14};
inline constexpr std::uint64_t messages_before_a_step = 100;
inline constexpr std::uint64_t organisations_before_a_step = 2;
/// Of 1000 messages of sources that look like the owner's, so many have to pass.
inline constexpr std::uint64_t passing_of_1000 = 980;
/// A source whose messages pass at least so often, of 1000, looks like the owner's.
inline constexpr std::uint64_t own_of_1000 = 100;
/// A stranger's share of all messages, of 1000, from which it is looked at.
inline constexpr std::uint64_t notable_of_1000 = 10;
/// What strangers prove other domains for, all of them together, likewise.
inline constexpr std::uint64_t elsewhere_of_1000 = 100;

/// What a source is, by how its messages fare.
enum class Standing {
  well,       // nearly all pass
  partly,     // some pass, too many do not: something of the owner's is broken
  forwarded,  // none or few pass, and receivers took it for a forwarder or a list
  elsewhere,  // none pass, but it proves another domain: a service, or a forwarder
  nothing,    // it proves nothing: an own server without either, or a forger
};
std::string_view to_text(Standing standing) noexcept;
Standing standing_of(const ports::SourceFeedback& source) noexcept;

/// What breaks, for a person: "no aligned signature: s1 (permerror)"; "" where nothing
/// does.
std::string trouble_of(const ports::SourceFeedback& source);

enum class NextStep {
  wait,        // too little is known
  mend,        // something of the owner's does not pass
  ask,         // a stranger proves another domain for a notable share: is it a service?
  quarantine,  // p=quarantine is safe
  reject,      // p=reject is safe
  stay,        // the strictest policy is published, and all is well
};
std::string_view to_text(NextStep step) noexcept;

struct Advice {
  NextStep next = NextStep::wait;
  std::vector<std::string> because;  // sentences, without addresses

  bool operator==(const Advice&) const = default;
};

/// `sources` are those of the domain with most mail.
Advice advise(const ports::DomainFeedback& domain,
              const std::vector<ports::SourceFeedback>& sources);

/// "97.5%", never 100% unless all of them; "-" of none.
std::string share(std::uint64_t part, std::uint64_t whole);

}  // namespace milterward::feedback
