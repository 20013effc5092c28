// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/outbound.h"

#include "policy/base/unreachable.h"

namespace milterward::rules {
namespace {

Verdict missing_key(conf::OnMissingKey rule) {
  switch (rule) {
    case conf::OnMissingKey::pass:
      return Verdict::proceed("sign.key_unusable");
    case conf::OnMissingKey::defer:
      return Verdict::defer("sign.key_unusable",
                            {451, "4.7.5", "Signing key not available, try again later"});
    case conf::OnMissingKey::reject:
      return Verdict::reject("sign.key_unusable",
                             {550, "5.7.5", "Signing key not available"});
  }
  unreachable();
}

}  // namespace

Verdict decide_outbound(const MessageFacts& facts, const conf::SignSettings& settings) {
  if (facts.returned == Returned::entered_as_stranger)
    return Verdict::proceed("sign.entered_unauthenticated");
  switch (facts.signing) {
    case SigningState::not_asked:
    case SigningState::no_key:
      return Verdict::proceed("sign.no_key");
    case SigningState::no_author:
      return Verdict::proceed("sign.no_author");
    case SigningState::not_entitled:
      return Verdict::proceed("sign.not_entitled");
    case SigningState::not_known:
      return Verdict::defer("sign.not_known",
                            {451, "4.3.0",
                             "Sender addresses cannot be looked up now, please try again "
                             "later"});
    case SigningState::keys_not_known:
      return Verdict::defer(
          "sign.keys_not_known",
          {451, "4.3.0", "Signing keys cannot be looked up now, please try again later"});
    case SigningState::key_unusable:
      return missing_key(settings.on_missing_key);
    case SigningState::ready:
      return Verdict::proceed("sign.signed");
  }
  unreachable();
}

bool is_to_be_signed(const Verdict& verdict) noexcept {
  return verdict.action == Action::accept &&
         (verdict.rule == "sign.signed" || verdict.rule == "sign.key_unusable");
}

}  // namespace milterward::rules
