// SPDX-License-Identifier: Apache-2.0
// What OpenSSL frees is wiped. It wipes the numbers of a private key itself, but not all
// that it made of its text on the way: buffers of its readers and decoders are freed as
// they are. Its secure heap is no way out: it is of one size, a key that does not fit any
// more is lost, and the copies of the primes with which RSA computes lie outside of it.
#pragma once

namespace milterward::sign {

/// For the whole process and for good; before anything else uses OpenSSL. False when it is
/// too late for that.
bool wipe_what_openssl_frees() noexcept;

}  // namespace milterward::sign
