// SPDX-License-Identifier: Apache-2.0
// Our own SPF engine: check_host() of RFC 7208 section 4, over SpfEvaluation. Kept beside
// the libspf2 engine since that one costs a second walk and a C library for the same
// answer.
#pragma once

#include "policy/auth/spf/evaluation.h"
#include "policy/ports/spf_checker.h"

namespace milterward::auth {

class NativeSpfChecker final : public ports::SpfChecker {
 public:
  NativeSpfChecker() = default;
  explicit NativeSpfChecker(SpfHost host) : host_(std::move(host)) {}

  ports::SpfFinding check(const ports::SpfQuery& query, ports::Resolver& dns,
                          Deadline deadline) const override;

 private:
  SpfHost host_;
};

}  // namespace milterward::auth
