// SPDX-License-Identifier: Apache-2.0
// What an MTA may send, in whatever pieces, and what it may not.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "milter/front/native/macro_table.h"
#include "milter/front/native/packet_reader.h"
#include "milter/front/native/packets.h"
#include "milter/front/native/replies.h"
#include "milter/front/protocol.h"

using namespace milterward;
using namespace milterward::front;
using namespace std::literals;

namespace {

/// Gives a text in pieces of a size.
class Pieces final : public OctetSource {
 public:
  Pieces(std::string text, std::size_t size) : text_(std::move(text)), size_(size) {}
  std::size_t read(std::span<char> into) override {
    const auto size = std::min({size_, into.size(), text_.size() - at_});
    std::copy_n(text_.data() + at_, size, into.data());
    at_ += size;
    return size;
  }
  void expect_packet() override { ++packets_expected; }
  void expect_rest() override { ++rests_expected; }

  int packets_expected = 0, rests_expected = 0;

 private:
  std::string text_;
  std::size_t size_, at_ = 0;
};

std::string packet(char command, std::string_view data) {
  std::string out;
  append_packet(out, command, data);
  return out;
}

std::string hex(std::string_view octets) {
  std::string text;
  for (const unsigned char c : octets) text += fmt::format("{:02x}", c);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wire)

BOOST_DATA_TEST_CASE(packets_come_out_whole_however_they_are_cut,
                     boost::unit_test::data::make({1, 2, 3, 4, 5, 6, 7, 100, 16384,
                                                   100000}),
                     size) {
  const std::string large(70'000, 'x');
  Pieces pieces{packet('H', "mx\0"sv) + packet('L', large) + packet('N', "") +
                    packet('B', large) + packet('Q', ""),
                static_cast<std::size_t>(size)};
  PacketReader reader{pieces};
  const auto helo = reader.next();
  BOOST_REQUIRE(helo.has_value());
  BOOST_TEST(helo->command == 'H');
  BOOST_TEST(*reader.whole() == "mx\0"sv);
  BOOST_TEST(reader.next()->command == 'L');
  BOOST_TEST(*reader.whole() == large);
  BOOST_TEST(reader.next()->command == 'N');
  BOOST_TEST(*reader.whole() == "");
  BOOST_TEST(reader.next()->command == 'B');
  std::string body;
  for (;;) {
    const auto part = reader.part();
    BOOST_REQUIRE(part.has_value());
    if (!*part) break;
    BOOST_TEST((*part)->size() <= 16384U);
    body += **part;
  }
  BOOST_TEST((body == large));
  BOOST_TEST(reader.next()->command == 'Q');
  BOOST_TEST((reader.next().fault() == PacketFault::ended));
  BOOST_TEST(pieces.packets_expected == 6);
  BOOST_TEST(pieces.rests_expected == 5);
}

BOOST_DATA_TEST_CASE(small_packets_are_whole_wherever_the_buffer_ends,
                     boost::unit_test::data::make({1, 7, 4096, 16384, 100000}), size) {
  std::string sent;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 3000; ++i)
    sent += packet('L', texts.emplace_back(i % 41, static_cast<char>('a' + i % 26)));
  Pieces pieces{sent, static_cast<std::size_t>(size)};
  PacketReader reader{pieces};
  for (const auto& text : texts) {
    BOOST_REQUIRE(reader.next()->size == text.size());
    BOOST_REQUIRE(*reader.whole() == text);
  }
  BOOST_TEST((reader.next().fault() == PacketFault::ended));
}

BOOST_AUTO_TEST_CASE(what_nobody_reads_is_passed_over) {
  Pieces pieces{packet('B', std::string(50'000, 'x')) + packet('E', ""), 999};
  PacketReader reader{pieces};
  BOOST_TEST(reader.next()->command == 'B');
  BOOST_TEST(reader.next()->command == 'E');
}

BOOST_AUTO_TEST_CASE(a_packet_that_does_not_end_or_cannot_be_is_a_fault) {
  const auto fault_of = [](std::string text) {
    Pieces pieces{std::move(text), 10};
    PacketReader reader{pieces};
    const auto head = reader.next();
    if (!head) return head.fault();
    const auto whole = reader.whole();
    BOOST_REQUIRE(!whole.has_value());
    return whole.fault();
  };
  BOOST_TEST((fault_of("") == PacketFault::ended));
  BOOST_TEST((fault_of("\0\0"s) == PacketFault::cut));
  BOOST_TEST((fault_of("\0\0\0\5Hm"s) == PacketFault::cut));
  BOOST_TEST((fault_of("\0\0\0\0H"s) == PacketFault::too_large));
  BOOST_TEST((fault_of("\0\x10\0\1H"s) == PacketFault::too_large));
  BOOST_TEST((fault_of("\xff\xff\xff\xffH"s) == PacketFault::too_large));
}

BOOST_AUTO_TEST_CASE(a_client_is_read_or_the_packet_is_refused) {
  const auto v4 = parse_connect("mx.test\0004\x12\x34\x31\x39\x32.0.2.1\0"sv);
  BOOST_REQUIRE(v4.has_value());
  BOOST_TEST(v4->host_name == "mx.test");
  BOOST_TEST(v4->port == 0x1234);
  BOOST_TEST((v4->client == IpAddress::v4({192, 0, 2, 1})));
  const auto v6 = parse_connect("x\0006\0\0IPv6:2001:db8:0:0:0:0:0:1\0"sv);
  BOOST_REQUIRE(v6.has_value());
  BOOST_TEST((v6->client == *IpAddress::parse("2001:db8::1")));
  BOOST_TEST((parse_connect("x\0006\0\0::1"sv)->client == *IpAddress::parse("::1")));
  BOOST_TEST(!parse_connect("x\0U"sv)->client.known());
  BOOST_TEST(!parse_connect("x\0L\0\0/run/x\0"sv)->client.known());
  // An unknown client would count as local: no address may be passed over.
  for (const auto text : {""sv, "x"sv, "x\0"sv, "x\0Z\0\0a\0"sv, "x\0004"sv, "x\0004\0\0"sv,
                          "x\0004\0\0nonsense\0"sv, "x\0006\0\0\0"sv})
    BOOST_TEST(!parse_connect(text).has_value());
}

BOOST_AUTO_TEST_CASE(envelope_and_header_keep_what_c_strings_would_cut) {
  const auto mail = parse_envelope("<a@b>\0SIZE=1\0BODY=8BITMIME\0"sv);
  BOOST_REQUIRE(mail.has_value());
  BOOST_TEST(mail->address == "<a@b>");
  BOOST_TEST(mail->arguments.size() == 2U);
  BOOST_TEST(parse_envelope("<a@b>"sv)->address == "<a@b>");
  BOOST_TEST(!parse_envelope("").has_value());
  const auto field = parse_header("Subject\0 a\0b\0"sv);
  BOOST_REQUIRE(field.has_value());
  BOOST_TEST(field->name == "Subject");
  BOOST_TEST(field->value == " a\0b"sv);
  BOOST_TEST(parse_header("X\0\0"sv)->value == "");
  BOOST_TEST(!parse_header("no end").has_value());
}

BOOST_AUTO_TEST_CASE(macros_are_found_in_the_latest_step_that_has_them) {
  MacroTable macros;
  BOOST_TEST(macros.put("C{daemon_port}\00025\0i\0early\0"sv));
  macros.begin('C');
  BOOST_TEST(macros.put("M{auth_authen}\0joe\0i\0Q1\0"sv));
  macros.begin('M');
  BOOST_TEST(macros.value("i") == "Q1");
  BOOST_TEST(macros.value("{i}") == "Q1");
  BOOST_TEST(macros.value("{auth_authen}") == "joe");
  BOOST_TEST(macros.value("{daemon_port}") == "25");
  BOOST_TEST(macros.value("auth_authen") == "");
  BOOST_TEST(!macros.put("Zx\0y\0"sv));
  BOOST_TEST(!macros.put(""));
}

BOOST_AUTO_TEST_CASE(no_login_outlives_its_message) {
  MacroTable macros;
  macros.put("M{auth_authen}\0joe\0"sv);
  macros.begin('M');
  macros.put("R{rcpt_mailer}\0local\0"sv);
  macros.begin('R');
  BOOST_TEST(macros.value("{rcpt_mailer}") == "local");
  macros.begin('R');  // a second recipient without macros of its own
  BOOST_TEST(macros.value("{rcpt_mailer}") == "");
  macros.begin('M');  // a second MAIL without ABORT and without macros
  BOOST_TEST(macros.value("{auth_authen}") == "");
  macros.put("M{auth_authen}\0joe\0"sv);
  macros.begin('M');
  macros.forget_message();
  BOOST_TEST(macros.value("{auth_authen}") == "");
}

BOOST_AUTO_TEST_CASE(verdicts_are_written_as_the_protocol_wants_them) {
  std::string out;
  append_reaction(out, rules::Verdict::proceed("x"));
  append_reaction(out, rules::Verdict::reject("x", {550, "5.7.1", "100% no"}));
  BOOST_TEST(hex(out) == hex("\0\0\0\1c\0\0\0\x14y550 5.7.1 100%% no\0"sv));
  out.clear();
  rules::Verdict verdict = rules::Verdict::proceed("x");
  verdict.edits.push_back({rules::HeaderEdit::Kind::remove, "A", "", 2});
  verdict.edits.push_back({rules::HeaderEdit::Kind::insert_on_top, "B", " v\r\n w", 0});
  verdict.edits.push_back({rules::HeaderEdit::Kind::change, "C", " x", 1});
  verdict.redirections.push_back({"q@b", "", {"r@b"}});
  verdict.hold_reason = "why";
  Agreement agreement;
  BOOST_TEST(append_changes(out, verdict, agreement));
  BOOST_TEST(hex(out) == hex("\0\0\0\x08m\0\0\0\2A\0\0"
                             "\0\0\0\x0di\0\0\0\0B\0 v\n w\0"
                             "\0\0\0\x0am\0\0\0\1C\0 x\0"
                             "\0\0\0\7-<r@b>\0\0\0\0\7+<q@b>\0"
                             "\0\0\0\5qwhy\0"sv));
  agreement.may_quarantine = false;
  BOOST_TEST(!append_changes(out, verdict, agreement));
  agreement.may_quarantine = true;
  agreement.may_redirect = false;
  BOOST_TEST(!append_changes(out, verdict, agreement));
}

BOOST_AUTO_TEST_CASE(recipients_are_removed_before_mailboxes_are_added) {
  rules::Verdict verdict = rules::Verdict::proceed("x");
  verdict.redirections = {
      {"q@b", "a", {"r@b"}}, {"s@b", "", {"q@b"}}, {"q@b", "c", {"t@b"}}};
  std::string out;
  BOOST_TEST(append_changes(out, verdict, Agreement{}));
  BOOST_TEST(hex(out) == hex("\0\0\0\7-<r@b>\0\0\0\0\7-<q@b>\0\0\0\0\7-<t@b>\0"
                             "\0\0\0\7+<q@b>\0\0\0\0\7+<s@b>\0"sv));
}

BOOST_AUTO_TEST_CASE(an_agreement_names_version_and_macros) {
  std::string out;
  Agreement agreement;
  agreement.actions = 0x131;
  agreement.steps = 0x80;
  append_agreement(out, 6, agreement);
  BOOST_TEST(out.substr(4, 13) == "O\0\0\0\6\0\0\1\x31\0\0\0\x80"sv);
  BOOST_TEST(out.find("{auth_authen}") != std::string::npos);
  agreement.may_name_macros = false;
  out.clear();
  append_agreement(out, 2, agreement);
  BOOST_TEST(out.size() == 17U);
}

BOOST_AUTO_TEST_SUITE_END()
