// What an MQTT.js client sees, over any transport; `five` has what only MQTT 5.0 has.

import { randomUUID } from 'node:crypto'
import { Failed, Peer, same } from './peer.mjs'

/** A session that outlives its connection, in the words of the version. */
const lasting = (broker, clientId, clean) => ({
  clientId,
  clean,
  ...(broker.version === 5 ? { properties: { sessionExpiryInterval: 3600 } } : {}),
})

const numbers = (count) => Array.from({ length: count }, (_, number) => number)

export const both = {
  async every_quality_of_service_makes_the_round_trip(broker) {
    const [publisher, subscriber] = [await Peer.connect(broker), await Peer.connect(broker)]
    const payload = Buffer.concat([
      Buffer.from(numbers(256)),
      Buffer.from('{"temp": 21.5, "unit": "°C"}'),
    ])
    for (const qos of [0, 1, 2]) {
      const topic = broker.topic(`étage/${qos}`)
      same(await subscriber.subscribe(topic, { qos }), [qos], 'granted')
      await publisher.publish(topic, payload, { qos })
      const got = await subscriber.receive()
      same([got.topic, got.packet.qos, got.packet.retain], [topic, qos, false], `QoS ${qos}`)
      if (!payload.equals(got.payload)) throw new Failed(`QoS ${qos}: the payload changed`)
    }
  },

  async the_lower_quality_of_service_wins(broker) {
    const client = await Peer.connect(broker)
    for (const granted of [0, 1, 2]) {
      const topic = broker.topic(`lower/${granted}`)
      await client.subscribe(topic, { qos: granted })
      for (const qos of [0, 1, 2]) {
        await client.publish(topic, 'x', { qos })
        const got = (await client.receive()).packet.qos
        same(got, Math.min(granted, qos), `sent ${qos}, granted ${granted}`)
      }
    }
  },

  async a_burst_arrives_whole_and_in_order(broker) {
    const [publisher, subscriber] = [await Peer.connect(broker), await Peer.connect(broker)]
    const topic = broker.topic('burst')
    await subscriber.subscribe(topic)
    const sent = numbers(1000).map((number) => publisher.publish(topic, `${number}`))
    const got = (await subscriber.receiveMany(1000)).map(({ payload }) => Number(payload))
    same(got, numbers(1000), 'order')
    await Promise.all(sent)
    await subscriber.fence(publisher, topic)
  },

  async many_packets_in_one_frame_and_one_packet_in_many(broker) {
    const client = await Peer.connect(broker)
    const topic = broker.topic('sizes')
    await client.subscribe(topic, { qos: 2 })
    for (const size of [0, 1, 125, 126, 127, 128, 16_384, 65_535, 65_536, 1_000_000]) {
      const payload = Buffer.from(numbers(size).map((number) => number % 251))
      await client.publish(topic, payload, { qos: 2 })
      if (!payload.equals((await client.receive()).payload)) throw new Failed(`${size} bytes`)
    }
    const small = numbers(500).map((number) => client.publish(topic, `${number}`, { qos: 0 }))
    const got = (await client.receiveMany(500)).map(({ payload }) => Number(payload))
    same(got, numbers(500), 'order')
    await Promise.all(small)
  },

  async wildcards_match_what_they_should(broker) {
    const cases = [
      ['+/b/c', ['a/b/c', '/b/c'], ['a/b', 'a/b/c/d']],
      ['a/#', ['a', 'a/b/c', 'a/'], ['ab', 'b/a']],
      ['+/+', ['a/b', '/'], ['a', 'a/b/c']],
    ]
    for (const [filter, hits, misses] of cases) {
      const prefix = broker.topic(`wild/${randomUUID()}`)
      const client = await Peer.connect(broker)
      await client.subscribe([`${prefix}/${filter}`, `${prefix}-fence`])
      for (const hit of hits) {
        await client.publish(`${prefix}/${hit}`, 'hit')
        same((await client.receive()).topic, `${prefix}/${hit}`, filter)
      }
      for (const miss of misses) await client.publish(`${prefix}/${miss}`, 'miss')
      await client.fence(client, `${prefix}-fence`)
    }
  },

  async a_retained_message_greets_a_late_subscriber_until_cleared(broker) {
    const topic = broker.topic('retained')
    const publisher = await Peer.connect(broker)
    await publisher.publish(topic, 'kept', { qos: 1, retain: true })
    const late = await Peer.connect(broker)
    await late.subscribe(topic)
    const got = await late.receive()
    same([`${got.payload}`, got.packet.retain], ['kept', true], 'retained')
    await publisher.publish(topic, '', { qos: 1, retain: true })
    same((await late.receive()).packet.retain, false, 'retain flag for one who was there')
    const later = await Peer.connect(broker)
    await later.subscribe(topic)
    await later.fence(publisher, topic)
  },

  async a_will_speaks_for_a_lost_client_only(broker) {
    const topic = broker.topic('will')
    const watcher = await Peer.connect(broker)
    await watcher.subscribe(topic)
    const will = { topic, payload: Buffer.from('gone'), qos: 1, retain: false }
    const doomed = await Peer.connect(broker, { will })
    await doomed.drop()
    same(`${(await watcher.receive()).payload}`, 'gone', 'the will')
    const leaving = await Peer.connect(broker, { will })
    await leaving.disconnect()
    await watcher.fence(watcher, topic)
  },

  async a_session_is_resumed_with_what_was_missed(broker) {
    const [topic, clientId] = [broker.topic('session'), randomUUID()]
    const before = await Peer.connect(broker, lasting(broker, clientId, broker.version === 5))
    same(before.connack.sessionPresent, false, 'session present at first')
    await before.subscribe(topic)
    await before.disconnect()
    const publisher = await Peer.connect(broker)
    for (const number of numbers(30)) await publisher.publish(topic, `${number}`)
    const after = await Peer.connect(broker, lasting(broker, clientId, false))
    same(after.connack.sessionPresent, true, 'session present')
    const got = (await after.receiveMany(30)).map(({ payload }) => Number(payload))
    same(got, numbers(30), 'what was missed')
    await after.disconnect()
    const fresh = await Peer.connect(broker, { clientId, clean: true })
    same(fresh.connack.sessionPresent, false, 'session present after a clean start')
  },

  async a_second_connection_takes_over(broker) {
    const clientId = randomUUID()
    const first = await Peer.connect(broker, { clientId })
    const second = await Peer.connect(broker, { clientId })
    await first.ended()
    if (broker.version === 5) same(first.goodbye, 0x8e, 'reason for the first')
    const topic = broker.topic('takeover')
    await second.subscribe(topic)
    await second.fence(second, topic)
  },

  async unsubscribed_means_silent(broker) {
    const [topic, fence] = [broker.topic('unsub'), broker.topic('unsub-fence')]
    const client = await Peer.connect(broker)
    await client.subscribe([topic, fence])
    await client.unsubscribe(topic)
    await client.publish(topic, 'too late')
    await client.fence(client, fence)
  },
}

export const five = {
  async properties_pass_unchanged(broker) {
    const topic = broker.topic('properties')
    const client = await Peer.connect(broker)
    await client.subscribe(topic, { qos: 1, properties: { subscriptionIdentifier: 77 } })
    const properties = {
      payloadFormatIndicator: true,
      contentType: 'application/json',
      responseTopic: broker.topic('answer'),
      correlationData: Buffer.from(numbers(32)),
      userProperties: { line: ['1', '2'], 'äöü': '✓' },
    }
    await client.publish(topic, '{"ok":true}', { qos: 1, properties })
    const got = (await client.receive()).packet.properties
    for (const [name, value] of Object.entries(properties)) same(got[name], value, name)
    same(got.subscriptionIdentifier, 77, 'subscription identifier')
  },

  async a_request_finds_its_answer(broker) {
    const [ask, reply] = [broker.topic('ask'), broker.topic('reply')]
    const [server, client] = [await Peer.connect(broker), await Peer.connect(broker)]
    await server.subscribe(ask)
    await client.subscribe(reply)
    const correlationData = Buffer.from('7')
    const request = { responseTopic: reply, correlationData }
    await client.publish(ask, '2+2', { qos: 1, properties: request })
    const asked = (await server.receive()).packet.properties
    await server.publish(asked.responseTopic, '4', {
      qos: 1,
      properties: { correlationData: asked.correlationData },
    })
    const answer = await client.receive()
    same(`${answer.payload} ${answer.packet.properties.correlationData}`, '4 7', 'answer')
  },

  async a_shared_subscription_shares(broker) {
    const topic = broker.topic('shared')
    const share = `$share/${randomUUID()}/${topic}`
    const publisher = await Peer.connect(broker)
    const members = [await Peer.connect(broker), await Peer.connect(broker)]
    for (const member of members) await member.subscribe([share, broker.topic('end')])
    for (const number of numbers(200)) await publisher.publish(topic, `${number}`)
    await publisher.publish(broker.topic('end'), 'end')
    const parts = []
    for (const member of members) {
      const part = []
      for (;;) {
        const { payload } = await member.receive()
        if (`${payload}` === 'end') break
        part.push(Number(payload))
      }
      parts.push(part)
    }
    const all = parts.flat().sort((a, b) => a - b)
    same(all, numbers(200), 'each message once')
    if (parts.some((part) => part.length === 0)) throw new Failed('one member got everything')
  },

  async no_local_and_retain_handling_are_kept(broker) {
    const [topic, fence] = [broker.topic('options'), broker.topic('options-fence')]
    const [one, two] = [await Peer.connect(broker), await Peer.connect(broker)]
    await one.publish(topic, 'kept', { qos: 1, retain: true })
    await one.subscribe(topic, { qos: 1, nl: true, rh: 2, rap: true })
    await one.subscribe(fence)
    await one.publish(topic, 'own')
    await one.fence(two, fence)
    await two.publish(topic, '', { qos: 1, retain: true })
    same((await one.receive()).packet.retain, true, 'retain as published')
  },

  async a_topic_alias_stands_for_its_topic(broker) {
    const topic = broker.topic('alias')
    const client = await Peer.connect(broker, { autoAssignTopicAlias: true })
    const subscriber = await Peer.connect(broker, { properties: { topicAliasMaximum: 10 } })
    await subscriber.subscribe(topic)
    for (const number of numbers(20)) await client.publish(topic, `${number}`)
    for (const number of numbers(20)) {
      const message = await subscriber.receive()
      same([message.topic, `${message.payload}`], [topic, `${number}`], 'by alias')
    }
  },

  async a_small_receive_maximum_loses_nothing(broker) {
    const topic = broker.topic('narrow')
    const publisher = await Peer.connect(broker)
    const client = await Peer.connect(broker, { properties: { receiveMaximum: 1 } })
    await client.subscribe(topic, { qos: 2 })
    for (const number of numbers(100)) await publisher.publish(topic, `${number}`, { qos: 2 })
    const got = (await client.receiveMany(100)).map(({ payload }) => Number(payload))
    same(got, numbers(100), 'everything, in order')
  },
}
