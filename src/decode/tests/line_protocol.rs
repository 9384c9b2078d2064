//! Influx line protocol: the examples of its reference, and what Telegraf sends.

use super::*;

const LINES: Option<&str> = Some("application/vnd.influx.line-protocol");

fn check(cases: &[(&str, &[&str], &[&str])]) {
    check_as(LINES, PayloadFormat::LineProtocol, cases);
}

#[test]
fn each_field_becomes_a_series_of_measurement_tags_and_field() {
    check(&[
        (
            "weather,location=us-midwest,season=summer temperature=82,humidity=71 1465839830100400200",
            &[
                "/weather,location=us-midwest,season=summer/temperature=82",
                "/weather,location=us-midwest,season=summer/humidity=71",
            ],
            &[],
        ),
        // The same tags in another order are the same series.
        (
            "weather,season=summer,location=us-midwest temperature=82",
            &["/weather,location=us-midwest,season=summer/temperature=82"],
            &[],
        ),
        ("m f=1", &["/m/f=1"], &[]),
        (
            "m f=1.0,g=-1.234456e+06,h=.5",
            &["/m/f=1", "/m/g=-1234456", "/m/h=0.5"],
            &[],
        ),
        (
            "m i=9223372036854775807i,u=18446744073709551615u,n=-5i",
            &[
                "/m/i=9223372036854775807",
                "/m/u=18446744073709551615",
                "/m/n=-5",
            ],
            &[],
        ),
        (
            "m a=t,b=T,c=true,d=True,e=TRUE,f=f,g=F,h=false,i=False,j=FALSE",
            &[
                "/m/a=true",
                "/m/b=true",
                "/m/c=true",
                "/m/d=true",
                "/m/e=true",
                "/m/f=false",
                "/m/g=false",
                "/m/h=false",
                "/m/i=false",
                "/m/j=false",
            ],
            &[],
        ),
        (
            r#"m s="too warm",q="he said \"go\"",b="C:\\x\y",e="" "#,
            &[
                "/m/s=\"too warm\"",
                "/m/q=\"he said \\\"go\\\"\"",
                "/m/b=\"C:\\\\x\\\\y\"",
                "/m/e=\"\"",
            ],
            &[],
        ),
        (
            "m s=\"a, b=c d\nsecond\",n=1i",
            &["/m/s=\"a, b=c d\\nsecond\"", "/m/n=1"],
            &[],
        ),
        (
            r"wea\,ther,loc\ ation=us\ mid\=west temp\=rature=82,a\ b=1",
            &[
                r"/wea\,ther,loc ation=us mid\=west/temp=rature=82",
                r"/wea\,ther,loc ation=us mid\=west/a b=1",
            ],
            &[],
        ),
        ("a/b,c=~d e/f=1", &["/a~1b,c=~0d/e~1f=1"], &[]),
        (
            "# a comment\n\nm f=1\r\nm f=2\n",
            &["/m/f=1", "/m/f=2"],
            &[],
        ),
        ("m f=nan,g=1", &["/m/g=1"], &["not_a_number /m/f"]),
        ("m f=1,f=2", &["/m/f=2"], &["repeated_member /m/f"]),
        ("", &[], &[]),
        // What is broken costs its line only.
        (
            "m f=1\nnonsense\nm f=2",
            &["/m/f=1", "/m/f=2"],
            &["malformed -"],
        ),
        ("m f=1 soon", &[], &["malformed -"]),
        ("m f=5x", &[], &["malformed -"]),
        ("m f=\"open", &[], &["malformed -"]),
        (",t=1 f=1", &[], &["malformed -"]),
        ("m,t= f=1", &[], &["malformed -"]),
        ("m f=99999999999999999999i", &[], &["malformed -"]),
        ("{\"a\":1}", &[], &["malformed -"]),
    ]);
}

/// The outputs of Telegraf's plugins `mqtt`, `cpu`, `system` and `modbus`.
#[test]
fn what_telegraf_sends_is_told_by_its_bytes() {
    let payload = "cpu,cpu=cpu0,host=edge-7 usage_idle=97.5,usage_user=1.5 1763848053000000000\n\
         mem,host=edge-7 available_percent=61.25,total=8232120320i 1763848053000000000\n\
         system,host=edge-7 uptime_format=\"3 days,  4:05\" 1763848054000000000\n\
         modbus,host=edge-7,name=press,slave_id=1,type=holding_register Running=true,Temp=21.5 1763848054000000000\n";
    let decoded = decode(None, payload.as_bytes(), NOW);
    assert_eq!(decoded.format, PayloadFormat::LineProtocol);
    assert!(decoded.defects.is_empty());
    let (found, _) = odd::shown(&decoded);
    let press = "/modbus,host=edge-7,name=press,slave_id=1,type=holding_register";
    assert_eq!(
        found,
        [
            "/cpu,cpu=cpu0,host=edge-7/usage_idle=97.5",
            "/cpu,cpu=cpu0,host=edge-7/usage_user=1.5",
            "/mem,host=edge-7/available_percent=61.25",
            "/mem,host=edge-7/total=8232120320",
            "/system,host=edge-7/uptime_format=\"3 days,  4:05\"",
            &format!("{press}/Running=true"),
            &format!("{press}/Temp=21.5"),
        ]
    );
    let times: Vec<_> = decoded.samples.iter().map(|one| one.time.0).collect();
    assert_eq!(times[..4], [1_763_848_053_000_000; 4]);
    assert_eq!(times[4..], [1_763_848_054_000_000; 3]);
}

#[test]
fn a_time_is_told_in_any_precision() {
    let at = 1_763_848_053_293_456;
    let implausible: &[DefectCode] = &[DefectCode::ImplausibleTime];
    for (time, micros, codes) in [
        (" 1763848053293456789", at, &[][..]),
        (" 1763848053293456", at, &[]),
        (" 1763848053293", at - 456, &[]),
        (" 1763848053", at - 293_456, &[]),
        ("", NOW.0, &[]),
        ("   ", NOW.0, &[]),
        (" 12", NOW.0, implausible),
        (" -1", NOW.0, implausible),
        (" 9223372036854775807", NOW.0, implausible),
    ] {
        let decoded = decode(LINES, format!("m f=1{time}\n").as_bytes(), NOW);
        assert_eq!(decoded.samples[0].time.0, micros, "{time}");
        let found: Vec<_> = decoded.defects.all().iter().map(|one| one.code).collect();
        assert_eq!(found, codes, "{time}");
    }
}

#[test]
fn ordinary_text_stays_text() {
    use PayloadFormat::{Json, LineProtocol, Text};
    for (payload, format) in [
        ("m f=1i", LineProtocol),
        ("m f=1 1763848053000000000", LineProtocol),
        ("m f=1\nm f=2u", LineProtocol),
        ("m f=1", Text),
        ("m f=1 5", Text),
        ("m f=1i\nand so on", Text),
        ("temp=21.5", Text),
        ("temp = 21.5", Text),
        ("pump on=true", Text),
        ("hello name=\"world\"", Text),
        ("level=info msg=\"started\" n=5i", Text),
        ("a=b c=1i", Text),
        ("https://example.com/?a=1&b=2i", Text),
        ("# nothing but a comment = 1", Text),
        ("", Text),
        ("{\"m f\":\"a=1i\"}", Json),
        ("\"m f=1i\"", Json),
    ] {
        assert_eq!(
            decode(None, payload.as_bytes(), NOW).format,
            format,
            "{payload}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn any_line_gives_an_answer(payload in "[ab,= \\\\\"i0-9.\n#/~]{0,80}") {
        bounds::assert_bounded_as(LINES, payload.as_bytes());
        bounds::assert_bounded_as(None, payload.as_bytes());
    }
}
