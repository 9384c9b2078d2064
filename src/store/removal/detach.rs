//! Taking topics out, so that nobody finds them any more and their names are free.

use sqlx::{Connection as _, PgConnection, Row as _};

use super::record::Removal;
use crate::message::Topic;
use crate::store::catalog::TopicSize;
use crate::store::error::StoreError;

/// How many topics, and how many series of them, are taken out in one transaction, during which
/// nothing is written.
pub(super) const PIECE_MAX: (usize, usize) = (1000, 5000);

/// A topic that has been taken out.
pub(super) struct Detached {
    pub(super) id: i32,
    pub(super) topic: Topic,
}

/// Takes some topics out of the tables and notes them with the removal, which is written as it then
/// is. Those that had been taken out before are not among the answer.
pub(super) async fn detach(
    connection: &mut PgConnection,
    removal: &mut Removal,
    topics: &[TopicSize],
) -> Result<Vec<Detached>, StoreError> {
    let failed = StoreError::while_doing("take topics out");
    let ids: Vec<i32> = topics.iter().map(|topic| topic.id).collect();
    let messages: Vec<i64> = topics.iter().map(|it| it.messages.cast_signed()).collect();
    let bytes: Vec<i64> = topics.iter().map(|it| it.bytes.cast_signed()).collect();
    let mut transaction = connection.begin().await.map_err(&failed)?;
    sqlx::query("set local lock_timeout = '2s'")
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
    sqlx::query(
        "insert into unspool.removed_topic (id, removal_id, messages, bytes, series)
         select u.id, $1, u.messages, u.bytes,
            array(select s.id from unspool.series s where s.topic_id = u.id)
         from unnest($2::integer[], $3::bigint[], $4::bigint[]) as u (id, messages, bytes)
         where exists (select from unspool.topic t where t.id = u.id)",
    )
    .bind(removal.id)
    .bind(&ids)
    .bind(messages)
    .bind(bytes)
    .execute(&mut *transaction)
    .await
    .map_err(&failed)?;
    sqlx::query("delete from unspool.series where topic_id = any($1)")
        .bind(&ids)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
    let rows = sqlx::query("delete from unspool.topic where id = any($1) returning id, name")
        .bind(&ids)
        .fetch_all(&mut *transaction)
        .await
        .map_err(&failed)?;
    let detached: Vec<Detached> = rows
        .iter()
        .filter_map(|row| {
            Some(Detached {
                id: row.get(0),
                topic: Topic::new(row.get::<&str, _>(1)).ok()?,
            })
        })
        .collect();
    let sizes = topics
        .iter()
        .filter(|topic| detached.iter().any(|it| it.id == topic.id));
    removal.topics += detached.len() as u64;
    removal.messages_found += sizes.map(|topic| topic.messages).sum::<u64>();
    removal.update(&mut transaction).await?;
    transaction.commit().await.map_err(&failed)?;
    Ok(detached)
}
