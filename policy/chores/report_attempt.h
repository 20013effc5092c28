// SPDX-License-Identifier: Apache-2.0
// One report on its way to one destination: has whoever gets it agreed, is it his turn, and
// does the mail server take it?
#pragma once

#include "policy/chores/report_keeper.h"
#include "policy/chores/silent_dns.h"
#include "policy/ports/report_store.h"

namespace milterward::chores {

/// What became of a delivery that was claimed; it is settled. Waits for DNS, but
/// for nobody who was silent, and for the mail server. A fault of the store ends the round.
ports::Stored<ports::DeliveryState> attempt(const ReportKeeper::World& world,
                                            ports::Delivery delivery, SilentDns& silent);

}  // namespace milterward::chores
