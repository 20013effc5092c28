// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/backends/knot_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "policy/backends/file_descriptor.h"
#include "tests/policy/backends/dns_wire.h"
#include "tests/policy/backends/server_process.h"

namespace milterward::tests {
namespace {

namespace fs = std::filesystem;
using backends::FileDescriptor;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

std::string knot(std::string_view name) {
  return server_program(name, {"usr/sbin"}).string();
}

FileDescriptor socket_to(const conf::DnsServer& server) {
  const auto octets = server.address.octets();
  if (server.address.is_v4()) {
    FileDescriptor fd{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::memcpy(&address.sin_addr, octets.data(), octets.size());
    address.sin_port = htons(server.port);
    static_cast<void>(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                              sizeof address));  // else nothing is heard
    return fd;
  }
  FileDescriptor fd{socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  std::memcpy(&address.sin6_addr, octets.data(), octets.size());
  address.sin6_port = htons(server.port);
  static_cast<void>(
      connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  return fd;
}

}  // namespace

KnotServer::KnotServer(std::string_view records, Dnssec dnssec, std::string_view address)
    : address_(IpAddress::parse(address).value()) {
  auto name = (fs::temp_directory_path() / "milterward-knot-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error{"no directory for knotd"};
  directory_ = name;
  write_zone(records);
  std::ofstream{directory_ / "knot.conf"} << fmt::format(
      R"(
server:
    listen: {3}@{0}
    rundir: {1}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {1}
log:
  - target: stderr
    any: info
zone:
  - domain: .
    storage: {1}
    file: root.zone
    zonefile-sync: -1
    dnssec-signing: {2}
)",
      port_.number(), directory_.string(), dnssec == Dnssec::sign ? "on" : "off",
      address_.text());
  start();
}

KnotServer::~KnotServer() {
  stop();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

conf::DnsServer KnotServer::address() const { return {address_, port_.number()}; }

void KnotServer::write_zone(std::string_view records) const {
  std::ofstream{directory_ / "root.zone", std::ios::trunc}
      << (records.find(" SOA ") == std::string_view::npos
              ? ". 60 SOA ns.test. hostmaster.test. 1 60 60 600 30\n"
              : "")
      << ". 60 NS ns.test.\n"
      << "ns.test. 60 A 127.0.0.1\n"
      << records << "\n";
}

void KnotServer::serve(std::string_view records) {
  stop();
  write_zone(records);
  start();
}

void KnotServer::start() {
  pid_ = spawn({knot("knotd"), "-c", directory_ / "knot.conf"}, directory_ / "knotd.log");
  for (const auto limit = SteadyClock::now() + server_patience; SteadyClock::now() < limit;)
    if (answers()) return;
  stop();
  throw std::runtime_error{fmt::format("knotd does not answer; it said:\n{}",
                                       text_of(directory_ / "knotd.log"))};
}

void KnotServer::stop() {
  if (pid_ < 0) return;
  kill(pid_, SIGTERM);
  status_of(pid_);
  pid_ = -1;
}

bool KnotServer::answers() const {
  const auto question = assemble("1234 0100 0001 0000 0000 0000 'ns.test' 0001 0001");
  const auto fd = socket_to(address());
  if (send(fd.get(), question.data(), question.size(), 0) < 0) {
    std::this_thread::sleep_for(20ms);
    return false;
  }
  pollfd readable{fd.get(), POLLIN, 0};
  if (poll(&readable, 1, 100) != 1) return false;
  std::array<std::uint8_t, 512> answer{};
  const auto got = recv(fd.get(), answer.data(), answer.size(), 0);
  // A refused port makes the socket readable too.
  if (got < 12) std::this_thread::sleep_for(20ms);
  return got >= 12 && answer[7] == 1;
}

std::string KnotServer::keys() const {
  const auto out = directory_ / "keymgr.out";
  const auto pid =
      spawn({knot("keymgr"), "-c", directory_ / "knot.conf", ".", "dnskey"}, out);
  const auto status = status_of(pid);
  const auto text = text_of(out);
  if (status != 0 || text.find("DNSKEY") == std::string::npos)
    throw std::runtime_error{"keymgr: " + text};
  return text;
}

}  // namespace milterward::tests
