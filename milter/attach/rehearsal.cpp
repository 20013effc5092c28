// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/rehearsal.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "milter/attach/postconf.h"

namespace milterward::attach {
namespace {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::error_code ignored;
    const auto parent = std::filesystem::temp_directory_path(ignored);
    path_ = (ignored ? "/tmp" : parent.string()) + "/milterward-attach.XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

WholeFile own(const std::string& text) { return {text, 0600, ::geteuid(), ::getegid()}; }

}  // namespace

Result<PostfixFiles, std::string> rehearse(const PostfixFiles& now,
                                           const std::vector<Change>& changes) {
  const ScratchDirectory scratch;
  if (scratch.path().empty())
    return Unexpected{
        fmt::format("no directory for copies can be made: {}", std::strerror(errno))};
  if (auto fault =
          replace_files(scratch.path(), {own(now.main.text), own(now.master.text)}))
    return Unexpected{std::move(*fault)};
  if (auto fault = Postconf{scratch.path()}.carry_out(changes))
    return Unexpected{std::move(*fault)};
  auto edited = read_files(scratch.path());
  if (!edited) return edited;
  PostfixFiles files{now};
  files.main.text = std::move(edited->main.text);
  files.master.text = std::move(edited->master.text);
  return files;
}

}  // namespace milterward::attach
