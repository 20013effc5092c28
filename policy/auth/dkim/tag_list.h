// SPDX-License-Identifier: Apache-2.0
// What do the tags of a DKIM field or key record say? RFC 6376 section 3.2, strictly: order
// kept, names unique, names and values case-sensitive. One thing beyond the grammar is let
// pass, since half of all published key records end so: white space behind the last ";".
//
//   tag-list = tag-spec *( ";" tag-spec ) [ ";" [FWS] ]
//   tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
//   tag-name = ALPHA *( ALPHA / DIGIT / "_" )
//   tag-value = [ tval *( 1*(WSP / FWS) tval ) ]      ; tval: "!" to "~" without ";", UTF-8
//
// A fold may be CRLF or, as MTAs hand it to filters, a bare LF, followed by white space.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"

namespace milterward::auth {

/// Both are parts of the text that was parsed.
struct Tag {
  std::string_view name;
  std::string_view value;  // without outer white space; folds inside are kept

  bool operator==(const Tag&) const = default;
};

enum class TagListFault {
  empty,
  bad_name,
  bad_octet,
  bad_fold,
  no_value,
  duplicate,
  too_many
};
std::string_view to_text(TagListFault fault) noexcept;

class TagList {
 public:
  /// The text must outlive the list.
  static Result<TagList, TagListFault> parse(std::string_view text);

  /// The value of a tag, "" for an empty one; none when the tag is not there.
  std::optional<std::string_view> value(std::string_view name) const noexcept;
  /// In the order they came; never empty.
  const std::vector<Tag>& tags() const noexcept { return tags_; }

 private:
  std::vector<Tag> tags_;
};

/// Without any white space: base64 and lists may be folded anywhere.
std::string without_fws(std::string_view text);

/// The entries of a colon-separated tag value, FWS around each removed.
std::vector<std::string_view> colon_list(std::string_view value);

}  // namespace milterward::auth
