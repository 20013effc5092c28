// SPDX-License-Identifier: Apache-2.0
// What the pages are built of: sections with their headings, tables that can be scrolled by
// keyboard, lists of facts.
#pragma once

#include <string>
#include <vector>

namespace milterward::status {

/// A landmark of its own; `content` is HTML.
std::string section(const char* id, const char* heading, const std::string& content);

using Cells = std::vector<std::string>;

/// The cells are HTML; the first of each row is its name.
std::string table(const std::string& caption, const Cells& heads,
                  const std::vector<Cells>& rows);

/// Of a list `<dl class="facts">`; `value` is HTML.
std::string term(const char* name, const std::string& value);

}  // namespace milterward::status
