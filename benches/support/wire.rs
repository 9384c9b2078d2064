//! Just enough MQTT 3.1.1 for a load: encoding without a library, so that the generator costs
//! little beside the broker.

/// A CONNECT with a clean session and without keep-alive.
pub(crate) fn connect(client: &str) -> Vec<u8> {
    connect_with(0b10, &[client])
}

/// The same for a session that outlives its connection.
pub(crate) fn connect_for_good(client: &str) -> Vec<u8> {
    connect_with(0, &[client])
}

/// The same as [`connect`], with a name and a password.
pub(crate) fn connect_as(client: &str, user: &str, password: &str) -> Vec<u8> {
    connect_with(0b1100_0010, &[client, user, password])
}

fn connect_with(flags: u8, texts: &[&str]) -> Vec<u8> {
    let mut body = vec![0, 4, b'M', b'Q', b'T', b'T', 4, flags, 0, 0];
    for text in texts {
        put_text(&mut body, text);
    }
    packet(0x10, &body)
}

/// A DISCONNECT.
pub(crate) const DISCONNECT: [u8; 2] = [0xE0, 0];

/// A SUBSCRIBE to one filter.
pub(crate) fn subscribe(filter: &str, qos: u8) -> Vec<u8> {
    let mut body = vec![0, 1];
    put_text(&mut body, filter);
    body.push(qos);
    packet(0x82, &body)
}

/// A PUBLISH; at QoS 1 its packet id is yet to be set with [`set_packet_id`].
pub(crate) fn publish(topic: &str, qos: u8, payload: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    put_text(&mut body, topic);
    if qos > 0 {
        body.extend_from_slice(&[0, 0]);
    }
    body.extend_from_slice(payload);
    packet(0x30 | qos << 1, &body)
}

/// Where the packet id of an encoded PUBLISH on `topic` stands.
pub(crate) fn packet_id_at(publish: &[u8], topic: &str) -> usize {
    let length_bytes = publish[1..]
        .iter()
        .take_while(|byte| **byte & 0x80 != 0)
        .count()
        + 1;
    1 + length_bytes + 2 + topic.len()
}

/// What the frames of a buffer were.
#[derive(Default)]
pub(crate) struct Seen {
    /// PUBLISH packets.
    pub(crate) publishes: u64,
    /// PUBACK packets.
    pub(crate) acknowledgements: u64,
    /// Packets of any other type.
    pub(crate) others: u64,
    /// How many bytes at the front were whole packets.
    pub(crate) bytes: usize,
}

/// Looks at every whole packet in `buffer`, and appends the PUBACK of each PUBLISH at QoS 1.
pub(crate) fn look(buffer: &[u8], answer: &mut Vec<u8>) -> Seen {
    let mut seen = Seen::default();
    while let Some((header, body)) = split(&buffer[seen.bytes..]) {
        let frame = &buffer[seen.bytes + header..][..body];
        let first = buffer[seen.bytes];
        match first >> 4 {
            3 => {
                seen.publishes += 1;
                if first & 0b110 != 0 {
                    let id = 2 + usize::from(u16::from_be_bytes([frame[0], frame[1]]));
                    answer.extend_from_slice(&[0x40, 2, frame[id], frame[id + 1]]);
                }
            }
            4 => seen.acknowledgements += 1,
            _ => seen.others += 1,
        }
        seen.bytes += header + body;
    }
    seen
}

/// The lengths of the first packet's header and body, if it is all there.
fn split(buffer: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (index, byte) in buffer.iter().enumerate().skip(1).take(4) {
        length |= usize::from(byte & 0x7F) << (7 * (index - 1));
        if byte & 0x80 == 0 {
            let header = index + 1;
            return (buffer.len() >= header + length).then_some((header, length));
        }
    }
    None
}

fn put_text(body: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(text.as_bytes());
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    let mut rest = body.len();
    loop {
        let low = u8::try_from(rest & 0x7F).unwrap_or(0x7F);
        rest >>= 7;
        packet.push(if rest > 0 { low | 0x80 } else { low });
        if rest == 0 {
            break;
        }
    }
    packet.extend_from_slice(body);
    packet
}
