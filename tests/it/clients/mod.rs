//! Those who connect over MQTT: programs that strangers wrote, many at once, lost ones, hostile
//! ones.

mod bridge;
mod doors;
mod hostile;
mod lost;
mod many;
mod secured;
mod sparkplug;
mod strangers;
mod takeover;
