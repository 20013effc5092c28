// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/canonical.h"

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

constexpr std::string_view crlf = "\r\n";

/// RFC 6376 section 3.4.2: unfolded, runs of white space as one space, none at the ends.
std::string relaxed_header(const RawHeader& header) {
  std::string out = to_lower(trim(header.name));
  out += ':';
  const auto start = out.size();
  bool blank = false;
  const std::string value = with_crlf_folds(header.value);
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (is_wsp(value[i])) {
      blank = true;
    } else if (value[i] == '\r' && i + 1 < value.size() && value[i + 1] == '\n') {
      ++i;
    } else {
      if (blank && out.size() > start) out += ' ';
      blank = false;
      out += value[i];
    }
  }
  return out.append(crlf);
}

}  // namespace

std::string with_crlf_folds(std::string_view value) {
  std::string out;
  out.reserve(value.size() + 16);
  for (const char c : value) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

std::string canonical_header(Canonicalization form, const RawHeader& header) {
  switch (form) {
    case Canonicalization::simple:
      return header.name + ":" + with_crlf_folds(header.value) + std::string{crlf};
    case Canonicalization::relaxed:
      return relaxed_header(header);
  }
  unreachable();
}

CanonicalBody::CanonicalBody(Canonicalization form, Sink sink)
    : form_(form), sink_(std::move(sink)) {}

bool CanonicalBody::ends_span(char c) const noexcept {
  return c == '\r' || (form_ == Canonicalization::relaxed && is_wsp(c));
}

void CanonicalBody::emit(std::string_view octets) {
  length_ += octets.size();
  sink_(octets);
}

void CanonicalBody::emit_pending() {
  for (; line_ends_ > 0; --line_ends_) emit(crlf);
  if (blank_) emit(" ");
  blank_ = false;
}

void CanonicalBody::feed(std::string_view chunk) {
  std::size_t i = 0;
  while (i < chunk.size()) {
    const char c = chunk[i];
    if (cr_) {
      cr_ = false;
      if (c == '\n') {
        blank_ = false;
        ++line_ends_;
        ++i;
        continue;
      }
      emit_pending();
      emit("\r");
    }
    if (c == '\r') {
      cr_ = true;
      ++i;
      continue;
    }
    if (ends_span(c)) {
      blank_ = true;
      ++i;
      continue;
    }
    // A span of text that is its own canonical form: single spaces and single line ends
    // with text on both sides belong to it.
    std::size_t end = i + 1;
    for (;;) {
      while (end < chunk.size() && !ends_span(chunk[end])) ++end;
      if (end + 1 < chunk.size() && chunk[end] == ' ' && !ends_span(chunk[end + 1]))
        end += 2;
      else if (end + 2 < chunk.size() && chunk[end] == '\r' && chunk[end + 1] == '\n' &&
               !ends_span(chunk[end + 2]))
        end += 3;
      else
        break;
    }
    emit_pending();
    emit(chunk.substr(i, end - i));
    i = end;
  }
}

void CanonicalBody::finish() {
  if (cr_) {
    cr_ = false;
    emit_pending();
    emit("\r");
  }
  // Section 3.4.3: an empty body is one CRLF; section 3.4.4: it stays empty.
  if (length_ > 0 || form_ == Canonicalization::simple) emit(crlf);
  line_ends_ = 0;
  blank_ = false;
}

}  // namespace milterward::auth
