// SPDX-License-Identifier: Apache-2.0
// The one symbol by which the program finds its way into this module. Data, and no
// function, so that the program can look at the build before it calls anything.
using _Bool = bool;  // NOLINT(bugprone-reserved-identifier): that header is C only
#include <opendkim/dkim.h>

#include "policy/backends/opendkim/signer.h"
#include "policy/backends/opendkim/verifier.h"
#include "policy/backends/opendkim_engine.h"

namespace milterward::backends {
namespace {

OpendkimEngine make_engine(conf::BodyLength rule) {
  return {std::make_shared<const OpendkimVerifier>(rule),
          std::make_shared<const OpendkimSigner>()};
}

unsigned long library_version() { return dkim_libversion(); }

}  // namespace
}  // namespace milterward::backends

extern "C" {
extern const milterward::backends::OpendkimModule milterward_opendkim;
const milterward::backends::OpendkimModule milterward_opendkim{
    MILTERWARD_VERSION, milterward::backends::make_engine,
    milterward::backends::library_version};
}
