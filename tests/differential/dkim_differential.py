#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Signs random messages with ours and verifies them with dkimpy and, for RSA, Mail::DKIM;
and the other way round.

A model of RFC 6376 sections 3.4 and 3.7, written word by word, says who is right; one message in
ten is changed after it was signed. What the model finds and we do not fails the test. A finding
of theirs has to be the model's too once it is bent by some of PECULIARITIES, each of which breaks
one sentence of the RFC as they do; else it fails the test as well.

usage: dkim_differential.py PARTNER PERL_PARTNER CASES SEED
       (exit 77: dkimpy or Mail::DKIM is not installed)
"""
import base64
import collections
import hashlib
import itertools
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import dkim
    import nacl.signing
    from dkim.crypto import parse_private_key, parse_public_key
except ImportError as missing:
    print(f"dkimpy (python3-dkim, python3-nacl) is not installed: {missing}")
    sys.exit(77)
if subprocess.run(["perl", "-MMail::DKIM", "-MJSON::PP", "-e", "1"], capture_output=True).returncode:
    print("Mail::DKIM (libmail-dkim-perl) is not installed")
    sys.exit(77)

# Who -> bend of the model -> (section of RFC 6376, what they do instead)
PECULIARITIES = {
    "dkimpy": {
        "bare-lf": ("3.4.3", "takes a bare LF for a CRLF"),
        "open-line-blanks": ("3.4.4", "keeps a blank at the end of a last line without CRLF"),
        "ascii-space": ("3.4.2", "strips VT and FF from the ends of a field"),
    },
    "Mail::DKIM": {
        "open-line": ("3.4.3", "adds no CRLF to a last line that has none"),
        "leading-space": ("3.4.2", "strips VT and FF from the beginning of a field"),
    },
}

FORMS = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"]
DOMAIN = "example.test"


# --- the model -------------------------------------------------------------------------------

def canonical_field(form, name, value, bends):
    """RFC 6376 section 3.4.1 and 3.4.2, CRLF at the end included."""
    if form == "simple":
        return name + b":" + value + b"\r\n"
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
    if "ascii-space" in bends:
        value = value.strip(b" \v\f")
    if "leading-space" in bends:
        value = value.lstrip(b" \v\f")
    return name.lower().rstrip(b" \t") + b":" + value + b"\r\n"


def canonical_body(form, body, bends):
    """RFC 6376 section 3.4.3 and 3.4.4."""
    if "bare-lf" in bends:
        body = re.sub(rb"\r?\n", b"\r\n", body)
    if form == "relaxed":
        *lines, last = [re.sub(rb"[ \t]+", b" ", line) for line in body.split(b"\r\n")]
        lines = [line.rstrip(b" ") for line in lines]
        body = b"\r\n".join([*lines, last if "open-line-blanks" in bends else last.rstrip(b" ")])
    if form == "simple" and "open-line" in bends and body and not body.endswith(b"\r\n"):
        return body
    body = re.sub(rb"(\r\n)+\Z", b"", body)
    if body:
        return body + b"\r\n"
    return b"" if form == "relaxed" else b"\r\n"


def tags_of(value):
    return {name.strip(): b"".join(text.split()) for name, _, text in
            (tag.partition(b"=") for tag in value.split(b";") if tag.strip())}


def model_verifies(fields, signature, body, keys, bends=()):
    """Whether the DKIM-Signature field holds for the other fields and the body."""
    name, value = signature
    tags = tags_of(value)
    forms = tags.get(b"c", b"simple/simple").decode()
    header_form, _, body_form = forms.partition("/")
    text = canonical_body(body_form or "simple", body, bends)
    if base64.b64encode(hashlib.sha256(text).digest()) != tags[b"bh"]:
        return False
    left = list(fields)
    signed = b""
    for wanted in tags[b"h"].lower().split(b":"):
        for at in range(len(left) - 1, -1, -1):
            if left[at][0].lower().rstrip(b" \t") == wanted:
                signed += canonical_field(header_form, *left.pop(at), bends)
                break
    without_b = re.sub(rb"(\A|;)([ \t\r\n]*b[ \t\r\n]*=)[^;]*", rb"\1\2", value)
    signed += canonical_field(header_form, name, without_b, bends)[:-2]
    digest = hashlib.sha256(signed).digest()
    octets = base64.b64decode(tags[b"b"])
    if tags[b"a"] == b"ed25519-sha256":
        try:
            keys.ed25519.verify_key.verify(digest, octets)
            return True
        except nacl.exceptions.BadSignatureError:
            return False
    size = (keys.modulus.bit_length() + 7) // 8
    info = bytes.fromhex("3031300d060960864801650304020105000420") + digest
    padded = b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info
    return pow(int.from_bytes(octets, "big"), keys.exponent, keys.modulus) == \
        int.from_bytes(padded, "big")


# --- messages --------------------------------------------------------------------------------

class Message:
    """Fields as [name, value after the colon, folds as CRLF], and a body as it is in transport."""

    def __init__(self, fields, body):
        self.fields = fields
        self.body = body

    def octets(self, extra=()):
        lines = [name + b":" + value + b"\r\n" for name, value in [*extra, *self.fields]]
        return b"".join(lines) + b"\r\n" + self.body


class Author:
    """Writes messages nobody would write, from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def message(self):
        names = [b"Subject", b"Date", b"Message-ID", b"To", b"Cc", b"Reply-To", b"MIME-Version",
                 b"Content-Type", b"List-Unsubscribe", b"X-Odd", b"Received", b"x-lower"]
        count = self.random.choice([0, 1, 3, 6, 12]) if self.chance(0.97) else 60
        fields = [[self.name(self.random.choice(names)), self.value()] for _ in range(count)]
        author = [self.name(b"From"), self.blank() + b"Joe <joe@" + DOMAIN.encode() + b">" + self.blank()]
        fields.insert(self.random.randint(0, len(fields)), author)
        return Message(fields, self.body())

    def chance(self, share):
        return self.random.random() < share

    def name(self, name):
        return self.random.choice([name, name, name.lower(), name.upper()])

    def blank(self):
        return self.random.choice([b"", b" ", b" ", b"  ", b"\t", b" \t ", b"\r\n ", b" \r\n\t"])

    def word(self):
        kind = self.random.random()
        if kind < 0.85:
            return bytes(self.random.choices(b"abcXYZ019.,-=?<>@\"'();:", k=self.random.randint(1, 12)))
        if kind < 0.95:
            return "grüße ☃".encode()
        return bytes(self.random.choices(range(128, 256), k=self.random.randint(1, 6)))

    def value(self):
        if self.chance(0.02):
            return self.blank()
        if self.chance(0.03):
            return b" " + b"x" * self.random.choice([998, 2000, 9000])
        if self.chance(0.03):
            return b" \v\f" + self.word() + self.random.choice([b"\f", b"\v "])
        words = self.random.choice([1, 3, 8, 30]) if self.chance(0.98) else 2000
        return self.blank() + b"".join(self.word() + self.blank() for _ in range(words))

    def body(self):
        kind = self.random.random()
        if kind < 0.08:
            return self.random.choice([b"", b"\r\n", b".", b".\r\n", b"..\r\n", b"\r\n\r\n\r\n", b" ",
                                       b" \r\n", b"\t\r\n\r\n", b"x", b"\r\n.\r\n", b" \r\n \r\n"])
        lines = self.random.choice([1, 2, 5, 20, 60]) if self.chance(0.98) else 3000
        body = b"".join(self.line() + b"\r\n" for _ in range(lines))
        body += self.random.choice([b"", b"", b"", b"\r\n", b"\r\n\r\n", b"no end", b" \r\n\r\n", b" \t"])
        return body

    def line(self):
        kind = self.random.random()
        if kind < 0.15:
            return b""
        if kind < 0.2:
            return self.random.choice([b".", b"..", b".x", b" ", b"\t \t", b"-- "])
        if kind < 0.22:
            return b"y" * self.random.choice([997, 998, 999, 5000])
        if kind < 0.24:
            odd = self.random.choice([b"\n", b"\r", b"\0", b"\v", b"\f", b"\r\r"])
            return self.word() + odd + self.word()
        gaps = [b" ", b" ", b"  ", b"\t", b" \t ", b"   "]
        text = b"".join(self.word() + self.random.choice(gaps) for _ in range(self.random.randint(1, 12)))
        return text if self.chance(0.3) else text.rstrip(b" \t")

    def spoiled(self, message):
        """A message that somebody changed under way."""
        fields, body = list(message.fields), message.body
        if self.chance(0.5):
            fields.insert(self.random.randint(0, len(fields)), [b"From", b" boss@" + DOMAIN.encode()])
        else:
            at = self.random.randint(0, len(body))
            body = body[:at] + b"!" + body[at:]
        return Message(fields, body)

    def chunk(self):
        return self.random.choice([1, 2, 3, 7, 63, 64, 65, 1000, 4096, 65535])

    def wanted_names(self, message):
        """What an h= of someone else could ask for: there, not there, several times."""
        unwise = dkim.DKIM.SHOULD_NOT  # dkimpy refuses to sign these
        names = [b"from"] + [name.lower() for name, _ in message.fields
                             if name.lower() not in unwise and self.chance(0.6)]
        if self.chance(0.3):
            names += [b"subject", b"from", b"x-not-there"]
        return names


# --- the three ------------------------------------------------------------------------------

class Keys:
    def __init__(self, directory):
        def make(name, *kind):
            path = directory / name
            subprocess.run(["openssl", "genpkey", "-out", path, "-algorithm", *kind],
                           check=True, capture_output=True)
            return path

        def der(path, *public):
            return subprocess.run(["openssl", "pkey", "-in", path, "-outform", "DER", *public],
                                  check=True, capture_output=True).stdout

        rsa = make("rsa.pem", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        ed25519 = make("ed25519.pem", "ED25519")
        traditional = subprocess.run(["openssl", "rsa", "-in", rsa, "-traditional"], check=True,
                                     capture_output=True).stdout
        self.pem = {"rsa": rsa.read_text(), "ed25519": ed25519.read_text()}
        self.traditional_pem = traditional
        self.rsa_der = base64.b64encode(b"".join(
            base64.b64decode(line) for line in traditional.splitlines() if b"-----" not in line))
        self.ed25519 = nacl.signing.SigningKey(der(ed25519)[-32:])
        public = parse_public_key(der(rsa, "-pubout"))
        self.modulus, self.exponent = public["modulus"], public["publicExponent"]
        self.records = {
            f"rsa._domainkey.{DOMAIN}":
                "v=DKIM1; k=rsa; p=" + base64.b64encode(der(rsa, "-pubout")).decode(),
            f"ed._domainkey.{DOMAIN}":
                "v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(self.ed25519.verify_key)).decode(),
        }
        self.zone = "\n".join(f"{name} TXT {text}" for name, text in self.records.items())


class Partner:
    """Another process that answers a line with a line."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, request):
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args[0]} ended")
        return json.loads(line)

    def end(self):
        self.process.stdin.close()
        return self.process.wait()


def text_of(octets):
    return base64.b64encode(octets).decode()


class Ours:
    def __init__(self, command, keys):
        self.partner = Partner(command)
        self.keys = keys

    def pack(self, fields, body, chunk, **more):
        return {"fields": [[text_of(name), text_of(value)] for name, value in fields],
                "body": text_of(body), "chunk": chunk, **more}

    def sign(self, message, author):
        """Two signatures, RSA and Ed25519, each by its own wish."""
        def wish(key, selector):
            names = ["From", "Subject", "Date", "To", "X-Odd", "Message-ID"]
            return {"key": self.keys.pem[key], "domain": DOMAIN, "selector": selector,
                    "forms": author.random.choice(FORMS),
                    "oversigned": ["From", *author.random.sample(names[1:], 2)],
                    "signed": ["Cc", "Reply-To", "MIME-Version", "Received", "List-Unsubscribe"],
                    "identity": author.random.choice(["", "joe@" + DOMAIN, "@sub." + DOMAIN]),
                    "expires_after": author.random.choice([0, 3600])}

        answer = self.partner.ask(self.pack(message.fields, message.body, author.chunk(), do="sign",
                                            requests=[wish("rsa", "rsa"), wish("ed25519", "ed")]))
        if "fault" in answer:
            raise SystemExit(f"we do not sign: {answer['fault']}")
        return [[base64.b64decode(name), base64.b64decode(value)] for name, value in answer["fields"]]

    def verify(self, fields, body, chunk):
        answer = self.partner.ask(self.pack(fields, body, chunk, do="verify", zone=self.keys.zone))
        return [(finding["result"] == "pass", finding["reason"]) for finding in answer["findings"]]


class MailDkim:
    def __init__(self, script, keys):
        self.partner = Partner("perl", script)
        self.keys = keys

    def verify(self, octets):
        answer = self.partner.ask({"do": "verify", "message": text_of(octets),
                                   "zone": self.keys.records})
        if "fault" in answer:
            return [(False, answer["fault"])]
        return [(finding["result"] == "pass", finding["reason"]) for finding in answer["findings"]]

    def sign(self, message, author):
        answer = self.partner.ask({
            "do": "sign", "message": text_of(message.octets()), "key": self.keys.rsa_der.decode(),
            "domain": DOMAIN, "selector": "rsa", "method": author.random.choice(FORMS),
            "headers": b":".join(author.wanted_names(message)).decode()})
        if "fault" in answer:
            raise SystemExit(f"Mail::DKIM does not sign: {answer['fault']}")
        return field_of(base64.b64decode(answer["fields"][0]))


class Dkimpy:
    def __init__(self, keys):
        self.keys = keys

    def look_up(self, name, timeout=5):
        name = name.decode() if isinstance(name, bytes) else name
        return self.keys.records.get(name.rstrip("."), "").encode() or None

    def verify(self, octets, index):
        try:
            return dkim.DKIM(octets, minkey=1024).verify(idx=index, dnsfunc=self.look_up), ""
        except dkim.DKIMException as error:
            return False, str(error)

    def sign(self, message, author):
        kind = author.random.choice(["rsa", "ed"])
        forms = tuple(part.encode() for part in author.random.choice(FORMS).split("/"))
        key = self.keys.traditional_pem if kind == "rsa" else base64.b64encode(bytes(self.keys.ed25519))
        signer = dkim.DKIM(message.octets(),
                           signature_algorithm=b"rsa-sha256" if kind == "rsa" else b"ed25519-sha256")
        return field_of(signer.sign(kind.encode(), DOMAIN.encode(), key, canonicalize=forms,
                                    include_headers=author.wanted_names(message)))


def field_of(octets):
    """The field in transport form as [name, value]."""
    name, _, value = octets.partition(b":")
    return [name, re.sub(rb"\r?\n", b"\r\n", value.rstrip(b"\r\n"))]


# --- the comparison -------------------------------------------------------------------------

class Tally:
    def __init__(self, keys, keep_in):
        self.keys = keys
        self.keep_in = keep_in
        self.alike = 0
        self.explained = collections.Counter()
        self.wrong = 0

    def verified(self, who, verdict, message, signature):
        """`who` ("ours" too) looked at a signature of ours."""
        passes, reason = verdict
        if passes == self.holds(message, signature):
            self.alike += 1
        elif not self.is_explained(who, passes, message, signature):
            self.report(f"{who} verifies", reason, message, signature)

    def signed(self, who, verdict, message, signature):
        """We looked at a signature that `who` made of this message."""
        passes, reason = verdict
        holds = self.holds(message, signature)
        if passes and holds:
            self.alike += 1
        elif passes != holds or not self.is_explained(who, True, message, signature):
            self.report(f"{who} signs", reason, message, signature)

    def holds(self, message, signature, bends=()):
        return model_verifies(message.fields, signature, message.body, self.keys, bends)

    def is_explained(self, who, found, message, signature):
        known = PECULIARITIES.get(who, ())
        for size in range(1, len(known) + 1):
            for bends in itertools.combinations(known, size):
                if self.holds(message, signature, bends) == found:
                    self.explained[who, bends] += 1
                    return True
        return False

    def report(self, what, reason, message, signature):
        self.wrong += 1
        if self.wrong <= 10:
            path = self.keep_in / f"{self.wrong}.eml"
            path.write_bytes(message.octets([signature]))
            holds = "holds" if self.holds(message, signature) else "does not hold"
            print(f"{what}: {reason or 'pass'}; by the model the signature {holds}; kept as {path}")


def main():
    partner, script, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    kept = pathlib.Path(tempfile.mkdtemp(prefix="milterward-dkim-"))
    keys = Keys(kept)
    ours, perl, python = Ours(partner, keys), MailDkim(script, keys), Dkimpy(keys)
    author, tally = Author(seed), Tally(keys, kept)
    for _ in range(count):
        message = author.message()
        signatures = ours.sign(message, author)
        if author.chance(0.1):
            message = author.spoiled(message)
        octets = message.octets(signatures)
        verdicts = ours.verify([*signatures, *message.fields], message.body, author.chunk())
        for index, signature in enumerate(signatures):
            tally.verified("ours", verdicts[index], message, signature)
            tally.verified("dkimpy", python.verify(octets, index), message, signature)
        tally.verified("Mail::DKIM", perl.verify(octets)[0], message, signatures[0])

        for who, other in (("dkimpy", python), ("Mail::DKIM", perl)):
            signature = other.sign(message, author)
            verdict = ours.verify([signature, *message.fields], message.body, author.chunk())[0]
            tally.signed(who, verdict, message, signature)

    print(f"{count} messages, seed {seed}: {tally.alike} verdicts alike, "
          f"{sum(tally.explained.values())} explained, {tally.wrong} wrong")
    for (who, bends), times in tally.explained.most_common():
        words = "; ".join("{1} ({0})".format(*PECULIARITIES[who][bend]) for bend in bends)
        print(f"  {times:6}  {who} {words}")
    if tally.wrong:
        return 1
    shutil.rmtree(kept)
    return 0


sys.exit(main())
