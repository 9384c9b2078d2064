//! The router, asked without a database, and with one.

mod buckets;
mod embedded;
mod history;
mod kept;
mod paging;
mod publishing;
mod refusals;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use axum::routing::any;
use bytes::Bytes;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::{About, AppState, MqttAddresses, Readers, router, starting};
use crate::auth::Auth;
use crate::config::{Config, Options, Text};
use crate::message::{ClientId, Epoch, Message, Offset, Qos, Timestamp, Topic, TopicFilter};
use crate::metrics::Metrics;
use crate::port::{
    ClientDetails, ClientFacts, ClientsWish, Counted, Oversee, Publish, PublishError, Retain, Tally,
};
use crate::readers::ReaderThreads;
use crate::rules::RulesInForce;
use crate::store::{Database, Store};
use crate::supervisor::Supervisor;

/// Takes every message; the first of each request is number 7.
struct Entrance(tokio::sync::mpsc::UnboundedSender<Message>);

impl Publish for Entrance {
    fn publish_all(
        &self,
        messages: Vec<Message>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Vec<Offset>, PublishError>> + Send + '_>>
    {
        let count = messages.len() as u64;
        for message in messages {
            // The test may not want to know.
            let _ = self.0.send(message);
        }
        Box::pin(std::future::ready(Ok((7..7 + count).map(Offset).collect())))
    }
}

impl Retain for Nothing {
    fn retained(&self, _: &TopicFilter) -> u64 {
        3
    }

    fn retained_after(
        &self,
        _: &TopicFilter,
        _: Option<Topic>,
        _: usize,
    ) -> (Vec<Arc<Message>>, Option<Topic>) {
        (Vec::new(), None)
    }
}

impl Oversee for Nothing {
    fn clients(&self, _: &ClientsWish) -> Vec<ClientFacts> {
        Vec::new()
    }

    fn client(&self, _: &str) -> Option<ClientDetails> {
        None
    }

    fn disconnect(&self, _: &str, _: bool) -> Option<bool> {
        None
    }
}

/// A journal that has counted nothing yet, and a broker that retains three messages.
struct Nothing;

impl Tally for Nothing {
    fn counted(&self) -> Counted {
        Counted::default()
    }
}

/// A router and what is behind it.
struct Line {
    app: Router,
    store: Store,
    supervisor: Supervisor,
    published: tokio::sync::mpsc::UnboundedReceiver<Message>,
    _dir: TempDir,
}

/// What came back.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default()
    }
}

impl Line {
    fn new(database: &Database, dir: TempDir) -> Self {
        Self::guarded(database, dir, Auth::default())
    }

    /// What may be asked says `auth`.
    fn guarded(database: &Database, dir: TempDir, auth: Auth) -> Self {
        let supervisor = Supervisor::default();
        let store = Store::open(database, Arc::default()).unwrap();
        let live =
            crate::live::Live::on_a_new_journal(&dir.path().join("journal"), &store, &supervisor);
        let (sender, published) = tokio::sync::mpsc::unbounded_channel();
        let options = Options {
            packet_bytes_max: Some(1024),
            allowed_hosts: Some(Text("h".into())),
            ..Options::default()
        };
        let address = "127.0.0.1:1883".parse().unwrap();
        let state = AppState {
            auth,
            store: store.clone(),
            live,
            rules: RulesInForce::default(),
            readers: Readers::new(
                ReaderThreads::start(&supervisor),
                Arc::default(),
                &supervisor,
            ),
            publisher: Arc::new(Entrance(sender)),
            retained: Arc::new(Nothing),
            clients: Arc::new(Nothing),
            published: Arc::default(),
            config: Arc::new(options.resolve().unwrap()),
            metrics: Arc::default(),
            supervisor: supervisor.clone(),
            about: Arc::new(About {
                started_at: Timestamp::now(),
                mqtt: MqttAddresses {
                    tcp: address,
                    tls: None,
                },
                database_embedded: true,
            }),
            counts: Arc::new(Nothing),
        };
        Self {
            app: router(&state, |app| app.route("/mqtt", any(async || "in"))),
            store,
            supervisor,
            published,
            _dir: dir,
        }
    }

    /// With a database that is away.
    fn without_database() -> Self {
        Self::guarded_without_database(Auth::default())
    }

    /// The same, where `auth` says what may be asked.
    fn guarded_without_database(auth: Auth) -> Self {
        let url = "postgres://nobody@127.0.0.1:1/none".to_owned();
        let database = Database::External { url };
        Self::guarded(&database, TempDir::new().unwrap(), auth)
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    async fn stop(self) {
        self.supervisor.stop();
        self.supervisor.ended().await;
        assert_eq!(self.supervisor.failure(), None);
        self.store.close().await;
    }
}
