// SPDX-License-Identifier: Apache-2.0
// A module of the libopendkim engine that another build of Milterward would open.
#include "policy/backends/opendkim_engine.h"

extern "C" {
extern const milterward::backends::OpendkimModule milterward_opendkim;
const milterward::backends::OpendkimModule milterward_opendkim{"0.0.0-foreign", nullptr,
                                                               nullptr};
}
