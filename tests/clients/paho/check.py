"""Runs every check against a broker and prints a JSON line for each."""

import argparse
import copy
import json
import pathlib
import sys
import time
import uuid

import accounts
import both
import five
import tls
from peer import V3, V5, Failed


class Broker:
    """Where the broker is, and topics of our own on it."""

    def __init__(self, host, port, certificates):
        self.host, self.port, self.certificates = host, port, certificates
        self.version, self.tls = V5, None
        self.account, self.token = None, None
        self._own = f"check/{uuid.uuid4().hex[:8]}"

    def topic(self, name):
        return f"{self._own}/{self.version}/{name}"

    def other(self, name):
        """A topic that is not below `check`."""
        return f"un{self.topic(name)}"

    def name(self):
        return f"check-{uuid.uuid4().hex}"

    def at(self, version):
        broker = copy.copy(self)
        broker.version = version
        return broker

    def over(self, context):
        broker = copy.copy(self)
        broker.tls = context
        return broker

    def as_(self, name, password):
        broker = copy.copy(self)
        broker.account = (name, password)
        return broker

    def as_nobody(self):
        broker = copy.copy(self)
        broker.account = None
        return broker


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--only", default="", help="run only the checks with this in their name")
    parser.add_argument(
        "--certificates",
        type=pathlib.Path,
        help="use TLS; a folder with ca.pem, client.pem, client.key, and the pair of a stranger "
        "whom the broker must refuse: stranger.pem, stranger.key",
    )
    parser.add_argument(
        "--account",
        help="NAME:PASSWORD of an account that may use check/# and nothing else; only what "
        "concerns accounts is checked",
    )
    parser.add_argument("--token", help="what does for its password")
    return parser.parse_args()


def say(line):
    print(json.dumps(line, ensure_ascii=False, separators=(",", ":")), flush=True)


def main():
    given = arguments()
    broker = Broker(given.host, given.port, given.certificates)
    if given.certificates:
        broker = broker.over(tls.context(given.certificates, "client"))

    if given.account:
        broker = broker.as_(*given.account.split(":", 1))
        broker.token = given.token
        runs = [(version, check) for version in (V3, V5) for check in accounts.CHECKS]
    else:
        runs = [(version, check) for version in (V3, V5) for check in both.CHECKS]
        runs += [(V5, check) for check in five.CHECKS]
    if given.certificates:
        runs += [(V5, check) for check in tls.CHECKS]

    counts = {"passed": 0, "failed": 0}
    for version, check in runs:
        if given.only not in check.__name__:
            continue
        began = time.monotonic()
        line = {"check": check.__name__, "version": "5.0" if version == V5 else "3.1.1"}
        try:
            check(broker.at(version))
            line["ok"] = True
        except (Failed, OSError, AttributeError) as error:
            line["ok"], line["error"] = False, f"{type(error).__name__}: {error}"
        line["ms"] = round((time.monotonic() - began) * 1000)
        counts["passed" if line["ok"] else "failed"] += 1
        say(line)
    say(counts)
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
