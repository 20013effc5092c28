// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/arc/authres.h"

namespace milterward::auth {
namespace {

std::string sealers_of(const ArcFinding& finding) {
  std::string text;
  for (auto set = finding.sets.rbegin(); set != finding.sets.rend(); ++set)
    text += (text.empty() ? "sealed by " : ", ") + set->domain;
  return text;
}

}  // namespace

AuthresMethod authres_method(const ArcFinding& finding, const std::string& client) {
  AuthresMethod method{
      "arc", std::string{to_text(finding.result)}, sealers_of(finding), finding.reason, {}};
  if (!client.empty()) method.properties.push_back({"smtp", "remote-ip", client});
  if (finding.result == ArcResult::pass)
    method.properties.push_back(
        {"header", "oldest-pass", std::to_string(finding.oldest_pass)});
  return method;
}

}  // namespace milterward::auth
