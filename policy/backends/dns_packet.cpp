// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/dns_packet.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/backends/dns_name.h"
#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

using ports::DnsAnswer;
using ports::DnsOutcome;
using ports::DnsType;
using Octets = std::span<const std::uint8_t>;

constexpr std::uint16_t type_cname = 5;
constexpr std::uint16_t type_soa = 6;
constexpr std::uint16_t class_in = 1;
constexpr std::uint16_t rcode_no_error = 0;
constexpr std::uint16_t rcode_no_domain = 3;
constexpr std::uint16_t flag_response = 0x8000;
constexpr std::uint16_t flag_truncated = 0x0200;
constexpr std::uint16_t rcode_mask = 0x000f;

// No resolver follows longer chains of aliases; libunbound itself ends after eleven.
constexpr int alias_limit = 16;
// A name has at most 127 labels, so more jumps than that serve no name.
constexpr int jump_limit = 127;
constexpr std::uint32_t longest_ttl = 0x7fff'ffff;

/// Reads forward through a packet, never past its end: once a number cannot be read, no
/// later one can either, so callers may look at the last one only.
class Reader {
 public:
  Reader(Octets packet, std::size_t at) : packet_(packet), at_(at) {}

  std::size_t at() const noexcept { return at_; }

  std::optional<Octets> octets(std::size_t count) {
    if (count > packet_.size() - at_) return std::nullopt;
    const auto taken = packet_.subspan(at_, count);
    at_ += count;
    return taken;
  }
  std::optional<std::uint16_t> u16() {
    const auto two = octets(2);
    if (!two) return std::nullopt;
    return static_cast<std::uint16_t>((*two)[0] << 8 | (*two)[1]);
  }
  std::optional<std::uint32_t> u32() {
    const auto high = u16();
    const auto low = u16();
    if (!high || !low) return std::nullopt;
    return std::uint32_t{*high} << 16 | *low;
  }

  /// A name in canonical spelling, "." for the root. Compression pointers must lead to an
  /// earlier place than the part of the name they end (RFC 1035 section 4.1.4: "a prior
  /// occurrence"), which rules out loops.
  std::optional<std::string> name() {
    std::string name;
    std::size_t wire_length = 1;
    std::size_t part_begin = at_;
    std::optional<std::size_t> after_first_jump;
    for (int jumps = 0;;) {
      const auto length = octets(1);
      if (!length) return std::nullopt;
      const std::size_t first = length->front();
      if (first == 0) break;
      if ((first & 0xc0) == 0xc0) {
        const auto rest = octets(1);
        if (!rest || ++jumps > jump_limit) return std::nullopt;
        const std::size_t target = (first & 0x3f) << 8 | rest->front();
        if (target >= part_begin) return std::nullopt;
        if (!after_first_jump) after_first_jump = at_;
        at_ = part_begin = target;
        continue;
      }
      if (first > longest_dns_label) return std::nullopt;
      const auto label = octets(first);
      wire_length += 1 + first;
      if (!label || wire_length > longest_dns_name) return std::nullopt;
      append_dns_label(name, *label);
    }
    if (after_first_jump) at_ = *after_first_jump;
    return name.empty() ? std::string{root_dns_name} : std::move(name);
  }

 private:
  Octets packet_;
  std::size_t at_;
};

struct Header {
  std::uint16_t flags = 0;
  std::uint16_t questions = 0;
  std::uint16_t answers = 0;
  std::uint16_t authorities = 0;
};

struct Record {
  std::string owner;
  std::uint16_t type = 0;
  std::uint16_t dns_class = 0;
  std::uint32_t ttl = 0;
  std::size_t begin = 0;  // of its contents in the packet
  std::size_t size = 0;
};

std::optional<Header> read_header(Reader& reader) {
  const auto id = reader.u16();
  const auto flags = reader.u16();
  const auto questions = reader.u16();
  const auto answers = reader.u16();
  const auto authorities = reader.u16();
  const auto additional = reader.u16();
  if (!id || !additional) return std::nullopt;
  return Header{*flags, *questions, *answers, *authorities};
}

std::optional<Record> read_record(Reader& reader) {
  auto owner = reader.name();
  if (!owner) return std::nullopt;
  const auto type = reader.u16();
  const auto dns_class = reader.u16();
  const auto ttl = reader.u32();
  const auto size = reader.u16();
  if (!size) return std::nullopt;
  const auto begin = reader.at();
  if (!reader.octets(*size)) return std::nullopt;
  return Record{
      std::move(*owner), *type, *dns_class, *ttl > longest_ttl ? 0 : *ttl, begin, *size};
}

std::optional<std::vector<Record>> read_records(Reader& reader, std::size_t count) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < count; ++i) {
    auto record = read_record(reader);
    if (!record) return std::nullopt;
    if (record->dns_class == class_in) records.push_back(std::move(*record));
  }
  return records;
}

/// The name that fills the contents of `record` from `offset` to their end.
std::optional<std::string> name_in(Octets packet, const Record& record,
                                   std::size_t offset = 0) {
  if (offset > record.size) return std::nullopt;
  Reader reader{packet.first(record.begin + record.size), record.begin + offset};
  auto name = reader.name();
  if (!name || reader.at() != record.begin + record.size) return std::nullopt;
  return name;
}

/// The strings of a TXT record, joined (RFC 7208 section 3.3, RFC 6376 section 3.6.2.2).
std::optional<std::string> text_in(Octets contents) {
  if (contents.empty()) return std::nullopt;
  std::string text;
  while (!contents.empty()) {
    const std::size_t length = contents.front();
    if (length >= contents.size()) return std::nullopt;
    const auto part = contents.subspan(1, length);
    text.append(part.begin(), part.end());
    contents = contents.subspan(1 + length);
  }
  return text;
}

template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> exactly(Octets contents) {
  if (contents.size() != size) return std::nullopt;
  std::array<std::uint8_t, size> octets{};
  std::ranges::copy(contents, octets.begin());
  return octets;
}

/// Adds a value that was read; false when there was none.
template <class T>
bool keep(std::vector<T>& values, std::optional<T> value) {
  if (!value) return false;
  values.push_back(std::move(*value));
  return true;
}

bool add_record(DnsAnswer& answer, Octets packet, const Record& record, DnsType type) {
  const auto contents = packet.subspan(record.begin, record.size);
  switch (type) {
    case DnsType::a: {
      const auto octets = exactly<4>(contents);
      if (octets) answer.addresses.push_back(IpAddress::v4(*octets));
      return octets.has_value();
    }
    case DnsType::aaaa: {
      const auto octets = exactly<16>(contents);
      if (octets) answer.addresses.push_back(IpAddress::v6(*octets));
      return octets.has_value();
    }
    case DnsType::mx: {
      const auto preference = Reader{packet, record.begin}.u16();
      auto host = name_in(packet, record, 2);
      if (!preference || !host) return false;
      answer.exchanges.push_back({*preference, std::move(*host)});
      return true;
    }
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr:
      return keep(answer.names, name_in(packet, record));
    case DnsType::txt:
      return keep(answer.texts, text_in(contents));
  }
  unreachable();
}

/// How long an absence may be remembered: RFC 2308 section 5.
std::optional<std::uint32_t> negative_ttl(Octets packet,
                                          const std::vector<Record>& records) {
  const auto soa = std::ranges::find(records, type_soa, &Record::type);
  if (soa == records.end()) return 0;
  constexpr std::size_t two_roots_and_five_numbers = 22;
  if (soa->size < two_roots_and_five_numbers) return std::nullopt;
  Reader reader{packet.first(soa->begin + soa->size), soa->begin + soa->size - 4};
  const auto minimum = reader.u32();
  if (!minimum) return std::nullopt;
  return std::min(soa->ttl, *minimum > longest_ttl ? 0 : *minimum);
}

/// Where the aliases of the answer section lead, and how long they may be remembered.
struct Chain {
  std::string end;
  std::uint32_t ttl = longest_ttl;
};

std::optional<Chain> follow_aliases(Octets packet, const std::vector<Record>& records,
                                    std::string_view name) {
  Chain chain{std::string{name}};
  for (int aliases = 0; aliases <= alias_limit; ++aliases) {
    const auto alias = std::ranges::find_if(records, [&](const Record& record) {
      return record.type == type_cname && record.owner == chain.end;
    });
    if (alias == records.end()) return chain;
    auto target = name_in(packet, *alias);
    if (!target) return std::nullopt;
    chain.end = std::move(*target);
    chain.ttl = std::min(chain.ttl, alias->ttl);
  }
  return std::nullopt;
}

}  // namespace

Result<DnsAnswer, DnsPacketFault> parse_dns_packet(Octets packet, std::string_view name,
                                                   DnsType type) {
  constexpr Unexpected malformed{DnsPacketFault::malformed};
  Reader reader{packet, 0};
  const auto header = read_header(reader);
  if (!header || !(header->flags & flag_response) || header->flags & flag_truncated)
    return malformed;
  const auto rcode = header->flags & rcode_mask;
  if (rcode != rcode_no_error && rcode != rcode_no_domain)
    return Unexpected{DnsPacketFault::server_failure};
  for (int i = 0; i < header->questions; ++i)
    if (!reader.name() || !reader.u32()) return malformed;
  const auto answers = read_records(reader, header->answers);
  if (!answers) return malformed;
  const auto chain = type == DnsType::cname ? std::optional<Chain>{Chain{std::string{name}}}
                                            : follow_aliases(packet, *answers, name);
  if (!chain) return malformed;

  DnsAnswer answer;
  auto ttl = chain->ttl;
  for (const auto& record : *answers) {
    if (record.type != static_cast<std::uint16_t>(type) || record.owner != chain->end)
      continue;
    if (!add_record(answer, packet, record, type)) return malformed;
    answer.outcome = DnsOutcome::found;
    ttl = std::min(ttl, record.ttl);
  }
  if (rcode == rcode_no_domain) {
    answer = {};
    answer.outcome = DnsOutcome::no_domain;
  }
  if (answer.outcome != DnsOutcome::found) {
    const auto authorities = read_records(reader, header->authorities);
    if (!authorities) return malformed;
    const auto absence = negative_ttl(packet, *authorities);
    if (!absence) return malformed;
    ttl = std::min(chain->ttl, *absence);
  }
  answer.ttl = std::chrono::seconds{ttl};
  return answer;
}

}  // namespace milterward::backends
