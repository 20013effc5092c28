// SPDX-License-Identifier: Apache-2.0
#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace milterward::tests {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto patience = 20s;
constexpr auto master_name = "counts";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// Does it answer PING? While it reads its file it answers something else.
bool answers(std::uint16_t port) {
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  std::string reply(7, '\0');
  const bool pong =
      ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(client, "PING\r\n", 6, MSG_NOSIGNAL) == 6 &&
      ::recv(client, reply.data(), reply.size(), MSG_WAITALL) == 7 && reply == "+PONG\r\n";
  ::close(client);
  return pong;
}

fs::path program() {
  const char* named = std::getenv("MILTERWARD_SERVERS");
  const fs::path servers =
      named ? fs::path{named} : fs::path{MILTERWARD_SOURCE_DIR} / "build/servers";
  for (const auto& path :
       {servers / "usr/bin/redis-server", fs::path{"/usr/bin/redis-server"}})
    if (fs::exists(path)) return path;
  throw std::runtime_error{"redis-server is missing; packaging/install-deps mta brings it"};
}

}  // namespace

RedisServer::RedisServer() {
  options_ = {
      "--appendonly", "yes", "--save", "", "--unixsocket", directory_.path("redis.sock")};
  start();
}

RedisServer::RedisServer(Replica, const RedisServer& master) {
  options_ = {"--appendonly",
              "yes",
              "--save",
              "",
              "--replicaof",
              "127.0.0.1",
              std::to_string(master.port())};
  start();
}

RedisServer::RedisServer(Sentinel, const RedisServer& master) {
  config_ = directory_.path("sentinel.conf");
  std::ofstream{config_} << fmt::format(
      "sentinel monitor {0} 127.0.0.1 {1} 1\n"
      "sentinel down-after-milliseconds {0} 500\n"
      "sentinel failover-timeout {0} 5000\n",
      master_name, master.port());
  options_ = {"--sentinel"};
  start();
}

RedisServer::~RedisServer() {
  if (pid_ > 0) stop();
}

std::string RedisServer::url() const {
  return fmt::format("redis://127.0.0.1:{}/1", port());
}

std::string RedisServer::sentinel_url() const {
  return fmt::format("redis+sentinel://127.0.0.1:{}/{}/1", port(), master_name);
}

std::string RedisServer::socket_url() const {
  return "redis+unix:" + directory_.path("redis.sock") + "?db=1";
}

void RedisServer::start() {
  std::vector<std::string> words{program().string()};
  if (!config_.empty()) words.push_back(config_);
  for (const auto& word :
       {std::string{"--bind"}, std::string{"127.0.0.1"}, std::string{"--port"},
        std::to_string(port()), std::string{"--dir"}, directory_.path(),
        std::string{"--logfile"}, directory_.path("redis.log")})
    words.push_back(word);
  words.insert(words.end(), options_.begin(), options_.end());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (::posix_spawn(&pid_, words.front().c_str(), nullptr, nullptr, arguments.data(),
                    environ) != 0)
    throw std::runtime_error{"cannot run " + words.front()};
  const auto limit = SteadyClock::now() + patience;
  while (!answers(port())) {
    if (SteadyClock::now() > limit)
      throw std::runtime_error{"redis-server does not answer"};
    std::this_thread::sleep_for(10ms);
  }
}

void RedisServer::wait_until_log_has(const std::string& text) const {
  const auto limit = SteadyClock::now() + patience;
  for (;;) {
    std::ifstream file{directory_.path("redis.log")};
    const std::string log{std::istreambuf_iterator<char>{file}, {}};
    if (log.find(text) != std::string::npos) return;
    if (SteadyClock::now() > limit)
      throw std::runtime_error{fmt::format("redis-server never said {}:\n{}", text, log)};
    std::this_thread::sleep_for(10ms);
  }
}

void RedisServer::stop() {
  ::kill(pid_, SIGTERM);
  int status = 0;
  const auto limit = SteadyClock::now() + patience;
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (SteadyClock::now() > limit) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(10ms);
  }
  pid_ = -1;
}

void RedisServer::freeze() const { ::kill(pid_, SIGSTOP); }
void RedisServer::thaw() const { ::kill(pid_, SIGCONT); }

}  // namespace milterward::tests
