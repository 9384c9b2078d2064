//! Unspool: an MQTT broker that remembers.
//!
//! The modules stand in the order in which a message travels, so that this file reads as the
//! architecture: a device comes over [`tls`], is let in by [`auth`], its packet enters [`mqtt`],
//! becomes durable in [`journal`], is decoded by [`decode`] as the [`rules`] say and pumped by [`mirror`]
//! into [`store`],
//! is shown by [`view`] and goes out over [`live`] and [`api`], made by [`readers`].
//! [`server`] wires them together; `tests/tidy/` holds who may use whom.

pub mod message;

pub mod tls;

pub mod auth;

pub mod mqtt;

pub mod journal;

pub mod decode;

pub mod rules;

pub mod mirror;

pub mod store;

pub mod view;

pub mod readers;

pub mod live;

pub mod api;

pub mod server;

pub mod config;
pub mod metrics;
pub mod port;
pub mod priority;
pub mod supervisor;
