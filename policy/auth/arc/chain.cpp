// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/arc/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <map>

#include "policy/auth/dkim/tag_list.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/mail/scanner.h"

namespace milterward::auth {
namespace {

constexpr std::size_t fields_in_set = 3;

template <class T>
using Read = Result<T, std::string>;

Unexpected<std::string> fault(std::string reason) { return {std::move(reason)}; }

/// instance = [CFWS] %s"i" [CFWS] "=" [CFWS] position; the part behind "=".
std::optional<unsigned> read_position(Scanner& scanner) {
  if (!scanner.skip_cfws()) return std::nullopt;
  unsigned position = 0;
  std::size_t digits = 0;
  for (; is_digit(scanner.peek()); ++digits) {
    if (digits == 2) return std::nullopt;
    position = position * 10 + static_cast<unsigned>(scanner.peek() - '0');
    scanner.skip(1);
  }
  if (digits == 0 || position == 0 || position > arc_set_limit || !scanner.skip_cfws())
    return std::nullopt;
  return position;
}

struct Results {
  unsigned instance = 0;
  std::string_view payload;
};

/// arc-info = instance [CFWS] ";" authres-payload
std::optional<Results> read_results(std::string_view value) {
  Scanner scanner{value};
  if (!scanner.skip_cfws() || !scanner.take('i') || !scanner.skip_cfws() ||
      !scanner.take('='))
    return std::nullopt;
  const auto instance = read_position(scanner);
  if (!instance || !scanner.take(';')) return std::nullopt;
  return Results{*instance, scanner.rest()};
}

std::optional<unsigned> instance_of(const TagList& tags) {
  const auto value = tags.value("i");
  if (!value) return std::nullopt;
  Scanner scanner{*value};
  const auto instance = read_position(scanner);
  return scanner.at_end() ? instance : std::nullopt;
}

/// `names` of the tags, as a tag list of their own.
std::string copied(const TagList& tags, std::initializer_list<std::string_view> names) {
  std::string text;
  for (const auto name : names)
    if (const auto value = tags.value(name)) text += fmt::format("{}={};", name, *value);
  return text;
}

Read<Signature> read_as_dkim(const std::string& tags, WallTime today) {
  auto signature = parse_signature("v=1;" + tags, today);
  if (!signature) return fault(signature.fault().reason);
  signature->signed_names.pop_back();  // the From added below, which DKIM insists on
  return std::move(*signature);
}

/// RFC 8617 section 4.1.2. i= is another thing than in DKIM, and v= is ignored.
Read<ArcMessageSignature> read_message_signature(const TagList& tags, WallTime today) {
  const auto names = tags.value("h");
  if (!names) return fault("no h= tag");
  std::string dkim = copied(tags, {"a", "b", "bh", "c", "d", "l", "q", "s", "t", "x"});
  dkim += "h=";
  for (const auto name : colon_list(*names)) {
    // Section 4.1.2 forbids all ARC fields here; only ARC-Seal is refused, since its place
    // is behind the AMS. Most AMS in the world cover their AAR, and nobody minds.
    if (equal_ignoring_case(name, arc_seal_name)) return fault("h= covers ARC-Seal");
    if (!name.empty()) dkim += std::string{name} + ":";
  }
  auto signature = read_as_dkim(dkim + "from", today);
  if (!signature) return fault(signature.fault());
  ArcMessageSignature read{std::move(*signature), std::nullopt};
  std::swap(read.claimed_length, read.signature.body_length);
  return read;
}

/// RFC 8617 section 4.1.3: relaxed headers, no body, no h=.
Read<Signature> read_seal(const TagList& tags, WallTime today) {
  if (tags.value("h")) return fault("h= in an ARC-Seal");
  const auto dkim = copied(tags, {"a", "b", "d", "s", "t"});
  return read_as_dkim(dkim + "c=relaxed/relaxed;bh=AA==;h=from", today);
}

std::optional<ArcResult> status_of(const TagList& tags) {
  const auto value = tags.value("cv");
  if (!value) return std::nullopt;
  for (const auto known : {ArcResult::none, ArcResult::pass, ArcResult::fail})
    if (equal_ignoring_case(*value, to_text(known))) return known;
  return std::nullopt;
}

/// Goes through the fields of a message; the first fault is kept, but reading goes on,
/// since whoever seals a broken chain has to number his set above all others.
class Reader {
 public:
  Reader(const RawHeaders& headers, WallTime today) : headers_(headers), today_(today) {}

  Chain read() {
    std::size_t count = 0;
    std::size_t octets = 0;
    for (std::size_t i = 0; i < headers_.size(); ++i) {
      const auto& header = headers_[i];
      if (!header.is(arc_results_name) && !header.is(arc_message_name) &&
          !header.is(arc_seal_name))
        continue;
      chain_.is_there = true;
      octets += header.value.size();
      if (++count > fields_in_set * arc_set_limit || octets > arc_octets_limit) {
        note("more ARC fields than a chain may have");
        break;
      }
      header.is(arc_results_name) ? add_results(i) : add_signature(i);
    }
    if (chain_.highest > 0)
      chain_.is_closed = parts_[chain_.highest].status == ArcResult::fail;
    if (chain_.is_closed) chain_.fault = "the newest ARC-Seal says cv=fail";
    for (unsigned i = 1; i <= chain_.highest && chain_.fault.empty(); ++i) add_set(i);
    if (!chain_.fault.empty()) chain_.sets.clear();
    return std::move(chain_);
  }

 private:
  struct Parts {
    std::optional<std::size_t> results, message, seal;
    std::string_view payload;
    std::optional<TagList> message_tags, seal_tags;
    std::optional<ArcResult> status;
  };

  void note(std::string reason) {
    if (chain_.fault.empty()) chain_.fault = std::move(reason);
  }

  void note_place(std::optional<std::size_t>& place, std::size_t field, unsigned instance) {
    if (place)
      note(fmt::format("two {} fields of instance {}", headers_[field].name, instance));
    place = field;
    chain_.highest = std::max(chain_.highest, instance);
  }

  void add_results(std::size_t field) {
    const auto results = read_results(headers_[field].value);
    if (!results) return note(fmt::format("no instance in {}", arc_results_name));
    auto& parts = parts_[results->instance];
    note_place(parts.results, field, results->instance);
    parts.payload = results->payload;
  }

  void add_signature(std::size_t field) {
    const bool is_seal = headers_[field].is(arc_seal_name);
    const auto name = is_seal ? arc_seal_name : arc_message_name;
    const auto tags = TagList::parse(headers_[field].value);
    if (!tags) return note(fmt::format("{}: {}", name, to_text(tags.fault())));
    const auto instance = instance_of(*tags);
    if (!instance) return note(fmt::format("no instance in {}", name));
    auto& parts = parts_[*instance];
    note_place(is_seal ? parts.seal : parts.message, field, *instance);
    (is_seal ? parts.seal_tags : parts.message_tags) = *tags;
    // Of two seals, one that says fail decides: section 5.2 step 2 comes before step 3.
    if (is_seal && parts.status != ArcResult::fail) parts.status = status_of(*tags);
  }

  /// Section 5.2 step 3.
  void add_set(unsigned instance) {
    const auto& parts = parts_[instance];
    if (!parts.results || !parts.message || !parts.seal)
      return note(fmt::format("instance {} is not complete", instance));
    const auto due = instance == 1 ? ArcResult::none : ArcResult::pass;
    if (parts.status != due)
      return note(fmt::format("cv= of instance {} is not {}", instance, to_text(due)));
    auto seal = read_seal(*parts.seal_tags, today_);
    if (!seal) return note(fmt::format("ARC-Seal {}: {}", instance, seal.fault()));
    chain_.sets.push_back(
        {*parts.results, *parts.message, *parts.seal, std::string{trim(parts.payload)},
         read_message_signature(*parts.message_tags, today_), std::move(*seal)});
  }

  const RawHeaders& headers_;
  WallTime today_;
  std::map<unsigned, Parts> parts_;  // by instance
  Chain chain_;
};

}  // namespace

std::string_view to_text(ArcResult result) noexcept {
  switch (result) {
    case ArcResult::none:
      return "none";
    case ArcResult::pass:
      return "pass";
    case ArcResult::fail:
      return "fail";
  }
  unreachable();
}

Chain read_chain(const RawHeaders& headers, WallTime today) {
  return Reader{headers, today}.read();
}

std::vector<const RawHeader*> sealed_fields(const RawHeaders& headers,
                                            const std::vector<ArcSet>& sets,
                                            std::size_t newest) {
  std::vector<const RawHeader*> fields;
  for (std::size_t i = 0; i <= newest; ++i) {
    fields.push_back(&headers[sets[i].results_field]);
    fields.push_back(&headers[sets[i].message_field]);
    if (i < newest) fields.push_back(&headers[sets[i].seal_field]);
  }
  return fields;
}

}  // namespace milterward::auth
