// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/direct_name_servers.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <span>
#include <utility>

#include "policy/backends/dns_query.h"
#include "policy/backends/file_descriptor.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;
using ports::ServerFault;
using ports::ServerResult;

// A server that lets two questions go unanswered, a second and two after they were sent, is
// silent: it is asked again in the next round.
constexpr std::array attempt_waits{1000ms, 2000ms};
// All of a question by TCP: connecting, asking, reading.
constexpr auto tcp_patience = 2000ms;
// Packets on one socket that are not the answer; a guesser sends many.
constexpr int stray_packet_limit = 100;
constexpr std::size_t longest_tcp_answer = 65535;

std::uint16_t port_in_network_order(std::uint16_t port) { return htons(port); }

FileDescriptor connected_socket(const conf::DnsServer& server, int type) {
  FileDescriptor socket{::socket(server.address.is_v4() ? AF_INET : AF_INET6,
                                 type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return socket;
  const auto octets = server.address.octets();
  int failed = 0;
  if (server.address.is_v4()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = port_in_network_order(server.port);
    std::memcpy(&address.sin_addr, octets.data(), octets.size());
    failed = connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = port_in_network_order(server.port);
    std::memcpy(&address.sin6_addr, octets.data(), octets.size());
    failed = connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  if (failed != 0 && errno != EINPROGRESS) return FileDescriptor{};
  return socket;
}

/// Milliseconds for poll(2), rounded up; 0 when it is over.
int until(SteadyTime end, const Clock& clock) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock.now());
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(0, left.count()));
}

bool wait_for(const FileDescriptor& socket, short events, SteadyTime end,
              const Clock& clock) {
  pollfd waiting{socket.get(), events, 0};
  return poll(&waiting, 1, until(end, clock)) == 1;
}

bool send_whole(const FileDescriptor& socket, std::span<const std::uint8_t> octets,
                SteadyTime end, const Clock& clock) {
  while (!octets.empty()) {
    if (!wait_for(socket, POLLOUT, end, clock)) return false;
    const auto sent = send(socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (sent <= 0) return false;
    octets = octets.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

std::optional<std::vector<std::uint8_t>> receive_whole(const FileDescriptor& socket,
                                                       std::size_t size, SteadyTime end,
                                                       const Clock& clock) {
  std::vector<std::uint8_t> octets(size);
  std::size_t filled = 0;
  while (filled < size) {
    if (!wait_for(socket, POLLIN, end, clock)) return std::nullopt;
    const auto got = recv(socket.get(), octets.data() + filled, size - filled, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) return std::nullopt;
    filled += static_cast<std::size_t>(got);
  }
  return octets;
}

/// RFC 7766 section 8: each message has its length in two octets before it.
ServerResult ask_by_tcp(const DnsQuery& query, const conf::DnsServer& server,
                        SteadyTime end, const Clock& clock) {
  constexpr Unexpected silent{ServerFault::silent};
  const auto socket = connected_socket(server, SOCK_STREAM);
  if (!socket) return silent;
  const auto question = query.packet();
  std::vector<std::uint8_t> framed{static_cast<std::uint8_t>(question.size() >> 8),
                                   static_cast<std::uint8_t>(question.size() & 0xff)};
  framed.insert(framed.end(), question.begin(), question.end());
  if (!send_whole(socket, framed, end, clock)) return silent;
  const auto length = receive_whole(socket, 2, end, clock);
  if (!length) return silent;
  const auto size = static_cast<std::size_t>((*length)[0]) << 8 | (*length)[1];
  static_assert(longest_tcp_answer == 0xffff);  // what two octets can say
  const auto answer = receive_whole(socket, size, end, clock);
  if (!answer) return silent;
  const auto read = query.read(*answer);
  return read ? *read : ServerResult{Unexpected{ServerFault::failed}};
}

/// A question to one server, from when it is made until the server has answered.
struct Asked {
  conf::DnsServer server;
  std::optional<DnsQuery> query;
  FileDescriptor socket;  // none: nothing can be sent there
  bool is_cut_off = false;
  int strays = 0;
  std::optional<ServerResult> result;

  bool is_awaited() const { return socket && !is_cut_off && !result; }

  void send_question() {
    const auto packet = query->packet();
    // What cannot be sent now is sent with the next attempt.
    [[maybe_unused]] const auto sent =
        send(socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL);
  }
  /// Reads one packet. That of a guesser, or an error that the network reports, is passed
  /// over; too many of them end the wait.
  void receive() {
    std::array<std::uint8_t, edns_payload> packet{};
    const auto got = recv(socket.get(), packet.data(), packet.size(), 0);
    if (got >= 0) {
      const auto octets =
          std::span<const std::uint8_t>{packet}.first(static_cast<std::size_t>(got));
      is_cut_off = query->is_cut_off(octets);
      if (!is_cut_off) result = query->read(octets);
    }
    if (!is_cut_off && !result && ++strays >= stray_packet_limit)
      result = Unexpected{ServerFault::silent};
  }
};

/// Until all have answered or the time is over.
void listen_to(std::vector<Asked>& all, SteadyTime end, const Clock& clock) {
  for (;;) {
    std::vector<pollfd> sockets;
    std::vector<Asked*> awaited;
    for (auto& asked : all)
      if (asked.is_awaited()) {
        sockets.push_back({asked.socket.get(), POLLIN, 0});
        awaited.push_back(&asked);
      }
    if (sockets.empty()) return;
    const auto ready = poll(sockets.data(), sockets.size(), until(end, clock));
    if (ready == 0 || (ready < 0 && errno != EINTR)) return;
    for (std::size_t i = 0; ready > 0 && i < sockets.size(); ++i)
      if (sockets[i].revents != 0) awaited[i]->receive();
  }
}

}  // namespace

conf::DnsServer DirectNameServers::server_at(const IpAddress& address) const {
  const auto found = std::ranges::find(known_, address, &conf::DnsServer::address);
  return found == known_.end() ? conf::DnsServer{address} : *found;
}

std::vector<ServerResult> DirectNameServers::texts_of(const std::string& name,
                                                      const std::vector<IpAddress>& servers,
                                                      Deadline deadline) {
  std::random_device random;  // the kernel's
  std::vector<Asked> all;
  for (const auto& address : servers) {
    Asked asked{server_at(address), {}, {}, false, 0, {}};
    asked.query = DnsQuery::for_texts(name, static_cast<std::uint16_t>(random()));
    if (!asked.query)
      return std::vector<ServerResult>(servers.size(), Unexpected{ServerFault::failed});
    asked.socket = connected_socket(asked.server, SOCK_DGRAM);
    all.push_back(std::move(asked));
  }
  for (const auto wait : attempt_waits) {
    for (auto& asked : all)
      if (asked.is_awaited()) asked.send_question();
    listen_to(all, deadline.within(clock_, wait).at(), clock_);
  }
  std::vector<ServerResult> results;
  for (const auto& asked : all) {
    if (asked.is_cut_off)
      results.push_back(ask_by_tcp(*asked.query, asked.server,
                                   deadline.within(clock_, tcp_patience).at(), clock_));
    else
      results.push_back(asked.result ? *asked.result
                                     : ServerResult{Unexpected{ServerFault::silent}});
  }
  return results;
}

}  // namespace milterward::backends
