"""What MQTT 3.1.1 and 5.0 have in common."""

from peer import V5, Peer, require, same, take

QOS = (0, 1, 2)


def a_new_client_has_no_session(broker):
    with Peer(broker).connect() as client:
        same(client.session_present, False, "session present")


def every_quality_of_service_makes_the_round_trip(broker):
    payload = bytes(range(256)) + '{"temp": 21.5, "unit": "°C"}'.encode()
    with Peer(broker).connect() as publisher, Peer(broker).connect() as subscriber:
        for qos in QOS:
            topic = broker.topic(f"round/{qos}")
            same(subscriber.subscribe((topic, qos)), [qos], "granted")
            publisher.publish(topic, payload, qos)
            message = subscriber.receive()
            same((message.topic, message.payload), (topic, payload), f"QoS {qos}")
            same((message.qos, message.retain), (qos, False), f"QoS {qos}")


def the_lower_quality_of_service_wins(broker):
    with Peer(broker).connect() as publisher, Peer(broker).connect() as subscriber:
        for granted in QOS:
            topic = broker.topic(f"lower/{granted}")
            subscriber.subscribe((topic, granted))
            for sent in QOS:
                publisher.publish(topic, b"x", sent)
                got = subscriber.receive().qos
                same(got, min(granted, sent), f"sent {sent}, granted {granted}")


def the_order_of_a_publisher_is_kept(broker):
    with Peer(broker).connect() as publisher, Peer(broker).connect() as subscriber:
        for qos, count in ((0, 500), (1, 500), (2, 200)):
            topic = broker.topic(f"order/{qos}")
            subscriber.subscribe((topic, qos))
            sent = [publisher.send(topic, str(number), qos) for number in range(count)]
            got = [int(message.payload) for message in subscriber.receive_many(count)]
            same(got, list(range(count)), f"order at QoS {qos}")
            for mid in sent:
                publisher.settled(mid)
            subscriber.fence(publisher, topic)


def wildcards_match_what_they_should(broker):
    cases = (
        ("+/b/c", ["a/b/c", "/b/c"], ["a/b", "a/b/c/d", "a/x/c"]),
        ("a/#", ["a", "a/b", "a/b/c", "a/"], ["ab", "b/a"]),
        ("a/+", ["a/b", "a/"], ["a", "a/b/c"]),
        ("+/+", ["a/b", "/b", "/"], ["a", "a/b/c"]),
        ("a/b", ["a/b"], ["a/b/", "A/B", "a"]),
        ("étage/+/温度", ["étage/1/温度"], ["etage/1/温度"]),
    )
    for filter_, hits, misses in cases:
        prefix = broker.topic("wild")
        with Peer(broker).connect() as publisher, Peer(broker).connect() as subscriber:
            subscriber.subscribe((f"{prefix}/{filter_}", 1), (f"{prefix}-fence", 1))
            for topic in hits:
                publisher.publish(f"{prefix}/{topic}", b"hit")
                same(subscriber.receive().topic, f"{prefix}/{topic}", filter_)
            for topic in misses:
                publisher.publish(f"{prefix}/{topic}", b"miss")
            subscriber.fence(publisher, f"{prefix}-fence")


def a_retained_message_greets_a_late_subscriber(broker):
    topic = broker.topic("retained/a")
    with Peer(broker).connect() as publisher:
        with Peer(broker).connect() as early:
            early.subscribe((topic, 1))
            publisher.publish(topic, b"first", 1, retain=True)
            same(early.receive().retain, False, "retain flag for one who was there")
        publisher.publish(topic, b"second", 1, retain=True)
        for filter_ in (topic, broker.topic("retained/+"), broker.topic("retained/#")):
            with Peer(broker).connect() as late:
                late.subscribe((filter_, 1))
                message = late.receive()
                same((message.payload, message.retain), (b"second", True), filter_)
                late.fence(publisher, topic)


def an_empty_retained_message_clears(broker):
    topic = broker.topic("cleared")
    with Peer(broker).connect() as publisher:
        publisher.publish(topic, b"there", 1, retain=True)
        publisher.publish(topic, b"", 1, retain=True)
        with Peer(broker).connect() as late:
            late.subscribe((topic, 1))
            late.fence(publisher, topic)


def a_will_speaks_for_a_lost_client(broker):
    topic = broker.topic("will/lost")
    with Peer(broker).connect() as watcher, Peer(broker) as doomed:
        watcher.subscribe((topic, 2))
        doomed.client.will_set(topic, b"gone", qos=2, retain=True)
        doomed.connect()
        doomed.drop()
        message = watcher.receive()
        same((message.payload, message.qos, message.retain), (b"gone", 2, False), "the will")
        with Peer(broker).connect() as late:
            late.subscribe((topic, 2))
            same(late.receive().retain, True, "a retained will")
            late.publish(topic, b"", retain=True)


def a_will_is_silent_after_a_goodbye(broker):
    topic = broker.topic("will/goodbye")
    with Peer(broker).connect() as watcher, Peer(broker) as leaving:
        watcher.subscribe((topic, 1))
        leaving.client.will_set(topic, b"gone", qos=1)
        leaving.connect()
        leaving.disconnect()
        watcher.fence(watcher, topic)


def lasting(broker, client_id, clean=False):
    """A client whose session outlives its connection, in the words of its version."""
    peer = Peer(broker, client_id, clean=clean)
    expiry = {"SessionExpiryInterval": 3600} if broker.version == V5 else {}
    return peer.connect(**expiry)


def a_session_is_resumed_with_what_was_missed(broker):
    topic, name = broker.topic("session"), broker.name()
    with lasting(broker, name, clean=broker.version == V5) as client:
        client.subscribe((topic, 2))
    with Peer(broker).connect() as publisher:
        for number in range(50):
            publisher.publish(topic, str(number), qos=1 + number % 2)
        with lasting(broker, name) as client:
            same(client.session_present, True, "session present")
            got = [(m.qos, int(m.payload)) for m in client.receive_many(50)]
            # Each QoS is in order; across them, a QoS 2 message counts when it is released.
            for qos, first in ((1, 0), (2, 1)):
                numbers = [number for its, number in got if its == qos]
                same(numbers, list(range(first, 50, 2)), f"what was missed at QoS {qos}")
            client.fence(publisher, topic)
            client.unsubscribe(topic)


def a_clean_start_forgets_the_session(broker):
    topic, name = broker.topic("forgotten"), broker.name()
    with lasting(broker, name) as client:
        client.subscribe((topic, 1))
    with Peer(broker).connect() as publisher:
        publisher.publish(topic, b"missed", 1)
        with Peer(broker, name).connect() as client:
            same(client.session_present, False, "session present")
            client.subscribe((broker.topic("fence"), 1))
            client.fence(publisher, broker.topic("fence"))


def a_second_connection_takes_over(broker):
    name = broker.name()
    with Peer(broker, name).connect() as first, Peer(broker, name).connect() as second:
        reason = first.closed()
        if broker.version == V5:
            same(reason.value, 0x8E, "reason for the first")
        topic = broker.topic("takeover")
        second.subscribe((topic, 1))
        second.fence(second, topic)


def unsubscribed_means_silent(broker):
    topic, other = broker.topic("unsub"), broker.topic("unsub-fence")
    with Peer(broker).connect() as client:
        client.subscribe((topic, 1), (other, 1))
        client.unsubscribe(topic)
        client.publish(topic, b"too late")
        client.fence(client, other)


def one_subscribe_packet_holds_many_filters(broker):
    filters = [(broker.topic(f"many/{number}"), number % 3) for number in range(200)]
    with Peer(broker).connect() as client:
        same(client.subscribe(*filters), [qos for _, qos in filters], "granted")
        for topic, qos in filters[::40]:
            client.publish(topic, b"x", 2)
            message = client.receive()
            same((message.topic, message.qos), (topic, qos), "delivered")


def large_and_empty_payloads_pass(broker):
    topic = broker.topic("sizes")
    with Peer(broker).connect() as client:
        client.subscribe((topic, 2))
        for size in (0, 1, 127, 128, 16_383, 16_384, 1_000_000):
            payload = bytes(number % 251 for number in range(size))
            client.publish(topic, payload, 2)
            require(client.receive().payload == payload, f"{size} bytes came back changed")


def an_empty_client_id_is_welcome(broker):
    topic = broker.topic("nameless")
    with Peer(broker, client_id="").connect() as client:
        client.subscribe((topic, 1))
        client.fence(client, topic)


def a_ping_is_answered(broker):
    with Peer(broker, keepalive=1).connect() as client:
        take(client.pongs, "no PINGRESP")
        take(client.pongs, "no second PINGRESP")
        require(client.client.is_connected(), "the connection is gone")


CHECKS = (
    a_new_client_has_no_session,
    every_quality_of_service_makes_the_round_trip,
    the_lower_quality_of_service_wins,
    the_order_of_a_publisher_is_kept,
    wildcards_match_what_they_should,
    a_retained_message_greets_a_late_subscriber,
    an_empty_retained_message_clears,
    a_will_speaks_for_a_lost_client,
    a_will_is_silent_after_a_goodbye,
    a_session_is_resumed_with_what_was_missed,
    a_clean_start_forgets_the_session,
    a_second_connection_takes_over,
    unsubscribed_means_silent,
    one_subscribe_packet_holds_many_filters,
    large_and_empty_payloads_pass,
    an_empty_client_id_is_welcome,
    a_ping_is_answered,
)
