// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/facts_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"

namespace milterward::backends {

Result<std::shared_ptr<FactsFile>, std::string> FactsFile::open(const std::string& path) {
  constexpr auto flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
  FileDescriptor file{::open(path.c_str(), flags, 0640)};
  if (!file) {
    return Unexpected{
        fmt::format("log.facts: {} cannot be opened: {}", path, std::strerror(errno))};
  }
  return std::make_shared<FactsFile>(std::move(file), path);
}

FactsFile::FactsFile(FileDescriptor file, std::string path)
    : file_(std::move(file)), path_(std::move(path)) {}

void FactsFile::append(std::string_view stanza) noexcept {
  const auto written = ::write(file_.get(), stanza.data(), stanza.size());
  if (written == static_cast<ssize_t>(stanza.size())) return;
  const int error = written < 0 ? errno : ENOSPC;
  at_c_boundary("facts", 0, [&] {
    log_event(Event::facts_not_written,
              {{"file", path_}, {"reason", std::strerror(error)}});
    return 0;
  });
}

}  // namespace milterward::backends
