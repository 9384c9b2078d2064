//! What a person sees first.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

/// Where everything is, once it is ready.
#[derive(Debug)]
pub(super) struct Banner<'a> {
    pub(super) mqtt: SocketAddr,
    pub(super) mqtts: Option<SocketAddr>,
    pub(super) http: Option<SocketAddr>,
    pub(super) https: Option<SocketAddr>,
    /// Whether nobody comes in without an account.
    pub(super) is_closed: bool,
    pub(super) database: &'a str,
    pub(super) data_dir: &'a str,
    pub(super) took: Duration,
}

impl Banner<'_> {
    /// Prints the addresses, and the first things to try. Nobody may be listening: that is no
    /// reason not to run.
    pub(super) fn print(&self) {
        if let Err(error) = self.write(&mut std::io::stdout().lock()) {
            tracing::debug!(%error, "nobody reads the standard output");
        }
    }

    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let Self {
            mqtt,
            http,
            database,
            data_dir,
            ..
        } = self;
        let host = http.map(reachable);
        let seconds = self.took.as_secs_f64();
        writeln!(
            out,
            "\nUnspool {} is ready after {seconds:.1} s.\n",
            env!("CARGO_PKG_VERSION")
        )?;
        if let Some(host) = &host {
            writeln!(out, "  Dashboard  http://{host}/")?;
            writeln!(out, "  REST       http://{host}/docs")?;
            writeln!(out, "  MQTT       {mqtt}, and ws://{host}/mqtt")?;
        } else {
            writeln!(out, "  MQTT       {mqtt}")?;
        }
        if let Some(mqtts) = self.mqtts {
            writeln!(out, "  MQTT, TLS  {mqtts}")?;
        }
        if let Some(https) = self.https.map(reachable) {
            writeln!(out, "  HTTPS      https://{https}/, and wss://{https}/mqtt")?;
        }
        writeln!(out, "  Database   {database}")?;
        writeln!(out, "  Data       {data_dir}\n")?;
        writeln!(out, "Try it from another terminal:\n")?;
        let port = if mqtt.port() == 1883 {
            String::new()
        } else {
            format!(" -p {}", mqtt.port())
        };
        let (publisher, reader) = if self.is_closed {
            (" -u NAME -P PASSWORD", " --user NAME")
        } else {
            ("", "")
        };
        let payload = r#"{"temp":21.5,"state":"run","ok":true}"#;
        writeln!(
            out,
            "  mosquitto_pub{port}{publisher} -t factory/line1/press -m '{payload}'"
        )?;
        if let Some(host) = host {
            writeln!(
                out,
                "  curl{reader} 'http://{host}/api/v1/latest?filter=factory/%23'"
            )?;
        }
        writeln!(out)?;
        out.flush()
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
