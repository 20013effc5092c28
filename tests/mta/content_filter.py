# SPDX-License-Identifier: Apache-2.0
"""A content filter behind the queue, for whatever has to hold with one in the way."""
from client import send
from home import TRUSTED
from ports import free_port
from sendmail import Sendmail
from sinks import Sink


def with_content_filter(home):
    """An after-queue filter: takes each message by SMTP and gives it back on another port.
    Postfix has content_filter for it; with Sendmail a second instance takes the mail back."""
    scanner = Sink(home.lab, "scanner", free_port())
    if home.mta.name == "postfix":
        home.mta.content_filter_port = scanner.port
        return_port = home.mta.return_port
    else:
        behind = home.mta
        home.mta = Sendmail(home.lab, f"unix:{home.socket}", home.local.port, scanner.port, "front")
        home.mta.delivers_locally = False
        home.daemon.settings["listener"][0]["port"] = str(home.mta.submission_port)
        return_port = behind.port

    def give_back(delivery):
        raw = b"X-Scanned: yes\r\n" + delivery.message.raw
        reply = send(return_port, delivery.mail_from, delivery.recipients, raw, TRUSTED,
                     helo="scanner.test")
        assert reply.code == 250, reply
    scanner.on_delivery(give_back)
    home.start()
    if home.mta.name == "sendmail":
        behind.start()
