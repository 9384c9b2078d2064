"""Who may come in over TLS. The plain checks run over the same connection kind besides."""

import ssl

from peer import Failed, Peer, require


def a_client_without_a_certificate_is_refused(broker):
    refused(broker, ssl.create_default_context(cafile=broker.certificates.ca))


def a_certificate_that_nobody_signed_is_refused(broker):
    context = ssl.create_default_context(cafile=broker.certificates.ca)
    context.load_cert_chain(*broker.certificates.strange)
    refused(broker, context)


def a_client_with_the_wrong_authority_does_not_trust_the_server(broker):
    context = ssl.create_default_context()
    context.load_cert_chain(broker.certificates.cert, broker.certificates.key)
    refused(broker, context)


def refused(broker, context):
    try:
        with Peer(broker.over(context)).connect():
            came_in = True
    except (OSError, Failed):
        came_in = False
    require(not came_in, "it came in")


CHECKS = (
    a_client_without_a_certificate_is_refused,
    a_certificate_that_nobody_signed_is_refused,
    a_client_with_the_wrong_authority_does_not_trust_the_server,
)
