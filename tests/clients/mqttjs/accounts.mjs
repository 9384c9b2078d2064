// What an account is for, and what it is told that it may not have.

import { Peer, same } from './peer.mjs'

const [WRONG, NOT_AUTHORIZED] = [0x86, 0x87]
/** What stood for them before there were reasons. */
const BEFORE_5 = { [WRONG]: 4, [NOT_AUTHORIZED]: 5 }
const FAILURE = 0x80

/** The reason of what is refused, `undefined` where it is not; of a SUBSCRIBE, those of the SUBACK. */
async function refusal(promise) {
  try {
    await promise
  } catch (error) {
    return error.packet?.granted ?? error.reason ?? error.code
  }
}

export const accounts = {
  async a_name_and_a_password_let_in(broker) {
    const own = broker.topic('own')
    const client = await Peer.connect(broker)
    same(await client.subscribe(own, { qos: 2 }), [2], 'granted')
    for (const qos of [0, 1, 2]) {
      await client.publish(own, 'x', { qos })
      same((await client.receive()).topic, own, `QoS ${qos}`)
    }
  },

  async a_token_does_for_a_password(broker) {
    for (const username of [broker.account.username, '']) {
      const client = await Peer.connect(broker, { username, password: broker.token })
      await client.subscribe(broker.topic('own'))
      await client.fence(client, broker.topic('own'))
    }
  },

  async who_is_not_let_in_is_told_why(broker) {
    const { username } = broker.account
    for (const [shown, reason] of [
      [{ username: undefined, password: undefined }, NOT_AUTHORIZED],
      [{ username, password: 'wrong' }, WRONG],
      [{ username: 'nobody', password: broker.token }, WRONG],
    ]) {
      const told = await refusal(Peer.connect(broker, shown))
      const wanted = broker.version === 5 ? reason : BEFORE_5[reason]
      same(told, wanted, `CONNACK for ${JSON.stringify(shown)}`)
    }
  },

  async a_filter_that_is_refused_is_told_in_its_suback(broker) {
    const [own, other] = [broker.topic('own'), `un${broker.topic('other')}`]
    const client = await Peer.connect(broker)
    const refused = broker.version === 5 ? NOT_AUTHORIZED : FAILURE
    same(await refusal(client.subscribe([own, other, '#'])), [1, refused, 1], 'SUBACK')
    await client.publish(other, 'x', { qos: 0 })
    await client.fence(client, own)
  },

  async a_message_that_is_refused_is_told_where_it_can_be(broker) {
    const [own, other] = [broker.topic('own'), `un${broker.topic('other')}`]
    const client = await Peer.connect(broker)
    await client.subscribe(own)
    for (const qos of [1, 2]) {
      const told = await refusal(client.publish(other, 'x', { qos }))
      same(told, broker.version === 5 ? NOT_AUTHORIZED : undefined, `QoS ${qos}`)
    }
    // The connection goes on, and its identifiers are free.
    for (const qos of [1, 2]) {
      await client.publish(own, 'y', { qos })
      same(`${(await client.receive()).payload}`, 'y', `QoS ${qos}`)
    }
  },
}
