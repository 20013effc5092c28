// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/token_keys.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "policy/backends/file_descriptor.h"
#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

using ports::KeyFault;

constexpr std::size_t longest_pin = 256;

std::string path_with_reason(const std::string& path, int error) {
  return fmt::format("{}: {}", path, std::generic_category().message(error));
}

}  // namespace

Result<SecretText, std::string> read_pin(const std::string& path) {
  // NONBLOCK: opening a FIFO would wait for its writer.
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat state {};
  if (!file || ::fstat(file.get(), &state) != 0)
    return Unexpected{path_with_reason(path, errno)};
  if (!S_ISREG(state.st_mode)) return Unexpected{path + " is not a file"};
  if ((state.st_mode & (S_IRWXO | S_IWGRP)) != 0)
    return Unexpected{fmt::format(
        "{0} can be read or written by others; mend it with: chmod o-rwx,g-w {0}", path)};
  const auto text = read_secret(file, longest_pin + 2);
  if (!text) return Unexpected{path_with_reason(path, text.fault())};
  const auto pin = trim(text->view());
  if (pin.empty() || pin.size() > longest_pin ||
      pin.find_first_of("\r\n") != std::string::npos)
    return Unexpected{path + " does not hold one line with a PIN"};
  return SecretText{pin};
}

Result<std::shared_ptr<Tokens>, std::string> TokenKeys::tokens() const {
  return tokens_.with(
      [&](std::shared_ptr<Tokens>& tokens) -> Result<std::shared_ptr<Tokens>, std::string> {
        if (tokens) return tokens;
        const auto module = open_pkcs11_module();
        if (!module)
          return Unexpected{
              fmt::format("{}; {}", module.fault().wrong, module.fault().way_out)};
        ReadPin pin;
        if (const auto& path = settings_.pin_file; !path.empty())
          pin = [path] { return read_pin(path); };
        auto opened = (*module)->open(settings_, std::move(pin));
        if (opened) tokens = *opened;
        return opened;
      });
}

Result<std::shared_ptr<const ports::PrivateKey>, KeyFault> TokenKeys::load(
    const std::string& name) const {
  const auto uri = conf::parse_pkcs11_uri(name);
  if (!uri)
    return Unexpected{
        KeyFault{fmt::format("{}; {}", uri.fault().wrong, uri.fault().way_out)}};
  const auto opened = tokens();
  if (!opened) return Unexpected{KeyFault{opened.fault()}};
  auto key = (*opened)->load(*uri);
  if (!key) return Unexpected{KeyFault{fmt::format("{}: {}", name, key.fault())}};
  return std::move(*key);
}

Result<std::shared_ptr<const ports::PrivateKey>, KeyFault> KeysByName::load(
    const std::string& name) const {
  if (!conf::is_pkcs11_uri(name)) return files_.load(name);
  if (tokens_ == nullptr)
    return Unexpected{KeyFault{name +
                               " lies in a token; name the library that reaches it in "
                               "pkcs11.module"}};
  return tokens_->load(name);
}

}  // namespace milterward::backends
