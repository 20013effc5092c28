// SPDX-License-Identifier: Apache-2.0
// A file's content, read again when the file changes. It is looked at once a second by
// whoever asks; a file that is gone, being written or wrong changes nothing: what it said
// before stays in force, and the log says so once.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "policy/backends/file_stamp.h"
#include "policy/base/clock.h"
#include "policy/base/guarded.h"
#include "policy/base/result.h"

namespace milterward::backends {

struct FileText {
  FileStamp stamp;
  std::string text;
  /// Nobody wrote it within the last second, as far as its time tells.
  bool is_settled = false;
};

/// The whole file, or a sentence why not: not a regular file, writable by everybody, longer
/// than `most`, changed while it was read.
Result<FileText, std::string> read_watched(const std::string& path, std::size_t most,
                                           WallTime today);

/// The stamp of what stands under the name now; a default one when nothing does.
FileStamp stamp_of(const std::string& path) noexcept;

void log_file_kept(const std::string& path, const std::string& reason) noexcept;
void log_file_read(const std::string& path) noexcept;

template <class Content>
class WatchedFile {
 public:
  using Parser = std::function<Result<Content, std::string>(std::string_view text)>;

  /// Reads it once; the fault is a sentence that names the file.
  static Result<std::unique_ptr<WatchedFile>, std::string> open(
      std::string path, std::size_t most, Parser parser,
      std::shared_ptr<const Clock> clock) {
    std::unique_ptr<WatchedFile> file{
        new WatchedFile{std::move(path), most, std::move(parser), std::move(clock)}};
    auto fresh = file->read();
    if (!fresh) return Unexpected{file->path_ + ": " + fresh.fault()};
    file->state_.with([&](State& state) { file->keep(state, std::move(*fresh)); });
    return file;
  }

  /// What the file says; never null. At most one thread at a time reads the disk for it,
  /// the others go on with what is known.
  std::shared_ptr<const Content> content() const {
    struct Look {
      std::shared_ptr<const Content> content;
      FileStamp stamp;
      bool is_ours_to_check = false;
    };
    const auto look = state_.with([&](State& state) {
      Look now{state.content, state.stamp, false};
      if (clock_->now() >= state.next_check && !state.is_being_checked)
        now.is_ours_to_check = state.is_being_checked = true;
      return now;
    });
    if (!look.is_ours_to_check) return look.content;
    if (stamp_of(path_) == look.stamp) {
      state_.with([&](State& state) { checked(state); });
      return look.content;
    }
    auto fresh = read();
    return state_.with([&](State& state) {
      if (fresh && fresh->is_settled) {
        keep(state, std::move(*fresh));
        log_file_read(path_);
      } else if (!fresh && fresh.fault() != state.fault) {
        state.fault = fresh.fault();
        log_file_kept(path_, state.fault);
      }
      checked(state);
      return state.content;
    });
  }

 private:
  static constexpr std::chrono::seconds interval{1};

  struct Fresh {
    FileStamp stamp;
    std::shared_ptr<const Content> content;
    bool is_settled = false;
  };
  struct State {
    FileStamp stamp;
    std::shared_ptr<const Content> content;
    std::string fault;  // the last one told
    SteadyTime next_check;
    bool is_being_checked = false;
  };

  WatchedFile(std::string path, std::size_t most, Parser parser,
              std::shared_ptr<const Clock> clock)
      : path_(std::move(path)),
        most_(most),
        parser_(std::move(parser)),
        clock_(std::move(clock)) {}

  Result<Fresh, std::string> read() const {
    auto file = read_watched(path_, most_, clock_->today());
    if (!file) return Unexpected{file.fault()};
    auto content = parser_(file->text);
    if (!content) return Unexpected{content.fault()};
    return Fresh{file->stamp, std::make_shared<const Content>(std::move(*content)),
                 file->is_settled};
  }

  void keep(State& state, Fresh fresh) const {
    // What may still change within its stamp is read again.
    state.stamp = fresh.is_settled ? fresh.stamp : FileStamp{};
    state.content = std::move(fresh.content);
    state.fault.clear();
    checked(state);
  }

  void checked(State& state) const {
    state.next_check = clock_->now() + interval;
    state.is_being_checked = false;
  }

  const std::string path_;
  const std::size_t most_;
  const Parser parser_;
  const std::shared_ptr<const Clock> clock_;
  mutable Guarded<State> state_;
};

}  // namespace milterward::backends
