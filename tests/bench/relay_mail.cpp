// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/relay_mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policy/auth/dkim/native_verifier.h"
#include "policy/auth/iprev/iprev.h"
#include "policy/auth/spf/native_checker.h"
#include "policy/backends/config_directory.h"
#include "policy/backends/directory_files.h"
#include "policy/backends/joined_directory.h"
#include "policy/backends/sqlite_counters.h"
#include "policy/connection.h"
#include "policy/sign/native_signer.h"
#include "tests/bench/dkim_mail.h"
#include "tests/bench/played_mail.h"
#include "tests/support/configuration.h"

namespace milterward::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t accounts = 1000;
constexpr std::size_t clients = 200;  // of each kind
constexpr auto between_messages = 100ms;

constexpr auto verification = R"(
[authres]
authserv_id = "mx.home.test"
[inbound]
mode = "enforce"
)";

/// The kinds and the number of limits that the manual shows, too high to be met.
constexpr auto rules = R"(
[relay]
mode = "enforce"
domains = ["home.test"]
[identity]
mode = "reject"
[quota]
mode = "enforce"
default_class = "standard"
[[quota.class]]
name = "standard"
limits = ["messages=1G/day", "recipients=1G/day", "messages=1G/10m"]
[[quota.class]]
name = "small"
limits = ["messages=1/day"]
[[quota.domain]]
limits = ["recipients=1G/day"]
[[quota.client]]
networks = ["0.0.0.0/0", "::/0"]
limits = ["messages=1G/1h"]
[[directory.account]]
login = "small@home.test"
may_use = ["small@home.test"]
class = "small"
)";

std::string rules_with_accounts() {
  std::string toml = rules;
  for (std::size_t i = 0; i < accounts; ++i)
    toml += fmt::format(
        "[[directory.account]]\nlogin = \"user{0}@home.test\"\n"
        "may_use = [\"user{0}@home.test\"]\n",
        i);
  return toml;
}

IpAddress address(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::size_t number) {
  return IpAddress::v4({a, b, c, static_cast<std::uint8_t>(1 + number % clients)});
}
IpAddress server(std::size_t number) { return address(203, 0, 113, number); }
IpAddress home(std::size_t number) { return address(198, 51, 100, number); }

/// DNS that knows some records and has every answer at hand.
class AnswersAtHand final : public ports::Resolver {
 public:
  explicit AnswersAtHand(const std::string& key_record) {
    const auto spf = [](ports::DnsAnswer& answer) {
      answer.texts = {"v=spf1 ip4:203.0.113.0/24 -all"};
    };
    add({"example.com", ports::DnsType::txt}, spf);
    add({"mx.example.com", ports::DnsType::txt}, spf);
    add({"_dmarc.example.com", ports::DnsType::txt},
        [](auto& answer) { answer.texts = {"v=DMARC1; p=reject"}; });
    add({"bench._domainkey.example.com", ports::DnsType::txt},
        [&](auto& answer) { answer.texts = {key_record}; });
    for (std::size_t i = 0; i < clients; ++i) {
      const auto name = fmt::format("mx{}.example.com", i);
      add(auth::iprev_question(server(i)), [&](auto& answer) { answer.names = {name}; });
      add({name, ports::DnsType::a}, [&](auto& answer) { answer.addresses = {server(i)}; });
    }
    ports::DnsAnswer nothing;
    nothing.outcome = ports::DnsOutcome::no_domain;
    absent_ = at_hand(std::move(nothing));
  }

  ports::Pending ask(const ports::DnsQuestion& question) override {
    const auto found = answers_.find(name_of(question));
    return found == answers_.end() ? absent_ : found->second;
  }

 private:
  class AtHand final : public ports::Pending::State {
   public:
    explicit AtHand(ports::DnsAnswer answer)
        : answer_(std::make_shared<const ports::DnsAnswer>(std::move(answer))) {}
    ports::DnsResult wait(Deadline) override { return answer_; }

   private:
    std::shared_ptr<const ports::DnsAnswer> answer_;
  };

  static ports::Pending at_hand(ports::DnsAnswer answer) {
    answer.expires = SteadyTime::max();
    return ports::Pending{std::make_shared<AtHand>(std::move(answer))};
  }
  static std::string name_of(const ports::DnsQuestion& question) {
    return fmt::format("{}/{}", question.name, static_cast<int>(question.type));
  }
  template <class Fill>
  void add(const ports::DnsQuestion& question, Fill fill) {
    ports::DnsAnswer answer;
    answer.outcome = ports::DnsOutcome::found;
    fill(answer);
    answers_.insert_or_assign(name_of(question), at_hand(std::move(answer)));
  }

  std::unordered_map<std::string, ports::Pending> answers_;
  ports::Pending absent_;
};

void insist(bool works, std::string_view what) {
  if (!works) throw std::runtime_error(fmt::format("{} does not work", what));
}

}  // namespace

class RelayMail::PassingClock final : public Clock {
 public:
  SteadyTime now() const noexcept override { return std::chrono::steady_clock::now(); }
  WallTime today() const noexcept override {
    return WallTime{1'790'000'000s + between_messages * passed_.load()};
  }
  void pass() { ++passed_; }

 private:
  std::atomic<std::int64_t> passed_{0};
};

/// One message, and what comes with it. Each has a recipient of its own: the same message
/// to the same recipient again would not be counted.
struct RelayMail::Play {
  IpAddress client;
  std::string login;
  std::string mail_from;
  std::string recipient;  // "" for none
  std::string author;     // "" for the one in its header
};

RelayMail::RelayMail() : clock_(std::make_shared<PassingClock>()) {
  const auto key = rsa_key();
  auto mail = small_mail();
  sign::NativeDkimSigner signer;
  auto request = request_for(key);
  request.signed_at = clock_->today();
  const auto signing = signer.begin(mail.headers, {request});
  signing->body(mail.body);
  const auto signatures = signing->finish();
  insist(signatures.has_value(), "signing");
  own_header_ = mail.headers;
  signed_header_ = std::move(mail.headers);
  signed_header_.insert(signed_header_.begin(), signatures->begin(), signatures->end());
  body_ = std::move(mail.body);
  dns_ = std::make_shared<AnswersAtHand>(key.record);

  without_ = services_for(verification);
  with_rules_ = services_for(verification + rules_with_accounts());
  auto counters = backends::SqliteCounters::open(directory_.path("state.db"),
                                                 with_rules_->config->store.sync, clock_);
  if (!counters) throw std::runtime_error(counters.fault());
  with_rules_->counters = std::move(counters).value();
}

RelayMail::~RelayMail() = default;

std::shared_ptr<Services> RelayMail::services_for(const std::string& toml) {
  const auto services = std::make_shared<Services>();
  const auto config = std::make_shared<const conf::Config>(tests::configuration_from(toml));
  services->config = config;
  services->clock = clock_;
  const auto files = backends::DirectoryFiles::open(config->directory, clock_);
  insist(files.has_value(), "the directory");
  services->directory = std::make_shared<backends::JoinedDirectory>(
      std::vector<std::shared_ptr<const ports::Directory>>{
          std::make_shared<backends::ConfigDirectory>(config), *files});
  services->dns = dns_;
  services->spf = std::make_shared<const auth::NativeSpfChecker>();
  services->dkim_verifier = std::make_shared<const auth::NativeDkimVerifier>(
      config->dkim.body_length, services->published_keys);
  services->dkim_signer = std::make_shared<const sign::NativeDkimSigner>();
  services->keys = std::make_shared<const sign::KeyRing>();
  services->sealing_keys = std::make_shared<const sign::KeyRing>();
  services->trace_secret = {1};
  services->authserv_id = config->authres.authserv_id;
  return services;
}

/// The rule that refused, or that accepted at the end of the message.
std::string RelayMail::play(Services& services, const Play& play) {
  clock_->pass();
  ++played_;
  const PlayedMacros macros{play.login};
  Connection connection{{std::shared_ptr<void>{}, &services}};
  connection.connect({"mx.example.com", play.client, 40000}, macros);
  connection.helo("mx.example.com", macros);
  if (auto verdict = connection.mail({play.mail_from, {}}, macros); verdict.refuses())
    return verdict.rule;
  if (!play.recipient.empty())
    if (auto verdict = connection.rcpt({play.recipient, {}}, macros); verdict.refuses())
      return verdict.rule;
  for (const auto& field : play.login.empty() ? signed_header_ : own_header_)
    connection.header(field.name, play.author.empty() || field.name != "From"
                                      ? field.value
                                      : play.author);
  connection.end_of_headers(macros);
  connection.body(body_);
  const auto verdict = connection.end_of_message(macros);
  if (play.login.empty()) insist(shows_passes(verdict.edits), "verifying");
  if (services.counters && !verdict.refuses()) ++counted_;
  return verdict.rule;
}

RelayMail::Play RelayMail::stranger() const {
  return {server(played_), "", "<joe@example.com>",
          fmt::format("<jane{}@home.test>", played_), ""};
}

/// To a colleague: what leaves us is looked over as well (policy/preflight.h), which is no
/// rule of the relay's, and is not done where no recipient is named.
RelayMail::Play RelayMail::user(std::size_t number) const {
  const auto address = fmt::format("user{}@home.test", number);
  return {home(played_), address, "<" + address + ">",
          fmt::format("<jane{}@home.test>", played_), " Joe Doe <" + address + ">"};
}

void RelayMail::inbound(Rules rules) {
  auto message = stranger();
  if (rules == Rules::off) message.recipient.clear();
  insist(play(of(rules), message) == "inbound.accepted", "verification");
}

void RelayMail::submission(Rules rules) {
  auto message = user(played_ % accounts);
  if (rules == Rules::off) message.recipient.clear();
  insist(play(of(rules), message) == "sign.no_key", "submission");
}

void RelayMail::told_to(const std::shared_ptr<ports::Journal>& journal,
                        const std::shared_ptr<ports::Metrics>& metrics) {
  without_->journal = journal;
  without_->metrics = metrics;
  inbound(Rules::off);
  without_->journal.reset();
  without_->metrics.reset();
}

void RelayMail::try_rules() {
  const auto try_one = [this](const Play& message, std::string_view rule) {
    insist(play(*with_rules_, message) == rule, rule);
  };
  auto elsewhere = stranger();
  elsewhere.recipient = "<jane@example.org>";
  try_one(elsewhere, "relay.denied");
  auto under_another_name = user(1);
  under_another_name.author = user(2).author;
  try_one(under_another_name, "identity.author");
  under_another_name.mail_from = user(2).mail_from;
  try_one(under_another_name, "identity.mail_from");
  auto small = under_another_name;
  small.login = "small@home.test";
  small.mail_from = "<small@home.test>";
  small.author = " small@home.test";
  try_one(small, "sign.no_key");
  small.recipient = "<richard@example.org>";  // the same message would count once
  try_one(small, "quota.account.messages_per_day");
}

void RelayMail::close() {
  with_rules_->counters.reset();
  with_rules_.reset();
  without_.reset();
}

}  // namespace milterward::bench
