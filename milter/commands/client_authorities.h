// SPDX-License-Identifier: Apache-2.0
// Which authorities does the mail server of this host trust for client certificates? A
// filter learns the names in a certificate and nothing else: where public authorities are
// trusted, whoever gets one of them to write the same names may relay.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace milterward::commands {

/// A setting that makes the mail server trust authorities.
struct TrustSetting {
  std::string name;   // "smtpd_tls_CAfile"
  std::string value;  // a file, a directory, or "yes"
  bool operator==(const TrustSetting&) const = default;
};

/// Of Postfix's main.cf, variables that it defines itself put in.
std::vector<TrustSetting> trust_in_main_cf(std::string_view text);
/// Of sendmail.cf.
std::vector<TrustSetting> trust_in_sendmail_cf(std::string_view text);

/// How many authorities a setting names: those in the file, or the hashed ones in the
/// directory; all of the system's for "yes".
std::size_t count_authorities(const TrustSetting& setting);

/// What is doubtful about the mail servers configured on this host, one sentence each.
std::vector<std::string> doubtful_trust();

}  // namespace milterward::commands
