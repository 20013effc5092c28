// SPDX-License-Identifier: Apache-2.0
// The little of man(7) and tbl(1) that the generated manual pages need.
#pragma once

#include <string>
#include <string_view>

namespace milterward::conf::roff {

/// Text as it shall be seen: backslashes, leading dots and quotes lose their meaning.
std::string escaped(std::string_view text);

/// The first lines of a page, and by which command of ours it is printed.
std::string head(std::string_view title, int section, std::string_view command);
std::string section(std::string_view title);
std::string subsection(std::string_view title);
std::string paragraph(std::string_view text);
/// A term in bold and what it means.
std::string item(std::string_view term, std::string_view text);

/// A table of three columns, the last of them wrapped.
class Table {
 public:
  Table(std::string_view first, std::string_view second, std::string_view third);
  void row(std::string_view first, std::string_view second, std::string_view third);
  std::string text() const;

 private:
  std::string rows_;
};

}  // namespace milterward::conf::roff
