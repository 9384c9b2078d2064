//! What fails beside the server or under it: power, the database, room.

mod crash;
mod database;
mod floods;
mod full;
mod unfit;
mod waiting;
