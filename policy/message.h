// SPDX-License-Identifier: Apache-2.0
// One message on its way through a connection: from MAIL to its end. Collects headers and
// body, has them examined or signed, and turns the facts into a verdict with its header
// edits.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/allowance.h"
#include "policy/decide.h"
#include "policy/feedback_mail.h"
#include "policy/forgeries.h"
#include "policy/inbound_checks.h"
#include "policy/mail/author.h"
#include "policy/mail/header.h"
#include "policy/preflight.h"
#include "policy/returned_mail.h"
#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"
#include "policy/sealing.h"
#include "policy/services.h"
#include "policy/sign/departure.h"
#include "policy/sign/key_choice.h"
#include "policy/sign/long_lines.h"
#include "policy/troubles.h"

namespace milterward {

class Message {
 public:
  /// `lists` were asked about the client; null where they were not.
  Message(const Services& services, sign::ListenerNames listener, sign::Departure departure,
          const rules::SenderFacts& sender, std::shared_ptr<const auth::ListCheck> lists);

  /// An id of our own: the MTA's queue id is unknown before the first recipient (Postfix).
  const std::string& id() const noexcept { return id_; }
  const std::string& queue_id() const noexcept { return queue_id_; }
  void note_queue_id(std::string_view queue_id);
  const rules::SenderFacts& sender() const noexcept { return facts_; }

  /// `mailer` is {rcpt_mailer}.
  void add_recipient(const rules::RecipientFacts& recipient, std::string_view mailer);
  /// Counts a recipient that may be accepted; `facts` tell what the quotas say.
  bool take_allowance(rules::RecipientFacts& facts) { return allowance_.take(facts); }
  /// The policy of the first recipient (rules::policy_of); none before it.
  std::optional<std::string> policy() const;
  std::size_t recipient_count() const noexcept { return recipients_.size(); }
  /// Throws when the header is complete already.
  void header(std::string_view name, std::string_view value);
  /// The first call counts; who leaves it out has it said by the body.
  void end_of_headers();
  void body(std::string_view chunk);
  /// Waits for what is missing, decides, logs.
  rules::Verdict finish();

 private:
  std::vector<std::string> addresses_of_recipients() const;
  void read_authors();
  ExaminedClient examined_client() const;
  std::vector<rules::HeaderEdit> received_spf_insertions(const AuthResults& results) const;
  void note_entitlement();
  Result<std::vector<sign::ChosenKey>, ports::KeyFault> choose_keys(
      const Domain& author) const;
  void prepare_signatures();
  void add_missing_fields();
  Decision decide_and_settle();
  std::vector<RawHeader> finish_signatures();
  OurFields our_fields() const;
  FieldText field_text_form() const noexcept;
  std::vector<auth::AuthresMethod> login_shown() const;
  RawHeader authres_field(std::vector<auth::AuthresMethod> methods) const;
  std::vector<rules::HeaderEdit> removals_of_own_signatures() const;
  std::vector<rules::HeaderEdit> marks_of(const rules::Verdict& verdict) const;
  void prepare_seal();
  rules::HeaderEdit trace_insertion(rules::Direction direction,
                                    std::vector<std::string> field_digests) const;

  const Services& services_;
  const sign::ListenerNames listener_;
  sign::Departure departure_;
  const SteadyTime began_;
  std::string id_;
  std::string queue_id_;
  rules::MessageFacts facts_;
  struct Recipient {
    std::string address;  // as RCPT spelled it
    std::string policy;
  };
  std::vector<Recipient> recipients_;
  RawHeaders headers_;
  std::size_t header_octets_ = 0;
  bool header_is_complete_ = false;
  std::size_t body_octets_ = 0;
  Authors authors_;
  std::vector<Domain> author_domains_;
  std::string author_fault_;  // why there are none
  ReturnedMail returned_;
  std::shared_ptr<const auth::ListCheck> lists_;
  ports::BudgetedResolver dns_;
  std::optional<InboundChecks> checks_;
  std::vector<std::string> entitled_domains_;  // of the authors', by the submitter
  bool entitlement_is_known_ = true;
  std::vector<sign::ChosenKey> signing_keys_;  // those that can sign
  std::unique_ptr<ports::DkimSigning> signing_;
  std::optional<Sealing> sealing_;
  bool leaves_us_ = false;                    // a recipient is elsewhere
  std::optional<sign::LineBreaker> breaker_;  // while there is something to sign
  RawHeaders added_;                          // fields the message lacked, to be added
  std::vector<Signer> own_signers_;           // of the signatures that are being made
  std::optional<PreflightCheck> preflight_;   // of mail that leaves us
  Allowance allowance_;
  std::optional<Troubles> troubles_;            // of mail that may report one
  std::optional<FeedbackCollection> feedback_;  // of mail where reports are expected
};

}  // namespace milterward
