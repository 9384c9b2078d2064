//! What a person sees first.

use std::net::SocketAddr;
use std::time::Duration;

/// Where everything is, once it is ready.
#[derive(Debug)]
pub(super) struct Banner<'a> {
    pub(super) mqtt: SocketAddr,
    pub(super) mqtts: Option<SocketAddr>,
    pub(super) http: SocketAddr,
    pub(super) database: &'a str,
    pub(super) data_dir: &'a str,
    pub(super) took: Duration,
}

impl Banner<'_> {
    /// Prints the addresses, and the first things to try.
    pub(super) fn print(&self) {
        let Self {
            mqtt,
            http,
            database,
            data_dir,
            ..
        } = self;
        let host = reachable(*http);
        println!(
            "\nUnspool {} is ready after {:.1} s.\n",
            env!("CARGO_PKG_VERSION"),
            self.took.as_secs_f64()
        );
        println!("  Dashboard  http://{host}/");
        println!("  REST       http://{host}/docs");
        println!("  MQTT       {mqtt}, and ws://{host}/mqtt");
        if let Some(mqtts) = self.mqtts {
            println!("  MQTT, TLS  {mqtts}");
        }
        println!("  Database   {database}");
        println!("  Data       {data_dir}\n");
        println!("Try it from another terminal:\n");
        let port = if mqtt.port() == 1883 {
            String::new()
        } else {
            format!(" -p {}", mqtt.port())
        };
        println!(
            "  mosquitto_pub{port} -t factory/line1/press -m '{{\"temp\":21.5,\"state\":\"run\",\"ok\":true}}'"
        );
        println!("  curl 'http://{host}/api/v1/latest?filter=factory/%23'\n");
    }
}

/// How a browser on this machine gets there.
fn reachable(address: SocketAddr) -> String {
    if address.ip().is_loopback() || address.ip().is_unspecified() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}
