// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/webhook_helper.h"

#include <signal.h>
#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/milter/temporary_directory.h"
#include "tests/policy/backends/server_process.h"
#include "tests/support/contains.h"
#include "tests/support/loopback_port.h"
#include "tests/support/web_server.h"

using namespace milterward;
using namespace milterward::backends;
using namespace std::chrono_literals;
using milterward::tests::LoopbackPort;
using milterward::tests::WebServer;

namespace {

constexpr auto enough_time = 20s;

struct Posting {
  std::unique_ptr<ports::Webhook> webhook = start_webhook_helper().value();

  std::string fault(const std::string& url, const std::string& token = "",
                    std::chrono::milliseconds limit = enough_time) const {
    return webhook->post({url, token, R"({"event":"store.failing"})", limit})
        .value_or("none");
  }
};

using milterward::tests::contains;

/// A process that speaks TLS, with a certificate that nobody has signed.
class HttpsPeer {
 public:
  HttpsPeer()
      : pid_(tests::spawn({"/usr/bin/python3",
                           MILTERWARD_SOURCE_DIR "/tests/policy/backends/https_peer.py",
                           directory_.path(), std::to_string(port_.number())},
                          directory_.path("log"))) {
    const auto until = std::chrono::steady_clock::now() + tests::server_patience;
    while (!contains(tests::text_of(directory_.path("log")), "ready")) {
      if (std::chrono::steady_clock::now() > until)
        throw std::runtime_error(tests::text_of(directory_.path("log")));
      std::this_thread::sleep_for(10ms);
    }
  }
  ~HttpsPeer() {
    ::kill(pid_, SIGKILL);
    tests::status_of(pid_);
  }
  HttpsPeer(const HttpsPeer&) = delete;
  HttpsPeer& operator=(const HttpsPeer&) = delete;

  std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(port_.number());
  }
  std::string certificate() const { return directory_.path("certificate"); }

 private:
  tests::TemporaryDirectory directory_;
  LoopbackPort port_;
  pid_t pid_;
};

/// What the host trusts, while it lives, for processes that are started meanwhile.
class Trusting {
 public:
  explicit Trusting(const std::string& certificate) {
    ::setenv("SSL_CERT_FILE", certificate.c_str(), 1);
  }
  ~Trusting() { ::unsetenv("SSL_CERT_FILE"); }
  Trusting(const Trusting&) = delete;
  Trusting& operator=(const Trusting&) = delete;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(webhook_helper)

BOOST_AUTO_TEST_CASE(json_is_posted_and_a_good_answer_is_enough) {
  const Posting posting;
  const WebServer server{"204 No Content"};
  BOOST_TEST(posting.fault(server.url("/hooks/mail?x=1")) == "none");
  const auto request = server.wait_request();
  BOOST_TEST(request.starts_with("POST /hooks/mail?x=1 HTTP/1.1\r\n"));
  BOOST_TEST(contains(request, "\r\nContent-Type: application/json\r\n"));
  BOOST_TEST(request.ends_with("\r\n\r\n{\"event\":\"store.failing\"}"));
  BOOST_TEST(!contains(request, "Authorization"));
}

BOOST_AUTO_TEST_CASE(a_token_is_shown) {
  const Posting posting;
  const WebServer server;
  BOOST_TEST(posting.fault(server.url(), "abc") == "none");
  BOOST_TEST(contains(server.wait_request(), "\r\nAuthorization: Bearer abc\r\n"));
}

BOOST_AUTO_TEST_CASE(any_other_answer_is_a_fault_that_keeps_the_path_to_itself) {
  const Posting posting;
  const auto fault_after = [&](const std::string& status) {
    const WebServer server{status};
    const auto fault = posting.fault(server.url("/secret"));
    BOOST_TEST(fault.starts_with(server.url("") + ": "));
    return fault.substr(server.url("").size() + 2);
  };
  BOOST_TEST(fault_after("403 Forbidden") == "answered 403");
  BOOST_TEST(fault_after("500 Oh no") == "answered 500");
  BOOST_TEST(fault_after("302 Found\r\nLocation: http://127.0.0.1:9/") == "answered 302");
}

BOOST_AUTO_TEST_CASE(nobody_there_is_a_fault) {
  const Posting posting;
  const LoopbackPort port;
  const auto url = "http://127.0.0.1:" + std::to_string(port.number());
  BOOST_TEST(posting.fault(url + "/secret") == url + ": no connection");
}

BOOST_AUTO_TEST_CASE(what_speaks_no_tls_is_no_https) {
  const Posting posting;
  const WebServer server{"200 OK", WebServer::Manner::is_silent};
  const auto url = "https://127.0.0.1:" + std::to_string(server.port());
  BOOST_TEST(posting.fault(url, "", 500ms) == url + ": no answer within 500ms");
  BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(https_is_spoken_with_whom_the_host_trusts_and_by_its_name) {
  const HttpsPeer peer;
  constexpr auto refused =
      ": the certificate is not one for this name that this host trusts";
  {
    const Posting posting;
    BOOST_TEST(posting.fault(peer.url("127.0.0.1")) == peer.url("127.0.0.1") + refused);
  }
  const Trusting trusting{peer.certificate()};
  const Posting posting;
  BOOST_TEST(posting.fault(peer.url("127.0.0.1")) == "none");
  BOOST_TEST(posting.fault(peer.url("localhost")) == peer.url("localhost") + refused);
}

BOOST_AUTO_TEST_CASE(a_server_that_never_answers_is_given_up_and_the_next_one_is_told) {
  const Posting posting;
  for (const auto manner : {WebServer::Manner::is_silent, WebServer::Manner::drips}) {
    const WebServer server{"", manner};
    const auto begun = std::chrono::steady_clock::now();
    BOOST_TEST(posting.fault(server.url(), "", 500ms) ==
               server.url("") + ": no answer within 500ms");
    BOOST_TEST((std::chrono::steady_clock::now() - begun < 10s));
    BOOST_TEST(server.requests().size() == 1U);
  }
  const WebServer good;
  BOOST_TEST(posting.fault(good.url()) == "none");
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_post_under_way) {
  const Posting posting;
  const WebServer server{"", WebServer::Manner::is_silent};
  std::thread stopper{[&] {
    server.wait_request();
    posting.webhook->stop();
  }};
  BOOST_TEST(posting.fault(server.url()) == server.url("") + ": the daemon ends");
  stopper.join();
}

BOOST_AUTO_TEST_SUITE_END()
