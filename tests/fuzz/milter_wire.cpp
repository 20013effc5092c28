// SPDX-License-Identifier: Apache-2.0
// Any octets are what an MTA sends, in pieces of any size: the engine answers every command
// that waits for an answer exactly once, with packets an MTA can read, or ends the
// conversation where the protocol is broken. The first octet chooses the size of the pieces
// and whether the rest is the wire itself, or commands that are framed here and stand
// behind a negotiation, so that the fuzzer need not find out lengths first.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "milter/front/native/conversation.h"
#include "milter/front/native/packets.h"
#include "milter/front/native/replies.h"
#include "milter/front/protocol.h"
#include "policy/auth/dkim/native_verifier.h"
#include "policy/auth/spf/native_checker.h"
#include "policy/services.h"
#include "tests/milter/native/text_channel.h"
#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_directory.h"
#include "tests/support/fake_resolver.h"

namespace {

using namespace milterward;
using namespace milterward::front;
namespace commands = protocol::commands;
namespace steps = protocol::steps;

void require(bool promise) {
  if (!promise) std::abort();
}

std::shared_ptr<const Services> services() {
  static const auto config = std::make_shared<const conf::Config>(
      tests::configuration("inbound.mode=enforce dkim.on_fail=quarantine "
                           "dkim.on_none=redirect inbound.redirect_to=q@home.test "
                           "inbound.quarantine=hold spf.on_fail=subject"));
  const auto services = std::make_shared<Services>();
  services->config = config;
  services->clock = std::make_shared<tests::FakeClock>();
  services->directory = std::make_shared<tests::FakeDirectory>();
  services->dns =
      std::make_shared<tests::FakeResolver>("a.test TXT v=spf1 ip4:203.0.113.9 -all");
  services->spf = std::make_shared<const auth::NativeSpfChecker>();
  services->dkim_verifier = std::make_shared<const auth::NativeDkimVerifier>(
      services->config->dkim.body_length, services->published_keys);
  services->keys = std::make_shared<const sign::KeyRing>();
  services->sealing_keys = std::make_shared<const sign::KeyRing>();
  services->trace_secret = {1};
  services->authserv_id = "mx.home.test";
  return services;
}

std::uint32_t number_at(std::string_view octets) {
  std::uint32_t number = 0;
  for (const char c : octets.substr(0, 4))
    number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

/// The next packet, command first, which `octets` loses; nothing when there is no whole
/// one.
std::optional<std::string_view> take_packet(std::string_view& octets) {
  if (octets.size() < 5) return {};
  const std::size_t length = number_at(octets);
  if (length == 0 || length > protocol::largest_packet || octets.size() - 4 < length)
    return {};
  const auto packet = octets.substr(4, length);
  octets.remove_prefix(4 + length);
  return packet;
}

/// What an MTA counts on, told in another way than the engine does.
class Protocol {
 public:
  /// How many answers a packet gets; nothing when it ends the conversation.
  std::optional<int> answers_to(std::string_view packet) {
    const char command = packet.front();
    const auto data = packet.substr(1);
    if (command == commands::negotiate) return negotiate(data);
    if (!agreement_) return {};
    // NOLINTNEXTLINE(bugprone-switch-missing-default-case): others follow below
    switch (command) {
      case commands::macros:
      case commands::abort:
      case commands::quit_for_new_connection:
        return 0;
      case commands::connect:
        return parse_connect(data) ? unless(steps::no_reply_connect) : std::nullopt;
      case commands::helo:
        return unless(steps::no_reply_helo);
      case commands::mail:
      case commands::rcpt:
        return data.empty() ? std::nullopt : std::optional{1};
      case commands::data:
        return unless(steps::no_reply_data);
      case commands::header:
        return parse_header(data) ? unless(steps::no_reply_header) : std::nullopt;
      case commands::end_of_headers:
        return unless(steps::no_reply_end_of_headers);
      case commands::body:
        return unless(steps::no_reply_body);
      case commands::end_of_message:
      case commands::unknown:
        return 1;
    }
    return {};  // "quit", and what is no command
  }

 private:
  std::optional<int> negotiate(std::string_view data) {
    const auto offer = parse_negotiate(data);
    if (!offer || offer->version < protocol::oldest_version) return {};
    const auto agreement = agree_on({offer->actions, offer->steps});
    if (!agreement) return {};
    agreement_ = *agreement;
    return 1;
  }
  std::optional<int> unless(unsigned long no_reply) const {
    return (agreement_->steps & no_reply) != 0 ? 0 : 1;
  }

  std::optional<Agreement> agreement_;
};

int answers_due(std::string_view sent) {
  Protocol protocol;
  int due = 0;
  while (const auto packet = take_packet(sent)) {
    const auto answers = protocol.answers_to(*packet);
    if (!answers) break;
    due += *answers;
  }
  return due;
}

/// Answers that end a step; the changes of a message stand before one and do not count.
int answers_in(std::string_view answered) {
  int answers = 0;
  bool is_changing = false;
  while (const auto packet = take_packet(answered)) {
    const auto data = packet->substr(1);
    // NOLINTNEXTLINE(bugprone-switch-missing-default-case): others follow below
    switch (packet->front()) {
      case protocol::answers::insert_header:
      case protocol::answers::change_header:
        require(data.size() > 6 && data.ends_with('\0'));
        is_changing = true;
        continue;
      case protocol::answers::add_recipient:
      case protocol::answers::remove_recipient:
      case protocol::answers::quarantine:
        require(data.find('\0') == data.size() - 1);
        is_changing = true;
        continue;
      case protocol::answers::reply:
        require(data.find('\0') == data.size() - 1 &&
                (data.starts_with('4') || data.starts_with('5')));
        ++answers;
        continue;
      case commands::negotiate:
        require(data.size() >= 12);
        ++answers;
        continue;
      case protocol::answers::proceed:
        require(data.empty());
        is_changing = false;
        ++answers;
        continue;
    }
    require(false);  // no packet of a filter
  }
  require(answered.empty() && !is_changing);
  return answers;
}

/// Commands with an octet of length before their data.
std::string framed(std::string_view text) {
  std::string sent;
  std::string offer{"\0\0\0\6\0\0\1\xff", 8};
  // Either MTA offers everything; one of protocol 2 knows no "no reply".
  const bool is_old = text.starts_with('2');
  if (is_old) text.remove_prefix(1);
  append_number(offer, is_old ? 0x7f : 0x1fffff);
  append_packet(sent, commands::negotiate, offer);
  while (text.size() >= 2) {
    const auto size =
        std::min<std::size_t>(static_cast<unsigned char>(text[1]), text.size() - 2);
    append_packet(sent, text[0], text.substr(2, size));
    text.remove_prefix(2 + size);
  }
  return sent;
}

}  // namespace

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(octets) + 1, size - 1};
  const std::string sent = octets[0] % 2 == 0 ? std::string{text} : framed(text);
  TextChannel wire{sent, std::size_t{1} + octets[0] / 2};

  const CurrentServices current{services()};
  Conversation{wire, current, std::make_shared<Seat>(-1)}.serve();
  require(answers_in(wire.answered) == answers_due(sent));
  return 0;
}
