//! Tables of other versions.

use super::*;

#[tokio::test]
async fn tables_of_another_version_are_refused_with_what_to_do() {
    let line = TestStore::start().await;
    for change in [
        // What early development versions had.
        "update unspool._sqlx_migrations set checksum = '\\x00' where version = 1",
        // What a newer version may have.
        "insert into unspool._sqlx_migrations
         select 999, 'to come', installed_on, success, checksum, execution_time
         from unspool._sqlx_migrations where version = 1",
    ] {
        let mut connection = line.connect().await;
        sqlx::query(change).execute(&mut connection).await.unwrap();
        let store = Store::open(&line.postgres.database(), Arc::default()).unwrap();
        let error = store.prepare().await.unwrap_err();
        assert!(matches!(error, StoreError::Schema(_)), "{error}");
        assert!(!error.is_away());
        assert!(error.to_string().contains("another database"), "{error}");
    }
    line.stop().await;
}
