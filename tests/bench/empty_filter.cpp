// SPDX-License-Identifier: Apache-2.0
// The yardstick of the front benchmark: a filter on libmilter that wants every step,
// answers every step and does nothing.
//
// usage: bench_empty_filter SOCKET     (as libmilter writes it: inet:PORT@127.0.0.1)
#include <libmilter/mfapi.h>

#include <cstdio>

namespace {

sfsistat on_connect(SMFICTX*, char*, sockaddr*) { return SMFIS_CONTINUE; }
sfsistat on_text(SMFICTX*, char*) { return SMFIS_CONTINUE; }
sfsistat on_envelope(SMFICTX*, char**) { return SMFIS_CONTINUE; }
sfsistat on_header(SMFICTX*, char*, char*) { return SMFIS_CONTINUE; }
sfsistat on_body(SMFICTX*, unsigned char*, std::size_t) { return SMFIS_CONTINUE; }
sfsistat on_step(SMFICTX*) { return SMFIS_CONTINUE; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bench_empty_filter SOCKET\n", stderr);
    return 2;
  }
  char name[] = "empty";
  smfiDesc filter{};
  filter.xxfi_name = name;
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_connect = on_connect;
  filter.xxfi_helo = on_text;
  filter.xxfi_envfrom = on_envelope;
  filter.xxfi_envrcpt = on_envelope;
  filter.xxfi_header = on_header;
  filter.xxfi_eoh = on_step;
  filter.xxfi_body = on_body;
  filter.xxfi_eom = on_step;
  filter.xxfi_abort = on_step;
  filter.xxfi_close = on_step;
  filter.xxfi_data = on_step;
  const bool is_ready = smfi_setconn(argv[1]) == MI_SUCCESS &&
                        smfi_register(filter) == MI_SUCCESS &&
                        smfi_setbacklog(1024) == MI_SUCCESS;
  return is_ready && smfi_main() == MI_SUCCESS ? 0 : 1;
}
