//! Options, as they are given and as they are in force.

use super::*;

#[test]
fn the_defaults_are_safe_to_run() {
    let config = Options::default().resolve().unwrap();
    assert!(
        config.mqtt_listen.ip().is_loopback() && config.http_listen.0.unwrap().ip().is_loopback()
    );
}

#[test]
fn a_listener_that_others_reach_is_found() {
    for (address, found) in [
        ("0.0.0.0:8080", true),
        ("192.0.2.1:8080", true),
        ("[::]:8080", true),
        ("[::1]:8080", false),
        ("127.0.0.2:8080", false),
    ] {
        let config = Options {
            http_listen: address.parse().ok(),
            ..Options::default()
        };
        let config = config.resolve().unwrap();
        let named = config.reachable().map(|(name, _)| name);
        assert_eq!(named, found.then_some("http_listen"), "{address}");
    }
}

#[test]
fn a_password_of_its_own_file_goes_into_the_url() {
    let dir = tempfile::tempdir().unwrap();
    let (url, password) = (dir.path().join("url"), dir.path().join("password"));
    std::fs::write(&url, "postgres://unspool@db/plant\n").unwrap();
    std::fs::write(&password, "a b+c:/#?@%&=\n").unwrap();
    let given = |url| Options {
        database_url_file: Some(File(url)),
        database_password_file: Some(File(password.clone())),
        ..Options::default()
    };
    let config = given(url.clone()).resolve().unwrap();
    assert_eq!(
        config.database_url.as_ref().map(Secret::reveal),
        Some("postgres://unspool@db/plant?password=a%20b%2Bc%3A%2F%23%3F%40%25%26%3D")
    );
    assert!(!format!("{config:?}").contains("plant"), "{config:?}");
    assert!(given(dir.path().join("none")).resolve().is_err());
    let both = Options {
        database_url: Some("postgres://h/d".to_owned().into()),
        ..given(url)
    };
    assert!(matches!(both.resolve(), Err(ConfigError::Conflict(_))));
}

#[test]
fn the_help_tells_defaults_and_no_value_of_the_environment() {
    use clap::Args as _;
    let command = Options::augment_args(clap::Command::new("unspool"));
    for argument in command.get_arguments() {
        assert!(argument.is_hide_env_values_set() || argument.get_id() == "config");
    }
    let help = command.clone().render_long_help().to_string();
    assert!(help.contains("[default: 16777216 (16 MiB)]"), "{help}");
    assert!(help.contains("[default: 127.0.0.1:1883]"), "{help}");
}

#[test]
fn a_flag_goes_before_the_file() {
    let file = Options {
        receive_maximum: Some(7),
        inflight_max: Some(8),
        ..Options::default()
    };
    let flags = Options {
        receive_maximum: Some(9),
        ..Options::default()
    };
    let config = flags.over(file);
    assert_eq!((config.receive_maximum, config.inflight_max), (9, 8));
}
