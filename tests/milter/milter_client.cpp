// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/milter_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace milterward::tests {
namespace {

constexpr std::uint32_t nr_connect = 0x1000;
constexpr std::uint32_t nr_helo = 0x2000;
constexpr std::uint32_t nr_mail = 0x4000;
constexpr std::uint32_t nr_rcpt = 0x8000;
constexpr std::uint32_t nr_data = 0x10000;
constexpr std::uint32_t nr_end_of_headers = 0x40000;
constexpr std::uint32_t nr_body = 0x80000;
constexpr std::uint32_t nr_header = 0x80;

constexpr int patience_ms = 60'000;

std::string number(std::uint32_t value) {
  const auto wire = htonl(value);
  return {reinterpret_cast<const char*>(&wire), sizeof wire};
}

std::string zero_ended(std::string_view text) { return std::string{text} + '\0'; }

std::string bracketed(std::string_view address) { return fmt::format("<{}>", address); }

}  // namespace

MilterClient::MilterClient(const std::string& path)
    : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(fd_);
    throw std::runtime_error(path + ": " + std::strerror(error));
  }
}

MilterClient::MilterClient(MilterClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), steps_(other.steps_) {}

MilterClient::~MilterClient() {
  if (fd_ >= 0) ::close(fd_);
}

void MilterClient::send(char command, std::string_view data) {
  auto packet = number(static_cast<std::uint32_t>(data.size() + 1));
  packet += command;
  packet += data;
  for (std::size_t done = 0; done < packet.size();) {
    const auto sent = ::send(fd_, packet.data() + done, packet.size() - done, MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the filter closed the connection");
    done += static_cast<std::size_t>(sent);
  }
}

Packet MilterClient::receive() {
  const auto take = [&](std::size_t size) {
    std::string octets(size, '\0');
    for (std::size_t done = 0; done < size;) {
      pollfd slot{fd_, POLLIN, 0};
      if (::poll(&slot, 1, patience_ms) <= 0) throw std::runtime_error("no answer");
      const auto got = ::recv(fd_, octets.data() + done, size - done, 0);
      if (got <= 0) throw std::runtime_error("the filter closed the connection");
      done += static_cast<std::size_t>(got);
    }
    return octets;
  };
  std::uint32_t size = 0;
  std::memcpy(&size, take(sizeof size).data(), sizeof size);
  auto packet = take(ntohl(size));
  return {packet[0], packet.substr(1)};
}

bool MilterClient::is_closed() {
  pollfd slot{fd_, POLLIN, 0};
  char octet = 0;
  return ::poll(&slot, 1, patience_ms) > 0 && ::recv(fd_, &octet, 1, MSG_PEEK) <= 0;
}

Packet MilterClient::step(char command, std::string_view data, std::uint32_t no_reply) {
  send(command, data);
  return (steps_ & no_reply) != 0 ? Packet{} : receive();
}

Packet MilterClient::negotiate(std::uint32_t actions, std::uint32_t steps) {
  send('O', number(6) + number(actions) + number(steps));
  auto answer = receive();
  if (answer.data.size() >= 12) {
    std::memcpy(&steps_, answer.data.data() + 8, sizeof steps_);
    steps_ = ntohl(steps_);
  }
  return answer;
}

void MilterClient::macros(char stage, const MacroList& list) {
  std::string data{stage};
  for (const auto& [name, value] : list) data += zero_ended(name) + zero_ended(value);
  send('D', data);
}

Packet MilterClient::connect(std::string_view host_name, std::string_view address,
                             std::uint16_t port) {
  const auto wire_port = htons(port);
  const bool is_v6 = address.find(':') != std::string_view::npos;
  return step('C',
              zero_ended(host_name) + (is_v6 ? '6' : '4') +
                  std::string{reinterpret_cast<const char*>(&wire_port), 2} +
                  zero_ended(address),
              nr_connect);
}

Packet MilterClient::helo(std::string_view name) {
  return step('H', zero_ended(name), nr_helo);
}

Packet MilterClient::mail(std::string_view address) {
  return step('M', zero_ended(bracketed(address)), nr_mail);
}

Packet MilterClient::rcpt(std::string_view address) {
  return step('R', zero_ended(bracketed(address)), nr_rcpt);
}

Packet MilterClient::data() { return step('T', "", nr_data); }

Packet MilterClient::header(std::string_view name, std::string_view value) {
  return step('L', zero_ended(name) + zero_ended(value), nr_header);
}

Packet MilterClient::end_of_headers() { return step('N', "", nr_end_of_headers); }

Packet MilterClient::body(std::string_view chunk) { return step('B', chunk, nr_body); }

Ending MilterClient::end_of_message(std::string_view last_chunk) {
  send('E', last_chunk);
  Ending ending;
  for (;;) {
    auto packet = receive();
    if (packet.command == 'p') continue;  // progress
    if (std::string_view{"im+-q"}.find(packet.command) != std::string_view::npos) {
      ending.edits.push_back(std::move(packet));
    } else {
      ending.answer = std::move(packet);
      return ending;
    }
  }
}

void MilterClient::abort() { send('A', ""); }
void MilterClient::quit() { send('Q', ""); }
void MilterClient::quit_for_new_connection() { send('K', ""); }

void MilterClient::begin(std::string_view address) {
  negotiate();
  macros('C', {{"j", "mx.local.test"},
               {"v", "Postfix 3.7.11"},
               {"{client_addr}", std::string{address}},
               {"{client_port}", "4711"},
               {"{client_name}", "unknown"}});
  connect(fmt::format("[{}]", address), address, 4711);
  helo("mail.sender.test");
}

Ending MilterClient::message(std::string_view from, std::string_view to) {
  mail(from);
  rcpt(to);
  data();
  header("From", fmt::format(" {}", from));
  header("Subject", " a message");
  header("Date", " Mon, 23 Nov 2026 20:00:00 +0000");
  header("Message-ID", " <1@sender.test>");
  end_of_headers();
  body("Hello\r\n");
  return end_of_message();
}

}  // namespace milterward::tests
