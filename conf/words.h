// SPDX-License-Identifier: Apache-2.0
// The words that stand for enumerators in the configuration file, and with them in the
// sample and the manual. An enumerator without a word cannot be chosen.
#pragma once

#include <array>
#include <string_view>

#include "conf/settings/arc.h"
#include "conf/settings/dkim.h"
#include "conf/settings/dmarc.h"
#include "conf/settings/dnsbl.h"
#include "conf/settings/feedback.h"
#include "conf/settings/identity.h"
#include "conf/settings/inbound.h"
#include "conf/settings/journal.h"
#include "conf/settings/log.h"
#include "conf/settings/milter.h"
#include "conf/settings/preflight.h"
#include "conf/settings/quota.h"
#include "conf/settings/relay.h"
#include "conf/settings/report.h"
#include "conf/settings/sign.h"
#include "conf/settings/spf.h"
#include "conf/settings/sql.h"
#include "conf/settings/store.h"
#include "conf/settings/warmup.h"
#include "policy/base/events.h"
#include "policy/base/mode.h"
#include "policy/base/reply.h"

namespace milterward::conf {

template <class Enum>
struct Word {
  std::string_view word;
  Enum value;
};

/// One array of words per enumeration that a key may have as its type.
template <class Enum>
inline constexpr auto words = std::array<Word<Enum>, 0>{};

template <>
inline constexpr auto words<Mode> = std::to_array<Word<Mode>>({
    {"monitor", Mode::monitor},
    {"enforce", Mode::enforce},
});

template <>
inline constexpr auto words<Action> = std::to_array<Word<Action>>({
    {"accept", Action::accept},
    {"tag", Action::tag},
    {"subject", Action::subject},
    {"quarantine", Action::quarantine},
    {"redirect", Action::redirect},
    {"defer", Action::defer},
    {"reject", Action::reject},
});

template <>
inline constexpr auto words<Quarantine> = std::to_array<Word<Quarantine>>({
    {"header", Quarantine::header},
    {"hold", Quarantine::hold},
});

template <>
inline constexpr auto words<ListKind> = std::to_array<Word<ListKind>>({
    {"block", ListKind::block},
    {"allow", ListKind::allow},
});

template <>
inline constexpr auto words<FrontEngine> = std::to_array<Word<FrontEngine>>({
    {"native", FrontEngine::native},
    {"libmilter", FrontEngine::libmilter},
});
template <>
inline constexpr auto words<Threads> = std::to_array<Word<Threads>>({
    {"per_connection", Threads::per_connection},
    {"pool", Threads::pool},
});

template <>
inline constexpr auto words<LockMemory> = std::to_array<Word<LockMemory>>({
    {"off", LockMemory::off},
    {"if_possible", LockMemory::if_possible},
    {"required", LockMemory::required},
});
template <>
inline constexpr auto words<Sandbox> = std::to_array<Word<Sandbox>>({
    {"off", Sandbox::off},
    {"if_possible", Sandbox::if_possible},
    {"required", Sandbox::required},
});

template <>
inline constexpr auto words<ListenerKind> = std::to_array<Word<ListenerKind>>({
    {"submission", ListenerKind::submission},
});

template <>
inline constexpr auto words<IdentityMode> = std::to_array<Word<IdentityMode>>({
    {"off", IdentityMode::off},
    {"learn", IdentityMode::learn},
    {"tag", IdentityMode::tag},
    {"reject", IdentityMode::reject},
});

template <>
inline constexpr auto words<DmarcDiscovery> = std::to_array<Word<DmarcDiscovery>>({
    {"treewalk", DmarcDiscovery::treewalk},
    {"psl", DmarcDiscovery::psl},
});

template <>
inline constexpr auto words<DmarcReject> = std::to_array<Word<DmarcReject>>({
    {"corroborated", DmarcReject::corroborated},
    {"quarantine", DmarcReject::quarantine},
    {"always", DmarcReject::always},
});

template <>
inline constexpr auto words<TreatAs> = std::to_array<Word<TreatAs>>({
    {"none", TreatAs::none},
    {"quarantine", TreatAs::quarantine},
    {"reject", TreatAs::reject},
});

template <>
inline constexpr auto words<OverrideReason> = std::to_array<Word<OverrideReason>>({
    {"local_policy", OverrideReason::local_policy},
    {"mailing_list", OverrideReason::mailing_list},
    {"trusted_forwarder", OverrideReason::trusted_forwarder},
    {"other", OverrideReason::other},
});

template <>
inline constexpr auto words<SpfEngine> = std::to_array<Word<SpfEngine>>({
    {"native", SpfEngine::native},
    {"libspf2", SpfEngine::libspf2},
});

template <>
inline constexpr auto words<DkimEngine> = std::to_array<Word<DkimEngine>>({
    {"native", DkimEngine::native},
    {"libopendkim", DkimEngine::libopendkim},
});

template <>
inline constexpr auto words<SqlEngine> = std::to_array<Word<SqlEngine>>({
    {"none", SqlEngine::none},
    {"sqlite", SqlEngine::sqlite},
    {"postgresql", SqlEngine::postgresql},
    {"mysql", SqlEngine::mysql},
});

template <>
inline constexpr auto words<BodyLength> = std::to_array<Word<BodyLength>>({
    {"whole", BodyLength::whole},
    {"never", BodyLength::never},
    {"part", BodyLength::part},
});

template <>
inline constexpr auto words<SealMail> = std::to_array<Word<SealMail>>({
    {"off", SealMail::off},
    {"returned", SealMail::returned},
    {"inbound", SealMail::inbound},
});

template <>
inline constexpr auto words<SigningForms> = std::to_array<Word<SigningForms>>({
    {"relaxed/relaxed", SigningForms::relaxed_relaxed},
    {"relaxed/simple", SigningForms::relaxed_simple},
    {"simple/relaxed", SigningForms::simple_relaxed},
    {"simple/simple", SigningForms::simple_simple},
});

template <>
inline constexpr auto words<OnMissingKey> = std::to_array<Word<OnMissingKey>>({
    {"defer", OnMissingKey::defer},
    {"pass", OnMissingKey::pass},
    {"reject", OnMissingKey::reject},
});

template <>
inline constexpr auto words<AskAuthoritative> = std::to_array<Word<AskAuthoritative>>({
    {"off", AskAuthoritative::off},
    {"any", AskAuthoritative::any},
    {"most", AskAuthoritative::most},
    {"all", AskAuthoritative::all},
});

template <>
inline constexpr auto words<AtLimit> = std::to_array<Word<AtLimit>>({
    {"defer", AtLimit::defer},
    {"reject", AtLimit::reject},
    {"hold", AtLimit::hold},
});

template <>
inline constexpr auto words<StoreSync> = std::to_array<Word<StoreSync>>({
    {"process", StoreSync::process},
    {"disk", StoreSync::disk},
});

template <>
inline constexpr auto words<OnBurst> = std::to_array<Word<OnBurst>>({
    {"log", OnBurst::log},
    {"lock", OnBurst::lock},
});

template <>
inline constexpr auto words<OnPreflight> = std::to_array<Word<OnPreflight>>({
    {"accept", OnPreflight::accept},
    {"tag", OnPreflight::tag},
    {"hold", OnPreflight::hold},
    {"reject", OnPreflight::reject},
});

template <>
inline constexpr auto words<OnOutage> = std::to_array<Word<OnOutage>>({
    {"defer", OnOutage::defer},
    {"local_share", OnOutage::local_share},
});

template <>
inline constexpr auto words<LocalParts> = std::to_array<Word<LocalParts>>({
    {"kept", LocalParts::kept},
    {"hashed", LocalParts::hashed},
});

template <>
inline constexpr auto words<FailureReports> = std::to_array<Word<FailureReports>>({
    {"off", FailureReports::off},
    {"failed", FailureReports::failed},
    {"asked", FailureReports::asked},
});

template <>
inline constexpr auto words<RedactAs> = std::to_array<Word<RedactAs>>({
    {"hashed", RedactAs::hashed},
    {"removed", RedactAs::removed},
});

template <>
inline constexpr auto words<Believe> = std::to_array<Word<Believe>>({
    {"authenticated", Believe::authenticated},
    {"all", Believe::all},
});

template <>
inline constexpr auto words<LogTarget> = std::to_array<Word<LogTarget>>({
    {"stderr", LogTarget::standard_error},
    {"syslog", LogTarget::syslog},
    {"journal", LogTarget::journal},
});

template <>
inline constexpr auto words<LogFormat> = std::to_array<Word<LogFormat>>({
    {"keyvalue", LogFormat::keyvalue},
    {"json", LogFormat::json},
});

template <>
inline constexpr auto words<Level> = std::to_array<Word<Level>>({
    {"debug", Level::debug},
    {"info", Level::info},
    {"warning", Level::warning},
    {"error", Level::error},
});

/// The word that stands for an enumerator, "" where it has none.
template <class Enum>
constexpr std::string_view word_of(Enum value) noexcept {
  for (const auto& word : words<Enum>)
    if (word.value == value) return word.word;
  return {};
}

}  // namespace milterward::conf
