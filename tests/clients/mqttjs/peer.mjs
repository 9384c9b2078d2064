// An MQTT.js client whose every step waits for the broker's answer, with a deadline.

import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import mqtt from 'mqtt'

const DEADLINE_MS = 10_000

/** The broker did not do what the standard says. */
export class Failed extends Error {
  name = 'Failed'
}

export function same(got, wanted, what) {
  const [left, right] = [JSON.stringify(got), JSON.stringify(wanted)]
  if (left !== right) throw new Failed(`${what}: ${left} came, ${right} was expected`)
}

/** Gives what `promise` gives, unless the deadline is first. */
async function inTime(promise, what) {
  let timer
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Failed(`${what} in ${DEADLINE_MS} ms`)), DEADLINE_MS)
  })
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}

export class Peer {
  #waiting = []
  #messages = []

  /** Connects and waits for the CONNACK. */
  static async connect(broker, options = {}) {
    const peer = new Peer()
    const client = mqtt.connect(broker.url, {
      protocolVersion: broker.version,
      clientId: `check-${randomUUID()}`,
      reconnectPeriod: 0,
      resubscribe: false,
      ...broker.account,
      ...options,
    })
    peer.client = client
    broker.opened.add(peer)
    client.on('error', (error) => (peer.error = error))
    client.on('message', (topic, payload, packet) => peer.#arrived({ topic, payload, packet }))
    client.on('disconnect', (packet) => (peer.goodbye = packet.reasonCode))
    peer.closed = once(client, 'close')
    const connected = once(client, 'connect').then(([connack]) => connack)
    const ended = peer.closed.then(() => {
      const failed = new Failed(`the connection ended before a CONNACK: ${peer.error ?? ''}`)
      throw Object.assign(failed, { reason: peer.error?.code })
    })
    ended.catch(() => {})
    peer.connack = await inTime(Promise.race([connected, ended]), 'no CONNACK')
    return peer
  }

  #arrived(message) {
    const taker = this.#waiting.shift()
    if (taker) taker(message)
    else this.#messages.push(message)
  }

  /** Subscribes; gives the granted QoS or the reason code of each filter. */
  async subscribe(filter, options = { qos: 1 }) {
    const granted = this.client.subscribeAsync(filter, options)
    return (await inTime(granted, 'no SUBACK')).map((each) => each.qos)
  }

  unsubscribe(filter) {
    return inTime(this.client.unsubscribeAsync(filter), 'no UNSUBACK')
  }

  /** Publishes and waits for the acknowledgement (at QoS 0 for its being written). */
  publish(topic, payload, options = { qos: 1 }) {
    return inTime(this.client.publishAsync(topic, payload, options), 'no acknowledgement')
  }

  /** The next message. */
  receive() {
    const message = this.#messages.shift()
    if (message) return message
    return inTime(new Promise((taker) => this.#waiting.push(taker)), 'no message came')
  }

  async receiveMany(count) {
    const messages = []
    while (messages.length < count) messages.push(await this.receive())
    return messages
  }

  /** Nothing but what is published now may arrive: whatever was wrongly sent came before. */
  async fence(publisher, topic) {
    const token = randomUUID()
    await publisher.publish(topic, token)
    const message = await this.receive()
    same([message.topic, `${message.payload}`], [topic, token], 'something else arrived first')
  }

  /** Cuts the connection without a DISCONNECT. */
  async drop() {
    this.client.stream.destroy()
    await this.ended()
  }

  /** Waits until the connection has ended. */
  ended() {
    return inTime(this.closed, 'the connection did not end')
  }

  async disconnect(options = {}) {
    await inTime(this.client.endAsync(false, options), 'the connection did not end')
  }
}
