"""What the formats of the OpenAPI document look like, for schemathesis to make up values of them."""

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
# Opaque: only the server makes them.
schemathesis.openapi.format("cursor", st.nothing())


@schemathesis.hook
def filter_query(context, query):
    """An empty value counts as not given, whatever the parameter is, as a form in a browser sends it."""
    return not query or all(value != "" for value in query.values())
