// SPDX-License-Identifier: Apache-2.0
// The entry point of every unit test executable; it lives in the support library so that no
// test file has to be the special one.
#define BOOST_TEST_MODULE milterward
#include <boost/test/unit_test.hpp>
