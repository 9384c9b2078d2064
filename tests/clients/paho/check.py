"""Runs every check against a broker and prints a JSON line for each."""

import argparse
import copy
import json
import ssl
import sys
import time
import uuid
from types import SimpleNamespace

import both
import five
import tls
from peer import V3, V5, Failed


class Broker:
    """Where the broker is, and topics of our own on it."""

    def __init__(self, host, port, certificates):
        self.host, self.port, self.certificates = host, port, certificates
        self.version, self.tls = V5, None
        self._prefix = f"check/{uuid.uuid4().hex[:8]}"

    def topic(self, name):
        return f"{self._prefix}/{self.version}/{name}"

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


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--only", default="", help="run only the checks with this in their name")
    parser.add_argument("--ca", help="the authority of the server's certificate: use TLS")
    parser.add_argument("--cert", help="our certificate, for a server that asks for one")
    parser.add_argument("--key", help="its key")
    parser.add_argument("--strange-cert", help="a certificate that the server must refuse")
    parser.add_argument("--strange-key", help="its key")
    return parser.parse_args()


def main():
    given = arguments()
    certificates = SimpleNamespace(
        ca=given.ca,
        cert=given.cert,
        key=given.key,
        strange=given.strange_cert and (given.strange_cert, given.strange_key),
    )
    broker = Broker(given.host, given.port, certificates)
    if given.ca:
        context = ssl.create_default_context(cafile=given.ca)
        if given.cert:
            context.load_cert_chain(given.cert, given.key)
        broker = broker.over(context)

    runs = [(version, check) for version in (V3, V5) for check in both.CHECKS]
    runs += [(V5, check) for check in five.CHECKS]
    if given.strange_cert:
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
        print(json.dumps(line, ensure_ascii=False), flush=True)
    print(json.dumps(counts), flush=True)
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
