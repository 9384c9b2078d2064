use super::*;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_second_start_finds_what_the_first_left() {
    let (first, dir) = postgres().await;
    let store = open(&first).await;
    store.adopt(Epoch(3), Offset(9)).await.unwrap();
    store.close().await;
    first.stop().await;
    assert!(!dir.path().join("postgres/postmaster.pid").exists());
    let began = Instant::now();
    let second = Postgres::start(dir.path(), None).await.unwrap();
    eprintln!("second start: {:?}", began.elapsed());
    let store = open(&second).await;
    eprintln!("prepared: {:?}", began.elapsed());
    assert_eq!(store.position().unwrap().next, Offset(9));
    store.close().await;
    second.stop().await;
}
