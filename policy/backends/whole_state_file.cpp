// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/whole_state_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "policy/backends/file_descriptor.h"
#include "policy/backends/key_place.h"

namespace milterward::backends {

Result<std::string, std::string> WholeStateFile::read(std::size_t most) {
  // NONBLOCK: opening a FIFO would wait for its writer.
  const FileDescriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file && errno == ENOENT) return std::string{};
  if (!file) return Unexpected{std::generic_category().message(errno)};
  auto text = read_up_to(file, most + 1);
  if (!text) return Unexpected{std::generic_category().message(text.fault())};
  if (text->size() > most) return Unexpected{std::string{"it is too long"}};
  return std::move(*text);
}

std::optional<std::string> WholeStateFile::write(std::string_view text) {
  const std::filesystem::path path{path_};
  const auto above = path.parent_path();
  KeyPlace place{FileDescriptor{::open(above.empty() ? "." : above.c_str(),
                                       O_RDONLY | O_DIRECTORY | O_CLOEXEC)},
                 {::geteuid(), ::getegid(), false}};
  if (!place.directory) return std::generic_category().message(errno);
  const auto error = write_whole(place, path.filename().string(), text, IfTaken::replace);
  if (error != 0) return std::generic_category().message(error);
  return std::nullopt;
}

}  // namespace milterward::backends
