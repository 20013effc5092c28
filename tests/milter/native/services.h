// SPDX-License-Identifier: Apache-2.0
// What a connection needs to examine mail of strangers: sender.test, whose SPF record says
// "fail" of everybody, is refused at the end of the message.
#pragma once

#include <memory>

#include "policy/auth/dkim/native_verifier.h"
#include "policy/auth/spf/native_checker.h"
#include "policy/services.h"
#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_directory.h"
#include "tests/support/fake_resolver.h"

namespace milterward::tests {

inline std::shared_ptr<const Services> inbound_services() {
  const auto services = std::make_shared<Services>();
  services->config = std::make_shared<const conf::Config>(
      configuration("inbound.mode=enforce spf.on_fail=reject"));
  services->clock = std::make_shared<FakeClock>();
  services->directory = std::make_shared<FakeDirectory>();
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
