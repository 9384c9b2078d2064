"""An edge node of Sparkplug B, made of pysparkplug, which does what it is told on its standard input:

    birth           connects, and publishes the births of the node N and its device D in the group G
    connect         connects as the same client, without any birth
    node ALIAS N    publishes NDATA with one 8-bit integer, by its alias alone
    device ALIAS X  publishes DDATA with one double, by its alias alone
    death           publishes NDEATH and disconnects

Each command is answered with a line once it is on its way; a command that the node is sent comes
as a line `command NAME VALUE`.
"""

import sys
import threading

import pysparkplug as psp

GROUP, NODE, DEVICE = "G", "N", "D"


def say(*words):
    print(*words, flush=True)


def now():
    return psp.get_current_timestamp()


def topic(kind, device=None):
    return psp.Topic(
        message_type=kind, group_id=GROUP, edge_node_id=NODE, device_id=device
    )


def metric(name, datatype, value, alias=None):
    return psp.Metric(
        timestamp=now(), name=name, datatype=datatype, value=value, alias=alias
    )


def told(_, message):
    for one in message.payload.metrics:
        say("command", one.name, one.value)


class Edge:
    def __init__(self, port):
        self.port = port
        self.client = psp.Client(client_id="edge")
        self.node = None
        self.seq = 0

    def birth(self):
        self.node = psp.EdgeNode(
            GROUP,
            NODE,
            [
                metric("Node Control/Rebirth", psp.DataType.BOOLEAN, False),
                metric("Inlet/Temp", psp.DataType.INT8, 20, alias=1),
            ],
            client=self.client,
            cmd_callback=told,
        )
        speed = metric("Speed", psp.DataType.DOUBLE, 99.5, alias=2)
        serial = metric("Serial", psp.DataType.UINT64, 2**64 - 1, alias=3)
        self.node.register(psp.Device(DEVICE, [speed, serial]))
        self.node.connect("127.0.0.1", port=self.port, blocking=False)
        # NBIRTH was 0, DBIRTH 1.
        self.seq = 2

    def connect(self):
        ready = threading.Event()
        self.client.connect(
            "127.0.0.1", port=self.port, blocking=False, callback=lambda _: ready.set()
        )
        if not ready.wait(10):
            raise TimeoutError("no CONNACK")

    def publish(self, where, payload):
        self.client.publish(
            psp.Message(
                topic=where, payload=payload, qos=psp.QoS.AT_MOST_ONCE, retain=False
            )
        )
        self.seq = (self.seq + 1) % 256

    def data(self, alias, value):
        one = metric(None, psp.DataType.INT8, int(value), alias=int(alias))
        payload = psp.NData(timestamp=now(), seq=self.seq, metrics=(one,))
        self.publish(topic(psp.MessageType.NDATA), payload)

    def device(self, alias, value):
        one = metric(None, psp.DataType.DOUBLE, float(value), alias=int(alias))
        payload = psp.DData(timestamp=now(), seq=self.seq, metrics=(one,))
        self.publish(topic(psp.MessageType.DDATA, DEVICE), payload)

    def death(self):
        self.node.disconnect()


def main():
    edge = Edge(int(sys.argv[1]))
    commands = {
        "birth": edge.birth,
        "connect": edge.connect,
        "node": edge.data,
        "device": edge.device,
        "death": edge.death,
    }
    for line in sys.stdin:
        name, *arguments = line.split()
        commands[name](*arguments)
        say("done", name)


main()
