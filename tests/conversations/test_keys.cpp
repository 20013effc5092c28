// SPDX-License-Identifier: Apache-2.0
#include "tests/conversations/test_keys.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "policy/backends/key_files.h"

namespace milterward::tests {
namespace {

void write_key(const std::string& file, EVP_PKEY* made) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key{made, EVP_PKEY_free};
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out{std::fopen(file.c_str(), "w"),
                                                            std::fclose};
  if (!key || !out ||
      PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1)
    throw std::runtime_error("no key for the tests: " + file);
  ::chmod(file.c_str(), 0600);
}

std::shared_ptr<const ports::PrivateKey> load(const std::string& file) {
  auto key = backends::KeyFiles{}.load(file);
  if (!key) throw std::runtime_error(key.fault().reason);
  return std::move(key).value();
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.replace(at, what.size(), with);
  return text;
}

}  // namespace

const TestKeys& TestKeys::shared() {
  static const TestKeys keys;
  return keys;
}

TestKeys::TestKeys() {
  std::string pattern = std::filesystem::temp_directory_path() / "milterward-keys-XXXXXX";
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no directory for test keys");
  directory_ = pattern;
  write_key(directory_ + "/rsa.pem",
            EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048}));
  write_key(directory_ + "/ed25519.pem", EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  rsa_ = load(directory_ + "/rsa.pem");
  ed25519_ = load(directory_ + "/ed25519.pem");
}

TestKeys::~TestKeys() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string TestKeys::with_files(std::string text) const {
  text = replaced(std::move(text), "$RSA_FILE", directory_ + "/rsa.pem");
  return replaced(std::move(text), "$ED25519_FILE", directory_ + "/ed25519.pem");
}

std::string TestKeys::with_records(std::string text) const {
  text = replaced(std::move(text), "$RSA", rsa_->public_record());
  return replaced(std::move(text), "$ED25519", ed25519_->public_record());
}

}  // namespace milterward::tests
