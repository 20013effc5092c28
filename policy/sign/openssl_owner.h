// SPDX-License-Identifier: Apache-2.0
// OpenSSL's objects, freed with their owner.
#pragma once

#include <memory>

struct bio_st;
struct evp_pkey_ctx_st;
struct evp_pkey_st;

namespace milterward::sign {

struct Free {
  void operator()(bio_st* bio) const noexcept;
  void operator()(evp_pkey_st* key) const noexcept;
  void operator()(evp_pkey_ctx_st* context) const noexcept;
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

}  // namespace milterward::sign
