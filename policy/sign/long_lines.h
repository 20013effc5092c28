// SPDX-License-Identifier: Apache-2.0
// Where an MTA will break lines that are too long for SMTP (RFC 5321 section 4.5.3.1.6).
// They are broken behind the filter, in the body and in the header, so a signature has to
// be over the broken ones. Postfix breaks before the octet that would be the 999th of a
// line and begins the next line with a blank; Sendmail puts a "!" where it breaks, and
// reads lines in parts of 2047 octets.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace milterward::sign {

struct LineLimit {
  std::size_t octets = 0;      // of a line without its CRLF; 0: no limit
  std::string_view mark = "";  // put in the last place of a line that was broken
  std::size_t part = 0;        // octets of a line that are looked at together; 0: all

  bool operator==(const LineLimit&) const = default;
};

inline constexpr LineLimit postfix_line_limit{998, "", 0};

/// Of the mailer that Sendmail sends with, {rcpt_mailer}; of others nothing is known.
LineLimit sendmail_line_limit(std::string_view mailer) noexcept;

/// Breaks the lines of a text that comes in chunks split anywhere; lines end in CRLF.
class LineBreaker {
 public:
  using Sink = std::function<void(std::string_view)>;
  explicit LineBreaker(LineLimit limit) : limit_(limit) {}

  void feed(std::string_view chunk, const Sink& sink);
  /// After the last chunk, for a last line without CRLF.
  void finish(const Sink& sink);

 private:
  bool is_at_begin_of_line() const noexcept { return in_part_ == 0 && !cr_; }
  void put(char c, const Sink& sink);
  void append(char c, const Sink& sink);
  void end_part(const Sink& sink, std::string_view end);

  LineLimit limit_;
  std::string held_;  // of the line to be written; may have to be broken yet
  std::size_t in_part_ = 0;
  std::size_t blank_ = 0;   // 1 on a line that begins with our blank
  bool continues_ = false;  // an earlier part of this line was given out
  bool cr_ = false;         // a CR whose LF may come
};

/// The value of a field with its long lines broken, folds as CRLF.
std::string with_broken_lines(LineLimit limit, std::string_view name,
                              std::string_view value);
/// Would any of its lines be broken?
bool has_long_line(LineLimit limit, std::string_view name, std::string_view value);

}  // namespace milterward::sign
