// SPDX-License-Identifier: Apache-2.0
// A real authoritative name server: knotd, as packaging/install-deps unpacks it, on a
// loopback port and below a directory of its own. Serves one zone, the root, so that names
// nobody wrote do not exist.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "conf/settings/dns.h"
#include "tests/support/loopback_port.h"

namespace milterward::tests {

enum class Dnssec { off, sign };

class KnotServer {
 public:
  /// Starts knotd with `records` (zone file lines, absolute names) and waits until it
  /// answers. Throws std::runtime_error when there is no knotd or it does not answer.
  /// `records` may bring a SOA, absences else live for 30 s. `address` is one of
  /// loopback's.
  explicit KnotServer(std::string_view records, Dnssec dnssec = Dnssec::off,
                      std::string_view address = "127.0.0.1");
  ~KnotServer();
  KnotServer(const KnotServer&) = delete;
  KnotServer& operator=(const KnotServer&) = delete;

  conf::DnsServer address() const;
  const std::filesystem::path& directory() const noexcept { return directory_; }
  /// Ends the process and waits for that; `start` brings it back on the same port.
  void stop();
  void start();
  /// Serves these records from now on.
  void serve(std::string_view records);
  /// The zone's public keys, one record a line.
  std::string keys() const;

 private:
  bool answers() const;

  void write_zone(std::string_view records) const;

  std::filesystem::path directory_;
  const IpAddress address_;
  LoopbackPort port_;
  pid_t pid_ = -1;
};

}  // namespace milterward::tests
