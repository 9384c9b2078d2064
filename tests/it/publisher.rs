//! A publisher that keeps its own record of what was acknowledged: MQTT 3.1.1 at QoS 1 over a
//! plain socket, written by hand, so that nothing of the server's own code vouches for it. When
//! the connection breaks it comes back to its session and sends what was not acknowledged again,
//! as the standard asks [MQTT-4.4.0-1].

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::server::DEADLINE;

/// How many messages may be unacknowledged at a time.
const WINDOW: usize = 100;

/// One device that publishes numbered readings.
pub struct Publisher {
    name: String,
    address: SocketAddr,
    count: u64,
    acknowledged: Arc<AtomicU64>,
}

/// Where a publisher stands.
struct Flight {
    next: u64,
    unacknowledged: VecDeque<u64>,
}

impl Publisher {
    /// A device called `name` that will publish the readings `0..count` to `test/{name}`; it
    /// counts what was acknowledged in `acknowledged`.
    pub fn new(
        name: String,
        address: SocketAddr,
        count: u64,
        acknowledged: Arc<AtomicU64>,
    ) -> Self {
        Self {
            name,
            address,
            count,
            acknowledged,
        }
    }

    /// Publishes all readings and comes back once each is acknowledged.
    pub fn run(self) {
        let mut flight = Flight {
            next: 0,
            unacknowledged: VecDeque::new(),
        };
        let until = Instant::now() + 4 * DEADLINE;
        while flight.next < self.count || !flight.unacknowledged.is_empty() {
            assert!(Instant::now() < until, "{} does not get through", self.name);
            if self.connection(&mut flight).is_err() {
                std::thread::sleep(Duration::from_millis(20)); // the server is away
            }
        }
    }

    fn connection(&self, flight: &mut Flight) -> std::io::Result<()> {
        let mut socket = TcpStream::connect(self.address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(DEADLINE))?;
        socket.write_all(&self.connect())?;
        let mut connack = [0; 4];
        socket.read_exact(&mut connack)?;
        assert_eq!(
            (connack[0], connack[1], connack[3]),
            (0x20, 2, 0),
            "{}: CONNACK",
            self.name
        );

        let mut out = Vec::new();
        for number in &flight.unacknowledged {
            self.publish(&mut out, *number, true);
        }
        let mut arrived = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            while flight.next < self.count && flight.unacknowledged.len() < WINDOW {
                self.publish(&mut out, flight.next, false);
                flight.unacknowledged.push_back(flight.next);
                flight.next += 1;
            }
            socket.write_all(&out)?;
            out.clear();
            if flight.unacknowledged.is_empty() {
                return socket.write_all(&[0xe0, 0]); // DISCONNECT
            }
            let read = socket.read(&mut buffer)?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            arrived.extend_from_slice(&buffer[..read]);
            let whole = arrived.len() / 4 * 4;
            for puback in arrived[..whole].chunks_exact(4) {
                assert_eq!(&puback[..2], [0x40, 2], "{}: PUBACK", self.name);
                let number = flight
                    .unacknowledged
                    .pop_front()
                    .expect("something to acknowledge");
                let id = u16::from_be_bytes([puback[2], puback[3]]);
                assert_eq!(id, packet_id(number), "{}: PUBACK out of order", self.name);
                self.acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            arrived.drain(..whole);
        }
    }

    fn connect(&self) -> Vec<u8> {
        let mut body = vec![0, 4];
        body.extend_from_slice(b"MQTT");
        body.extend_from_slice(&[4, 0, 0, 60]); // 3.1.1, session kept, keep alive 60 s
        body.extend_from_slice(&length(&self.name));
        body.extend_from_slice(self.name.as_bytes());
        packet(0x10, &body)
    }

    /// PUBLISH of one reading: `n` tells it from all others of this device.
    fn publish(&self, out: &mut Vec<u8>, number: u64, again: bool) {
        let topic = format!("test/{}", self.name);
        let payload = format!(
            r#"{{"n":{number},"temp":{}.{},"pressure":1013.25,"state":"run","ok":true}}"#,
            20 + number % 7,
            number % 10
        );
        let mut body = length(&topic).to_vec();
        body.extend_from_slice(topic.as_bytes());
        body.extend_from_slice(&packet_id(number).to_be_bytes());
        body.extend_from_slice(payload.as_bytes());
        out.extend(packet(if again { 0x3a } else { 0x32 }, &body));
    }
}

fn packet_id(number: u64) -> u16 {
    u16::try_from(number % 65_535 + 1).expect("at most 65,535")
}

fn length(text: &str) -> [u8; 2] {
    u16::try_from(text.len())
        .expect("a short text")
        .to_be_bytes()
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    let mut rest = body.len();
    loop {
        let digit = u8::try_from(rest % 128).expect("below 128");
        rest /= 128;
        packet.push(if rest > 0 { digit | 0x80 } else { digit });
        if rest == 0 {
            break;
        }
    }
    packet.extend_from_slice(body);
    packet
}
