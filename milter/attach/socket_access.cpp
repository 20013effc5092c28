// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/socket_access.h"

#include <fmt/format.h>

#include <algorithm>

namespace milterward::attach {
namespace {

/// Of a directory to pass through, and of a socket to connect to.
constexpr mode_t to_enter = 01;
constexpr mode_t to_connect = 06;

enum class May { yes, by_its_group, no };

/// Whether the MTA's user may, would if it were in the group, or may not at all. As the
/// kernel asks: the owner's bits for the owner, the group's for members, else the others'.
May may(const SocketSite& site, const Rights& rights, mode_t wanted) {
  const auto allows = [&](unsigned shift) {
    return ((rights.mode >> shift) & wanted) == wanted;
  };
  if (site.mta_uid == 0) return May::yes;
  if (rights.owner == site.mta_uid) return allows(6) ? May::yes : May::no;
  const bool is_member =
      std::ranges::find(site.mta_groups, rights.group) != site.mta_groups.end();
  if (is_member) return allows(3) ? May::yes : May::no;
  if (allows(0)) return May::yes;
  // To be in root's group is too much for a socket.
  return allows(3) && rights.group != 0 ? May::by_its_group : May::no;
}

class Search {
 public:
  Search(const SocketSite& site, const std::function<std::string(gid_t)>& group_name)
      : site_(site), group_name_(group_name) {}

  Missing look() {
    if (!site_.directory_rights) {
      make_directory();
      return std::move(missing_);
    }
    check(*site_.directory_rights, to_enter, "enter " + site_.directory,
          "give the directory a group that it is in, with mode 2750");
    if (site_.socket_rights)
      check(*site_.socket_rights, to_connect, "open the socket",
            fmt::format("set milter.socket_group = \"{}\" and milter.socket_mode = "
                        "\"0660\"",
                        site_.mta_group));
    if (!site_.has_listener)
      missing_.notes.push_back(
          "nobody listens at the socket: start Milterward (systemctl start milterward) "
          "before Postfix reads its files, or mail waits (451) until then");
    return std::move(missing_);
  }

 private:
  void make_directory() {
    if (!site_.is_below_queue) {
      missing_.notes.push_back(fmt::format(
          "{} does not exist: start Milterward, which makes its socket there, first",
          site_.directory));
      return;
    }
    missing_.commands.push_back(
        {{"install", "-d", "-o", site_.daemon_user, "-g", site_.mta_group, "-m", "2750",
          site_.directory},
         "where the socket lies; what is made there belongs to the group by the set-gid "
         "bit"});
    missing_.notes.push_back(
        "the socket's directory is new: restart Milterward (systemctl restart milterward) "
        "before Postfix reads its files, or mail waits (451) until then");
  }

  void check(const Rights& rights, mode_t wanted, const std::string& what,
             const std::string& way_out) {
    switch (may(site_, rights, wanted)) {
      case May::yes:
        return;
      case May::by_its_group:
        join(rights.group, what);
        return;
      case May::no:
        missing_.notes.push_back(fmt::format("{} may not {}, so mail would wait (451): {}",
                                             site_.mta_user, what, way_out));
        return;
    }
  }

  void join(gid_t group, const std::string& what) {
    if (std::ranges::find(missing_.groups, group) != missing_.groups.end()) return;
    missing_.groups.push_back(group);
    missing_.commands.push_back(
        {{"usermod", "-a", "-G", group_name_(group), site_.mta_user},
         fmt::format("{} may {} then", site_.mta_user, what)});
  }

  const SocketSite& site_;
  const std::function<std::string(gid_t)>& group_name_;
  Missing missing_;
};

}  // namespace

Missing missing_access(const SocketSite& site,
                       const std::function<std::string(gid_t)>& group_name) {
  return Search{site, group_name}.look();
}

}  // namespace milterward::attach
