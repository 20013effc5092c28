// SPDX-License-Identifier: Apache-2.0
// The configuration language of rspamd (UCL), as far as its own files use it:
//     object = *( name [ "=" / ":" ] value [ ";" / "," ] )
//     value  = "{" object "}" / "[" *( value [ "," ] ) "]" / string / word
// with "#" and "/* */" comments. `name value { ... }` is an object in an object; a name
// that comes again makes a list. Macros (".include") are skipped and kept by their words:
// what they bring is another file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"

namespace milterward::importing {

struct UclMember;

struct UclValue {
  enum class Kind { text, object, list };
  Kind kind = Kind::text;
  std::string text;
  std::vector<UclMember> members;  // of an object, in order
  std::vector<UclValue> items;     // of a list
  unsigned line = 0;               // from 1

  /// The last member of that name; nullptr where there is none or this is no object.
  const UclValue* find(std::string_view name) const;
  /// The text of a member, or `otherwise`.
  std::string get(std::string_view name, std::string_view otherwise = "") const;
  /// Its items, or itself as the only one.
  std::vector<const UclValue*> each() const;
};

struct UclMember {
  std::string name;
  UclValue value;
};

struct UclFault {
  unsigned line = 0;
  std::string reason;
};

/// The outermost object.
Result<UclValue, UclFault> parse_ucl(std::string_view text);

}  // namespace milterward::importing
