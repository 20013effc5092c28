// SPDX-License-Identifier: Apache-2.0
// The life of a key from its making to its end, with nobody at hand: files, signer,
// verifier and keeper in one process, a real name server, and a clock that the test turns.
// Two resolvers with caches, ours and that of a receiver. Every message is verified when it
// was sent, and again after five days, the time that mail may wait in a queue.
#include <boost/test/unit_test.hpp>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>

#include "conf/keys.h"
#include "policy/auth/dkim/native_verifier.h"
#include "policy/backends/direct_name_servers.h"
#include "policy/backends/directory_keys.h"
#include "policy/backends/key_directory.h"
#include "policy/backends/key_state_files.h"
#include "policy/backends/unbound_resolver.h"
#include "policy/chores/key_keeper.h"
#include "policy/sign/key_shelf.h"
#include "policy/sign/managed_keys.h"
#include "policy/sign/native_signer.h"
#include "policy/sign/new_key.h"
#include "policy/sign/request.h"
#include "tests/milter/temporary_directory.h"
#include "tests/policy/backends/knot_server.h"
#include "tests/policy/backends/resolver_settings.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using chores::KeyKeeper;
using chores::RecordChange;
using ports::KeyState;
using ports::SigningAlgorithm;

/// Runs as time does, and can be put forward: whoever waits for a server really waits.
class HandClock final : public Clock {
 public:
  SteadyTime now() const noexcept override {
    return std::chrono::steady_clock::now() + forward_;
  }
  WallTime today() const noexcept override { return begin_ + forward_; }
  void advance(std::chrono::hours by) { forward_ += by; }

 private:
  std::chrono::hours forward_{0};
  WallTime begin_{std::chrono::seconds{1'790'000'000}};
};

struct Message {
  WallTime sent;
  RawHeaders headers;  // signed
  bool was_late = false;
};

constexpr auto body = "Hello\r\n";
struct Town {
  Town() {
    conf::set_fallbacks(manner, conf::signing_key_table().keys);
    std::filesystem::create_directory(path);
  }

  /// What the hook of a slow provider does: the zone changes six hours later.
  std::optional<std::string> note(const RecordChange& change) {
    if (!asked_for.contains(change.name + change.text)) {
      asked_for.insert({change.name + change.text, true});
      orders.push_back({clock.today() + 6h, change});
    }
    return std::nullopt;
  }
  void serve() {
    bool changed = false;
    while (!orders.empty() && orders.front().first <= clock.today()) {
      const auto& change = orders.front().second;
      if (change.kind == RecordChange::Kind::publish)
        zone[change.name] = change.text;
      else
        zone.erase(change.name);
      orders.pop_front();
      changed = true;
    }
    if (changed) write_zone();
  }
  void write_zone() {
    knot.stop();
    std::string text = soa;
    for (const auto& [name, record] : zone) {
      text += name + ". 0 TXT";
      for (std::size_t at = 0; at < record.size(); at += 255)
        text += " \"" + record.substr(at, 255) + "\"";
      text += "\n";
    }
    std::ofstream{knot.directory() / "root.zone", std::ios::trunc} << text;
    knot.start();
  }
  std::string content_of_zone() const {
    std::ifstream file{knot.directory() / "root.zone"};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

  Deadline soon() { return Deadline::after(clock, 20s); }

  /// Nothing while no key may sign; such mail waits.
  std::optional<Message> send() {
    const auto found = shelf.keys_of(domain, soon());
    BOOST_REQUIRE(found.has_value());
    const auto& keys = found.value();
    if (keys->empty()) return std::nullopt;
    Message message{clock.today(), {{"From", " joe@rotate.test"}, {"Subject", " hello"}}};
    const auto header = sign::leaving_header({}, message.headers);
    std::vector<ports::SigningRequest> requests;
    for (const auto& key : *keys)
      requests.push_back(sign::request_for(key, header, clock.today()));
    const auto signing = signer.begin(header.fields, std::move(requests));
    signing->body(body);
    const auto fields = signing->finish();
    BOOST_REQUIRE(fields.has_value());
    message.headers.insert(message.headers.begin(), fields.value().begin(),
                           fields.value().end());
    return message;
  }
  void check(const Message& message, const char* when) {
    const auto verification = verifier.begin(message.headers, receiver, clock);
    verification->body(body);
    const auto findings = verification->finish(soon());
    BOOST_TEST(!findings.empty());
    for (const auto& finding : findings)
      BOOST_TEST((finding.result == ports::DkimResult::pass),
                 when << ": " << finding.selector << " " << to_text(finding.result) << " "
                      << finding.reason);
  }
  std::map<std::string, KeyState> states() {
    std::map<std::string, KeyState> all;
    const auto standings = files.of(domain).value();
    for (const auto& standing : standings) all[standing.selector] = standing.state;
    return all;
  }

  const Domain domain = Domain::parse("rotate.test").value();
  HandClock clock;
  KnotServer knot{""};
  const std::string soa = content_of_zone();
  std::map<std::string, std::string> zone;
  std::map<std::string, bool> asked_for;
  std::deque<std::pair<WallTime, RecordChange>> orders;

  backends::UnboundResolver ours{settings_for({knot.address()}), clock};
  backends::UnboundResolver receiver{settings_for({knot.address()}), clock};
  TemporaryDirectory directory;
  std::string path = directory.path("keys");
  backends::KeyDirectory store{path};
  backends::KeyStateFiles files{path};
  backends::DirectoryKeys all_keys{path};
  conf::SigningKey manner{};
  backends::DirectNameServers servers{{knot.address()}, clock};
  KeyKeeper keeper{{all_keys, store, files, ours, &servers, clock,
                    [this](const RecordChange& change) { return note(change); }},
                   {30 * 24h, 6 * 24h, conf::AskAuthoritative::all}};
  sign::KeyShelf shelf{{std::make_shared<sign::ManagedKeys>(
                           std::make_shared<backends::DirectoryKeys>(path),
                           std::make_shared<backends::KeyStateFiles>(path))},
                       manner,
                       {100, 60s},
                       std::shared_ptr<const Clock>{std::shared_ptr<void>{}, &clock}};
  sign::NativeDkimSigner signer;
  auth::NativeDkimVerifier verifier{conf::BodyLength::whole};
};

BOOST_FIXTURE_TEST_SUITE(key_rotation, Town)

BOOST_AUTO_TEST_CASE(a_rotation_runs_by_itself_and_no_message_is_signed_in_vain) {
  for (const auto& [selector, algorithm] :
       {std::pair{"first", SigningAlgorithm::rsa_sha256},
        std::pair{"firste", SigningAlgorithm::ed25519_sha256}}) {
    BOOST_TEST(!files.set(domain, {selector, KeyState::fresh, clock.today()}));
    BOOST_REQUIRE(
        store.add(domain, selector, sign::make_private_key(algorithm).value().view())
            .has_value());
  }
  std::vector<Message> sent;
  int waited = 0;
  for (int round = 0; round < 45 * 4; ++round) {
    serve();
    const auto kept = keeper.tend(domain, soon());
    BOOST_REQUIRE_MESSAGE(kept.has_value(), (kept ? "" : kept.fault().reason));
    if (auto message = send()) {
      check(*message, "at once");
      sent.push_back(std::move(*message));
    } else {
      ++waited;
      BOOST_TEST(sent.empty(), "once there is a key, there always is one");
    }
    for (auto& message : sent)
      if (!message.was_late && clock.today() >= message.sent + 5 * 24h) {
        message.was_late = true;
        check(message, "five days later");
      }
    clock.advance(6h);
  }
  BOOST_TEST(waited >= 2);  // the provider takes six hours, and the key is looked at twice
  BOOST_TEST(sent.size() + static_cast<std::size_t>(waited) == 180U);
  const auto now = states();
  BOOST_TEST((now.at("first") == KeyState::revoked));
  BOOST_TEST((now.at("firste") == KeyState::revoked));
  BOOST_TEST(!std::filesystem::exists(store.file_of(domain, "first")));
  BOOST_TEST(!zone.contains("first._domainkey.rotate.test"));
  BOOST_TEST(zone.size() == 2U);
  BOOST_TEST(std::ranges::count(now, KeyState::active,
                                &std::pair<const std::string, KeyState>::second) == 2);
  BOOST_TEST(now.size() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
