// SPDX-License-Identifier: Apache-2.0
// Does a filter answer where the mail server looks for it, for the user the mail server
// is, from the directory and the root it works in? A process of its own becomes all that,
// connects and negotiates as an MTA does, so that whatever is in the way is met and need
// not be thought of: rights of each directory, a chroot, a stale socket, another daemon.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace milterward::attach {

struct ProbeAs {
  uid_t user = 0;
  std::vector<gid_t> groups;  // the first one is its own; none: stay who we are
  std::string root;           // to chroot to; "": none
  std::string directory;      // to work in, as seen without the chroot
  std::chrono::milliseconds patience{5000};
};

struct ProbeAnswer {
  enum class Kind {
    answers,         // it negotiates
    no_socket,       // no such file, as seen from there
    no_permission,   // rights of a directory or of the socket
    nobody_listens,  // a socket without a daemon, or a closed port
    silent,          // connected, and no answer in time
    no_filter,       // what answers speaks another protocol
    failed,          // anything else
  };
  Kind kind = Kind::failed;
  std::string text;  // what the system said; "" for nothing
};

/// `address` as Postfix spells it (unix:PATH, inet:HOST:PORT) or Sendmail
/// (inet:PORT@HOST). Forks: for programs with one thread. To become somebody takes root.
ProbeAnswer probe_milter(const std::string& address, const ProbeAs& as);

}  // namespace milterward::attach
