// SPDX-License-Identifier: Apache-2.0
// One examination of one domain: what is known of it beforehand, what DNS says, and what
// was found. Every question is asked once, and waited for as long as the configuration
// grants one question; a server that is silent costs that much per name and no more.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/settings/dmarc.h"
#include "conf/settings/dnsbl.h"
#include "policy/base/clock.h"
#include "policy/base/deadline.h"
#include "policy/doctor/finding.h"
#include "policy/mail/domain.h"
#include "policy/mail/network.h"
#include "policy/ports/resolver.h"
#include "policy/sign/key_ring.h"

namespace milterward::doctor {

/// What we know of a domain without DNS.
struct Patient {
  Domain domain;
  std::vector<IpAddress> egress;        // addresses its mail leaves from
  std::vector<std::string> selectors;   // of keys that are held elsewhere
  const sign::KeyRing* keys = nullptr;  // never null
  std::vector<conf::DnsList> lists;
  conf::DmarcDiscovery discovery = conf::DmarcDiscovery::treewalk;
};

/// Answers each question at most once from the resolver behind it.
class RememberingResolver final : public ports::Resolver {
 public:
  explicit RememberingResolver(ports::Resolver& dns) : dns_(dns) {}
  ports::Pending ask(const ports::DnsQuestion& question) override;

 private:
  ports::Resolver& dns_;
  std::map<std::pair<std::string, ports::DnsType>, ports::Pending> asked_;
};

class Examination {
 public:
  /// All but `patience` must outlive this.
  Examination(const Patient& patient, ports::Resolver& dns, const Clock& clock,
              std::chrono::milliseconds patience)
      : patient_(patient), dns_(dns), clock_(clock), patience_(patience) {}

  const Patient& patient() const noexcept { return patient_; }
  const std::string& domain() const noexcept { return patient_.domain.name(); }
  ports::Resolver& dns() noexcept { return dns_; }
  /// For what waits now.
  Deadline deadline() const { return Deadline::after(clock_, patience_); }

  /// Starts a question; does not wait.
  void ask_early(const std::string& name, ports::DnsType type) { dns_.ask({name, type}); }
  /// Waits. A name too long or odd to be asked for has no records.
  ports::DnsResult look_up(const std::string& name, ports::DnsType type);

  void find(const Kind& kind, std::string what, std::vector<Record> publish = {},
            std::string cure = "");
  /// DNS did not answer: `kind` is the subject's kind of that.
  void find_unanswered(const Kind& kind, const std::string& name, ports::DnsType type,
                       ports::DnsFault fault);
  const Findings& findings() const noexcept { return findings_; }

 private:
  const Patient& patient_;
  RememberingResolver dns_;
  const Clock& clock_;
  std::chrono::milliseconds patience_;
  Findings findings_;
};

/// Text that strangers published, short enough to be quoted in a sentence.
std::string quote(std::string_view text);

}  // namespace milterward::doctor
