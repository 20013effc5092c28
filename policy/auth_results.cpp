// SPDX-License-Identifier: Apache-2.0
#include "policy/auth_results.h"

#include <fmt/format.h>

#include "policy/auth/arc/authres.h"
#include "policy/auth/dmarc/authres.h"
#include "policy/mail/address.h"
#include "policy/mail/field_text.h"

namespace milterward {
namespace {

using auth::AuthresMethod;
using auth::AuthresProperty;

void add(AuthresMethod& method, const char* type, const char* name,
         const std::string& value) {
  if (!value.empty()) method.properties.push_back({type, name, value});
}

AuthresMethod iprev_method(const auth::IprevFinding& finding,
                           const ExaminedClient& client) {
  AuthresMethod method{"iprev", std::string{to_text(finding.result)}, finding.name, "", {}};
  add(method, "policy", "iprev", client.address.text());
  return method;
}

/// Without a domain HELO stands for it. SPF says nothing about local parts, so they are not
/// shown (RFC 8601 section 2.7.2).
AuthresMethod spf_method(const ports::SpfFinding& finding, const ExaminedClient& client,
                         const std::string& domain) {
  AuthresMethod method{
      "spf", std::string{ports::to_text(finding.result)}, "", finding.reason, {}};
  if (!client.address.known()) method.reason = client.unknown_why;
  if (domain.empty())
    add(method, "smtp", "helo", with_a_labels(client.helo));
  else
    add(method, "smtp", "mailfrom", with_a_labels(domain));
  return method;
}

AuthresMethod dkim_method(const ports::DkimFinding& finding) {
  AuthresMethod method{"dkim",
                       std::string{ports::to_text(finding.result)},
                       ports::key_in_words(finding),
                       finding.reason,
                       {}};
  method.properties.reserve(5);
  add(method, "header", "d", finding.domain);
  add(method, "header", "i", address_with_a_labels(finding.identity));
  add(method, "header", "s", finding.selector);
  add(method, "header", "a", finding.algorithm);
  add(method, "header", "b", finding.signature_head);
  return method;
}

}  // namespace

auth::AuthresMethod login_method(const std::string& login) {
  return {"auth", "pass", "", "", {{"smtp", "auth", address_with_a_labels(login)}}};
}

auth::AuthresMethod unevaluated_dmarc(const std::string& reason) {
  return {"dmarc", "permerror", "", reason, {}};
}

std::vector<auth::AuthresMethod> authres_methods(const AuthResults& results,
                                                 const ExaminedClient& client,
                                                 const std::string& mail_from) {
  std::vector<AuthresMethod> methods;
  methods.reserve(4 + results.lists.dnswl.size() + results.dkim.size() +
                  results.dmarc.size());
  if (client.address.known()) methods.push_back(iprev_method(results.iprev, client));
  for (const auto& finding : results.lists.dnswl)
    methods.push_back(auth::authres_method(finding, results.validation));
  const auto sender = claimed_sender(mail_from);
  methods.push_back(spf_method(results.mail_from, client, sender.domain_text));
  if (!sender.domain_text.empty() && results.helo.result != ports::SpfResult::none)
    methods.push_back(spf_method(results.helo, client, ""));
  for (const auto& finding : results.dkim) methods.push_back(dkim_method(finding));
  if (results.dkim.empty()) methods.push_back({"dkim", "none", "", "", {}});
  methods.push_back(auth::authres_method(results.arc, client.address.text()));
  const auto* decisive = auth::strictest(results.dmarc);
  for (const auto& finding : results.dmarc)
    if (finding.result != auth::DmarcResult::pass || finding.result == decisive->result)
      methods.push_back(auth::authres_method(finding));
  return methods;
}

}  // namespace milterward
