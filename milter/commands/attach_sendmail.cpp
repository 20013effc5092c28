// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/attach_sendmail.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "milter/commands/attach_telling.h"
#include "milter/commands/complain.h"
#include "milter/commands/exit_codes.h"
#include "milter/commands/files.h"
#include "milter/front/socket_spec.h"

namespace milterward::commands {
namespace {

using Json = nlohmann::ordered_json;
using namespace attach;

/// Where a socket lies that no Postfix has to see; systemd makes the directory.
constexpr auto usual_socket = "unix:/run/milterward/milterward.sock";

struct Asked {
  SendmailWish wish;
  bool socket_is_to_be_set = false;  // milter.socket is not written
};

/// Files are compared with where the daemon listens. Throws ConfigError when
/// milterward.toml cannot be used.
Result<Asked, std::string> asked_by(const AttachArguments& arguments,
                                    const SendmailFiles& files) {
  const auto config = read_config(arguments.config_file);
  if (!config) throw conf::ConfigError{config.fault()};
  Asked asked;
  asked.socket_is_to_be_set =
      !files.any() && arguments.socket.empty() && !config->places.says("milter.socket");
  asked.wish.socket = !arguments.socket.empty()   ? arguments.socket
                      : asked.socket_is_to_be_set ? usual_socket
                                                  : config->milter.socket;
  asked.wish.slowest_answer =
      std::chrono::ceil<std::chrono::seconds>(config->dns.message_deadline);
  const auto socket = front::parse_socket_spec(asked.wish.socket);
  if (!socket) return Unexpected{socket.fault()};
  if (socket->kind == front::SocketSpec::Kind::inherited)
    return Unexpected{
        std::string{"milter.socket is a descriptor that somebody hands over; say with "
                    "--socket where it "
                    "listens"}};
  return asked;
}

Result<SendmailFilters, std::string> filters_in(const SendmailFiles& files) {
  const auto& path = files.mc.empty() ? files.cf : files.mc;
  const auto text = read_file(path);
  if (!text) return Unexpected{fmt::format("{}: {}", path, text.fault())};
  return files.mc.empty() ? parse_cf(*text) : parse_mc(*text);
}

void print_json(const char* state, const SendmailWish& wish,
                const SendmailFinding& finding) {
  const Json object{{"mta", "sendmail"},      {"state", state},
                    {"socket", wish.socket},  {"line", mc_line(wish)},
                    {"wrong", finding.wrong}, {"notes", finding.notes},
                    {"lines", finding.lines}};
  fmt::print("{}\n", object.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_line(const Asked& asked) {
  fmt::print("For sendmail.mc, above the lines MAILER(...):\n\n{}\n\n",
             mc_line(asked.wish));
  if (asked.socket_is_to_be_set)
    fmt::print(
        "For milterward.toml, since the default is a place for Postfix:\n\n[milter]\n"
        "socket = \"{}\"\n\n",
        asked.wish.socket);
  fmt::print(
      "F=T has mail come back while the filter is away; without it, mail passes "
      "unfiltered.\n"
      "The time-outs leave room for DNS: of itself Sendmail waits 10 s for a reply.\n"
      "No macros need be named: Milterward asks for those it reads (Sendmail 8.14 and "
      "later).\n\n"
      "Then: sendmailconfig (Debian) or make -C /etc/mail, and restart both; and\n"
      "milterward attach sendmail --cf /etc/mail/sendmail.cf says whether it is right.\n");
}

}  // namespace

Result<SendmailChecked, std::string> check_sendmail_files(const AttachArguments& arguments,
                                                          const SendmailFiles& files) {
  const auto asked = asked_by(arguments, files);
  if (!asked) return Unexpected{asked.fault()};
  const auto filters = filters_in(files);
  if (!filters) return Unexpected{filters.fault()};
  return SendmailChecked{asked->wish, check_sendmail(*filters, asked->wish)};
}

int attach_sendmail(const AttachArguments& arguments, const SendmailFiles& files) {
  const auto asked = asked_by(arguments, files);
  if (!asked) return complain("attach", asked.fault());
  if (!files.any()) {
    if (arguments.output == Output::json)
      print_json("proposed", asked->wish, {});
    else
      print_line(*asked);
    return ok;
  }
  const auto filters = filters_in(files);
  if (!filters) return complain("attach", filters.fault());
  const auto finding = check_sendmail(*filters, asked->wish);
  const bool is_right = finding.wrong.empty();
  if (arguments.output == Output::json) {
    print_json(is_right ? "attached" : "wrong", asked->wish, finding);
    return is_right ? ok : failed;
  }
  const auto& path = files.mc.empty() ? files.cf : files.mc;
  fmt::print(
      "{}: {}.\n", path,
      is_right ? "Milterward is attached" : "Milterward is not attached as it should be");
  for (const auto& sentence : finding.wrong) fmt::print("- {}\n", sentence);
  for (const auto& sentence : finding.notes) fmt::print("- to know: {}\n", sentence);
  if (!is_right) fmt::print("\nThe line for sendmail.mc:\n\n{}\n", mc_line(asked->wish));
  return is_right ? ok : failed;
}

int detach_sendmail(const AttachArguments& arguments, const SendmailFiles& files) {
  const auto asked = asked_by(arguments, files);
  if (!asked) return complain("detach", asked.fault());
  SendmailFinding finding;
  if (files.any()) {
    const auto filters = filters_in(files);
    if (!filters) return complain("detach", filters.fault());
    finding.lines = check_sendmail(*filters, asked->wish).lines;
  }
  const bool is_there = !finding.lines.empty();
  if (arguments.output == Output::json) {
    print_json(!files.any() ? "proposed"
               : is_there   ? "attached"
                            : "detached",
               asked->wish, finding);
  } else if (!files.any()) {
    fmt::print(
        "Take the line INPUT_MAIL_FILTER(`milterward', ...) out of sendmail.mc, make "
        "sendmail.cf anew\n(sendmailconfig, or make -C /etc/mail), and restart "
        "Sendmail.\n");
  } else {
    const auto& path = files.mc.empty() ? files.cf : files.mc;
    for (const auto line : finding.lines)
      fmt::print("{}:{}: names Milterward; take it out{}\n", path, line,
                 files.mc.empty() ? " of sendmail.mc, and make this file anew" : "");
    if (!is_there) fmt::print("{}: Milterward is not attached.\n", path);
  }
  return is_there ? failed : ok;
}

}  // namespace milterward::commands
