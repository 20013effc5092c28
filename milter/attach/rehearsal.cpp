// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/rehearsal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "milter/attach/postconf.h"
#include "milter/attach/scratch_directory.h"

namespace milterward::attach {
namespace {

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
