//! What firmware writes in place of JSON, and what a buffer has cut off.

use super::odd::check;

#[test]
fn nearly_json_is_read_as_it_was_meant() {
    let near: &[&str] = &["near_json "];
    check(&[
        (r"{'a':1}", &["/a=1"][..], near),
        (
            r"{'a': 'it\'s', 'b': True, 'c': None, 'd': False}",
            &["/a=\"it's\"", "/b=true", "/d=false"],
            near,
        ),
        (r#"{"a":1,}"#, &["/a=1"], near),
        (r"[1,2,]", &["/0=1", "/1=2"], near),
        (r#"{,"a":1,,"b":2}"#, &["/a=1", "/b=2"], near),
        (r#"{"total":131.}"#, &["/total=131"], &["near_json /total"]),
        (
            r#"{"a":+5,"b":-.5}"#,
            &["/a=5", "/b=-0.5"],
            &["near_json /a"],
        ),
        (
            r#"{"a":007,"b":0x1F}"#,
            &["/a=\"007\"", "/b=\"0x1F\""],
            &["near_json /a"],
        ),
        (
            r#"{temp:21.5,"state":ON}"#,
            &["/temp=21.5", "/state=\"ON\""],
            near,
        ),
        ("// boot\n/* x */ {\"a\":1}", &["/a=1"], near),
        // Ruby's inspect
        (r#"{"a"=>1,"b"=>nil}"#, &["/a=1"], near),
        // Java's Map.toString
        (
            "{temp=21.5, room=Main Hall}",
            &["/temp=21.5", "/room=\"Main Hall\""],
            near,
        ),
        (r#"{"a":1 "b":2}"#, &["/a=1", "/b=2"], near),
        ("{\"a\":1\n\"b\":2}", &["/a=1", "/b=2"], near),
        (r#"{"a":"x" "b":2}"#, &["/a=\"x\"", "/b=2"], near),
        (
            r#"{"a":1/* °C */,"b":2} // end"#,
            &["/a=1", "/b=2"],
            &["near_json /a"],
        ),
        (r#"{"a":,"b":2}"#, &["/b=2"], &["near_json /a"]),
        (r#"{"a":undefined,"b":2}"#, &["/b=2"], &["near_json /a"]),
        // printf with a comma for a point
        (
            r#"{"temp":21,5,"hum":-40,25}"#,
            &["/temp=\"21,5\"", "/hum=\"-40,25\""],
            &["near_json /temp"],
        ),
        (
            r#"{"time":12:30:05,"n":1}"#,
            &["/time=\"12:30:05\"", "/n=1"],
            &["near_json /time"],
        ),
        (
            r#"{"url":http://x/y,"n":1}"#,
            &["/url=\"http://x/y\"", "/n=1"],
            &["near_json /url"],
        ),
        (r#"{"t":21.5 °C}"#, &["/t=\"21.5 °C\""], &["near_json /t"]),
        (
            r#"{"msg":"he said "hi" ok","n":1}"#,
            &["/msg=\"he said \\\"hi\\\" ok\"", "/n=1"],
            &["near_json /msg"],
        ),
        (
            r#"{"path":"C:\data\x","n":1}"#,
            &["/path=\"C:\\\\data\\\\x\"", "/n=1"],
            &["near_json /path"],
        ),
        (
            "{\"text\":\"two\nlines\"}",
            &["/text=\"two\\nlines\""],
            &["near_json /text"],
        ),
        (
            r"[true,True,nan]",
            &["/0=true", "/1=true"],
            &["near_json /1", "not_a_number /2"],
        ),
    ]);
}

#[test]
fn what_is_sure_of_something_broken_is_kept() {
    let cut: &[&str] = &["not_json -"];
    check(&[
        (&br#"{"temp":21.5,"hum":4"#[..], &["/temp=21.5"][..], cut),
        (b"{\"temp\":21.5,\"hum\":4\n", &["/temp=21.5"], cut),
        (br#"{"temp":21.5,"hum":"#, &["/temp=21.5"], cut),
        (br#"{"temp":21.5,"hum"#, &["/temp=21.5"], cut),
        (br#"{"temp":21.5,"#, &["/temp=21.5"], cut),
        (br#"{"temp":21.5"#, &[], cut),
        (br#"{"temp":21.5,"state":"on"#, &["/temp=21.5"], cut),
        (
            br#"{"temp":21.5,"state":"on""#,
            &["/temp=21.5", "/state=\"on\""],
            cut,
        ),
        (br#"{"a":{"b":[1,2,3"#, &["/a/b/0=1", "/a/b/1=2"], cut),
        (b"[1,2", &["/0=1"], cut),
        (b"{\"n\":1,\"ort\":\"K\xc3", &["/n=1"], cut),
        (b"{\"n\":1,\"text\":\"a\0b\"}", &["/n=1"], cut),
        (br#"{"a":1}xyz"#, &["/a=1"], cut),
        (br#"{"a":1}}"#, &["/a=1"], cut),
        (br"[1,2] 5", &["/0=1", "/1=2"], cut),
        (
            br#"{"a":1,"b":@@,"c":3}"#,
            &["/a=1", "/c=3"],
            &["not_json /b"],
        ),
        (br#"{"a":1,"b","c":3}"#, &["/a=1", "/c=3"], &["not_json "]),
        (
            br#"{"a":1,"b":Decimal('2.5'),"c":3}"#,
            &["/a=1", "/c=3"],
            &["not_json /b"],
        ),
        (
            br#"{"a":[1,2},"c":3}"#,
            &["/a/0=1", "/a/1=2", "/c=3"],
            &["not_json /a"],
        ),
        (br#"{"a":1,"b":"on,"c":3}"#, &["/a=1"], cut),
        (br#"{"a":1,"b":"on,"c":"off"}"#, &["/a=1"], cut),
        (b"[INFO] pump started", &["=\"[INFO] pump started\""], &[]),
        (
            b"[2025-11-24 12:00:00] boot",
            &["=\"[2025-11-24 12:00:00] boot\""],
            &[],
        ),
        (b"{name} is here", &["=\"{name} is here\""], &[]),
        (b"\"half", &[], cut),
    ]);
}
