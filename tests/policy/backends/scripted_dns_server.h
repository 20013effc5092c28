// SPDX-License-Identifier: Apache-2.0
// A DNS server on loopback that does to each question what the test's script says: answers,
// late, wrongly, over TCP only, or not at all. For what a real server cannot be told to do.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "conf/settings/dns.h"
#include "policy/backends/dns_cache.h"
#include "policy/backends/file_descriptor.h"
#include "policy/base/guarded.h"

namespace milterward::tests {

struct ScriptedReply {
  std::string answers;  // records in the notation of dns_wire.h; c00c is the asked name
  std::uint16_t answer_count = 0;
  std::uint16_t rcode = 0;
  std::chrono::milliseconds delay{0};
  bool silent = false;
  bool only_over_tcp = false;  // UDP answers say "truncated"
};

/// One address record with a TTL in seconds.
ScriptedReply address_reply(unsigned ttl, std::chrono::milliseconds delay = {});

class ScriptedDnsServer {
 public:
  using Script = std::function<ScriptedReply(const backends::DnsKey&)>;

  /// Serves on a free port until it is destroyed. `script` runs in the server's thread.
  explicit ScriptedDnsServer(Script script);
  ~ScriptedDnsServer();
  ScriptedDnsServer(const ScriptedDnsServer&) = delete;
  ScriptedDnsServer& operator=(const ScriptedDnsServer&) = delete;

  conf::DnsServer address() const;
  /// How often the name was asked, by whatever transport.
  std::size_t questions_for(const std::string& name) const;
  /// A silent server reads questions and answers none, as if the network had gone.
  void set_silent(bool silent) { silent_ = silent; }

 private:
  struct Due {
    std::vector<std::uint8_t> packet;
    std::vector<std::uint8_t> peer;  // a sockaddr
  };
  enum class Transport { udp, tcp };

  void serve();
  void read_udp();
  void serve_tcp();
  void send_due();
  ScriptedReply reply_to(const std::vector<std::uint8_t>& question);
  static std::vector<std::uint8_t> packet_for(const std::vector<std::uint8_t>& question,
                                              const ScriptedReply& reply,
                                              Transport transport);

  Script script_;
  backends::FileDescriptor udp_;
  backends::FileDescriptor tcp_;
  std::uint16_t port_ = 0;
  Guarded<std::map<std::string, std::size_t>> asked_;
  std::multimap<std::chrono::steady_clock::time_point, Due> due_;
  std::atomic<bool> silent_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace milterward::tests
