# SPDX-License-Identifier: Apache-2.0
"""Private keys that no file holds: a token signs, an implementation that is not ours verifies, and mail
waits while the token is away."""
from registry import scenario
from token_of_keys import PIN, Token

BOTH = {("local.test", "rsa-sha256"): True, ("local.test", "ed25519-sha256"): True}


def _start(home):
    token = Token(home)
    home.daemon.settings["pkcs11"] = token.settings
    home.daemon.settings["sign.key"] = [
        {"domain": key.domain, "selector": key.selector, "file": token.take(key, f"a{number}")}
        for number, key in enumerate(home.our_keys)]
    return token


@scenario()
def keys_in_a_token_sign(home):
    token = _start(home)
    home.start()
    for _ in range(3):
        reply, subject = home.submission()
        assert reply.code == 250, reply
        message = home.remote.wait_for(subject).message
        assert home.verified_signatures(message) == BOTH, message.head()
    assert not home.daemon.events("key.unusable")
    assert not list(token.directory.parent.joinpath("keys").glob("local.test.*"))
    assert PIN not in home.daemon.said()


@scenario()
def mail_waits_for_a_token_that_is_away(home):
    """Never unsigned: 451 until the token is back; then it signs by itself, without a reload."""
    token = _start(home)
    away = token.place.rename(token.directory / "away")
    token.place.mkdir()
    home.start()
    assert "no token fits it" in home.daemon.wait_event("key.unusable")["reason"]
    reply, _ = home.submission()
    assert reply.code == 451, reply
    token.place.rmdir()
    away.rename(token.place)
    for key in home.our_keys:
        home.daemon.wait_event("key.usable", domain=key.domain, selector=key.selector)
    reply, subject = home.submission()
    assert reply.code == 250, reply
    assert home.verified_signatures(home.remote.wait_for(subject).message) == BOTH
    assert len(home.remote.all()) == 1
