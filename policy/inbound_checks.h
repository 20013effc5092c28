// SPDX-License-Identifier: Apache-2.0
// The examination of one inbound message: DNS is asked as soon as a name is known and
// waited for only at the end. Nothing here decides anything.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/arc/validation.h"
#include "policy/auth/dmarc/evaluate.h"
#include "policy/auth/dnsbl/dnsbl.h"
#include "policy/auth_results.h"
#include "policy/mail/header.h"
#include "policy/ports/budgeted_resolver.h"
#include "policy/ports/dkim.h"
#include "policy/services.h"

namespace milterward {

/// Asks the lists of [dnsbl] about a client; null where nothing is to be asked. Not within
/// the budget of a message: the postmaster chose the names.
std::shared_ptr<const auth::ListCheck> ask_lists(const Services& services,
                                                 const IpAddress& client);

/// Asks for what SPF will need: as soon as MAIL names a sender, or, where an upstream host
/// tells of the client in its Received field, when the header is complete.
void ask_about_sender(ports::Resolver& dns, const ExaminedClient& client,
                      const std::string& mail_from);

class InboundChecks {
 public:
  /// Starts DKIM and ARC, and asks for what DMARC will need; what SPF will need is asked
  /// before (above). `headers` are complete. `dns` is that of the message, and outlives
  /// this. `lists` were asked about the client when it connected; null: not yet.
  InboundChecks(const Services& services, ports::BudgetedResolver& dns,
                ExaminedClient client, std::string mail_from, const RawHeaders& headers,
                const std::vector<Domain>& author_domains,
                std::shared_ptr<const auth::ListCheck> lists);
  ~InboundChecks();

  void body(std::string_view chunk);
  /// Waits for what is missing, at most until the deadline.
  AuthResults finish(Deadline deadline);
  const ExaminedClient& client() const noexcept { return client_; }

 private:
  std::vector<auth::ArcWitness> witnesses_for(const auth::ArcFinding& chain,
                                              const auth::DmarcFinding& author) const;
  ports::SpfFinding spf_for_dmarc(ports::SpfFinding checked) const;

  const Services& services_;
  ports::BudgetedResolver& dns_;
  ExaminedClient client_;
  std::string mail_from_;
  std::shared_ptr<const auth::ListCheck> lists_;  // null: this client is not asked about
  std::vector<auth::DmarcCheck> dmarc_;
  std::optional<auth::DmarcFinding> unexamined_;  // the first author domain past the limit
  std::unique_ptr<ports::DkimVerification> dkim_;
  std::optional<auth::ArcValidation> arc_;
};

}  // namespace milterward
