// SPDX-License-Identifier: Apache-2.0
// The SPF engine for those who want libspf2: it walks the terms of records, we do the rest.
// Debian's libspf2 overflows its stack on a crafted record (CVE-2023-42118) and loses the
// end of long ones, so it never sees what strangers wrote: our parser reads the record, and
// libspf2 gets one of stand-ins, `v=spf1 a:t1.spf.invalid -include:t2.spf.invalid`. When it
// asks DNS for a stand-in, the term behind it is evaluated by us, within our limits.
// The library is loaded when the engine is, so that no other daemon has it mapped.
#pragma once

#include <memory>
#include <string>

#include "policy/auth/spf/evaluation.h"
#include "policy/base/result.h"
#include "policy/ports/spf_checker.h"

namespace milterward::backends {

struct Spf2Library;

class Spf2Checker final : public ports::SpfChecker {
 public:
  /// Fault: why libspf2 cannot be loaded, as one line for the postmaster.
  static Result<std::shared_ptr<const Spf2Checker>, std::string> load(
      auth::SpfHost host = {});

  ports::SpfFinding check(const ports::SpfQuery& query, ports::Resolver& dns,
                          Deadline deadline) const override;

  Spf2Checker(std::shared_ptr<const Spf2Library> library, auth::SpfHost host);

 private:
  std::shared_ptr<const Spf2Library> library_;
  auth::SpfHost host_;
};

}  // namespace milterward::backends
