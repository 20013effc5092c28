// SPDX-License-Identifier: Apache-2.0
// SHA-256 of octets that come in pieces. FIPS 180-4.
#pragma once

#include <memory>
#include <string>
#include <string_view>

using EVP_MD_CTX = struct evp_md_ctx_st;

namespace milterward::auth {

class Sha256 {
 public:
  Sha256();
  void update(std::string_view octets);
  /// The 32 octets. Call it once, last.
  std::string finish();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const noexcept;
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace milterward::auth
