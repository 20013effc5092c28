// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/key_directory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "policy/backends/key_place.h"

namespace milterward::backends {

using ports::KeyFault;

std::string KeyDirectory::file_of(const Domain& domain, std::string_view selector) const {
  return fmt::format("{}/{}/{}.pem", path_, domain.name(), selector);
}

Result<std::string, KeyFault> KeyDirectory::add(const Domain& domain,
                                                std::string_view selector,
                                                std::string_view pem) {
  const auto place = open_key_place(path_, domain, readers_);
  if (!place) return Unexpected{place.fault()};
  auto path = file_of(domain, selector);
  const auto error =
      write_whole(place.value(), fmt::format("{}.pem", selector), pem, IfTaken::keep);
  if (error == EEXIST)
    return Unexpected{KeyFault{fmt::format(
        "{} exists, and no key is ever replaced; choose another selector", path)}};
  if (error != 0) return Unexpected{fault_about(path, error)};
  return path;
}

std::optional<KeyFault> KeyDirectory::remove(const Domain& domain,
                                             std::string_view selector) {
  const auto path = file_of(domain, selector);
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return std::nullopt;
  return fault_about(path, errno);
}

}  // namespace milterward::backends
