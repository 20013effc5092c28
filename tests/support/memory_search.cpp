// SPDX-License-Identifier: Apache-2.0
#include "tests/support/memory_search.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>

namespace milterward::tests {
namespace {

constexpr char mask = '\x5a';
constexpr std::size_t needle_size = 24;
constexpr std::size_t window = 1 << 20;

/// From the middle: a number's first octets may be padding.
Needle needle(const char* name, const std::string& secret) {
  Needle one{name, secret.substr((secret.size() - needle_size) / 2, needle_size)};
  for (auto& octet : one.masked) octet = static_cast<char>(octet ^ mask);
  return one;
}

void add_number(std::vector<Needle>& needles, const EVP_PKEY* key, const char* parameter) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &number) != 1) return;
  std::string octets(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(octets.data()));
  BN_free(number);
  needles.push_back(needle(parameter, octets));
  std::ranges::reverse(octets);
  needles.push_back(needle(parameter, octets));
}

std::vector<Needle> work_out(std::string_view pem) {
  std::vector<Needle> needles;
  const std::unique_ptr<BIO, int (*)(BIO*)> in{
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key{
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
  if (!key) return needles;
  std::array<unsigned char, 32> raw{};
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_private_key(key.get(), raw.data(), &size) == 1) {
    needles.push_back(needle("raw", {raw.begin(), raw.end()}));
  } else {
    for (const auto* parameter :
         {OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
          OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
          OSSL_PKEY_PARAM_RSA_COEFFICIENT1})
      add_number(needles, key.get(), parameter);
  }
  // The last lines are of the private half alone; both are whole lines.
  const auto end = pem.find("\n-----END");
  needles.push_back(needle("text", std::string{pem.substr(end - 40, 40)}));
  return needles;
}

struct Mapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::string name;
};

std::vector<Mapping> writable_mappings(pid_t process) {
  std::ifstream maps{fmt::format("/proc/{}/maps", process)};
  if (!maps) throw std::runtime_error{"no maps"};
  std::vector<Mapping> mappings;
  for (std::string line; std::getline(maps, line);) {
    Mapping mapping;
    std::string flags, skipped;
    char dash = 0;
    std::istringstream fields{line};
    fields >> std::hex >> mapping.begin >> dash >> mapping.end >> flags >> skipped >>
        skipped >> skipped >> mapping.name;
    if (flags.starts_with("rw")) mappings.push_back(mapping);
  }
  return mappings;
}

bool has(std::string_view octets, const std::string& masked) {
  const char beginning = static_cast<char>(masked[0] ^ mask);
  for (auto at = octets.find(beginning);
       at != std::string_view::npos && at + masked.size() <= octets.size();
       at = octets.find(beginning, at + 1))
    if (std::equal(masked.begin(), masked.end(), octets.begin() + static_cast<long>(at),
                   [](char a, char b) { return a == static_cast<char>(b ^ mask); }))
      return true;
  return false;
}

}  // namespace

std::vector<Needle> needles_of(std::string_view pem) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error{"no pipe"};
  const auto child = ::fork();
  if (child == 0) {
    for (const auto& one : work_out(pem)) {
      const auto line = one.name + '\n' + one.masked;
      if (::write(ends[1], line.data(), line.size()) < 0) ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string told;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(ends[0], part.data(), part.size())) > 0;)
    told.append(part.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  std::vector<Needle> needles;
  for (std::size_t at = 0; at < told.size();) {
    const auto line_end = told.find('\n', at);
    needles.push_back(
        {told.substr(at, line_end - at), told.substr(line_end + 1, needle_size)});
    at = line_end + 1 + needle_size;
  }
  if (needles.empty()) throw std::runtime_error{"no key"};
  return needles;
}

std::vector<std::string> found_in_memory(const std::vector<Needle>& needles,
                                         pid_t process) {
  const int memory = ::open(fmt::format("/proc/{}/mem", process).c_str(), O_RDONLY);
  if (memory < 0) throw std::runtime_error{"memory cannot be read"};
  std::set<std::string> found;
  std::string octets(window + needle_size, '\0');
  for (const auto& mapping : writable_mappings(process)) {
    for (auto at = mapping.begin; at < mapping.end; at += window) {
      const auto got =
          ::pread(memory, octets.data(), std::min(octets.size(), mapping.end - at),
                  static_cast<off_t>(at));
      if (got <= 0) break;
      for (const auto& one : needles)
        if (has({octets.data(), static_cast<std::size_t>(got)}, one.masked))
          found.insert(one.name + " in " + mapping.name);
    }
  }
  ::close(memory);
  return {found.begin(), found.end()};
}

std::string mapping_flags(const void* address) {
  std::ifstream smaps{"/proc/self/smaps"};
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool is_it = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2)
      is_it = begin <= wanted && wanted < end;
    else if (is_it && line.starts_with("VmFlags:"))
      return line;
  }
  return "";
}

}  // namespace milterward::tests
