// SPDX-License-Identifier: Apache-2.0
// How much of a tree is a text about to become? Looked at before a parser builds it, since
// parsers that build trees take many times the octets of what is all markup, and know no
// limit. Counts at least what they would make; understands no more than it needs for that.
#pragma once

#include <cstddef>
#include <string_view>

namespace milterward::feedback {

struct MarkupCensus {
  std::size_t nodes = 0;  // elements, texts, attributes; members and values in JSON
  std::size_t depth = 0;
  bool has_doctype = false;  // of XML: where entities are declared
};

MarkupCensus census_of_xml(std::string_view text);
MarkupCensus census_of_json(std::string_view text);

}  // namespace milterward::feedback
