# SPDX-License-Identifier: Apache-2.0
"""Signatures over what leaves: mail that the MTA changes behind the filter verifies where it is
delivered, by an implementation that is not ours."""
import dkim_peer
from client import send
from home import LIAR
from message import compose, new_subject
from registry import scenario

BOTH = {("local.test", "rsa-sha256"): True, ("local.test", "ed25519-sha256"): True}

# What people and programs write into To and Cc, and what we promise to sign of it.
SIGNED = [
    "ann@friend.test",
    "ann@friend.test,carl@friend.test,\r\n\tdora@friend.test",
    "Ann <ann@friend.test>,Carl<carl@friend.test>, <dora@friend.test>",
    "\"Doe,  Dora\"   <dora@friend.test>, \"Q. (x <y>\" <q@friend.test>",
    "Sean O'Doe <sean@friend.test>",
    "Ann Q. Doe\r\n <ann@friend.test>,\r\n O'Doe <sean@friend.test>",
    "=?utf-8?q?J=C3=B6rg_M=2E?=\r\n =?utf-8?b?SsO2cmc=?= <joerg@friend.test>",
    "J\u00f6rg M. <joerg@friend.test>, \"M\u00fcller, J\u00f6rg\" <mueller@friend.test>",
    "ann@friend.test (Doe, Ann), Carl (the \"one) <carl@friend.test> (O'x (y.) z)",
    "friends: ann@friend.test,carl@friend.test;",
    "My Friends:Ann Q. <ann@friend.test>, carl@friend.test ; , dora@friend.test",
    "undisclosed-recipients:;",
    "Undisclosed recipients: ;",
    "\"ann doe\"@friend.test, ann+tag@friend.test, o'ann=x@friend.test",
    ", ann@friend.test,,carl@friend.test,",
    "ann@friend.test\r\n ,carl@friend.test",
    "\r\n ann@friend.test",
    "Ann < ann@friend.test >",
    "[list] Ann <ann@friend.test>, ann@x.test <ann@friend.test>",
    "root,Ann <ann>",
    ",".join(f"user{number}@friend.test" for number in range(200)),
    ",\r\n ".join(f"\"User No. {number}\" <user{number}@friend.test>" for number in range(100)),
    "Ann\tDoe\t<ann@friend.test>,\tcarl@friend.test  ",
]
# Left out under Sendmail, so that the signature holds whatever it makes of them.
DOUBTFUL = [
    "Dr. \"Ann\" Doe <ann@friend.test>",
    "Ann <ann@friend.test> Doe",
    "ann@friend.test; carl@friend.test",
    "Doe, Ann <ann@friend.test>",
    "\"Ann <ann@friend.test>",
    "Ann (x <ann@friend.test>",
    "Ann <ann@friend.test",
    "ann @ friend.test",
    "ann%other.test@friend.test, host!carl@friend.test",
    "<@a.test,@b.test:ann@friend.test>",
    "ann@[192.0.2.1], ann@friend.test.",
    "undisclosed-recipients:",
    "Ann\\ Doe <ann@friend.test>",
    "",
    "x" * 300 + " <ann@friend.test>",
]


def _deliver(home, raw, subject):
    reply = send(home.mta.submission_port, "joe@local.test", ["ann@friend.test"], raw, LIAR,
                 login=("joe", "secret"))
    assert reply.code == 250, reply
    return home.remote.wait_for(subject).message


def _verified(home, raw, subject, what):
    message = _deliver(home, raw, subject)
    assert home.verified_signatures(message) == BOTH, f"{what!r}:\n{message.head()}"
    return message


def _covered(message):
    """The names in h= of the first signature, in lower case."""
    names = dkim_peer.tag(message.all("DKIM-Signature")[0], "h")
    return [name.strip().lower() for name in names.split(":")]


def _odd_fields(home, name):
    home.start()
    for value in SIGNED + DOUBTFUL:
        subject = new_subject("odd")
        raw = compose("joe@local.test", "ann@friend.test", subject)
        raw = raw.replace(b"To: ann@friend.test\r\n", f"{name}: {value}\r\n".encode())
        message = _verified(home, raw, subject, value)
        if value in SIGNED:
            assert name.lower() in _covered(message), f"{value!r} is not signed"


@scenario()
def odd_recipients_verify(home):
    _odd_fields(home, "To")


@scenario()
def odd_copies_verify(home):
    _odd_fields(home, "Cc")


@scenario()
def odd_recipients_verify_by_libopendkim(home):
    home.daemon.settings["dkim"] = {"engine": "libopendkim"}
    _odd_fields(home, "To")


@scenario()
def odd_authors_verify(home):
    """Sendmail writes From, Sender and Reply-To anew as well."""
    home.start()
    for author in ("Sean O'Doe <joe@local.test>", "Joe Q. Doe <joe@local.test>",
                   "\"Doe, Joe\"  <joe@local.test>", "joe@local.test (Joe Doe)",
                   "<joe@local.test>", "J\u00f6rg O'Doe\r\n <joe@local.test>",
                   "joe@local.test,desk@local.test"):
        subject = new_subject("author")
        raw = compose("joe@local.test", "ann@friend.test", subject,
                      [("Reply-To", "Joe Q. <joe@local.test>,desk@local.test"),
                       ("Sender", "Joe O'Doe <desk@local.test>")])
        raw = raw.replace(b"From: joe@local.test\r\n", f"From: {author}\r\n".encode())
        message = _verified(home, raw, subject, author)
        assert {"from", "sender", "reply-to"} <= set(_covered(message)), message.head()


def _long_lines(home):
    home.start()
    digits = "".join(f"{number:09d}," for number in range(0, 9000, 10))
    for length in (989, 990, 991, 997, 998, 999, 1995, 1996, 2039, 2040, 2041, 2047, 2048, 2049,
                   4093, 4094, 4095, 6000):
        for body in (digits[:length], "." + digits[:length - 1]):
            subject = new_subject("long")
            raw = compose("joe@local.test", "ann@friend.test", subject,
                          body=f"a\r\n{body}\r\n\r\nb\r\n")
            _verified(home, raw, subject, f"a body line of {length}")
        subject = new_subject("wide")
        raw = compose("joe@local.test", "ann@friend.test", subject,
                      [("References", digits[:length]), ("List-Id", "x y " * (length // 8))])
        _verified(home, raw, subject, f"a header line of {length}")


@scenario()
def long_lines_verify(home):
    _long_lines(home)


@scenario("sendmail")
def long_lines_verify_behind_the_usual_mailer(home):
    """Without a smart host Sendmail sends by esmtp, whose lines are shorter."""
    home.mta.remote_mailer = "esmtp"
    _long_lines(home)


@scenario()
def eight_bit_text_verifies(home):
    home.start()
    mime = [("MIME-Version", "1.0"), ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit")]
    for headers in (mime, []):
        subject = new_subject("Gr\u00fc\u00dfe")
        raw = compose("J\u00f6rg <joe@local.test>", "ann@friend.test", subject, headers,
                      "Gr\u00fc\u00dfe  an\tdie K\u00fcche\r\n" + "\u00e4" * 700 + "\r\n..\r\n")
        _verified(home, raw, subject, "8-bit text")


@scenario()
def list_fields_are_signed(home):
    home.start()
    fields = [("List-Id", "<tea.local.test>"), ("List-Post", "<mailto:tea@local.test>"),
              ("List-Unsubscribe", "<https://local.test/off>,\r\n <mailto:off@local.test>"),
              ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
              ("List-Help", "<mailto:help@local.test>"), ("List-Owner", "<mailto:o@local.test>"),
              ("List-Subscribe", "<mailto:on@local.test>"),
              ("List-Archive", "<https://local.test/tea>")]
    subject = new_subject("list")
    raw = compose("joe@local.test", "ann@friend.test", subject, fields)
    covered = _covered(_verified(home, raw, subject, "list fields"))
    for name, _ in fields:
        assert covered.count(name.lower()) == 1, covered


@scenario()
def options_of_a_key_are_kept(home):
    """Each key signs in its own way, and all of it verifies; RSA stands first."""
    forms = ("simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed")
    keys = home.daemon.settings["sign.key"]
    for number, form in enumerate(forms):
        key = home.new_key("local.test", f"form{number}")
        keys.append({"domain": "local.test", "selector": key.selector, "file": str(key.path),
                     "canonicalization": form, "expires_after": "48h",
                     "identity": f"@n{number}.local.test",
                     "oversigned": ["From", "Subject", "X-Never"], "headers": ["X-Always"]})
    home.start()
    subject = new_subject("options")
    raw = compose("joe@local.test", "ann@friend.test", subject,
                  [("X-Always", "1"), ("X-Always", "2  2")], "a  b\r\n\r\n\r\n")
    message = _deliver(home, raw, subject)
    signatures = message.all("DKIM-Signature")
    assert [dkim_peer.tag(text, "s") for text in signatures] == [
        "rsa1", "form0", "form1", "form2", "form3", "ed1"], message.head()
    for text, form in zip(signatures[1:5], forms):
        assert dkim_peer.tag(text, "c") == form, text
        assert int(dkim_peer.tag(text, "x")) - int(dkim_peer.tag(text, "t")) == 48 * 3600, text
        assert dkim_peer.tag(text, "i").endswith(".local.test"), text
        names = dkim_peer.tag(text, "h").split(":")
        assert sorted(names) == sorted(["from", "from", "subject", "subject", "x-never",
                                        "x-always", "x-always"]), text
    assert dkim_peer.verify_each(message, home.dns) == [True] * 6, message.head()


@scenario()
def doubled_author_is_not_signed(home):
    home.start()
    subject = new_subject("authors")
    raw = compose("joe@local.test", "ann@friend.test", subject)
    message = _deliver(home, b"From: boss@local.test\r\n" + raw, subject)
    assert not message.all("DKIM-Signature"), message.head()


@scenario()
def missing_author_is_not_signed(home):
    """Sendmail adds one behind the filter; Postfix does so before it, for trusted networks only."""
    home.start()
    subject = new_subject("nobody")
    raw = compose("joe@local.test", "ann@friend.test", subject)
    message = _deliver(home, raw.replace(b"From: joe@local.test\r\n", b""), subject)
    assert not message.all("DKIM-Signature"), message.head()
