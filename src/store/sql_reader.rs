//! Roles of the database for people and programs that read history with SQL.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::connect::{connect, within};
use super::database::Database;
use super::error::StoreError;

/// The role that all of them are members of, which has what they may read.
pub(super) const GROUP: &str = "unspool_sql_reader";

/// What they may read, beside the functions.
const READABLE: &str = "unspool.message, unspool.sample, unspool.topic, unspool.series,
    unspool.message_hot, unspool.hot_slot, unspool.catalog, unspool.message_sealed_all,
    unspool.sample_block_all, unspool.rollup_all, unspool.dead_letter, unspool.retention_class";

/// How each of them is held: a question has an end, and a transaction that is left open is closed,
/// since nothing that it has read can go meanwhile. The values as SQL has them.
const SETTINGS: [(&str, &str); 5] = [
    ("default_transaction_read_only", "on"),
    ("statement_timeout", "'60s'"),
    ("idle_in_transaction_session_timeout", "'60s'"),
    ("search_path", "unspool, public"),
    ("jit", "off"),
];

/// How many connections each of them may have.
const CONNECTIONS_MAX: u32 = 10;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Makes a reader, or gives one another password.
pub async fn add_sql_reader(
    database: &Database,
    name: &str,
    password: &str,
) -> Result<(), StoreError> {
    change(database, async |connection| {
        let exists = exists(connection, GROUP).await?;
        if !exists {
            execute(connection, format!("create role {GROUP} nologin")).await?;
        }
        execute(
            connection,
            format!("grant usage on schema unspool to {GROUP}"),
        )
        .await?;
        execute(connection, format!("grant select on {READABLE} to {GROUP}")).await?;
        let database = current(connection).await?;
        let database = quoted(connection, "%I", &database).await?;
        execute(
            connection,
            format!("grant connect on database {database} to {GROUP}"),
        )
        .await?;
        let role = quoted(connection, "%I", name).await?;
        let password = quoted(connection, "%L", password).await?;
        let verb = if exists_as_reader(connection, name).await? {
            "alter"
        } else {
            "create"
        };
        let login = format!(
            "{verb} role {role} login nosuperuser nocreatedb nocreaterole password {password}
             connection limit {CONNECTIONS_MAX}"
        );
        execute(connection, login).await?;
        execute(connection, format!("grant {GROUP} to {role}")).await?;
        for (setting, value) in SETTINGS {
            execute(
                connection,
                format!("alter role {role} set {setting} = {value}"),
            )
            .await?;
        }
        Ok(())
    })
    .await
}

/// Removes a reader; whether there was one of that name.
pub async fn remove_sql_reader(database: &Database, name: &str) -> Result<bool, StoreError> {
    change(database, async |connection| {
        if !exists_as_reader(connection, name).await? {
            return Ok(false);
        }
        let role = quoted(connection, "%I", name).await?;
        execute(connection, format!("drop role {role}")).await?;
        Ok(true)
    })
    .await
}

/// The names of all readers.
pub async fn sql_readers(database: &Database) -> Result<Vec<String>, StoreError> {
    change(database, async |connection| {
        sqlx::query_scalar(
            "select m.rolname::text from pg_catalog.pg_auth_members am
             join pg_catalog.pg_roles g on g.oid = am.roleid and g.rolname = $1
             join pg_catalog.pg_roles m on m.oid = am.member and m.rolcanlogin
             where m.rolname <> current_user order by 1",
        )
        .bind(GROUP)
        .fetch_all(connection)
        .await
        .map_err(doing())
    })
    .await
}

async fn change<T>(
    database: &Database,
    work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let all = async {
        let mut connection = connect(&database.options()?).await?;
        let mut transaction = connection.begin().await.map_err(doing())?;
        let done = work(&mut transaction).await?;
        transaction.commit().await.map_err(doing())?;
        Ok(done)
    };
    within("change SQL readers", TIMEOUT, all).await?
}

fn doing() -> impl Fn(sqlx::Error) -> StoreError {
    StoreError::while_doing("change SQL readers")
}

async fn execute(connection: &mut PgConnection, statement: String) -> Result<(), StoreError> {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .map_err(doing())?;
    Ok(())
}

/// A text as SQL has it: as a name (`%I`) or a literal (`%L`).
async fn quoted(
    connection: &mut PgConnection,
    form: &str,
    text: &str,
) -> Result<String, StoreError> {
    sqlx::query_scalar("select format($1, $2)")
        .bind(form)
        .bind(text)
        .fetch_one(connection)
        .await
        .map_err(doing())
}

async fn current(connection: &mut PgConnection) -> Result<String, StoreError> {
    sqlx::query_scalar("select current_database()::text")
        .fetch_one(connection)
        .await
        .map_err(doing())
}

async fn exists(connection: &mut PgConnection, role: &str) -> Result<bool, StoreError> {
    sqlx::query_scalar("select exists (select from pg_catalog.pg_roles where rolname = $1)")
        .bind(role)
        .fetch_one(connection)
        .await
        .map_err(doing())
}

/// Whether there is such a reader; a role that is something else is left alone.
async fn exists_as_reader(connection: &mut PgConnection, role: &str) -> Result<bool, StoreError> {
    sqlx::query_scalar(
        "select exists (
            select from pg_catalog.pg_auth_members am
            join pg_catalog.pg_roles g on g.oid = am.roleid and g.rolname = $2
            join pg_catalog.pg_roles m on m.oid = am.member and m.rolname = $1
         )",
    )
    .bind(role)
    .bind(GROUP)
    .fetch_one(connection)
    .await
    .map_err(doing())
}
