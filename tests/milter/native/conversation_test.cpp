// SPDX-License-Identifier: Apache-2.0
// Commands in an order no MTA uses, and MTAs that use a connection again: the engine over a
// channel of text, with the real connection behind it.
#include "milter/front/native/conversation.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "milter/front/native/replies.h"
#include "tests/milter/native/services.h"
#include "tests/milter/native/text_channel.h"

using namespace milterward;
using namespace milterward::front;
using namespace std::literals;

namespace {

struct Command {
  char command;
  std::string_view data;
};

const Command client{'C', "mx.test\0004\x12\x34\x32\x30\x33.0.113.9\0"sv};
const Command sender{'M', "<a@sender.test>\0"sv};
const Command recipient{'R', "<user@home.test>\0"sv};
const Command from{'L', "From\0 a@sender.test\0"sv};

/// What comes behind a negotiation with an MTA of today.
struct Talk {
  explicit Talk(const std::vector<Command>& commands) {
    std::string sent;
    append_packet(sent, 'O', "\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"sv);
    for (const auto& [command, data] : commands) append_packet(sent, command, data);
    TextChannel wire{std::move(sent)};
    const CurrentServices current{tests::inbound_services()};
    Conversation{wire, current, seat}.serve();
    read_answers(wire.answered);
  }

  std::shared_ptr<Seat> seat = std::make_shared<Seat>(-1);
  std::string answers;  // behind that to the negotiation: one letter each, without edits
  std::string last;     // the data of the last one

 private:
  void read_answers(std::string_view octets) {
    while (octets.size() >= 5) {
      const auto size = static_cast<std::size_t>(static_cast<unsigned char>(octets[2]))
                            << 8 |
                        static_cast<unsigned char>(octets[3]);
      const auto packet = octets.substr(4, size);
      octets.remove_prefix(4 + size);
      if ("Oim"sv.find(packet.front()) != std::string_view::npos) continue;
      answers += packet.front();
      last = packet.substr(1);
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(native_conversations)

BOOST_AUTO_TEST_CASE(what_waits_for_an_answer_gets_one) {
  const Talk talk{{client, sender, recipient, from, {'N', ""}, {'B', "x"}, {'E', ""}}};
  BOOST_TEST(talk.answers == "ccy");
  BOOST_TEST(talk.last.starts_with("550 "));  // spf.on_fail
}

BOOST_AUTO_TEST_CASE(a_message_without_an_end_of_headers_is_examined_all_the_same) {
  const Talk with_body{{client, sender, recipient, from, {'B', "x"}, {'E', ""}}};
  BOOST_TEST(with_body.answers == "ccy");
  BOOST_TEST(with_body.last.starts_with("550 "));
  const Talk at_once{{client, sender, recipient, from, {'E', "x"}}};
  BOOST_TEST(at_once.answers == "ccy");
  BOOST_TEST(at_once.last.starts_with("550 "));
}

BOOST_AUTO_TEST_CASE(a_field_behind_the_end_of_headers_was_not_examined) {
  const Talk talk{{client, sender, recipient, from, {'N', ""}, from, {'E', ""}}};
  BOOST_TEST(talk.answers == "ccy");
  BOOST_TEST(talk.last.starts_with("451 4.3.0 "));
}

BOOST_AUTO_TEST_CASE(a_second_end_of_headers_changes_nothing) {
  const Talk talk{{client, sender, recipient, from, {'N', ""}, {'N', ""}, {'E', ""}}};
  BOOST_TEST(talk.answers == "ccy");
  BOOST_TEST(talk.last.starts_with("550 "));
}

BOOST_AUTO_TEST_CASE(commands_without_what_they_build_on_are_told_later) {
  BOOST_TEST((Talk{{sender, recipient, from, {'E', ""}}}.answers) == "yyy");
  BOOST_TEST((Talk{{client, recipient, from, {'E', ""}}}.answers) == "yy");
  BOOST_TEST((Talk{{{'K', ""}, sender}}.answers) == "y");
}

BOOST_AUTO_TEST_CASE(a_refused_sender_has_no_message) {
  // A name that only logins may use, and nobody logged in.
  const Command submission{'D', "C{daemon_name}\0submission\0"sv};
  const Talk talk{{submission, client, sender, recipient, from, {'E', ""}}};
  BOOST_TEST(talk.answers == "yyy");
  BOOST_TEST(talk.last.starts_with("451 4.3.0 "));
  BOOST_TEST(!talk.seat->in_message);
}

BOOST_AUTO_TEST_CASE(another_client_has_no_message_under_way) {
  BOOST_TEST((Talk{{client, sender}}.seat->in_message));
  BOOST_TEST((!Talk{{client, sender, client}}.seat->in_message));
  BOOST_TEST((!Talk{{client, sender, {'K', ""}}}.seat->in_message));
  BOOST_TEST((!Talk{{client, sender, {'A', ""}}}.seat->in_message));
}

BOOST_AUTO_TEST_SUITE_END()
