//! Who is let in, judged before anything is listened for.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};

use crate::auth::{Auth, AuthOptions, LOCKED, Password};
use crate::config::{Config, read_secret};
use crate::metrics::Metrics;

/// Reads the accounts, and makes the first administrator where an option says so. Refuses to let
/// everybody do everything who can reach this machine.
pub(super) async fn open(
    config: &Config,
    dir: &Path,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<Auth> {
    let auth = read(config, dir, metrics)?;
    if let Some(path) = &config.admin_password_file
        && !auth.has_administrator()
    {
        let password = read_secret("the file of the administrator's password", path)?;
        let password = Password::new(password.reveal().to_owned().into_bytes())
            .map_err(|why| anyhow!("{}: {why}", path.display()))?;
        auth.ensure_administrator(password)
            .await
            .context("add the administrator admin")?;
        tracing::info!("added the administrator admin");
    }
    check(config, &auth)?;
    if auth.is_open() {
        tracing::info!(
            "there are no accounts: whoever can reach this machine's loopback addresses may do \
             everything"
        );
    }
    if auth.is_locked() {
        tracing::warn!("{LOCKED}");
    }
    Ok(auth)
}

/// Reads the accounts.
pub(super) fn read(config: &Config, dir: &Path, metrics: &Arc<Metrics>) -> anyhow::Result<Auth> {
    let options = AuthOptions {
        dir: dir.into(),
        accounts_file: config.accounts_file.clone(),
        allow_anonymous: config.allow_anonymous,
    };
    Ok(Auth::open(&options, Arc::clone(metrics))?)
}

/// Without accounts the server listens on loopback only.
pub(super) fn check(config: &Config, auth: &Auth) -> anyhow::Result<()> {
    if let Some((name, address)) = config.reachable()
        && auth.is_open()
    {
        bail!(
            "{name} = {address} would let anybody on the network in, since there are no accounts. \
             Add an administrator (`unspool account add --admin`, or \
             UNSPOOL_ADMIN_PASSWORD_FILE), or declare accounts (UNSPOOL_ACCOUNTS_FILE), or say \
             --allow-anonymous true (UNSPOOL_ALLOW_ANONYMOUS) if everybody may read and publish, \
             or listen on a loopback address"
        );
    }
    Ok(())
}
