// SPDX-License-Identifier: Apache-2.0
#include "policy/connection.h"

#include <algorithm>
#include <memory>
#include <new>
#include <optional>

#include "policy/base/ascii.h"
#include "policy/base/sink.h"
#include "policy/decide.h"
#include "policy/explain.h"
#include "policy/identity.h"
#include "policy/journaling.h"
#include "policy/mail/login.h"
#include "policy/message.h"
#include "policy/metering.h"
#include "policy/mta.h"
#include "policy/our_domains.h"
#include "policy/records.h"
#include "policy/rules/relay.h"
#include "policy/services.h"

namespace milterward {
namespace {

using rules::Verdict;

bool is_submission_listener(const std::vector<conf::Listener>& listeners,
                            const sign::ListenerNames& names) {
  return std::ranges::any_of(listeners, [&](const conf::Listener& listener) {
    return (listener.port.empty() || listener.port == names.port) &&
           (listener.name.empty() || listener.name == names.name);
  });
}

/// RFC 6531 section 3.4.
bool is_internationalized(const EnvelopeStep& mail) {
  return std::ranges::any_of(mail.arguments, [](const std::string& argument) {
    return equal_ignoring_case(argument, "SMTPUTF8");
  });
}

/// No MTA does this; what was not examined must not pass for it.
Verdict no_transaction() {
  return Verdict::defer("front.no_transaction",
                        {451, "4.3.0", "No sender is known, please try again later"});
}

std::string_view without_brackets(std::string_view argument) {
  if (argument.starts_with('<')) argument.remove_prefix(1);
  if (argument.ends_with('>')) argument.remove_suffix(1);
  return argument;
}

struct FreeMemory {
  void operator()(void* memory) const noexcept { ::operator delete(memory); }
};

/// The memory of a thread's last connection, for its next: some KB, which the allocator
/// would search for each time.
thread_local std::unique_ptr<void, FreeMemory> spare_memory;

}  // namespace

/// What is known of the client stays for the connection; `message_` lives from MAIL to the
/// next MAIL.
class Connection::Impl {
 public:
  static void* operator new(std::size_t size) {
    auto* const spare = spare_memory.release();
    return spare == nullptr ? ::operator new(size) : spare;
  }
  static void operator delete(void* memory) noexcept { spare_memory.reset(memory); }

  explicit Impl(std::shared_ptr<const Services> services)
      : services_(std::move(services)) {}

  Verdict connect(const ConnectStep& step, const Macros& macros) {
    message_.reset();
    connect_ = step;
    client_ = {};
    lists_ = nullptr;
    refused_by_mta_ = 0;
    departure_ = {mta_of(macros), std::string{macros.value("j")}, ""};
    listener_ = {std::string{macros.value("{daemon_port}")},
                 std::string{macros.value("{daemon_name}")}};
    const auto& relay = services_->config->relay;
    client_.client = step.client;
    client_.client_name = step.host_name;
    client_.client_is_trusted = any_contains(relay.trusted_networks, step.client);
    client_.client_is_upstream = any_contains(relay.upstream, step.client);
    client_.listener_is_submission =
        is_submission_listener(services_->config->listeners, listener_);
    ourselves_ = {{departure_.host, services_->authserv_id}, own_addresses(macros)};
    if (is_stranger()) ask_about_client();
    return Verdict::proceed("connect.collected");
  }

  /// After STARTTLS once more; only then can there be a certificate.
  Verdict helo(std::string_view name, const Macros& macros) {
    client_.helo = name;
    client_.helo_state = is_stranger() ? auth::judge_helo(name, client_.client, ourselves_)
                                       : auth::HeloState::unremarkable;
    const auto* row =
        certificate_of(departure_.mta, macros, services_->config->relay.certificates);
    client_.certificate = row == nullptr ? "" : row->subject;
    return Verdict::proceed("helo.collected");
  }

  Verdict mail(const EnvelopeStep& step, const Macros& macros) {
    message_.reset();
    auto sender = client_;
    sender.mail_from = without_brackets(step.address);
    sender.login =
        full_login(macros.value("{auth_authen}"), services_->config->directory.realm);
    sender.smtputf8 = is_internationalized(step);
    sender.came_by_smtp = !is_not_smtp(departure_.mta, connect_, step.address);
    note_sender(sender, *services_);
    message_.emplace(*services_, listener_, departure_, sender, lists_);
    message_->note_queue_id(macros.value("i"));
    const auto decision = decide(sender, *services_->config);
    if (!decision.mismatch.empty())
      log_mismatch(*message_, sender, sender.mail_from, decision);
    return settle(decision, sender, "");
  }

  Verdict rcpt(const EnvelopeStep& step, const Macros& macros) {
    if (!message_) return no_transaction();
    message_->note_queue_id(macros.value("i"));
    auto facts = recipient_facts(*services_, departure_.mta, message_->sender(),
                                 step.address, macros);
    facts.recipients_before = message_->recipient_count();
    if (facts.next_hop == rules::NextHop::refused)
      log_refused_by_mta(*message_, facts, macros, ++refused_by_mta_);
    facts.message_policy = message_->policy().value_or("");
    auto decision = decide(facts, *services_->config);
    if (rules::is_doubtful(decision.verdict))
      log_doubtful(message_->id(), facts, macros, decision.verdict.rule);
    if (!decision.refuses() && facts.next_hop != rules::NextHop::refused &&
        message_->take_allowance(facts))
      decision = decide(facts, *services_->config);
    if (services_->facts_log && decision.verdict.action != Action::accept)
      services_->facts_log->append(facts_stanza(message_->id(), facts, decision));
    auto verdict = settle(decision, facts, facts.recipient);
    if (!verdict.refuses() && facts.next_hop != rules::NextHop::refused)
      message_->add_recipient(facts, macros.value("{rcpt_mailer}"));
    return verdict;
  }

  void abort() { message_.reset(); }
  Message* message() { return message_ ? &*message_ : nullptr; }
  bool in_message() const noexcept { return message_.has_value(); }
  const Services& services() const noexcept { return *services_; }
  Verdict end_of_message(const Macros& macros) {
    if (!message_) return no_transaction();
    message_->note_queue_id(macros.value("i"));
    auto verdict = message_->finish();
    message_.reset();
    return verdict;
  }

 private:
  /// Of whom at least the address is known.
  bool is_stranger() const noexcept {
    return client_.client.known() && !client_.client_is_trusted &&
           !client_.client_is_upstream;
  }

  /// All that DNS knows of a client, at once; waited for with its first message. Whoever is
  /// to log in here is nobody's business.
  void ask_about_client() {
    services_->dns->ask(auth::iprev_question(client_.client));
    if (!client_.listener_is_submission) lists_ = ask_lists(*services_, client_.client);
  }

  /// Logs what was refused or would have been; what proceeds is told with the message.
  template <class Facts>
  Verdict settle(const Decision& decision, const Facts& facts,
                 const std::string& recipient) {
    if (decision.verdict.action != Action::accept) {
      log_recipient(*message_, facts, recipient, decision);
      count_decision(*services_, facts, decision);
      if (services_->journal)
        note_in_journal(*services_, facts,
                        {message_->id(), message_->queue_id(), "", decision});
    }
    return decision.effective();
  }

  std::shared_ptr<const Services> services_;
  ConnectStep connect_;
  rules::SenderFacts client_;  // of it, only the client and its HELO are filled
  auth::OurSelves ourselves_;
  std::shared_ptr<const auth::ListCheck> lists_;
  std::size_t refused_by_mta_ = 0;  // recipients of this client
  sign::ListenerNames listener_;
  sign::Departure departure_;
  std::optional<Message> message_;
};

Connection::Connection(std::shared_ptr<const Services> services)
    : impl_(std::make_unique<Impl>(std::move(services))) {}
Connection::~Connection() = default;

Verdict Connection::connect(const ConnectStep& step, const Macros& macros) {
  const StageWatch watch{impl_->services(), ports::Stage::connect};
  return impl_->connect(step, macros);
}
Verdict Connection::helo(std::string_view name, const Macros& macros) {
  const StageWatch watch{impl_->services(), ports::Stage::helo};
  return impl_->helo(name, macros);
}
Verdict Connection::mail(const EnvelopeStep& step, const Macros& macros) {
  const StageWatch watch{impl_->services(), ports::Stage::mail};
  return impl_->mail(step, macros);
}
Verdict Connection::rcpt(const EnvelopeStep& step, const Macros& macros) {
  const StageWatch watch{impl_->services(), ports::Stage::rcpt};
  return impl_->rcpt(step, macros);
}
void Connection::data(const Macros& macros) {
  if (auto* message = impl_->message()) message->note_queue_id(macros.value("i"));
}
void Connection::header(std::string_view name, std::string_view value) {
  if (auto* message = impl_->message()) message->header(name, value);
}
void Connection::end_of_headers(const Macros& macros) {
  if (auto* message = impl_->message()) {
    const StageWatch watch{impl_->services(), ports::Stage::end_of_headers};
    message->note_queue_id(macros.value("i"));
    message->end_of_headers();
  }
}
void Connection::body(std::string_view chunk) {
  if (auto* message = impl_->message()) message->body(chunk);
}
Verdict Connection::end_of_message(const Macros& macros) {
  const StageWatch watch{impl_->services(), ports::Stage::end_of_message};
  return impl_->end_of_message(macros);
}
void Connection::abort() { impl_->abort(); }
bool Connection::in_message() const noexcept { return impl_->in_message(); }

}  // namespace milterward
