// SPDX-License-Identifier: Apache-2.0
// KeyTable and SigningTable of opendkim.conf(5), as rows of [[sign.key]].
//
// There, the address of the author chooses lines of the SigningTable, and each line a key,
// whose domain may be any. Here, all keys of the author's domain sign, or, where it has
// none, those of a parent with subdomains = true. So the tables are asked about each domain
// they name ("*@example.org" and what of it comes first), and the answers become rows.
#pragma once

#include <string>
#include <vector>

#include "conf/import/dataset.h"
#include "conf/import/draft.h"
#include "conf/import/old_files.h"

namespace milterward::importing {

struct SigningTables {
  DataSet keys;             // name -> domain ":" selector ":" file
  DataSet rules;            // whom -> name [ ":" identity ]
  bool several = false;     // MultipleSignatures: every line that fits signs
  std::string base;         // for relative names of key files
  bool bare_seeds = false;  // Ed25519 keys as dkimpy writes them
};

/// Appends the rows and tells what each line became. A key file with "%" in its name is
/// looked for in `files`.
void translate_tables(Draft& draft, const SigningTables& tables, const OldFiles& files);

/// The row of [[sign.key]] for this domain and selector, made if there is none yet.
Row& signing_row(Draft& draft, const std::string& domain, const std::string& selector,
                 const std::string& file, const Origin& origin);

}  // namespace milterward::importing
