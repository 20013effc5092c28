// SPDX-License-Identifier: Apache-2.0
// Which MTA speaks to us, and what its macros mean. Postfix and Sendmail send other things
// at other steps; all that knowledge stands here.
#pragma once

#include <string_view>
#include <vector>

#include "conf/settings/relay.h"
#include "policy/rules/facts.h"
#include "policy/sign/departure.h"
#include "policy/steps.h"

namespace milterward {

/// From the macro `v` ("Postfix 3.7.11", "8.17.1.9"), else from {daemon_addr}, which only
/// Postfix sends unasked.
sign::Mta mta_of(const Macros& macros);

/// What {rcpt_mailer} and {rcpt_host} say. Postfix shows recipients it refused as mailer
/// "error" with a status code as host, and those of virtual alias domains as "error" with a
/// text behind the code although it accepted them. Other names of transports say nothing
/// for certain.
rules::NextHop next_hop_of(sign::Mta mta, std::string_view mailer, std::string_view host);

/// The row of the certificate that the client showed and the MTA verified; null for none.
/// Postfix names only certificates it trusts, by the common names alone; Sendmail names all
/// and says {verify}=OK of those it trusts.
const conf::ClientCertificate* certificate_of(
    sign::Mta mta, const Macros& macros, const std::vector<conf::ClientCertificate>& rows);

/// The addresses under which the MTA says it was reached.
std::vector<IpAddress> own_addresses(const Macros& macros);

/// True for mail that Postfix's pickup hands in: from "localhost", loopback, port 0, and
/// with an address without angle brackets.
bool is_not_smtp(sign::Mta mta, const ConnectStep& connect, std::string_view mail_argument);

}  // namespace milterward
