# SPDX-License-Identifier: Apache-2.0
"""The mail of the contest: 200 domains that do everything right, each with a key of its own. Beside
them three kinds of mail for one situation each: `flat`, of 200 domains whose SPF needs one answer only;
`many`, of 1,000 domains and as many clients, each with four questions of its own; `post`, one message for
a real mail server. Made once below build/, since keys and signatures take a while; every contestant
gets the same octets."""
import base64
import json
import subprocess

import dkim

DOMAINS = 200
CLIENT = "192.0.2.77"
SIZES = {"2k": (2_000, DOMAINS), "20k": (20_000, DOMAINS), "1m": (1_000_000, 10)}
MANY = 1_000
FLAT_CLIENT = "192.0.2.78"  # has no name
POST_DOMAIN = "post.test"
OWN_DOMAIN_KEYS = "keys"


def domain(number):
    return f"d{number:03}.test"


def key_file(directory, number):
    return directory / OWN_DOMAIN_KEYS / f"{domain(number)}.pem"


def _openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout


def _text(size):
    line = "Mail is made of words, and words of letters; some of them are long, others not. \r\n"
    return (line * (size // len(line) + 1))[:size - 2] + "\r\n"


def _message(name, number, size):
    head = [("Received", f"from client.test (client.test [{CLIENT}])\r\n\tby mx.home.test (Postfix) "
             f"with ESMTPS id 4BENCH{number:04}\r\n\tfor <bob@home.test>; Mon,  2 Nov 2026 10:00:00 +0000"),
            ("From", f"Ann Example <ann@{name}>"), ("To", "Bob <bob@home.test>"),
            ("Subject", f"Report number {number} of this week"),
            ("Date", "Mon, 02 Nov 2026 10:00:00 +0000"),
            ("Message-ID", f"<{number}.{size}@{name}>"), ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "8bit"),
            ("User-Agent", "Example Mailer 1.0"), ("X-Priority", "3"), ("Auto-Submitted", "no")]
    return "".join(f"{field}: {value}\r\n" for field, value in head) + "\r\n" + _text(size)


def prepare(directory):
    """Keys, messages and the index files verify-SIZE.jsonl and sign-SIZE.jsonl. Returns the records
    that the world needs."""
    keys = directory / OWN_DOMAIN_KEYS
    keys.mkdir(parents=True, exist_ok=True)
    records = [f"client.test. 3600 A {CLIENT}",
               "77.2.0.192.in-addr.arpa. 3600 PTR client.test.",
               'client.test. 3600 TXT "v=spf1 a -all"']
    for number in range(DOMAINS):
        path, name = key_file(directory, number), domain(number)
        if not path.exists():
            path.write_bytes(_openssl("genrsa", "-traditional", "2048"))
            path.chmod(0o600)
        public = base64.b64encode(_openssl("pkey", "-in", path, "-pubout", "-outform", "DER")).decode()
        record = f"v=DKIM1; k=rsa; p={public}"
        records += [f"{name}. 3600 MX 10 mx.{name}.", f"mx.{name}. 3600 A {CLIENT}",
                    f"{name}. 3600 A 192.0.2.1", *_policies(name, "mx", record)]
    for label, (size, count) in SIZES.items():
        _write(directory, label, size, count)
    return records + _situations(directory)


def _policies(name, allowed, key_record):
    return [f'{name}. 3600 TXT "v=spf1 {allowed} -all"', f'_dmarc.{name}. 3600 TXT "v=DMARC1; p=reject"',
            f's1._domainkey.{name}. 3600 TXT "{key_record[:200]}" "{key_record[200:]}"']


def _situations(directory):
    """Messages of one situation each; the first domain's key serves all their domains."""
    private = key_file(directory, 0)
    public = base64.b64encode(_openssl("pkey", "-in", private, "-pubout", "-outform", "DER")).decode()
    records = [f'flat.test. 3600 TXT "v=spf1 ip4:{FLAT_CLIENT} -all"', "many.test. 3600 TXT \"v=spf1 ?all\""]
    groups = {
        "flat": [(f"f{n:03}.test", FLAT_CLIENT, "flat.test") for n in range(DOMAINS)],
        "many": [(f"m{n:04}.test", f"198.18.{n // 250}.{n % 250 + 1}", "many.test") for n in range(MANY)],
        "post": [(POST_DOMAIN, "127.0.0.1", "client.test")]}
    for kind, senders in groups.items():
        for name, client, _ in senders:
            records += _policies(name, f"ip4:{client}", f"v=DKIM1; k=rsa; p={public}")
        _write_situation(directory, kind, senders, private.read_bytes())
    return records


def _write_situation(directory, kind, senders, private):
    index = directory / f"{kind}.jsonl"
    if index.exists():
        return
    folder = directory / kind
    folder.mkdir(exist_ok=True)
    entries = []
    for number, (name, client, helo) in enumerate(senders):
        path = folder / f"{number}.eml"
        plain = _message(name, number, SIZES["2k"][0]).encode()
        path.write_bytes(_signature(plain, name, private) + plain)
        entries.append({"file": str(path), "client": client, "helo": helo, "mail_from": f"ann@{name}",
                        "rcpt": "bob@home.test", "login": ""})
    index.write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def _signature(plain, name, private):
    return dkim.sign(plain, b"s1", name.encode(), private, canonicalize=(b"relaxed", b"relaxed"),
                     include_headers=[b"from", b"to", b"subject", b"date", b"message-id"])


def _write(directory, label, size, count):
    messages = directory / label
    if (messages / "complete").exists():
        return
    messages.mkdir(exist_ok=True)
    index = {"verify": [], "sign": []}
    for number in range(count):
        plain = _message(domain(number), number, size).encode()
        signature = _signature(plain, domain(number), key_file(directory, number).read_bytes())
        results = (f"Authentication-Results: mx.home.test; dkim=pass (2048-bit key) "
                   f"header.d={domain(number)} header.i=@{domain(number)} header.a=rsa-sha256\r\n").encode()
        for kind, octets in (("sign", plain), ("verify", signature + plain),
                             ("opendmarc", results + signature + plain)):
            path = messages / f"{number}.{kind}.eml"
            path.write_bytes(octets)
            index.setdefault(kind, []).append({
                "file": str(path), "client": "127.0.0.1" if kind == "sign" else CLIENT,
                "helo": "client.test", "mail_from": f"ann@{domain(number)}",
                "rcpt": "x@out.test" if kind == "sign" else "bob@home.test",
                "login": f"ann@{domain(number)}" if kind == "sign" else ""})
    for kind, entries in index.items():
        (directory / f"{kind}-{label}.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    (messages / "complete").touch()
