// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dnsbl/authres.h"

#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

const char* word_of(DnswlFinding::Result result) {
  switch (result) {
    case DnswlFinding::Result::none:
      return "none";
    case DnswlFinding::Result::pass:
      return "pass";
    case DnswlFinding::Result::temperror:
      return "temperror";
    case DnswlFinding::Result::permerror:
      return "permerror";
  }
  unreachable();
}

}  // namespace

AuthresMethod authres_method(const DnswlFinding& finding, Validation validation) {
  AuthresMethod method{"dnswl", word_of(finding.result), "", "", {}};
  method.properties.push_back({"dns", "zone", finding.list});
  if (finding.result != DnswlFinding::Result::pass) return method;
  std::string codes;
  for (const auto& code : finding.codes) codes += (codes.empty() ? "" : ",") + code.text();
  method.properties.push_back({"policy", "ip", codes});
  method.properties.push_back({"dns", "sec",
                               finding.is_secure              ? "yes"
                               : validation == Validation::on ? "no"
                                                              : "na"});
  return method;
}

}  // namespace milterward::auth
