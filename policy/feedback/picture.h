// SPDX-License-Identifier: Apache-2.0
// All that is shown of reports, by `milterward report received` and on the status page:
// each domain with its sources and what is advised, and what senders say of TLS.
#pragma once

#include <string>
#include <vector>

#include "policy/base/result.h"
#include "policy/feedback/insight.h"
#include "policy/ports/feedback_store.h"

namespace milterward::feedback {

/// Sources that advice is made of, whatever is shown: those with most mail.
inline constexpr std::size_t sources_weighed = 1000;

struct DomainPicture {
  ports::DomainFeedback domain;
  std::vector<ports::SourceFeedback> sources;  // most mail first
  Advice advice;

  bool operator==(const DomainPicture&) const = default;
};

struct Picture {
  std::vector<DomainPicture> domains;
  std::vector<ports::TlsFeedback> tls;

  bool empty() const noexcept { return domains.empty() && tls.empty(); }
  bool operator==(const Picture&) const = default;
};

/// `most` domains. The fault is a sentence about the file.
Result<Picture, std::string> picture_of(ports::FeedbackReader& reader,
                                        const ports::FeedbackQuery& query,
                                        std::size_t most);

/// Those that do not pass, most of such messages first.
std::vector<ports::SourceFeedback> failing_sources(const DomainPicture& picture,
                                                   std::size_t most);

}  // namespace milterward::feedback
