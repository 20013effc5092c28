// SPDX-License-Identifier: Apache-2.0
#include "conf/import/rspamd_settings.h"

#include <array>

namespace milterward::importing {
namespace {

constexpr auto known = std::to_array<RspamdSetting>({
    {"allow_envfrom_empty", "true", Outcome::look, "mail without a sender is signed, too"},
    {"allow_hdrfrom_mismatch", "true", Outcome::look,
     "MAIL FROM need not agree with From: the key is that of From, and [directory] says "
     "what "
     "a login may use in both"},
    {"allow_hdrfrom_mismatch_sign_networks", "true", Outcome::look,
     "MAIL FROM need not agree with From"},
    {"allow_hdrfrom_multiple", "false", Outcome::look,
     "mail is signed where From names one domain"},
    {"allow_username_mismatch", "true", Outcome::look,
     "a login signs for every domain until [directory] says who may use which: "
     "login_is_address = true, or rows of [[directory.account]]"},
    {"sign_authenticated", "true", Outcome::look, "mail of logins is always signed"},
    {"sign_local", "true", Outcome::look,
     "mail of relay.trusted_networks is always signed"},
    {"sign_inbound", "", Outcome::covered,
     "arc.seal says which mail of strangers is sealed"},
    {"use_domain_sign_networks", "header", Outcome::no_counterpart,
     "the key is always that of the domain of From"},
    {"use_domain_sign_local", "header", Outcome::no_counterpart,
     "the key is always that of the domain of From"},
    {"check_pubkey", "false", Outcome::no_counterpart,
     "the published key is not asked for with each message"},
    {"allow_pubkey_mismatch", "", Outcome::covered, "the published key is not asked for"},
    {"symbol", "", Outcome::covered, "verdicts name their rule"},
    {"symbol_sign", "", Outcome::covered, "verdicts name their rule"},
    {"symbol_fail", "", Outcome::covered, "verdicts name their rule"},
    {"use_vault", "false", Outcome::no_counterpart, "keys come from files"},
    {"use_redis", "false", Outcome::no_counterpart,
     "keys come from files; write those in Redis into files and give each a [[sign.key]]"},
    {"key_prefix", "", Outcome::covered, "of use_redis"},
    {"selector_prefix", "", Outcome::covered, "of use_redis"},
    {"use_http_headers", "false", Outcome::no_counterpart, "keys come from files"},
    {"sign_condition", "", Outcome::no_counterpart, "Milterward runs no scripts on mail"},
    {"skip_spam_sign", "false", Outcome::no_counterpart, "there is no score of spam"},
    {"enabled", "true", Outcome::look, "a key is used as soon as it has its row"},
});

}  // namespace

std::span<const RspamdSetting> rspamd_settings() noexcept { return known; }

}  // namespace milterward::importing
