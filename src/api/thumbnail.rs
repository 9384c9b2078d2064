//! Small pictures of the images in messages.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::asker::Asker;
use super::messages::find;
use super::params::{Count, params};
use super::payload::{guarded, is_known, known_epoch};
use super::problem::{Kind, NoSuchMessage, Problem, Problems, not_modified};
use super::readers::Readers;
use crate::live::Live;
use crate::message::Message;
use crate::store::Store;
use crate::view::{self, Showing, Thumbnail, ThumbnailError, embedded_bytes, plain_payload};

const SIZE_DEFAULT: u32 = 160;
const SIZE_MIN: u32 = 16;
const SIZE_MAX: u32 = 512;

params! {
    /// Of which image, and how large.
    ThumbnailParams {
        /// The epoch that the address was given in: with it the answer may be kept for ever, and
        /// in another epoch there is no such message
        #[param(pattern = "^[^\\u0000]*$")]
        #[param(example = "k3f9")]
        epoch: String,
        /// Of the image inside the payload at this JSON Pointer, as in the message's `embedded`;
        /// of the payload itself where it is absent
        #[param(pattern = "^[^\\u0000]*$")]
        #[param(example = "/image")]
        path: String,
        /// The longer side in pixels: 160 where it is absent. A smaller image stays as it is
        #[param(value_type = Option<u64>, minimum = 16, maximum = 512)]
        size: Count,
    }
}

/// A small picture of an image
///
/// Of a JPEG, PNG, GIF (its first frame) or WebP, upright: a JPEG, or a PNG where something of it is
/// transparent.
#[utoipa::path(get, path = "/messages/{seq}/thumbnail", tag = "messages",
    params(("seq" = u64, Path, description = "The message's identity"), ThumbnailParams),
    responses((status = OK, body = serde_json::Value, content_type = "image/*", description = "The picture"), NoSuchMessage, Problems))]
pub(super) async fn thumbnail(
    State(store): State<Store>,
    State(live): State<Live>,
    State(readers): State<Readers>,
    asker: Asker,
    Path(seq): Path<String>,
    params: ThumbnailParams,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let epoch = known_epoch(&live, params.epoch.as_deref())?;
    let size = size(params.size)?;
    let (sender, described) = tokio::sync::oneshot::channel();
    let path = params.path;
    let body = readers.image_answer(Box::pin(async move {
        let message = find(&store, &asker, &seq).await?;
        let tag = format!("\"{epoch}-{}-{size}\"", message.offset);
        let (bytes, mime) = if is_known(&headers, &tag) {
            (Bytes::new(), None)
        } else {
            let small = small(live.showing(), (&message, path.as_deref()), size)?;
            (small.bytes, Some(small.mime))
        };
        // Nobody but the handler, which is waiting, can have dropped the other end.
        let _ = sender.send((message.offset, tag, mime));
        Ok(bytes)
    }));
    let body = body.await?;
    let (offset, tag, mime) = described.await.map_err(Problem::internal)?;
    let response = match mime {
        None => not_modified(),
        Some(mime) => {
            let mime = HeaderValue::from_static(mime);
            ([(header::CONTENT_TYPE, mime)], body).into_response()
        }
    };
    let file = format!("inline; filename=\"message-{offset}-thumbnail\"");
    Ok(guarded(response, tag, file, params.epoch.is_some()))
}

fn size(asked: Option<Count>) -> Result<u32, Problem> {
    let Some(Count(asked)) = asked else {
        return Ok(SIZE_DEFAULT);
    };
    u32::try_from(asked)
        .ok()
        .filter(|size| (SIZE_MIN..=SIZE_MAX).contains(size))
        .ok_or_else(|| {
            let why = format!("must be from {SIZE_MIN} to {SIZE_MAX}");
            Problem::parameter(Kind::BadLimit, "size", why)
        })
}

fn small(
    showing: &Showing,
    (message, path): (&Message, Option<&str>),
    size: u32,
) -> Result<Thumbnail, Problem> {
    let seq = message.offset;
    let image = match path {
        None => plain_payload(message),
        Some(path) => embedded_bytes(showing, message, path)
            .ok_or_else(|| {
                let why = format!("there are no bytes at {path} in message {seq}");
                Problem::new(Kind::NotFound, why)
            })?
            .into(),
    };
    view::thumbnail(&image, size).map_err(|error| {
        let kind = match error {
            ThumbnailError::NotAnImage => Kind::NotAnImage,
            ThumbnailError::TooLarge(..) | ThumbnailError::Broken(_) => Kind::BadImage,
        };
        Problem::new(kind, error.to_string())
    })
}
