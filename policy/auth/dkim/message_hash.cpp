// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/message_hash.h"

#include <algorithm>
#include <limits>

#include "policy/base/ascii.h"

namespace milterward::auth {
namespace {

/// "b=" without its value and the white space around that. RFC 6376 section 3.7.
std::string with_empty_b(std::string_view value) {
  std::string out;
  for (const auto spec : split(value, ';')) {
    if (!out.empty() || spec.data() != value.data()) out += ';';
    const auto equals = spec.find('=');
    const bool is_b =
        equals != std::string_view::npos && trim(spec.substr(0, equals)) == "b";
    out += is_b ? spec.substr(0, equals + 1) : spec;
  }
  return out;
}

}  // namespace

FieldIndex::FieldIndex(const RawHeaders& headers) {
  for (const auto& header : headers) by_name_[to_lower(header.name)].push_back(&header);
}

std::vector<const RawHeader*> FieldIndex::select(const std::vector<std::string>& names,
                                                 const RawHeader* signature) const {
  std::vector<const RawHeader*> selected;
  std::map<std::string, std::size_t> used;
  for (const auto& mention : names) {
    const auto name = to_lower(mention);
    const auto fields = by_name_.find(name);
    if (fields == by_name_.end()) continue;
    auto& count = used[name];
    while (count < fields->second.size()) {
      const auto* field = fields->second[fields->second.size() - ++count];
      if (field == signature) continue;
      selected.push_back(field);
      break;
    }
  }
  return selected;
}

std::string header_digest(Canonicalization form,
                          const std::vector<const RawHeader*>& fields,
                          const RawHeader& signature) {
  Sha256 hash;
  for (const auto* field : fields) hash.update(canonical_header(form, *field));
  auto own = canonical_header(form, {signature.name, with_empty_b(signature.value)});
  own.resize(own.size() - 2);  // without its CRLF
  hash.update(own);
  return hash.finish();
}

BodyHash::BodyHash(Canonicalization form, std::optional<std::uint64_t> limit)
    : form_(form), limit_(limit), hash_(std::make_shared<Sha256>()) {
  auto left = limit.value_or(std::numeric_limits<std::uint64_t>::max());
  body_ = std::make_unique<CanonicalBody>(
      form, [hash = hash_, left](std::string_view octets) mutable {
        const auto part = octets.substr(0, std::min<std::uint64_t>(octets.size(), left));
        left -= part.size();
        hash->update(part);
      });
}

void BodyHash::feed(std::string_view chunk) { body_->feed(chunk); }

void BodyHash::finish() {
  body_->finish();
  digest_ = hash_->finish();
}

bool BodyHash::is_for(const Signature& signature) const noexcept {
  return form_ == signature.body_form && limit_ == signature.body_length;
}

}  // namespace milterward::auth
