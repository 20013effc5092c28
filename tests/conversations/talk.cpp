// SPDX-License-Identifier: Apache-2.0
#include "tests/conversations/talk.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>

#include "policy/accounts.h"
#include "policy/auth/arc/validation.h"
#include "policy/auth/dkim/native_verifier.h"
#include "policy/auth/spf/native_checker.h"
#include "policy/backends/config_directory.h"
#include "policy/backends/joined_directory.h"
#include "policy/backends/key_files.h"
#include "policy/backends/opendkim_engine.h"
#include "policy/base/ascii.h"
#include "policy/connection.h"
#include "policy/mail/message_text.h"
#include "policy/services.h"
#include "policy/sign/arc_seal.h"
#include "policy/sign/native_signer.h"
#include "tests/conversations/soundness.h"
#include "tests/conversations/test_keys.h"
#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_counters.h"
#include "tests/support/fake_directory.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/processor_time.h"
#include "tests/support/recorded_sink.h"

namespace milterward::tests {
namespace {

using rules::HeaderEdit;
using rules::Verdict;

class MapMacros final : public Macros {
 public:
  std::string_view value(std::string_view name) const override {
    const auto found = values.find(std::string{name});
    return found == values.end() ? std::string_view{} : found->second;
  }
  std::map<std::string, std::string> values;
};

class LastFacts final : public ports::FactsLog {
 public:
  void append(std::string_view stanza) noexcept override { last = stanza; }
  std::string last;
};

struct Mail {
  RawHeaders headers;
  std::string body;  // CRLF line ends
};

/// Takes "*N " from the front of a line; 1 when there is no such thing.
std::size_t take_times(std::string_view& line) {
  if (!line.starts_with('*')) return 1;
  std::size_t times = 0;
  const auto* end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data() + 1, end, times);
  if (error != std::errc{} || stop == end || *stop != ' ')
    throw std::runtime_error("not *N TEXT: " + std::string{line});
  line.remove_prefix(static_cast<std::size_t>(stop - line.data()) + 1);
  return times;
}

/// Lines of the case, with `|` protecting leading white space and `*N ` repeating a line.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (auto line : split(text, '\n')) {
    const auto times = take_times(line);
    if (line.starts_with('|')) line.remove_prefix(1);
    lines.insert(lines.end(), times, unescaped(line));
  }
  return lines;
}

Mail mail_from(const std::string& text) {
  Mail mail;
  bool in_body = false;
  for (const auto& line : lines_of(text)) {
    if (in_body) {
      mail.body += line + "\r\n";
    } else if (line == ".") {
      in_body = true;
    } else if (!line.empty() && is_wsp(line.front())) {
      mail.headers.back().value += "\n" + line;
    } else {
      const auto colon = line.find(':');
      if (colon == std::string::npos) throw std::runtime_error("no header field: " + line);
      mail.headers.push_back({line.substr(0, colon), line.substr(colon + 1)});
    }
  }
  return mail;
}

/// As an MTA takes it apart.
Mail mail_as_sent(const std::string& text) {
  std::string whole;
  for (const auto& line : lines_of(text)) whole += line + "\r\n";
  auto parsed = parse_message(whole);
  return {std::move(parsed.headers), std::move(parsed.body)};
}

void carry_out(Mail& mail, const std::vector<HeaderEdit>& edits) {
  for (const auto& edit : edits) {
    if (edit.kind == HeaderEdit::Kind::insert_on_top) {
      mail.headers.insert(mail.headers.begin(), RawHeader{edit.name, edit.value});
      continue;
    }
    unsigned occurrence = 0;
    bool found = false;
    for (auto field = mail.headers.begin(); field != mail.headers.end(); ++field)
      if (field->is(edit.name) && ++occurrence == edit.occurrence) {
        if (edit.kind == HeaderEdit::Kind::change)
          field->value = edit.value;
        else
          mail.headers.erase(field);
        found = true;
        break;
      }
    BOOST_CHECK_MESSAGE(found, "no such field: " << edit.name << " " << edit.occurrence);
  }
}

std::string text_of(const Mail& mail) {
  std::string text;
  for (const auto& field : mail.headers) text += field.name + ":" + field.value + "\r\n";
  return text + "\r\n" + mail.body;
}

class Stage {
 public:
  explicit Stage(conf::DkimEngine engine) : engine_(engine) {}

  void step(const std::string& key, const std::string& value) {
    if (key == "conf") {
      toml_ += with_files(value) + "\n";
    } else if (key == "directory") {
      directory_->answer(value);
    } else if (key == "zone") {
      dns_->add(with_keys(value));
    } else if (key == "macro") {
      const auto equals = value.find('=');
      macros_.values[value.substr(0, equals)] = value.substr(equals + 1);
    } else if (key == "connect") {
      connect(value);
    } else if (key == "helo") {
      verdict_ = connection().helo(value, macros_);
    } else if (key == "mail") {
      verdict_ = connection().mail(envelope(value), macros_);
    } else if (key == "rcpt") {
      verdict_ = connection().rcpt(envelope(value), macros_);
    } else if (key == "abort") {
      connection().abort();
    } else if (key == "lock" || key == "unlock" || key == "reset" || key == "promote") {
      const auto current = services();
      const Accounts accounts{*current};
      const auto report = key == "lock"     ? accounts.lock(value)
                          : key == "unlock" ? accounts.unlock(value)
                          : key == "reset"  ? accounts.reset(value)
                                            : accounts.promote(value);
      if (!report) BOOST_ERROR(report.fault());
    } else if (key == "reload") {
      reload(value);
    } else if (key == "store") {
      counters_->answers = value != "down";
      counters_->in_share = value == "share";
    } else if (key == "sign") {
      sign_as_ = value;
    } else if (key == "seal") {
      seals_.push_back(value);
    } else if (key == "aligned") {
      aligned_.push_back(Domain::parse(value).value());
    } else if (key == "from") {
      hand_in({{{"From", " " + unescaped(value)}, {"Subject", " x"}}, "Hello\r\n"});
    } else if (key == "message") {
      hand_in(mail_from(value));
    } else if (key == "sent") {
      hand_in(mail_as_sent(value));
    } else if (key == "again") {
      hand_in(with_changes(value));
    } else if (key == "want") {
      BOOST_TEST(to_text(verdict_) == value);
    } else if (key == "has" || key == "hasnot") {
      const bool found = unfolded_text().find(unescaped(value)) != std::string::npos;
      BOOST_CHECK_MESSAGE(found == (key == "has"), key << ": " << value << "\nin:\n"
                                                       << text_of(left_));
    } else if (key == "redirected") {
      BOOST_TEST(fmt::format("{}", fmt::join(redirections(), "; ")) == value);
    } else if (key == "log") {
      const auto lines = sink_.lines();
      const auto last = lines.empty() ? std::string{} : lines.back();
      BOOST_CHECK_MESSAGE(last.find(value) != std::string::npos,
                          value << " not in: " << last);
    } else if (key == "facts" || key == "nofacts") {
      const bool found = facts_->last.find(value) != std::string::npos;
      BOOST_CHECK_MESSAGE(found == (key == "facts"),
                          key << ": " << value << "\nin: " << facts_->last);
    } else if (key == "asked") {
      check_asked(value);
    } else if (key == "shows") {
      for (const auto domain : split(value, ' ')) check_shown(domain);
    } else if (key == "logged") {
      const auto lines = sink_.lines();
      const bool found = std::ranges::any_of(lines, [&](const std::string& line) {
        return line.find(value) != std::string::npos;
      });
      BOOST_CHECK_MESSAGE(found, value << " in no log line");
    } else if (key == "wait") {
      clock_->advance(std::chrono::seconds{std::stoi(value)});
    } else if (key != "name") {
      throw std::runtime_error("no such step: " + key);
    }
  }

  Played played() const { return {verdict_, dns_->asked()}; }

 private:
  std::string with_files(std::string text) const {
    return keys_.with_files(std::move(text));
  }
  std::string with_keys(std::string text) const {
    return keys_.with_records(std::move(text));
  }

  Connection& connection() {
    if (!connection_) throw std::runtime_error("no connect: before this step");
    return *connection_;
  }

  void reload(const std::string& change) {
    const auto arrow = change.find(" -> ");
    const auto at = toml_.find(change.substr(0, arrow));
    if (arrow == std::string::npos || at == std::string::npos)
      throw std::runtime_error("not in the configuration: " + change);
    toml_.replace(at, arrow, change.substr(arrow + 4));
    connection_.reset();
  }

  void connect(const std::string& value) {
    const auto words = split(value, ' ');
    ConnectStep step;
    if (words[0] != "local") step.client = IpAddress::parse(words[0]).value();
    step.host_name = words.size() > 1 ? words[1] : "unknown";
    step.port = static_cast<std::uint16_t>(
        words.size() > 2 ? std::stoi(std::string{words[2]}) : 40000);
    if (!connection_) connection_ = std::make_unique<Connection>(services());
    verdict_ = connection_->connect(step, macros_);
  }

  std::shared_ptr<const Services> services() {
    auto services = std::make_shared<Services>();
    services->config = std::make_shared<const conf::Config>(configuration_from(toml_));
    services->clock = clock_;
    services->directory = directory(services->config);
    services->dns = dns_;
    services->spf = std::make_shared<const auth::NativeSpfChecker>();
    const auto rule = services->config->dkim.body_length;
    switch (engine_) {
      case conf::DkimEngine::native:
        services->dkim_verifier = std::make_shared<const auth::NativeDkimVerifier>(rule);
        services->dkim_signer = std::make_shared<const sign::NativeDkimSigner>();
        break;
      case conf::DkimEngine::libopendkim: {
        auto made = backends::open_opendkim_module().value()->make_engine(rule);
        services->dkim_verifier = std::move(made.verifier);
        services->dkim_signer = std::move(made.signer);
        break;
      }
    }
    services->keys = std::make_shared<const sign::KeyRing>(
        sign::KeyRing::load(services->config->sign.keys, backends::KeyFiles{}));
    services->sealing_keys = std::make_shared<const sign::KeyRing>(
        sign::KeyRing::load(services->config->arc.keys, backends::KeyFiles{}));
    services->counters = counters_;
    services->trace_secret = {7, 7, 7};
    services->facts_log = facts_;
    services->authserv_id = "mx.home.test";
    return services;
  }

  std::shared_ptr<const ports::Directory> directory(
      std::shared_ptr<const conf::Config> config) const {
    return std::make_shared<const backends::JoinedDirectory>(
        std::vector<std::shared_ptr<const ports::Directory>>{
            std::make_shared<const backends::ConfigDirectory>(std::move(config)),
            directory_});
  }

  /// The address ends at the last ">", ESMTP arguments follow.
  static EnvelopeStep envelope(const std::string& value) {
    const auto end = value.starts_with('<') ? value.rfind('>') + 1 : value.find(' ');
    EnvelopeStep step;
    step.address = unescaped(value.substr(0, end));
    if (end < value.size())
      for (const auto word : split(trim(std::string_view{value}.substr(end)), ' '))
        step.arguments.emplace_back(word);
    return step;
  }

  /// The message that left us last, its lines `old -> new` replaced.
  Mail with_changes(const std::string& changes) const {
    auto text = text_of(left_);
    for (const auto& change : lines_of(changes)) {
      const auto arrow = change.find(" -> ");
      if (arrow == std::string::npos) continue;
      const auto at = text.find(change.substr(0, arrow));
      if (at == std::string::npos) throw std::runtime_error("nothing to change: " + change);
      text.replace(at, arrow, change.substr(arrow + 4));
    }
    Mail mail;
    const auto end = text.find("\r\n\r\n");
    mail.body = text.substr(end + 4);
    for (auto line : split(std::string_view{text}.substr(0, end), '\n')) {
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (is_wsp(line.front())) {
        (mail.headers.back().value += '\n') += line;
        continue;
      }
      const auto colon = line.find(':');
      mail.headers.push_back(
          {std::string{line.substr(0, colon)}, std::string{line.substr(colon + 1)}});
    }
    return mail;
  }

  /// "NAME N": so many questions about the name, of whatever type.
  void check_asked(const std::string& value) {
    const auto blank = value.find(' ');
    const auto asked = dns_->asked();
    const auto times =
        std::ranges::count(asked, value.substr(0, blank), &ports::DnsQuestion::name);
    BOOST_TEST(times == std::stoi(value.substr(blank + 1)));
  }

  /// A reader may take the domain for the author's: unless it is aligned, nothing may say
  /// that DMARC passes.
  void check_shown(std::string_view shown) {
    const auto domain = Domain::parse(shown).value();
    for (const auto& aligned : aligned_)
      if (domain.is_within(aligned)) return;
    const auto lines = sink_.lines();
    const auto delivered = verdict_.refuses() ? std::string{} : text_of(left_);
    for (const auto& text : {lines.empty() ? std::string{} : lines.back(), delivered})
      BOOST_CHECK_MESSAGE(text.find("dmarc=pass") == std::string::npos,
                          "dmarc=pass, but shown is " << shown << ":\n"
                                                      << text);
  }

  void hand_in(Mail mail) {
    if (!sign_as_.empty()) sign(mail);
    for (const auto& value : seals_) seal(mail, value);
    seals_.clear();
    auto& to = connection();
    const auto began = processor_seconds();
    to.data(macros_);
    for (const auto& field : mail.headers) to.header(field.name, field.value);
    to.end_of_headers(macros_);
    if (!mail.body.empty()) to.body(mail.body);
    verdict_ = to.end_of_message(macros_);
    BOOST_TEST(processor_seconds() - began < seconds_per_message);
    check_edits(mail.headers, verdict_.edits);
    const auto lines = sink_.lines();
    if (!lines.empty()) check_told(verdict_.edits, lines.back());
    carry_out(mail, verdict_.edits);
    left_ = std::move(mail);
  }

  void sign(Mail& mail) {
    const auto words = split(sign_as_, ' ');
    ports::SigningRequest request;
    request.key = keys_.rsa();
    request.domain = Domain::parse(words.at(0)).value();
    request.selector = words.at(1);
    request.oversigned = {"From"};
    request.signed_if_there = {"Subject", "To", "Date", "Message-ID"};
    request.signed_at = clock_->today();
    const auto signing = sign::NativeDkimSigner{}.begin(mail.headers, {request});
    signing->body(mail.body);
    const auto fields = signing->finish();
    if (fields)
      mail.headers.insert(mail.headers.begin(), fields->front());
    else if (words.size() < 3 || words[2] != "if-possible")
      throw std::runtime_error("not signed");
    sign_as_.clear();
  }

  /// Adds an ARC Set as a forwarder would, who validates before.
  void seal(Mail& mail, const std::string& value) {
    const auto words = split(value, ' ');
    auth::ArcValidation validation{mail.headers, *dns_, *clock_};
    validation.body(mail.body);
    const auto found =
        validation.finish(Deadline::after(*clock_, std::chrono::seconds{1})).result;
    ports::SigningRequest request;
    request.key = keys_.rsa();
    request.domain = Domain::parse(words.at(0)).value();
    request.selector = words.at(1);
    request.oversigned = {"From", "Subject"};
    request.signed_at = clock_->today();
    sign::ArcSealing sealing{std::move(request)};
    sealing.body(mail.body);
    const auto results = value.substr(words[0].size() + words[1].size() + 2);
    const auto fields = sealing.finish(mail.headers, found, results);
    if (!fields) throw std::runtime_error("not sealed");
    mail.headers.insert(mail.headers.begin(), fields->begin(), fields->end());
  }

  /// "alice@home.test bob@home.test to quarantine@home.test"
  std::vector<std::string> redirections() const {
    std::vector<std::string> all;
    for (const auto& redirection : verdict_.redirections)
      all.push_back(fmt::format("{} to {}", fmt::join(redirection.recipients, " "),
                                redirection.mailbox));
    return all;
  }

  std::string unfolded_text() const {
    Mail mail = left_;
    for (auto& field : mail.headers) {
      std::string line;
      for (const char c : field.value)
        if (c != '\r' && c != '\n') line += c == '\t' ? ' ' : c;
      field.value = line;
    }
    return text_of(mail);
  }

  const conf::DkimEngine engine_;
  const TestKeys& keys_ = TestKeys::shared();
  RecordedSink sink_;
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  std::shared_ptr<FakeDirectory> directory_ = std::make_shared<FakeDirectory>();
  std::shared_ptr<FakeResolver> dns_ = std::make_shared<FakeResolver>();
  std::shared_ptr<LastFacts> facts_ = std::make_shared<LastFacts>();
  std::shared_ptr<FakeCounters> counters_ = std::make_shared<FakeCounters>();
  std::string toml_;
  MapMacros macros_;
  std::unique_ptr<Connection> connection_;
  std::string sign_as_;
  std::vector<std::string> seals_;
  std::vector<Domain> aligned_;
  Verdict verdict_;
  Mail left_;
};

}  // namespace

Played play(conf::DkimEngine engine, const Case& conversation) {
  Stage stage{engine};
  for (const auto& [key, value] : conversation.fields) {
    BOOST_TEST_CONTEXT(key << ": " << value.substr(0, 60)) stage.step(key, value);
  }
  return stage.played();
}

}  // namespace milterward::tests
