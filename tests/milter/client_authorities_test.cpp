// SPDX-License-Identifier: Apache-2.0
// Does check-config see that a mail server trusts public authorities?
#include "milter/commands/client_authorities.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/milter/temporary_directory.h"

using namespace milterward;
using namespace milterward::commands;

namespace {

constexpr const char* certificate =
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

std::vector<TrustSetting> settings(std::initializer_list<TrustSetting> list) {
  return list;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_authorities)

BOOST_AUTO_TEST_CASE(main_cf_is_read_as_postfix_reads_it) {
  const auto found = trust_in_main_cf(
      "# smtpd_tls_CAfile = /commented\n"
      "ssl = /etc/ssl\n"
      "smtp_tls_CAfile = /of/the/client\n"
      "smtpd_tls_CAfile = ${ssl}/old\n"
      "smtpd_tls_CApath =\n"
      "  $ssl/certs\n"
      "\n"
      "smtpd_tls_CAfile=$(ssl)/certs/ca-certificates.crt\n"
      "tls_append_default_CA = no\n");
  BOOST_TEST((found == settings({{"smtpd_tls_CAfile", "/etc/ssl/certs/ca-certificates.crt"},
                                 {"smtpd_tls_CApath", "/etc/ssl/certs"}})));
  BOOST_TEST((trust_in_main_cf("tls_append_default_CA = yes\n") ==
              settings({{"tls_append_default_CA", "yes"}})));
  BOOST_TEST(trust_in_main_cf("myhostname = mx.test\n").empty());
}

BOOST_AUTO_TEST_CASE(sendmail_cf_is_read_as_sendmail_reads_it) {
  const auto found = trust_in_sendmail_cf(
      "#O CACertFile=/commented\n"
      "O CACertPath=/etc/ssl/certs\n"
      "O CACertFile=/etc/mail/tls/ca.pem\n"
      "O ServerCertFile=/etc/mail/tls/server.pem\n");
  BOOST_TEST((found == settings({{"CACertPath", "/etc/ssl/certs"},
                                 {"CACertFile", "/etc/mail/tls/ca.pem"}})));
}

BOOST_AUTO_TEST_CASE(authorities_are_counted) {
  const tests::TemporaryDirectory directory;
  std::ofstream{directory.path("ca.pem")} << certificate << "\n" << certificate;
  BOOST_TEST(count_authorities({"smtpd_tls_CAfile", directory.path("ca.pem")}) == 2U);
  std::filesystem::create_directory(directory.path("certs"));
  for (const char* name : {"certs/9d04f354.0", "certs/9d04f354.1", "certs/ca.pem"})
    std::ofstream{directory.path(name)} << certificate;
  BOOST_TEST(count_authorities({"smtpd_tls_CApath", directory.path("certs")}) == 2U);
  BOOST_TEST(count_authorities({"smtpd_tls_CAfile", directory.path("missing")}) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
