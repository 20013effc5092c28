// SPDX-License-Identifier: Apache-2.0
// What the doctor says of a mail server and its way to us, and what a trial connection
// meets at sockets of all kinds.
#include "milter/attach/mta_doctor.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/milter/temporary_directory.h"

namespace milterward::tests {
namespace {

using namespace attach;
using doctor::Severity;
using Kind = ProbeAnswer::Kind;

constexpr uid_t nobody = 65534;

/// A unix socket with a backlog and whoever accepts it.
class Listener {
 public:
  explicit Listener(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    BOOST_REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    BOOST_REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    BOOST_REQUIRE(::listen(fd_, 5) == 0);
  }
  ~Listener() {
    if (server_.joinable()) server_.join();
    ::close(fd_);
  }
  /// Reads an offer, says this once, and hangs up.
  void answer_once(std::string said) {
    server_ = std::thread{[this, said] {
      const int peer = ::accept(fd_, nullptr, nullptr);
      std::array<char, 64> offer{};
      if (::recv(peer, offer.data(), offer.size(), 0) > 0)
        ::send(peer, said.data(), said.size(), MSG_NOSIGNAL);
      ::close(peer);
    }};
  }

 private:
  int fd_ = -1;
  std::thread server_;
};

ProbeAs quickly() {
  ProbeAs as;
  as.patience = std::chrono::milliseconds{300};
  return as;
}

Kind met_at(const std::string& address, const ProbeAs& as = quickly()) {
  return probe_milter(address, as).kind;
}

std::string only_kind(const doctor::Findings& findings) {
  BOOST_TEST_REQUIRE(findings.size() == 1U);
  return std::string{findings.front().kind->name};
}

BOOST_AUTO_TEST_SUITE(mta_doctor)

BOOST_AUTO_TEST_CASE(a_filter_that_negotiates_answers) {
  const TemporaryDirectory directory;
  Listener listener{directory.path("s")};
  std::string answer{"\0\0\0\x0dO\0\0\0\x06", 9};
  answer.append(8, '\0');
  listener.answer_once(answer);
  BOOST_TEST((met_at("unix:" + directory.path("s")) == Kind::answers));
}

BOOST_AUTO_TEST_CASE(what_speaks_otherwise_is_no_filter) {
  for (const std::string said : {"220 mx.home.test ESMTP Postfix\r\n", "", "\0\0\0\x0d"}) {
    const TemporaryDirectory directory;
    Listener listener{directory.path("s")};
    listener.answer_once(said);
    BOOST_TEST((met_at("unix:" + directory.path("s")) == Kind::no_filter), said);
  }
}

BOOST_AUTO_TEST_CASE(who_takes_the_connection_and_says_nothing_is_silent) {
  const TemporaryDirectory directory;
  const Listener listener{directory.path("s")};
  BOOST_TEST((met_at("unix:" + directory.path("s")) == Kind::silent));
}

BOOST_AUTO_TEST_CASE(a_socket_that_is_not_there_is_told_from_one_that_nobody_holds) {
  const TemporaryDirectory directory;
  BOOST_TEST((met_at("unix:" + directory.path("s")) == Kind::no_socket));
  BOOST_TEST((met_at("local:" + directory.path("no/s")) == Kind::no_socket));
  { const Listener gone{directory.path("s")}; }
  BOOST_TEST((met_at("unix:" + directory.path("s")) == Kind::nobody_listens));
  BOOST_TEST((met_at("inet:127.0.0.1:1") == Kind::nobody_listens));
  BOOST_TEST((met_at("inet:1@127.0.0.1") == Kind::nobody_listens));
  BOOST_TEST((met_at("fd:3") == Kind::failed));
  BOOST_TEST((met_at("unix:" + std::string(200, 'x')) == Kind::failed));
}

BOOST_AUTO_TEST_CASE(paths_are_seen_from_where_the_mail_server_works) {
  const TemporaryDirectory directory;
  const Listener listener{directory.path("s")};
  auto as = quickly();
  as.directory = std::filesystem::path{directory.path("s")}.parent_path();
  BOOST_TEST((met_at("unix:s", as) == Kind::silent));
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("not root: no chroot and no other user is tried");
    return;
  }
  as.root = as.directory;
  BOOST_TEST((met_at("unix:s", as) == Kind::silent));
  BOOST_TEST((met_at("unix:/s", as) == Kind::silent));
  BOOST_TEST((met_at("unix:" + directory.path("s"), as) == Kind::no_socket));
  as.user = nobody;
  as.groups = {nobody};
  ::chmod(as.directory.c_str(), 0755);
  ::chmod(directory.path("s").c_str(), 0660);
  BOOST_TEST((met_at("unix:s", as) == Kind::no_permission));
  ::chmod(directory.path("s").c_str(), 0666);
  BOOST_TEST((met_at("unix:s", as) == Kind::silent));
}

BOOST_AUTO_TEST_CASE(each_way_to_fail_has_a_finding_with_a_way_out) {
  BOOST_TEST(findings_of(ProbeAnswer{Kind::answers, ""}, "unix:s").empty());
  for (const auto kind : {Kind::no_socket, Kind::no_permission, Kind::nobody_listens,
                          Kind::silent, Kind::no_filter, Kind::failed}) {
    const auto findings = findings_of(ProbeAnswer{kind, "why"}, "unix:s, tried as postfix");
    BOOST_TEST_REQUIRE(findings.size() == 1U);
    BOOST_TEST(findings.front().what == "unix:s, tried as postfix: why");
    BOOST_TEST(!findings.front().cure.empty());
    const bool is_fault = findings.front().kind->severity == Severity::fault;
    BOOST_TEST(is_fault == (kind != Kind::failed));
  }
}

BOOST_AUTO_TEST_CASE(a_line_that_is_missing_is_printed_as_it_is_to_be_written) {
  Plan plan;
  plan.changes = {{"", "smtpd_milters", std::nullopt,
                   "{ unix:m/s, default_action=tempfail }", "mail that comes by SMTP"},
                  {"smtp/inet", "receive_override_options", "a", "a,no_milters", "twice"}};
  plan.notes = {"bounces are not signed"};
  const auto findings = findings_of(plan);
  BOOST_TEST_REQUIRE(findings.size() == 3U);
  BOOST_TEST(findings[0].kind->name == "mta.not_asked");
  BOOST_TEST(findings[0].what ==
             "smtpd_milters in main.cf is not set: mail that comes by SMTP");
  BOOST_TEST((findings[0].write ==
              std::vector<std::string>{
                  "main.cf: smtpd_milters = { unix:m/s, default_action=tempfail }"}));
  BOOST_TEST(findings[1].kind->name == "mta.setting");
  BOOST_TEST((findings[1].write ==
              std::vector<std::string>{
                  "master.cf, smtp/inet: -o receive_override_options=a,no_milters"}));
  BOOST_TEST((findings[2].kind->severity == Severity::advice));
}

BOOST_AUTO_TEST_CASE(commands_that_give_access_are_printed) {
  Missing missing;
  missing.commands = {
      {{"usermod", "-a", "-G", "milterward", "postfix"}, "postfix may enter"}};
  const auto findings = findings_of(missing);
  BOOST_TEST(only_kind(findings) == "mta.no_rights");
  BOOST_TEST((findings.front().write ==
              std::vector<std::string>{"usermod -a -G milterward postfix"}));
  missing.commands.clear();
  missing.notes = {"postfix may not open the socket"};
  BOOST_TEST(only_kind(findings_of(missing)) == "mta.no_rights");
}

BOOST_AUTO_TEST_CASE(what_sendmail_is_told_wrongly_comes_with_its_line) {
  SendmailFinding sendmail;
  sendmail.wrong = {"F=T is missing"};
  const auto findings = findings_of(sendmail, "INPUT_MAIL_FILTER(...)dnl");
  BOOST_TEST(only_kind(findings) == "mta.not_asked");
  BOOST_TEST((findings.front().write ==
              std::vector<std::string>{"sendmail.mc: INPUT_MAIL_FILTER(...)dnl"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
