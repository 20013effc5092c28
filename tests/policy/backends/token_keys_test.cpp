// SPDX-License-Identifier: Apache-2.0
// Keys in a token: SoftHSM, with tokens in a directory of this run. What it signs verifies,
// what it forgets is made good, and what it has not got is named. A library is loaded once
// in a process, so all tests share the tokens.
#include "policy/backends/token_keys.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <sys/stat.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "policy/auth/dkim/public_key.h"
#include "policy/backends/key_files.h"
#include "policy/sign/key_publication.h"
#include "tests/policy/backends/dkim_workbench.h"
#include "tests/policy/backends/server_process.h"
#include "tests/support/contains.h"
#include "tests/support/recorded_sink.h"

namespace milterward::tests {
namespace {

using backends::TokenKeys;
using ports::SigningAlgorithm;
namespace fs = std::filesystem;

fs::path softhsm() {
  for (const auto* path : {"/usr/lib/softhsm/libsofthsm2.so",
                           "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"})
    if (fs::exists(path)) return path;
  throw std::runtime_error{"there is no SoftHSM; packaging/install-deps brings it"};
}

/// The tokens "mail", with keys, and "spare", without, and the PIN of both.
class Desk {
 public:
  Desk() {
    std::string pattern = fs::temp_directory_path() / "milterward-tokens-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no directory"};
    path_ = pattern;
    fs::create_directory(path_ / "tokens");
    // Its own format has no quotation marks.
    std::ofstream{path_ / "softhsm2.conf"}
        << "directories.tokendir = " << (path_ / "tokens").string()
        << "\nobjectstore.backend = file\n"
           "log.level = ERROR\n";
    ::setenv("SOFTHSM2_CONF", (path_ / "softhsm2.conf").c_str(), 1);
    for (const auto* token : {"mail", "spare"})
      run({"--init-token", "--free", "--label", token, "--so-pin", "12345678", "--pin",
           "4711"});
    import(pem_of(*rsa_key()), "rsa", "a1");
    import(pem_of(*ed25519_key()), "ed", "ed");
    import(pem_of(*rsa_key()), "twin", "b1");
    import(pem_of(*rsa_key()), "twin", "b2");
    write_pin("4711\n");
  }
  ~Desk() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  void write_pin(const std::string& text, mode_t mode = 0600) const {
    std::ofstream{pin_file()} << text;
    ::chmod(pin_file().c_str(), mode);
  }
  fs::path pin_file() const { return path_ / "pin"; }
  conf::Pkcs11Settings settings() const {
    return {softhsm(), pin_file(), 2, std::chrono::seconds{20}};
  }

  /// A token that was not there when the library began.
  void bring(const char* token) const {
    run({"--init-token", "--free", "--label", token, "--so-pin", "12345678", "--pin",
         "4711"});
    import(pem_of(*rsa_key()), "rsa", "a1", token);
  }

 private:
  void run(std::vector<std::string> words) const {
    words.insert(words.begin(), "/usr/bin/softhsm2-util");
    if (status_of(spawn(words, path_ / "log")) != 0)
      throw std::runtime_error{text_of(path_ / "log")};
  }
  void import(const std::string& pem, const char* label, const char* id,
              const char* token = "mail") const {
    std::ofstream{path_ / "key.pem"} << pem;
    run({"--import", path_ / "key.pem", "--token", token, "--label", label, "--id", id,
         "--pin", "4711"});
  }

  fs::path path_;
};

const Desk& desk() {
  static const Desk the_desk;
  return the_desk;
}

std::shared_ptr<const ports::PrivateKey> loaded(const TokenKeys& keys,
                                                const std::string& uri) {
  const auto key = keys.load(uri);
  BOOST_REQUIRE_MESSAGE(key.has_value(), (key ? "" : key.fault().reason));
  return *key;
}

std::string token_fault(const TokenKeys& keys, const std::string& uri) {
  const auto key = keys.load(uri);
  return key ? "" : key.fault().reason;
}

auth::PublicKey public_half(const ports::PrivateKey& key) {
  const auto record = auth::parse_key_record(sign::key_record_text(key));
  return auth::PublicKey::decode(record.value()).value();
}

const std::string some_digest(32, 'x');

bool signs(const ports::PrivateKey& key) {
  const auto signature = key.sign(some_digest);
  return signature && public_half(key).verifies(some_digest, *signature);
}

/// What the library itself is told behind our back.
CK_FUNCTION_LIST& behind_our_back() {
  void* handle = ::dlopen(softhsm().c_str(), RTLD_NOW | RTLD_NOLOAD);
  BOOST_REQUIRE(handle != nullptr);
  CK_FUNCTION_LIST* list = nullptr;
  const auto get =
      reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"));
  BOOST_REQUIRE(get != nullptr && get(&list) == CKR_OK);
  return *list;
}

void forget_all_sessions() {
  std::vector<CK_SLOT_ID> slots(16);
  CK_ULONG count = slots.size();
  BOOST_REQUIRE(behind_our_back().C_GetSlotList(CK_TRUE, slots.data(), &count) == CKR_OK);
  for (CK_ULONG i = 0; i < count; ++i) behind_our_back().C_CloseAllSessions(slots[i]);
}

BOOST_AUTO_TEST_SUITE(token_keys)

BOOST_AUTO_TEST_CASE(keys_of_both_kinds_sign_and_show_their_public_half) {
  const TokenKeys keys{desk().settings()};
  const auto rsa = loaded(keys, "pkcs11:token=mail;object=rsa;type=private");
  BOOST_TEST((rsa->algorithm() == SigningAlgorithm::rsa_sha256));
  BOOST_TEST(rsa->bits() == 2048U);
  BOOST_TEST(!rsa->has_pem());
  BOOST_TEST(rsa->public_record() == rsa_key()->public_record());
  BOOST_TEST(rsa->sign(some_digest).value() == rsa_key()->sign(some_digest).value());
  const auto ed25519 = loaded(keys, "pkcs11:token=mail;id=%ed");
  BOOST_TEST((ed25519->algorithm() == SigningAlgorithm::ed25519_sha256));
  BOOST_TEST(ed25519->public_record() == ed25519_key()->public_record());
  BOOST_TEST(ed25519->sign(some_digest).value() ==
             ed25519_key()->sign(some_digest).value());
}

BOOST_AUTO_TEST_CASE(many_threads_share_few_sessions) {
  const TokenKeys keys{desk().settings()};
  const auto rsa = loaded(keys, "pkcs11:object=rsa;token=mail");
  const auto ed25519 = loaded(keys, "pkcs11:object=ed;token=mail");
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 10; ++n) good += signs(i % 2 == 0 ? *rsa : *ed25519) ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  BOOST_TEST(good == 80);
}

BOOST_AUTO_TEST_CASE(a_token_that_forgot_our_login_is_logged_into_again) {
  const TokenKeys keys{desk().settings()};
  const auto rsa = loaded(keys, "pkcs11:object=rsa;token=mail");
  forget_all_sessions();
  BOOST_TEST(signs(*rsa));
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  forget_all_sessions();
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { good += signs(*rsa) ? 1 : 0; });
  for (auto& thread : threads) thread.join();
  BOOST_TEST(good == 4);
}

BOOST_AUTO_TEST_CASE(a_key_outlives_what_loaded_it) {
  std::shared_ptr<const ports::PrivateKey> key;
  {
    const TokenKeys keys{desk().settings()};
    key = loaded(keys, "pkcs11:object=ed;token=mail");
  }
  BOOST_TEST(signs(*key));
}

BOOST_AUTO_TEST_CASE(a_refused_pin_is_told_once_and_not_tried_again) {
  RecordedSink sink;
  const TokenKeys keys{desk().settings()};
  const auto key = loaded(keys, "pkcs11:object=rsa;token=mail");
  desk().write_pin("1234\n");
  forget_all_sessions();
  BOOST_TEST((key->sign(some_digest).fault() == ports::SigningFault::no_token));
  std::this_thread::sleep_for(std::chrono::milliseconds{1100});
  BOOST_TEST((key->sign(some_digest).fault() == ports::SigningFault::no_token));
  BOOST_TEST(
      contains(token_fault(keys, "pkcs11:object=rsa;token=mail"), "refused the PIN"));
  desk().write_pin("4711\n");
  std::this_thread::sleep_for(std::chrono::milliseconds{1100});
  BOOST_TEST(signs(*key));
  const auto lines = sink.lines();
  BOOST_REQUIRE(lines.size() == 2U);
  BOOST_TEST(contains(lines[0], "token.failing token=mail reason=no login: "));
  BOOST_TEST(lines[1] == "token.recovered token=mail");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_named) {
  const TokenKeys keys{desk().settings()};
  BOOST_TEST(token_fault(keys, "pkcs11:object=rsa;token=other") ==
             "pkcs11:object=rsa;token=other: no token fits it");
  BOOST_TEST(contains(token_fault(keys, "pkcs11:object=rsa"), "several tokens fit it"));
  BOOST_TEST(token_fault(keys, "pkcs11:object=none;token=mail") ==
             "pkcs11:object=none;token=mail: no private key fits it");
  BOOST_TEST(contains(token_fault(keys, "pkcs11:object=twin;token=mail"),
                      "several private keys fit it; name both object and id"));
  BOOST_TEST(
      !loaded(keys, "pkcs11:object=twin;id=%b2;token=mail")->public_record().empty());
  BOOST_TEST(contains(token_fault(keys, "pkcs11:token=mail"), "does not say which key"));
  auto elsewhere = desk().settings();
  elsewhere.module = "/nonexistent/token.so";
  BOOST_TEST(contains(token_fault(TokenKeys{elsewhere}, "pkcs11:object=rsa"),
                      "/nonexistent/token.so cannot be loaded: "));
}

BOOST_AUTO_TEST_CASE(a_token_that_comes_later_is_found_once_no_other_is_at_work) {
  const auto* late = "pkcs11:token=late;object=rsa;type=private";
  {
    const TokenKeys keys{desk().settings()};
    BOOST_TEST(contains(token_fault(keys, late), "no token fits it"));
    desk().bring("late");
    // SoftHSM looks for tokens when it begins, which would end the sessions of this one.
    const auto at_work = loaded(keys, "pkcs11:token=mail;object=rsa;type=private");
    BOOST_TEST(signs(*at_work));
  }
  {
    const TokenKeys keys{desk().settings()};
    const auto at_work = loaded(keys, "pkcs11:token=mail;object=ed;type=private");
    desk().bring("later");
    BOOST_TEST(
        contains(token_fault(keys, "pkcs11:token=later;object=rsa"), "no token fits it"));
    BOOST_TEST(signs(*at_work));
  }
  const TokenKeys keys{desk().settings()};
  BOOST_TEST(signs(*loaded(keys, "pkcs11:token=later;object=rsa;type=private")));
  BOOST_TEST(signs(*loaded(keys, late)));
}

BOOST_AUTO_TEST_CASE(a_pin_that_others_may_read_is_refused) {
  forget_all_sessions();
  desk().write_pin("4711\n", 0644);
  BOOST_TEST(
      contains(token_fault(TokenKeys{desk().settings()}, "pkcs11:object=rsa;token=mail"),
               "can be read or written by others; mend it with: chmod"));
  desk().write_pin("two\nlines\n");
  BOOST_TEST(
      contains(token_fault(TokenKeys{desk().settings()}, "pkcs11:object=rsa;token=mail"),
               "does not hold one line with a PIN"));
  desk().write_pin("4711\n");
}

BOOST_AUTO_TEST_CASE(files_and_tokens_go_by_name) {
  const TokenKeys tokens{desk().settings()};
  const backends::KeyFiles files;
  const backends::KeysByName both{files, &tokens};
  BOOST_TEST(both.load("pkcs11:object=ed;token=mail").has_value());
  BOOST_TEST(contains(both.load("/nonexistent/key.pem").fault().reason, "No such file"));
  const backends::KeysByName without{files, nullptr};
  BOOST_TEST(contains(without.load("pkcs11:object=ed").fault().reason, "pkcs11.module"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
