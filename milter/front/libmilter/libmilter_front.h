// SPDX-License-Identifier: Apache-2.0
// The front that Sendmail's libmilter speaks for. The library is never told to stop: that
// would take seconds and cut what is under way. A drain takes its listening socket away
// instead, in one step that its loop cannot tell from an idle night, and the process ends
// once the last MTA has closed its connection.
#pragma once

#include <atomic>
#include <string>

#include "conf/settings/milter.h"
#include "milter/front/current_services.h"
#include "milter/front/front.h"
#include "milter/front/listening_socket.h"

namespace milterward::front {

/// Of the library that is loaded; its own count, not Sendmail's.
std::string libmilter_version();

class LibmilterFront final : public Front {
 public:
  /// One in a process. All three must live until the process ends.
  LibmilterFront(const ListeningSocket& socket, const CurrentServices& services,
                 conf::Threads threads);

  void start() override;
  void stop_accepting() override;
  Sessions& sessions() noexcept override { return sessions_; }
  bool gave_up() const noexcept override { return gave_up_; }

 private:
  void run_library() noexcept;

  const ListeningSocket& socket_;
  const CurrentServices& services_;
  conf::Threads threads_;
  Sessions sessions_;
  std::atomic<bool> gave_up_{false};
  int library_fd_ = -1;  // libmilter's own descriptor of the socket
};

}  // namespace milterward::front
