// SPDX-License-Identifier: Apache-2.0
// DNS as the checks see it. Ask early, wait late: `ask` returns at once, `Pending::wait`
// blocks until the answer, or the deadline. "The name has no such record", "there is no
// such name", "nobody answered in time" and "the server failed" are four different things.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/deadline.h"
#include "policy/base/result.h"
#include "policy/mail/network.h"

namespace milterward::ports {

enum class DnsType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  mx = 15,
  ptr = 12,
  txt = 16,
  aaaa = 28
};
std::string_view to_text(DnsType type) noexcept;

struct DnsQuestion {
  std::string name;  // presentation form, no final dot needed; case does not matter
  DnsType type = DnsType::txt;

  bool operator==(const DnsQuestion&) const = default;
};

enum class DnsOutcome {
  found,
  no_data,    // the name exists, without records of this type
  no_domain,  // NXDOMAIN
};
std::string_view to_text(DnsOutcome outcome) noexcept;

enum class DnsFault {
  timed_out,
  server_failure,  // SERVFAIL, REFUSED, CNAME loop, no server reachable
  bogus,           // DNSSEC validation failed
  bad_name,        // not a name that can be asked for
  over_limit,      // the resolver's queue is full
  over_budget,     // the message has asked all it may ask; asking again would not help
};
std::string_view to_text(DnsFault fault) noexcept;
/// A later question would find the same: what depends on the answer is a permerror.
bool is_permanent(DnsFault fault) noexcept;

struct MailExchange {
  std::uint16_t preference = 0;
  std::string host;  // "." for a null MX (RFC 7505), else lower case without final dot
  bool operator==(const MailExchange&) const = default;
};

/// What DNS said. Only the vector of the asked type is filled, in the order of the answer.
/// Aliases (CNAME) are followed to what they stand for, unless they are what was asked for.
struct DnsAnswer {
  DnsOutcome outcome = DnsOutcome::no_data;
  std::vector<IpAddress> addresses;     // A, AAAA
  std::vector<MailExchange> exchanges;  // MX
  std::vector<std::string> texts;       // TXT, each record's strings joined without blanks
  std::vector<std::string> names;       // PTR, NS, CNAME: lower case, without the final dot
  std::chrono::seconds ttl{0};          // when it came
  SteadyTime expires{};                 // that much later; the past: not to be kept
  bool secure = false;                  // validated by DNSSEC (only with a trust anchor)

  bool operator==(const DnsAnswer&) const = default;
};

using DnsResult = Result<std::shared_ptr<const DnsAnswer>, DnsFault>;

/// A question under way. Copies share it; dropping it abandons the wait, not the question.
class Pending {
 public:
  class State {
   public:
    virtual ~State() = default;
    virtual DnsResult wait(Deadline deadline) = 0;
  };
  Pending() = default;
  explicit Pending(std::shared_ptr<State> state) : state_(std::move(state)) {}

  /// Blocks until the answer is there or the deadline passes (`timed_out`). May be called
  /// again and from several threads; the same answer comes back.
  DnsResult wait(Deadline deadline) const {
    if (!state_) return Unexpected{DnsFault::bad_name};
    return state_->wait(deadline);
  }

 private:
  std::shared_ptr<State> state_;
};

class Resolver {
 public:
  virtual ~Resolver() = default;

  /// Starts a question, or joins one of the same name and type under way, or answers from
  /// the cache. Never blocks, never throws for what the network does.
  virtual Pending ask(const DnsQuestion& question) = 0;

  DnsResult look_up(const DnsQuestion& question, Deadline deadline) {
    return ask(question).wait(deadline);
  }
};

}  // namespace milterward::ports
