// SPDX-License-Identifier: Apache-2.0
#include "conf/import/common.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "conf/import/write.h"
#include "conf/keys.h"
#include "policy/base/ascii.h"

namespace milterward::importing {
namespace {

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(
      names, [&](const auto& other) { return equal_ignoring_case(other, name); });
}

void remove(std::vector<std::string>& names, std::string_view name) {
  std::erase_if(names, [&](const auto& other) { return equal_ignoring_case(other, name); });
}

std::vector<std::string> names_of(const DataSet& set) {
  std::vector<std::string> names;
  for (const auto& entry : set.entries) names.push_back(entry.key);
  return names;
}

/// Those that may be signed; the others are told.
std::vector<std::string> signable(Draft& draft, std::vector<std::string> names,
                                  const Origin& origin) {
  std::erase_if(names, [&](const std::string& name) {
    const auto refusal = refusal_of("sign.key.headers", name);
    if (refusal)
      draft.tell(Outcome::no_counterpart, origin, fmt::format("{}: {}", name, *refusal));
    return refusal.has_value();
  });
  return names;
}

void translate_syslog(Draft& draft, const Option& option) {
  if (means_true(option.value))
    draft.translate("log.target", "syslog", option.origin);
  else
    draft.tell(Outcome::covered, option.origin,
               "lines go to standard error, which is the journal under systemd");
}

void translate_facility(Draft& draft, const Option& option) {
  if (equal_ignoring_case(option.value, "mail"))
    draft.tell(Outcome::covered, option.origin, "the facility is mail");
  else
    draft.tell(Outcome::no_counterpart, option.origin, "the facility is always mail");
}

void translate_dns_timeout(Draft& draft, const Option& option) {
  unsigned seconds = 0;
  std::from_chars(option.value.data(), option.value.data() + option.value.size(), seconds);
  constexpr unsigned within_message_deadline = 8;
  if (seconds == 5)
    draft.tell(Outcome::covered, option.origin, "dns.timeout is 5 s by default");
  else if (seconds == 0 || seconds > within_message_deadline)
    draft.tell(Outcome::look, option.origin,
               "dns.timeout stays 5 s for a question and dns.message_deadline 8 s for a "
               "message, so that the mail server does not lose its patience");
  else
    draft.translate("dns.timeout", fmt::format("{}s", seconds), option.origin);
}

void translate_key_bits(Draft& draft, const Option& option) {
  draft.tell(option.value == "1024" || option.value == "0" ? Outcome::covered
                                                           : Outcome::no_counterpart,
             option.origin,
             "keys of less than 1024 bits are not accepted, and all others are (RFC 8301)");
}

struct Shared {
  std::string_view name;
  void (*translate)(Draft&, const Option&);
};
constexpr auto shared = std::to_array<Shared>({
    {"AuthservID", translate_authserv_id},
    {"Syslog", translate_syslog},
    {"SyslogFacility", translate_facility},
    {"DNSTimeout", translate_dns_timeout},
    {"MinimumKeyBits", translate_key_bits},
});

}  // namespace

bool translate_shared(Draft& draft, const Option& option) {
  const auto found = std::ranges::find_if(shared, [&](const Shared& row) {
    return equal_ignoring_case(row.name, option.name);
  });
  if (found == shared.end()) return false;
  found->translate(draft, option);
  return true;
}

bool tell_if_off(Draft& draft, const Option& option, std::string text) {
  if (means_true(option.value)) return false;
  draft.tell(Outcome::covered, option.origin, std::move(text));
  return true;
}

void translate_authserv_id(Draft& draft, const Option& option) {
  if (option.value.empty() || option.value == "HOSTNAME") {
    draft.tell(Outcome::covered, option.origin, "the name of the host is the default");
  } else if (const auto refusal = refusal_of("authres.authserv_id", option.value)) {
    draft.tell(Outcome::look, option.origin, *refusal);
  } else {
    draft.translate("authres.authserv_id", option.value, option.origin);
  }
}

std::string canonical_forms(std::string_view text, std::string_view body) {
  const auto slash = text.find('/');
  const auto header = to_lower(trim(text.substr(0, slash)));
  const auto of_body = slash == std::string_view::npos
                           ? std::string{body}
                           : to_lower(trim(text.substr(slash + 1)));
  const auto is_form = [](std::string_view word) {
    return word == "relaxed" || word == "simple";
  };
  return is_form(header) && is_form(of_body) ? header + "/" + of_body : "";
}

std::vector<std::string> default_list(std::string_view sign_key_name) {
  for (const auto& key : conf::signing_key_table().keys)
    if (key.name == sign_key_name) return words_of(key.fallback);
  return {};
}

Result<SignedFields, Unreadable> signed_fields(Draft& draft, const Options& options,
                                               const OldFiles& files,
                                               std::string_view base) {
  SignedFields fields{false, default_list("sign.key.oversigned"),
                      default_list("sign.key.headers")};
  const auto before = fields;
  const auto names_in =
      [&](const Option& option) -> Result<std::vector<std::string>, Unreadable> {
    auto set = read_data_set(files, option.value, option.origin, base);
    if (!set) return Unexpected{set.fault()};
    return names_of(*set);
  };
  std::vector<std::string> oversigned;
  if (const auto* option = options.find("OversignHeaders")) {
    auto names = names_in(*option);
    if (!names) return Unexpected{names.fault()};
    oversigned = signable(draft, std::move(*names), option->origin);
    if (std::ranges::all_of(
            oversigned, [&](const auto& name) { return holds(fields.oversigned, name); }))
      draft.tell(Outcome::covered, option->origin,
                 "sign.key.oversigned has these fields by default, and more");
    else
      draft.tell(Outcome::translated, option->origin, "sign.key.oversigned");
    for (const auto& name : oversigned)
      if (!holds(fields.oversigned, name)) fields.oversigned.push_back(name);
  }
  if (const auto* option = options.find("SignHeaders")) {
    auto names = names_in(*option);
    if (!names) return Unexpected{names.fault()};
    const bool is_delta = holds(*names, "*");
    std::vector<std::string> plain;
    for (const auto& name : *names) {
      if (name == "*") continue;
      if (name.starts_with("-")) {
        remove(fields.oversigned, name.substr(1));
        remove(fields.headers, name.substr(1));
      } else {
        plain.push_back(name.starts_with("+") ? name.substr(1) : name);
      }
    }
    plain = signable(draft, std::move(plain), option->origin);
    if (!is_delta) {
      fields.oversigned = {"From"};
      for (const auto& name : oversigned)
        if (!holds(fields.oversigned, name)) fields.oversigned.push_back(name);
      fields.headers.clear();
    }
    for (const auto& name : plain)
      if (!holds(fields.oversigned, name) && !holds(fields.headers, name))
        fields.headers.push_back(name);
    draft.tell(Outcome::translated, option->origin, "sign.key.headers");
  }
  if (const auto* option = options.find("OmitHeaders")) {
    auto names = names_in(*option);
    if (!names) return Unexpected{names.fault()};
    bool omits = false;
    for (const auto& name : *names) {
      const auto plain = name.starts_with("+") ? name.substr(1) : name;
      if (name.starts_with("-") || equal_ignoring_case(plain, "From") ||
          !(holds(fields.oversigned, plain) || holds(fields.headers, plain)))
        continue;
      remove(fields.oversigned, plain);
      remove(fields.headers, plain);
      omits = true;
    }
    draft.tell(omits ? Outcome::translated : Outcome::covered, option->origin,
               omits ? "sign.key.oversigned and sign.key.headers without these fields"
                     : "these fields are never signed");
  }
  fields.differ =
      fields.oversigned != before.oversigned || fields.headers != before.headers;
  return fields;
}

void set_in_rows(Draft& draft, std::size_t first, const std::string& key,
                 const std::string& text) {
  for (auto i = first; i < draft.rows().size(); ++i)
    if (draft.rows()[i].table == "sign.key") draft.rows()[i].set(key, text);
}

void set_in_rows(Draft& draft, std::size_t first, const SignedFields& fields) {
  if (!fields.differ) return;
  for (auto i = first; i < draft.rows().size(); ++i) {
    if (draft.rows()[i].table != "sign.key") continue;
    draft.rows()[i].set_list("oversigned", fields.oversigned);
    draft.rows()[i].set_list("headers", fields.headers);
  }
}

}  // namespace milterward::importing
