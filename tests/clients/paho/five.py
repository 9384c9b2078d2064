"""What only MQTT 5.0 has."""

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions
from peer import V3, Peer, properties, require, same


def properties_pass_unchanged(broker):
    topic = broker.topic("properties")
    sent = {
        "ContentType": "application/json",
        "ResponseTopic": broker.topic("answer"),
        "CorrelationData": bytes(range(32)),
        "PayloadFormatIndicator": 1,
        "UserProperty": [("line", "1"), ("line", "2"), ("", "empty name"), ("äöü", "✓")],
    }
    with Peer(broker).connect() as client:
        client.subscribe((topic, 1))
        client.publish(topic, b'{"ok":true}', 1, **sent)
        got = client.receive().properties
        for name, value in sent.items():
            same(getattr(got, name), value, name)


def a_version_3_subscriber_gets_the_payload_alone(broker):
    topic = broker.topic("mixed")
    with Peer(broker, version=V3).connect() as old, Peer(broker).connect() as new:
        old.subscribe((topic, 2))
        new.publish(topic, b"x", 2, ContentType="text/plain", UserProperty=[("a", "b")])
        same(old.receive().payload, b"x", "payload")
        new.subscribe((topic, 2))
        old.publish(topic, b"y", 2)
        same(new.receive().payload, b"y", "payload")


def a_request_finds_its_answer(broker):
    asked, answered = broker.topic("ask"), broker.topic("reply")
    with Peer(broker).connect() as server, Peer(broker).connect() as client:
        server.subscribe((asked, 1))
        client.subscribe((answered, 1))
        client.publish(asked, b"2+2", 1, ResponseTopic=answered, CorrelationData=b"7")
        request = server.receive().properties
        server.publish(request.ResponseTopic, b"4", 1, CorrelationData=request.CorrelationData)
        answer = client.receive()
        same((answer.payload, answer.properties.CorrelationData), (b"4", b"7"), "answer")


def a_shared_subscription_shares(broker):
    topic, count = broker.topic("shared"), 200
    share = f"$share/{broker.name()}/{topic}"
    with Peer(broker).connect() as publisher, Peer(broker).connect() as watcher:
        watcher.subscribe((topic, 1))
        with Peer(broker).connect() as one, Peer(broker).connect() as two:
            one.subscribe((share, 1))
            two.subscribe((share, 1))
            for number in range(count):
                publisher.publish(topic, str(number), 1)
            watcher.receive_many(count)
            one.subscribe((broker.topic("end"), 1))
            two.subscribe((broker.topic("end"), 1))
            publisher.publish(broker.topic("end"), b"end", 1)
            parts = [until_the_end(member) for member in (one, two)]
    same(sorted(parts[0] + parts[1]), list(range(count)), "each message once")
    require(all(parts), f"one member got everything: {[len(part) for part in parts]}")
    require(all(part == sorted(part) for part in parts), "a member's messages out of order")


def until_the_end(member):
    got = []
    while (message := member.receive()).payload != b"end":
        got.append(int(message.payload))
    return got


def a_subscription_identifier_comes_back(broker):
    topic = broker.topic("identifier")
    with Peer(broker).connect() as client:
        client.subscribe((topic, 1), SubscriptionIdentifier=1)
        client.publish(topic, b"x")
        same(client.receive().properties.SubscriptionIdentifier, [1], "identifier")
        client.subscribe((topic, 1), SubscriptionIdentifier=268_435_455)
        client.publish(topic, b"x")
        same(client.receive().properties.SubscriptionIdentifier, [268_435_455], "identifier")


def no_local_spares_the_publisher(broker):
    topic, fence = broker.topic("local"), broker.topic("local-fence")
    with Peer(broker).connect() as one, Peer(broker).connect() as two:
        one.subscribe((topic, SubscribeOptions(qos=1, noLocal=True)), (fence, 1))
        one.publish(topic, b"own")
        two.publish(topic, b"other")
        same(one.receive().payload, b"other", "not its own")
        one.fence(two, fence)


def retain_as_published_keeps_the_flag(broker):
    topic = broker.topic("as-published")
    with Peer(broker).connect() as client, Peer(broker).connect() as publisher:
        client.subscribe((topic, SubscribeOptions(qos=1, retainAsPublished=True)))
        for retain in (True, False):
            publisher.publish(topic, b"x", 1, retain=retain)
            same(client.receive().retain, retain, "retain flag")
        publisher.publish(topic, b"", 1, retain=True)


def retain_handling_decides_what_greets(broker):
    # Handling, and whether the retained message comes on the first and on the second subscribe.
    for handling, comes in ((0, (True, True)), (1, (True, False)), (2, (False, False))):
        topic, fence = broker.topic(f"handling/{handling}"), broker.topic("handling-fence")
        with Peer(broker).connect() as publisher, Peer(broker).connect() as client:
            publisher.publish(topic, b"kept", 1, retain=True)
            client.subscribe((fence, 1))
            for expected in comes:
                client.subscribe((topic, SubscribeOptions(qos=1, retainHandling=handling)))
                if expected:
                    same(client.receive().payload, b"kept", f"retain handling {handling}")
                client.fence(publisher, fence)
            publisher.publish(topic, b"", 1, retain=True)


def a_topic_alias_stands_for_its_topic(broker):
    topic = broker.topic("alias")
    with Peer(broker).connect() as client:
        client.subscribe((topic, 1))
        client.publish(topic, b"named", 1, TopicAlias=1)
        client.publish("", b"aliased", 1, TopicAlias=1)
        got = [(message.topic, message.payload) for message in client.receive_many(2)]
        same(got, [(topic, b"named"), (topic, b"aliased")], "aliases")


def a_message_says_how_long_it_still_lives(broker):
    topic, name = broker.topic("expiry"), broker.name()
    with Peer(broker, name).connect(SessionExpiryInterval=3600) as client:
        client.subscribe((topic, 1))
    with Peer(broker).connect() as publisher:
        publisher.publish(topic, b"x", 1, MessageExpiryInterval=600)
    with Peer(broker, name, clean=False).connect(SessionExpiryInterval=3600) as client:
        left = client.receive().properties.MessageExpiryInterval
        require(0 < left <= 600, f"{left} of 600 s left")


def a_session_without_expiry_ends_with_its_connection(broker):
    name = broker.name()
    with Peer(broker, name).connect() as client:
        client.subscribe((broker.topic("short"), 1))
    with Peer(broker, name, clean=False).connect() as client:
        same(client.session_present, False, "session present")


def a_nameless_client_is_told_its_name(broker):
    with Peer(broker, client_id="").connect() as client:
        require(client.connack.AssignedClientIdentifier, "no Assigned Client Identifier")


def unsubscribing_from_nothing_says_so(broker):
    with Peer(broker).connect() as client:
        same(client.unsubscribe(broker.topic("never")), [0x11], "reason")


def a_goodbye_may_ask_for_the_will(broker):
    topic = broker.topic("will-on-goodbye")
    with Peer(broker).connect() as watcher, Peer(broker) as leaving:
        watcher.subscribe((topic, 1))
        will = properties("WILLMESSAGE", ContentType="text/plain", UserProperty=[("a", "b")])
        leaving.client.will_set(topic, b"gone", qos=1, properties=will)
        leaving.connect()
        leaving.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))
        message = watcher.receive()
        same(message.payload, b"gone", "the will")
        got = (message.properties.ContentType, message.properties.UserProperty)
        same(got, ("text/plain", [("a", "b")]), "the will's properties")


def a_delayed_will_is_withdrawn_by_a_return(broker):
    topic, name = broker.topic("will-delayed"), broker.name()
    with Peer(broker).connect() as watcher:
        watcher.subscribe((topic, 1))
        with Peer(broker, name) as client:
            delay = properties("WILLMESSAGE", WillDelayInterval=3600)
            client.client.will_set(topic, b"gone", qos=1, properties=delay)
            client.connect(SessionExpiryInterval=7200)
            client.drop()
        with Peer(broker, name, clean=False).connect() as client:
            same(client.session_present, True, "session present")
            client.disconnect()
        watcher.fence(watcher, topic)


def a_small_receive_maximum_loses_nothing(broker):
    topic, count = broker.topic("narrow"), 300
    with Peer(broker).connect() as publisher, Peer(broker).connect(ReceiveMaximum=1) as client:
        client.subscribe((topic, 2))
        for number in range(count):
            publisher.publish(topic, str(number), 1 + number % 2)
        got = [int(message.payload) for message in client.receive_many(count)]
        same(sorted(got), list(range(count)), "everything, once")


CHECKS = (
    properties_pass_unchanged,
    a_version_3_subscriber_gets_the_payload_alone,
    a_request_finds_its_answer,
    a_shared_subscription_shares,
    a_subscription_identifier_comes_back,
    no_local_spares_the_publisher,
    retain_as_published_keeps_the_flag,
    retain_handling_decides_what_greets,
    a_topic_alias_stands_for_its_topic,
    a_message_says_how_long_it_still_lives,
    a_session_without_expiry_ends_with_its_connection,
    a_nameless_client_is_told_its_name,
    unsubscribing_from_nothing_says_so,
    a_goodbye_may_ask_for_the_will,
    a_delayed_will_is_withdrawn_by_a_return,
    a_small_receive_maximum_loses_nothing,
)
