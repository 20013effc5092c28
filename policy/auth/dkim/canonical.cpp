// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/canonical.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::string_view sixteen_line_ends =
    "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";

// How many blocks are classified in one go: masks of 2 KB of text fill 1 KB.
constexpr std::size_t blocks_at_once = 32;
// Handing a piece to the hash costs as much as copying this many octets.
constexpr std::size_t worth_handing_on = 128;

constexpr std::uint64_t below(unsigned bit) noexcept {
  return (std::uint64_t{1} << bit) - 1;
}
constexpr std::uint64_t up_to(unsigned bit) noexcept {
  return ~std::uint64_t{0} >> (63 - bit);
}
constexpr OctetSet gap_octets{" \t\r\n"};

bool is_bare_cr(const char* at, const char* end) noexcept {
  return *at == '\r' && (at + 1 == end || at[1] != '\n');
}

unsigned lowest(std::uint64_t mask) noexcept {
  return static_cast<unsigned>(std::countr_zero(mask));
}
unsigned highest(std::uint64_t mask) noexcept {
  return 63U - static_cast<unsigned>(std::countl_zero(mask));
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

void CanonicalHeader::append(std::string_view name, std::string_view value) {
  switch (form_) {
    case Canonicalization::simple:
      text_.append(name).append(":").append(with_crlf_folds(value)).append(crlf);
      return;
    case Canonicalization::relaxed:
      append_relaxed(name, value);
      return;
  }
  unreachable();
}

/// RFC 6376 section 3.4.2: unfolded, runs of white space as one space, none at the ends.
void CanonicalHeader::append_relaxed(std::string_view name, std::string_view value) {
  const auto begin = text_.size();
  text_.append(trim(name)).append(":");
  for (auto at = begin; at < text_.size(); ++at) text_[at] = to_lower(text_[at]);

  const auto begin_of_value = text_.size();
  text_.resize(begin_of_value + value.size() + crlf.size());
  char* const first = text_.data() + begin_of_value;
  char* to = first;
  const char* at = value.data();
  const char* const end = at + value.size();
  while (at != end) {
    bool blank = false;
    for (; at != end && gap_octets.contains(*at) && !is_bare_cr(at, end); ++at)
      blank = blank || is_wsp(*at);
    const char* const word = at;
    while (at != end && (!gap_octets.contains(*at) || is_bare_cr(at, end))) ++at;
    if (word == at) break;
    if (blank && to != first) *to++ = ' ';
    to = std::copy(word, at, to);
  }
  text_.resize(static_cast<std::size_t>(to - text_.data()));
  text_.append(crlf);
}

CanonicalBody::CanonicalBody(Canonicalization form, Sink sink,
                             const BlockOperations& operations)
    : form_(form), sink_(std::move(sink)), operations_(operations) {}

void CanonicalBody::feed(std::string_view chunk) {
  std::array<OctetMasks, blocks_at_once> masks;
  const char* const end = chunk.data() + chunk.size();
  while (chunk.size() >= block_octets) {
    const auto count = std::min(blocks_at_once, chunk.size() / block_octets);
    const auto seen = std::span{masks}.first(count);
    operations_.classify(chunk.data(), seen);
    feed_blocks(chunk.substr(0, count * block_octets), seen);
    chunk.remove_prefix(count * block_octets);
  }
  if (!chunk.empty()) {
    std::array<char, block_octets> padded{};
    std::ranges::copy(chunk, padded.begin());
    const auto seen = std::span{masks}.first(1);
    operations_.classify(padded.data(), seen);
    feed_blocks(chunk, seen);
  }
  // The chunk may be gone when the next one comes.
  if (span_goes_on_) find_end_of_span(end);
  close_span();
}

void CanonicalBody::feed_blocks(std::string_view blocks, std::span<const OctetMasks> seen) {
  for (const auto& masks : seen) {
    const auto block = blocks.substr(0, block_octets);
    blocks.remove_prefix(block.size());
    if (span_goes_on_) {
      if (go_on_over(block, masks)) continue;
      find_end_of_span(block.data());
    }
    feed_block(block, masks);
    const auto* end = block.data() + block.size();
    span_goes_on_ = span_end_ != nullptr &&
                    (cr_ ? !blank_ && gap_is_canonical(end - 1) : gap_is_canonical(end));
    after_blank_ = blank_;
  }
}

/// The usual case, and quick: what comes before the block is all canonical. False when the
/// block has to be looked at more closely.
bool CanonicalBody::go_on_over(std::string_view block, const OctetMasks& seen) {
  if (form_ == Canonicalization::simple) return true;
  const Mask ends_blank = seen.blanks | seen.crs;  // should a CR begin a line end
  const Mask behind_blank = seen.blanks << 1 | (after_blank_ ? 1 : 0);
  if (((behind_blank & ends_blank) | seen.tabs) != 0) {
    if (block.size() < block_octets || (behind_blank & ends_blank & 1) != 0 ||
        (ends_blank | seen.lfs) >> (block_octets - 1) != 0)
      return false;
    // Text at the end of the block says that all before it counts.
    span_end_ = block.data();
    close_span();
    put_kept(block, ~(seen.blanks & (seen.blanks | (seen.crs & seen.lfs >> 1)) >> 1));
    span_begin_ = block.data() + block_octets;
  }
  after_blank_ = seen.blanks >> (block_octets - 1) != 0;
  return true;
}

void CanonicalBody::feed_block(std::string_view block, const OctetMasks& seen) {
  const Mask all = up_to(static_cast<unsigned>(block.size()) - 1);
  const Mask blanks = form_ == Canonicalization::relaxed ? seen.blanks : 0;
  const Mask pairs = seen.crs & seen.lfs >> 1;
  Mask line_ends = pairs | pairs << 1;
  if (cr_ && (seen.lfs & 1) != 0) {
    blank_ = false;
    ++line_ends_;
    line_ends |= 1;
  } else if (cr_) {
    close_span();
    put_gap();
    put("\r");
  }
  const Mask last_cr = seen.crs & all & ~(all >> 1);
  cr_ = last_cr != 0;
  const Mask text = all & ~(blanks | line_ends | last_cr);
  if (text == 0) return note_gap(pairs, blanks);

  const auto first = lowest(text), last = highest(text);
  note_gap(pairs & below(first), blanks & below(first));
  begin_span(block.data() + first);
  // Of a run of white space the last octet stays, unless a line end follows.
  const Mask inner_blanks = blanks & up_to(last) & ~below(first);
  const Mask dropped = inner_blanks & (inner_blanks >> 1 | pairs >> 1);
  if ((dropped | (inner_blanks & seen.tabs)) == 0) {
    span_end_ = block.data() + last + 1;
  } else {
    span_end_ = block.data() + first;
    close_span();
    put_kept(block, up_to(last) & ~below(first) & ~dropped);
  }
  note_gap(pairs & ~up_to(last), blanks & ~up_to(last));
}

/// Blanks and line ends that stand together, without text between them.
void CanonicalBody::note_gap(Mask pairs, Mask blanks) noexcept {
  if (pairs != 0) {
    line_ends_ += static_cast<unsigned>(std::popcount(pairs));
    blank_ = (blanks & ~up_to(highest(pairs))) != 0;
  } else {
    blank_ = blank_ || blanks != 0;
  }
}

/// Is what stands between the span and `end` canonical, should text follow?
bool CanonicalBody::gap_is_canonical(const char* end) const noexcept {
  return static_cast<std::uint64_t>(end - span_end_) == 2 * line_ends_ + (blank_ ? 1 : 0) &&
         (!blank_ || end[-1] == ' ');
}

/// Of a span that goes on up to `end`: line ends and a blank there are no part of it yet.
void CanonicalBody::find_end_of_span(const char* end) noexcept {
  span_goes_on_ = false;
  line_ends_ = 0;
  cr_ = end != span_begin_ && end[-1] == '\r';
  blank_ = form_ == Canonicalization::relaxed && end != span_begin_ && end[-1] == ' ';
  if (cr_ || blank_) --end;
  for (; end - span_begin_ >= 2 && end[-1] == '\n' && end[-2] == '\r'; end -= 2)
    ++line_ends_;
  span_end_ = end;
}

void CanonicalBody::begin_span(const char* text) {
  if (span_end_ != nullptr && gap_is_canonical(text)) {
    line_ends_ = 0;
    blank_ = false;
    return;
  }
  close_span();
  put_gap();
  span_begin_ = text;
}

void CanonicalBody::close_span() {
  if (span_end_ != nullptr)
    put({span_begin_, static_cast<std::size_t>(span_end_ - span_begin_)});
  span_end_ = nullptr;
}

/// What of a block is canonical once tabs are spaces.
void CanonicalBody::put_kept(std::string_view block, Mask kept) {
  std::array<char, block_octets> padded{};
  if (block.size() < block_octets) {
    std::ranges::copy(block, padded.begin());
    block = {padded.data(), padded.size()};
  }
  make_room(block_octets);
  auto* const to = gathered_.data() + gathered_size_;
  const auto size =
      static_cast<std::size_t>(operations_.copy_kept(block.data(), kept, to) - to);
  length_ += size;
  gathered_size_ += size;
}

void CanonicalBody::put_gap() {
  while (line_ends_ > 0) {
    const auto count = std::min<std::uint64_t>(line_ends_, sixteen_line_ends.size() / 2);
    put(sixteen_line_ends.substr(0, 2 * count));
    line_ends_ -= count;
  }
  if (blank_) put(" ");
  blank_ = false;
}

void CanonicalBody::put(std::string_view octets) {
  length_ += octets.size();
  if (octets.size() >= worth_handing_on) {
    make_room(gathered_limit);
    sink_(octets);
    return;
  }
  make_room(octets.size());
  std::memcpy(gathered_.data() + gathered_size_, octets.data(), octets.size());
  gathered_size_ += octets.size();
}

void CanonicalBody::make_room(std::size_t size) {
  if (gathered_limit - gathered_size_ >= size) return;
  sink_({gathered_.data(), gathered_size_});
  gathered_size_ = 0;
}

void CanonicalBody::finish() {
  if (cr_) {
    put_gap();
    put("\r");
  }
  // Section 3.4.3: an empty body is one CRLF; section 3.4.4: it stays empty.
  if (length_ > 0 || form_ == Canonicalization::simple) put(crlf);
  make_room(gathered_limit);
}

}  // namespace milterward::auth
