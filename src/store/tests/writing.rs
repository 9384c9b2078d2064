use super::*;

#[tokio::test]
async fn what_is_written_can_be_read() {
    let line = Line::start().await;
    let rows = (1..=5).map(|i| row(i, 1000 + i as i64, "a/b", 1000, i as f64)).collect();
    line.store.write(&batch(rows)).await.unwrap();
    let query = MessageQuery {
        filter: filter("#"), from: None, to: None, after: None, up_to: None,
        order: Order::Descending, limit: 3,
    };
    let found = line.store.messages(&query).await.unwrap();
    assert_eq!(found.iter().map(|m| m.offset.0).collect::<Vec<_>>(), [5, 4, 3]);
    line.store.seal_all().await.unwrap();
    assert_eq!(line.store.messages(&query).await.unwrap(), found);
    assert_eq!(line.count("message_hot").await, 0);
    assert_eq!(line.count("sample_block").await, 1);
    line.stop().await;
}
