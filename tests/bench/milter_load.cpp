// SPDX-License-Identifier: Apache-2.0
// Plays Postfix to a milter and measures what the milter lets it wait: one message a
// connection, several connections at once, every step that Postfix 3.7 sends, answers
// awaited where the filter did not say that it gives none. What Postfix would hold back
// until it has to wait is held back here too.
//
// usage: bench_milter_load SOCKET MESSAGES CONNECTIONS CORPUS
//   SOCKET   127.0.0.1:PORT, or the path of a unix socket
//   CORPUS   a JSON object a line: file, client, helo, mail_from, rcpt, login; taken in
//   turn
// Prints a JSON object: messages, seconds, p50, p99, slowest (milliseconds), cpu (seconds
// of this process), answers (final answer -> how often), edits (modification -> how often).
// Exit 1 when a conversation broke off.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

// What Postfix 3.7 offers (src/milter/milter8.c speaks of these bits by the names of
// libmilter's mfdef.h).
constexpr std::uint32_t version = 6, actions = 0x1ff, steps = 0x1fffff;
constexpr std::uint32_t no_connect = 0x1, no_helo = 0x2, no_mail = 0x4, no_rcpt = 0x8,
                        no_body = 0x10, no_headers = 0x20, no_end_of_headers = 0x40,
                        no_data = 0x200;
constexpr std::uint32_t no_reply_header = 0x80, no_reply_connect = 0x1000,
                        no_reply_helo = 0x2000, no_reply_mail = 0x4000,
                        no_reply_rcpt = 0x8000, no_reply_data = 0x10000,
                        no_reply_end_of_headers = 0x40000, no_reply_body = 0x80000,
                        leading_space = 0x100000;
constexpr std::size_t held_back = 4096, body_piece = 65535, largest_answer = 1 << 20;
constexpr std::string_view final_answers = "crtady";

std::string number(std::uint32_t value) {
  const auto ordered = htonl(value);
  return {reinterpret_cast<const char*>(&ordered), sizeof ordered};
}

std::uint32_t number_at(std::string_view octets) {
  std::uint32_t value = 0;
  octets.copy(reinterpret_cast<char*>(&value), sizeof value);
  return ntohl(value);
}

std::string text(std::string_view octets) { return std::string{octets} + '\0'; }

std::string packet(char command, std::string_view data) {
  return number(static_cast<std::uint32_t>(data.size() + 1)) + command + std::string{data};
}

std::string macros(char command,
                   std::initializer_list<std::pair<std::string_view, std::string>> values) {
  std::string data{command};
  for (const auto& [name, value] : values)
    if (!value.empty()) data += text(name) + text(value);
  return packet('D', data);
}

/// One message, as packets.
struct Script {
  std::string connect, helo, mail, rcpt, data, end_of_headers;
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> body;
  std::string end;
};

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error(path + ": cannot be read");
  return {std::istreambuf_iterator<char>{file}, {}};
}

void add_text_of(Script& script, std::string_view message) {
  auto end = message.find("\r\n\r\n");
  if (end == std::string_view::npos) throw std::runtime_error("a message without a body");
  auto header = message.substr(0, end + 2);
  while (!header.empty()) {
    auto stop = header.find("\r\n");
    while (stop + 2 < header.size() &&
           (header[stop + 2] == ' ' || header[stop + 2] == '\t'))
      stop = header.find("\r\n", stop + 2);
    const auto field = header.substr(0, stop);
    const auto colon = field.find(':');
    script.fields.emplace_back(field.substr(0, colon), field.substr(colon + 1));
    header.remove_prefix(stop + 2);
  }
  for (auto body = message.substr(end + 4); !body.empty();) {
    script.body.push_back(packet('B', body.substr(0, body_piece)));
    body.remove_prefix(std::min(body_piece, body.size()));
  }
}

Script script_of(const json& entry, std::size_t index) {
  const auto id = fmt::format("4BENCH{:06X}", index);
  const auto client = entry.at("client").get<std::string>();
  const auto login = entry.at("login").get<std::string>();
  Script script;
  script.connect =
      macros('C', {{"j", "mx.home.test"},
                   {"{daemon_name}", "mx.home.test"},
                   {"v", "Postfix 3.7.11"},
                   {"_", "client [" + client + "]"}}) +
      packet('C', text("client.test") + '4' + std::string{"\xc3\x50", 2} + text(client));
  script.helo = packet('H', text(entry.at("helo").get<std::string>()));
  script.mail = macros('M', {{"{mail_addr}", entry.at("mail_from").get<std::string>()},
                             {"{mail_mailer}", "smtp"},
                             {"{auth_type}", login.empty() ? "" : "PLAIN"},
                             {"{auth_authen}", login}}) +
                packet('M', text("<" + entry.at("mail_from").get<std::string>() + ">"));
  script.rcpt = macros('R', {{"i", id},
                             {"{rcpt_addr}", entry.at("rcpt").get<std::string>()},
                             {"{rcpt_host}", "home.test"},
                             {"{rcpt_mailer}", "local"}}) +
                packet('R', text("<" + entry.at("rcpt").get<std::string>() + ">"));
  script.data = macros('T', {{"i", id}}) + packet('T', "");
  script.end_of_headers = macros('N', {{"i", id}}) + packet('N', "");
  script.end = macros('E', {{"i", id}}) + packet('E', "");
  add_text_of(script, content_of(entry.at("file").get<std::string>()));
  return script;
}

struct Outcome {
  std::map<std::string, std::size_t> answers, edits;
  std::vector<double> milliseconds;
};

/// One connection to the milter.
class Talk {
 public:
  explicit Talk(const std::string& where) : fd_(connected(where)) {}
  ~Talk() { close(fd_); }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  void play(const Script& script, Outcome& outcome) {
    send(packet('O', number(version) + number(actions) + number(steps)));
    const auto terms = answer();
    if (terms.front() != 'O' || terms.size() < 13)
      throw std::runtime_error("no negotiation");
    terms_ = number_at(std::string_view{terms}.substr(9));
    bool go_on = step(script.connect, no_connect, no_reply_connect, outcome) &&
                 step(script.helo, no_helo, no_reply_helo, outcome) &&
                 step(script.mail, no_mail, no_reply_mail, outcome) &&
                 step(script.rcpt, no_rcpt, no_reply_rcpt, outcome) &&
                 step(script.data, no_data, no_reply_data, outcome);
    for (auto field = script.fields.begin(); go_on && field != script.fields.end();
         ++field) {
      auto value = std::string_view{field->second};
      if (!has(leading_space) && value.starts_with(' ')) value.remove_prefix(1);
      go_on = step(packet('L', text(field->first) + text(value)), no_headers,
                   no_reply_header, outcome);
    }
    go_on = go_on && step(script.end_of_headers, no_end_of_headers, no_reply_end_of_headers,
                          outcome);
    for (auto piece = script.body.begin(); go_on && piece != script.body.end(); ++piece)
      go_on = step(*piece, no_body, no_reply_body, outcome);
    if (go_on) {
      send(script.end);
      finish(outcome);
    }
    send(packet('Q', ""));
    flush();
  }

 private:
  static int connected(const std::string& where) {
    const auto colon = where.rfind(':');
    const bool is_path = where.starts_with('/');
    const int fd = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int outcome = -1;
    if (is_path) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      where.copy(address.sun_path, sizeof address.sun_path - 1);
      outcome = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    } else {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port =
          htons(static_cast<std::uint16_t>(std::stoi(where.substr(colon + 1))));
      inet_pton(AF_INET, where.substr(0, colon).c_str(), &address.sin_addr);
      outcome = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (outcome != 0) throw std::runtime_error(where + ": no connection");
    return fd;
  }

  bool has(std::uint32_t bit) const { return (terms_ & bit) != 0; }

  /// Whether the conversation goes on.
  bool step(std::string_view packets, std::uint32_t left_out, std::uint32_t unanswered,
            Outcome& outcome) {
    if (has(left_out)) return true;
    send(packets);
    if (has(unanswered)) return true;
    const auto said = answer();
    if (said.front() == 'c' || said.front() == 's') return true;
    ++outcome.answers[name_of(said)];
    return false;
  }

  void finish(Outcome& outcome) {
    for (;;) {
      const auto said = answer();
      if (final_answers.find(said.front()) != std::string_view::npos) {
        ++outcome.answers[name_of(said)];
        return;
      }
      ++outcome.edits[std::string{said.front()}];
    }
  }

  /// "c", or of a reply its codes: "y 550 5.7.1".
  static std::string name_of(const std::string& said) {
    return said.front() == 'y' ? "y " + said.substr(1, 9) : std::string{said.front()};
  }

  void send(std::string_view packets) {
    out_ += packets;
    if (out_.size() >= held_back) flush();
  }

  void flush() {
    for (std::string_view rest = out_; !rest.empty();) {
      const auto count = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (count <= 0) throw std::runtime_error("the filter closed the connection");
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    out_.clear();
  }

  std::string answer() {
    flush();
    fill(4);
    const std::size_t size = number_at(in_);
    if (size == 0 || size > largest_answer)
      throw std::runtime_error("an impossible answer");
    fill(4 + size);
    auto said = in_.substr(4, size);
    in_.erase(0, 4 + size);
    return said;
  }

  void fill(std::size_t wanted) {
    while (in_.size() < wanted) {
      char octets[held_back];
      const auto count = recv(fd_, octets, sizeof octets, 0);
      if (count <= 0) throw std::runtime_error("the filter closed the connection");
      in_.append(octets, static_cast<std::size_t>(count));
    }
  }

  int fd_;
  std::uint32_t terms_ = 0;
  std::string out_, in_;
};

void merge(Outcome& all, const Outcome& one) {
  for (const auto& [name, count] : one.answers) all.answers[name] += count;
  for (const auto& [name, count] : one.edits) all.edits[name] += count;
  all.milliseconds.insert(all.milliseconds.end(), one.milliseconds.begin(),
                          one.milliseconds.end());
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<Script> corpus_in(const std::string& path) {
  std::ifstream file{path};
  std::vector<Script> scripts;
  for (std::string line; std::getline(file, line);)
    scripts.push_back(script_of(json::parse(line), scripts.size()));
  if (scripts.empty()) throw std::runtime_error(path + ": no messages");
  return scripts;
}

int run(const std::string& where, std::size_t count, std::size_t connections,
        const std::vector<Script>& corpus) {
  std::atomic<std::size_t> next{0};
  std::vector<Outcome> outcomes(connections);
  std::vector<std::string> faults(connections);
  std::vector<std::thread> threads;
  const auto cpu_before = cpu_seconds();
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < connections; ++i)
    threads.emplace_back([&, i] {
      try {
        for (auto message = next++; message < count; message = next++) {
          const auto began = Clock::now();
          Talk{where}.play(corpus[message % corpus.size()], outcomes[i]);
          outcomes[i].milliseconds.push_back(
              std::chrono::duration<double, std::milli>(Clock::now() - began).count());
        }
      } catch (const std::exception& error) {
        faults[i] = error.what();
      }
    });
  for (auto& thread : threads) thread.join();
  const auto seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  Outcome all;
  for (const auto& outcome : outcomes) merge(all, outcome);
  for (const auto& fault : faults)
    if (!fault.empty()) {
      fmt::print(stderr, "bench_milter_load: {}\n", fault);
      return 1;
    }
  std::ranges::sort(all.milliseconds);
  const auto share = [&](double part) {
    return all.milliseconds[static_cast<std::size_t>(
        part * static_cast<double>(all.milliseconds.size() - 1))];
  };
  fmt::print("{}\n", json{{"messages", all.milliseconds.size()},
                          {"seconds", seconds},
                          {"p50", share(0.5)},
                          {"p99", share(0.99)},
                          {"slowest", share(1)},
                          {"cpu", cpu_seconds() - cpu_before},
                          {"answers", all.answers},
                          {"edits", all.edits}}
                         .dump());
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) {
    fmt::print(stderr, "usage: bench_milter_load SOCKET MESSAGES CONNECTIONS CORPUS\n");
    return 2;
  }
  return run(argv[1], std::stoul(argv[2]), std::stoul(argv[3]), corpus_in(argv[4]));
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_milter_load: {}\n", error.what());
  return 2;
}
