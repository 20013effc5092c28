// SPDX-License-Identifier: Apache-2.0
// What a connection needs to examine mail of strangers to home.test: that of sender.test,
// whose SPF record says "fail" of everybody, is refused at the end of the message, and the
// listener "submission" is for logins.
#pragma once

#include <memory>

#include "policy/auth/dkim/native_verifier.h"
#include "policy/auth/spf/native_checker.h"
#include "policy/services.h"
#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::tests {

class HomeDirectory final : public ports::Directory {
 public:
  bool knows_domains() const noexcept override { return true; }
  bool knows_owners() const noexcept override { return false; }
  ports::DirectoryResult<bool> is_ours(const Domain& domain, Deadline) const override {
    return domain.name() == "home.test";
  }
  ports::DirectoryResult<bool> may_use(std::string_view, const MailAddress&,
                                       Deadline) const override {
    return false;
  }
  ports::DirectoryResult<std::string> class_of(std::string_view, Deadline) const override {
    return std::string{};
  }
  ports::DirectoryResult<bool> is_established(std::string_view, Deadline) const override {
    return false;
  }
};

inline std::shared_ptr<const Services> inbound_services() {
  const auto services = std::make_shared<Services>();
  services->config = std::make_shared<const conf::Config>(
      configuration_from("[inbound]\nmode = \"enforce\"\n[spf]\non_fail = \"reject\"\n"
                         "[relay]\nmode = \"enforce\"\ndomains = [\"home.test\"]\n"
                         "[[listener]]\nname = \"submission\"\nkind = \"submission\"\n"));
  services->clock = std::make_shared<FakeClock>();
  services->directory = std::make_shared<HomeDirectory>();
  services->dns = std::make_shared<FakeResolver>("sender.test TXT v=spf1 -all");
  services->spf = std::make_shared<const auth::NativeSpfChecker>();
  services->dkim_verifier = std::make_shared<const auth::NativeDkimVerifier>(
      services->config->dkim.body_length, services->published_keys);
  services->keys = std::make_shared<const sign::KeyRing>();
  services->sealing_keys = std::make_shared<const sign::KeyRing>();
  services->authserv_id = "mx.home.test";
  return services;
}

}  // namespace milterward::tests
