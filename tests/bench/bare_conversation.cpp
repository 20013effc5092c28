// SPDX-License-Identifier: Apache-2.0
// What the milter conversation alone costs on our engine: every packet is read, MAIL, RCPT
// and the end of the message are answered, one field as long as a signature is inserted,
// and nothing is looked at. What a filter spends beyond this is its own work.
//
// usage: bench_bare_conversation PORT     (on 127.0.0.1)
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "milter/front/native/entrance.h"
#include "milter/front/native/packet_reader.h"
#include "milter/front/native/packets.h"
#include "milter/front/native/replies.h"
#include "milter/front/native/socket_channel.h"
#include "milter/front/native/worker_pool.h"
#include "milter/front/protocol.h"

namespace {

using namespace milterward::front;

const std::string signature(600, 'x');
const std::atomic<std::int64_t> tick{0};

class BareConversation {
 public:
  explicit BareConversation(const WorkerPool::SeatPtr& seat)
      : channel_(seat, tick, Patience{}), reader_(channel_) {}

  void serve() {
    for (auto head = reader_.next(); head && answer(*head);) head = reader_.next();
  }

 private:
  bool answer(const PacketHead& head) {
    if (head.command == protocol::commands::body) return true;  // next() passes it over
    const auto content = reader_.whole();
    if (!content) return false;
    out_.clear();
    namespace commands = protocol::commands;
    if (head.command == commands::negotiate) return negotiate(*content);
    if (head.command == commands::end_of_message) {
      std::string field;
      append_number(field, 0);
      field.append("DKIM-Signature").push_back('\0');
      field.append(signature).push_back('\0');
      append_packet(out_, protocol::answers::insert_header, field);
      return proceed();
    }
    if (head.command == commands::mail || head.command == commands::rcpt) return proceed();
    return head.command != commands::quit;
  }

  bool negotiate(std::string_view content) {
    const auto offer = parse_negotiate(content);
    const auto agreement = agree_on({offer.value().actions, offer.value().steps});
    append_agreement(out_, protocol::newest_version, agreement.value());
    return channel_.write(out_);
  }

  bool proceed() {
    append_packet(out_, protocol::answers::proceed);
    return channel_.write(out_);
  }

  SocketChannel channel_;
  PacketReader reader_;
  std::string out_;
};

int listen_on(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 1024) != 0)
    return -1;
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bench_bare_conversation PORT\n", stderr);
    return 2;
  }
  const int listener = listen_on(static_cast<std::uint16_t>(std::atoi(argv[1])));
  if (listener < 0) {
    std::perror("bench_bare_conversation");
    return 1;
  }
  Entrance entrance{listener, 10'000};
  Sessions sessions;
  WorkerPool pool{entrance, sessions,
                  [&](const WorkerPool::SeatPtr& seat) {
                    BareConversation{seat}.serve();
                    sessions.leave(seat);
                    ::close(seat->fd);
                    entrance.left();
                  },
                  std::chrono::seconds{3}};
  if (!pool.attend()) return 1;
  for (;;) ::pause();  // until we are killed
}
