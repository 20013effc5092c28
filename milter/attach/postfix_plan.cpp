// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/postfix_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "milter/attach/milter_list.h"
#include "milter/attach/return_services.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::attach {
namespace {

using Entries = std::vector<std::string>;
using front::SocketSpec;

/// Since that version an entry can have settings of its own.
constexpr unsigned first_version_with_braces = 3;
/// What we speak; old guides set milter_protocol to 2, which knows no macros at RCPT.
constexpr std::string_view our_protocol = "6";

constexpr std::array<std::string_view, 2> list_parameters{"smtpd_milters",
                                                          "non_smtpd_milters"};

bool follows_smtpd(const Entries& entries) {
  return std::ranges::any_of(entries, [](const std::string& entry) {
    return entry == "$smtpd_milters" || entry == "${smtpd_milters}" ||
           entry == "$(smtpd_milters)";
  });
}

/// The plan in the making.
class Attachment {
 public:
  Attachment(const PostfixSetup& setup, const Wish& wish) : setup_(setup), wish_(wish) {}

  Plan make() {
    add_to_main("smtpd_milters",
                "mail that comes by SMTP; for our entry alone, clients come back while the "
                "filter is away");
    add_to_main("non_smtpd_milters",
                "mail of the sendmail command, which is not signed without");
    for (const auto& service : setup_.services) add_to_service(service);
    keep_returns_away();
    look_at_the_rest();
    return std::move(plan_);
  }

 private:
  bool is_ours(std::string_view entry) const {
    return lead_to_the_same(address_of(entry), wish_.address,
                            setup_.meant_of("queue_directory"));
  }
  bool holds_us(const Entries& entries) const {
    return std::ranges::any_of(entries, [&](const auto& entry) { return is_ours(entry); });
  }

  /// "{ unix:..., default_action=tempfail }", from an entry of ours that may say more.
  std::string secured(const std::string& entry) {
    std::string inside{entry};
    if (entry.starts_with('{')) inside = trim(entry.substr(1, entry.size() - 2));
    const auto action = setting_of(entry, "default_action");
    if (action.empty())
      inside += ", default_action=tempfail";
    else if (action != "tempfail")
      note(
          fmt::format("our entry has default_action={}, which stays: mail passes "
                      "unfiltered, or is refused, while the filter is away",
                      action));
    const auto protocol = setup_.meant_of("milter_protocol");
    if (!protocol.empty() && protocol != our_protocol &&
        setting_of(entry, "protocol").empty())
      inside += fmt::format(", protocol={}", our_protocol);
    return fmt::format("{{ {} }}", inside);
  }

  /// The same filters in the same order, and we among them, once.
  Entries with_us(const Entries& entries) {
    Entries result;
    bool is_there = false;
    for (const auto& entry : entries) {
      if (!is_ours(entry)) {
        result.push_back(entry);
      } else if (!is_there) {
        result.push_back(secured(entry));
        is_there = true;
      }
    }
    if (!is_there)
      result.insert(wish_.comes_last ? result.end() : result.begin(),
                    secured(wish_.address));
    return result;
  }

  void add_to_main(std::string_view parameter, std::string_view why) {
    const auto entries = parse_milters(setup_.written_of(parameter));
    if (parameter == "non_smtpd_milters") {
      if (follows_smtpd(entries)) return;
      if (entries.empty() && smtpd_asks_us_alone_) {
        change("", parameter, "$smtpd_milters", why);
        return;
      }
    }
    if (!holds_us(entries) && holds_us(parse_milters(setup_.meant_of(parameter)))) {
      note(
          fmt::format("{} names us by a parameter of its own; look there whether it says "
                      "{}",
                      parameter, secured(wish_.address)));
      return;
    }
    const auto wanted = with_us(entries);
    if (parameter == "smtpd_milters") smtpd_asks_us_alone_ = wanted.size() == 1;
    const auto text = join_milters(wanted);
    if (text != join_milters(entries)) change("", parameter, text, why);
  }

  /// A service that names filters of its own knows nothing of those in main.cf.
  void add_to_service(const Service& service) {
    for (const auto parameter : list_parameters) {
      const auto at = service.overrides.find(parameter);
      if (at == service.overrides.end()) continue;
      const auto entries = parse_milters(at->second);
      if (entries.empty()) {
        if (!takes_mail_back(service))
          note(fmt::format("{} has an empty \"-o {}=\": mail there is not filtered",
                           service.name, parameter));
        continue;
      }
      if (follows_smtpd(entries) && parameter == "non_smtpd_milters") continue;
      const auto wanted = with_us(entries);
      if (join_milters(wanted) != join_milters(entries))
        change(service.name, parameter, join_without_blanks(wanted),
               "this service names filters of its own");
    }
  }

  void keep_returns_away() {
    auto found = look_for_returns(setup_);
    for (auto& sentence : found.notes) note(std::move(sentence));
    for (const auto& back : found.not_yet_off)
      change(back.service, "receive_override_options", back.options,
             "mail comes back there from a content filter, and was filtered before");
  }

  void look_at_the_rest() {
    const auto classes = setup_.meant_of("internal_mail_filter_classes");
    if (wish_.filters_bounces && classes.find("bounce") == std::string_view::npos)
      change("", "internal_mail_filter_classes",
             classes.empty() ? "bounce" : fmt::format("{}, bounce", classes),
             "bounces that Postfix writes itself are signed too");
    else if (classes.find("bounce") == std::string_view::npos)
      note(
          "bounces that Postfix writes itself reach no filter and are not signed; "
          "--bounces sets internal_mail_filter_classes = bounce");
    for (const std::string_view known : {"opendkim", "opendmarc", "rspamd"}) {
      if (setup_.meant_of("smtpd_milters").find(known) == std::string_view::npos) continue;
      note(fmt::format(
          "{0} stays in smtpd_milters; where it does what Milterward does (DKIM, "
          "DMARC), mail is checked or signed twice until you take that away{1}",
          known,
          known == "rspamd"
              ? std::string{}
              : fmt::format(" (milterward import {} translates its settings)", known)));
    }
    if (setup_.meant_of("receive_override_options").find("no_milters") !=
        std::string_view::npos)
      note(
          "receive_override_options in main.cf has no_milters: no mail reaches any filter "
          "until you take it away");
    if (!setup_.meant_of("multi_instance_directories").empty())
      note(
          fmt::format("this is one of several instances (multi_instance_directories = {}); "
                      "each is attached by itself, with --config-dir",
                      setup_.meant_of("multi_instance_directories")));
  }

  void change(const std::string& service, std::string_view parameter, std::string after,
              std::string_view why) {
    std::optional<std::string> before;
    if (service.empty()) {
      if (setup_.says(parameter)) before = setup_.written_of(parameter);
    } else {
      const auto of_service =
          std::ranges::find(setup_.services, service, &Service::name)->overrides;
      const auto at = of_service.find(parameter);
      if (at != of_service.end()) before = at->second;
    }
    plan_.changes.push_back({service, std::string{parameter}, std::move(before),
                             std::move(after), std::string{why}});
  }

  void note(std::string sentence) {
    if (std::ranges::find(plan_.notes, sentence) == plan_.notes.end())
      plan_.notes.push_back(std::move(sentence));
  }

  const PostfixSetup& setup_;
  const Wish& wish_;
  bool smtpd_asks_us_alone_ = false;
  Plan plan_;
};

/// Our address below the queue directory, or as it is where nothing hides it.
Result<std::string, std::string> address_of_path(const std::string& path,
                                                 const PostfixSetup& setup) {
  auto queue = std::string{setup.meant_of("queue_directory")};
  if (!queue.empty() && !queue.ends_with('/')) queue += '/';
  if (!queue.empty() && path.starts_with(queue))
    return fmt::format("unix:{}", path.substr(queue.size()));
  if (!setup.filters_are_chrooted()) return fmt::format("unix:{}", path);
  return Unexpected{fmt::format(
      "smtpd works in a chroot and sees only what lies below {0}, and the "
      "socket is {1}; set milter.socket = \"unix:{0}milterward/milterward.sock\"",
      queue, path)};
}

}  // namespace

Result<std::string, std::string> address_for(const SocketSpec& socket,
                                             const PostfixSetup& setup) {
  switch (socket.kind) {
    case SocketSpec::Kind::unix_path:
      return address_of_path(socket.path, setup);
    case SocketSpec::Kind::inet:
      return fmt::format("inet:{}:{}", socket.host.empty() ? "127.0.0.1" : socket.host,
                         socket.port);
    case SocketSpec::Kind::inet6:
      return fmt::format("inet:[{}]:{}", socket.host.empty() ? "::1" : socket.host,
                         socket.port);
    case SocketSpec::Kind::inherited:
      return Unexpected{std::string{
          "milter.socket is a descriptor that somebody hands over; say with --socket where "
          "it listens, such as --socket unix:/var/spool/postfix/milterward/"
          "milterward.sock"}};
  }
  unreachable();
}

Result<Plan, std::string> plan_attachment(const PostfixSetup& setup, const Wish& wish) {
  const auto version = setup.meant_of("mail_version");
  if (!version.empty() && is_digit(version[0]) && version.find('.') == 1 &&
      static_cast<unsigned>(version[0] - '0') < first_version_with_braces)
    return Unexpected{fmt::format(
        "Postfix {} knows no settings for one filter alone; 3.0 does", version)};
  return Attachment{setup, wish}.make();
}

}  // namespace milterward::attach
