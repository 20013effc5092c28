// SPDX-License-Identifier: Apache-2.0
// Content filters take mail from Postfix and hand it back. It was filtered when it came
// first, so the service that takes it back needs receive_override_options=no_milters
// (FILTER_README, SMTPD_PROXY_README of Postfix), or we would see it twice: the second time
// from 127.0.0.1, as if it were ours.
#pragma once

#include <string>
#include <vector>

#include "milter/attach/postfix_setup.h"

namespace milterward::attach {

/// An smtpd that takes back what a content filter is done with: it has an empty
/// content_filter or smtpd_proxy_filter of its own, or lets clients say by XFORWARD whose
/// mail they bring.
bool takes_mail_back(const Service& service);

struct Returns {
  struct Service {
    std::string service;
    std::string options;  // receive_override_options as they should be
  };
  std::vector<Service> not_yet_off;
  std::vector<std::string> notes;
};

/// Nothing where no content filter is set.
Returns look_for_returns(const PostfixSetup& setup);

}  // namespace milterward::attach
