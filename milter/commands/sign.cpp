// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/sign.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "milter/commands/exit_codes.h"
#include "milter/commands/hand_in.h"
#include "policy/auth/dkim/signature.h"
#include "policy/sign/departure.h"
#include "policy/sign/request.h"

namespace milterward::commands {
namespace {

using Signatures = std::vector<RawHeader>;  // the topmost first

std::string_view sentence_of(std::string_view rule) {
  struct Told {
    std::string_view rule;
    std::string_view sentence;
  };
  constexpr std::array sentences{
      Told{"sign.no_key", "no key is for the author's domain"},
      Told{"sign.no_author", "its From field does not name one domain"},
      Told{"sign.not_entitled", "[directory] does not let this login use the domain"},
      Told{"sign.keys_not_known", "the directory or database of keys does not answer"},
      Told{"sign.key_unusable", "a key of the author's domain cannot be used"},
  };
  const auto found = std::ranges::find(sentences, rule, &Told::rule);
  return found == sentences.end() ? "the daemon would not" : found->sentence;
}

/// Why the daemon would not sign.
std::string reason_for(const rules::Verdict& verdict, const Services& services) {
  auto reason = fmt::format("not signed: {} ({})", sentence_of(verdict.rule), verdict.rule);
  for (const auto& entry : services.keys->keys())
    if (!entry.key)
      reason +=
          fmt::format("\nmilterward: {} (selector {}): {}", entry.settings.domain.name(),
                      entry.settings.selector, entry.key.fault().reason);
  return reason;
}

/// The signatures of the daemon for mail of this login, or of a program on this host.
Result<Signatures, std::string> as_the_daemon(const std::shared_ptr<Services>& services,
                                              const std::string& login,
                                              const MessageText& message) {
  Envelope envelope;
  if (!login.empty()) envelope.client = IpAddress::v4({127, 0, 0, 1});
  envelope.login = login;
  const auto verdict = hand_in(services, envelope, message).message;
  Signatures signatures;
  for (const auto& edit : verdict.edits)
    if (edit.kind == rules::HeaderEdit::Kind::insert_on_top &&
        RawHeader{edit.name, ""}.is(auth::signature_field_name))
      signatures.push_back({edit.name, edit.value});
  if (signatures.empty()) return Unexpected{reason_for(verdict, *services)};
  std::ranges::reverse(signatures);  // the last insertion ends on top
  return signatures;
}

/// One signature by the only key there is.
Result<Signatures, std::string> by_key(const Services& services,
                                       const MessageText& message) {
  const auto& entry = services.keys->keys().front();
  if (!entry.key) return Unexpected{entry.key.fault().reason};
  const auto header = milterward::sign::leaving_header({}, message.headers);
  const auto signing = services.dkim_signer->begin(
      header.fields,
      {milterward::sign::request_for(entry, header, services.clock->today())});
  signing->body(message.body);
  auto fields = signing->finish();
  if (!fields) return Unexpected{fmt::format("not signed: {}", to_text(fields.fault()))};
  return std::move(fields).value();
}

void tell(const std::vector<std::string>& sentences) {
  for (const auto& sentence : sentences) fmt::print(stderr, "milterward: {}\n", sentence);
}

/// The key of the command line, or nothing after what is wrong with it went to standard
/// error.
std::optional<conf::SigningKey> own_key(const SignArguments& arguments) {
  if (!arguments.login.empty()) {
    tell({"--login has no meaning with --key"});
    return std::nullopt;
  }
  const auto made = key_of(arguments.key);
  tell(made ? made->doubts : made.fault());
  return made ? std::optional{made->key} : std::nullopt;
}

/// Behind the line "From " of an mbox, which is no part of the message.
std::size_t header_begin(std::string_view text) {
  const auto end = text.find('\n');
  return text.starts_with("From ") && end != std::string_view::npos ? end + 1 : 0;
}

std::string line_of(const RawHeader& field, LineEnd line_end) {
  auto line = fmt::format("{}:{}\r\n", field.name, field.value);
  if (line_end == LineEnd::lf) std::erase(line, '\r');
  return line;
}

/// What is larger than the buffer of stdout goes around it, and leaves nothing for fflush
/// to fail on.
bool write(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
}

}  // namespace

int sign(const SignArguments& arguments, const ByHand& by_hand) {
  std::optional<conf::SigningKey> own;
  if (!arguments.key.empty()) {
    own = own_key(arguments);
    if (!own) return wrong_usage;
  }
  auto config = config_of(by_hand);
  if (own) config.sign.keys = {*own};
  const auto text = content_of(arguments.message);
  if (!text) return failed;
  const auto message = parse_message(*text);
  const auto services = services_of(by_hand, config);
  if (!services) return failed;
  const auto signatures =
      own ? by_key(*services, message) : as_the_daemon(services, arguments.login, message);
  if (!signatures) {
    fmt::print(stderr, "milterward: {}\n", signatures.fault());
    return failed;
  }
  const auto header = header_begin(*text);
  auto whole = text->substr(0, header);
  for (const auto& field : *signatures) whole += line_of(field, message.line_end);
  whole.append(*text, header);
  if (write(whole) && std::fflush(stdout) == 0) return ok;
  fmt::print(stderr, "milterward: cannot write the message: {}\n", std::strerror(errno));
  return failed;
}

}  // namespace milterward::commands
