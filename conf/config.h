// SPDX-License-Identifier: Apache-2.0
// One configuration, complete and checked. Its members have no defaults of their own: those
// stand in conf/keys.cpp, and load_config is the only maker.
#pragma once

#include <vector>

#include "conf/places.h"
#include "conf/problem.h"
#include "conf/settings/arc.h"
#include "conf/settings/control.h"
#include "conf/settings/directory.h"
#include "conf/settings/dkim.h"
#include "conf/settings/dmarc.h"
#include "conf/settings/dns.h"
#include "conf/settings/feedback.h"
#include "conf/settings/identity.h"
#include "conf/settings/inbound.h"
#include "conf/settings/journal.h"
#include "conf/settings/log.h"
#include "conf/settings/milter.h"
#include "conf/settings/notify.h"
#include "conf/settings/pkcs11.h"
#include "conf/settings/preflight.h"
#include "conf/settings/quota.h"
#include "conf/settings/recipient.h"
#include "conf/settings/relay.h"
#include "conf/settings/reply.h"
#include "conf/settings/report.h"
#include "conf/settings/sign.h"
#include "conf/settings/spf.h"
#include "conf/settings/status.h"
#include "conf/settings/store.h"
#include "conf/settings/warmup.h"

namespace milterward::conf {

struct Config {
  MilterSettings milter{};
  DaemonSettings daemon{};
  DrainSettings drain{};
  DnsSettings dns{};
  AuthresSettings authres{};
  RelaySettings relay{};
  std::vector<Listener> listeners;
  DirectorySettings directory{};
  IdentitySettings identity{};
  QuotaSettings quota{};
  WarmupSettings warmup{};
  StoreSettings store{};
  ControlSettings control{};
  InboundSettings inbound{};
  RecipientSettings recipient{};
  std::vector<ReplyText> replies;
  SpfSettings spf{};
  DkimSettings dkim{};
  ArcSettings arc{};
  DmarcSettings dmarc{};
  SignSettings sign{};
  Pkcs11Settings pkcs11{};
  TraceSettings trace{};
  PreflightSettings preflight{};
  LogSettings log{};
  JournalSettings journal{};
  NotifySettings notify{};
  StatusSettings status{};
  ReportSettings report{};
  FeedbackSettings feedback{};

  /// Valid, but probably not what was meant; the daemon logs each as config.warning.
  std::vector<ConfigProblem> warnings;

  Places places;
};

}  // namespace milterward::conf
