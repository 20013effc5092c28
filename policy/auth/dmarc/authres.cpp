// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dmarc/authres.h"

namespace milterward::auth {

AuthresMethod authres_method(const DmarcFinding& finding) {
  AuthresMethod method{
      "dmarc", std::string{to_text(finding.result)}, "", finding.reason, {}};
  method.properties.push_back({"header", "from", finding.author_domain.name()});
  // A policy is to be applied only where there is one, and a definite result.
  if (finding.result == DmarcResult::pass || finding.result == DmarcResult::fail)
    method.properties.push_back({"policy", "dmarc", std::string{to_text(finding.policy)}});
  return method;
}

}  // namespace milterward::auth
