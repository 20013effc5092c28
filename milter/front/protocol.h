// SPDX-License-Identifier: Apache-2.0
// The milter protocol as it stands on the wire, versions 2 to 6. There is no RFC:
// Sendmail's libmilter is the reference, and the libmilter front checks these numbers
// against its headers when it is compiled.
//
// A packet is a length of four octets in network order (command included), a command octet
// and data. Numbers in data are four octets in network order, texts end with NUL.
//   MTA to filter
//     O negotiation: version, actions, steps
//     D macros: command octet they belong to, then name NUL value NUL ...
//     C connect: host name NUL, family (U L 4 6), and but for U: port (two octets), address
//     NUL H helo: name NUL            M mail, R rcpt: address NUL, argument NUL ... T data
//     L header: name NUL value NUL    N end of headers    B piece of the body E end of
//     message (may carry the last piece)   A abort   Q quit K quit, and a new CONNECT
//     follows    U unknown SMTP command: line NUL
//   filter to MTA: the octets of `answers`, with data as told there.
#pragma once

#include <cstddef>
#include <cstdint>

namespace milterward::front::protocol {

inline constexpr std::uint32_t newest_version = 6;
inline constexpr std::uint32_t oldest_version = 2;

namespace commands {
inline constexpr char negotiate = 'O', macros = 'D', connect = 'C', helo = 'H', mail = 'M',
                      rcpt = 'R', data = 'T', header = 'L', end_of_headers = 'N',
                      body = 'B', end_of_message = 'E', abort = 'A', quit = 'Q',
                      quit_for_new_connection = 'K', unknown = 'U';
}  // namespace commands

namespace answers {
inline constexpr char proceed = 'c', reject = 'r', defer = 't', accept = 'a', discard = 'd',
                      progress = 'p';
inline constexpr char reply = 'y';          // "550 5.7.1 text" NUL
inline constexpr char insert_header = 'i';  // index, name NUL value NUL
inline constexpr char change_header = 'm';  // occurrence, name NUL value NUL; "" removes
inline constexpr char add_recipient = '+', remove_recipient = '-';  // "<a@b>" NUL
inline constexpr char quarantine = 'q';                             // reason NUL
}  // namespace answers

namespace actions {  // what a filter may do: SMFIF_*
inline constexpr std::uint32_t add_headers = 0x1, add_recipients = 0x4,
                               remove_recipients = 0x8, change_headers = 0x10,
                               quarantine = 0x20, name_macros = 0x100;
}  // namespace actions

namespace steps {  // what the MTA leaves out, or does not wait an answer for: SMFIP_*
inline constexpr std::uint32_t no_unknown = 0x100, rejected_recipients = 0x800,
                               no_reply_header = 0x80, no_reply_connect = 0x1000,
                               no_reply_helo = 0x2000, no_reply_mail = 0x4000,
                               no_reply_rcpt = 0x8000, no_reply_data = 0x10000,
                               no_reply_unknown = 0x20000,
                               no_reply_end_of_headers = 0x40000, no_reply_body = 0x80000,
                               leading_space = 0x100000;
}  // namespace steps

/// The stages of `setsymlist`, as numbers in the answer to a negotiation: SMFIM_*.
namespace stages {
inline constexpr std::uint32_t connect = 0, helo = 1, mail = 2, rcpt = 3, data = 4,
                               end_of_message = 5, end_of_headers = 6;
}  // namespace stages

/// A header field may come with up to 60,000 octets from Postfix, from others with more;
/// whoever sends more than this in one packet is no MTA.
inline constexpr std::size_t largest_packet = 1024 * 1024;

}  // namespace milterward::front::protocol
