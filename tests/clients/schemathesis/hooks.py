"""What the formats of the OpenAPI document look like, for schemathesis to make up values of them."""

from urllib.parse import parse_qsl, urlsplit

import requests
import schemathesis
from hypothesis import strategies as st

LEVEL = st.text(st.characters(codec="utf-8", exclude_characters="+#/\x00", exclude_categories=["Cs"]), max_size=8)


def joined(levels):
    return "/".join(levels)


# Empty values count as not given, so that nothing empty is made up here.
TOPIC = (
    st.lists(LEVEL, min_size=1, max_size=5)
    .map(joined)
    .filter(lambda topic: topic != "" and not topic.startswith("$"))
)
FILTER = st.one_of(
    st.just("#"),
    TOPIC,
    TOPIC.map(lambda topic: topic + "/#"),
    st.lists(st.one_of(st.just("+"), LEVEL.filter(bool)), min_size=1, max_size=5).map(joined),
)
INSTANT = st.one_of(
    st.integers(0, 4_000_000_000).map(str),
    st.sampled_from(["now", "today", "-1h", "now-6h", "-1w", "now-1d/d", "2026-11-22", "infinity"]),
    st.datetimes().map(lambda at: at.isoformat() + "Z").filter(lambda at: at > "1970"),
)
SPAN = st.tuples(st.integers(1, 59), st.sampled_from(["s", "m", "h", "d", "w", "mo"])).map(
    lambda span: f"{span[0]}{span[1]}"
)

schemathesis.openapi.format("mqtt-topic", TOPIC)
schemathesis.openapi.format("mqtt-filter", FILTER)
schemathesis.openapi.format("instant", INSTANT)
schemathesis.openapi.format("duration-text", SPAN)
schemathesis.openapi.format("time-zone", st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "+02:00"]))
schemathesis.openapi.format(
    "aggregates",
    st.lists(
        st.sampled_from(["count", "mean", "max", "p95", "increase", "stddev", "states", "interpolated"]),
        min_size=1,
        max_size=8,
        unique=True,
    ).map(",".join),
)
# Opaque: only the server makes them.
schemathesis.openapi.format("cursor", st.nothing())


def nothing_left_empty(values):
    """An empty value counts as not given, whatever the parameter is, as a form in a browser sends it."""
    return not isinstance(values, dict) or not any(map(is_empty, values.values()))


def is_empty(value):
    """Whether nothing is left of it in a query string or a form, also of a list or an object."""
    if isinstance(value, dict):
        value = list(value.values())
    return all(map(is_empty, value)) if isinstance(value, list) else value in ("", None)


@schemathesis.hook
def filter_query(context, query):
    return nothing_left_empty(query)


@schemathesis.hook
def filter_body(context, body):
    return nothing_left_empty(body)


# What has a format is a text that only the server can judge: another text may be one, too.
FORMATS = {
    "filter", "topic", "from", "to", "tz", "every", "cursor", "at", "as_of", "offset", "within", "agg",
}


# By which it is asked.
OWN_ACCOUNT = "boss"


@schemathesis.hook
def filter_case(context, case):
    if case.method != "GET" and (case.path_parameters or {}).get("name") == OWN_ACCOUNT:
        return False
    query = dict(case.query or {})
    sent = urlsplit(requests.Request("GET", "http://host", params=query).prepare().url).query
    body = case.body if isinstance(case.body, dict) else {}
    if any(value == "" for _, value in parse_qsl(sent, keep_blank_values=True)):
        return False
    if "violates `format` at" in (getattr(case.meta.phase.data, "description", None) or ""):
        return False
    given = {**query, **body}
    generation = getattr(case.meta, "generation", None)
    if generation is None or not generation.mode.is_negative or not given:
        return True
    return not all(name in FORMATS and isinstance(value, str) for name, value in given.items())
