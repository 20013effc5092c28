// SPDX-License-Identifier: Apache-2.0
// The rows of [pkcs11]. Which key lies where is said where keys are named (sign.key.file).
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

using TokenSettings = Pkcs11Settings;

constexpr auto pkcs11_rows = std::to_array<Key<Config>>({
    {.name = "pkcs11.module",
     .field = at<&Config::pkcs11, &TokenSettings::module>,
     .help =
         "The library by which the maker of the token lets it be reached, loaded after "
         "root's rights are gone; empty for none. It needs the module milterward-pkcs11. "
         "The service has no devices (PrivateDevices= in its unit) and writes nowhere but "
         "to /var/lib/milterward: what the library needs beyond that is for \"systemctl "
         "edit milterward\". One that starts programs needs daemon.sandbox = \"off\". A "
         "token "
         "that is not there is looked for every ten seconds, and signs once it is.",
     .example = "/usr/lib/softhsm/libsofthsm2.so",
     .bounds = {.form = &file_or_none}},
    {.name = "pkcs11.pin_file",
     .field = at<&Config::pkcs11, &TokenSettings::pin_file>,
     .help = "File with one line, the PIN of the user; empty for tokens that ask for none. "
             "It is read whenever the token asks, and others may not read it. A PIN that "
             "was refused is not tried again before the file holds another one: tokens "
             "lock themselves after a few.",
     .example = "/etc/milterward/keys/token.pin",
     .bounds = {.form = &file_or_none}},
    {.name = "pkcs11.sessions",
     .field = at<&Config::pkcs11, &TokenSettings::sessions>,
     .fallback = "4",
     .help = "How many signatures a token makes at once, at most.",
     .bounds = {.least = "1", .most = "256"}},
    {.name = "pkcs11.timeout",
     .field = at<&Config::pkcs11, &TokenSettings::timeout>,
     .fallback = "5s",
     .help = "How long a message waits for its turn; then sign.on_missing_key rules it. "
             "How long the token itself may take is for its library to say.",
     .bounds = {.least = "100ms", .most = "60s"}},
});

}  // namespace

std::span<const Key<Config>> pkcs11_keys() noexcept { return pkcs11_rows; }

}  // namespace milterward::conf
