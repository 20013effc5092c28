// SPDX-License-Identifier: Apache-2.0
#include "milter/host_name.h"

#include <netdb.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "policy/base/ascii.h"

namespace milterward {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') {
    return "localhost";
  }
  std::string host = name.data();
  if (host.find('.') != std::string::npos) return to_lower(host);
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) == 0) {
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{found, ::freeaddrinfo};
    if (found->ai_canonname != nullptr) host = found->ai_canonname;
  }
  return to_lower(host);
}

}  // namespace milterward
