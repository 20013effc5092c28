// SPDX-License-Identifier: Apache-2.0
#include "policy/steps.h"

namespace milterward {

const MacroWishes& macro_wishes() {
  static const MacroWishes wishes{
      .connect = {"j", "v", "i", "{daemon_name}", "{daemon_addr}", "{daemon_port}",
                  "{client_addr}", "{client_port}", "{if_addr}"},
      .helo = {"{tls_version}", "{verify}", "{cert_issuer}", "{cert_subject}",
               "{cn_issuer}", "{cn_subject}"},
      .mail = {"i", "{auth_type}", "{auth_authen}", "{mail_addr}", "{daemon_name}",
               "{daemon_port}"},
      .rcpt = {"i", "{rcpt_mailer}", "{rcpt_host}", "{rcpt_addr}"},
      .data = {"i"},
      .end_of_headers = {"i"},
      .end_of_message = {"i"},
  };
  return wishes;
}

}  // namespace milterward
