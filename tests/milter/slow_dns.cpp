// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/slow_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <string>

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

struct Answer {
  Time due;
  sockaddr_in to{};
  std::string packet;
};

/// The question again, as an answer: NXDOMAIN, recursion available, nothing behind the
/// question (RFC 1035 section 4.1.1; EDNS is dropped, which RFC 6891 allows).
std::string no_such_name(std::string packet) {
  std::size_t end = 12;
  while (end < packet.size() && packet[end] != '\0') {
    end += 1 + static_cast<unsigned char>(packet[end]);
  }
  packet.resize(std::min(packet.size(), end + 5));
  packet[2] = static_cast<char>(packet[2] | '\x80');
  packet[3] = '\x83';
  for (std::size_t i = 6; i < 12; ++i) packet[i] = '\0';
  return packet;
}

}  // namespace

SlowDns::SlowDns(std::chrono::milliseconds delay)
    : delay_(delay), fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  socklen_t size = sizeof address;
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread{[this] { serve(); }};
}

SlowDns::~SlowDns() {
  ended_ = true;
  thread_.join();
  ::close(fd_);
}

void SlowDns::serve() {
  std::deque<Answer> answers;
  while (!ended_) {
    pollfd slot{fd_, POLLIN, 0};
    if (::poll(&slot, 1, 5) > 0) {
      Answer answer;
      socklen_t size = sizeof answer.to;
      std::array<char, 1500> buffer{};
      const auto got = ::recvfrom(fd_, buffer.data(), buffer.size(), 0,
                                  reinterpret_cast<sockaddr*>(&answer.to), &size);
      if (got > 12) {
        answer.due = std::chrono::steady_clock::now() + delay_;
        answer.packet = no_such_name({buffer.data(), static_cast<std::size_t>(got)});
        answers.push_back(std::move(answer));
      }
    }
    while (!answers.empty() && answers.front().due <= std::chrono::steady_clock::now()) {
      const auto& answer = answers.front();
      ::sendto(fd_, answer.packet.data(), answer.packet.size(), 0,
               reinterpret_cast<const sockaddr*>(&answer.to), sizeof answer.to);
      answers.pop_front();
    }
  }
}

}  // namespace milterward::tests
