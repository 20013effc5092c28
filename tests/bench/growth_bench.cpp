// SPDX-License-Identifier: Apache-2.0
// Does a message cost more where many domains write? Messages of 2 KB of so many sender
// domains, each with records of its own, are verified through a Connection and the daemon's
// resolver until all are in its cache; then some are played once more, to be counted by
// tests/bench/growth. Signing is done before, in a run of its own, since under a profiler
// it would take an hour.
//
// usage: bench_growth --sign DOMAINS FILE
//        bench_growth --play DOMAINS COUNT FILE
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "policy/auth/dkim/native_verifier.h"
#include "policy/auth/spf/native_checker.h"
#include "policy/backends/joined_directory.h"
#include "policy/backends/unbound_resolver.h"
#include "policy/connection.h"
#include "policy/services.h"
#include "policy/sign/native_signer.h"
#include "tests/bench/dkim_mail.h"
#include "tests/bench/played_mail.h"
#include "tests/policy/backends/scripted_dns_server.h"
#include "tests/support/configuration.h"

namespace {

using namespace milterward;

constexpr int exit_done = 0, exit_failed = 2;

constexpr auto settings = R"(
[dns]
servers = ["127.0.0.1@{}"]
cache_entries = 100000
[authres]
authserv_id = "mx.home.test"
[inbound]
mode = "enforce"
)";

std::string domain_of(std::size_t number) { return fmt::format("d{}.growth.test", number); }

/// The message of one domain, but for its signature.
RawHeaders header_of(std::size_t number) {
  auto header = bench::small_mail().headers;
  for (auto& field : header)
    if (field.name == "From") field.value = " Joe Doe <joe@" + domain_of(number) + ">";
  return header;
}

/// The key record, then the signature of each domain's message, each behind a NUL.
int sign_all(std::size_t domains, const std::string& file) {
  const auto key = bench::rsa_key();
  const auto body = bench::small_mail().body;
  std::ofstream out{file, std::ios::binary};
  out << key.record << '\0';
  sign::NativeDkimSigner signer;
  for (std::size_t number = 0; number < domains; ++number) {
    auto request = bench::request_for(key);
    request.domain = *Domain::parse(domain_of(number));
    const auto signing = signer.begin(header_of(number), {request});
    signing->body(body);
    out << signing->finish().value().front().value << '\0';
  }
  return out.flush() ? exit_done : exit_failed;
}

std::string hex_text(const std::string& text) {
  std::string data;
  for (std::size_t at = 0; at < text.size(); at += 255) {
    const auto part = text.substr(at, 255);
    data += fmt::format("{:02x}", part.size());
    for (const unsigned char octet : part) data += fmt::format("{:02x}", octet);
  }
  return fmt::format("c00c 0010 0001 00015180 {:04x} {}", data.size() / 2, data);
}

/// Every domain says the same, but for the key record, which nobody shares.
tests::ScriptedReply reply_to(const backends::DnsKey& asked, const std::string& key) {
  tests::ScriptedReply reply;
  reply.rcode = 3;
  const auto says = [&](const std::string& text) {
    reply.rcode = 0;
    reply.answers = hex_text(text);
    reply.answer_count = 1;
  };
  if (asked.type != ports::DnsType::txt) return reply;
  if (asked.name.starts_with("_dmarc.d")) {
    says("v=DMARC1; p=reject");
  } else if (const auto at = asked.name.find("._domainkey."); at != std::string::npos) {
    says(key + "; n=" + asked.name.substr(at));
  } else if (asked.name.starts_with("d")) {
    says("v=spf1 ip4:203.0.113.0/24 -all");
  }
  return reply;
}

class Growth {
 public:
  Growth(std::size_t domains, const std::string& file) : body_(bench::small_mail().body) {
    std::ifstream in{file, std::ios::binary};
    std::string key;
    std::getline(in, key, '\0');
    signatures_.resize(domains);
    for (auto& signature : signatures_) std::getline(in, signature, '\0');
    if (!in) throw std::runtime_error(file + " has not so many signatures");
    dns_ = std::make_unique<tests::ScriptedDnsServer>(
        [key](const backends::DnsKey& asked) { return reply_to(asked, key); });
    const auto config = std::make_shared<const conf::Config>(
        tests::configuration_from(fmt::format(settings, dns_->address().port)));
    services_.config = config;
    services_.clock = clock_;
    services_.directory = std::make_shared<backends::JoinedDirectory>(
        std::vector<std::shared_ptr<const ports::Directory>>{});
    services_.dns = std::make_shared<backends::UnboundResolver>(config->dns, *clock_);
    services_.spf = std::make_shared<const auth::NativeSpfChecker>();
    services_.dkim_verifier = std::make_shared<const auth::NativeDkimVerifier>(
        config->dkim.body_length, services_.published_keys);
    services_.dkim_signer = std::make_shared<const sign::NativeDkimSigner>();
    services_.keys = services_.sealing_keys = std::make_shared<const sign::KeyRing>();
    services_.trace_secret = {1};
    services_.authserv_id = "mx.home.test";
  }

  void warm() {
    for (std::size_t number = 0; number < signatures_.size(); ++number) play(number);
  }
  /// What is counted: a function of its own, by whose name a profiler knows it.
  [[gnu::noinline]] void once_more(std::size_t count) {
    for (std::size_t number = 0; number < count; ++number)
      play(number % signatures_.size());
  }

 private:
  void play(std::size_t number) {
    const bench::PlayedMacros macros{{}};
    Connection connection{{std::shared_ptr<void>{}, &services_}};
    connection.connect({"mx.growth.test", IpAddress::v4({203, 0, 113, 5}), 40000}, macros);
    connection.helo("mx.growth.test", macros);
    connection.mail({"<joe@" + domain_of(number) + ">", {}}, macros);
    connection.header("DKIM-Signature", signatures_[number]);
    for (const auto& field : header_of(number)) connection.header(field.name, field.value);
    connection.end_of_headers(macros);
    connection.body(body_);
    if (!bench::shows_passes(connection.end_of_message(macros).edits))
      throw std::runtime_error("verifying does not work");
  }

  std::string body_;
  std::vector<std::string> signatures_;
  std::unique_ptr<tests::ScriptedDnsServer> dns_;
  std::shared_ptr<const Clock> clock_ = std::make_shared<SystemClock>();
  Services services_;
};

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto number = [&](std::size_t at) { return std::stoul(arguments.at(at)); };
  if (arguments.size() == 3 && arguments[0] == "--sign")
    return sign_all(number(1), arguments[2]);
  if (arguments.size() == 4 && arguments[0] == "--play") {
    Growth growth{number(1), arguments[3]};
    growth.warm();
    growth.once_more(number(2));
    return exit_done;
  }
  fmt::print(stderr,
             "usage: bench_growth --sign DOMAINS FILE | --play DOMAINS COUNT FILE\n");
  return exit_failed;
} catch (const std::exception& e) {
  fmt::print(stderr, "bench_growth: {}\n", e.what());
  return exit_failed;
}
