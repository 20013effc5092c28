// SPDX-License-Identifier: Apache-2.0
// What others report of mail in our domains: whose reports are read, and how long they are
// kept. [feedback]
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace milterward::conf {

/// Which reports count, of those that come by mail.
enum class Believe {
  authenticated,  // those whose mail passed DMARC
  all,
};

struct FeedbackSettings {
  std::vector<std::string> addresses;  // as the rua= of DMARC and TLS-RPT name them
  std::string file;
  Believe believe;
  std::size_t max_mail;      // in MB
  std::size_t max_unpacked;  // in MB
  std::chrono::milliseconds keep;
  std::size_t max_size;  // in MB

  bool is_read() const noexcept { return !addresses.empty(); }
  bool operator==(const FeedbackSettings&) const = default;
};

}  // namespace milterward::conf
