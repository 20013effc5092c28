// SPDX-License-Identifier: Apache-2.0
// All that a connection asks of the rest of the process, under one configuration. A reload
// makes a new one; connections keep the one they began with.
#pragma once

#include <memory>
#include <string>

#include "conf/config.h"
#include "policy/auth/dkim/key_cache.h"
#include "policy/auth/dnsbl/list_watch.h"
#include "policy/base/clock.h"
#include "policy/ports/counters.h"
#include "policy/ports/directory.h"
#include "policy/ports/dkim.h"
#include "policy/ports/facts_log.h"
#include "policy/ports/feedback_inbox.h"
#include "policy/ports/journal.h"
#include "policy/ports/key_source.h"
#include "policy/ports/metrics.h"
#include "policy/ports/name_servers.h"
#include "policy/ports/report_rows.h"
#include "policy/ports/resolver.h"
#include "policy/ports/spf_checker.h"
#include "policy/sign/key_ring.h"
#include "policy/sign/key_shelf.h"
#include "policy/sign/trace.h"

namespace milterward {

struct Services {
  std::shared_ptr<const conf::Config> config;
  std::shared_ptr<const Clock> clock;
  std::shared_ptr<const ports::Directory> directory;
  std::shared_ptr<const ports::Directory> database;  // a part of it; null for none
  std::shared_ptr<ports::DomainKeys> database_keys;  // in the same; null for none
  std::shared_ptr<ports::Resolver> dns;
  // Asks the servers of a zone; null where DNS is a zone file.
  std::shared_ptr<ports::NameServers> name_servers;
  std::shared_ptr<const ports::SpfChecker> spf;
  // What verifying has decoded; never null, and best the daemon's own.
  std::shared_ptr<auth::KeyCache> published_keys = std::make_shared<auth::KeyCache>();
  // Never null, and best the daemon's own.
  std::shared_ptr<auth::ListWatch> list_watch = std::make_shared<auth::ListWatch>();
  std::shared_ptr<const ports::DkimVerifier> dkim_verifier;
  std::shared_ptr<const ports::DkimSigner> dkim_signer;
  // Finds keys in tokens; null where [pkcs11] names no library.
  std::shared_ptr<const ports::KeySource> token_keys;
  std::shared_ptr<const sign::KeyRing> keys;          // the private keys [[sign.key]] names
  std::shared_ptr<const sign::KeyRing> sealing_keys;  // those of [[arc.key]]
  std::shared_ptr<sign::KeyShelf> key_shelf;  // keys loaded on demand; null for none
  std::shared_ptr<ports::Counters> counters;  // null: nothing is to be counted
  sign::TraceSecret trace_secret;
  std::shared_ptr<ports::FactsLog> facts_log;      // null: log.facts is not set
  std::shared_ptr<ports::Journal> journal;         // null: journal.file is not set
  std::shared_ptr<ports::Metrics> metrics;         // null: nobody counts
  std::shared_ptr<ports::ReportRows> report_rows;  // null: no reports are sent
  std::shared_ptr<ports::FeedbackInbox> feedback;  // null: feedback.addresses is empty
  std::string authserv_id;                         // never empty
};

}  // namespace milterward
