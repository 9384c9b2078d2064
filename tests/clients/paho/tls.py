"""Who may come in over TLS. The other checks run over the same connection kind besides."""

import ssl

from peer import Failed, Peer, require


def context(certificates, name=None, authority="ca"):
    """Trusts an authority, and shows the certificate of `name`."""
    result = ssl.create_default_context(cafile=certificates / f"{authority}.pem")
    if name is not None:
        result.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return result


def a_client_without_a_certificate_is_refused(broker):
    refused(broker, context(broker.certificates))


def a_certificate_that_nobody_signed_is_refused(broker):
    refused(broker, context(broker.certificates, "stranger"))


def a_client_with_another_authority_does_not_trust_the_server(broker):
    refused(broker, context(broker.certificates, "client", authority="stranger"))


def refused(broker, certificates):
    # One who may come in does: it is not that nobody can.
    Peer(broker).connect().disconnect()
    try:
        with Peer(broker.over(certificates)).connect():
            came_in = True
    except (OSError, Failed):
        came_in = False
    require(not came_in, "it came in")


CHECKS = (
    a_client_without_a_certificate_is_refused,
    a_certificate_that_nobody_signed_is_refused,
    a_client_with_another_authority_does_not_trust_the_server,
)
