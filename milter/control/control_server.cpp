// SPDX-License-Identifier: Apache-2.0
#include "milter/control/control_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>

#include "milter/control/requests.h"
#include "policy/accounts.h"
#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"
#include "policy/base/unreachable.h"

namespace milterward::control {
namespace {

/// Longest that a client is waited for: its whole request, and each part of the answer.
constexpr auto request_patience = std::chrono::seconds{5};

/// Up to the end of the line, or "" where none comes in time, or `ends` says so.
std::string read_line(int client, int ends) {
  std::string line;
  std::array<char, 512> piece{};
  const auto until = std::chrono::steady_clock::now() + request_patience;
  while (line.size() < request_limit) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    std::array<pollfd, 2> waiting{{{client, POLLIN, 0}, {ends, POLLIN, 0}}};
    if (left.count() <= 0 ||
        ::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0 ||
        waiting[1].revents != 0)
      return {};
    const auto got = ::recv(client, piece.data(), piece.size(), 0);
    if (got <= 0) return {};
    line.append(piece.data(), static_cast<std::size_t>(got));
    if (const auto end = line.find('\n'); end != std::string::npos)
      return line.substr(0, end);
  }
  return {};
}

void write_all(int client, std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(client, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

Result<AccountReport, std::string> carry_out(const AccountRequest& request,
                                             const Accounts& accounts) {
  switch (request.action) {
    case AccountAction::show:
      return accounts.show(request.login);
    case AccountAction::reset:
      return accounts.reset(request.login);
    case AccountAction::lock:
      return accounts.lock(request.login);
    case AccountAction::unlock:
      return accounts.unlock(request.login);
    case AccountAction::promote:
      return accounts.promote(request.login);
  }
  unreachable();
}

void log_change(const AccountRequest& request, const std::string& login, int client) {
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = ::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  log_event(Event::account_changed, {{"login", login},
                                     {"action", std::string{to_text(request.action)}},
                                     {"uid", known ? std::to_string(peer.uid) : "?"}});
}

}  // namespace

ControlServer::ControlServer(const front::ListeningSocket& socket,
                             const front::CurrentServices& services)
    : socket_(socket), services_(services), ends_(::eventfd(0, EFD_CLOEXEC)) {
  if (ends_ < 0) throw std::runtime_error{"control.socket: no descriptors left"};
  thread_ = std::thread{[this] { serve(); }};
}

ControlServer::~ControlServer() {
  ::eventfd_write(ends_, 1);
  thread_.join();
  ::close(ends_);
  socket_.remove_file();
}

void ControlServer::serve() noexcept {
  for (;;) {
    std::array<pollfd, 2> waiting{{{socket_.fd(), POLLIN, 0}, {ends_, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    if (waiting[1].revents != 0) return;
    const int client = ::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) {  // no descriptors left, perhaps: not a loop without a breath
      if (::poll(&waiting[1], 1, 100) > 0) return;
      continue;
    }
    at_c_boundary("control", 0, [&] {
      serve_one(client);
      return 0;
    });
    ::close(client);
  }
}

void ControlServer::serve_one(int client) const {
  const timeval limit{request_patience.count(), 0};
  ::setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const auto request = parse_request(read_line(client, ends_));
  if (!request) {
    write_all(client, answer_line(Unexpected{request.fault()}) + "\n");
    return;
  }
  const auto services = services_.get();
  const auto report = carry_out(*request, Accounts{*services});
  if (report && request->action != AccountAction::show)
    log_change(*request, report->login, client);
  write_all(client, answer_line(report) + "\n");
}

}  // namespace milterward::control
