// SPDX-License-Identifier: Apache-2.0
#include "policy/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <utility>

#include "policy/auth/dkim/signature.h"
#include "policy/auth/dkim/tag_list.h"
#include "policy/auth/spf/received_spf.h"
#include "policy/base/ascii.h"
#include "policy/base/sink.h"
#include "policy/base/unreachable.h"
#include "policy/edits.h"
#include "policy/explain.h"
#include "policy/failure_reporting.h"
#include "policy/forgeries.h"
#include "policy/identity.h"
#include "policy/journaling.h"
#include "policy/mail/address.h"
#include "policy/mail/author.h"
#include "policy/mail/received.h"
#include "policy/metering.h"
#include "policy/noting.h"
#include "policy/records.h"
#include "policy/repeats.h"
#include "policy/reporting.h"
#include "policy/rules/header_size.h"
#include "policy/rules/identity.h"
#include "policy/rules/outbound.h"
#include "policy/sign/request.h"

namespace milterward {
namespace {

using rules::Direction;
using rules::HeaderEdit;
using rules::Returned;

// No rule looks at recipients one by one at the end of a message; log and facts name the
// first.
constexpr std::size_t recipients_named = 10;
constexpr std::size_t usual_fields = 16;

/// Unique among all messages of all daemons that share a log: time and a running number.
std::string next_id(WallTime today) {
  static std::atomic<unsigned> number{0};
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(today.time_since_epoch());
  return fmt::format("{:x}.{:x}", micros.count(), ++number);
}

sign::TraceOrigin origin_of(Direction direction) {
  switch (direction) {
    case Direction::inbound:
      return sign::TraceOrigin::inbound;
    case Direction::submission:
      return sign::TraceOrigin::submission;
    case Direction::local:
      return sign::TraceOrigin::local;
  }
  unreachable();
}

/// "rsa1:home.test:rsa-sha256,ed1:home.test:ed25519-sha256"
std::string names_of(const std::vector<sign::ChosenKey>& keys) {
  std::string names;
  for (const auto& key : keys)
    names +=
        fmt::format("{}{}:{}:{}", names.empty() ? "" : ",", key->settings.selector,
                    key->settings.domain.name(), to_text(key->key.value()->algorithm()));
  return names;
}

/// What we insert under names that are forged otherwise: when the mail comes back, it is
/// known by these.
std::vector<std::string> digests_of_ours(const std::vector<HeaderEdit>& insertions) {
  std::vector<std::string> digests;
  for (const auto& edit : insertions)
    if (edit.name == auth::authres_field_name || edit.name == verdict_header_name)
      digests.push_back(sign::field_digest({edit.name, edit.value}));
  return digests;
}

void append(std::vector<HeaderEdit>& edits, std::vector<HeaderEdit> more) {
  std::ranges::move(more, std::back_inserter(edits));
}

}  // namespace

Message::Message(const Services& services, sign::ListenerNames listener,
                 sign::Departure departure, const rules::SenderFacts& sender,
                 std::shared_ptr<const auth::ListCheck> lists)
    : services_(services),
      listener_(std::move(listener)),
      departure_(std::move(departure)),
      began_(services.clock->now()),
      id_(next_id(services.clock->today())),
      lists_(std::move(lists)),
      dns_(*services.dns, services.config->dns.questions_per_message),
      allowance_(services) {
  static_cast<rules::SenderFacts&>(facts_) = sender;
  // Behind an upstream host only its Received field tells who the client was.
  if (!sender.client_is_upstream &&
      rules::decide_direction(sender).direction == Direction::inbound)
    ask_about_sender(dns_, {sender.client, sender.helo, ""}, sender.mail_from);
}

void Message::note_queue_id(std::string_view queue_id) {
  if (!queue_id.empty()) queue_id_ = queue_id;
}

/// Postfix drops a source route, and knows the recipient without it.
void Message::add_recipient(const rules::RecipientFacts& recipient,
                            std::string_view mailer) {
  const bool is_elsewhere =
      recipient.next_hop == rules::NextHop::elsewhere ||
      (recipient.next_hop == rules::NextHop::unknown && !recipient.recipient_is_ours);
  leaves_us_ = leaves_us_ || is_elsewhere;
  if (is_elsewhere && departure_.mailer.empty()) departure_.mailer = mailer;
  const auto& address = recipient.recipient;
  if (facts_.recipients.size() < recipients_named) facts_.recipients.push_back(address);
  ++facts_.recipient_count;
  recipients_.push_back(
      {std::string{departure_.mta == sign::Mta::postfix ? without_route(address) : address},
       recipient.recipient_policy});
  auto& policies = facts_.recipient_policies;
  if (std::ranges::find(policies, recipient.recipient_policy) == policies.end())
    policies.push_back(recipient.recipient_policy);
}

std::optional<std::string> Message::policy() const {
  if (recipients_.empty()) return std::nullopt;
  return recipients_.front().policy;
}

void Message::header(std::string_view name, std::string_view value) {
  if (header_is_complete_)  // no MTA sends one that late, and nobody would examine it
    throw std::logic_error{"a header field behind the end of the header"};
  header_octets_ += name.size() + value.size();
  if (headers_.size() == rules::header_field_limit ||
      header_octets_ > rules::header_octet_limit)
    facts_.header_is_too_large = true;
  if (facts_.header_is_too_large) return;
  if (headers_.empty()) headers_.reserve(usual_fields);
  headers_.push_back({std::string{name}, std::string{value}});
}

void Message::end_of_headers() {
  if (std::exchange(header_is_complete_, true) || facts_.header_is_too_large) return;
  read_authors();
  if (may_bring_traces(facts_)) {
    returned_ = judge_traces(headers_, facts_.author_domains, services_.trace_secret,
                             services_.clock->today());
    facts_.returned = returned_.returned;
  }
  facts_.is_delivery_report = is_delivery_report(headers_);
  if (Troubles::are_wanted(services_) && Troubles::may_report(facts_, headers_))
    troubles_.emplace(services_);
  if (services_.feedback)
    if (FeedbackCollection::is_wanted(facts_, addresses_of_recipients(), services_))
      feedback_.emplace(services_);
  const auto direction = rules::decide_direction(facts_).direction;
  if (direction != Direction::inbound) {
    if (leaves_us_ && facts_.returned == Returned::no) {
      add_missing_fields();
      preflight_.emplace(services_, dns_, departure_.mta, headers_, facts_);
    }
    note_entitlement();
    note_authors(facts_, authors_, headers_, services_);
    return prepare_signatures();
  }
  if (facts_.returned == Returned::no) {
    note_our_domains(facts_, author_domains_, services_);
    auto client = examined_client();
    if (facts_.client_is_upstream) ask_about_sender(dns_, client, facts_.mail_from);
    checks_.emplace(services_, dns_, std::move(client), facts_.mail_from, headers_,
                    author_domains_, lists_);
  }
  prepare_seal();
}

void Message::body(std::string_view chunk) {
  end_of_headers();
  body_octets_ += chunk.size();
  if (troubles_) troubles_->body(chunk);
  if (feedback_) feedback_->body(chunk);
  if (preflight_) preflight_->body(chunk);
  if (checks_) checks_->body(chunk);
  if (sealing_) sealing_->body(chunk);
  if (breaker_)
    breaker_->feed(chunk, [this](std::string_view octets) { signing_->body(octets); });
}

rules::Verdict Message::finish() {
  end_of_headers();
  if (facts_.recipient_policies == std::vector{std::string{}})
    facts_.recipient_policies.clear();  // that of all goes without saying
  std::vector<HeaderEdit> edits = removals_of_forgeries(headers_, our_fields());
  std::vector<HeaderEdit> insertions;
  for (const auto& field : added_) insertions.push_back(insertion(field));
  auto own =
      sealing_ ? results_vouched_for(headers_, returned_.field_digests) : std::nullopt;
  auto methods = login_shown();
  std::optional<auth::DmarcFinding> reported;
  std::optional<ReportedFailure> failed;
  if (checks_) {
    const auto deadline =
        Deadline::after(*services_.clock, services_.config->dns.message_deadline);
    const auto results = checks_->finish(deadline);
    note_results(facts_, results, checks_->client(), *services_.config);
    log_faulty_lists(facts_, services_);
    if (services_.report_rows) {
      if (services_.config->report.sends) reported = to_be_reported(results);
      failed = failure_to_report(services_, results, checks_->client(), facts_, headers_);
    }
    auto found = authres_methods(results, checks_->client(), facts_.mail_from);
    methods.insert(methods.end(), std::move_iterator{found.begin()},
                   std::move_iterator{found.end()});
    if (!author_fault_.empty()) methods.push_back(unevaluated_dmarc(author_fault_));
    if (services_.config->spf.received_spf)
      append(insertions, received_spf_insertions(results));
  }
  if (!methods.empty()) {
    auto field = authres_field(std::move(methods));
    if (sealing_ && checks_) own = field;
    insertions.push_back(insertion(std::move(field)));
  }
  auto signatures = finish_signatures();
  if (preflight_)
    preflight_->note(
        facts_, signatures.empty() ? std::vector<Signer>{} : own_signers_,
        Deadline::after(*services_.clock, services_.config->dns.message_deadline));
  std::string signed_with;
  auto decision = decide_and_settle();
  if (decision.sign && !decision.refuses() && !signatures.empty()) {
    append(edits, removals_of_own_signatures());
    // The last insertion ends on top: RSA is requested first and stands first.
    std::ranges::reverse(signatures);
    for (auto& field : signatures) insertions.push_back(insertion(std::move(field)));
    signed_with = names_of(signing_keys_);
  }
  auto verdict = decision.effective();
  std::string sealed_as;
  // A tag changes the subject, which the seal would be over.
  if (sealing_ && own && !verdict.refuses() && verdict.action != Action::subject)
    if (auto seal = sealing_->finish(*own, id_); !seal.insertions.empty()) {
      append(edits, std::move(seal.removals));
      append(insertions, std::move(seal.insertions));
      sealed_as = seal.name;
    }
  // Our own users' mail goes out as they wrote it once it is released.
  if (decision.direction.direction == Direction::inbound)
    append(insertions, marks_of(verdict));
  else if (verdict.action == Action::tag)
    insertions.push_back(insertion(verdict_field(Action::tag, verdict.rule)));
  for (auto& redirection : verdict.redirections)
    for (const auto& recipient : recipients_)
      if (recipient.policy == redirection.policy)
        redirection.recipients.push_back(recipient.address);
  if (!decision.mismatch.empty())
    log_mismatch(*this, facts_, rules::wrongly_claimed(facts_), decision);
  if (decision.identity == conf::IdentityMode::tag)
    insertions.push_back(insertion(verdict_field(Action::tag, decision.mismatch)));
  if (facts_.returned == Returned::no)
    insertions.push_back(
        trace_insertion(decision.direction.direction, digests_of_ours(insertions)));
  append(edits, std::move(insertions));
  if (!verdict.refuses()) verdict.edits = std::move(edits);

  using namespace std::chrono;
  const auto latency = duration_cast<microseconds>(services_.clock->now() - began_);
  count_message(services_, facts_, decision, latency);
  log_message({id_, queue_id_, facts_, decision, signed_with, sealed_as,
               duration_cast<milliseconds>(latency)});
  if (services_.facts_log)
    services_.facts_log->append(
        facts_stanza(queue_id_.empty() ? id_ : queue_id_, facts_, decision));
  if (reported) note_for_reports(services_, std::move(*reported), facts_, decision);
  if (failed) note_failure(services_, std::move(*failed), headers_, facts_, decision);
  if (services_.journal)  // gives away what is needed no more
    note_in_journal(services_, std::move(facts_),
                    {id_, queue_id_, message_id_of(headers_), std::move(decision),
                     std::move(signed_with), std::move(sealed_as), latency});
  return verdict;
}

/// Counts before it decides, and keeps the counts once it has accepted; where they cannot
/// be kept it decides again.
Decision Message::decide_and_settle() {
  if (facts_.header_is_too_large) return decide(facts_, *services_.config);
  const auto addresses = addresses_of_recipients();
  const Allowance::Content content{
      addresses, header_octets_ + body_octets_,
      [&] { return message_mark(facts_, headers_, addresses, body_octets_); },
      [&] { return message_id_of(headers_); }};
  allowance_.take(facts_, content);
  auto decision = decide(facts_, *services_.config);
  if (decision.refuses()) return decision;
  if (!allowance_.commit(facts_, content, id_, queue_id_))
    return decide(facts_, *services_.config);
  if (troubles_) troubles_->count(facts_, addresses, id_, queue_id_);
  if (feedback_) feedback_->hand_over(facts_, headers_, id_);
  return decision;
}

std::vector<std::string> Message::addresses_of_recipients() const {
  std::vector<std::string> addresses;
  for (const auto& recipient : recipients_) addresses.push_back(recipient.address);
  return addresses;
}

void Message::read_authors() {
  auto authors = authors_of(headers_);
  note_from(facts_, authors);
  if (!authors) {
    author_fault_ = authors.fault().reason;
    return;
  }
  authors_ = std::move(authors).value();
  author_domains_ = domains_of(authors_);
}

ExaminedClient Message::examined_client() const {
  if (!facts_.client_is_upstream) return {facts_.client, facts_.helo, ""};
  const auto client = upstream_client_of(headers_);
  if (client) return {client->address, client->helo, ""};
  return {{}, "", fmt::format("upstream's Received field: {}", to_text(client.fault()))};
}

/// MAIL FROM's on top, as the one most filters read.
std::vector<HeaderEdit> Message::received_spf_insertions(const AuthResults& results) const {
  const auto& client = checks_->client();
  if (!client.address.known()) return {};
  auth::ReceivedSpf checked{ports::SpfIdentity::helo, services_.authserv_id,
                            client.address,           client.helo,
                            facts_.mail_from,         field_text_form()};
  std::vector<HeaderEdit> edits{insertion(auth::received_spf_field(checked, results.helo))};
  checked.identity = ports::SpfIdentity::mail_from;
  edits.push_back(insertion(auth::received_spf_field(checked, results.mail_from)));
  return edits;
}

void Message::prepare_signatures() {
  facts_.signing = rules::SigningState::no_author;
  if (author_domains_.size() != 1) return;
  const auto& author = author_domains_.front();
  const auto chosen = choose_keys(author);
  facts_.signing = rules::SigningState::keys_not_known;
  if (!chosen) return;
  const auto& keys = chosen.value();
  facts_.signing = rules::SigningState::no_key;
  if (keys.empty()) return;
  facts_.signing = entitlement_is_known_ ? rules::SigningState::not_entitled
                                         : rules::SigningState::not_known;
  if (std::ranges::find(entitled_domains_, author.name()) == entitled_domains_.end())
    return;
  facts_.signing = rules::SigningState::ready;
  for (const auto& key : keys) {
    if (key->key)
      signing_keys_.push_back(key);
    else
      facts_.signing = rules::SigningState::key_unusable;
  }
  if (!decide(facts_, *services_.config).sign) return;
  if (signing_keys_.empty()) return;
  const auto header = sign::leaving_header(departure_, headers_);
  std::vector<ports::SigningRequest> requests;
  for (const auto& key : signing_keys_) {
    requests.push_back(sign::request_for(*key, header, services_.clock->today()));
    own_signers_.push_back(signer_of(requests.back()));
  }
  signing_ = services_.dkim_signer->begin(header.fields, std::move(requests));
  breaker_.emplace(departure_.line_limit());
}

/// Postfix has added them before for clients it trusts to rewrite; Sendmail will add them
/// behind us, and would then send two.
void Message::add_missing_fields() {
  const auto& settings = services_.config->preflight;
  if (settings.mode != Mode::enforce || departure_.mta == sign::Mta::sendmail) return;
  added_ = missing_fields(headers_, settings, id_, services_.authserv_id,
                          services_.clock->today());
  headers_.insert(headers_.begin(), added_.begin(), added_.end());
}

Result<std::vector<sign::ChosenKey>, ports::KeyFault> Message::choose_keys(
    const Domain& author) const {
  const auto& config = *services_.config;
  return sign::choose_keys({services_.keys,
                            services_.key_shelf.get(),
                            config.sign.subdomains,
                            {config.directory.realm, config.directory.delimiters}},
                           {author, facts_.mail_from, facts_.login, listener_},
                           Deadline::after(*services_.clock, config.dns.message_deadline));
}

/// Whoever handed it in first must have been entitled; a trusted host that brings it back
/// lends nothing.
void Message::note_entitlement() {
  if (facts_.returned == Returned::entered_as_ours) {
    entitled_domains_ = returned_.entitled_domains;
    return;
  }
  auto names = entitled_domains(facts_.login, authors_, services_);
  entitlement_is_known_ = names.has_value();
  if (names) entitled_domains_ = std::move(names).value();
}

std::vector<RawHeader> Message::finish_signatures() {
  if (!signing_) return {};
  breaker_->finish([this](std::string_view octets) { signing_->body(octets); });
  auto fields = signing_->finish();
  if (fields) return std::move(fields).value();
  facts_.signing = rules::SigningState::key_unusable;
  log_event(Event::signing_failed,
            {{"id", id_}, {"reason", std::string{to_text(fields.fault())}}});
  return {};
}

OurFields Message::our_fields() const {
  const auto& authres = services_.config->authres;
  OurFields ours;
  ours.authserv_ids = authres.also_remove;
  ours.authserv_ids.push_back(services_.authserv_id);
  ours.gateway_ids = authres.keep_from_upstream;
  ours.gateway_is_client = facts_.client_is_upstream;
  ours.is_returned = facts_.returned != Returned::no;
  ours.known_digests = returned_.field_digests;
  return ours;
}

FieldText Message::field_text_form() const noexcept {
  return facts_.smtputf8 ? FieldText::utf8 : FieldText::ascii;
}

/// Where the postmaster asks for it; the login of mail that comes back was told before.
std::vector<auth::AuthresMethod> Message::login_shown() const {
  if (!services_.config->authres.show_login || facts_.login.empty()) return {};
  return {login_method(facts_.login)};
}

RawHeader Message::authres_field(std::vector<auth::AuthresMethod> methods) const {
  const auth::AuthresForm form{services_.config->authres.comments
                                   ? auth::AuthresComments::shown
                                   : auth::AuthresComments::left_out,
                               field_text_form()};
  return {std::string{auth::authres_field_name},
          auth::print_authres({services_.authserv_id, std::move(methods)}, form)};
}

/// Signatures we made when the message first passed: a filter may have changed it since.
std::vector<HeaderEdit> Message::removals_of_own_signatures() const {
  if (facts_.returned != Returned::entered_as_ours) return {};
  return removals(headers_, auth::signature_field_name, [&](const RawHeader& field) {
    const auto tags = auth::TagList::parse(field.value);
    if (!tags) return false;
    return std::ranges::any_of(signing_keys_, [&](const sign::ChosenKey& key) {
      return tags->value("s") == key->settings.selector &&
             equal_ignoring_case(tags->value("d").value_or(""),
                                 key->settings.domain.name());
    });
  });
}

std::vector<HeaderEdit> Message::marks_of(const rules::Verdict& verdict) const {
  if (verdict.action == Action::accept || verdict.refuses()) return {};
  std::vector<HeaderEdit> marks;
  if (verdict.action == Action::subject)
    marks = subject_tags(headers_, verdict.subject_tag);
  marks.push_back(insertion(verdict_field(verdict.action, verdict.rule)));
  return marks;
}

void Message::prepare_seal() {
  const auto wanted = services_.config->arc.seal;
  const bool is_back = facts_.returned == Returned::entered_inbound && leaves_us_;
  const bool is_wanted = is_back ? wanted != conf::SealMail::off
                                 : checks_ && wanted == conf::SealMail::inbound;
  if (!is_wanted || facts_.from != rules::FromState::one_domain) return;
  const auto* key = sealing_key_for(*services_.sealing_keys, facts_.recipients);
  if (key == nullptr) return;
  const auto now = services_.clock->today();
  auto former = is_back ? own_newest_set(headers_, *services_.sealing_keys, now)
                        : std::vector<std::size_t>{};
  sealing_.emplace(*key, headers_, std::move(former), departure_, now);
}

HeaderEdit Message::trace_insertion(Direction direction,
                                    std::vector<std::string> field_digests) const {
  sign::Trace trace{services_.clock->today(), origin_of(direction),
                    facts_.author_domains,    {},
                    std::move(field_digests), true};
  trace.entitled_domains = entitled_domains_;
  return insertion(sign::make_trace(trace, headers_, services_.trace_secret));
}

}  // namespace milterward
