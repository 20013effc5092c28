// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/picture.h"

#include <algorithm>
#include <utility>

namespace milterward::feedback {

Result<Picture, std::string> picture_of(ports::FeedbackReader& reader,
                                        const ports::FeedbackQuery& query,
                                        std::size_t most) {
  Picture picture;
  auto domains = reader.domains(query, most);
  if (!domains) return Unexpected{domains.fault()};
  for (auto& domain : *domains) {
    auto sources = reader.sources({query.since, domain.domain}, sources_weighed);
    if (!sources) return Unexpected{sources.fault()};
    auto advice = advise(domain, *sources);
    picture.domains.push_back({std::move(domain), std::move(*sources), std::move(advice)});
  }
  auto tls = reader.tls(query, most);
  if (!tls) return Unexpected{tls.fault()};
  picture.tls = std::move(*tls);
  return picture;
}

std::vector<ports::SourceFeedback> failing_sources(const DomainPicture& picture,
                                                   std::size_t most) {
  std::vector<ports::SourceFeedback> failing;
  std::ranges::copy_if(
      picture.sources, std::back_inserter(failing),
      [](const ports::SourceFeedback& one) { return one.passed < one.messages; });
  std::ranges::stable_sort(failing, [](const auto& a, const auto& b) {
    return a.messages - a.passed > b.messages - b.passed;
  });
  failing.resize(std::min(failing.size(), most));
  return failing;
}

}  // namespace milterward::feedback
