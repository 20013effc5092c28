// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/block_operations.h"

#include <array>
#include <bit>
#include <cstring>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace milterward::auth {
namespace {

constexpr std::uint64_t in_every_octet = 0x0101010101010101;

/// Words hold the first octet in the lowest bits, on any processor.
std::uint64_t word_at(const char* octets) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, octets, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

void put_word(std::uint64_t word, char* to) noexcept {
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  std::memcpy(to, &word, sizeof word);
}

/// Eight octets, to be compared with one octet each.
class Octets {
 public:
  explicit Octets(std::uint64_t word) noexcept
      : low_(word & low_bits), ascii_(~word & high_bits) {}

  /// The highest bit of each octet that equals `wanted`, which is ASCII.
  std::uint64_t equal(char wanted) const noexcept {
    // Taking at most 0x7f from 0x80 leaves the highest bit only where it takes nothing.
    return (high_bits - (low_ ^ static_cast<std::uint8_t>(wanted) * in_every_octet)) &
           ascii_;
  }
  /// The same for octets below that of a space.
  std::uint64_t controls() const noexcept {
    return ascii_ & ~(low_ + (0x80 - ' ') * in_every_octet);
  }

 private:
  static constexpr auto low_bits = 0x7f * in_every_octet;
  static constexpr auto high_bits = 0x80 * in_every_octet;
  std::uint64_t low_, ascii_;
};

/// The highest bit of each octet, the first octet's in the lowest bit.
std::uint64_t mask_of(std::uint64_t octets) noexcept {
  return octets * 0x0002040810204081 >> 56;  // bit 8 i + 7 moves to bit 56 + i
}

void classify_portably(const char* octets, std::span<OctetMasks> masks) noexcept {
  for (auto& masks_of_block : masks) {
    OctetMasks found;
    for (std::size_t at = 0; at < block_octets; at += sizeof(std::uint64_t)) {
      const Octets eight{word_at(octets + at)};
      found.blanks |= mask_of(eight.equal(' ')) << at;
      const auto controls = eight.controls();
      if (controls == 0) continue;  // the usual case
      const auto tabs = eight.equal('\t');
      found.tabs |= mask_of(tabs) << at;
      if (controls == tabs) continue;
      found.crs |= mask_of(eight.equal('\r')) << at;
      found.lfs |= mask_of(eight.equal('\n')) << at;
    }
    found.blanks |= found.tabs;
    masks_of_block = found;
    octets += block_octets;
  }
}

/// Compilers make vectors of it.
char* copy_all(const char* __restrict block, char* __restrict to) noexcept {
  for (std::size_t i = 0; i < block_octets; ++i) to[i] = block[i] == '\t' ? ' ' : block[i];
  return to + block_octets;
}

char* copy_kept_portably(const char* block, std::uint64_t kept, char* to) noexcept {
  if (kept == ~std::uint64_t{0}) return copy_all(block, to);
  for (std::size_t at = 0; at < block_octets; at += sizeof(std::uint64_t)) {
    auto word = word_at(block + at);
    word ^= (Octets{word}.equal('\t') >> 7) * ('\t' ^ ' ');
    auto mask = kept >> at & 0xff;
    if (mask == 0xff) {
      put_word(word, to);
      to += sizeof word;
      continue;
    }
    for (std::size_t i = 0; i < sizeof word; ++i) {
      *to = static_cast<char>(word & 0xff);
      to += mask & 1;  // no branch: where it goes is up to the sender
      word >>= 8;
      mask >>= 1;
    }
  }
  return to;
}

#if defined(__x86_64__)

void classify_with_sse2(const char* octets, std::span<OctetMasks> masks) noexcept {
  const auto space = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t');
  const auto cr = _mm_set1_epi8('\r'), lf = _mm_set1_epi8('\n');
  for (auto& masks_of_block : masks) {
    OctetMasks found;
    for (unsigned at = 0; at < block_octets; at += sizeof(__m128i)) {
      const auto part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(octets + at));
      const auto bits = [at](__m128i equal) {
        return std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(equal))} << at;
      };
      const auto is_tab = _mm_cmpeq_epi8(part, tab);
      found.blanks |= bits(_mm_or_si128(_mm_cmpeq_epi8(part, space), is_tab));
      found.tabs |= bits(is_tab);
      found.crs |= bits(_mm_cmpeq_epi8(part, cr));
      found.lfs |= bits(_mm_cmpeq_epi8(part, lf));
    }
    masks_of_block = found;
    octets += block_octets;
  }
}

#define MILTERWARD_AVX2 __attribute__((target("avx2,popcnt")))

MILTERWARD_AVX2 std::uint64_t bits(__m256i low, __m256i high) noexcept {
  return std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32 |
         static_cast<std::uint32_t>(_mm256_movemask_epi8(low));
}

MILTERWARD_AVX2 void classify_with_avx2(const char* octets,
                                        std::span<OctetMasks> masks) noexcept {
  const auto space = _mm256_set1_epi8(' '), tab = _mm256_set1_epi8('\t');
  const auto cr = _mm256_set1_epi8('\r'), lf = _mm256_set1_epi8('\n');
  for (auto& found : masks) {
    const auto* block = reinterpret_cast<const __m256i*>(octets);
    const auto low = _mm256_loadu_si256(block), high = _mm256_loadu_si256(block + 1);
    found.tabs = bits(_mm256_cmpeq_epi8(low, tab), _mm256_cmpeq_epi8(high, tab));
    found.blanks =
        bits(_mm256_cmpeq_epi8(low, space), _mm256_cmpeq_epi8(high, space)) | found.tabs;
    found.crs = bits(_mm256_cmpeq_epi8(low, cr), _mm256_cmpeq_epi8(high, cr));
    found.lfs = bits(_mm256_cmpeq_epi8(low, lf), _mm256_cmpeq_epi8(high, lf));
    octets += block_octets;
  }
}

/// For each mask of 8 octets, the places of those kept, one behind the other.
constexpr auto places_kept = [] {
  std::array<std::uint64_t, 256> places{};
  for (unsigned kept = 0; kept < 256; ++kept)
    for (std::uint64_t place = 8; place-- > 0;)
      if ((kept >> place & 1) != 0) places[kept] = places[kept] << 8 | place;
  return places;
}();

MILTERWARD_AVX2 char* copy_kept_with_avx2(const char* block, std::uint64_t kept,
                                          char* to) noexcept {
  if (kept == ~std::uint64_t{0}) return copy_all(block, to);
  const auto tab = _mm_set1_epi8('\t'), difference = _mm_set1_epi8('\t' ^ ' ');
  for (std::size_t at = 0; at < block_octets; at += 8) {
    auto part = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(block + at));
    part = _mm_xor_si128(part, _mm_and_si128(_mm_cmpeq_epi8(part, tab), difference));
    const auto mask = kept >> at & 0xff;
    const auto places =
        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&places_kept[mask]));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(part, places));
    to += __builtin_popcountll(mask);
  }
  return to;
}

#endif

}  // namespace

std::span<const BlockOperations> block_operations() noexcept {
#if defined(__x86_64__)
  static constexpr std::array<BlockOperations, 3> all{
      {{"portable", classify_portably, copy_kept_portably},
       {"SSE2", classify_with_sse2, copy_kept_portably},
       {"AVX2", classify_with_avx2, copy_kept_with_avx2}}};
  static const bool has_avx2 =
      __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("popcnt") != 0;
  return std::span{all}.first(has_avx2 ? 3 : 2);
#else
  static constexpr std::array<BlockOperations, 1> all{
      {{"portable", classify_portably, copy_kept_portably}}};
  return all;
#endif
}

}  // namespace milterward::auth
