"""A paho client whose every step waits for the broker's answer, with a deadline."""

import queue
import socket
import threading
import uuid

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions as Options

V3, V5 = paho.MQTTv311, paho.MQTTv5
DEADLINE_S = 10


class Failed(Exception):
    """The broker did not do what the standard says."""


def require(held, what):
    if not held:
        raise Failed(what)


def same(got, wanted, what):
    require(got == wanted, f"{what}: {got!r} came, {wanted!r} was expected")


def properties(packet, **values):
    """MQTT 5 properties of a packet type, by paho's names."""
    result = Properties(getattr(PacketTypes, packet))
    for name, value in values.items():
        setattr(result, name, value)
    return result


class Peer:
    """One client. Use it in a `with`, which leaves nothing connected behind."""

    def __init__(self, broker, client_id=None, version=None, clean=True, keepalive=60):
        self.broker, self.clean, self.keepalive = broker, clean, keepalive
        self.version = version or broker.version
        self.messages = queue.Queue()
        self.connected, self.disconnected = queue.Queue(), queue.Queue()
        self.pongs = queue.Queue()
        self._answers, self._arrived = {}, threading.Condition()
        self.client_id = uuid.uuid4().hex if client_id is None else client_id
        session = {"clean_session": clean} if self.version != V5 else {}
        self.client = client = paho.Client(
            paho.CallbackAPIVersion.VERSION2,
            client_id=self.client_id,
            protocol=self.version,
            reconnect_on_failure=False,
            **session,
        )
        client.on_connect = lambda _c, _u, flags, reason, props: self.connected.put(
            (flags, reason, props)
        )
        client.on_disconnect = self._ended
        client.on_message = lambda _c, _u, message: self.messages.put(message)
        client.on_subscribe = lambda _c, _u, mid, reasons, _p: self._answer("sub", mid, reasons)
        client.on_unsubscribe = lambda _c, _u, mid, reasons, _p: self._answer("unsub", mid, reasons)
        client.on_publish = lambda _c, _u, mid, reason, _p: self._answer("pub", mid, reason)
        client.on_log = self._log
        if broker.tls is not None:
            client.tls_set_context(broker.tls)
        if broker.account is not None:
            client.username_pw_set(*broker.account)

    def _log(self, _client, _userdata, _level, text):
        if "PINGRESP" in text:
            self.pongs.put(text)

    def _ended(self, _client, _userdata, _flags, reason, _props):
        self.disconnected.put(reason)
        self.connected.put(None)

    def _answer(self, kind, mid, answer):
        with self._arrived:
            self._answers[kind, mid] = answer
            self._arrived.notify_all()

    def _await(self, kind, mid):
        with self._arrived:
            came = self._arrived.wait_for(lambda: (kind, mid) in self._answers, DEADLINE_S)
            require(came, f"no acknowledgement of {kind} {mid} in {DEADLINE_S} s")
            return self._answers.pop((kind, mid))

    def connect(self, **props):
        """Connects and waits for the CONNACK."""
        reason = self.knock(**props)
        require(not reason.is_failure, f"CONNACK says {reason}")
        return self

    def knock(self, **props):
        """Connects and waits for the CONNACK; gives its reason."""
        session = {}
        if self.version == V5:
            session["clean_start"] = self.clean
            if props:
                session["properties"] = properties("CONNECT", **props)
        self.client.connect(self.broker.host, self.broker.port, self.keepalive, **session)
        self.client.loop_start()
        connack = take(self.connected, "no CONNACK")
        require(connack is not None, "the connection ended before a CONNACK")
        flags, reason, self.connack = connack
        self.session_present = flags.session_present
        return reason

    def subscribe(self, *filters, **props):
        """Subscribes to (filter, QoS or options) pairs; gives the reason codes."""
        options = list(filters)
        if self.version == V5:
            options = [(f, Options(qos=o) if isinstance(o, int) else o) for f, o in filters]
        kwargs = {"properties": properties("SUBSCRIBE", **props)} if props else {}
        result, mid = self.client.subscribe(options, **kwargs)
        same(result, paho.MQTT_ERR_SUCCESS, "subscribe")
        return [reason.value for reason in self._await("sub", mid)]

    def unsubscribe(self, *filters):
        result, mid = self.client.unsubscribe(list(filters))
        same(result, paho.MQTT_ERR_SUCCESS, "unsubscribe")
        return [reason.value for reason in self._await("unsub", mid)]

    def send(self, topic, payload=b"", qos=0, retain=False, **props):
        """Publishes without waiting; gives the packet id."""
        kwargs = {"properties": properties("PUBLISH", **props)} if props else {}
        return self.client.publish(topic, payload, qos, retain, **kwargs).mid

    def publish(self, topic, payload=b"", qos=1, retain=False, **props):
        """Publishes and waits for the acknowledgement (at QoS 0 for its being written)."""
        return self._await("pub", self.send(topic, payload, qos, retain, **props))

    def settled(self, mid):
        return self._await("pub", mid)

    def receive(self):
        """The next message."""
        return take(self.messages, "no message came")

    def receive_many(self, count):
        return [self.receive() for _ in range(count)]

    def fence(self, publisher, topic):
        """Nothing but what is published now may arrive: whatever was wrongly sent came before."""
        token = uuid.uuid4().bytes
        publisher.publish(topic, token, qos=1)
        message = self.receive()
        same((message.topic, message.payload), (topic, token), "something else arrived first")

    def drop(self):
        """Cuts the connection without a DISCONNECT."""
        self.client.socket().shutdown(socket.SHUT_RDWR)
        return take(self.disconnected, "the connection did not end")

    def closed(self):
        """Waits until the broker ends the connection; gives the reason."""
        return take(self.disconnected, "the broker did not end the connection")

    def disconnect(self, reason=None):
        self.client.disconnect(reasoncode=reason)
        take(self.disconnected, "the connection did not end")
        self.client.loop_stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.client.is_connected():
            self.client.disconnect()
        self.client.loop_stop()


def take(source, what):
    try:
        return source.get(timeout=DEADLINE_S)
    except queue.Empty:
        raise Failed(f"{what} in {DEADLINE_S} s") from None
