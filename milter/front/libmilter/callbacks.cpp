// SPDX-License-Identifier: Apache-2.0
#include "milter/front/libmilter/callbacks.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "milter/front/answer.h"
#include "milter/front/libmilter/engine.h"
#include "milter/front/libmilter/threads.h"
#include "milter/front/negotiation.h"
#include "milter/front/session.h"
#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"
#include "policy/base/unreachable.h"
#include "policy/services.h"

namespace milterward::front {
namespace {

static_assert(protocol::actions::add_headers == SMFIF_ADDHDRS &&
              protocol::actions::change_headers == SMFIF_CHGHDRS &&
              protocol::actions::add_recipients == SMFIF_ADDRCPT &&
              protocol::actions::remove_recipients == SMFIF_DELRCPT &&
              protocol::actions::quarantine == SMFIF_QUARANTINE &&
              protocol::actions::name_macros == SMFIF_SETSYMLIST);
static_assert(protocol::steps::no_unknown == SMFIP_NOUNKNOWN &&
              protocol::steps::rejected_recipients == SMFIP_RCPT_REJ &&
              protocol::steps::leading_space == SMFIP_HDR_LEADSPC &&
              no_reply_steps == (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_DATA |
                                 SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY));
static_assert(protocol::stages::connect == SMFIM_CONNECT &&
              protocol::stages::helo == SMFIM_HELO &&
              protocol::stages::mail == SMFIM_ENVFROM &&
              protocol::stages::rcpt == SMFIM_ENVRCPT &&
              protocol::stages::data == SMFIM_DATA &&
              protocol::stages::end_of_headers == SMFIM_EOH &&
              protocol::stages::end_of_message == SMFIM_EOM);

// The callbacks get no pointer of ours; there is one libmilter in a process.
const CurrentServices* the_services = nullptr;
Sessions* the_sessions = nullptr;

/// What outlives a session on its context: which form header values have.
struct Agreed {
  std::unique_ptr<Session> session;  // from CONNECT to close
  std::shared_ptr<Seat> seat;
  bool seat_is_ours = false;  // not a thread's: we enter and leave
  LeadingSpace leading_space = LeadingSpace::in_value;
  bool may_quarantine = true;
  bool may_redirect = true;
};

class LibmilterMacros final : public Macros {
 public:
  explicit LibmilterMacros(SMFICTX* context) : context_(context) {}
  std::string_view value(std::string_view name) const override {
    std::string text{name};
    const char* value = smfi_getsymval(context_, text.data());
    return value == nullptr ? std::string_view{} : std::string_view{value};
  }

 private:
  SMFICTX* context_;
};

Agreed* agreed_of(SMFICTX* context) { return static_cast<Agreed*>(smfi_getpriv(context)); }

Session* session_of(SMFICTX* context) {
  const auto* agreed = agreed_of(context);
  return agreed == nullptr ? nullptr : agreed->session.get();
}

/// A libmilter linked so that it never asks our mi_start_session passes the self-test too.
void report_unexpected_pool() {
  static std::atomic<bool> reported{false};
  if (!uses_threads_per_connection() || reported.exchange(true)) return;
  log_event(Event::milter_thread_fallback,
            {{"reason", "libmilter does not start its sessions through us"}});
}

/// Puts a fresh state on the context; the former one, if any, is dropped.
Agreed& begin(SMFICTX* context) {
  close_session(context);
  auto agreed = std::make_unique<Agreed>();
  agreed->seat = seat_of(context);
  if (!agreed->seat) {
    report_unexpected_pool();
    agreed->seat = the_sessions->enter(-1);
    agreed->seat_is_ours = true;
  }
  auto& placed = *agreed;
  smfi_setpriv(context, agreed.release());  // taken back in close_session
  return placed;
}

char* c_text(std::string& text) { return text.data(); }

sfsistat refuse(SMFICTX* context, const rules::Verdict& verdict, sfsistat reaction) {
  auto reply = wire_reply(verdict);
  // When libmilter dislikes the reply, the MTA's own text goes with the same reaction.
  smfi_setreply(context, c_text(reply.code), c_text(reply.status), c_text(reply.text));
  return reaction;
}

sfsistat answer(SMFICTX* context, const rules::Verdict& verdict) {
  switch (reaction_to(verdict)) {
    case Reaction::proceed:
      return SMFIS_CONTINUE;
    case Reaction::reject:
      return refuse(context, verdict, SMFIS_REJECT);
    case Reaction::defer:
      return refuse(context, verdict, SMFIS_TEMPFAIL);
  }
  unreachable();
}

bool carry_out(SMFICTX* context, const rules::HeaderEdit& edit,
               LeadingSpace leading_space) {
  auto name = edit.name;
  switch (edit.kind) {
    case rules::HeaderEdit::Kind::remove:
      return smfi_chgheader(context, c_text(name), static_cast<int>(edit.occurrence),
                            nullptr) == MI_SUCCESS;
    case rules::HeaderEdit::Kind::change: {
      auto value = wire_value(edit.value, leading_space);
      return smfi_chgheader(context, c_text(name), static_cast<int>(edit.occurrence),
                            c_text(value)) == MI_SUCCESS;
    }
    case rules::HeaderEdit::Kind::insert_on_top: {
      // Index 0 lands above the MTA's own Received in Postfix, on top in Sendmail; others
      // differ between them.
      auto value = wire_value(edit.value, leading_space);
      return smfi_insheader(context, 0, c_text(name), c_text(value)) == MI_SUCCESS;
    }
  }
  unreachable();
}

bool carry_out(SMFICTX* context, const RecipientChanges& changes) {
  for (auto address : changes.removed)
    if (smfi_delrcpt(context, c_text(address)) != MI_SUCCESS) return false;
  for (auto address : changes.added)
    if (smfi_addrcpt(context, c_text(address)) != MI_SUCCESS) return false;
  return true;
}

/// A message whose forged fields could not be removed, or which cannot be held or
/// redirected, must not pass as if it had been.
bool carry_out_all(SMFICTX* context, const rules::Verdict& verdict, const Agreed& agreed) {
  for (const auto& edit : verdict.edits) {
    if (!carry_out(context, edit, agreed.leading_space)) return false;
  }
  if (!verdict.redirections.empty() &&
      (!agreed.may_redirect || !carry_out(context, recipient_changes(verdict))))
    return false;
  if (verdict.hold_reason.empty()) return true;
  auto reason = wire_hold_reason(verdict.hold_reason);
  return agreed.may_quarantine && smfi_quarantine(context, c_text(reason)) == MI_SUCCESS;
}

/// A step with a reply.
template <class Step>
sfsistat on_step(const char* where, SMFICTX* context, Step step) noexcept {
  return at_c_boundary(where, SMFIS_TEMPFAIL, [&] {
    auto* session = session_of(context);
    if (session == nullptr) return SMFIS_TEMPFAIL;
    return answer(context, step(*session, LibmilterMacros{context}));
  });
}

/// A step without: what fails is remembered and told at the end of the message.
template <class Step>
void on_silent_step(const char* where, SMFICTX* context, Step step) noexcept {
  const bool done = at_c_boundary(where, false, [&] {
    if (auto* session = session_of(context)) step(*session, LibmilterMacros{context});
    return true;
  });
  if (done) return;
  if (auto* session = session_of(context)) session->mail_must_wait();
}

EnvelopeStep envelope_step(char** arguments) {
  EnvelopeStep step;
  step.address = arguments[0];
  for (++arguments; *arguments != nullptr; ++arguments) {
    step.arguments.emplace_back(*arguments);
  }
  return step;
}

ConnectStep connect_step(const char* host_name, const sockaddr* address) {
  ConnectStep step;
  step.host_name = host_name == nullptr ? "" : host_name;
  if (address == nullptr) return step;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &v4.sin_addr, octets.size());
    step.client = IpAddress::v4(octets);
    step.port = ntohs(v4.sin_port);
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
    step.client = IpAddress::v6(octets);
    step.port = ntohs(v6.sin6_port);
  }
  return step;
}

void name_macros(SMFICTX* context) {
  for (auto& request : macro_requests())
    smfi_setsymlist(context, static_cast<int>(request.stage), request.names.data());
}

sfsistat on_negotiate(SMFICTX* context, unsigned long actions, unsigned long steps,
                      unsigned long, unsigned long, unsigned long* asked_actions,
                      unsigned long* asked_steps, unsigned long* further_1,
                      unsigned long* further_2) noexcept {
  return at_c_boundary("negotiate", SMFIS_REJECT, [&]() -> sfsistat {
    const auto agreement = agree_on({actions, steps});
    if (!agreement) {
      log_event(Event::connection_refused, {{"reason", agreement.fault()}});
      return SMFIS_REJECT;
    }
    auto& agreed = begin(context);
    agreed.leading_space = agreement->leading_space;
    agreed.may_quarantine = agreement->may_quarantine;
    agreed.may_redirect = agreement->may_redirect;
    *asked_actions = agreement->actions;
    // Where the MTA does not know "no reply", libmilter answers for us.
    *asked_steps = agreement->steps | no_reply_steps;
    *further_1 = *further_2 = 0;
    if (agreement->may_name_macros) name_macros(context);
    return SMFIS_CONTINUE;
  });
}

sfsistat on_connect(SMFICTX* context, char* host_name, sockaddr* address) noexcept {
  const bool done = at_c_boundary("connect", false, [&] {
    // Behind QUIT_NC a connection is used again without negotiation. Only protocol 6 has
    // that, and it has the leading space too, so a fresh state is right.
    auto* agreed = agreed_of(context);
    if (agreed == nullptr) agreed = &begin(context);
    if (!agreed->session) {
      agreed->session = std::make_unique<Session>(the_services->get(), agreed->seat,
                                                  agreed->leading_space);
    }
    agreed->session->connect(connect_step(host_name, address), LibmilterMacros{context});
    return true;
  });
  // Without a session every step with a reply is answered "later"; the client before this
  // one must not stand in for it.
  if (auto* agreed = agreed_of(context); !done && agreed != nullptr) {
    agreed->session.reset();
  }
  return SMFIS_NOREPLY;
}

sfsistat on_helo(SMFICTX* context, char* name) noexcept {
  on_silent_step("helo", context, [&](Session& session, const Macros& macros) {
    session.helo(name, macros);
  });
  return SMFIS_NOREPLY;
}

sfsistat on_mail(SMFICTX* context, char** arguments) noexcept {
  return on_step("mail", context, [&](Session& session, const Macros& macros) {
    return session.mail(envelope_step(arguments), macros);
  });
}

sfsistat on_rcpt(SMFICTX* context, char** arguments) noexcept {
  return on_step("rcpt", context, [&](Session& session, const Macros& macros) {
    return session.rcpt(envelope_step(arguments), macros);
  });
}

sfsistat on_data(SMFICTX* context) noexcept {
  on_silent_step("data", context,
                 [](Session& session, const Macros& macros) { session.data(macros); });
  return SMFIS_NOREPLY;
}

sfsistat on_header(SMFICTX* context, char* name, char* value) noexcept {
  on_silent_step("header", context,
                 [&](Session& session, const Macros&) { session.header(name, value); });
  return SMFIS_NOREPLY;
}

sfsistat on_end_of_headers(SMFICTX* context) noexcept {
  on_silent_step("end_of_headers", context, [](Session& session, const Macros& macros) {
    session.end_of_headers(macros);
  });
  return SMFIS_NOREPLY;
}

sfsistat on_body(SMFICTX* context, unsigned char* chunk, std::size_t size) noexcept {
  on_silent_step("body", context, [&](Session& session, const Macros&) {
    session.body({reinterpret_cast<const char*>(chunk), size});
  });
  // The last chunk may come with the end of the message. There libmilter goes on to
  // on_end_of_message only behind CONTINUE, which it keeps to itself.
  return mi_sendok(context, 0) ? SMFIS_CONTINUE : SMFIS_NOREPLY;
}

sfsistat on_end_of_message(SMFICTX* context) noexcept {
  return at_c_boundary("end_of_message", SMFIS_TEMPFAIL, [&]() -> sfsistat {
    auto* agreed = agreed_of(context);
    if (agreed == nullptr || !agreed->session) return SMFIS_TEMPFAIL;
    const auto verdict = agreed->session->end_of_message(LibmilterMacros{context});
    if (verdict.refuses()) return answer(context, verdict);
    if (carry_out_all(context, verdict, *agreed)) return SMFIS_CONTINUE;
    log_event(Event::callback_failed,
              {{"where", "end_of_message"},
               {"reason",
                "the MTA did not take the changes, cannot hold or redirect "
                "messages, or is gone"}});
    return SMFIS_TEMPFAIL;
  });
}

sfsistat on_abort(SMFICTX* context) noexcept {
  on_silent_step("abort", context,
                 [](Session& session, const Macros&) { session.abort(); });
  return SMFIS_CONTINUE;
}

sfsistat on_close(SMFICTX* context) noexcept {
  close_session(context);
  return SMFIS_CONTINUE;
}

}  // namespace

void close_session(smfi_str* context) noexcept {
  const std::unique_ptr<Agreed> agreed{agreed_of(context)};
  if (!agreed) return;
  smfi_setpriv(context, nullptr);
  at_c_boundary("close", 0, [&] {
    agreed->session.reset();
    agreed->seat->in_message = false;
    if (agreed->seat_is_ours) the_sessions->leave(agreed->seat);
    return 0;
  });
}

bool register_callbacks(const CurrentServices& services, Sessions& sessions) {
  the_services = &services;
  the_sessions = &sessions;
  static std::string name = "milterward";
  smfiDesc description{};
  description.xxfi_name = name.data();
  description.xxfi_version = SMFI_VERSION;
  description.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_ADDRCPT | SMFIF_DELRCPT |
                           SMFIF_QUARANTINE | SMFIF_SETSYMLIST;
  description.xxfi_negotiate = on_negotiate;
  description.xxfi_connect = on_connect;
  description.xxfi_helo = on_helo;
  description.xxfi_envfrom = on_mail;
  description.xxfi_envrcpt = on_rcpt;
  description.xxfi_data = on_data;
  description.xxfi_header = on_header;
  description.xxfi_eoh = on_end_of_headers;
  description.xxfi_body = on_body;
  description.xxfi_eom = on_end_of_message;
  description.xxfi_abort = on_abort;
  description.xxfi_close = on_close;
  return smfi_register(description) == MI_SUCCESS;
}

}  // namespace milterward::front
