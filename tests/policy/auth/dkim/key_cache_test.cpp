// SPDX-License-Identifier: Apache-2.0
// Decoded keys are kept as long as the DNS answer may be used, and never hide a change.
#include "policy/auth/dkim/key_cache.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "policy/auth/dkim/base64.h"
#include "tests/support/fake_clock.h"
#include "tests/support/openssl_keys.h"

namespace milterward::auth {
namespace {

using namespace std::chrono_literals;
using tests::FakeClock;

std::string ed25519_record() {
  return "v=DKIM1; k=ed25519; p=" +
         encode_base64(tests::raw_public_key(tests::make_key("ED25519").get()));
}

struct World {
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  KeyCache keys{clock, 64};

  /// Where the key is: the same again when it was kept.
  std::shared_ptr<const PublishedKey> read(const std::string& text,
                                           std::chrono::seconds ttl) {
    return keys.read(text, clock->now() + ttl).value();
  }
};

BOOST_AUTO_TEST_SUITE(dkim_key_cache)

BOOST_AUTO_TEST_CASE(a_key_is_decoded_once_while_its_answer_lives) {
  World world;
  const auto record = ed25519_record();
  const auto first = world.read(record, 60s);
  world.clock->advance(59s);
  BOOST_TEST((world.read(record, 1s) == first));
  world.clock->advance(1s);
  BOOST_TEST((world.read(record, 60s) != first));
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_not_to_be_kept_leaves_no_key) {
  World world;
  const auto record = ed25519_record();
  const auto first = world.read(record, 0s);
  BOOST_TEST((world.read(record, 0s) != first));
  // An answer whose resolver does not say how long it lives.
  const auto undated = world.keys.read(record, SteadyTime{}).value();
  BOOST_TEST((world.read(record, 0s) != undated));
}

BOOST_AUTO_TEST_CASE(a_changed_record_is_another_key) {
  World world;
  const auto before = ed25519_record(), after = ed25519_record();
  const auto old_key = world.read(before, 1h);
  const auto new_key = world.read(after, 1h);
  BOOST_TEST((new_key->record.public_key != old_key->record.public_key));
  // The same key with other flags.
  BOOST_TEST(!world.read(before, 1h)->record.is_testing);
  BOOST_TEST(world.read(before + "; t=y", 1h)->record.is_testing);
}

BOOST_AUTO_TEST_CASE(what_is_no_key_record_is_said_each_time) {
  World world;
  for (int round = 0; round < 2; ++round) {
    const auto revoked = world.keys.read("v=DKIM1; p=", world.clock->now() + 1h);
    BOOST_REQUIRE(!revoked);
    BOOST_TEST((revoked.fault() == KeyRecordFault::revoked));
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_decoded_is_kept_as_such) {
  World world;
  const auto first = world.read("p=QUJD", 60s);
  BOOST_TEST((first->key.fault() == PublicKeyFault::undecodable));
  BOOST_TEST((world.read("p=QUJD", 60s) == first));
}

BOOST_AUTO_TEST_CASE(long_records_are_read_and_not_kept) {
  World world;
  const auto record = ed25519_record() + "; n=" + std::string(3000, 'x');
  const auto first = world.read(record, 1h);
  BOOST_TEST(first->key.has_value());
  BOOST_TEST((world.read(record, 1h) != first));
}

BOOST_AUTO_TEST_CASE(there_is_a_limit_and_the_least_used_goes) {
  World world;
  const auto record = ed25519_record();
  const auto first = world.read(record, 1h);
  for (int i = 0; i < 40; ++i) {
    world.read("n=" + std::to_string(i) + "; p=QUJD", 1h);
    BOOST_TEST((world.read(record, 1h) == first));
  }
  for (int i = 0; i < 64; ++i) world.read("n=x" + std::to_string(i) + "; p=QUJD", 1h);
  BOOST_TEST((world.read(record, 1h) != first));
}

BOOST_AUTO_TEST_CASE(threads_share_it) {
  World world;
  const std::vector<std::string> records{ed25519_record(), ed25519_record(),
                                         ed25519_record()};
  std::vector<std::future<void>> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.push_back(std::async(std::launch::async, [&] {
      for (int round = 0; round < 200; ++round)
        for (const auto& record : records)
          if (!world.read(record, round % 7 == 0 ? 0s : 60s)->key) std::abort();
    }));
  for (auto& thread : threads) thread.get();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::auth
