// SPDX-License-Identifier: Apache-2.0
// The octets that are hashed. RFC 6376 section 3.4. Bodies come in chunks split anywhere;
// text that is its own canonical form is handed on where it lies, and only what lies
// between blanks and line ends to be changed is copied, so that the hash gets few pieces.
// Octets the RFC does not speak of (a bare CR or LF in a body, NUL) are hashed as they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "policy/auth/dkim/block_operations.h"
#include "policy/auth/dkim/signature.h"
#include "policy/mail/header.h"

namespace milterward::auth {

/// Folds as CRLF, as they were on the wire: MTAs hand them to filters as bare LF.
std::string with_crlf_folds(std::string_view value);

/// Canonical header fields, one behind the other in one piece of memory.
class CanonicalHeader {
 public:
  explicit CanonicalHeader(Canonicalization form) : form_(form) {}

  /// A field with its final CRLF; folds in `value` may be CRLF or bare LF.
  void append(std::string_view name, std::string_view value);
  const std::string& text() const noexcept { return text_; }
  void reserve(std::size_t octets) { text_.reserve(octets); }
  /// Begins anew and keeps the memory.
  void clear() noexcept { text_.clear(); }

 private:
  void append_relaxed(std::string_view name, std::string_view value);

  Canonicalization form_;
  std::string text_;
};

class CanonicalBody {
 public:
  using Sink = std::function<void(std::string_view)>;
  /// `operations` is there for tests, which try each.
  CanonicalBody(Canonicalization form, Sink sink,
                const BlockOperations& operations = block_operations().back());

  void feed(std::string_view chunk);
  /// After the last chunk: completes a last line without CRLF, drops empty lines at the
  /// end, and hands all that was kept back to the sink.
  void finish();
  /// Octets of the canonical form so far.
  std::uint64_t length() const noexcept { return length_; }

 private:
  using Mask = std::uint64_t;
  static constexpr std::size_t gathered_limit = 768;

  void feed_blocks(std::string_view blocks, std::span<const OctetMasks> seen);
  bool go_on_over(std::string_view block, const OctetMasks& seen);
  void feed_block(std::string_view block, const OctetMasks& seen);
  void note_gap(Mask pairs, Mask blanks) noexcept;
  bool gap_is_canonical(const char* end) const noexcept;
  void find_end_of_span(const char* end) noexcept;
  void begin_span(const char* text);
  void close_span();
  void put_kept(std::string_view block, Mask kept);
  void put_gap();
  void put(std::string_view octets);
  void make_room(std::size_t size);

  Canonicalization form_;
  Sink sink_;
  const BlockOperations& operations_;
  std::uint64_t length_ = 0;

  // A span of the chunk that is its own canonical form, not yet given out: it begins with
  // text, or right behind text, and ends with text. An end of null: there is none.
  const char* span_begin_ = nullptr;
  const char* span_end_ = nullptr;
  // All that was seen since it began is canonical where it lies; the end is found later.
  bool span_goes_on_ = false;
  bool after_blank_ = false;  // the last octet was a blank

  // What was seen behind the last text, not given out before more text follows.
  std::uint64_t line_ends_ = 0;
  bool blank_ = false;  // white space behind them (relaxed)
  bool cr_ = false;     // a CR whose LF may come with the next octet

  std::size_t gathered_size_ = 0;  // of pieces too short to be handed on one by one
  std::array<char, gathered_limit + block_octets> gathered_;
};

}  // namespace milterward::auth
