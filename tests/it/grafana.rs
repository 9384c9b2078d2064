//! The dashboard in `examples/grafana/`: its queries, as Grafana's PostgreSQL source sends them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::commands::run;
use crate::support::settings::Settings;
use crate::support::wait::eventually;

/// What Grafana puts in the place of its macros, by the rules of its PostgreSQL source
/// (`pkg/tsdb/grafana-postgresql-datasource/macros.go`), for one range and an interval of a minute.
fn expanded(query: &str, (from, to): (&str, &str)) -> String {
    let mut query = query
        .replace("$__timeFrom()", &format!("'{from}'"))
        .replace("$__timeTo()", &format!("'{to}'"))
        .replace("$__interval", "1m")
        .replace("$filter", "plant/#")
        .replace("$state", "/state");
    while let Some((before, name, argument, after)) = next_macro(&query) {
        let column = argument.split(',').next().unwrap_or_default().trim();
        let put = match name.as_str() {
            "timeFilter" => format!("{column} BETWEEN '{from}' AND '{to}'"),
            "timeGroup" => format!("floor(extract(epoch from {column})/60)*60"),
            "timeGroupAlias" => format!("floor(extract(epoch from {column})/60)*60 AS \"time\""),
            other => panic!("$__{other} is none of Grafana's macros that are known here"),
        };
        query = format!("{before}{put}{after}");
    }
    assert!(!query.contains('$'), "{query}");
    query
}

/// The first macro with an argument: what is before it, its name, the argument and what is after.
fn next_macro(query: &str) -> Option<(String, String, String, String)> {
    let (before, rest) = query.split_once("$__")?;
    let (name, rest) = rest.split_once('(')?;
    let (argument, after) = rest.split_once(')')?;
    Some((before.into(), name.into(), argument.into(), after.into()))
}

#[test]
fn the_queries_of_the_dashboard_answer_an_sql_reader() {
    let server = Settings::default()
        .set("UNSPOOL_DATABASE_LISTEN", "127.0.0.1:0")
        .start();
    let data_dir = server.data_dir();
    let password_file = data_dir.with_file_name("grafana.password");
    std::fs::write(&password_file, "a password of its own\n").unwrap();
    let added = run(
        env!("CARGO_BIN_EXE_unspool"),
        &[
            "account",
            "add",
            "grafana",
            "--sql-reader",
            "--password-file",
            password_file.to_str().unwrap(),
            "--data-dir",
            data_dir.to_str().unwrap(),
        ],
    );
    assert!(added.contains("grafana"), "{added}");
    for (n, state) in [(1, "idle"), (2, "run"), (3, "idle")] {
        let payload = format!(r#"{{"temp":2{n}.5,"state":"{state}","on":true}}"#);
        server.publish(&["-t", "plant/press", "-m", &payload]);
    }
    let pid_file = std::fs::read_to_string(data_dir.join("postgres/postmaster.pid")).unwrap();
    let port = pid_file.lines().nth(3).unwrap().to_owned();
    let ask = |query: &str| {
        let output = Command::new("psql")
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &port,
                "-U",
                "grafana",
                "-d",
                "unspool",
            ])
            .args(["-XAtc", query])
            .env("PGPASSWORD", "a password of its own")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{query}\n{error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    eventually("all is there", || {
        (ask("select count(*) from unspool.sample").trim() == "9").then_some(())
    });

    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/grafana/dashboards/unspool.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let now = ask("select now() - interval '1 h', now() + interval '1 min'");
    let range = now.trim().split_once('|').unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() >= 5);
    for panel in panels {
        let query = panel["targets"][0]["rawSql"].as_str().unwrap();
        let answer = ask(&expanded(query, range));
        assert!(!answer.trim().is_empty(), "{}: nothing", panel["title"]);
    }
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let query = variables[1]["query"].as_str().unwrap();
    assert_eq!(ask(&expanded(query, range)).trim(), "/on\n/state");
    let listed = run(
        env!("CARGO_BIN_EXE_unspool"),
        &[
            "account",
            "list",
            "--sql-readers",
            "--data-dir",
            data_dir.to_str().unwrap(),
        ],
    );
    assert_eq!(listed.trim(), r#""grafana""#);
}
