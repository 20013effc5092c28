// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/long_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/auth/dkim/canonical.h"
#include "policy/base/ascii.h"

namespace milterward::sign {

LineLimit sendmail_line_limit(std::string_view mailer) noexcept {
  // L= of the mailers in cf/mailer/smtp.m4; MAXLINE is 2048 with its NUL.
  constexpr std::size_t part = 2047;
  if (mailer == "relay") return {2040, "!", part};
  for (const auto* name : {"esmtp", "smtp", "smtp8", "dsmtp"})
    if (mailer == name) return {990, "!", part};
  return {};
}

void LineBreaker::feed(std::string_view chunk, const Sink& sink) {
  if (limit_.octets == 0) return sink(chunk);
  while (!chunk.empty()) {
    // Whole lines that need no breaking leave as they came.
    std::size_t whole = 0;
    for (auto end = chunk.find('\n');
         is_at_begin_of_line() && !continues_ && end != std::string_view::npos &&
         end - whole <= limit_.octets;
         end = chunk.find('\n', whole))
      whole = end + 1;
    if (whole > 0) sink(chunk.substr(0, whole));
    chunk.remove_prefix(whole);
    const auto end = std::min(chunk.find('\n'), chunk.size() - (chunk.empty() ? 0 : 1));
    const auto line = chunk.substr(0, chunk.empty() ? 0 : end + 1);
    for (const char c : line) put(c, sink);
    chunk.remove_prefix(line.size());
  }
}

void LineBreaker::finish(const Sink& sink) {
  if (cr_) append('\r', sink);
  cr_ = false;
  end_part(sink, "");
}

void LineBreaker::put(char c, const Sink& sink) {
  const bool was_cr = std::exchange(cr_, c == '\r');
  if (c == '\n') {
    end_part(sink, was_cr ? "\r\n" : "\n");
    continues_ = false;
    return;
  }
  if (was_cr) append('\r', sink);
  if (!cr_) append(c, sink);
}

void LineBreaker::append(char c, const Sink& sink) {
  held_ += c;
  ++in_part_;
  if (held_.size() + blank_ > limit_.octets) {
    const auto kept = limit_.octets - limit_.mark.size() - blank_;
    sink(fmt::format("{}{}\r\n ", std::string_view{held_}.substr(0, kept), limit_.mark));
    held_.erase(0, kept);
    blank_ = 1;
  }
  if (in_part_ == limit_.part) {
    end_part(sink, "");
    continues_ = true;
  }
}

void LineBreaker::end_part(const Sink& sink, std::string_view end) {
  held_ += end;
  if (!held_.empty()) sink(held_);
  held_.clear();
  in_part_ = 0;
  blank_ = 0;
}

std::string with_broken_lines(LineLimit limit, std::string_view name,
                              std::string_view value) {
  LineBreaker breaker{limit};
  std::string text;
  const auto sink = [&](std::string_view octets) { text += octets; };
  breaker.feed(fmt::format("{}:{}", name, auth::with_crlf_folds(value)), sink);
  breaker.finish(sink);
  return text.substr(name.size() + 1);
}

bool has_long_line(LineLimit limit, std::string_view name, std::string_view value) {
  if (limit.octets == 0) return false;
  std::size_t column = name.size() + 1;
  for (const char c : value) {
    column = c == '\n' ? 0 : column + (c == '\r' ? 0 : 1);
    if (column > limit.octets) return true;
  }
  return false;
}

}  // namespace milterward::sign
