// SPDX-License-Identifier: Apache-2.0
// The port of the status page, opened by ourselves: no second process may share it, and
// what stands in the way is told in the words of the configuration.
#pragma once

#include <string>
#include <utility>

#include "conf/problem.h"
#include "policy/base/result.h"

namespace milterward::status {

class ListeningPort {
 public:
  /// Opens `listen` (conf/listen_address.h). Ports below 1024 need the rights of root.
  static Result<ListeningPort, conf::Complaint> open(const std::string& listen);

  ListeningPort(ListeningPort&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), name_(std::move(other.name_)) {}
  ListeningPort& operator=(ListeningPort&&) = delete;
  ~ListeningPort();

  int fd() const noexcept { return fd_; }
  const std::string& name() const noexcept { return name_; }

 private:
  ListeningPort(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  int fd_;
  std::string name_;  // as configured
};

}  // namespace milterward::status
