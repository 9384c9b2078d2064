//! Images, raw and inside other payloads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// The beginning of a JPEG of 640 × 480 pixels with a preview of so many bytes.
fn jpeg(preview: u16) -> Vec<u8> {
    let mut jpeg = hex("ffd8 ffe1");
    jpeg.extend((preview + 2).to_be_bytes());
    jpeg.extend(vec![0xa5; usize::from(preview)]);
    jpeg.extend(hex("ffc0 0011 08 01e0 0280 03 012200 021101 031101"));
    jpeg.extend([0; 200]);
    jpeg
}

const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const GIF: &str = "R0lGODlhAgABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

fn size(width: u32, height: u32) -> ImageSize {
    ImageSize { width, height }
}

#[test]
fn an_image_says_how_large_it_is() {
    let bmp = |height: &str| {
        hex(&format!(
            "424d 46000000 00000000 36000000 28000000 02000000 {height}"
        ))
    };
    let tiff = "49492a00 08000000 0200 0001 0300 01000000 80020000 0101 0300 01000000 e0010000";
    let webp = "52494646 24000000 57454250 56503820 18000000 300100 9d012a 8002 e001 0000";
    for (image, mime, size) in [
        (jpeg(20), "image/jpeg", Some(size(640, 480))),
        (STANDARD.decode(PNG).unwrap(), "image/png", Some(size(1, 1))),
        (STANDARD.decode(GIF).unwrap(), "image/gif", Some(size(2, 1))),
        (bmp("03000000"), "image/bmp", Some(size(2, 3))),
        // Its rows run downwards.
        (bmp("fdffffff"), "image/bmp", Some(size(2, 3))),
        (hex(tiff), "image/tiff", Some(size(640, 480))),
        (hex(webp), "image/webp", Some(size(640, 480))),
        (hex("ffd8ffe0"), "image/jpeg", None),
        (hex("ffd8ffe00000"), "image/jpeg", None),
    ] {
        let decoded = decode(None, &image, NOW);
        assert_eq!(decoded.format, PayloadFormat::Image(mime));
        assert!(decoded.samples.is_empty() && decoded.defects.is_empty());
        assert_eq!(image_size(&image), size, "{mime}");
    }
}

#[test]
fn an_image_in_a_text_is_told_and_has_no_sample() {
    let photo = jpeg(3000);
    let base64 = STANDARD.encode(&photo);
    let bare = base64.trim_end_matches('=');
    let broken: Vec<_> = (base64.as_bytes().chunks(76))
        .map(|line| from_utf8(line).unwrap())
        .collect();
    let (length, pixels) = (photo.len() as u64, Some(size(640, 480)));
    for (text, mime, length, pixels) in [
        (base64.clone(), "image/jpeg", length, pixels),
        (bare.to_owned(), "image/jpeg", length, pixels),
        (broken.join("\\r\\n"), "image/jpeg", length, pixels),
        (base64.replace('/', "\\/"), "image/jpeg", length, pixels),
        (
            format!("data:image/jpeg;base64,{base64}"),
            "image/jpeg",
            length,
            pixels,
        ),
        // It is what its bytes say.
        (
            format!("data:image/png;base64,{base64}"),
            "image/jpeg",
            length,
            pixels,
        ),
        (
            format!("data:image/svg+xml;base64,{PNG}"),
            "image/png",
            70,
            Some(size(1, 1)),
        ),
        (PNG.to_owned(), "image/png", 70, Some(size(1, 1))),
        (GIF.to_owned(), "image/gif", 42, Some(size(2, 1))),
    ] {
        let payload = format!(r#"{{"id":7,"a":{{"image":"{text}"}}}}"#);
        let message = Message::new(Topic::new("a/b").unwrap(), payload.into_bytes());
        let decoded = super::super::decode(&message, None);
        assert_eq!(decoded.format, PayloadFormat::Json);
        assert!(decoded.defects.is_empty(), "{decoded:?}");
        let paths: Vec<_> = decoded.samples.iter().map(|one| &*one.path).collect();
        assert_eq!(paths, ["/id"]);
        let told = Embedded {
            path: "/a/image".into(),
            mime,
            bytes: length,
            size: pixels,
        };
        assert_eq!(decoded.embedded, [told]);
        let bytes = embedded(&message, None, "/a/image").unwrap();
        assert_eq!(bytes.len() as u64, length);
        assert_eq!(crate::message::image_mime(&bytes), Some(mime));
        assert_eq!(embedded(&message, None, "/id"), None);
        let kind = crate::message::classify(&message.payload);
        assert_eq!(describe(&message, None, kind).1, decoded.embedded);
    }
}

#[test]
fn a_text_that_only_begins_like_an_image_is_a_text() {
    let long = "x".repeat(60);
    for text in [
        "iVBORw0KGgo".to_owned(),
        format!("/9j/{long} and so on."),
        format!("/9j/{long}-"),
        format!("{GIF}A"),
        format!("Qk{long}"),
        format!("UklGR{long}xxx"),
        format!("data:image/png;base64,{long}"),
        format!("data:image/png,{long}"),
        format!("data:image/svg+xml;utf8,<svg>{long}</svg>"),
        format!("data:text/plain;base64,{PNG}"),
        format!("iVBORw0KGgo{}", "\u{e9}".repeat(60)),
    ] {
        let payload = serde_json::to_string(&text).unwrap();
        let decoded = decode(None, payload.as_bytes(), NOW);
        assert!(decoded.embedded.is_empty(), "{text}");
        assert_eq!(decoded.samples[0].value, Value::Text(text));
    }
}

#[test]
fn images_without_number_are_told_up_to_a_bound() {
    let many = vec![format!("\"{GIF}\""); EMBEDDED_MAX + 1].join(",");
    let decoded = decode(None, format!("[{many}]").as_bytes(), NOW);
    assert_eq!(decoded.embedded.len(), EMBEDDED_MAX);
    assert_eq!(decoded.defects.all()[0].code, DefectCode::TooManyValues);
}

#[test]
fn most_json_needs_no_reading_to_be_described() {
    for (payload, format, count) in [
        ("{\"a\":1}".to_owned(), "json", 0),
        (format!("{{\"a\":\"{}\"}}", "x".repeat(60)), "json", 0),
        (format!("{{\"a\":\"{GIF}\"}}"), "json", 1),
        (GIF.to_owned(), "text", 1),
        ("m f=1i".to_owned(), "line_protocol", 0),
    ] {
        let message = Message::new(Topic::new("a/b").unwrap(), payload.into_bytes());
        let kind = crate::message::classify(&message.payload);
        let (name, embedded) = describe(&message, None, kind);
        assert_eq!((&*name.to_string(), embedded.len()), (format, count));
    }
}
