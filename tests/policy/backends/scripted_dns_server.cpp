// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/backends/scripted_dns_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <system_error>

#include "policy/backends/dns_name.h"
#include "tests/policy/backends/dns_wire.h"

namespace milterward::tests {
namespace {

using backends::DnsKey;
using backends::FileDescriptor;
using Octets = std::vector<std::uint8_t>;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t header_size = 12;
constexpr int poll_milliseconds = 5;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

FileDescriptor bound_socket(int type, std::uint16_t port) {
  FileDescriptor fd{socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const int yes = 1;
  const auto address = loopback(port);
  if (type == SOCK_STREAM) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (!fd ||
      bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return {};
  return fd;
}

std::uint16_t port_of(const FileDescriptor& fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

/// Header and question section without what follows. Nothing for what is no question:
/// libunbound 1.17 forgets the flags when it repeats one over TCP without EDNS.
std::optional<Octets> question_in(Octets packet) {
  std::size_t at = header_size;
  while (at < packet.size() && packet[at] != 0) at += 1U + packet[at];
  if (at + 5 > packet.size()) return std::nullopt;
  packet.resize(at + 5);
  return packet;
}

DnsKey key_of(const Octets& question) {
  DnsKey key;
  const auto type = question.size() - 4;
  for (std::size_t at = header_size; question[at] != 0; at += 1U + question[at])
    backends::append_dns_label(key.name, std::span{question}.subspan(at + 1, question[at]));
  key.type = static_cast<ports::DnsType>(question[type] << 8 | question[type + 1]);
  return key;
}

}  // namespace

ScriptedReply address_reply(unsigned ttl, std::chrono::milliseconds delay) {
  ScriptedReply reply;
  reply.answers = fmt::format("c00c 0001 0001 {:08x} 0004 c0000201", ttl);
  reply.answer_count = 1;
  reply.delay = delay;
  return reply;
}

ScriptedDnsServer::ScriptedDnsServer(Script script) : script_(std::move(script)) {
  constexpr int attempts = 20;  // the TCP port of the same number may be taken
  for (int i = 0; i < attempts && !tcp_; ++i) {
    udp_ = bound_socket(SOCK_DGRAM, 0);
    port_ = port_of(udp_);
    tcp_ = bound_socket(SOCK_STREAM, port_);
  }
  if (!udp_ || !tcp_ || listen(tcp_.get(), SOMAXCONN) != 0)
    throw std::system_error{errno, std::system_category(), "scripted DNS server"};
  thread_ = std::thread{[this] { serve(); }};
}

ScriptedDnsServer::~ScriptedDnsServer() {
  stop_ = true;
  thread_.join();
}

conf::DnsServer ScriptedDnsServer::address() const {
  return {IpAddress::v4({127, 0, 0, 1}), port_};
}

std::size_t ScriptedDnsServer::questions_for(const std::string& name) const {
  return asked_.with([&](const auto& asked) {
    const auto found = asked.find(name);
    return found == asked.end() ? 0 : found->second;
  });
}

void ScriptedDnsServer::serve() {
  while (!stop_) {
    std::array<pollfd, 2> fds{{{udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}}};
    poll(fds.data(), fds.size(), poll_milliseconds);
    if (fds[0].revents) read_udp();
    if (fds[1].revents) serve_tcp();
    send_due();
  }
}

ScriptedReply ScriptedDnsServer::reply_to(const Octets& question) {
  const auto key = key_of(question);
  asked_.with([&](auto& asked) { ++asked[key.name]; });
  auto reply = script_(key);
  if (silent_) reply.silent = true;
  return reply;
}

Octets ScriptedDnsServer::packet_for(const Octets& question, const ScriptedReply& reply,
                                     Transport transport) {
  const bool truncated = reply.only_over_tcp && transport == Transport::udp;
  Octets packet = question;
  packet[2] = static_cast<std::uint8_t>(truncated ? 0x83 : 0x81);
  packet[3] = static_cast<std::uint8_t>(0x80 | reply.rcode);
  for (std::size_t at = 6; at < header_size; ++at) packet[at] = 0;  // EDNS is not echoed
  if (truncated) return packet;
  packet[6] = static_cast<std::uint8_t>(reply.answer_count >> 8);
  packet[7] = static_cast<std::uint8_t>(reply.answer_count);
  const auto answers = assemble(reply.answers);
  packet.insert(packet.end(), answers.begin(), answers.end());
  return packet;
}

void ScriptedDnsServer::read_udp() {
  for (;;) {
    Octets packet(4096);
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const auto got = recvfrom(udp_.get(), packet.data(), packet.size(), 0,
                              reinterpret_cast<sockaddr*>(&peer), &size);
    if (got < 0) return;
    packet.resize(static_cast<std::size_t>(got));
    const auto question = question_in(std::move(packet));
    if (!question) continue;
    const auto reply = reply_to(*question);
    if (reply.silent) continue;
    const auto* address = reinterpret_cast<const std::uint8_t*>(&peer);
    due_.emplace(SteadyClock::now() + reply.delay,
                 Due{packet_for(*question, reply, Transport::udp),
                     {address, address + sizeof peer}});
  }
}

void ScriptedDnsServer::send_due() {
  while (!due_.empty() && due_.begin()->first <= SteadyClock::now()) {
    const auto& [packet, peer] = due_.begin()->second;
    sendto(udp_.get(), packet.data(), packet.size(), 0,
           reinterpret_cast<const sockaddr*>(peer.data()),
           static_cast<socklen_t>(peer.size()));
    due_.erase(due_.begin());
  }
}

/// One question per connection, answered at once: enough for truncated answers.
void ScriptedDnsServer::serve_tcp() {
  const FileDescriptor peer{accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (!peer) return;
  const timeval patience{1, 0};
  setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<std::uint8_t, 2> length{};
  if (recv(peer.get(), length.data(), length.size(), MSG_WAITALL) != 2) return;
  Octets packet(static_cast<std::size_t>(length[0] << 8 | length[1]));
  if (recv(peer.get(), packet.data(), packet.size(), MSG_WAITALL) !=
      static_cast<ssize_t>(packet.size()))
    return;
  const auto question = question_in(std::move(packet));
  if (!question) return;
  const auto reply = reply_to(*question);
  if (reply.silent) return;
  const auto answer = packet_for(*question, reply, Transport::tcp);
  Octets framed{static_cast<std::uint8_t>(answer.size() >> 8),
                static_cast<std::uint8_t>(answer.size())};
  framed.insert(framed.end(), answer.begin(), answer.end());
  [[maybe_unused]] const auto sent =
      send(peer.get(), framed.data(), framed.size(), MSG_NOSIGNAL);
}

}  // namespace milterward::tests
