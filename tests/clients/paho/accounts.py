"""What an account is for, and what it is told that it may not have."""

from peer import V5, Peer, same

WRONG, NOT_AUTHORIZED = 0x86, 0x87
# What a filter is answered with that is refused, before there were reasons.
FAILURE = 0x80


def a_name_and_a_password_let_in(broker):
    own = broker.topic("own")
    with Peer(broker).connect() as client:
        client.subscribe((own, 2))
        for qos in (0, 1, 2):
            client.publish(own, b"x", qos)
            same(client.receive().topic, own, f"QoS {qos}")


def a_token_does_for_a_password(broker):
    name, _ = broker.account
    for shown in (name, ""):
        with Peer(broker.as_(shown, broker.token)).connect() as client:
            client.subscribe((broker.topic("own"), 1))
            client.fence(client, broker.topic("own"))


def who_is_not_let_in_is_told_why(broker):
    name, password = broker.account
    for account, reason in (
        (None, NOT_AUTHORIZED),
        ((name, "wrong"), WRONG),
        (("nobody", password), WRONG),
        (("nobody", broker.token), WRONG),
        ((name, broker.token[:-1]), WRONG),
    ):
        with Peer(broker.as_(*account) if account else broker.as_nobody()) as client:
            same(client.knock().value, reason, f"CONNACK for {account}")
            client.closed()


def a_filter_that_is_refused_is_told_in_its_suback(broker):
    own, other = broker.topic("own"), broker.other("b")
    refused = NOT_AUTHORIZED if broker.version == V5 else FAILURE
    with Peer(broker).connect() as client:
        granted = client.subscribe((own, 1), (other, 1), ("#", 0))
        same(granted, [1, refused, 0], "SUBACK")
        client.publish(other, b"x", 0)
        client.fence(client, own)


def a_message_that_is_refused_is_told_where_it_can_be(broker):
    own, other = broker.topic("own"), broker.other("b")
    with Peer(broker).connect() as client:
        client.subscribe((own, 1))
        reason = client.publish(other, b"x", 1)
        same(reason.value, NOT_AUTHORIZED if broker.version == V5 else 0, "PUBACK")
        # The connection goes on, and its identifiers are free.
        for qos in (1, 2):
            client.publish(own, b"y", qos)
            same(client.receive().payload, b"y", f"QoS {qos}")


CHECKS = (
    a_name_and_a_password_let_in,
    a_token_does_for_a_password,
    who_is_not_let_in_is_told_why,
    a_filter_that_is_refused_is_told_in_its_suback,
    a_message_that_is_refused_is_told_where_it_can_be,
)
