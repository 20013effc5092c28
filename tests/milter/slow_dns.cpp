// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/slow_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace milterward::tests {
namespace {

struct Question {
  sockaddr_in from{};
  std::string packet;
};

/// Behind the last octet of the question's name (RFC 1035 section 4.1.2).
std::size_t end_of_name(std::string_view packet) {
  std::size_t end = 12;
  while (end < packet.size() && packet[end] != '\0') {
    end += 1 + static_cast<unsigned char>(packet[end]);
  }
  return std::min(packet.size(), end + 1);
}

/// The question again, as an answer: NXDOMAIN, recursion available, nothing behind the
/// question (RFC 1035 section 4.1.1; EDNS is dropped, which RFC 6891 allows).
std::string no_such_name(std::string packet) {
  packet.resize(std::min(packet.size(), end_of_name(packet) + 4));
  packet[2] = static_cast<char>(packet[2] | '\x80');
  packet[3] = '\x83';
  for (std::size_t i = 6; i < 12; ++i) packet[i] = '\0';
  return packet;
}

}  // namespace

SlowDns::SlowDns(Gathering gathering)
    : gathering_(std::move(gathering)),
      fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      has_gathered_(gathering_.names == 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("no port for DNS");
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
  const auto answer = [this](const Question& question) {
    const auto packet = no_such_name(question.packet);
    ::sendto(fd_, packet.data(), packet.size(), 0,
             reinterpret_cast<const sockaddr*>(&question.from), sizeof question.from);
  };
  std::vector<Question> waiting;
  std::set<std::string> names;
  while (!ended_) {
    pollfd slot{fd_, POLLIN, 0};
    if (::poll(&slot, 1, 5) <= 0) continue;
    Question question;
    socklen_t size = sizeof question.from;
    std::array<char, 1500> buffer{};
    const auto got = ::recvfrom(fd_, buffer.data(), buffer.size(), 0,
                                reinterpret_cast<sockaddr*>(&question.from), &size);
    if (got <= 13) continue;
    question.packet.assign(buffer.data(), static_cast<std::size_t>(got));
    // Behind the length of the first label.
    const auto name = question.packet.substr(13, end_of_name(question.packet) - 13);
    if (has_gathered_ || !name.starts_with(gathering_.beginning)) {
      answer(question);
      continue;
    }
    names.insert(name);
    waiting.push_back(std::move(question));
    if (names.size() < gathering_.names) continue;
    has_gathered_ = true;
    for (const auto& one : waiting) answer(one);
  }
}

}  // namespace milterward::tests
