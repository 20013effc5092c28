// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/message_hash.h"

#include <algorithm>
#include <limits>

#include "policy/base/ascii.h"

namespace milterward::auth {
namespace {

// Canonical header text is gathered up to here before it is hashed: with the next field
// that is still a small piece of memory, as most fields go.
constexpr std::size_t piece = 512;
constexpr std::size_t usual_text = 1000;

/// "b=" without its value and the white space around that. RFC 6376 section 3.7.
std::string with_empty_b(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t from = 0; from <= value.size();) {
    const auto end = std::min(value.find(';', from), value.size());
    const auto spec = value.substr(from, end - from);
    const auto equals = spec.find('=');
    const bool is_b =
        equals != std::string_view::npos && trim(spec.substr(0, equals)) == "b";
    if (from > 0) out += ';';
    out += is_b ? spec.substr(0, equals + 1) : spec;
    from = end + 1;
  }
  return out;
}

/// An order to search by. Most names differ in length, which is quick to see.
bool precedes(std::string_view a, std::string_view b) noexcept {
  return a.size() != b.size() ? a.size() < b.size() : less_ignoring_case(a, b);
}

}  // namespace

FieldIndex::FieldIndex(const RawHeaders& headers) {
  by_name_.reserve(headers.size());
  for (auto field = headers.rbegin(); field != headers.rend(); ++field)
    by_name_.push_back({field->bare_name(), &*field});
  std::ranges::stable_sort(by_name_, precedes, &Entry::name);
}

std::span<const FieldIndex::Entry> FieldIndex::named(std::string_view name) const noexcept {
  const auto first = std::ranges::lower_bound(by_name_, name, precedes, &Entry::name);
  // Not all along: a name may have a thousand fields, and be asked for as often.
  const auto last =
      std::ranges::upper_bound(first, by_name_.end(), name, precedes, &Entry::name);
  return {first, last};
}

std::vector<const RawHeader*> FieldIndex::select(const std::vector<std::string>& names,
                                                 const RawHeader* signature) const {
  std::vector<const RawHeader*> selected;
  selected.reserve(names.size());
  // How many fields of a name are used up, at the place of its first field.
  std::vector<std::uint32_t> used(by_name_.size());
  for (const auto& name : names) {
    const auto fields = named(name);
    if (fields.empty()) continue;
    auto& count = used[static_cast<std::size_t>(fields.data() - by_name_.data())];
    while (count < fields.size()) {
      const auto* field = fields[count++].field;
      if (field == signature) continue;
      selected.push_back(field);
      break;
    }
  }
  return selected;
}

HeaderHash::HeaderHash(Canonicalization form) : text_(form) { text_.reserve(usual_text); }

void HeaderHash::add(const RawHeader& field) {
  text_.append(field.name, field.value);
  if (text_.text().size() < piece) return;
  hash_.update(text_.text());
  text_.clear();
}

std::string HeaderHash::finish(const RawHeader& signature) {
  return finish_unsigned({signature.name, with_empty_b(signature.value)});
}

std::string HeaderHash::finish_unsigned(const RawHeader& signature) {
  text_.append(signature.name, signature.value);
  std::string_view rest = text_.text();
  rest.remove_suffix(2);  // section 3.7: without its CRLF
  hash_.update(rest);
  return hash_.finish();
}

std::string header_digest(Canonicalization form,
                          const std::vector<const RawHeader*>& fields,
                          const RawHeader& signature) {
  HeaderHash hash{form};
  for (const auto* field : fields) hash.add(*field);
  return hash.finish(signature);
}

BodyHash::State::State(Canonicalization form, std::uint64_t limit)
    : left(limit), body(form, [this](std::string_view octets) { take(octets); }) {}

void BodyHash::State::take(std::string_view octets) {
  const auto part = octets.substr(0, std::min<std::uint64_t>(octets.size(), left));
  left -= part.size();
  hash.update(part);
}

BodyHash::BodyHash(Canonicalization form, std::optional<std::uint64_t> limit)
    : form_(form),
      limit_(limit),
      state_(std::make_unique<State>(
          form, limit.value_or(std::numeric_limits<std::uint64_t>::max()))) {}

void BodyHash::feed(std::string_view chunk) { state_->body.feed(chunk); }

void BodyHash::finish() {
  state_->body.finish();
  digest_ = state_->hash.finish();
}

void BodyHashes::want(Canonicalization form, Length length) {
  if (std::ranges::none_of(hashes_,
                           [&](const BodyHash& hash) { return hash.is_of(form, length); }))
    hashes_.emplace_back(form, length);
}

void BodyHashes::feed(std::string_view chunk) {
  for (auto& hash : hashes_) hash.feed(chunk);
}

void BodyHashes::finish() {
  for (auto& hash : hashes_) hash.finish();
}

const BodyHash& BodyHashes::of(Canonicalization form, Length length) const {
  return *std::ranges::find_if(
      hashes_, [&](const BodyHash& hash) { return hash.is_of(form, length); });
}

}  // namespace milterward::auth
