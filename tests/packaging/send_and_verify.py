#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sends one message by SMTP or by the sendmail command, and verifies what arrives in a mailbox.

    send_and_verify.py smtp|sendmail ADDRESS MAILBOX SELECTOR PRIVATE-KEY

Exit 0 when the message arrives and bears a DKIM signature of the address's domain that dkimpy, an
implementation that is not ours, verifies with the public half of that key.
"""
import base64
import mailbox
import os
import smtplib
import subprocess
import sys
import time
import uuid

import dkim


def send(way, address, text):
    if way == "sendmail":
        subprocess.run(["sendmail", "-i", "-f", address, address], input=text.encode(), check=True)
        return
    with smtplib.SMTP("127.0.0.1", 25, timeout=30) as client:
        client.sendmail(address, [address], text)


def arrived(path, subject):
    for _ in range(300):
        for message in mailbox.mbox(path) if os.path.exists(path) else ():
            if message["Subject"] == subject:
                return message.as_bytes().replace(b"\n", b"\r\n")
        time.sleep(0.1)
    sys.exit(f"{subject} has not arrived within 30 s")


def main():
    way, address, path, selector, key = sys.argv[1:]
    domain = address.partition("@")[2]
    subject = f"{way} {uuid.uuid4()}"
    send(way, address, f"From: <{address}>\nTo: <{address}>\nSubject: {subject}\n\nHello.\n")
    message = arrived(path, subject)
    public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                            check=True, stdout=subprocess.PIPE).stdout
    published = {f"{selector}._domainkey.{domain}.".encode():
                 b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)}
    if not dkim.verify(message, dnsfunc=lambda name, timeout=5: published.get(name)):
        sys.exit(f"no signature of {domain} that verifies:\n{message.decode()}")


main()
