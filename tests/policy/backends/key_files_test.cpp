// SPDX-License-Identifier: Apache-2.0
// Private keys in files: who may read them, what is in them, when they are read again.
#include "policy/backends/key_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/policy/backends/dkim_workbench.h"
#include "tests/support/contains.h"

namespace milterward::tests {
namespace {

using backends::KeyFiles;

struct Directory {
  Directory() {
    std::string pattern = std::filesystem::temp_directory_path() / "milterward-keys-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const auto file = path / name;
    std::ofstream{file, std::ios::binary} << text;
    ::chmod(file.c_str(), mode);
    return file;
  }

  std::filesystem::path path;
};

std::string fault_of(const std::string& file) {
  const auto key = KeyFiles{}.load(file);
  return key ? "" : key.fault().reason;
}

using milterward::tests::contains;

BOOST_FIXTURE_TEST_SUITE(key_files, Directory)

BOOST_AUTO_TEST_CASE(keys_of_both_kinds_are_read) {
  const KeyFiles keys;
  const auto rsa = keys.load(write("rsa.pem", pem_of(*rsa_key())));
  BOOST_REQUIRE(rsa.has_value());
  BOOST_TEST(((*rsa)->algorithm() == ports::SigningAlgorithm::rsa_sha256));
  BOOST_TEST((*rsa)->bits() == 2048U);
  BOOST_TEST((*rsa)->public_record() == rsa_key()->public_record());
  const auto ed25519 = keys.load(write("ed.pem", pem_of(*ed25519_key()), 0640));
  BOOST_REQUIRE(ed25519.has_value());
  BOOST_TEST(((*ed25519)->algorithm() == ports::SigningAlgorithm::ed25519_sha256));
  BOOST_TEST((*ed25519)->public_record() == ed25519_key()->public_record());
}

BOOST_AUTO_TEST_CASE(modes_that_let_others_in_are_refused_with_the_cure) {
  for (const mode_t mode : {0644U, 0604U, 0601U, 0660U, 0620U, 0606U}) {
    const auto file = write("key.pem", pem_of(*rsa_key()), mode);
    const auto fault = fault_of(file);
    BOOST_TEST_INFO(fault);
    BOOST_TEST(contains(fault, file));
    BOOST_TEST(contains(fault, "owner "));
    BOOST_TEST(contains(fault, "mode 0"));
    BOOST_TEST(contains(fault, "chmod o-rwx,g-w " + file));
  }
  for (const mode_t mode : {0600U, 0400U, 0640U, 0440U})
    BOOST_TEST(fault_of(write("key.pem", pem_of(*rsa_key()), mode)) == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_file_or_no_key_is_refused) {
  BOOST_TEST(contains(fault_of(path / "none.pem"), "No such file"));
  BOOST_TEST(contains(fault_of(path), "not a regular file"));
  const auto fifo = path / "fifo";
  BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  BOOST_TEST(contains(fault_of(fifo), "not a regular file"));
  BOOST_TEST(contains(fault_of(write("empty", "")), "no private key in PEM"));
  BOOST_TEST(contains(fault_of(write("text", "hello\n")), "no private key in PEM"));
  BOOST_TEST(contains(fault_of(write("long", std::string(70'000, 'x'))), "too long"));
  BOOST_TEST(contains(fault_of(write("weak", make_pem("RSA", 512))), "less than 1024"));
}

BOOST_AUTO_TEST_CASE(an_unreadable_file_is_named_with_its_owner_and_the_cure) {
  const auto file = write("key.pem", pem_of(*rsa_key()), 0600);
  if (::geteuid() == 0) {
    // Root reads everything: be somebody else for the moment of the attempt.
    ::chmod(path.c_str(), 0711);
    BOOST_REQUIRE(::seteuid(65534) == 0);
    const auto fault = fault_of(file);
    BOOST_REQUIRE(::seteuid(0) == 0);
    BOOST_TEST_INFO(fault);
    BOOST_TEST(contains(fault, "(owner root:"));
    BOOST_TEST(contains(fault, "mode 0600"));
    BOOST_TEST(contains(fault, "chown root:"));
    BOOST_TEST(contains(fault, "chmod 0640 " + file));
  } else {
    ::chmod(file.c_str(), 0);
    BOOST_TEST(contains(fault_of(file), "cannot be read by"));
  }
}

BOOST_AUTO_TEST_CASE(a_key_is_parsed_once_until_its_file_changes) {
  const KeyFiles keys;
  const auto file = write("key.pem", pem_of(*rsa_key()));
  const auto first = keys.load(file).value();
  BOOST_TEST(keys.load(file).value() == first);
  write("key.pem", pem_of(*other_rsa_key()));
  const auto second = keys.load(file).value();
  BOOST_TEST(second != first);
  BOOST_TEST(second->bits() == 1024U);
  ::chmod(file.c_str(), 0644);
  BOOST_TEST(!keys.load(file).has_value());
}

BOOST_AUTO_TEST_CASE(a_key_that_nobody_uses_any_more_is_forgotten) {
  const KeyFiles keys;
  const auto file = write("key.pem", pem_of(*ed25519_key()));
  const std::weak_ptr<const ports::PrivateKey> key = keys.load(file).value();
  BOOST_TEST(key.expired());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
